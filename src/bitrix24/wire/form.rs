//! PHP's form encoding: `filter[>ID]=5&select[0]=TITLE`.
//!
//! The writer goes over a JSON text once and writes as it goes, in the order of the text. What a
//! form can't carry to PHP and back it reports instead of writing: see [`Unfit`].

use crate::json::{Event, Malformed, Raw, Reader};
use crate::text::{from_bytes, has, push_escaped, push_number};
use crate::value::Value;

/// Why a form can't carry a value, so that it has to travel as JSON.
///
/// ```
/// use callgate::bitrix24::wire::form::{self, Unfit};
/// let mut body = String::new();
/// assert_eq!(form::write(r#"{"active":true}"#, &mut body), Err(Unfit::OnlyJson));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It holds something that a form would lose or change: a boolean, a null, an empty container,
    /// a name that PHP rewrites or splits, nesting past PHP's 64 levels, or more than PHP's 1,000
    /// variables.
    OnlyJson,
    /// The text isn't JSON.
    Malformed(Malformed),
}

impl From<Malformed> for Unfit {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// PHP drops what nests deeper (`max_input_nesting_level`).
pub(in crate::bitrix24) const DEEPEST: usize = 64;

/// PHP drops what comes later (`max_input_vars`).
pub(super) const MOST_VARIABLES: usize = 1_000;

/// One open container: how long the path was before its member's name was added, and the index of
/// the next item where it is a list.
struct Level {
    path: usize,
    next_item: Option<u32>,
}

/// Appends the members of the JSON map or list `json` to `out`, each with a `&` before it unless
/// `out` is empty.
///
/// # Errors
///
/// [`Unfit`]; what was written to `out` up to then is to be thrown away.
///
/// ```
/// let mut body = String::from("auth=TOK");
/// callgate::bitrix24::wire::form::write(r#"{"filter":{">ID":5},"select":["ID"]}"#, &mut body).unwrap();
/// assert_eq!(body, "auth=TOK&filter[%3EID]=5&select[0]=ID");
/// ```
pub fn write(json: &str, out: &mut String) -> Result<(), Unfit> {
    let mut reader = Reader::new(json);
    let mut levels: Vec<Level> = Vec::new();
    let mut path = String::new();
    let mut variables = 0;
    let mut was_empty = false;
    loop {
        let event = reader.next()?;
        if is_value(&event)
            && let Some(Level {
                path: base,
                next_item: Some(index),
            }) = levels.last_mut()
        {
            path.truncate(*base);
            push_index(*index, &mut path);
            *index += 1;
        }
        let opened = std::mem::take(&mut was_empty);
        match event {
            Event::MapOpens | Event::ListOpens => {
                if levels.len() >= DEEPEST {
                    return Err(Unfit::OnlyJson);
                }
                was_empty = !levels.is_empty();
                levels.push(Level {
                    path: path.len(),
                    next_item: (event == Event::ListOpens).then_some(0),
                });
                continue;
            }
            Event::Closes if opened => return Err(Unfit::OnlyJson),
            Event::Closes => {
                levels.pop();
                continue;
            }
            Event::Key(key) => {
                let level = levels.last().map_or(0, |level| level.path);
                path.truncate(level);
                push_name(key, &mut path)?;
                continue;
            }
            Event::Bool(_) | Event::Null => return Err(Unfit::OnlyJson),
            Event::End => return Ok(()),
            Event::Text(_) | Event::Number(_) if levels.is_empty() => return Err(Unfit::OnlyJson),
            Event::Text(text) => {
                push_pair(&path, out);
                push_raw(text, out);
            }
            Event::Number(text) => {
                push_pair(&path, out);
                escape(text, out);
            }
        }
        variables += 1;
        if variables > MOST_VARIABLES {
            return Err(Unfit::OnlyJson);
        }
    }
}

pub(super) fn is_value(event: &Event<'_>) -> bool {
    !matches!(event, Event::Key(_) | Event::Closes | Event::End)
}

pub(super) fn push_pair(path: &str, out: &mut String) {
    if !out.is_empty() {
        out.push('&');
    }
    out.push_str(path);
    out.push('=');
}

pub(super) fn push_index(index: u32, path: &mut String) {
    let nested = !path.is_empty();
    if nested {
        path.push('[');
    }
    push_number(index.into(), path);
    if nested {
        path.push(']');
    }
}

/// Adds a member's name to the path, unless PHP would not read it back as it is: it turns blanks,
/// dots and brackets of a top-level name into underscores or nesting, ends a nested name at its
/// first `]`, and takes an empty or blank nested name for "the next index".
pub(super) fn push_name(name: Raw<'_>, path: &mut String) -> Result<(), Unfit> {
    let nested = !path.is_empty();
    let rewritten = |c: char| match c {
        '\0' => true,
        ' ' | '.' | '[' => !nested,
        ']' => nested,
        _ => false,
    };
    let blank = || name.chars().all(|c| nested && c.is_whitespace());
    let word = name.plain().filter(|name| is_word(name));
    if word.is_none() && (blank() || name.chars().any(rewritten)) {
        return Err(Unfit::OnlyJson);
    }
    if nested {
        path.push('[');
    }
    match word {
        Some(word) => path.push_str(word),
        None => push_raw(name, path),
    }
    if nested {
        path.push(']');
    }
    Ok(())
}

/// Whether a name, as most are, is made of letters, digits and underscores.
fn is_word(name: &str) -> bool {
    let of_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && name.bytes().all(of_word)
}

fn push_raw(text: Raw<'_>, out: &mut String) {
    match text.plain() {
        Some(text) => escape(text, out),
        None => text
            .chars()
            .for_each(|c| escape(c.encode_utf8(&mut [0; 4]), out)),
    }
}

/// Appends `text`, percent-encoded as JavaScript's `encodeURIComponent` does it: letters, digits
/// and `-_.!~*'()` stay, everything else becomes the escapes of its UTF-8 bytes.
///
/// ```
/// let mut out = String::new();
/// callgate::bitrix24::wire::form::escape("мир &=+", &mut out);
/// assert_eq!(out, "%D0%BC%D0%B8%D1%80%20%26%3D%2B");
/// ```
pub fn escape(text: &str, out: &mut String) {
    push_escaped(text, out);
}

/// Reads a form-encoded text as PHP does: `a[b][0]=x` nests, of equal names the last wins, a pair
/// without a name is skipped. All values are texts; every container is a map, a list's keys being
/// its indices.
///
/// ```
/// use callgate::bitrix24::wire::form;
/// use callgate::value::Value;
/// let value = form::read("event=X&data[TOKEN]=a%20b&data[LIST][]=1");
/// assert_eq!(value.at(&["data", "TOKEN"]).and_then(Value::as_text), Some("a b"));
/// assert_eq!(value.at(&["data", "LIST", "0"]).and_then(Value::as_text), Some("1"));
/// ```
pub fn read(text: &str) -> Value {
    read_pairs(&mut text.split('&').take(MOST_VARIABLES))
}

/// The same past PHP's limit; and whether PHP would have read all of it.
#[cfg(any(target_arch = "wasm32", test))]
pub(crate) fn read_whole(text: &str) -> (Value, bool) {
    let fits = text.split('&').count() <= MOST_VARIABLES;
    (read_pairs(&mut text.split('&')), fits)
}

fn read_pairs(pairs: &mut dyn Iterator<Item = &str>) -> Value {
    let mut members = Vec::new();
    for pair in pairs {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let path = split_name(&unescape(name));
        if path.len() <= DEEPEST {
            insert(&mut members, &path, unescape(value));
        }
    }
    Value::Map(members)
}

/// Splits `a[b][]` into `a`, `b` and the empty name; into nothing where no name stands before the
/// brackets. A bracket that isn't closed becomes an underscore, what follows the last closed one or
/// a NUL is dropped, and so are blanks at the start: that is what PHP makes of them.
pub(in crate::bitrix24) fn split_name(name: &str) -> Vec<String> {
    let plain = |top: &str| top.replace([' ', '.', '['], "_");
    let name = name.split('\0').next().unwrap_or_default();
    let name = name.trim_start_matches(' ');
    let (top, mut rest) = name.split_once('[').unwrap_or((name, ""));
    if top.is_empty() {
        return Vec::new();
    }
    if !has(rest, b']') {
        return vec![plain(name)];
    }
    let mut path = vec![plain(top)];
    while let Some((segment, after)) = rest.split_once(']') {
        path.push(match segment {
            " " | "\t" | "\n" | "\r" | "\u{b}" | "\u{c}" => String::new(),
            segment => segment.to_owned(),
        });
        match after.strip_prefix('[') {
            Some(next) => rest = next,
            None => break,
        }
    }
    path
}

/// Puts a value at the end of a path; what stands in its way gives way.
pub(in crate::bitrix24) fn insert(
    members: &mut Vec<(String, Value)>,
    path: &[String],
    value: String,
) {
    let Some((name, deeper)) = path.split_first() else {
        return;
    };
    let name = match name.as_str() {
        "" => next_index(members),
        name => name.to_owned(),
    };
    let place = match members.iter().position(|(key, _)| *key == name) {
        Some(place) => place,
        None => {
            members.push((name, Value::Map(Vec::new())));
            members.len() - 1
        }
    };
    let Some((_, slot)) = members.get_mut(place) else {
        return;
    };
    if deeper.is_empty() {
        *slot = Value::Text(value);
        return;
    }
    if !matches!(slot, Value::Map(_)) {
        *slot = Value::Map(Vec::new());
    }
    if let Value::Map(inner) = slot {
        insert(inner, deeper, value);
    }
}

fn next_index(members: &[(String, Value)]) -> String {
    let used = members.iter().filter_map(|(key, _)| index_of(key));
    let next = used.max().map_or(0, |last| last.saturating_add(1));
    let mut name = String::new();
    push_number(next, &mut name);
    name
}

/// The number that a name is to PHP: `7`, but neither `07` nor `+7`.
fn index_of(name: &str) -> Option<i64> {
    let is_plain = name == "0" || matches!(name.as_bytes(), [b'1'..=b'9', ..]);
    name.parse().ok().filter(|_| is_plain)
}

/// Resolves `%XX` and `+`; bytes that aren't UTF-8 become U+FFFD, a broken escape stays as it is.
pub(super) fn unescape(text: &str) -> String {
    from_bytes(&unescape_bytes(text))
}

/// The same before it becomes a text.
pub(in crate::bitrix24) fn unescape_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let byte = match (first, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, beyond @ ..]) => match (hex_value(*high), hex_value(*low)) {
                (Some(high), Some(low)) => {
                    rest = beyond;
                    high << 4 | low
                }
                _ => b'%',
            },
            (other, _) => *other,
        };
        bytes.push(byte);
    }
    bytes
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn body(json: &str) -> Result<String, Unfit> {
        let mut out = String::from("auth=TOK");
        write(json, &mut out).map(|()| out)
    }

    #[test]
    fn the_portals_own_library_writes_the_same_bodies() {
        for (json, expected) in [
            (
                r#"{"x":1,"filter":{">ID":5,"=STAGE_ID":["A","B"]},"select":["ID","TITLE"],"order":{"ID":"ASC"}}"#,
                "auth=TOK&x=1&filter[%3EID]=5&filter[%3DSTAGE_ID][0]=A&filter[%3DSTAGE_ID][1]=B&select[0]=ID&select[1]=TITLE&order[ID]=ASC",
            ),
            (
                r#"{"z":0,"s":"","uni":"Привет мир &=+","d":"2020-01-02T03:04:05.006Z"}"#,
                "auth=TOK&z=0&s=&uni=%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82%20%D0%BC%D0%B8%D1%80%20%26%3D%2B&d=2020-01-02T03%3A04%3A05.006Z",
            ),
            (r#"[1,[2,3],{"a":4}]"#, "auth=TOK&0=1&1[0]=2&1[1]=3&2[a]=4"),
            (
                r#"{"a":{"b":{"c":{"d":1}},"x":[{"y":1},{"y":2}]}}"#,
                "auth=TOK&a[b][c][d]=1&a[x][0][y]=1&a[x][1][y]=2",
            ),
            (
                r#"{"a":1,"F":["fi le.txt","aGVsbG8="],"z":{"k":1}}"#,
                "auth=TOK&a=1&F[0]=fi%20le.txt&F[1]=aGVsbG8%3D&z[k]=1",
            ),
            ("{}", "auth=TOK"),
        ] {
            assert_eq!(body(json).as_deref(), Ok(expected), "{json}");
        }
    }

    #[test]
    fn what_a_form_would_lose_has_to_travel_as_json() {
        let deep = format!("{}1{}", "{\"a\":".repeat(65), "}".repeat(65));
        let many = format!("[{}1]", "1,".repeat(1_000));
        for json in [
            r#"{"a":true}"#,
            r#"{"a":[null]}"#,
            r#"{"a":{}}"#,
            r#"{"a":[[]]}"#,
            r#"{"a.b":1}"#,
            r#"{"a b":1}"#,
            r#"{"a[b":1}"#,
            r#"{"a":{"b]":1}}"#,
            r#"{"a":{"":1}}"#,
            r#"{"a":{" ":1}}"#,
            r#"{"":1}"#,
            &deep,
            &many,
            "1",
        ] {
            assert_eq!(body(json), Err(Unfit::OnlyJson), "{json}");
        }
    }

    #[test]
    fn numbers_keep_their_text_and_lone_surrogates_survive() {
        assert_eq!(body(r#"{"n":1e21}"#).as_deref(), Ok("auth=TOK&n=1e21"));
        assert_eq!(
            body(r#"{"s":"\ud800"}"#).as_deref(),
            Ok("auth=TOK&s=%EF%BF%BD")
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let json = r#"{"a":{"b[c":"x&y=z","d":["1","2"]},"é":"+ %"}"#;
        let mut out = String::new();
        write(json, &mut out).unwrap();
        let value = read(&out);
        let text = |path: &[&str]| value.at(path).and_then(Value::as_text).map(str::to_owned);
        assert_eq!(text(&["a", "b[c"]).as_deref(), Some("x&y=z"));
        assert_eq!(text(&["a", "d", "1"]).as_deref(), Some("2"));
        assert_eq!(text(&["é"]).as_deref(), Some("+ %"));
    }

    #[test]
    fn what_php_would_not_read_of_a_form_can_be_read_nevertheless() {
        let form = "a=1&".repeat(999) + "b=2";
        assert_eq!(read_whole(&form), (read(&form), true));
        let (value, fits) = read_whole(&(form + "&c=3"));
        assert_eq!(value.at(&["c"]).and_then(Value::as_text), Some("3"));
        assert!(!fits);
    }

    #[test]
    fn odd_forms_are_read_as_php_reads_them() {
        let value = read(
            "&=1&a.b=1&c[d=2&e[f]g=3&h=%zz%&a.b=4&i[x]=1&i=2&j[][k]=5&l=%ff\
             &+m%00n=6&[o]=7&[p=8&q[+7]=9&q[]=10&q[+]=11&%00=12",
        );
        let text = |path: &[&str]| value.at(path).and_then(Value::as_text).map(str::to_owned);
        assert_eq!(text(&["a_b"]).as_deref(), Some("4"));
        assert_eq!(text(&["c_d"]).as_deref(), Some("2"));
        assert_eq!(text(&["e", "f"]).as_deref(), Some("3"));
        assert_eq!(text(&["h"]).as_deref(), Some("%zz%"));
        assert_eq!(text(&["i"]).as_deref(), Some("2"));
        assert_eq!(text(&["j", "0", "k"]).as_deref(), Some("5"));
        assert_eq!(text(&["l"]).as_deref(), Some("\u{fffd}"));
        assert_eq!(text(&["m"]).as_deref(), Some("6"));
        assert_eq!(text(&["q", "0"]).as_deref(), Some("10"));
        assert_eq!(text(&["q", "1"]).as_deref(), Some("11"));
        let nine = matches!(&value, Value::Map(members) if members.len() == 9);
        assert!(nine, "{value:?}");
    }
}
