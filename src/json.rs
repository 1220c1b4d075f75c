//! A small pull reader of JSON text.
//!
//! It exists because what comes in from JavaScript is what `JSON.stringify` wrote: there a tree is
//! not needed, a number has to keep its own text (`1e21` stays `1e21`), and a lone surrogate, which
//! is legal there as an escape, must not be an error. It never recurses.

use std::fmt;

use crate::text::{has, push_number};

/// What stands next in the text.
///
/// ```
/// use callgate::json::{Event, Reader};
/// let mut reader = Reader::new(" 12 ");
/// assert!(matches!(reader.next(), Ok(Event::Number("12"))));
/// assert!(matches!(reader.next(), Ok(Event::End)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A `{`.
    MapOpens,
    /// A `[`.
    ListOpens,
    /// The end of the map or list that was opened last.
    Closes,
    /// The name of a member; its value follows.
    Key(Raw<'a>),
    /// A text.
    Text(Raw<'a>),
    /// A number, as written.
    Number(&'a str),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// The end of the text.
    End,
}

/// A JSON string between its quotes, escapes and all.
///
/// ```
/// use callgate::json::{Event, Reader};
/// let Ok(Event::Text(text)) = Reader::new(r#""a\u00e4\ud800""#).next() else { panic!() };
/// assert_eq!(text.to_text(), "aä\u{fffd}");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a> {
    text: &'a str,
    escaped: bool,
}

impl<'a> Raw<'a> {
    /// The text if it holds no escape.
    ///
    /// ```
    /// use callgate::json::{Event, Reader};
    /// let Ok(Event::Text(text)) = Reader::new(r#""ab""#).next() else { panic!() };
    /// assert_eq!(text.plain(), Some("ab"));
    /// ```
    pub fn plain(self) -> Option<&'a str> {
        (!self.escaped).then_some(self.text)
    }

    /// The characters, escapes resolved; a lone surrogate gives U+FFFD.
    ///
    /// ```
    /// use callgate::json::{Event, Reader};
    /// let Ok(Event::Text(text)) = Reader::new(r#""\ud83d\ude00""#).next() else { panic!() };
    /// assert_eq!(text.chars().collect::<String>(), "😀");
    /// ```
    pub fn chars(self) -> impl Iterator<Item = char> + 'a {
        let mut rest = self.text;
        std::iter::from_fn(move || {
            let mut chars = rest.chars();
            let first = chars.next()?;
            if first != '\\' {
                rest = chars.as_str();
                return Some(first);
            }
            let escaped = chars.next()?;
            rest = chars.as_str();
            Some(match escaped {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => code_point(&mut rest),
                other => other,
            })
        })
    }

    /// The text, escapes resolved.
    ///
    /// ```
    /// use callgate::json::{Event, Reader};
    /// let Ok(Event::Text(text)) = Reader::new(r#""a\nb""#).next() else { panic!() };
    /// assert_eq!(text.to_text(), "a\nb");
    /// ```
    pub fn to_text(self) -> String {
        match self.plain() {
            Some(text) => text.to_owned(),
            None => self.chars().collect(),
        }
    }

    /// Whether the string, escapes resolved, is `text`.
    ///
    /// ```
    /// use callgate::json::{Event, Reader};
    /// let Ok(Event::Text(text)) = Reader::new(r#""ID""#).next() else { panic!() };
    /// assert!(text.is("ID"));
    /// ```
    pub fn is(self, text: &str) -> bool {
        match self.plain() {
            Some(plain) => plain == text,
            None => self.chars().eq(text.chars()),
        }
    }

    /// Whether the string, escapes resolved, has this ASCII character in it.
    pub(crate) fn has(self, character: u8) -> bool {
        match self.plain() {
            Some(plain) => has(plain, character),
            None => self.chars().any(|own| own == char::from(character)),
        }
    }
}

/// Reads the hexadecimal digits behind `\u`, and the second half of a pair of surrogates.
fn code_point(rest: &mut &str) -> char {
    fn unit(text: &str) -> Option<u32> {
        u32::from_str_radix(text.get(..4)?, 16).ok()
    }
    let Some(first) = unit(rest) else {
        return char::REPLACEMENT_CHARACTER;
    };
    *rest = rest.get(4..).unwrap_or_default();
    if let 0xd800..=0xdbff = first
        && let Some(low) = rest.strip_prefix("\\u").and_then(unit)
        && let 0xdc00..=0xdfff = low
    {
        *rest = rest.get(6..).unwrap_or_default();
        let point = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
        return char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// A text that isn't JSON: what is wrong and at which byte.
///
/// ```
/// let mut reader = callgate::json::Reader::new("nil");
/// assert_eq!(reader.next().unwrap_err().to_string(), "JSON has an unknown word at byte 0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong.
    pub what: &'static str,
    /// The byte at which it shows.
    pub at: usize,
}

impl Malformed {
    /// What `Display` writes.
    ///
    /// ```
    /// let mut reader = callgate::json::Reader::new("[1");
    /// reader.next().and_then(|_| reader.next()).unwrap();
    /// assert_eq!(reader.next().unwrap_err().in_words(), "JSON lacks a comma or an end at byte 2");
    /// ```
    pub fn in_words(&self) -> String {
        let mut words = ["JSON ", self.what, " at byte "].concat();
        push_number(i64::try_from(self.at).unwrap_or(i64::MAX), &mut words);
        words
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.in_words())
    }
}

impl std::error::Error for Malformed {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    Map,
    List,
}

/// The containers that are open: a bit each, set for a list. Those beyond the first 64, which are
/// hardly ever there, are the only ones that allocate.
#[derive(Default)]
struct Open {
    depth: usize,
    bits: u64,
    outer: Vec<u64>,
}

impl Open {
    fn push(&mut self, container: Container) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.outer.push(self.bits);
        }
        self.depth += 1;
        self.bits = self.bits << 1 | u64::from(container == Container::List);
    }

    fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.bits >>= 1;
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.bits = self.outer.pop().unwrap_or_default();
        }
    }

    fn last(&self) -> Option<Container> {
        (self.depth > 0).then_some(match self.bits & 1 {
            1 => Container::List,
            _ => Container::Map,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expects {
    Value,
    FirstItem,
    FirstKey,
    Key,
    CommaOrEnd,
}

/// Reads a JSON text event by event.
///
/// ```
/// use callgate::json::{Event, Reader};
/// let mut reader = Reader::new(r#"{"a":[true]}"#);
/// let mut depth = 0;
/// loop {
///     match reader.next().unwrap() {
///         Event::MapOpens | Event::ListOpens => depth += 1,
///         Event::Closes => depth -= 1,
///         Event::End => break,
///         _ => {}
///     }
/// }
/// assert_eq!(depth, 0);
/// ```
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    open: Open,
    expects: Expects,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `text`.
    ///
    /// ```
    /// assert!(callgate::json::Reader::new("").next().is_err());
    /// ```
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            open: Open::default(),
            expects: Expects::Value,
        }
    }

    /// The byte at which the reader stands.
    ///
    /// ```
    /// assert_eq!(callgate::json::Reader::new("[]").position(), 0);
    /// ```
    pub fn position(&self) -> usize {
        self.at
    }

    /// An error at the place where the reader stands.
    ///
    /// ```
    /// assert_eq!(callgate::json::Reader::new("[]").malformed("is dull").at, 0);
    /// ```
    pub fn malformed(&self, what: &'static str) -> Malformed {
        Malformed { what, at: self.at }
    }

    /// The next event.
    ///
    /// # Errors
    ///
    /// [`Malformed`] where the text isn't JSON. After an error the reader is of no further use.
    ///
    /// ```
    /// use callgate::json::{Event, Reader};
    /// assert_eq!(Reader::new("null").next(), Ok(Event::Null));
    /// ```
    #[allow(
        clippy::should_implement_trait,
        reason = "an iterator could not say what is wrong and then stop"
    )]
    pub fn next(&mut self) -> Result<Event<'a>, Malformed> {
        self.skip_blanks();
        if self.expects == Expects::CommaOrEnd {
            let Some(container) = self.open.last() else {
                return match self.peek() {
                    None => Ok(Event::End),
                    Some(_) => Err(self.malformed("goes on after its end")),
                };
            };
            match (self.peek(), container) {
                (Some(b','), Container::Map) => self.expects = Expects::Key,
                (Some(b','), Container::List) => self.expects = Expects::Value,
                (Some(b'}'), Container::Map) | (Some(b']'), Container::List) => {
                    return Ok(self.close());
                }
                _ => return Err(self.malformed("lacks a comma or an end")),
            }
            self.at += 1;
            self.skip_blanks();
        }
        match (self.expects, self.peek()) {
            (Expects::FirstItem, Some(b']')) | (Expects::FirstKey, Some(b'}')) => Ok(self.close()),
            (Expects::FirstKey | Expects::Key, Some(b'"')) => {
                let key = self.string()?;
                self.skip_blanks();
                if self.peek() != Some(b':') {
                    return Err(self.malformed("lacks a colon"));
                }
                self.at += 1;
                self.expects = Expects::Value;
                Ok(Event::Key(key))
            }
            (Expects::FirstKey | Expects::Key, _) => Err(self.malformed("lacks a name")),
            (_, next) => self.value(next),
        }
    }

    /// Skips the value that stands next, without checking what is inside it, and gives its bytes'
    /// range. To be called where a value is due: at the start, behind a key, or in a list.
    ///
    /// ```
    /// use callgate::json::{Event, Reader};
    /// let mut reader = Reader::new(r#"{"a":[1,{"b":"]"}],"c":2}"#);
    /// reader.next().unwrap();
    /// reader.next().unwrap();
    /// assert_eq!(reader.skip_value(), 5..18);
    /// ```
    pub fn skip_value(&mut self) -> std::ops::Range<usize> {
        self.skip_blanks();
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut depth = 0_usize;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.skip_string();
                    if depth == 0 {
                        break;
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' if depth == 0 => break,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        break;
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        self.expects = Expects::CommaOrEnd;
        start..self.at
    }

    /// In a list, skips the item that stands next; `None` at the list's end.
    ///
    /// ```
    /// use callgate::json::{Event, Reader};
    /// let mut reader = Reader::new("[1,[2,3]]");
    /// reader.next().unwrap();
    /// assert_eq!(reader.skip_item(), Some(1..2));
    /// assert_eq!(reader.skip_item(), Some(3..8));
    /// assert_eq!(reader.skip_item(), None);
    /// ```
    pub fn skip_item(&mut self) -> Option<std::ops::Range<usize>> {
        self.skip_blanks();
        if self.peek() == Some(b',') {
            self.at += 1;
        }
        match self.peek() {
            Some(b']') | None => None,
            Some(_) => Some(self.skip_value()),
        }
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn close(&mut self) -> Event<'a> {
        self.at += 1;
        self.open.pop();
        self.expects = Expects::CommaOrEnd;
        Event::Closes
    }

    fn value(&mut self, next: Option<u8>) -> Result<Event<'a>, Malformed> {
        self.expects = Expects::CommaOrEnd;
        match next {
            Some(b'{') => {
                self.at += 1;
                self.open.push(Container::Map);
                self.expects = Expects::FirstKey;
                Ok(Event::MapOpens)
            }
            Some(b'[') => {
                self.at += 1;
                self.open.push(Container::List);
                self.expects = Expects::FirstItem;
                Ok(Event::ListOpens)
            }
            Some(b'"') => self.string().map(Event::Text),
            Some(b'-' | b'0'..=b'9') => self.number().map(Event::Number),
            Some(_) => {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let (word, event) = match rest {
                    _ if rest.starts_with("true") => ("true", Event::Bool(true)),
                    _ if rest.starts_with("false") => ("false", Event::Bool(false)),
                    _ if rest.starts_with("null") => ("null", Event::Null),
                    _ => return Err(self.malformed("has an unknown word")),
                };
                self.at += word.len();
                Ok(event)
            }
            None => Err(self.malformed("ends too early")),
        }
    }

    fn number(&mut self) -> Result<&'a str, Malformed> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        let mut good = whole == 1 || (whole > 1 && !leading_zero);
        if self.peek() == Some(b'.') {
            self.at += 1;
            good &= self.digits() > 0;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            good &= self.digits() > 0;
        }
        if !good {
            return Err(self.malformed("has a number that isn't one"));
        }
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Result<Raw<'a>, Malformed> {
        let start = self.at + 1;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let plain = rest.iter().position(|byte| is_special(*byte));
        let escaped = plain.and_then(|end| rest.get(end)) != Some(&b'"');
        if escaped {
            if !self.skip_string() {
                return Err(self.malformed("ends inside a text"));
            }
        } else {
            self.at = start + plain.unwrap_or_default() + 1;
        }
        let text = self.text.get(start..self.at - 1).unwrap_or_default();
        if escaped && let Some(what) = wrong_inside(text) {
            return Err(Malformed { what, at: start });
        }
        Ok(Raw { text, escaped })
    }

    /// Moves behind the string that begins here; false when it has no end.
    fn skip_string(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        while let Some(byte) = bytes.get(at) {
            at += match byte {
                b'"' => {
                    self.at = at + 1;
                    return true;
                }
                b'\\' => 2,
                _ => 1,
            };
        }
        self.at = bytes.len();
        false
    }
}

/// Whether a byte ends a string, or begins what has to be looked at.
#[inline]
fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1f)
}

/// Appends a text as JSON writes it.
pub(crate) fn push_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '\0'..='\x1f' => {
                let code = u32::from(character);
                out.push_str("\\u00");
                out.push(if code < 16 { '0' } else { '1' });
                out.extend(char::from_digit(code & 15, 16));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// What is wrong with the inside of a string, if anything.
fn wrong_inside(inside: &str) -> Option<&'static str> {
    let mut bytes = inside.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            0..=0x1f => return Some("has a control character in a text"),
            b'\\' => match bytes.next() {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {}
                Some(b'u') => {
                    let digits = bytes.by_ref().take(4).filter(u8::is_ascii_hexdigit);
                    if digits.count() != 4 {
                        return Some("has a broken \\u escape");
                    }
                }
                _ => return Some("has an unknown escape"),
            },
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn read(text: &str) -> Result<usize, Malformed> {
        let mut reader = Reader::new(text);
        let mut events = 0;
        while reader.next()? != Event::End {
            events += 1;
        }
        Ok(events)
    }

    #[test]
    fn it_agrees_with_serde_json_about_what_is_json() {
        let texts = [
            "0",
            "-0",
            "1.5e-7",
            "1e21",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "true",
            "tru",
            "truex",
            "null",
            "nul",
            "\"\"",
            "\"a",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u00e4\"",
            "\"\u{1}\"",
            "[]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[[[]]]",
            "[}",
            "{]",
            "{}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\":1 \"b\":2}",
            "{a:1}",
            "{\"a\":{\"b\":[null,false]}}",
            " [ 1 , 2 ] ",
            "[] []",
            "",
            " ",
            "]",
            "\"\\",
            "{\"a\":1}}",
        ];
        for text in texts {
            let expected = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(read(text).is_ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn it_reads_a_hundred_thousand_levels_without_recursion() {
        let text = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(read(&text), Ok(200_000));
    }

    #[test]
    fn it_knows_at_any_depth_what_is_open() {
        let opens = |n: usize| if n.is_multiple_of(3) { "[" } else { "{\"a\":" };
        let closes = |n: usize| if n.is_multiple_of(3) { "]" } else { "}" };
        let text = |wrong: Option<usize>| {
            let head: String = (0..300).map(opens).collect();
            let other = |n| match Some(n) == wrong {
                true => {
                    if closes(n) == "]" {
                        "}"
                    } else {
                        "]"
                    }
                }
                false => closes(n),
            };
            let tail: String = (0..300).rev().map(other).collect();
            [&head, "1", &tail].concat()
        };
        assert_eq!(read(&text(None)), Ok(801));
        for level in [0, 63, 64, 65, 127, 128, 299] {
            assert!(read(&text(Some(level))).is_err(), "{level}");
        }
    }

    #[test]
    fn every_cut_of_a_text_is_an_error_and_never_a_panic() {
        let text = r#"{"a":[1.5,"\u00e4\"",{"b":null}],"c":true}"#;
        for end in 0..text.len() {
            assert!(read(&text[..end]).is_err(), "{}", &text[..end]);
        }
    }

    #[test]
    fn a_text_that_is_written_is_read_back() {
        let text = "a\"b\\c\n\u{1}\u{1f}ä😀\u{7f}";
        let mut json = String::new();
        push_text(text, &mut json);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn it_skips_values_whole() {
        let mut reader = Reader::new(r#"{"a":"x\"]","b":{"c":[1]} ,"d":3}"#);
        assert_eq!(reader.next(), Ok(Event::MapOpens));
        let mut seen = Vec::new();
        while let Event::Key(key) = reader.next().unwrap() {
            let range = reader.skip_value();
            seen.push((key.to_text(), reader.text[range].trim_end()));
        }
        let expected = [("a", r#""x\"]""#), ("b", r#"{"c":[1]}"#), ("d", "3")];
        assert!(
            seen.iter()
                .map(|(key, value)| (key.as_str(), *value))
                .eq(expected)
        );
    }
}
