//! What the gate does with what it read: its modes, its grants, where a request goes, and the exact
//! answer in the portal's place.

use callgate::bitrix24::engine::{BatchOptions, Config};
use callgate::bitrix24::gate::{
    Answer, Hosts, Inspected, Known, Limits, Refusal, Request, Ruling, Scheme, decide, ending,
    inspect,
};
use callgate::bitrix24::rights::catalogue::Catalogue;
use callgate::bitrix24::rights::confirmation::State;
use callgate::bitrix24::rights::grant::{Grant, Source};
use callgate::bitrix24::rights::method::MethodName;
use callgate::bitrix24::rights::preflight::{Mode, Modes};
use callgate::bitrix24::rights::scope::ScopeSet;
use callgate::decision::{Layer, Severity, Verdict};
use callgate::http::BodyFormat;
use callgate::time::Instant;
use serde_json::{Value, json};

use crate::batch;
use crate::world::{Setup, World};

fn seen(target: &str) -> Inspected {
    let request = Request {
        verb: "GET",
        target,
        headers: &[],
        body: b"",
    };
    inspect(&request, &Limits::default()).unwrap()
}

fn ruling(seen: &Inspected, confirmation: Option<State>, modes: &Modes) -> Ruling {
    let mut grant = Grant::unknown();
    grant.learn(ScopeSet::parse("im"), Source::Given, Instant::default());
    let known = Known {
        confirmation: &|_| confirmation,
        ..Known::new(Catalogue::bundled(), &grant)
    };
    decide(seen, &known, modes)
}

fn all(mode: Mode) -> Modes {
    Modes {
        scope: mode,
        parameters: mode,
        methods: Vec::new(),
    }
}

#[test]
fn a_doubt_is_told_in_warn_refused_in_enforce_and_nothing_in_off() {
    let doubtful = seen("/rest/im.user.get?auth=TOK&a=1&a=2");
    let warned = ruling(&doubtful, None, &all(Mode::Warn));
    assert_eq!(warned.refusal, None);
    let told = |ruling: &Ruling| ruling.decision.problems.first().map(|it| it.severity);
    assert_eq!(told(&warned), Some(Severity::Warning));
    let refused = ruling(&doubtful, None, &all(Mode::Enforce));
    assert_eq!(refused.refusal, Some(Refusal::Doubt));
    assert_eq!(refused.decision.verdict, Verdict::Denied);
    assert_eq!(told(&refused), Some(Severity::Error));
    assert_eq!(told(&ruling(&doubtful, None, &all(Mode::Off))), None);
}

#[test]
fn a_method_that_is_let_off_lets_no_doubt_pass() {
    let modes = Modes {
        methods: vec![(MethodName::parse("im.user.get").unwrap(), Mode::Off)],
        ..all(Mode::Enforce)
    };
    let doubtful = seen("/rest/im.user.get?auth=TOK&a=1&a=2");
    assert_eq!(
        ruling(&doubtful, None, &modes).refusal,
        Some(Refusal::Doubt)
    );
    let strict = Modes {
        methods: vec![(MethodName::parse("crm.deal.add").unwrap(), Mode::Enforce)],
        ..all(Mode::Off)
    };
    assert_eq!(
        ruling(&doubtful, None, &strict).refusal,
        Some(Refusal::Doubt)
    );
}

#[test]
fn in_warn_a_missing_scope_is_said_and_not_refused() {
    let crm = seen("/rest/crm.deal.list?auth=TOK");
    let warned = ruling(&crm, None, &all(Mode::Warn));
    assert_eq!(
        (warned.refusal, warned.decision.verdict),
        (None, Verdict::Denied)
    );
    assert_eq!(Answer::refused(&crm, &warned), None);
}

#[test]
fn a_call_that_waits_goes_on_because_its_repetition_decides() {
    let call = seen("/rest/im.user.get?auth=TOK&ID=1");
    let waiting = ruling(&call, Some(State::Waiting), &all(Mode::Enforce));
    assert_eq!(
        (waiting.refusal, waiting.decision.verdict),
        (None, Verdict::Pending)
    );
    let denied = ruling(&call, Some(State::Denied), &all(Mode::Enforce));
    assert_eq!(denied.refusal, Some(Refusal::Layer(Layer::Confirmation)));
}

#[test]
fn a_batch_with_one_refused_command_is_refused_and_says_which() {
    let batch = seen("/rest/batch?auth=TOK&cmd[me]=profile&cmd[deals]=crm.deal.list");
    let ruling = ruling(&batch, None, &Modes::default());
    let answer = Answer::refused(&batch, &ruling).unwrap();
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer.status, 401);
    assert_eq!(body["error"], "insufficient_scope");
    let commands = &body["callgate"]["commands"];
    assert_eq!(commands["me"]["verdict"], "allowed");
    assert_eq!(commands["deals"]["verdict"], "denied");
    assert_eq!(commands["deals"]["needed"], json!([["crm"]]));
}

#[test]
fn a_refusal_is_the_portals_own_with_one_key_more() {
    let call = seen("/rest/crm.deal.list?auth=TOK");
    let answer = Answer::refused(&call, &ruling(&call, None, &Modes::default())).unwrap();
    let now = 1_700_000_000_000;
    let mut portal = callgate_portal::Portal::new();
    let token = portal.token(
        now,
        callgate_portal::TokenRequest {
            scopes: Some(vec!["im".to_owned()]),
            ..Default::default()
        },
    );
    let url = format!("/rest/crm.deal.list?auth={}", token.access_token);
    let reply = portal.handle(now, &callgate_portal::Request::get(url));
    let mut body: Value = serde_json::from_str(&answer.body).unwrap();
    let decision = body.as_object_mut().unwrap().remove("callgate").unwrap();
    assert_eq!((answer.status, body), (reply.status, reply.value()));
    assert_eq!(decision["provided"], json!(["im"]));
    for (name, value) in &reply.headers {
        let own = answer
            .headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name));
        assert_eq!(own.map(|(_, own)| own), Some(value), "{name}");
    }
}

#[test]
fn xml_is_refused_in_xml() {
    let call = seen("/rest/crm.deal.list.xml?auth=TOK&%3Ca%5B=1");
    let answer = Answer::refused(&call, &ruling(&call, None, &Modes::default())).unwrap();
    assert!(
        answer
            .body
            .starts_with("<response><error>CALLGATE_AMBIGUOUS</error>")
    );
    assert!(
        answer.body.contains("<path>&lt;a[</path>"),
        "{}",
        answer.body
    );
    assert!(
        answer
            .headers
            .iter()
            .any(|(_, value)| value.starts_with("text/xml"))
    );
}

#[test]
fn a_browser_that_asks_first_gets_what_the_portal_gives_and_how_long_that_holds() {
    let request = callgate_portal::Request::new("OPTIONS", "/rest/profile");
    let reply = callgate_portal::Portal::new().handle(0, &request);
    let mut headers = Answer::options(86_400).headers;
    let age = headers.pop();
    assert_eq!(age, Some(("Access-Control-Max-Age", "86400".to_owned())));
    let headers: Vec<_> = headers
        .into_iter()
        .map(|(name, it)| (name.to_owned(), it))
        .collect();
    assert_eq!(headers, reply.headers);
}

#[test]
fn headers_of_one_connection_end_here() {
    let lines = [
        "Host: gate.example",
        "Connection: keep-alive, X-Own",
        "Keep-Alive: timeout=5",
        "Proxy-Authorization: Basic x",
        "TE: trailers",
        "Upgrade: h2c",
        "x-own: 1",
        "X-Forwarded-Host: evil.example",
        "Authorization: Bearer TOK",
        "Content-Type: application/json",
        "Idempotency-Key: k",
    ];
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_owned(), value.to_owned())
    });
    let ended: Vec<&str> = ending(&headers).collect();
    let names = headers.iter().map(|(name, _)| name.as_str());
    let kept: Vec<&str> = names.filter(|name| !ended.contains(name)).collect();
    assert_eq!(kept, ["Authorization", "Content-Type", "Idempotency-Key"]);
}

#[test]
fn rule_11_a_request_goes_to_a_configured_portal_or_nowhere() {
    let hosts = Hosts::map(
        [
            ("a.gate.example", "one.example"),
            ("b.gate.example", "https://two.example:8443/"),
        ],
        Scheme::Https,
    )
    .unwrap();
    let portal = |host: &str| hosts.portal(host).map(|origin| origin.as_str().to_owned());
    assert_eq!(portal("A.gate.example").unwrap(), "https://one.example");
    assert_eq!(
        portal("b.gate.example:443").unwrap(),
        "https://two.example:8443"
    );
    for host in [
        "one.example",
        "c.gate.example",
        "gate.example",
        "",
        "a.gate.example.",
        "[",
        "a b",
    ] {
        assert_eq!(portal(host).unwrap_err().status, 404, "{host}");
    }
    for portals in [
        &[][..],
        &["http://one.example"],
        &["http://127.0.0.1:1"],
        &["https://localhost"],
        &["ftp://one.example"],
        &["user@one.example"],
        &["one.example/rest"],
        &["one.example", "ONE.example"],
        &[""],
        &["*.example"],
    ] {
        let hosts = Hosts::list(portals.iter().copied(), Scheme::Https);
        assert!(hosts.is_err(), "{portals:?}");
    }
    let loopback = Scheme::HttpToLoopbackForTests;
    assert!(Hosts::list(["http://127.0.0.1:1"], loopback).is_ok());
    assert!(Hosts::list(["http://one.example"], loopback).is_err());
}

#[test]
fn the_clients_own_requests_raise_no_doubt() {
    for format in [BodyFormat::Form, BodyFormat::Json] {
        let config = Config {
            format,
            ..Config::default()
        };
        let mut world = World::with(Setup {
            config,
            ..Setup::default()
        });
        for (method, params) in [
            ("profile", "{}"),
            (
                "crm.deal.list",
                r#"{"filter":{">ID":5,"@STAGE_ID":["A"]},"select":["ID"],"start":-1}"#,
            ),
            (
                "crm.deal.add",
                r#"{"fields":{"TITLE":"é & = + % ; [x] 😀","OPENED":true,"N":null}}"#,
            ),
            (
                "user.get",
                r#"{"FILTER":{},"a.b":{"c]":1},"list":[1,[2,{"x":0.5}]]}"#,
            ),
            ("vendor:module.do", r#"{"big":1234567890123}"#),
            ("task.item.add", r#"[{"TITLE":"x"},"y"]"#),
        ] {
            let _ended = world.run(method, params);
        }
        let batch = world.submit_batch(batch::deals(60), BatchOptions::default());
        assert!(world.has_batch_ended(batch));
        let entries: Vec<_> = world.portal.log(0).collect();
        assert!(entries.len() >= 8, "{}", entries.len());
        for entry in entries {
            let request = Request {
                verb: &entry.method,
                target: &entry.url,
                headers: &entry.headers,
                body: entry.body.as_bytes(),
            };
            let seen = inspect(&request, &Limits::default());
            assert_eq!(seen.unwrap().doubts, [], "{} {}", entry.url, entry.body);
        }
    }
}
