//! Answers: each is told apart by its members alone, and a batch's answer says of each command what
//! the command's own answer would say.

use callgate::bitrix24::rights::method::Version;
use callgate::bitrix24::wire::code::{Meaning, Response};
use callgate::bitrix24::wire::envelope::{Envelope, Payload, Reply};
use callgate::error::{Kind, Ran};
use serde_json::Value as Json;

const PLACES: [usize; 4] = [0, 1, 49, 7];

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let envelope = Reply::read(200, text).envelope;
    let json = serde_json::from_str::<Json>(text);
    is_told_apart(&envelope, json.as_ref().ok());
    if let Envelope::NotJson { empty } = envelope {
        assert_eq!(empty, text.trim().is_empty());
    }
    let Ok(json) = json else { return };
    json.scopes();
    json.availability();
    for version in [Version::V2, Version::V3] {
        let commands = json.clone().into_commands(version, &PLACES);
        assert_eq!(commands.len(), PLACES.len());
        for command in commands {
            let alone = match &command {
                Envelope::Result { body, .. } => Some(body.clone()),
                Envelope::Error { .. } | Envelope::Foreign => None,
                other => panic!("{other:?} of a command"),
            };
            if let Some(body) = alone {
                is_told_apart(&command, Some(&body));
            }
        }
    }
}

fn is_told_apart(envelope: &Envelope<Json>, json: Option<&Json>) {
    let member = |name| json.and_then(|json| json.get(name));
    let failed = member("error").is_some_and(|error| !error.is_null());
    let answers = member("result").is_some();
    match envelope {
        Envelope::NotJson { .. } => assert!(json.is_none()),
        Envelope::Foreign => assert!(json.is_some() && !failed && !answers),
        Envelope::Error { code, .. } => {
            assert!(failed);
            means_the_same_in_any_case(code);
        }
        Envelope::Result {
            body,
            next,
            total,
            worked,
        } => {
            assert!(!failed && answers);
            assert_eq!(Some(body), json);
            for (read, name) in [(next, "next"), (total, "total")] {
                let given = match member(name) {
                    Some(Json::String(text)) => text.parse().ok(),
                    Some(Json::Number(number)) => number.to_string().parse().ok(),
                    _ => None,
                };
                assert_eq!(*read, given, "{name}");
            }
            assert!(worked.is_none_or(|worked| worked.seconds.is_finite()));
        }
        other => panic!("{other:?} of a body"),
    }
}

fn means_the_same_in_any_case(code: &str) {
    for status in [200, 401, 503] {
        let meaning = Meaning::of(code, status);
        assert_eq!(Meaning::of(&code.to_ascii_uppercase(), status), meaning);
        assert_eq!(
            meaning.response == Response::Park,
            meaning.kind == Kind::Waiting
        );
        // A refusal is no proof that a call was carried out.
        assert!(matches!(meaning.ran, Ran::No | Ran::Unknown));
    }
}
