//! Path and query: which method, by which way in.

use super::request::{Doubts, Limits, Rejection};
use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::wire::form::unescape_bytes;
use crate::text::{has, replace};

/// What the path says.
pub(super) struct Target<'a> {
    pub(super) version: Version,
    pub(super) method: MethodName,
    pub(super) webhook: Option<(String, String)>,
    pub(super) xml: bool,
    pub(super) query: &'a str,
}

/// Matches a target against the portal's four templates.
pub(super) fn read<'a>(
    target: &'a str,
    limits: &Limits,
    doubts: &mut Doubts,
) -> Result<Target<'a>, Rejection> {
    if target.len() > limits.target {
        return Err(Rejection::limit("target", "longer than the gate lets pass"));
    }
    if !target.starts_with('/') {
        let why = "begins with no slash: an address stands where a path belongs";
        return Err(Rejection::malformed("target", why));
    }
    if target
        .bytes()
        .any(|byte| byte <= b' ' || byte == 0x7f || byte == b'#')
    {
        let why = "holds a blank, a control character or a fragment";
        return Err(Rejection::malformed("target", why));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    doubts.add_if(
        !target.is_ascii(),
        "target",
        "holds characters that have to be encoded",
    );
    let segments = segments(path, doubts)?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (version, webhook, sent) = match segments.as_slice() {
        [method] => (Version::V2, None, *method),
        ["api", method] => (Version::V3, None, *method),
        [login, secret, method] => (Version::V2, Some((*login, *secret)), *method),
        ["api", login, secret, method] => (Version::V3, Some((*login, *secret)), *method),
        _ => return Err(Rejection::no_method()),
    };
    if let Some((login, secret)) = webhook {
        doubts.add_if(
            login.eq_ignore_ascii_case("api"),
            "path",
            "a webhook whose user is called like version 3",
        );
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@+".contains(&byte);
        let good = login.bytes().chain(secret.bytes()).all(plain);
        doubts.add_if(!good, "path", "no portal makes such a webhook");
    }
    let (name, xml) = match version {
        Version::V2 => without_suffix(sent, doubts),
        Version::V3 => (sent, false),
    };
    doubts.add_if(is_odd(name), "method", "no method has such a name");
    doubts.add_if(
        version == Version::V3 && name.bytes().any(|byte| byte.is_ascii_uppercase()),
        "path",
        "version 3 has its methods in small letters",
    );
    Ok(Target {
        version,
        method: MethodName::parse(name).map_err(|_| Rejection::no_method())?,
        webhook: webhook.map(|(login, secret)| (login.to_owned(), secret.to_owned())),
        xml,
        query,
    })
}

/// Cuts `.json` or `.xml` off, and tells whether it was the latter.
pub(super) fn without_suffix<'n>(name: &'n str, doubts: &mut Doubts) -> (&'n str, bool) {
    let Some((method, suffix)) = name.rsplit_once('.') else {
        return (name, false);
    };
    let xml = suffix.eq_ignore_ascii_case("xml");
    if !xml && !suffix.eq_ignore_ascii_case("json") {
        return (name, false);
    }
    let why = "the suffix is told by its spelling, first in small letters and then as sent";
    doubts.add_if(
        suffix.bytes().any(|byte| byte.is_ascii_uppercase()),
        "method",
        why,
    );
    (method, xml)
}

/// Whether a name is one that some reader may change on its way: letters that look like others,
/// what some servers cut at, and dots with nothing between them.
pub(super) fn is_odd(name: &str) -> bool {
    !name.is_ascii() || has(name, b';') || name.split('.').any(str::is_empty)
}

/// The segments behind `/rest/`, decoded.
fn segments(path: &str, doubts: &mut Doubts) -> Result<Vec<String>, Rejection> {
    let mut segments = Vec::new();
    for (place, raw) in path.split('/').enumerate().skip(1) {
        let bytes = unescape_bytes(&replace(raw, "+", "%2B"));
        let Ok(segment) = String::from_utf8(bytes) else {
            return Err(Rejection::malformed("path", "isn't UTF-8"));
        };
        if matches!(segment.as_str(), "." | "..") {
            return Err(Rejection::malformed("path", "leads elsewhere by dots"));
        }
        if segment.contains(['/', '\\']) || segment.chars().any(char::is_control) {
            let why = "hides a slash or a control character";
            return Err(Rejection::malformed("path", why));
        }
        doubts.add_if(
            needlessly_encoded(raw),
            "path",
            "encodes what needs no encoding, or encodes it badly",
        );
        doubts.add_if(
            segment.contains(';'),
            "path",
            "holds a semicolon, which some servers cut at",
        );
        if place == 1 && raw != "rest" {
            return Err(Rejection::no_method());
        }
        segments.push(segment);
    }
    segments.remove(0);
    if segments.last().is_some_and(String::is_empty) {
        segments.pop();
    }
    match segments.is_empty() || segments.iter().any(String::is_empty) {
        true => Err(Rejection::no_method()),
        false => Ok(segments),
    }
}

/// Whether there is a `%` that encodes a letter, a digit or one of `-._~`, or nothing at all.
fn needlessly_encoded(raw: &str) -> bool {
    raw.split('%').skip(1).any(|after| {
        let code = after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        code.is_none_or(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte))
    })
}
