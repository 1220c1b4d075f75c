//! The gate sees what the portal sees: tens of thousands of requests, some of them odd, read by the
//! gate and by the test portal. Either both read the same, or the gate has a doubt or lets nothing
//! pass.

use callgate::bitrix24::gate::{Caller, Inspected, Limits, Request, inspect};
use callgate::bitrix24::rights::method::Version;
use serde_json::{Map, Value};

use crate::chance::Dice;

const VERBS: &[&str] = &["GET", "POST", "POST", "POST", "POST", "PUT", "post", "HEAD"];

const PATHS: &[&str] = &[
    "/rest/profile",
    "/rest/crm.deal.list.json",
    "/rest/user.get.xml/",
    "/rest/User.GET.JSON",
    "/rest/a%3Ab",
    "/rest/us%65r.get",
    "/rest/batch",
    "/rest/Batch.json",
    "/rest/1/s3cret/crm.deal.get",
    "/rest/api/tasks.task.get",
    "/rest/api/batch",
    "/rest/api/1/s3cret/main.eventlog.list",
    "/rest/api/1/x",
    "/rest/a+b",
    "/rest//profile",
    "/rest/%D0%B0",
    "/rest/a;b=c",
    "/rest/a/b",
    "/rest/a.json.xml",
];

const NAMES: &[&str] = &[
    "a",
    "b",
    "ID",
    "id",
    "a[b]",
    "a[b][c]",
    "a[]",
    "a[0]",
    "a[5]",
    "a[01]",
    "a[][x]",
    "a[b",
    "a[b]c",
    "a]",
    "[a]",
    "a.b",
    "a b",
    "+a",
    "%20a",
    "a%00b",
    "a[b[c]]",
    "a[+]",
    "a[ b ]",
    "%ff",
    "auth",
    "auth",
    "access_token",
    "AUTH",
    "auth[]",
    "sessid",
    "cmd[0]",
    "cmd[x]",
    "CMD[y]",
    "start",
    "filter[%3EID]",
    "select[]",
    "a%5Bb%5D",
    "",
    "method",
    "token",
    "a[-1]",
    "a[99999999999999999999]",
    "\u{feff}a",
    "a=b",
    "fields[TITLE]",
    "é",
    "%C3%A9",
];

const VALUES: &[&str] = &[
    "1",
    "",
    "TOK",
    "a b",
    "a+b",
    "%20",
    "%zz",
    "%",
    "%4",
    "%ff",
    "%00",
    "é",
    "x%26y%3Dz",
    "a;b=c",
    "a;b",
    "profile",
    "user.get%3FID%3D1",
    "batch%3Fcmd[0]=profile",
    "[]",
    "{}",
    "\"",
    "%2B",
    "#",
];

const TEXTS: &[&str] = &[
    "1",
    "0",
    "-1",
    "1.5",
    "1e3",
    "1e400",
    "-0",
    "01",
    "12345678901234567890",
    "0.1",
    "true",
    "null",
    "\"\"",
    "\"x\"",
    "\"TOK\"",
    "\"\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\\u0000\"",
    "\"é\"",
    "\"\u{fffd}\"",
    "\"a\\/b\"",
    "[]",
    "{}",
    "[1,\"a\"]",
    "{\"b\":1}",
    "{\"b\":1,\"b\":2}",
    "nope",
    "{\"0\":1,\"1\":2}",
    "\"a\tb\"",
    "[1,]",
    "123456789.123",
    "1.0",
];

const TYPES: &[&str] = &[
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=UTF-8",
    "application/json",
    "APPLICATION/JSON; charset=utf-8",
    "application/vnd.x+json",
    "text/plain",
    "",
    "multipart/form-data; boundary=XX",
    "multipart/form-data; boundary=\"XX\"",
    "multipart/form-data",
    "multipart/mixed; boundary=XX",
    "application/json;charset=koi8-r",
    "application/json, text/plain",
    " application/json",
];

fn form(dice: &mut Dice) -> String {
    let count = dice.pick(&[0, 1, 2, 2, 3, 4]);
    let pairs: Vec<String> = (0..count).map(|_| pair(dice)).collect();
    let separator = if dice.chance(2) { ";" } else { "&" };
    pairs.join(separator)
}

/// Mostly an ordinary one, or nearly all requests would be in doubt.
fn pair(dice: &mut Dice) -> String {
    let (names, values) = match dice.chance(90) {
        true => (
            &["a", "b[c]", "d[]", "e[0][f]", "filter[%3EID]", "g.h"][..],
            &VALUES[..6],
        ),
        false => (NAMES, VALUES),
    };
    match dice.chance(3) {
        true => dice.pick(names).to_owned(),
        false => format!("{}={}", dice.pick(names), dice.pick(values)),
    }
}

fn json(dice: &mut Dice) -> String {
    let count = dice.roll(4);
    let names = [
        "a", "b", "c", "ID", "auth", "cmd", "0", "1", "é", "a[b", "", "a.b",
    ];
    let text = |dice: &mut Dice| match dice.chance(90) {
        true => dice.pick(&[
            "1",
            "\"x\"",
            "true",
            "null",
            "[1]",
            "{\"b\":1}",
            "0.1",
            "[]",
        ]),
        false => dice.pick(TEXTS),
    };
    let members: Vec<String> = match dice.chance(85) {
        true => (0..count)
            .map(|_| format!("\"{}\":{}", dice.pick(&names), text(dice)))
            .collect(),
        false => {
            return format!(
                "[{}]",
                (0..count).map(|_| text(dice)).collect::<Vec<_>>().join(",")
            );
        }
    };
    let object = format!("{{{}}}", members.join(","));
    match dice.roll(40) {
        0 => format!("\u{feff}{object}"),
        1 => format!(" {object}\n"),
        2 => format!("{object}{object}"),
        3 => format!("{object}\0"),
        4 => text(dice).to_owned(),
        _ => object,
    }
}

fn multipart(dice: &mut Dice) -> String {
    let mut body = dice.pick(&["", "", "", "", "preamble", "\r\n"]).to_owned();
    for _ in 0..dice.roll(4) {
        let name = dice.pick(&[
            "a", "a[]", "b[c]", "auth", "a;b", "a[b", "a\\b", "é", "a=b", "a%5Bb",
        ]);
        let extra = dice.pick(&[
            "",
            "",
            "",
            "",
            "; filename=\"f\"",
            "; x=y",
            "; name=\"z\"",
            "\r\nContent-Type: text/plain",
            "\r\nContent-Transfer-Encoding: base64",
            "\r\n folded: x",
        ]);
        let value = dice.pick(&["1", "", "x\r\ny", "--XX", "\r\n--XXY", "é", "\r\n\r\n"]);
        let end = dice.pick(&["\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n"]);
        body.push_str(&format!(
            "--XX{end}Content-Disposition: form-data; name=\"{name}\"{extra}{end}{end}{value}{end}"
        ));
    }
    body.push_str(dice.pick(&[
        "--XX--\r\n",
        "--XX--",
        "--XX--",
        "",
        "--XX--\r\n--XX\r\n",
        "--XX",
    ]));
    body
}

fn some_request(dice: &mut Dice) -> callgate_portal::Request {
    let mut url = match dice.chance(90) {
        true => dice.pick(&[
            "/rest/profile",
            "/rest/crm.deal.add.json",
            "/rest/api/a.b",
            "/rest/1/s/a",
        ]),
        false => dice.pick(PATHS),
    }
    .to_owned();
    if dice.chance(50) {
        url.push('?');
        url.push_str(&form(dice));
    }
    let verb = if dice.chance(90) {
        "POST"
    } else {
        dice.pick(VERBS)
    };
    let mut request = callgate_portal::Request::new(verb, url);
    let kind = match dice.chance(70) {
        true => dice.pick(&[TYPES[0], TYPES[2], TYPES[7]]),
        false => dice.pick(TYPES),
    };
    if !kind.is_empty() {
        request = request.with_header("Content-Type", kind);
    }
    if dice.chance(10) {
        let value = dice.pick(&[
            "Bearer TOK",
            "bearer TOK",
            "Bearer  TOK",
            "Bearer",
            "Basic YQ==",
            "BearerTOK",
        ]);
        request = request.with_header("Authorization", value);
    }
    let fitting = match kind {
        kind if kind.to_ascii_lowercase().contains("json") => json(dice),
        kind if kind.starts_with("multipart") => multipart(dice),
        _ => form(dice),
    };
    let mut body = match dice.roll(20) {
        0 => json(dice),
        1 => form(dice),
        2 => multipart(dice),
        _ => fitting,
    }
    .into_bytes();
    if dice.chance(3) && !body.is_empty() {
        let at = usize::try_from(dice.roll(body.len() as u64)).unwrap();
        body[at] ^= 1 << dice.roll(8);
    }
    if verb != "POST" && dice.chance(80) {
        body.clear();
    }
    request.with_body(body)
}

fn gate_reads(request: &callgate_portal::Request) -> Option<Inspected> {
    let request = Request {
        verb: &request.method,
        target: &request.url,
        headers: &request.headers,
        body: &request.body,
    };
    inspect(&request, &Limits::default()).ok()
}

/// A list is to PHP an array with the names 0, 1, …
fn named(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        Value::Array(items) => (0..)
            .zip(items)
            .map(|(at, it): (u32, _)| (at.to_string(), it))
            .collect(),
        _ => Map::new(),
    }
}

fn assert_same(seen: &Inspected, request: &callgate_portal::Request) {
    let what = format!("{request:?}\n{}", String::from_utf8_lossy(&request.body));
    let portal = callgate_portal::read_request(request);
    let portal = portal.unwrap_or_else(|| panic!("the portal sees no method: {what}"));
    let version = if seen.version == Version::V3 { 3 } else { 2 };
    assert_eq!(version, portal.version, "{what}");
    assert_eq!(seen.method.as_str(), portal.method, "{what}");
    let (token, webhook) = match &seen.caller {
        Caller::Token(token) => (Some(token.expose().to_owned()), None),
        Caller::Webhook { user, secret } => {
            (None, Some((user.clone(), secret.expose().to_owned())))
        }
        Caller::Session | Caller::Nobody => (None, None),
    };
    assert_eq!((token, webhook), (portal.token, portal.webhook), "{what}");
    let ours = named(serde_json::from_str(seen.params.as_json()).unwrap());
    if let Some(commands) = &portal.list {
        assert_eq!(seen.commands.len(), commands.len(), "{what}");
    }
    // As texts, because the order counts.
    assert_eq!(
        Value::Object(ours).to_string(),
        Value::Object(portal.parameters).to_string(),
        "{what}"
    );
}

#[test]
fn the_gate_reads_what_the_portal_reads_or_has_a_doubt() {
    const REQUESTS: u64 = 40_000;
    let (mut same, mut doubted, mut rejected) = (0, 0, 0);
    for seed in 0..REQUESTS {
        let request = some_request(&mut Dice(seed));
        match gate_reads(&request) {
            None => rejected += 1,
            Some(seen) if !seen.doubts.is_empty() => doubted += 1,
            Some(seen) => {
                same += 1;
                assert_same(&seen, &request);
            }
        }
    }
    println!("{same} read the same, {doubted} in doubt, {rejected} rejected");
    assert!(same > REQUESTS / 4 && doubted > REQUESTS / 10);
    assert!(rejected > REQUESTS / 100);
}
