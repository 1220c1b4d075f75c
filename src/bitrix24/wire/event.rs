//! What a portal posts to an application: the event OnAppMethodConfirm, which tells what an
//! administrator decided, and the scopes of a token, which other events and placements carry.
//!
//! All of it comes form-encoded, may come twice or not at all, and carries no signature but the
//! application token. A decision is a hint: the repeated call decides.

use crate::bitrix24::rights::method::MethodName;
use crate::secret::Secret;
use crate::value::Value;

/// An administrator's decision as an event reports it.
///
/// ```
/// use callgate::bitrix24::wire::{event::MethodConfirm, form};
/// let event = MethodConfirm::read(&form::read(
///     "event=ONAPPMETHODCONFIRM&data[TOKEN]=tok&data[METHOD]=voximplant.user.get\
///      &data[CONFIRMED]=1&auth[application_token]=app",
/// ))
/// .unwrap();
/// assert!(event.granted);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodConfirm {
    /// The access token that the decision belongs to.
    pub token: Secret,
    /// The method that it belongs to.
    pub method: MethodName,
    /// Whether it was granted. Only the text `1` grants.
    pub granted: bool,
    /// The application token with which the sender proves itself.
    pub application_token: Secret,
    /// The portal, if the event names it.
    pub member_id: Option<String>,
    /// The OAuth server's REST address, which portals send as `server_endpoint` or, misspelled,
    /// as `server_andpoint`.
    pub server_endpoint: Option<String>,
}

impl MethodConfirm {
    /// Reads an event's members; `None` when it is another event or lacks its token, method or
    /// application token.
    ///
    /// ```
    /// use callgate::bitrix24::wire::{event::MethodConfirm, form};
    /// assert_eq!(MethodConfirm::read(&form::read("event=ONCRMDEALADD")), None);
    /// ```
    pub fn read(event: &Value) -> Option<Self> {
        let text = |path: &[&str]| event.at(path).and_then(Value::as_text);
        if !text(&["event"])?.eq_ignore_ascii_case("ONAPPMETHODCONFIRM") {
            return None;
        }
        let secret = |path: &[&str]| text(path).map(Secret::new).filter(|it| !it.is_empty());
        Some(Self {
            token: secret(&["data", "TOKEN"])?,
            method: MethodName::parse(text(&["data", "METHOD"])?).ok()?,
            granted: text(&["data", "CONFIRMED"]) == Some("1"),
            application_token: secret(&["auth", "application_token"])?,
            member_id: text(&["auth", "member_id"]).map(str::to_owned),
            server_endpoint: text(&["auth", "server_endpoint"])
                .or_else(|| text(&["auth", "server_andpoint"]))
                .map(str::to_owned),
        })
    }
}

/// The scopes of the token that came along with an event, or with the request that opened a
/// placement. It is the token of whoever caused the event, so often not the connection's.
///
/// ```
/// use callgate::bitrix24::wire::{event::TokenScopes, form};
/// let opened = form::read("AUTH_ID=tok&APPLICATION_SCOPE=crm,im&APPLICATION_TOKEN=app");
/// assert_eq!(TokenScopes::read(&opened).unwrap().scopes, "crm,im");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenScopes {
    /// The access token.
    pub token: Secret,
    /// Its scopes, between commas or blanks.
    pub scopes: String,
    /// The application token with which the sender proves itself.
    pub application_token: Secret,
    /// The portal, if it is named.
    pub member_id: Option<String>,
}

impl TokenScopes {
    /// Reads what a portal posted; `None` when it names no token, scopes or application token, as
    /// OnAppMethodConfirm doesn't.
    ///
    /// ```
    /// use callgate::bitrix24::wire::{event::TokenScopes, form};
    /// assert_eq!(TokenScopes::read(&form::read("event=ONCRMDEALADD&auth[scope]=crm")), None);
    /// ```
    pub fn read(posted: &Value) -> Option<Self> {
        let text = |path: &[&str]| posted.at(path).and_then(Value::as_text);
        let either = |event: &str, placement: &str| text(&["auth", event]).or(text(&[placement]));
        let secret = |text: &str| Some(Secret::new(text)).filter(|it| !it.is_empty());
        Some(Self {
            token: secret(either("access_token", "AUTH_ID")?)?,
            scopes: either("scope", "APPLICATION_SCOPE")?.to_owned(),
            application_token: secret(either("application_token", "APPLICATION_TOKEN")?)?,
            member_id: either("member_id", "member_id").map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::bitrix24::wire::form;

    const PRINTED: &str = "event=ONAPPMETHODCONFIRM\
        &data%5BTOKEN%5D=fkp963yuv1ggkfbs5z3f5hy8lilm0iw6\
        &data%5BMETHOD%5D=voximplant.user.get&data%5BCONFIRMED%5D=1&data%5BLANGUAGE_ID%5D=de\
        &ts=1478790852&auth%5Bdomain%5D=portal.bitrix24.com\
        &auth%5Bclient_endpoint%5D=https%3A%2F%2Fportal.bitrix24.com%2Frest%2F\
        &auth%5Bserver_andpoint%5D=https%3A%2F%2Foauth.bitrix.info%2Frest%2F\
        &auth%5Bmember_id%5D=74ef8a46a75104de55d5d4a61b98ab6d\
        &auth%5Bapplication_token%5D=c289487163b58658eae5e8b42eaf11b8";

    #[test]
    fn the_documented_event_is_read() {
        let event = MethodConfirm::read(&form::read(PRINTED)).unwrap();
        assert_eq!(event.token.expose(), "fkp963yuv1ggkfbs5z3f5hy8lilm0iw6");
        assert_eq!(event.method.as_str(), "voximplant.user.get");
        assert!(event.granted);
        assert_eq!(
            event.member_id.as_deref(),
            Some("74ef8a46a75104de55d5d4a61b98ab6d")
        );
        let endpoint = Some("https://oauth.bitrix.info/rest/");
        assert_eq!(event.server_endpoint.as_deref(), endpoint);
        let spelled = PRINTED.replace("server_andpoint", "server_endpoint");
        let event = MethodConfirm::read(&form::read(&spelled)).unwrap();
        assert_eq!(event.server_endpoint.as_deref(), endpoint);
    }

    #[test]
    fn only_the_text_1_grants() {
        for (sent, granted) in [
            ("1", true),
            ("0", false),
            ("", false),
            ("true", false),
            ("Y", false),
        ] {
            let text = PRINTED.replace("CONFIRMED%5D=1", &format!("CONFIRMED%5D={sent}"));
            assert_eq!(
                MethodConfirm::read(&form::read(&text)).unwrap().granted,
                granted,
                "{sent:?}"
            );
        }
    }

    #[test]
    fn an_event_that_lacks_a_part_is_none() {
        for part in ["TOKEN", "METHOD", "application_token"] {
            let text = PRINTED.replace(part, "OTHER");
            assert_eq!(MethodConfirm::read(&form::read(&text)), None, "{part}");
        }
    }

    #[test]
    fn the_scopes_of_a_token_are_read_where_events_and_placements_have_them() {
        let event = "event=ONCRMDEALADD&data[FIELDS][ID]=1&auth[access_token]=tok&auth[scope]=crm\
            &auth[member_id]=m&auth[application_token]=app";
        let placement = "PLACEMENT=DEFAULT&AUTH_ID=tok&APPLICATION_SCOPE=crm&member_id=m\
            &APPLICATION_TOKEN=app";
        let read = |text: &str| TokenScopes::read(&form::read(text));
        let scopes = read(event).unwrap();
        assert_eq!(read(placement), Some(scopes.clone()));
        assert_eq!(
            (scopes.token.expose(), scopes.scopes.as_str()),
            ("tok", "crm")
        );
        assert_eq!(scopes.member_id.as_deref(), Some("m"));
        for part in ["access_token", "scope", "application_token"] {
            assert_eq!(read(&event.replace(part, "OTHER")), None, "{part}");
        }
        assert_eq!(read(&event.replace("=tok", "=")), None);
        assert_eq!(read(PRINTED), None);
    }
}
