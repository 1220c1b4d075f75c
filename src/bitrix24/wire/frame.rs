//! The messages between an embedded application and the portal's page.
//!
//! Application to page: `command:JSON:callback:SID`, or an object of the same four. Page to
//! application: `callback:JSON`.

use crate::bitrix24::wire::address::Origin;
use crate::error::Error;
use crate::json::push_text;
use crate::secret::Secret;
use crate::text::{cut, has};
use crate::value::Value;

/// What the portal writes into the name of the frame's window: `HOST|1|SID`.
///
/// ```
/// use callgate::bitrix24::wire::frame::FrameName;
/// let name = FrameName::parse("portal.example|1|0123456789abcdef0123456789abcdef").unwrap();
/// assert_eq!(name.origin.as_str(), "https://portal.example");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameName {
    /// The portal's origin.
    pub origin: Origin,
    /// The frame's session id, which every message carries.
    pub sid: String,
}

impl FrameName {
    /// Reads a `window.name`.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid`: the name isn't of the portal's making, or it names a host that
    /// can't be one. The name itself is not repeated: another page may have left anything there.
    ///
    /// ```
    /// use callgate::bitrix24::wire::frame::FrameName;
    /// let error = FrameName::parse("my-window").unwrap_err();
    /// assert_eq!(error.code, "CALLGATE_NOT_IN_FRAME");
    /// ```
    pub fn parse(name: &str) -> Result<Self, Error> {
        let in_no_frame = |mut error: Error| {
            error.code = "CALLGATE_NOT_IN_FRAME".to_owned();
            error
        };
        let refuse = || {
            in_no_frame(Error::invalid(
                "window.name isn't what a portal gives an application's frame (HOST|PROTOCOL|SID): \
                 open the application from the portal",
            ))
        };
        let mut parts = name.split('|');
        let (host, protocol, sid) = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(host), Some(protocol), Some(sid), None) => (host, protocol, sid),
            _ => return Err(refuse()),
        };
        let (scheme, default_port) = match protocol {
            "1" => ("https://", ":443"),
            "0" => ("http://", ":80"),
            _ => return Err(refuse()),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if sid.is_empty() || !sid.chars().all(plain) {
            return Err(refuse());
        }
        let mut origin = Origin::parse(&[scheme, host].concat()).map_err(in_no_frame)?;
        if let Some(shorter) = origin.as_str().strip_suffix(default_port) {
            origin = Origin::parse(shorter).map_err(in_no_frame)?;
        }
        let sid = sid.to_owned();
        Ok(Self { origin, sid })
    }
}

/// A command on its way to the portal's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// What every portal hears.
    Text(String),
    /// The JSON text of an object, which newer portals hear as well.
    Object(String),
}

/// Writes a command to the portal's page. `json` is empty for a command without parameters,
/// `callback` for one that wants no answer. Only an object can carry a name with a colon in it.
///
/// ```
/// use callgate::bitrix24::wire::frame::{self, Command};
/// let asks = frame::command("getInitData", "", "a1", "sid");
/// assert_eq!(asks, Command::Text("getInitData::a1:sid".into()));
/// let named = frame::command("Card:close", "{}", "a2", "sid");
/// let object = r#"{"method":"Card:close","params":{},"callback":"a2","appSid":"sid"}"#;
/// assert_eq!(named, Command::Object(object.into()));
/// ```
pub fn command(name: &str, json: &str, callback: &str, sid: &str) -> Command {
    if !has(name, b':') {
        return Command::Text([name, ":", json, ":", callback, ":", sid].concat());
    }
    let mut object = r#"{"method":"#.to_owned();
    push_text(name, &mut object);
    object.push_str(r#","params":"#);
    object.push_str(if json.is_empty() { r#""""# } else { json });
    object.push_str(r#","callback":"#);
    push_text(callback, &mut object);
    object.push_str(r#","appSid":"#);
    push_text(sid, &mut object);
    object.push('}');
    Command::Object(object)
}

/// Reads what the portal's page says: the callback that it answers, and the JSON. PHP's empty list
/// stands for nothing.
///
/// ```
/// use callgate::bitrix24::wire::frame;
/// assert_eq!(frame::answer(r#"a1:{"b":1}"#), Some(("a1", r#"{"b":1}"#)));
/// assert_eq!(frame::answer("a1:"), Some(("a1", "[]")));
/// assert_eq!(frame::answer("hello"), None);
/// ```
pub fn answer(message: &str) -> Option<(&str, &str)> {
    let (callback, json) = cut(message, ":")?;
    match (callback, json) {
        ("", _) => None,
        (callback, "") => Some((callback, "[]")),
        answer => Some(answer),
    }
}

/// The authorization in the page's replies to `getInitData` and `refreshAuth`.
///
/// ```
/// use callgate::bitrix24::wire::frame::FrameAuth;
/// use callgate::value::Value;
/// let reply = Value::from_json(r#"{"AUTH_ID":"a","AUTH_EXPIRES":"3600","REFRESH_ID":"r"}"#).unwrap();
/// assert_eq!(FrameAuth::read(&reply).unwrap().expires_in, Some(3600));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameAuth {
    /// The access token.
    pub access: Secret,
    /// How long it lives, in seconds.
    pub expires_in: Option<u64>,
    /// The portal's id.
    pub member_id: Option<String>,
    /// The path of the REST interface, `/rest` on every portal seen.
    pub path: String,
}

impl FrameAuth {
    /// Reads a reply; `None` when it has no token.
    ///
    /// ```
    /// use callgate::bitrix24::wire::frame::FrameAuth;
    /// use callgate::value::Value;
    /// assert_eq!(FrameAuth::read(&Value::List(Vec::new())), None);
    /// ```
    pub fn read(reply: &Value) -> Option<Self> {
        let text = |name| reply.get(name).and_then(Value::as_text);
        Some(Self {
            access: text("AUTH_ID")
                .map(Secret::new)
                .filter(|it| !it.is_empty())?,
            expires_in: text("AUTH_EXPIRES").and_then(|seconds| seconds.parse().ok()),
            member_id: text("MEMBER_ID").map(str::to_owned),
            path: text("PATH").unwrap_or("/rest").to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_name_that_is_not_the_portals_is_refused() {
        for name in [
            "",
            "portal.example",
            "portal.example|1",
            "portal.example|2|abc",
            "portal.example|1|",
            "|1|abc",
            "portal.example|1|a:b",
            "portal.example|1|a|b",
            "evil/path|1|abc",
            "user@portal.example|1|abc",
            "portal.example|0|abc",
            "a b|1|abc",
            "portal.example:443:443|1|abc",
        ] {
            assert!(FrameName::parse(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn default_ports_are_dropped_and_loopback_may_be_plain_http() {
        let origin = |name: &str| FrameName::parse(name).unwrap().origin.as_str().to_owned();
        assert_eq!(origin("portal.example:443|1|abc"), "https://portal.example");
        assert_eq!(
            origin("portal.example:8443|1|abc"),
            "https://portal.example:8443"
        );
        assert_eq!(origin("127.0.0.1:8024|0|abc"), "http://127.0.0.1:8024");
    }
}
