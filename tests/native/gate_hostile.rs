//! Requests made to get past the gate, each with the answer that it gets: `gate_hostile.txt`, one a
//! line. The host is looked at first, then the request, then what may be called.

use callgate::bitrix24::gate::{Answer, Hosts, Known, Limits, Request, Scheme, decide, inspect};
use callgate::bitrix24::rights::catalogue::Catalogue;
use callgate::bitrix24::rights::confirmation::State;
use callgate::bitrix24::rights::grant::{Grant, Source};
use callgate::bitrix24::rights::method::MethodName;
use callgate::bitrix24::rights::preflight::Modes;
use callgate::bitrix24::rights::scope::ScopeSet;
use callgate::time::Instant;
use serde_json::Value;

const TABLE: &str = include_str!("gate_hostile.txt");

/// `\xHH`, `\r`, `\n`, `\t` and `\\`; `{TEXT*N}` is the text N times, `{TEXT*N*#}` with its number.
fn unescaped(field: &str) -> Vec<u8> {
    let mut repeated = String::new();
    let mut rest = field;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, after) = after.split_once("}}").unwrap();
        let (text, times) = inside.rsplit_once('*').unwrap();
        repeated.push_str(before);
        for number in 0..times.parse::<usize>().unwrap() {
            repeated.push_str(&text.replace('@', &number.to_string()));
        }
        rest = after;
    }
    repeated.push_str(rest);
    let mut bytes = Vec::new();
    let mut characters = repeated.bytes();
    while let Some(byte) = characters.next() {
        bytes.push(match byte {
            b'\\' => match characters.next().unwrap() {
                b'r' => b'\r',
                b'n' => b'\n',
                b't' => b'\t',
                b'x' => {
                    let digits = [characters.next().unwrap(), characters.next().unwrap()];
                    u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => other,
            },
            other => other,
        });
    }
    bytes
}

/// Short names of the content types that come often.
fn header(line: &str) -> (String, String) {
    let line = match line {
        "form" => "Content-Type: application/x-www-form-urlencoded",
        "json" => "Content-Type: application/json",
        "multi" => "Content-Type: multipart/form-data; boundary=XX",
        "text" => "Content-Type: text/plain",
        other => other,
    };
    let line = String::from_utf8(unescaped(line)).unwrap();
    let (name, value) = line.split_once(": ").unwrap();
    (name.to_owned(), value.to_owned())
}

/// What the gate answers, `pass` where the request goes on.
fn answer(verb: &str, target: &str, headers: &[(String, String)], body: &[u8]) -> String {
    let portals = ["portal.example", "second.example"];
    let hosts = Hosts::list(portals, Scheme::Https).unwrap();
    let host = headers.iter().find(|(name, _)| name == "Host");
    let host = host.map_or("portal.example", |(_, value)| value);
    let mut grant = Grant::unknown();
    grant.learn(ScopeSet::parse("crm,im"), Source::Given, Instant::default());
    let confirmation = |method: &MethodName| {
        (method.as_str().eq_ignore_ascii_case("im.denied")).then_some(State::Denied)
    };
    let known = Known {
        confirmation: &confirmation,
        ..Known::new(Catalogue::bundled(), &grant)
    };
    let request = Request {
        verb,
        target,
        headers,
        body,
    };
    if verb == "OPTIONS" {
        return said(&Answer::options(600));
    }
    let limits = Limits::default();
    let rejected = |rejection| said(&Answer::rejected(target, &rejection));
    if let Err(rejection) = hosts.portal(host) {
        return rejected(rejection);
    }
    match inspect(&request, &limits) {
        Err(rejection) => rejected(rejection),
        Ok(seen) => {
            let ruling = decide(&seen, &known, &Modes::default());
            let answer = Answer::refused(&seen, &ruling);
            answer.map_or("pass".to_owned(), |answer| said(&answer))
        }
    }
}

/// Status and code; an answer in another shape than the portal's is none.
fn said(answer: &Answer) -> String {
    let header = |name: &str| answer.headers.iter().find(|(own, _)| *own == name);
    assert_eq!(header("Access-Control-Allow-Origin").unwrap().1, "*");
    assert!(!answer.body.contains("SECRET"), "{}", answer.body);
    if answer.body.is_empty() {
        return answer.status.to_string();
    }
    let code = match answer.body.strip_prefix("<response><error>") {
        Some(rest) => rest.split_once("</error>").unwrap().0.to_owned(),
        None => {
            let body: Value = serde_json::from_str(&answer.body).unwrap();
            let error = &body["error"];
            let code = error.get("code").unwrap_or(error);
            code.as_str().unwrap().to_owned()
        }
    };
    let code = code.replace("CALLGATE_AMBIGUOUS", "doubt");
    let code = code.replace("BITRIX_REST_V3_EXCEPTION_", "v3 ");
    format!("{} {code}", answer.status)
}

#[test]
fn every_hostile_request_gets_its_answer() {
    let rows = TABLE
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with("# "));
    let (mut count, mut wrong) = (0, Vec::new());
    for (number, line) in rows {
        let fields: Vec<&str> = line.split(" ¦ ").collect();
        let [expected, verb, target, rest @ ..] = fields.as_slice() else {
            panic!("line {}: {line}", number + 1);
        };
        let (headers, body) = match rest {
            [headers @ .., body] => (headers, unescaped(body.strip_prefix("body ").unwrap())),
            [] => (&[][..], Vec::new()),
        };
        let headers: Vec<_> = headers.iter().map(|line| header(line)).collect();
        let target = String::from_utf8(unescaped(target)).unwrap();
        let got = answer(verb, &target, &headers, &body);
        count += 1;
        if got != *expected {
            wrong.push(format!(
                "line {}: {got}, not {expected}: {line}",
                number + 1
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 500, "{count} requests");
}
