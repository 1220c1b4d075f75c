//! The parameters of a call, as the JSON text of one object or list.

use std::ops::Range;

use crate::error::Error;
use crate::json::{Event, Raw, Reader};
use crate::text::push_number;

/// The parameters of one call.
///
/// ```
/// use callgate::bitrix24::rights::params::Params;
/// let params = Params::parse(r#"{"USER_ID":1}"#).unwrap();
/// assert!(params.has("USER_ID"));
/// assert!(!params.has("user_id"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params(String);

/// PHP's `json_decode` gives up beyond it, and the server then sees no parameters at all.
const DEEPEST: usize = 512;

/// Names that the server takes for authorization, in any request.
const RESERVED: &[&str] = &["auth", "access_token", "auth_connector", "sessid"];

impl Params {
    /// Takes a JSON text of an object, or of a list for methods with positional parameters.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid`: the text isn't JSON, is neither object nor list, nests deeper
    /// than 511 levels, or has a top-level member that the server would take for authorization
    /// (`auth`, `access_token`, `auth_connector`, `sessid`).
    ///
    /// ```
    /// use callgate::bitrix24::rights::params::Params;
    /// let error = Params::parse(r#"{"auth":"other"}"#).unwrap_err();
    /// assert!(error.message.starts_with("params.auth: "));
    /// ```
    pub fn parse(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        let mut reader = Reader::new(&text);
        let mut depth = 0_usize;
        loop {
            let event = reader.next().map_err(|malformed| {
                Error::invalid(["params: ", &malformed.in_words()].concat())
            })?;
            match event {
                Event::MapOpens | Event::ListOpens => depth += 1,
                Event::Closes => depth -= 1,
                Event::End => break,
                _ if depth == 0 => {
                    return Err(Error::invalid("params: must be an object or a list"));
                }
                _ => {}
            }
            // The member with the token stands one level above the caller's own nesting.
            if depth >= DEEPEST {
                return Err(Error::invalid("params: nests deeper than 511 levels"));
            }
        }
        Self::without_reserved(text)
    }

    /// Takes what `JSON.stringify` wrote of an object: known to be JSON, so only its top level is
    /// looked at, unless it has brackets enough to nest too deep.
    #[cfg(any(target_arch = "wasm32", feature = "edge", test))]
    pub(crate) fn written_by_stringify(text: String) -> Result<Self, Error> {
        let opens = |byte: &u8| matches!(byte, b'{' | b'[');
        if text.len() >= 2 * DEEPEST && text.bytes().filter(opens).count() >= DEEPEST {
            return Self::parse(text);
        }
        Self::without_reserved(text)
    }

    fn without_reserved(text: String) -> Result<Self, Error> {
        let params = Self(text);
        let reserved = params
            .members()
            .find_map(|member| RESERVED.iter().find(|name| member.is(name)));
        match reserved {
            Some(name) => Err(Error::invalid(
                [
                    "params.",
                    name,
                    ": the connection adds the authorization itself",
                ]
                .concat(),
            )),
            None => Ok(params),
        }
    }

    /// Takes a text that is known to be parameters: this crate's own.
    pub(crate) fn known(text: String) -> Self {
        Self(text)
    }

    /// No parameters.
    ///
    /// ```
    /// assert!(!callgate::bitrix24::rights::params::Params::none().has("ID"));
    /// ```
    pub fn none() -> Self {
        Self("{}".to_owned())
    }

    /// Whether there is a top-level member of this very name with a value other than null.
    ///
    /// ```
    /// use callgate::bitrix24::rights::params::Params;
    /// assert!(!Params::parse(r#"{"ID":null}"#).unwrap().has("ID"));
    /// ```
    pub fn has(&self, name: &str) -> bool {
        self.has_any(|own| own.is(name))
    }

    /// The same for a name in any ASCII case.
    pub(crate) fn has_in_any_case(&self, name: &str) -> bool {
        self.has_any(|own| own.to_text().eq_ignore_ascii_case(name))
    }

    fn has_any(&self, is: impl Fn(Raw<'_>) -> bool) -> bool {
        self.members()
            .any(|member| member.name.is_some_and(&is) && self.slice(&member.value) != "null")
    }

    /// The JSON text.
    ///
    /// ```
    /// assert_eq!(callgate::bitrix24::rights::params::Params::none().as_json(), "{}");
    /// ```
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// Whether the parameters are positional: a list rather than an object.
    ///
    /// ```
    /// use callgate::bitrix24::rights::params::Params;
    /// assert!(Params::parse("[1,2]").unwrap().are_positional());
    /// ```
    pub fn are_positional(&self) -> bool {
        self.0.trim_start().starts_with('[')
    }

    /// The same without the top-level member `name`.
    pub(crate) fn without(self, name: &str) -> Self {
        if self.are_positional() || !self.members().any(|member| member.is(name)) {
            return self;
        }
        let mut rest = String::from("{");
        for member in self.members().filter(|member| !member.is(name)) {
            self.write_member(&member, 0, &mut rest);
        }
        rest.push('}');
        Self(rest)
    }

    /// Appends the members to `out`, which holds an open JSON object. A list's items get their
    /// index as their name.
    pub(crate) fn write_members(&self, out: &mut String) {
        for (index, member) in self.members().enumerate() {
            self.write_member(&member, index, out);
        }
    }

    fn write_member(&self, member: &Member<'_>, index: usize, out: &mut String) {
        if !out.ends_with('{') {
            out.push(',');
        }
        match &member.key {
            Some(key) => out.push_str(self.slice(key)),
            None => {
                out.push('"');
                push_number(i64::try_from(index).unwrap_or(i64::MAX), out);
                out.push('"');
            }
        }
        out.push(':');
        out.push_str(self.slice(&member.value));
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        self.0.get(range.clone()).unwrap_or_default().trim_end()
    }

    fn members(&self) -> impl Iterator<Item = Member<'_>> {
        let mut reader = Reader::new(&self.0);
        let positional = matches!(reader.next(), Ok(Event::ListOpens));
        std::iter::from_fn(move || {
            if positional {
                return reader.skip_item().map(|value| Member {
                    name: None,
                    key: None,
                    value,
                });
            }
            let start = reader.position();
            let Ok(Event::Key(name)) = reader.next() else {
                return None;
            };
            // From behind the comma or brace up to and without the colon.
            let key = self.0.get(start..reader.position() - 1)?;
            let key_start = start + key.find('"')?;
            let key = key_start..reader.position() - 1;
            Some(Member {
                name: Some(name),
                key: Some(key),
                value: reader.skip_value(),
            })
        })
    }
}

/// One top-level member: its name, and where its key and its value stand in the text.
struct Member<'a> {
    name: Option<Raw<'a>>,
    key: Option<Range<usize>>,
    value: Range<usize>,
}

impl Member<'_> {
    fn is(&self, name: &str) -> bool {
        self.name.is_some_and(|own| own.is(name))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn members(params: &Params) -> String {
        let mut out = String::from("{");
        params.write_members(&mut out);
        out
    }

    #[test]
    fn members_are_copied_as_they_stand() {
        let params = Params::parse(r#" { "a" : [1, "}"] , "b\u00e4" : {"c":null} } "#).unwrap();
        assert_eq!(members(&params), r#"{"a":[1, "}"],"b\u00e4":{"c":null}"#);
        assert!(params.has("bä"));
    }

    #[test]
    fn a_list_becomes_members_named_by_position() {
        let params = Params::parse("[7, {\"a\":1}]").unwrap();
        assert_eq!(members(&params), r#"{"0":7,"1":{"a":1}"#);
    }

    #[test]
    fn a_member_can_be_left_out() {
        let params = Params::parse(r#"{"start":50,"a":1,"start":60}"#).unwrap();
        assert_eq!(params.without("start").as_json(), r#"{"a":1}"#);
    }

    #[test]
    fn what_is_no_set_of_parameters_is_refused() {
        let deep = "[".repeat(512) + &"]".repeat(512);
        for text in [
            "",
            "1",
            "\"a\"",
            "null",
            "{",
            "{} {}",
            "{\"a\":01}",
            "{\"sessid\":1}",
            &deep,
        ] {
            assert!(Params::parse(text).is_err(), "{text}");
        }
        assert!(Params::parse("[".repeat(511) + &"]".repeat(511)).is_ok());
        assert!(Params::written_by_stringify(deep).is_err());
        let wide = format!("[{}[]]", "[],".repeat(600));
        assert!(Params::written_by_stringify(wide).is_ok());
    }
}
