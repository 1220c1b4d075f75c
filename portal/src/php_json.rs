//! PHP's habits with JSON. An array whose keys are 0..n-1 in order is a list, an empty one is `[]`,
//! any other an object. Slashes and the characters of HTML are escaped inside strings.

use std::fmt::Write as _;

use serde_json::{Number, Value};

use crate::php_form::index_of;

/// PHP's `json_decode` gives up on what nests deeper.
const DEEPEST: usize = 512;

/// Reads a JSON text; `None` where PHP would see nothing.
pub(crate) fn read(text: &str) -> Option<Value> {
    if depth(text) > DEEPEST {
        return None;
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    let mut values = reader.into_iter::<Value>();
    let value = values.next()?.ok()?;
    values.next().is_none().then_some(value)
}

/// How many lists and objects of a JSON text are open at once, at the most.
fn depth(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    let (mut inside, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            _ if inside => {}
            b'[' | b'{' => {
                open += 1;
                most = most.max(open);
            }
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// How other characters than ASCII are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Unicode {
    /// As UTF-8: recent portals.
    #[default]
    Raw,
    /// As `\uXXXX`: older portals.
    Escaped,
}

/// Writes a value as a portal does.
pub(crate) fn encode(value: &Value, unicode: Unicode) -> String {
    let mut out = String::new();
    write_value(&mut out, value, unicode);
    out
}

fn write_value(out: &mut String, value: &Value, unicode: Unicode) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(text) => write_text(out, text, unicode),
        Value::Array(items) => write_list(out, items.iter(), unicode),
        Value::Object(map) if is_list(map.keys()) => write_list(out, map.values(), unicode),
        Value::Object(map) => {
            out.push('{');
            for (place, (key, item)) in map.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_text(out, key, unicode);
                out.push(':');
                write_value(out, item, unicode);
            }
            out.push('}');
        }
    }
}

fn write_list<'a>(out: &mut String, items: impl Iterator<Item = &'a Value>, unicode: Unicode) {
    out.push('[');
    for (place, item) in items.enumerate() {
        if place > 0 {
            out.push(',');
        }
        write_value(out, item, unicode);
    }
    out.push(']');
}

/// Whether PHP holds these keys for a list: 0..n-1 in order, or none at all.
pub(crate) fn is_list<'a>(keys: impl Iterator<Item = &'a String>) -> bool {
    keys.zip(0_u64..)
        .all(|(key, place)| index_of(key) == Some(place))
}

/// A number's text. PHP writes a float without a fraction as an integer.
pub(crate) fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
            format!("{float:.0}")
        }
        _ => number.to_string(),
    }
}

fn write_text(out: &mut String, text: &str, unicode: Unicode) {
    out.push('"');
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{C}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\'' | '"' => {
                write_escape(out, u16::try_from(u32::from(character)).unwrap_or(0), true)
            }
            // PHP escapes the two line separators even where other characters stay raw.
            '\u{2028}' | '\u{2029}' | '\0'..='\u{1F}' => write_units(out, character),
            _ if unicode == Unicode::Escaped && !character.is_ascii() => {
                write_units(out, character)
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

fn write_units(out: &mut String, character: char) {
    let mut units = [0_u16; 2];
    for unit in character.encode_utf16(&mut units) {
        write_escape(out, *unit, false);
    }
}

/// The escapes of HTML's characters have capital digits, all others small ones.
fn write_escape(out: &mut String, unit: u16, capitals: bool) {
    // Writing to a String cannot fail.
    let _ = if capitals {
        write!(out, "\\u{unit:04X}")
    } else {
        write!(out, "\\u{unit:04x}")
    };
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Unicode, encode};

    #[test]
    fn a_text_nests_as_deep_as_php_reads_it() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(super::read(&nested(512)).is_some());
        assert!(super::read(&nested(513)).is_none());
        assert!(super::read(&format!(r#"["{}\"["]"#, "[".repeat(600))).is_some());
        for text in ["", "1 2", "[1", "{]"] {
            assert!(super::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn arrays_are_lists_when_their_keys_count_from_zero() {
        for (value, text) in [
            (json!({}), "[]"),
            (json!([]), "[]"),
            (json!({"0": 1, "1": 2}), "[1,2]"),
            (json!({"1": 1, "0": 2}), r#"{"1":1,"0":2}"#),
            (json!({"0": 1, "2": 2}), r#"{"0":1,"2":2}"#),
            (json!({"00": 1}), r#"{"00":1}"#),
            (json!({"a": {"b": {}}}), r#"{"a":{"b":[]}}"#),
            (json!({"105": [1]}), r#"{"105":[1]}"#),
        ] {
            assert_eq!(encode(&value, Unicode::Raw), text);
        }
    }

    #[test]
    fn scalars_and_characters_are_written_as_php_writes_them() {
        for (value, text) in [
            (json!(null), "null"),
            (json!(true), "true"),
            (json!(1.0), "1"),
            (json!(0.25), "0.25"),
            (json!(-3), "-3"),
            (
                json!("<a href='x'>&\"</a>"),
                r#""\u003Ca href=\u0027x\u0027\u003E\u0026\u0022\u003C\/a\u003E""#,
            ),
            (json!("a\\b/c"), r#""a\\b\/c""#),
            (
                json!("\n\r\t\u{8}\u{c}\u{1}\u{1f}\u{7f}"),
                "\"\\n\\r\\t\\b\\f\\u0001\\u001f\u{7f}\"",
            ),
            (json!("Ж😀\u{2028}"), "\"Ж😀\\u2028\""),
        ] {
            let written = encode(&value, Unicode::Raw);
            assert_eq!(written, text);
            assert_eq!(
                serde_json::from_str::<Value>(&written)
                    .ok()
                    .map(|read| read == value || value.is_f64()),
                Some(true)
            );
        }
        assert_eq!(
            encode(&json!("Ж😀"), Unicode::Escaped),
            r#""\u0416\ud83d\ude00""#
        );
    }
}
