//! Batches as the test portal reads and answers them: what it decodes from our commands is what was
//! given, whatever the commands are called and whatever they carry.

use callgate::bitrix24::engine::plan::{Item, Options, Plan};
use callgate::bitrix24::rights::method::{MethodName, Version};
use callgate::bitrix24::rights::params::Params;
use callgate::bitrix24::wire::batch::reference;
use callgate::bitrix24::wire::envelope::{Envelope, Payload, Reply};
use callgate::bitrix24::wire::form;
use callgate::http::BodyFormat;
use callgate_portal::{Portal, Request, TokenRequest};
use serde_json::{Map, Value, json};

use crate::chance::Dice;
use crate::world::{PHONES, START};

const V2: Options = Options {
    version: Version::V2,
    halt: false,
    waits: false,
    idempotent: false,
};

struct Desk {
    portal: Portal,
    token: String,
    format: BodyFormat,
}

impl Desk {
    fn new() -> Self {
        let mut portal = Portal::new();
        let scopes = ["crm", "telephony", "tasks"].map(str::to_owned);
        let request = TokenRequest {
            scopes: Some(scopes.into()),
            ..TokenRequest::default()
        };
        let token = portal.token(START, request).access_token;
        Self {
            portal,
            token,
            format: BodyFormat::Json,
        }
    }

    /// What the portal says of each command of one request.
    fn run(&mut self, options: Options, commands: &[(&str, &str, Value)]) -> Vec<Envelope<Value>> {
        let item = |(name, method, params): &(&str, &str, Value)| {
            let params = Params::parse(params.to_string()).unwrap();
            Item::new(*name, MethodName::parse(method).unwrap(), params)
        };
        let items = commands.iter().map(item).collect();
        let mut plan: Plan<Value> = Plan::new(options, items).unwrap();
        let part = plan.next(|_| false).unwrap();
        assert_eq!(part.places.len(), commands.len(), "{plan:?}");
        let request = self.request(options.version, &part.params);
        let answer = self.portal.handle(START, &request);
        match Reply::read(answer.status, &answer.body).envelope {
            Envelope::Result { body, .. } => body.into_commands(options.version, &part.places),
            other => panic!("{other:?} to {}", part.params),
        }
    }

    fn request(&self, version: Version, params: &str) -> Request {
        let json = "application/json";
        if version == Version::V3 {
            let url = format!("/rest/api/batch?auth={}", self.token);
            return Request::new("POST", url)
                .with_header("Content-Type", json)
                .with_body(params);
        }
        if self.format == BodyFormat::Form {
            let mut body = format!("auth={}", self.token);
            form::write(params, &mut body).unwrap();
            return Request::form("/rest/batch", body);
        }
        let url = format!("/rest/batch?auth={}", self.token);
        Request::new("POST", url)
            .with_header("Content-Type", json)
            .with_body(params)
    }
}

fn result(envelope: &Envelope<Value>) -> &Value {
    match envelope {
        Envelope::Result { body, .. } => &body["result"],
        other => panic!("{other:?}"),
    }
}

fn code(envelope: &Envelope<Value>) -> &str {
    match envelope {
        Envelope::Error { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

/// Characters that mean something somewhere on the way.
const CHARACTERS: &[char] = &[
    'a', 'Z', '0', 'Ж', '😀', '"', '\'', '\\', '%', '&', '=', '+', '#', '?', '.', ' ', '-', '[',
    '<', '>', '/', ':', ';', '\n', '\t', '\u{7f}', '\u{a0}', '~', '*', '(', '!', '|', '{', ',',
];

fn some_text(dice: &mut Dice, more: &[char]) -> String {
    let length = dice.roll(7);
    let any = [CHARACTERS, more].concat();
    (0..length).map(|_| dice.pick(&any)).collect()
}

/// A nested name as PHP can read it.
fn some_key(dice: &mut Dice) -> String {
    match dice.roll(6) {
        0 => dice.roll(3).to_string(),
        _ => some_text(dice, &[]) + "k",
    }
}

fn some_value(dice: &mut Dice, depth: u8) -> Value {
    match dice.roll(if depth > 4 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => json!(dice.chance(50)),
        2 => json!(dice.roll(1 << 40)),
        3 => json!(dice.pick(&[-1.5, 0.25, 1e100])),
        4 | 5 => Value::String(some_text(dice, &['$', ']', '\0'])),
        6 | 7 => (0..dice.roll(4))
            .map(|_| some_value(dice, depth + 1))
            .collect(),
        _ => {
            let count = dice.roll(4);
            let member = |_| (some_key(dice), some_value(dice, depth + 1));
            Value::Object((0..count).map(member).collect())
        }
    }
}

/// What PHP holds of a value that came in a query, as JSON; `None` for what is left out of a map.
fn in_php(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Null => json!(""),
        Value::Bool(value) => json!(if *value { "1" } else { "0" }),
        Value::Number(number) => json!(number.to_string()),
        Value::String(text) => json!(text),
        Value::Array(items) if items.is_empty() => json!(""),
        Value::Array(items) => items
            .iter()
            .map(|item| in_php(item).unwrap_or(json!("")))
            .collect(),
        Value::Object(members) => {
            let kept = members.iter();
            let kept = kept.filter_map(|(name, value)| Some((name.clone(), in_php(value)?)));
            let kept: Map<String, Value> = kept.collect();
            let counts = kept
                .keys()
                .enumerate()
                .all(|(at, key)| *key == at.to_string());
            match (kept.is_empty(), counts) {
                (true, _) => return None,
                (_, true) => kept.into_values().collect(),
                _ => Value::Object(kept),
            }
        }
    })
}

#[test]
fn the_portal_decodes_what_was_given_under_whatever_name() {
    let mut desk = Desk::new();
    for seed in 0..3_000 {
        let mut dice = Dice(seed);
        desk.format = dice.pick(&[BodyFormat::Json, BodyFormat::Form]);
        let value = some_value(&mut dice, 0);
        let name = some_text(&mut dice, &['$']) + dice.pick(&["0", "x", " ", "[", "é"]);
        let id = reference(&name, &[]).unwrap();
        let commands = [
            (
                name.as_str(),
                "crm.deal.add",
                json!({"fields": {"TITLE": "x", "UF_V": value}}),
            ),
            ("]", "crm.deal.get", json!({"id": id, "more": {}})),
        ];
        let answers = desk.run(V2, &commands);
        let stored = result(&answers[1]);
        let expected = in_php(&value).unwrap_or_default();
        assert_eq!(stored["UF_V"], expected, "seed {seed}: {value}");
        assert_eq!(
            stored["ID"],
            json!(result(&answers[0]).to_string()),
            "seed {seed}: {name}"
        );
    }
}

#[test]
fn lists_and_positions_reach_their_methods() {
    let mut desk = Desk::new();
    for format in [BodyFormat::Json, BodyFormat::Form] {
        desk.format = format;
        let params = json!({
            "filter": {"@ID": [3, 5], ">ID": 1}, "order": {"ID": "DESC"}, "select": ["ID"], "start": -1,
        });
        let empty = json!({"filter": {}, "order": [], "select": null});
        let commands = [
            ("rows", "crm.deal.list", params),
            ("all", "crm.deal.list", empty),
            (
                "first",
                "crm.deal.get",
                json!({"id": "$result[rows][1][ID]"}),
            ),
            (
                "page",
                "crm.deal.list",
                json!({"start": "$next[all]", "order": {"ID": "ASC"}}),
            ),
        ];
        let answers = desk.run(V2, &commands);
        assert_eq!(*result(&answers[0]), json!([{"ID": "5"}, {"ID": "3"}]));
        let Envelope::Result {
            next, total, body, ..
        } = &answers[1]
        else {
            panic!("{answers:?}");
        };
        assert_eq!((*next, *total), (Some(50), Some(10_000)));
        assert!(body["time"]["duration"].is_number());
        assert_eq!(result(&answers[2])["ID"], "3");
        assert_eq!(result(&answers[3])[0]["ID"], "51");
    }
}

#[test]
fn each_commands_failure_is_read_as_if_it_had_been_called_alone() {
    let mut desk = Desk::new();
    let commands = [
        ("0", "no.such", json!({})),
        ("1", "profile", json!({})),
        ("2", "im.user.get", json!({})),
        ("3", PHONES, json!({"USER_ID": [1]})),
        ("4", "batch", json!({"cmd": {"a": "profile"}})),
    ];
    let answers = desk.run(V2, &commands);
    assert_eq!(code(&answers[0]), "ERROR_METHOD_NOT_FOUND");
    assert_eq!(result(&answers[1])["ID"], "1");
    let no_words = Envelope::Error {
        code: "insufficient_scope".to_owned(),
        description: String::new(),
    };
    assert_eq!(answers[2], no_words);
    assert_eq!(code(&answers[3]), "METHOD_CONFIRM_WAITING");
    assert_eq!(code(&answers[4]), "ERROR_BATCH_METHOD_NOT_ALLOWED");

    let halted = desk.run(Options { halt: true, ..V2 }, &commands);
    assert_eq!(code(&halted[0]), "ERROR_METHOD_NOT_FOUND");
    assert!(
        halted[1..].iter().all(|it| *it == Envelope::Foreign),
        "{halted:?}"
    );
}

#[test]
fn version_3_answers_in_the_order_of_the_commands_and_follows_references() {
    let v3 = Options {
        version: Version::V3,
        ..V2
    };
    let few = json!({"filter": [["id", "<", 4]], "select": ["id"]});
    let among = json!([["id", "in", {"$refArray": "the few.items.id"}]]);
    let commands = [
        ("the few", "tasks.task.list", few),
        (
            "1",
            "tasks.task.get",
            json!({"id": "$result[the few][items][1][id]", "select": ["id"]}),
        ),
        (
            "2",
            "tasks.task.get",
            json!({"id": {"$ref": "1.item.id"}, "select": ["id"]}),
        ),
        (
            "3",
            "tasks.task.list",
            json!({"filter": among, "select": ["id"]}),
        ),
    ];
    let answers = Desk::new().run(v3, &commands);
    assert_eq!(*result(&answers[1]), json!({"item": {"id": 2}}));
    assert_eq!(*result(&answers[2]), json!({"item": {"id": 2}}));
    assert_eq!(result(&answers[3])["items"], result(&answers[0])["items"]);
}

#[test]
fn what_looks_like_a_reference_and_is_none_is_not_sent() {
    for (text, why) in [
        (
            "$result[deal][ID],5",
            "params.fields.TITLE: a reference ends at a blank",
        ),
        (
            "Price: $result[x]",
            "params.fields.TITLE: refers to `x`, and no command",
        ),
    ] {
        let params = json!({"fields": {"TITLE": text}}).to_string();
        let item = |name: &str, method: &str, params: &str| {
            let params = Params::parse(params).unwrap();
            Item::new(name, MethodName::parse(method).unwrap(), params)
        };
        let items = [
            item("deal", "crm.deal.get", r#"{"id":1}"#),
            item("new", "crm.deal.add", &params),
        ];
        let mut plan: Plan<Value> = Plan::new(V2, items.into()).unwrap();
        assert_eq!(plan.next(|_| false).unwrap().places, [0]);
        let finished = format!("{:?}", plan.finish());
        assert!(finished.contains(why), "{finished}");
    }
}
