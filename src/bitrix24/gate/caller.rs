//! Who is calling: the four places in which authorization may stand.

use super::request::{Doubts, Request};
use super::tree::Members;
use crate::secret::Secret;
use crate::text::is_any_of;
use crate::value::Value;

/// Whose call a request is.
///
/// ```
/// use callgate::bitrix24::gate::{Caller, Limits, Request, inspect};
/// let request = Request { verb: "GET", target: "/rest/1/s3cret/profile", headers: &[], body: b"" };
/// let seen = inspect(&request, &Limits::default()).unwrap();
/// assert!(matches!(seen.caller, Caller::Webhook { user, .. } if user == "1"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// An application, by this token.
    Token(Secret),
    /// An inbound webhook.
    Webhook {
        /// Its user.
        user: String,
        /// Its secret.
        secret: Secret,
    },
    /// A user who is logged in to the portal in the same browser.
    Session,
    /// Nobody says who.
    Nobody,
}

/// The names that the portal takes out of the parameters.
const NAMES: [&str; 4] = ["auth", "access_token", "auth_connector", "sessid"];

/// Finds out who is calling, and takes the authorization out of the parameters.
pub(super) fn find(
    request: &Request<'_>,
    webhook: Option<(String, String)>,
    parameters: &mut Members,
    doubts: &mut Doubts,
) -> Caller {
    let [auth, access_token, _, sessid] = take(parameters, doubts);
    let bearer = bearer(request, doubts);
    let session = sessid.is_some() || request.header("x-bitrix-csrf-token").is_some();
    let places = [
        bearer.is_some(),
        auth.is_some(),
        access_token.is_some(),
        webhook.is_some(),
        session,
    ];
    let given = places.iter().filter(|there| **there).count();
    doubts.add_if(given > 1, "authorization", "stands in more than one place");
    let filled = |text: &String| !text.is_empty();
    let token = bearer
        .or(auth.filter(filled))
        .or(access_token.filter(filled));
    match (token, webhook) {
        (Some(token), _) => Caller::Token(Secret::new(token)),
        (None, Some((user, secret))) => Caller::Webhook {
            user,
            secret: Secret::new(secret),
        },
        (None, None) if session => Caller::Session,
        (None, None) => Caller::Nobody,
    }
}

/// Takes the values of [`NAMES`] out of the parameters of a call or a command.
pub(super) fn take(parameters: &mut Members, doubts: &mut Doubts) -> [Option<String>; 4] {
    let taken = NAMES.map(|wanted| {
        let place = parameters.iter().position(|(name, _)| name == wanted)?;
        let (_, value) = parameters.remove(place);
        let Value::Text(text) = value else {
            doubts.add(wanted, "isn't a text");
            return value.as_text().map(str::to_owned);
        };
        doubts.add_if(
            text.is_empty(),
            wanted,
            "is empty, so the portal looks further",
        );
        Some(text)
    });
    for (name, _) in parameters.iter() {
        doubts.add_if(
            is_any_of(name, &NAMES),
            name,
            "another spelling of an authorization",
        );
    }
    taken
}

fn bearer(request: &Request<'_>, doubts: &mut Doubts) -> Option<String> {
    let header = request.header("authorization")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token,
        _ => {
            doubts.add("authorization", "another scheme than Bearer");
            return None;
        }
    };
    let good = !token.is_empty() && token.bytes().all(plain);
    doubts.add_if(!good, "authorization", "holds what no token holds");
    Some(token.trim().to_owned()).filter(|token| !token.is_empty())
}
