//! Requests and failures as plain data. Nothing here opens a connection.

/// An HTTP request that a driver has to make. It is always a POST.
///
/// ```
/// use callgate::http::{BodyFormat, Request};
/// let request = Request {
///     url: "https://portal.example/rest/profile".into(),
///     body: "auth=token".into(),
///     format: BodyFormat::Form,
///     idempotency_key: None,
/// };
/// assert_eq!(request.format.content_type(), "application/x-www-form-urlencoded");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The whole address. A webhook's address holds its secret, so this type has no `Debug`.
    pub url: String,
    /// The body.
    pub body: String,
    /// What the body is written in.
    pub format: BodyFormat,
    /// The value of the header `Idempotency-Key`, where it may be sent.
    pub idempotency_key: Option<String>,
}

/// What a request's body is written in.
///
/// ```
/// use callgate::http::BodyFormat;
/// assert_eq!(BodyFormat::Json.content_type(), "application/json");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFormat {
    /// `application/x-www-form-urlencoded`: a browser sends it across origins without asking first.
    Form,
    /// `application/json`: keeps booleans, nulls and empty containers.
    Json,
}

impl BodyFormat {
    /// The value of the header `Content-Type`.
    ///
    /// ```
    /// use callgate::http::BodyFormat;
    /// assert!(BodyFormat::Form.content_type().ends_with("urlencoded"));
    /// ```
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Form => "application/x-www-form-urlencoded",
            Self::Json => "application/json",
        }
    }
}

/// An exchange that ended without an answer.
///
/// ```
/// use callgate::http::Failure;
/// let failure = Failure { sent: false, reason: "connection refused".into() };
/// assert!(!failure.sent);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whether the request may have reached the portal. `false` only when that is certain.
    pub sent: bool,
    /// What the environment said.
    pub reason: String,
}
