//! What the portal sees of a request, for whoever has to see the same.

use serde_json::{Map, Value};

use crate::{
    auth::{self, Credentials},
    http::Request,
    request::{self, Body, Version},
};

/// A request to the REST server, read and not answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// 2 for versions 1 and 2, else 3.
    pub version: u8,
    /// In the spelling of the request, without its suffix.
    pub method: String,
    /// The token, wherever it stands.
    pub token: Option<String>,
    /// The webhook's user and secret, where no token goes before it.
    pub webhook: Option<(String, String)>,
    /// What is left of query and body without the authorization.
    pub parameters: Map<String, Value>,
    /// The list that a call of version 3 has for its body.
    pub list: Option<Vec<Value>>,
}

/// Reads a request; `None` where its path names no method.
///
/// ```
/// use callgate_portal::{Request, read_request};
/// let reading = read_request(&Request::get("/rest/user.get.json?ID=1&auth=TOK")).unwrap();
/// assert_eq!(reading.method, "user.get");
/// assert_eq!(reading.token.as_deref(), Some("TOK"));
/// assert_eq!(reading.parameters["ID"], "1");
/// ```
pub fn read_request(request: &Request) -> Option<Reading> {
    let endpoint = request::endpoint(request.path())?;
    let (list, body) = match request::body(request) {
        Body::List(items) if endpoint.version == Version::V3 => (Some(items), Body::Nothing),
        body => (None, body),
    };
    let mut parameters = request::parameters(request, body);
    let cookie = auth::session_cookie(request);
    let found = auth::find(request, endpoint.webhook.as_ref(), &mut parameters, cookie);
    let (token, webhook) = match found {
        Some(Credentials::Token(token)) => (Some(token), None),
        Some(Credentials::Webhook(key)) => (None, Some((key.login, key.secret))),
        _ => (None, None),
    };
    let (version, method) = match endpoint.version {
        Version::V3 => (3, endpoint.method),
        Version::V2 => {
            let lower = endpoint.method.to_ascii_lowercase();
            let length = request::split_suffix(&lower).0.len();
            (2, endpoint.method.get(..length)?.to_owned())
        }
    };
    Some(Reading {
        version,
        method,
        token,
        webhook,
        parameters,
        list,
    })
}
