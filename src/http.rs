//! Requests and failures as plain data. Nothing here opens a connection.

use crate::secret::Secret;

/// A request to Bitrix24 that a driver has to make. It is always a POST.
///
/// ```
/// use callgate::http::{BodyFormat, Request};
/// let request = Request {
///     url: "https://portal.example/rest/profile".into(),
///     body: "auth=token".into(),
///     format: BodyFormat::Form,
///     idempotency_key: None,
///     bearer: None,
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
    /// The token for the header `Authorization`, where the body has no room for it: to be sent as
    /// `Bearer` and the token.
    pub bearer: Option<Secret>,
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

/// A request to a server that goes by verbs and headers. What body it has is JSON.
///
/// Redirects are not to be followed, no cookies sent, and nothing taken from a cache: there are servers
/// whose GETs change something.
///
/// ```
/// use callgate::http::{RestRequest, Verb};
/// use callgate::secret::Secret;
/// let request = RestRequest {
///     verb: Verb::Get,
///     url: "https://server.example/things/1".into(),
///     headers: vec![("Authorization", Secret::new("Bearer token"))],
///     body: None,
/// };
/// assert_eq!(request.verb.as_str(), "GET");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RestRequest {
    /// The verb.
    pub verb: Verb,
    /// The whole address.
    pub url: String,
    /// Names and values, without `Content-Type`, which goes with every body.
    pub headers: Vec<(&'static str, Secret)>,
    /// The body, which may hold secrets: so this type has no `Debug`.
    pub body: Option<String>,
}

/// The verb of a [`RestRequest`].
///
/// ```
/// assert_eq!(callgate::http::Verb::Post.as_str(), "POST");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `DELETE`
    Delete,
}

impl Verb {
    /// The verb as it is written.
    ///
    /// ```
    /// assert_eq!(callgate::http::Verb::Delete.as_str(), "DELETE");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// What a server answered to a [`RestRequest`].
///
/// ```
/// use callgate::http::Response;
/// let response = Response { status: 204, body: String::new() };
/// assert!(response.is_success());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body as text.
    pub body: String,
}

impl Response {
    /// Whether the status is one of the 200s.
    ///
    /// ```
    /// assert!(!callgate::http::Response { status: 404, body: String::new() }.is_success());
    /// ```
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
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
