//! Reads the server's refusals and puts them into errors.
//!
//! A refusal is known by its code, without case, and not by its status: which statuses go with which
//! refusals isn't all documented. Most codes are the name of what is wrong, or a rule of the business
//! such as `lockLastMember`; they are an open set and stay as they are.

use crate::decision::{Decision, Evidence, Layer, Verdict};
use crate::error::{Error, Kind, Ran};
use crate::http::Response;
use crate::secret::Secret;
use crate::telecomx::action::Action;
use crate::telecomx::permissions::Permissions;
use crate::text::{is_any_of, push_number};
use crate::value::Value;

/// A level or a right is missing.
pub(super) const ACCESS_DENIED: &str = "access_denied";

/// The user may not, or nobody from his address may.
const DENYING_CODES: [&str; 2] = [ACCESS_DENIED, "blacklisted"];

/// The token isn't taken, or is no longer.
const TOKEN_CODES: [&str; 4] = [
    "expired",
    "credentials_invalid",
    "format_error",
    "invalid_token",
];

/// A body as a value. One that is empty is a null, one that isn't JSON a text.
pub(super) fn body(response: &Response) -> Value {
    let text = response.body.trim_start_matches('\u{feff}');
    match Value::from_json(text) {
        Ok(value) => value,
        Err(_) if text.trim().is_empty() => Value::Null,
        Err(_) => Value::Text(text.to_owned()),
    }
}

/// The errors that a body tells of. How several are told isn't documented, so `error` may be one
/// or a list, and `errors` is looked at too.
pub(super) fn errors(body: &Value) -> Vec<&Value> {
    let mut errors = Vec::new();
    for name in ["error", "errors"] {
        match body.get(name) {
            Some(Value::List(items)) => errors.extend(items),
            Some(Value::Null | Value::Bool(_)) | None => {}
            Some(one) => errors.push(one),
        }
    }
    errors
}

/// The error for an answer that refuses, whatever its status.
pub(super) fn refused(response: &Response, body: &Value, reads: bool, secrets: &[Secret]) -> Error {
    let errors = errors(body);
    let first = |name| {
        let mut texts = errors.iter().filter_map(|it| it.get(name)?.as_text());
        texts.find(|text| !text.trim().is_empty())
    };
    // The same number twice, unless a refusal comes as a success.
    let status = match first("status").and_then(|text| text.parse().ok()) {
        Some(told) if response.is_success() => told,
        _ => response.status,
    };
    let (code, given) = match first("code") {
        Some(code) => (scrub(code, secrets), true),
        None => {
            let mut code = "CALLGATE_HTTP_".to_owned();
            push_number(response.status.into(), &mut code);
            (code, false)
        }
    };
    let (kind, ran, retryable) = match status {
        300..400 => (Kind::Protocol, Ran::No, false),
        429 => (Kind::Limit, Ran::No, true),
        503 => (Kind::Limit, Ran::Unknown, reads),
        400..500 => (kind_of(&code, status, given), Ran::No, false),
        _ => (Kind::Portal, Ran::Unknown, reads),
    };
    let mut error = Error::new(&code, kind, ran, words(body, &errors, status, secrets));
    error.status = Some(response.status);
    error.retryable = retryable;
    if kind == Kind::Denied {
        error.decision = Some(Box::new(denied()));
    }
    error
}

fn kind_of(code: &str, status: u16, given: bool) -> Kind {
    if is_any_of(code, &DENYING_CODES) {
        Kind::Denied
    } else if is_any_of(code, &TOKEN_CODES) || status == 401 {
        Kind::Auth
    } else if status == 403 && !given {
        Kind::Denied
    } else {
        Kind::Portal
    }
}

/// Whether it says that the token is over.
pub(super) fn ends_token(error: &Error) -> bool {
    error.kind == Kind::Auth && is_any_of(&error.code, &TOKEN_CODES)
}

/// Whether it says that a level or a right is missing.
pub(super) fn is_access_denied(error: &Error) -> bool {
    error.code.eq_ignore_ascii_case(ACCESS_DENIED)
}

/// Whether it says that the user has no extensions, which is an empty map and no failure.
pub(super) fn has_no_extensions(error: &Error) -> bool {
    error.ran == Ran::No && error.code.eq_ignore_ascii_case("extension")
}

fn words(body: &Value, errors: &[&Value], status: u16, secrets: &[Secret]) -> String {
    if (300..400).contains(&status) {
        return "the server sends elsewhere, which it never should: check the address".to_owned();
    }
    let mut words = String::new();
    for error in errors {
        let part = |name| error.get(name).and_then(Value::as_text).unwrap_or_default();
        if !words.is_empty() {
            words.push_str("; ");
        }
        if !part("path").is_empty() {
            words.push_str(part("path"));
            words.push_str(": ");
        }
        words.push_str(error.as_text().unwrap_or(part("message")));
        if !part("check").is_empty() {
            words.push_str(" (");
            words.push_str(part("check"));
            words.push(')');
        }
    }
    if let (true, Value::Text(page)) = (words.is_empty(), body) {
        words.push_str(match page.trim_start().starts_with('<') {
            true => "the web server answered with a page of its own",
            false => page,
        });
    }
    match words.is_empty() {
        true => "the server gave no reason".to_owned(),
        false => scrub(&words, secrets),
    }
}

pub(super) fn scrub(words: &str, secrets: &[Secret]) -> String {
    let mut words = words.to_owned();
    for secret in secrets {
        words = secret.scrub(&words);
    }
    words
}

fn denied() -> Decision {
    let mut decision = Decision::new(Verdict::Denied, Evidence::Server);
    decision.layer = Some(Layer::Right);
    decision.remedy = Some(
        "Ask an administrator for the right by a PBX group, or for another access level."
            .to_owned(),
    );
    decision
}

/// A login that wasn't taken. Its code may mean a second factor, and nobody outside knows which do.
pub(super) fn login_refused(mut error: Error, had_code: bool) -> Error {
    let refused = matches!(error.kind, Kind::Portal | Kind::Denied) && error.ran == Ran::No;
    if refused && !is_any_of(&error.code, &DENYING_CODES) {
        error.kind = Kind::Auth;
        error.decision = None;
    }
    if error.kind == Kind::Auth && !had_code {
        error.message.push_str(
            " (where the account has a second factor, log in again with the code: smsKey from the \
             SMS that was sent now, or authenticatorToken)",
        );
    }
    error
}

/// What stands against a call.
pub(super) fn in_words(decision: &Decision) -> String {
    match decision.problems.first() {
        Some(problem) => [problem.path.as_str(), ": ", &problem.reason].concat(),
        None => "the right is missing".to_owned(),
    }
}

/// A call that the map refuses before it is sent, with the code that the server would use.
pub(super) fn refused_by_map(decision: Decision) -> Error {
    let message = in_words(&decision);
    let mut error = Error::new(ACCESS_DENIED, Kind::Denied, Ran::No, message);
    error.decision = Some(Box::new(decision));
    error
}

/// The server denied an action; `map` is what it said afterwards, if it did.
pub(super) fn denied_by_server(
    mut error: Error,
    action: &Action,
    map: Option<&Permissions>,
) -> Error {
    let (Some(right), Some(extension)) = (action.right(), action.extension()) else {
        return error;
    };
    let granted = map.map(|map| map.grants(extension, right));
    error.message.push_str(match granted {
        Some(true) => {
            " (the permission map, read again, has this right: the access level may be in the way)"
        }
        Some(false) => " (the permission map, read again, doesn't have this right)",
        None => " (the permission map could not be read again, so nothing is known of it now)",
    });
    if let Some(decision) = &mut error.decision {
        decision.needed = Some(vec![vec![right.as_str().to_owned()]]);
        decision.provided = map.map(|map| map.provided(extension));
    }
    error
}

/// A 2xx answer that says in its body that nothing was done.
pub(super) fn unsuccessful() -> Error {
    let message = "the server answered that it had no success, and not why";
    Error::new("CALLGATE_NO_SUCCESS", Kind::Portal, Ran::Unknown, message)
}

/// The token isn't good, and the server gives no reason.
pub(super) fn token_invalid(ip: bool, in_url: bool) -> Error {
    let mut message = "the token isn't valid".to_owned();
    if ip {
        message.push_str(", or was given to another address than this ip");
    }
    if !in_url {
        message.push_str(
            " (it was sent as a header; the documentation knows it in the URL only: see token_in_url)",
        );
    }
    Error::new("CALLGATE_TOKEN_INVALID", Kind::Auth, Ran::Yes, message)
}

pub(super) fn no_token() -> Error {
    let message = "there is no token: log in first";
    Error::new("CALLGATE_NO_TOKEN", Kind::Auth, Ran::No, message)
}

pub(super) fn closed() -> Error {
    let message = "the connection was closed";
    Error::new("CALLGATE_CLOSED", Kind::Aborted, Ran::No, message)
}
