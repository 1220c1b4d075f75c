//! What the gate answers in the portal's place: in its shape, with its status and its CORS headers.

use super::caller::Caller;
use super::decide::{Refusal, Ruling};
use super::inspected::Inspected;
use super::request::Rejection;
use crate::bitrix24::rights::method::Version;
use crate::decision::{Decision, Layer, Verdict};
use crate::text::push_number;
use crate::value::Value;

/// An answer, as data.
///
/// ```
/// use callgate::bitrix24::gate::Answer;
/// assert_eq!(Answer::options(600).status, 200);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The error code; empty where it is no error.
    pub code: &'static str,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// The headers of every answer that a portal makes.
const CORS: [(&str, &str); 3] = [
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Allow-Headers",
        "origin, content-type, accept",
    ),
    ("X-Content-Type-Options", "nosniff"),
];

impl Answer {
    /// The answer to a browser that asks before it sends, good for so many seconds.
    ///
    /// ```
    /// use callgate::bitrix24::gate::Answer;
    /// let headers = Answer::options(600).headers;
    /// assert!(headers.contains(&("Access-Control-Max-Age", "600".to_owned())));
    /// ```
    pub fn options(max_age: u32) -> Self {
        let mut answer = Self::new(200, "", String::new());
        answer
            .headers
            .push(("Access-Control-Max-Age", number(max_age)));
        answer
    }

    /// The answer to a request that goes nowhere. Below `/rest/api/` errors have another shape.
    ///
    /// ```
    /// use callgate::bitrix24::gate::{Answer, Limits, Request, inspect};
    /// let request = Request { verb: "GET", target: "/rest/", headers: &[], body: b"" };
    /// let rejection = inspect(&request, &Limits::default()).unwrap_err();
    /// let answer = Answer::rejected(request.target, &rejection);
    /// assert_eq!(answer.body, r#"{"error":"ERROR_METHOD_NOT_FOUND","error_description":"Method not found!"}"#);
    /// ```
    pub fn rejected(target: &str, rejection: &Rejection) -> Self {
        let version = match target.starts_with("/rest/api/") {
            true => Version::V3,
            false => Version::V2,
        };
        let words = (rejection.code, rejection.message.as_str());
        let body = Value::Map(error(version, words));
        Self::json(rejection.status, rejection.code, &body)
    }

    /// The same answer, with the seconds after which the request may be sent again.
    ///
    /// ```
    /// use callgate::bitrix24::gate::{Answer, Rejection};
    /// let answer = Answer::rejected("/rest/profile", &Rejection::over_budget()).retry_after(2);
    /// assert!(answer.headers.contains(&("Retry-After", "2".to_owned())));
    /// ```
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.headers.push(("Retry-After", number(seconds)));
        self
    }

    /// The portal's answer to a single call that an administrator has still to confirm; `None`
    /// where the ruling doesn't say that it waits.
    ///
    /// ```
    /// # use callgate::bitrix24::gate::{Answer, Known, Limits, Request, decide, inspect};
    /// # use callgate::bitrix24::rights::{catalogue::Catalogue, grant::Grant, preflight::Modes};
    /// use callgate::bitrix24::rights::confirmation::State;
    /// let grant = Grant::unknown();
    /// let waiting = Known { confirmation: &|_| Some(State::Waiting), ..Known::new(Catalogue::bundled(), &grant) };
    /// let target = "/rest/voximplant.user.get?auth=T&USER_ID=1";
    /// let request = Request { verb: "GET", target, headers: &[], body: b"" };
    /// let seen = inspect(&request, &Limits::default()).unwrap();
    /// let answer = Answer::waiting(&seen, &decide(&seen, &waiting, &Modes::default())).unwrap();
    /// assert_eq!((answer.status, answer.code), (401, "METHOD_CONFIRM_WAITING"));
    /// ```
    pub fn waiting(seen: &Inspected, ruling: &Ruling) -> Option<Self> {
        let pending = ruling.decision.verdict == Verdict::Pending && seen.commands.is_empty();
        let words = (401, "METHOD_CONFIRM_WAITING", "Waiting for confirmation");
        pending.then(|| Self::with_decision(seen, &ruling.decision, words))
    }

    /// The answer to a request that is refused; `None` where it isn't.
    ///
    /// ```
    /// # use callgate::bitrix24::gate::{Answer, Known, Limits, Request, decide, inspect};
    /// # use callgate::bitrix24::rights::{catalogue::Catalogue, grant::Grant, preflight::Modes};
    /// let grant = Grant::unknown();
    /// let known = Known::new(Catalogue::bundled(), &grant);
    /// let request = Request { verb: "GET", target: "/rest/profile?auth=A&auth=B", headers: &[], body: b"" };
    /// let seen = inspect(&request, &Limits::default()).unwrap();
    /// let answer = Answer::refused(&seen, &decide(&seen, &known, &Modes::default())).unwrap();
    /// assert_eq!(answer.status, 400);
    /// assert!(answer.body.starts_with(r#"{"error":"CALLGATE_AMBIGUOUS","#));
    /// assert!(answer.body.contains(r#""callgate":{"verdict":"denied""#));
    /// ```
    pub fn refused(seen: &Inspected, ruling: &Ruling) -> Option<Self> {
        let words = words(seen, ruling)?;
        Some(Self::with_decision(seen, &ruling.decision, words))
    }

    fn with_decision(
        seen: &Inspected,
        decision: &Decision,
        (status, code, text): (u16, &'static str, &str),
    ) -> Self {
        let mut members = error(seen.version, (code, text));
        members.push(("callgate".to_owned(), shown(decision)));
        let body = Value::Map(members);
        if !seen.xml {
            return Self::json(status, code, &body);
        }
        let mut xml = String::from("<response>");
        write_xml(&body, &mut xml);
        xml.push_str("</response>");
        let mut answer = Self::new(status, code, xml);
        answer
            .headers
            .push(("Content-Type", "text/xml; charset=utf-8".to_owned()));
        answer
    }

    fn new(status: u16, code: &'static str, body: String) -> Self {
        Self {
            status,
            code,
            headers: CORS.map(|(name, value)| (name, value.to_owned())).into(),
            body,
        }
    }

    fn json(status: u16, code: &'static str, body: &Value) -> Self {
        let mut answer = Self::new(status, code, body.to_json());
        let json = "application/json; charset=utf-8".to_owned();
        answer.headers.push(("Content-Type", json));
        answer
    }
}

/// Status, code and text of a refusal: the portal's own, where it has one for this.
fn words<'r>(seen: &Inspected, ruling: &'r Ruling) -> Option<(u16, &'static str, &'r str)> {
    let remedy = ruling.decision.remedy.as_deref().unwrap_or_default();
    let v3 = seen.version == Version::V3;
    let ours = |status, code| (status, code, remedy);
    Some(match ruling.refusal? {
        Refusal::Doubt => (400, "CALLGATE_AMBIGUOUS", remedy),
        Refusal::Nobody if v3 => denied_in_v3(401),
        Refusal::Nobody => (401, "NO_AUTH_FOUND", "Wrong authorization data"),
        Refusal::Layer(Layer::Scope) if v3 => {
            let code = "BITRIX_REST_V3_EXCEPTION_INSUFFICIENTSCOPEEXCEPTION";
            ours(403, code)
        }
        Refusal::Layer(Layer::Scope) => {
            let text = match seen.caller {
                Caller::Webhook { .. } => {
                    "The request requires higher privileges than provided by the webhook token"
                }
                _ => "The request requires higher privileges than provided by the access token",
            };
            (401, "insufficient_scope", text)
        }
        Refusal::Layer(Layer::Method) if v3 => {
            let code = "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION";
            ours(404, code)
        }
        Refusal::Layer(Layer::Method) => (404, "ERROR_METHOD_NOT_FOUND", "Method not found!"),
        Refusal::Layer(Layer::Confirmation | Layer::Approval) => {
            (403, "METHOD_CONFIRM_DENIED", "Method call denied")
        }
        Refusal::Layer(Layer::Parameters) => ours(400, "CALLGATE_PARAMETERS"),
        Refusal::Layer(Layer::Right | Layer::Plan) if v3 => denied_in_v3(403),
        Refusal::Layer(Layer::Right) => (403, "ACCESS_DENIED", "Access denied!"),
        Refusal::Layer(Layer::Plan) => ours(403, "WRONG_LICENSE"),
    })
}

fn denied_in_v3(status: u16) -> (u16, &'static str, &'static str) {
    let code = "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION";
    (status, code, "Access denied")
}

fn number(number: u32) -> String {
    let mut text = String::new();
    push_number(number.into(), &mut text);
    text
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// The portal's own keys.
fn error(version: Version, (code, words): (&str, &str)) -> Vec<(String, Value)> {
    match version {
        Version::V2 => vec![
            ("error".to_owned(), text(code)),
            ("error_description".to_owned(), text(words)),
        ],
        Version::V3 => vec![(
            "error".to_owned(),
            map([("code", text(code)), ("message", text(words))]),
        )],
    }
}

fn map<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter();
    let members = members.filter(|(_, value)| *value != Value::Null);
    Value::Map(
        members
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

fn texts(list: &[String]) -> Value {
    Value::List(list.iter().map(|it| text(it)).collect())
}

/// A decision in the form that JavaScript sees.
fn shown(decision: &Decision) -> Value {
    let maybe = |it: Option<&str>| it.map_or(Value::Null, text);
    let problems = decision.problems.iter().map(|problem| {
        map([
            ("path", text(&problem.path)),
            ("reason", text(&problem.reason)),
            ("severity", text(problem.severity.as_str())),
        ])
    });
    let commands = decision.commands.iter();
    let commands = commands.map(|(name, own)| (name.clone(), shown(own)));
    let needed = decision.needed.as_ref();
    let deprecated = decision.deprecated.as_ref();
    map([
        ("verdict", text(decision.verdict.as_str())),
        ("layer", maybe(decision.layer.map(Layer::as_str))),
        (
            "needed",
            needed.map_or(Value::Null, |groups| {
                Value::List(groups.iter().map(|group| texts(group)).collect())
            }),
        ),
        (
            "provided",
            decision
                .provided
                .as_ref()
                .map_or(Value::Null, |it| texts(it)),
        ),
        ("evidence", text(decision.evidence.as_str())),
        ("problems", filled(Value::List(problems.collect()))),
        ("commands", filled(Value::Map(commands.collect()))),
        ("remedy", maybe(decision.remedy.as_deref())),
        ("docs", maybe(decision.docs.as_deref())),
        (
            "deprecated",
            deprecated.map_or(Value::Null, |it| {
                map([("replacements", texts(&it.replacements))])
            }),
        ),
    ])
}

/// Null in the place of what is empty.
fn filled(value: Value) -> Value {
    match &value {
        Value::List(items) if items.is_empty() => Value::Null,
        Value::Map(members) if members.is_empty() => Value::Null,
        _ => value,
    }
}

/// The portal's XML: items are called `item`. So is what has a name that no element has.
fn write_xml(value: &Value, out: &mut String) {
    let mut element = |name: &str, value: &Value| {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let name = match starts && name.bytes().all(letters) {
            true => name,
            false => "item",
        };
        out.push('<');
        out.push_str(name);
        out.push('>');
        write_xml(value, out);
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    };
    match value {
        Value::Map(members) => members.iter().for_each(|(name, it)| element(name, it)),
        Value::List(items) => items.iter().for_each(|it| element("item", it)),
        Value::Text(text) | Value::Number(text) => {
            for character in text.chars() {
                match character {
                    '&' => out.push_str("&amp;"),
                    '<' => out.push_str("&lt;"),
                    '>' => out.push_str("&gt;"),
                    '"' => out.push_str("&quot;"),
                    // XML has no such characters, not even escaped.
                    control if control.is_control() && !control.is_whitespace() => {}
                    other => out.push(other),
                }
            }
        }
        Value::Bool(true) => out.push('1'),
        Value::Bool(false) | Value::Null => {}
    }
}
