//! The gate for the JavaScript in `pkg/edge/`, which does its I/O: what a request is, what is decided
//! of it, and the answer in the portal's place. Documentation for operators stands in `pkg/edge.d.ts`.

use std::rc::Rc;

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

use crate::bitrix24::gate::{
    Answer, Caller, Hosts, Inspected, Known, Lesson, Limits, Rejection, Request, Ruling, Scheme,
    decide, ending, inspect,
};
use crate::bitrix24::rights::confirmation::State;
use crate::bitrix24::rights::grant::{Grant, Source};
use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::preflight::{Mode, Modes};
use crate::bitrix24::rights::scope::ScopeSet;
use crate::bitrix24::rights::standing::Standing;
use crate::decision::{Decision, Evidence, Layer, Problem, Severity, Verdict};
use crate::error::Error;
use crate::js::catalogue;
use crate::js::errors::throwable;
use crate::js::modes::read_modes;
use crate::js::options::{Options, wrong};
use crate::js::plain::Plain;
use crate::time::Instant;

/// All that an operator can say. What isn't read here `pkg/edge/options.js` reads.
const OPTIONS: &[&str] = &[
    "portals",
    "preflight",
    "grants",
    "store",
    "applicationTokens",
    "maxBody",
    "maxVariables",
    "budget",
    "patience",
    "whenStoreIsAway",
    "confirmations",
    "paths",
    "onDecision",
    "httpToLoopbackForTests",
];

/// For so many seconds a browser needs not ask again before it sends JSON.
const MAX_AGE: u32 = 86_400;

/// The rules of one gate.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "its reader is JavaScript")]
pub struct Gate(Rc<Rules>);

struct Rules {
    hosts: Hosts,
    limits: Limits,
    modes: Modes,
    /// What the operator says was granted, by the portal's host.
    given: Vec<(String, Grant)>,
}

#[wasm_bindgen]
impl Gate {
    /// Reads the operator's options.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue) -> Result<Self, JsValue> {
        let rules = read_rules(options).map_err(|error| throwable(&error))?;
        Ok(Self(Rc::new(rules)))
    }

    /// How long a body may be.
    #[wasm_bindgen(getter, js_name = maxBody)]
    pub fn max_body(&self) -> usize {
        self.0.limits.body
    }

    /// The origin of the portal for a host of the gate, if there is one.
    pub fn portal(&self, host: &str) -> Option<String> {
        let portal = self.0.hosts.portal(host).ok()?;
        Some(portal.as_str().to_owned())
    }

    /// What a browser gets that asks before it sends.
    pub fn options(&self) -> JsValue {
        plain_answer(&Answer::options(MAX_AGE))
    }

    /// The answer to a request that can't go on for a reason that isn't its own.
    pub fn reject(&self, target: &str, reason: &str, retry_after: Option<u32>) -> JsValue {
        let rejection = match reason {
            "host" => Rejection::foreign_host(),
            "long" => Rejection::too_long(),
            "cut" => Rejection::cut_short(),
            "budget" => Rejection::over_budget(),
            "store" => Rejection::store_away(),
            _ => Rejection::portal_away(),
        };
        let answer = Answer::rejected(target, &rejection);
        plain_answer(&match retry_after {
            Some(seconds) => answer.retry_after(seconds),
            None => answer,
        })
    }

    /// Reads a request for the portal `host`. `head` has its headers, a line for each name and one
    /// for each value.
    pub fn read(&self, host: &str, verb: &str, target: &str, head: &str, body: &[u8]) -> Seen {
        let headers = lines(head);
        let request = Request {
            verb,
            target,
            headers: &headers,
            body,
        };
        let seen = inspect(&request, &self.0.limits)
            .map_err(|rejection| (Answer::rejected(target, &rejection), rejection));
        let ending: Vec<&str> = ending(&headers).collect();
        Seen {
            rules: Rc::clone(&self.0),
            host: host.to_owned(),
            ending: ending.join("\n"),
            seen,
            ruling: None,
        }
    }
}

/// The names of an answer's headers that end at the gate, a line for each.
#[wasm_bindgen(js_name = endingHeaders)]
#[allow(unreachable_pub, reason = "its reader is JavaScript")]
pub fn ending_headers(head: &str) -> String {
    let headers = lines(head);
    let names: Vec<&str> = ending(&headers).collect();
    names.join("\n")
}

/// A request as the portal would see it.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "its reader is JavaScript")]
pub struct Seen {
    rules: Rc<Rules>,
    host: String,
    ending: String,
    seen: Result<Inspected, (Answer, Rejection)>,
    ruling: Option<Ruling>,
}

#[wasm_bindgen]
impl Seen {
    /// The method as it was sent; empty where the request can't be read.
    #[wasm_bindgen(getter)]
    pub fn method(&self) -> String {
        let seen = self.seen.as_ref();
        seen.map_or_else(|_| String::new(), |seen| seen.method.as_str().to_owned())
    }

    /// The version of the REST interface.
    #[wasm_bindgen(getter)]
    pub fn version(&self) -> Option<u8> {
        Some(match self.seen.as_ref().ok()?.version {
            Version::V2 => 2,
            Version::V3 => 3,
        })
    }

    /// How many commands a batch has.
    #[wasm_bindgen(getter)]
    pub fn commands(&self) -> usize {
        self.seen.as_ref().map_or(0, |seen| seen.commands.len())
    }

    /// By what the caller is known: `token`, `webhook`, `session`, `nobody`.
    #[wasm_bindgen(getter)]
    pub fn caller(&self) -> String {
        let caller = self.seen.as_ref().map_or(&Caller::Nobody, |it| &it.caller);
        let kind = match caller {
            Caller::Token(_) => "token",
            Caller::Webhook { .. } => "webhook",
            Caller::Session => "session",
            Caller::Nobody => "nobody",
        };
        kind.to_owned()
    }

    /// The token, or a webhook's user and secret.
    #[wasm_bindgen(getter)]
    pub fn secret(&self) -> Option<String> {
        match &self.seen.as_ref().ok()?.caller {
            Caller::Token(token) => Some(token.expose().to_owned()),
            Caller::Webhook { user, secret } => Some([user, "/", secret.expose()].concat()),
            Caller::Session | Caller::Nobody => None,
        }
    }

    /// The names of its headers that end at the gate, a line for each.
    #[wasm_bindgen(getter)]
    pub fn ending(&self) -> String {
        self.ending.clone()
    }

    /// Decides, by the scopes that the caller is known to carry and by what the portal said to it:
    /// methods in small letters, each followed by `waiting`, `denied`, `refused` or `allowed`.
    pub fn decide(&mut self, scopes: Option<String>, told: Vec<String>) {
        let Ok(seen) = &self.seen else {
            return;
        };
        let mut grant = Grant::unknown();
        if let Some(scopes) = scopes {
            grant.learn(ScopeSet::parse(&scopes), Source::Scope, Instant::default());
        }
        let mut given = self.rules.given.iter();
        let carries_scopes = matches!(seen.caller, Caller::Token(_) | Caller::Webhook { .. });
        let given = given.find(|(host, _)| carries_scopes && *host == self.host);
        let catalogue = catalogue::current();
        let said = |method: &MethodName| {
            let mut pairs = told.chunks_exact(2);
            pairs.find_map(|pair| match pair {
                [name, what] if name.eq_ignore_ascii_case(method.as_str()) => Some(what.as_str()),
                _ => None,
            })
        };
        let known = Known {
            confirmation: &|method| match said(method)? {
                "waiting" => Some(State::Waiting),
                "denied" => Some(State::Denied),
                _ => None,
            },
            standing: &|method| match said(method)? {
                "refused" => Some(Standing::denied(Layer::Scope)),
                "allowed" => Some(Standing::allowed()),
                _ => None,
            },
            ..Known::new(&catalogue, given.map_or(&grant, |(_, grant)| grant))
        };
        self.ruling = Some(decide(seen, &known, &self.rules.modes));
    }

    /// Whether it goes nowhere.
    #[wasm_bindgen(getter)]
    pub fn refused(&self) -> bool {
        let ruling = self.ruling.as_ref();
        self.seen.is_err() || ruling.is_some_and(|ruling| ruling.refusal.is_some())
    }

    /// Whether it matters that nobody knows what was granted: `off`, `warn`, or `enforce` where
    /// the grant decides whether it goes on.
    #[wasm_bindgen(getter, js_name = wantsGrant)]
    pub fn wants_grant(&self) -> String {
        let wanted = self.ruling.as_ref().map(|ruling| ruling.wants_grant);
        let mode = match wanted.unwrap_or(Mode::Off) {
            Mode::Off => "off",
            Mode::Warn => "warn",
            Mode::Enforce => "enforce",
        };
        mode.to_owned()
    }

    /// Whether an answer teaches something even where it is no error: the call was expected to fail,
    /// or it is a batch with a command that administrators confirm.
    pub fn surprises(&self) -> bool {
        let (Ok(seen), Some(ruling)) = (&self.seen, &self.ruling) else {
            return false;
        };
        let expected = |decision: &Decision| match (decision.verdict, decision.layer) {
            (Verdict::Denied, Some(Layer::Scope)) | (Verdict::Pending, _) => false,
            (_, layer) => layer != Some(Layer::Confirmation) || seen.commands.is_empty(),
        };
        let mut commands = ruling.decision.commands.iter();
        !expected(&ruling.decision) || !commands.all(|(_, decision)| expected(decision))
    }

    /// The method of a command in small letters, or of the request itself.
    #[wasm_bindgen(js_name = methodOf)]
    pub fn method_of(&self, command: Option<String>) -> Option<String> {
        let method = self.called(command.as_deref())?;
        Some(method.as_str().to_ascii_lowercase())
    }

    /// What was decided about a command, or the request itself.
    #[wasm_bindgen(js_name = verdictOf)]
    pub fn verdict_of(&self, command: Option<String>) -> Option<String> {
        let whole = &self.ruling.as_ref()?.decision;
        let decision = match &command {
            Some(name) => {
                let mut commands = whole.commands.iter();
                &commands.find(|(own, _)| own == name)?.1
            }
            None => whole,
        };
        Some(decision.verdict.as_str().to_owned())
    }

    /// What an error code in the answer teaches, about a command or the request itself: `refused`,
    /// `waiting`, `denied`, `ended` or `limited`.
    pub fn lesson(&self, command: Option<String>, status: u16, code: &str) -> Option<String> {
        let seen = self.seen.as_ref().ok()?;
        let method = self.called(command.as_deref())?;
        let lesson = Lesson::of(&catalogue::current(), seen, method, status, code)?;
        Some(lesson.as_str().to_owned())
    }

    /// The refusal, with its decision.
    #[wasm_bindgen(getter)]
    pub fn answer(&self) -> JsValue {
        let refused = match (&self.seen, &self.ruling) {
            (Err((answer, _)), _) => return plain_answer(answer),
            (Ok(seen), Some(ruling)) => Answer::refused(seen, ruling),
            (Ok(_), None) => None,
        };
        refused.map_or(JsValue::UNDEFINED, |answer| plain_answer(&answer))
    }

    /// What the portal answers a call that waits for an administrator; undefined where none does.
    #[wasm_bindgen(getter)]
    pub fn waiting(&self) -> JsValue {
        let (Ok(seen), Some(ruling)) = (&self.seen, &self.ruling) else {
            return JsValue::UNDEFINED;
        };
        let waiting = Answer::waiting(seen, ruling);
        waiting.map_or(JsValue::UNDEFINED, |answer| plain_answer(&answer))
    }

    /// The decision. One about a request that can't even be read says why.
    #[wasm_bindgen(getter)]
    pub fn decision(&self) -> JsValue {
        match (&self.seen, &self.ruling) {
            (Err((_, rejection)), _) => Plain::from(&unreadable(rejection)).to_js(),
            (Ok(_), Some(ruling)) => Plain::from(&ruling.decision).to_js(),
            (Ok(_), None) => JsValue::UNDEFINED,
        }
    }
}

impl Seen {
    fn called(&self, command: Option<&str>) -> Option<&MethodName> {
        let seen = self.seen.as_ref().ok()?;
        let Some(name) = command else {
            return Some(&seen.method);
        };
        let mut commands = seen.commands.iter();
        let command = commands.find(|command| command.name == name)?;
        Some(&command.method)
    }
}

fn unreadable(rejection: &Rejection) -> Decision {
    let mut decision = Decision::new(Verdict::Denied, Evidence::None);
    decision.problems.push(Problem {
        path: "request".to_owned(),
        reason: rejection.message.clone(),
        severity: Severity::Error,
    });
    decision
}

fn plain_answer(answer: &Answer) -> JsValue {
    let mut headers = Vec::new();
    for (name, value) in &answer.headers {
        headers.push((*name, Plain::Text(value)));
    }
    Plain::Object(vec![
        ("status", Plain::Number(answer.status.into())),
        ("code", Plain::Text(answer.code)),
        ("headers", Plain::Map(headers)),
        ("body", Plain::Text(&answer.body)),
    ])
    .to_js()
}

/// Headers, from a line for each name and one for each value.
fn lines(head: &str) -> Vec<(String, String)> {
    let mut lines = head.split('\n');
    let mut headers = Vec::new();
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        headers.push((name.to_owned(), value.to_owned()));
    }
    headers
}

fn read_rules(object: &JsValue) -> Result<Rules, Error> {
    let options = Options::new(object, OPTIONS)?;
    let scheme = match options.flag("httpToLoopbackForTests")? {
        true => Scheme::HttpToLoopbackForTests,
        false => Scheme::Https,
    };
    let hosts = read_hosts(&options, scheme)?;
    let whole = |name: &str, usual: usize| match options.get(name) {
        None => Ok(usual),
        Some(value) => {
            let number = value.as_f64().filter(|it| (1.0..1.0e9).contains(it));
            let number = number.filter(|it| it.trunc() == *it);
            number
                .map(|number| number as usize)
                .ok_or_else(|| wrong(name, "a whole number from 1 on is wanted"))
        }
    };
    let usual = Limits::default();
    let warn = Modes {
        scope: Mode::Warn,
        parameters: Mode::Warn,
        methods: Vec::new(),
    };
    Ok(Rules {
        limits: Limits {
            body: whole("maxBody", usual.body)?,
            variables: whole("maxVariables", usual.variables)?,
            ..usual
        },
        modes: read_modes(&options, warn)?,
        given: read_grants(&options, &hosts)?,
        hosts,
    })
}

fn read_hosts(options: &Options<'_>, scheme: Scheme) -> Result<Hosts, Error> {
    let why = "a list of hosts, or an object of the gate's hosts and the portals', is wanted";
    let portals = options
        .get("portals")
        .ok_or_else(|| wrong("portals", why))?;
    let text = |value: JsValue| value.as_string().ok_or_else(|| wrong("portals", why));
    if Array::is_array(&portals) {
        let mut list = Vec::new();
        for portal in Array::from(&portals).iter() {
            list.push(text(portal)?);
        }
        return Hosts::list(list.iter().map(String::as_str), scheme);
    }
    if !portals.is_object() {
        return Err(wrong("portals", why));
    }
    let mut pairs = Vec::new();
    for pair in entries(&portals) {
        pairs.push((text(pair.get(0))?, text(pair.get(1))?));
    }
    let pairs = pairs.iter();
    Hosts::map(
        pairs.map(|(gate, portal)| (gate.as_str(), portal.as_str())),
        scheme,
    )
}

fn read_grants(options: &Options<'_>, hosts: &Hosts) -> Result<Vec<(String, Grant)>, Error> {
    let mut given = Vec::new();
    let Some(grants) = options.get("grants") else {
        return Ok(given);
    };
    if grants.as_string().as_deref() == Some("ask") {
        return Ok(given);
    }
    if !grants.is_object() {
        let why = "'ask', or an object of the portals' hosts and lists of scopes, is wanted";
        return Err(wrong("grants", why));
    }
    let grants_of = Options::lenient(&grants);
    for pair in entries(&grants) {
        let host = pair.get(0).as_string().unwrap_or_default();
        let name = ["grants.", &host].concat();
        if !hosts.portals().any(|portal| portal.host() == host) {
            return Err(wrong(&name, "the gate serves no such portal"));
        }
        let wanted = || wrong(&name, "a list of scopes is wanted");
        let scopes = grants_of.texts(&host).ok().flatten().ok_or_else(wanted)?;
        let mut grant = Grant::unknown();
        if !grant.learn(ScopeSet::parse(&scopes), Source::Given, Instant::default()) {
            return Err(wanted());
        }
        given.push((host, grant));
    }
    Ok(given)
}

/// The names and values of an object.
fn entries(object: &JsValue) -> impl Iterator<Item = Array> {
    let entries = Object::entries(object.unchecked_ref::<Object>());
    entries.into_iter().map(|pair| Array::from(&pair))
}
