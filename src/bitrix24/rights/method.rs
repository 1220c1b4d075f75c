//! Method names and REST versions.

use std::fmt;

use crate::error::Error;

/// The version of the REST interface that a call goes through.
///
/// ```
/// use callgate::bitrix24::rights::method::Version;
/// assert!(Version::V2 < Version::V3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Versions 1 and 2, below `/rest/`.
    V2,
    /// Version 3, below `/rest/api/`.
    V3,
}

/// The name of a method: any text that can be one segment of an address.
///
/// Names are compared without ASCII case, because the server looks the lower-cased name up first;
/// the spelling is kept, because some controllers are found only by theirs.
///
/// ```
/// use callgate::bitrix24::rights::method::MethodName;
/// let name = MethodName::parse("im.department.managers.get").unwrap();
/// assert_eq!(name, MethodName::parse("IM.Department.Managers.GET").unwrap());
/// assert!(MethodName::parse("../admin").is_err());
/// ```
#[derive(Clone, Debug)]
pub struct MethodName(String);

/// Longer than three times the longest documented name (61 bytes).
const LONGEST: usize = 200;

/// Method names' last segments that only read, reviewed against the documented methods.
/// A name that isn't found here may write.
const READING: &[&str] = &[
    "count",
    "current",
    "fields",
    "get",
    "getbyid",
    "getfields",
    "getfieldsbytype",
    "getlist",
    "getmany",
    "gettypes",
    "info",
    "list",
    "methods",
    "profile",
    "scope",
    "search",
    "statuslist",
    "tail",
    "time",
    "types",
];

/// Methods that read and, in passing, change something.
const READING_IN_NAME_ONLY: &[&str] = &["event.offline.get"];

impl MethodName {
    /// Takes `text` for a method name.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid` that says why, when the text is empty, longer than 200 bytes,
    /// made of dots alone, ends in `.json` or `.xml` (which the server cuts off and reads as the
    /// answer's format), or has a character that can't stand in a segment of an address.
    ///
    /// ```
    /// use callgate::bitrix24::rights::method::MethodName;
    /// let error = MethodName::parse("user get").unwrap_err();
    /// assert_eq!(error.message, "method: the name holds ' ', which no method name has");
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| Err(Error::invalid(["method: the name ", why].concat()));
        if text.is_empty() {
            return refuse("is empty");
        }
        if text.len() > LONGEST {
            return refuse("is longer than 200 bytes");
        }
        let forbidden = |c: &char| {
            c.is_whitespace() || c.is_control() || matches!(c, '/' | '\\' | '?' | '#' | '%' | '&')
        };
        if let Some(found) = text.chars().find(forbidden) {
            return refuse(&["holds ", &quoted(found), ", which no method name has"].concat());
        }
        if text.bytes().all(|byte| byte == b'.') {
            return refuse("is made of dots alone");
        }
        let suffix = text.rsplit_once('.').map(|(_, suffix)| suffix);
        if let Some("json" | "xml") = suffix {
            return refuse("ends in .json or .xml: leave the suffix out");
        }
        Ok(Self(text.to_owned()))
    }

    /// A name that is known to be one: this crate's own, or the catalogue's.
    pub(crate) fn known(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name as it was spelled.
    ///
    /// ```
    /// use callgate::bitrix24::rights::method::MethodName;
    /// assert_eq!(MethodName::parse("User.Get").unwrap().as_str(), "User.Get");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a method of this name is known to change nothing, so that it can be sent again when
    /// nobody knows whether it ran. The table goes by the last segment; what it doesn't know may
    /// write.
    ///
    /// ```
    /// use callgate::bitrix24::rights::method::MethodName;
    /// assert!(MethodName::parse("crm.deal.list").unwrap().only_reads());
    /// assert!(!MethodName::parse("crm.deal.add").unwrap().only_reads());
    /// assert!(!MethodName::parse("event.offline.get").unwrap().only_reads());
    /// ```
    pub fn only_reads(&self) -> bool {
        let last = self.0.rsplit('.').next().unwrap_or_default();
        let among = |names: &[&str], name: &str| names.iter().any(|n| n.eq_ignore_ascii_case(name));
        among(READING, last) && !among(READING_IN_NAME_ONLY, &self.0)
    }
}

impl PartialEq for MethodName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for MethodName {}

impl fmt::Display for MethodName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn quoted(character: char) -> String {
    if character.is_control() {
        return "a control character".to_owned();
    }
    ["'", character.encode_utf8(&mut [0; 4]), "'"].concat()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn absurd_names_are_refused_with_the_reason() {
        let long = "a".repeat(201);
        for (name, why) in [
            ("", "is empty"),
            (".", "dots alone"),
            ("..", "dots alone"),
            ("a/b", "'/'"),
            ("a?b", "'?'"),
            ("a\0b", "control character"),
            ("a\u{a0}b", "which no method name has"),
            ("crm.deal.get.xml", ".json or .xml"),
            (&long, "longer than 200"),
        ] {
            let error = MethodName::parse(name).unwrap_err();
            assert!(error.message.contains(why), "{name:?}: {error}");
        }
    }

    #[test]
    fn names_outside_any_list_are_names() {
        for name in ["vendor:module.do", "новый.метод", "a", "x-y_z.9"] {
            assert_eq!(MethodName::parse(name).unwrap().as_str(), name);
        }
    }
}
