//! A request as it came, the limits that it has to keep, and what can be wrong with it.

/// An HTTP request, as it came in.
///
/// ```
/// use callgate::bitrix24::gate::Request;
/// let request = Request { verb: "GET", target: "/rest/profile?auth=TOK", headers: &[], body: b"" };
/// assert_eq!(request.verb, "GET");
/// ```
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The verb, as sent.
    pub verb: &'a str,
    /// Path and query, as sent.
    pub target: &'a str,
    /// Names and values, in their order.
    pub headers: &'a [(String, String)],
    /// The whole body.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The values of all headers of a name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.iter();
        named
            .filter(move |(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        self.all(name).next()
    }
}

/// What a request may be at most.
///
/// ```
/// assert_eq!(callgate::bitrix24::gate::Limits::default().variables, 1_000);
/// ```
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of the body.
    pub body: usize,
    /// Bytes of path and query.
    pub target: usize,
    /// Levels of a JSON body; 511 is what preflight reads. A form has PHP's own 64.
    pub nesting: usize,
    /// Variables of a query or a form: PHP drops what comes later (`max_input_vars`).
    pub variables: usize,
    /// Members and items of a JSON body.
    pub keys: usize,
    /// Commands of a batch.
    pub commands: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 16 * 1024 * 1024,
            target: 16 * 1024,
            nesting: 511,
            variables: 1_000,
            keys: 100_000,
            commands: 50,
        }
    }
}

/// A place where two readers could read a request in two ways.
///
/// ```
/// use callgate::bitrix24::gate::Doubt;
/// let doubt = Doubt { what: "ID".into(), why: "stands there twice" };
/// assert_eq!(doubt.what, "ID");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The parameter, the header or the part of the request.
    pub what: String,
    /// Why it is in doubt.
    pub why: &'static str,
}

/// The doubts about one request. One would do; more of them help whoever mends the client.
#[derive(Default)]
pub(super) struct Doubts(Vec<Doubt>);

/// More doubts than these tell nothing new.
const MOST: usize = 20;

/// Characters of a foreign name that are shown.
const SHOWN: usize = 60;

impl Doubts {
    pub(super) fn add(&mut self, what: &str, why: &'static str) {
        // A name can be a whole body, read by the wrong type: no place for what stands in it.
        let what = match what.contains(['{', '"', '=', '\n']) {
            true => "a name".to_owned(),
            false => what.chars().take(SHOWN).collect(),
        };
        let doubt = Doubt { what, why };
        if self.0.len() < MOST && !self.0.contains(&doubt) {
            self.0.push(doubt);
        }
    }

    pub(super) fn add_if(&mut self, is: bool, what: &str, why: &'static str) {
        if is {
            self.add(what, why);
        }
    }

    pub(super) fn into_list(self) -> Vec<Doubt> {
        self.0
    }
}

/// Why a request goes nowhere, whatever the modes.
///
/// ```
/// use callgate::bitrix24::gate::{Limits, Request, inspect};
/// let request = Request { verb: "GET", target: "/admin", headers: &[], body: b"" };
/// let rejection = inspect(&request, &Limits::default()).err().unwrap();
/// assert_eq!((rejection.status, rejection.code), (404, "ERROR_METHOD_NOT_FOUND"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The HTTP status of the refusal.
    pub status: u16,
    /// The portal's code where it has one for this, else one of `CALLGATE_…`.
    pub code: &'static str,
    /// What is wrong, and why.
    pub message: String,
}

impl Rejection {
    /// A body that is not even read to its end.
    ///
    /// ```
    /// assert_eq!(callgate::bitrix24::gate::Rejection::too_long().status, 413);
    /// ```
    pub fn too_long() -> Self {
        Self::limit("body", "longer than the gate lets pass")
    }

    /// A body that broke off.
    ///
    /// ```
    /// assert_eq!(callgate::bitrix24::gate::Rejection::cut_short().status, 400);
    /// ```
    pub fn cut_short() -> Self {
        Self::malformed("body", "ended before it was complete")
    }

    /// A request that the portal's budget has no room for, as the portal says it.
    ///
    /// ```
    /// assert_eq!(callgate::bitrix24::gate::Rejection::over_budget().code, "QUERY_LIMIT_EXCEEDED");
    /// ```
    pub fn over_budget() -> Self {
        Self::new(503, "QUERY_LIMIT_EXCEEDED", &["Too many requests"])
    }

    /// A request about which the store could not be asked, where the operator wants that refused.
    ///
    /// ```
    /// assert_eq!(callgate::bitrix24::gate::Rejection::store_away().status, 503);
    /// ```
    pub fn store_away() -> Self {
        let message = ["The gate's store doesn't answer"];
        Self::new(503, "CALLGATE_STORE_AWAY", &message)
    }

    /// A request that could not be sent, or that was never answered.
    ///
    /// ```
    /// assert_eq!(callgate::bitrix24::gate::Rejection::portal_away().status, 502);
    /// ```
    pub fn portal_away() -> Self {
        let message = ["The gate got no answer from the portal: the call may have run"];
        Self::new(502, "CALLGATE_PORTAL_AWAY", &message)
    }

    fn new(status: u16, code: &'static str, message: &[&str]) -> Self {
        Self {
            status,
            code,
            message: message.concat(),
        }
    }

    /// Not a request that an HTTP server should take.
    pub(super) fn malformed(what: &str, why: &str) -> Self {
        Self::new(400, "CALLGATE_REQUEST", &[what, ": ", why])
    }

    /// More than a limit lets pass.
    pub(super) fn limit(what: &str, why: &str) -> Self {
        Self::new(413, "CALLGATE_LIMIT", &[what, ": ", why])
    }

    /// What the portal answers where it finds no method.
    pub(super) fn no_method() -> Self {
        Self::new(404, "ERROR_METHOD_NOT_FOUND", &["Method not found!"])
    }

    /// A command that may not stand in a batch.
    pub(super) fn not_in_batch(name: &str) -> Self {
        let shown: String = name.chars().take(SHOWN).collect();
        let message = [
            "Method is not allowed for batch usage (command ",
            &shown,
            ")",
        ];
        Self::new(400, "ERROR_BATCH_METHOD_NOT_ALLOWED", &message)
    }

    /// More commands than a batch may have.
    pub(super) fn too_many_commands() -> Self {
        let message = ["Max batch length exceeded"];
        Self::new(400, "ERROR_BATCH_LENGTH_EXCEEDED", &message)
    }

    /// A host that the gate doesn't serve.
    ///
    /// ```
    /// assert_eq!(callgate::bitrix24::gate::Rejection::foreign_host().status, 404);
    /// ```
    pub fn foreign_host() -> Self {
        let message = ["This gate serves no portal under that host"];
        Self::new(404, "CALLGATE_HOST", &message)
    }

    /// A verb that no call is made with.
    pub(super) fn verb() -> Self {
        Self::new(
            405,
            "CALLGATE_REQUEST",
            &["verb: a call is a GET or a POST"],
        )
    }
}
