//! Takes the answer of a batch apart, natively.

use serde_json::{Map, Value};

use super::push_key;
use crate::bitrix24::rights::method::Version;
use crate::bitrix24::wire::envelope::Envelope;
use crate::bitrix24::wire::envelope::native::read_members;

/// What a command's own body has, and in which map of the batch's answer it stands.
const MEMBERS: [(&str, &str); 4] = [
    ("result", "result"),
    ("total", "result_total"),
    ("next", "result_next"),
    ("time", "result_time"),
];

/// What the answer says of the commands at `places`, in this order.
pub(in crate::bitrix24::wire) fn split(
    mut body: Value,
    version: Version,
    places: &[usize],
) -> Vec<Envelope<Value>> {
    let mut result = body.get_mut("result").map(Value::take).unwrap_or_default();
    let read = |(index, place): (usize, &usize)| {
        let members = match version {
            Version::V2 => take_command(&mut result, *place),
            Version::V3 => {
                let item = result.get_mut(index).map(Value::take);
                item.map(|item| ("result".to_owned(), item))
                    .into_iter()
                    .collect()
            }
        };
        read_members(members)
    };
    places.iter().enumerate().map(read).collect()
}

/// The body of one command. Without commands a map is an empty list.
fn take_command(maps: &mut Value, place: usize) -> Map<String, Value> {
    let mut key = String::new();
    push_key(place, &mut key);
    if let Some(Value::Object(error)) = take(maps, "result_error", &key) {
        return error;
    }
    MEMBERS
        .iter()
        .filter_map(|(member, map)| Some(((*member).to_owned(), take(maps, map, &key)?)))
        .collect()
}

fn take(maps: &mut Value, map: &str, key: &str) -> Option<Value> {
    maps.get_mut(map)?.get_mut(key).map(Value::take)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(body: Value, version: Version, places: &[usize]) -> Vec<String> {
        let tell = |envelope: &Envelope<Value>| match envelope {
            Envelope::Result {
                body, next, total, ..
            } => format!("{body} {next:?} {total:?}"),
            Envelope::Error { code, description } => format!("{code}: {description}"),
            _ => "nothing".to_owned(),
        };
        let commands = split(body, version, places);
        commands.iter().map(tell).collect()
    }

    #[test]
    fn each_command_reads_as_if_it_had_been_called_alone() {
        let body = json!({"result": {
            "result": {"c3": null, "c9": [1]},
            "result_error": {"c4": {"error": "X", "error_description": ""}},
            "result_total": {"c9": "120"},
            "result_next": {"c9": 0},
            "result_time": {"c9": {"operating": 0.5}},
        }});
        let expected = [
            r#"{"result":null} None None"#,
            "X: ",
            "nothing",
            r#"{"result":[1],"total":"120","next":0,"time":{"operating":0.5}} Some(0) Some(120)"#,
        ];
        assert_eq!(told(body, Version::V2, &[3, 4, 5, 9]), expected);
    }

    #[test]
    fn answers_that_say_nothing_of_a_command_are_no_panic() {
        for result in [
            json!(null),
            json!([]),
            json!(false),
            json!({}),
            json!({"result": [], "result_error": [], "result_total": []}),
            json!({"result": [1, 2], "result_error": "x"}),
            json!({"result": {"c1": 1}, "result_error": {"c0": "text"}}),
        ] {
            let body = json!({"result": result});
            assert_eq!(told(body, Version::V2, &[0]), ["nothing"], "{result}");
        }
    }

    #[test]
    fn version_3_answers_in_order() {
        let body = json!({"result": [{"item": {"id": 1}}, {"items": []}]});
        let expected = [
            r#"{"result":{"item":{"id":1}}} None None"#,
            r#"{"result":{"items":[]}} None None"#,
            "nothing",
        ];
        assert_eq!(told(body, Version::V3, &[5, 7, 9]), expected);
    }
}
