//! From an HTTP request to a call: which method, by which way in, with which parameters.

use serde_json::{Map, Value};

use crate::{
    http::Request,
    php_form::{self, Form},
    php_json,
};

/// The two generations of the REST server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// `/rest/…`, versions 1 and 2.
    V2,
    /// `/rest/api/…`.
    V3,
}

/// What a URL below `/rest/` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) version: Version,
    pub(crate) webhook: Option<WebhookKey>,
    /// As sent, with its suffix.
    pub(crate) method: String,
}

/// The two path segments of an inbound webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebhookKey {
    pub(crate) login: String,
    pub(crate) secret: String,
}

/// Matches a path against the URL templates. `None` for everything else: the portal then knows no
/// method name at all.
pub(crate) fn endpoint(path: &str) -> Option<Endpoint> {
    let rest = path.strip_prefix("/rest/")?;
    let segments: Vec<String> = rest
        .strip_suffix('/')
        .unwrap_or(rest)
        .split('/')
        .map(php_form::decode_path)
        .collect();
    if segments.iter().any(String::is_empty) {
        return None;
    }
    let (version, webhook, method) = match segments.as_slice() {
        [method] => (Version::V2, None, method),
        [api, method] if api == "api" => (Version::V3, None, method),
        [login, secret, method] => (Version::V2, Some((login, secret)), method),
        [api, login, secret, method] if api == "api" => {
            (Version::V3, Some((login, secret)), method)
        }
        _ => return None,
    };
    Some(Endpoint {
        version,
        webhook: webhook.map(|(login, secret)| WebhookKey {
            login: login.clone(),
            secret: secret.clone(),
        }),
        method: method.clone(),
    })
}

/// The transport that a method's suffix selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Json,
    Xml,
}

/// Cuts `.json` or `.xml` off. The suffix is told by its exact spelling.
pub(crate) fn split_suffix(name: &str) -> (&str, Transport) {
    match name.rsplit_once('.') {
        Some((method, "json")) => (method, Transport::Json),
        Some((method, "xml")) => (method, Transport::Xml),
        _ => (name, Transport::Json),
    }
}

/// The body of a request, told by its content type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    /// Not a POST, or nothing that counts as parameters.
    Nothing,
    /// JSON that is no array, or no JSON. Versions 1 and 2 ignore it silently, version 3 complains.
    BadJson,
    /// Parameters by name.
    Fields(Map<String, Value>),
    /// A JSON list: in PHP an array with the keys 0..n-1.
    List(Vec<Value>),
}

/// Reads the body. Only a POST's body counts.
pub(crate) fn body(request: &Request) -> Body {
    if request.method != "POST" {
        return Body::Nothing;
    }
    let header = request.header("content-type").unwrap_or_default();
    let kind = header
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let text = String::from_utf8_lossy(&request.body);
    if kind == "application/json" || kind.ends_with("+json") {
        match php_json::read(&text) {
            Some(Value::Object(map)) => Body::Fields(map),
            Some(Value::Array(items)) => Body::List(items),
            _ if text.trim().is_empty() => Body::Nothing,
            _ => Body::BadJson,
        }
    } else if kind == "multipart/form-data" {
        Body::Fields(multipart(header, &text))
    } else {
        // Forms, and every other content type as well: the raw body is read as a query string.
        Body::Fields(php_form::parse(&text))
    }
}

/// The call's parameters: the query, overridden key by key by the body.
pub(crate) fn parameters(request: &Request, body: Body) -> Map<String, Value> {
    let mut parameters = php_form::parse(request.query());
    match body {
        Body::Nothing | Body::BadJson => {}
        Body::Fields(fields) => parameters.extend(fields),
        Body::List(items) => {
            parameters.extend(
                (0_u64..)
                    .zip(items)
                    .map(|(place, item)| (place.to_string(), item)),
            );
        }
    }
    parameters
}

/// Text fields of a multipart body. Files are not parameters.
fn multipart(header: &str, text: &str) -> Map<String, Value> {
    let mut form = Form::default();
    let boundary = header
        .split(';')
        .filter_map(|part| part.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("boundary"))
        .map(|(_, value)| value.trim_matches('"'));
    let Some(boundary) = boundary.filter(|boundary| !boundary.is_empty()) else {
        return form.finish();
    };
    let delimiter = format!("\r\n--{boundary}");
    let text = format!("\r\n{text}");
    for part in text.split(delimiter.as_str()).skip(1) {
        let Some((head, value)) = part
            .strip_prefix("\r\n")
            .and_then(|part| part.split_once("\r\n\r\n"))
        else {
            continue;
        };
        let disposition = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"))
            .map(|(_, value)| value);
        let attribute = |wanted: &str| {
            disposition?
                .split(';')
                .filter_map(|piece| piece.trim().split_once('='))
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value.trim_matches('"').to_owned())
        };
        if let (Some(name), None) = (attribute("name"), attribute("filename")) {
            form.add(&name, value.to_owned());
        }
    }
    form.finish()
}
