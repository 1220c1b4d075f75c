//! How PHP reads a query string or a form: nested keys in brackets, `[]` appends, dots and blanks
//! in a top-level name become `_`, a later value wins. Every value is a string.
//!
//! A PHP array is an ordered map; here it is a JSON object whose integer keys are written as text.
//! [`crate::php_json`] turns it back into a list where PHP would.

use indexmap::IndexMap;
use serde_json::{Map, Value};

/// PHP drops variables that are nested deeper than this.
const MAX_NESTING: usize = 64;

/// Reads an encoded query string or form body, without PHP's limit on their number.
///
/// ```
/// assert_eq!(callgate_portal::read_form("a.b[]=1")["a_b"]["0"], "1");
/// ```
pub fn parse(text: &str) -> Map<String, Value> {
    let mut form = Form::default();
    for pair in text.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        form.add(&decode(name), decode(value));
    }
    form.finish()
}

/// Undoes percent-encoding, `+` meaning a blank. A broken escape stays as it is, and what is not
/// UTF-8 is replaced.
pub(crate) fn decode(text: &str) -> String {
    decode_bytes(text, true)
}

/// Undoes percent-encoding in a path, where `+` is itself. A broken escape stays as it is, and what
/// is not UTF-8 is replaced.
///
/// ```
/// assert_eq!(callgate_portal::decode_path("a+b%20c%zz"), "a+b c%zz");
/// ```
pub fn decode_path(text: &str) -> String {
    decode_bytes(text, false)
}

fn decode_bytes(text: &str, plus_is_blank: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let byte = match (first, tail) {
            (b'+', _) if plus_is_blank => b' ',
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high * 16 + low
                }
                _ => b'%',
            },
            _ => *first,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes)
        .unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Encodes a form as PHP's `http_build_query` does: letters, digits and `-_.` stay, a blank is `+`.
pub(crate) fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        encode_into(&mut text, name);
        text.push('=');
        encode_into(&mut text, value);
    }
    text
}

fn encode_into(text: &mut String, raw: &str) {
    for byte in raw.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                text.push(char::from(byte))
            }
            b' ' => text.push('+'),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
}

/// A form under construction; multipart bodies fill it as well.
#[derive(Debug, Default)]
pub(crate) struct Form {
    root: Branch,
}

#[derive(Debug, Default)]
struct Branch {
    entries: IndexMap<String, Node>,
    /// The index that `[]` takes next.
    next: u64,
}

/// A text, or a branch when it has none.
#[derive(Debug, Default)]
struct Node {
    text: Option<String>,
    branch: Branch,
}

impl Form {
    /// Adds one decoded variable under PHP's rules for names.
    pub(crate) fn add(&mut self, name: &str, value: String) {
        let name = name
            .split('\0')
            .next()
            .unwrap_or_default()
            .trim_start_matches(' ');
        let Some(path) = path_of(name) else { return };
        if path.len() > MAX_NESTING {
            return;
        }
        let mut branch = &mut self.root;
        let Some((last, parents)) = path.split_last() else {
            return;
        };
        for step in parents {
            branch = branch.descend(step.as_deref());
        }
        branch.put(last.as_deref(), value);
    }

    pub(crate) fn finish(self) -> Map<String, Value> {
        self.root.into_map()
    }
}

impl Branch {
    fn key(&mut self, step: Option<&str>) -> String {
        let key = step.map_or_else(|| self.next.to_string(), str::to_owned);
        if let Some(index) = index_of(&key) {
            self.next = self.next.max(index.saturating_add(1));
        }
        key
    }

    /// The branch under a key; a text that stands there gives way.
    fn descend(&mut self, step: Option<&str>) -> &mut Self {
        let key = self.key(step);
        let node = self.entries.entry(key).or_default();
        node.text = None;
        &mut node.branch
    }

    fn put(&mut self, step: Option<&str>, value: String) {
        let key = self.key(step);
        self.entries.insert(
            key,
            Node {
                text: Some(value),
                branch: Self::default(),
            },
        );
    }

    fn into_map(self) -> Map<String, Value> {
        let value = |node: Node| match node.text {
            Some(text) => Value::String(text),
            None => Value::Object(node.branch.into_map()),
        };
        self.entries
            .into_iter()
            .map(|(key, node)| (key, value(node)))
            .collect()
    }
}

/// A key that PHP would store as a non-negative integer: digits without leading zeros.
pub(crate) fn index_of(key: &str) -> Option<u64> {
    let plain =
        key == "0" || (!key.starts_with('0') && key.bytes().all(|byte| byte.is_ascii_digit()));
    if plain { key.parse().ok() } else { None }
}

/// The steps of a name: `a.b[c][]` is `a_b`, `c`, append. `None` for a name that PHP ignores.
fn path_of(name: &str) -> Option<Vec<Option<String>>> {
    let (head, mut rest) = match name.find('[') {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    if head.is_empty() {
        return None;
    }
    let mut top = head.replace([' ', '.'], "_");
    let mut steps = Vec::new();
    while let Some(inside) = rest.strip_prefix('[') {
        let Some((step, after)) = inside.split_once(']') else {
            // An unclosed first bracket becomes part of the name, a later one is lost.
            if steps.is_empty() {
                top.push('_');
                top.push_str(&inside.replace([' ', '.', '['], "_"));
            }
            break;
        };
        // PHP passes over one blank before it looks for the bracket.
        let blank = [" ", "\t", "\n", "\r", "\u{b}", "\u{c}"].contains(&step);
        steps.push((!step.is_empty() && !blank).then(|| step.to_owned()));
        rest = after;
    }
    let mut path = vec![Some(top)];
    path.append(&mut steps);
    Some(path)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{encode, parse};
    use crate::php_json;

    #[test]
    fn names_and_values_are_read_as_php_reads_them() {
        for (text, expected) in [
            ("a=1&b=2", json!({"a": "1", "b": "2"})),
            ("a=1&a=2", json!({"a": "2"})),
            ("a", json!({"a": ""})),
            ("a=b=c", json!({"a": "b=c"})),
            ("", json!([])),
            ("&&=x&", json!([])),
            ("a+b=c+d%20e", json!({"a_b": "c d e"})),
            ("a.b=1", json!({"a_b": "1"})),
            ("%20%20a=1", json!({"a": "1"})),
            ("a[]=x&a[]=y", json!({"a": ["x", "y"]})),
            ("a[5]=x&a[]=y", json!({"a": {"5": "x", "6": "y"}})),
            (
                "a[b][c]=1&a[b][d]=2",
                json!({"a": {"b": {"c": "1", "d": "2"}}}),
            ),
            ("a[b.c d]=1", json!({"a": {"b.c d": "1"}})),
            ("a[][x]=1&a[][x]=2", json!({"a": [{"x": "1"}, {"x": "2"}]})),
            ("a[ ]=1", json!({"a": ["1"]})),
            ("a[0]=x&a[1]=y", json!({"a": ["x", "y"]})),
            ("a[1]=x&a[0]=y", json!({"a": {"1": "x", "0": "y"}})),
            ("a[01]=x", json!({"a": {"01": "x"}})),
            ("a=1&a[b]=2", json!({"a": {"b": "2"}})),
            ("a[b]=1&a=2", json!({"a": "2"})),
            ("a[b]c=1", json!({"a": {"b": "1"}})),
            ("a[b=1", json!({"a_b": "1"})),
            ("a[b][c=1", json!({"a": {"b": "1"}})),
            ("[a]=1", json!([])),
            ("a]=1", json!({"a]": "1"})),
            ("a%5Bb%5D=%5B", json!({"a": {"b": "["}})),
            ("a%00b=1", json!({"a": "1"})),
            ("a=%zz%4&b=%", json!({"a": "%zz%4", "b": "%"})),
            ("a=%D0%96%ff", json!({"a": "Ж\u{FFFD}"})),
        ] {
            let parsed = php_json::encode(&Value::Object(parse(text)), php_json::Unicode::Raw);
            assert_eq!(
                parsed,
                php_json::encode(&expected, php_json::Unicode::Raw),
                "{text}"
            );
        }
    }

    #[test]
    fn names_nested_too_deep_are_dropped() {
        let deep = |levels: usize| parse(&format!("a{}=1", "[b]".repeat(levels))).len();
        assert_eq!((deep(63), deep(64), deep(100_000)), (1, 0, 0));
    }

    #[test]
    fn a_hundred_thousand_appended_values_are_no_burden() {
        assert_eq!(parse(&"a[]=1&".repeat(100_000)).len(), 1);
    }

    #[test]
    fn forms_are_written_as_php_writes_them() {
        assert_eq!(
            encode([("auth[x]", "a b&c=d/Ж~-_.")]),
            "auth%5Bx%5D=a+b%26c%3Dd%2F%D0%96%7E-_."
        );
    }
}
