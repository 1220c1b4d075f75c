//! An ordered tree of parameters. Order is kept, because it matters on the wire.

use crate::json::{self, Event, Reader};

/// A value as it stands in a form, in a JSON text or in an event.
///
/// ```
/// use callgate::value::Value;
/// let value = Value::from_json(r#"{"data":{"CONFIRMED":1}}"#).unwrap();
/// assert_eq!(value.at(&["data", "CONFIRMED"]).and_then(Value::as_text), Some("1"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// JSON's `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, in its own text.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// Names and values, in order.
    Map(Vec<(String, Value)>),
}

/// How deep a text that comes from outside may nest before it is refused: PHP's own limit.
const DEEPEST: usize = 512;

impl Value {
    /// Reads one JSON text.
    ///
    /// # Errors
    ///
    /// [`json::Malformed`] where the text isn't JSON or nests deeper than 512 levels.
    ///
    /// ```
    /// use callgate::value::Value;
    /// assert!(Value::from_json("[1,").is_err());
    /// ```
    pub fn from_json(text: &str) -> Result<Self, json::Malformed> {
        let mut reader = Reader::new(text);
        let mut open: Vec<(Option<String>, Value)> = Vec::new();
        let mut key = None;
        loop {
            let done = match reader.next()? {
                Event::Key(name) => {
                    key = Some(name.to_text());
                    continue;
                }
                Event::MapOpens | Event::ListOpens if open.len() >= DEEPEST => {
                    return Err(reader.malformed("nests too deep"));
                }
                Event::MapOpens => {
                    open.push((key.take(), Self::Map(Vec::new())));
                    continue;
                }
                Event::ListOpens => {
                    open.push((key.take(), Self::List(Vec::new())));
                    continue;
                }
                Event::Closes => match open.pop() {
                    Some((name, container)) => {
                        key = name;
                        container
                    }
                    None => return Err(reader.malformed("closes what was not opened")),
                },
                Event::Text(text) => Self::Text(text.to_text()),
                Event::Number(text) => Self::Number(text.to_owned()),
                Event::Bool(value) => Self::Bool(value),
                Event::Null => Self::Null,
                Event::End => return Err(reader.malformed("ends too early")),
            };
            match open.last_mut() {
                Some((_, Self::Map(members))) => {
                    members.push((key.take().unwrap_or_default(), done));
                }
                Some((_, Self::List(items))) => items.push(done),
                _ => {
                    return match reader.next()? {
                        Event::End => Ok(done),
                        _ => Err(reader.malformed("goes on after its end")),
                    };
                }
            }
        }
    }

    /// The member called `name`; of several, the last, as PHP has it.
    ///
    /// ```
    /// use callgate::value::Value;
    /// let value = Value::from_json(r#"{"a":1,"a":2}"#).unwrap();
    /// assert_eq!(value.get("a").and_then(Value::as_text), Some("2"));
    /// ```
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(members) => members
                .iter()
                .rev()
                .find_map(|(key, value)| (key == name).then_some(value)),
            _ => None,
        }
    }

    /// The value at the end of `path`.
    ///
    /// ```
    /// use callgate::value::Value;
    /// let value = Value::from_json(r#"{"a":{"b":"c"}}"#).unwrap();
    /// assert!(value.at(&["a", "x"]).is_none());
    /// ```
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, name| value.get(name))
    }

    /// The value as JSON text; numbers as they were written.
    ///
    /// ```
    /// use callgate::value::Value;
    /// let value = Value::from_json(r#" {"a": [1e21, "\u00e4", null]} "#).unwrap();
    /// assert_eq!(value.to_json(), r#"{"a":[1e21,"ä",null]}"#);
    /// ```
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(text) => out.push_str(text),
            Self::Text(text) => json::push_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    item.write_json(out);
                }
                out.push(']');
            }
            Self::Map(members) => {
                out.push('{');
                for (place, (name, value)) in members.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    json::push_text(name, out);
                    out.push(':');
                    value.write_json(out);
                }
                out.push('}');
            }
        }
    }

    /// The text of a text or number.
    ///
    /// ```
    /// use callgate::value::Value;
    /// assert_eq!(Value::Number("1e21".into()).as_text(), Some("1e21"));
    /// ```
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            _ => None,
        }
    }
}
