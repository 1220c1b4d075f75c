//! A call that fails: status, code and text, as the portal words them.

use serde_json::{Map, Value, json};

/// One failure of versions 1 and 2. Its body never has `result` or `time`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) text: String,
    /// Further keys of the body, after the two fixed ones.
    pub(crate) extra: Vec<(&'static str, Value)>,
}

/// Where the documentation gives another status than the portals do: code, status on the wire,
/// status in the documentation. Chosen by the setting `strictStatuses`.
const DOCUMENTED: &[(&str, u16, u16)] = &[
    ("insufficient_scope", 401, 403),
    ("user_access_error", 401, 403),
    ("ACCESS_DENIED", 401, 403),
    ("INVALID_CREDENTIALS", 401, 403),
    ("INVALID_REQUEST", 401, 403),
    ("OVERLOAD_LIMIT", 401, 503),
    ("PORTAL_DELETED", 403, 500),
];

impl Failure {
    pub(crate) fn new(status: u16, code: &str, text: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            text: text.into(),
            extra: Vec::new(),
        }
    }

    #[must_use]
    pub(crate) fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.extra.push((key, value.into()));
        self
    }

    /// A method's own complaint without a code.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::new(400, "", text)
    }

    /// A wrong argument, named in a key of its own.
    pub(crate) fn argument(name: &str, text: impl Into<String>) -> Self {
        Self::new(400, "ERROR_ARGUMENT", text).with("argument", name)
    }

    pub(crate) fn method_not_found() -> Self {
        Self::new(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")
    }

    pub(crate) fn access_denied(why: &str) -> Self {
        let text = if why.is_empty() {
            "Access denied!".to_owned()
        } else {
            format!("Access denied! {why}")
        };
        Self::new(403, "ACCESS_DENIED", text)
    }

    pub(crate) fn application_required() -> Self {
        Self::access_denied("Application context required")
    }

    pub(crate) fn wrong_auth_type() -> Self {
        Self::new(
            403,
            "WRONG_AUTH_TYPE",
            "Current authorization type is denied for this method",
        )
    }

    pub(crate) fn insufficient_scope(holder: &str) -> Self {
        Self::new(
            401,
            "insufficient_scope",
            format!("The request requires higher privileges than provided by the {holder} token"),
        )
    }

    pub(crate) fn operation_time_limit() -> Self {
        Self::new(
            429,
            "OPERATION_TIME_LIMIT",
            "Method is blocked due to operation time limit.",
        )
    }

    /// The status, as the wire or as the documentation has it.
    pub(crate) fn status(&self, strict: bool) -> u16 {
        DOCUMENTED
            .iter()
            .find(|(code, wire, _)| strict && self.code == *code && self.status == *wire)
            .map_or(self.status, |(_, _, documented)| *documented)
    }

    /// The body's keys.
    pub(crate) fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("error".to_owned(), json!(self.code));
        body.insert("error_description".to_owned(), json!(self.text));
        body.extend(
            self.extra
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone())),
        );
        Value::Object(body)
    }
}
