//! What goes in and what comes out: requests, replies and the event POSTs that a reply causes.
//! Plain data; nothing here sends anything.

use std::time::Duration;

use serde_json::Value;

/// Milliseconds since the Unix epoch, as the caller's clock tells them.
pub type UnixMs = u64;

/// The largest body that the portal reads; a longer one is answered with status 413.
pub const MAX_BODY: usize = 16 * 1024 * 1024;

/// One HTTP request, as it arrived.
///
/// ```
/// use callgate_portal::Request;
/// let request = Request::get("/rest/profile?auth=abc").with_header("X-Test", "1");
/// assert_eq!(request.path(), "/rest/profile");
/// assert_eq!(request.header("x-test"), Some("1"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The verb, in capitals.
    pub method: String,
    /// Path and query, beginning with a slash.
    pub url: String,
    /// Names and values, in the order in which they came; names in any case.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A GET.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A POST whose body is `application/x-www-form-urlencoded`.
    pub fn form(url: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", url)
            .with_header("Content-Type", "application/x-www-form-urlencoded")
            .with_body(body)
    }

    /// A POST whose body is JSON.
    pub fn json(url: impl Into<String>, body: &Value) -> Self {
        Self::new("POST", url)
            .with_header("Content-Type", "application/json")
            .with_body(body.to_string())
    }

    /// The same request with one more header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same request with this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The URL up to its query.
    pub fn path(&self) -> &str {
        self.url.split('?').next().unwrap_or_default()
    }

    /// The URL's query without the question mark; empty when there is none.
    pub fn query(&self) -> &str {
        self.url.split_once('?').map_or("", |(_, query)| query)
    }

    /// The first header of that name, compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }
}

/// The portal's answer to one request, with what its delivery costs and causes.
///
/// The caller waits `delay`, answers, and makes the `effects` happen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body's text.
    pub body: String,
    /// How long the portal takes before it answers.
    pub delay: Duration,
    /// The event POSTs that this request caused. The portal's own state is already written.
    pub effects: Vec<EventPost>,
}

impl Reply {
    /// A reply with a body of the given type.
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
            body: body.into(),
            ..Self::default()
        }
    }

    /// A page of the kind that web servers make up themselves.
    pub(crate) fn html(status: u16, title: &str) -> Self {
        Self::new(
            status,
            "text/html; charset=utf-8",
            format!(
                "<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n\
                 <center><h1>{status} {title}</h1></center>\r\n<hr><center>nginx</center>\r\n\
                 </body>\r\n</html>\r\n"
            ),
        )
    }

    /// The same reply with one more header.
    #[must_use]
    pub(crate) fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The first header of that name, compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// The body read as JSON; `Null` when it is none.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The answer to a body longer than [`MAX_BODY`], made by the web server, not by the portal.
    ///
    /// ```
    /// assert_eq!(callgate_portal::Reply::too_large().status, 413);
    /// ```
    pub fn too_large() -> Self {
        Self::html(413, "Request Entity Too Large")
    }
}

/// An event on its way to a handler: a POST of `application/x-www-form-urlencoded`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPost {
    /// The handler's address. Always on the loopback interface.
    pub url: String,
    /// The form, encoded.
    pub body: String,
}

fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(have, _)| have.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}
