//! Forms: what is written is read back, by our reader and by the test portal's, which has no code in
//! common with ours; and of any text both read the same.

use callgate::bitrix24::wire::form;
use callgate::value::Value;
use serde_json::Value as Json;

/// Only so many variables are read; the test portal reads them all.
const MOST_VARIABLES: usize = 1_000;

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if text.matches('&').count() < MOST_VARIABLES {
        let theirs = callgate_portal::read_form(text);
        let ours = form::read(text);
        assert!(
            is_same(&ours, &Json::Object(theirs.clone())),
            "{ours:?} is not {theirs:?}"
        );
    }
    let mut body = String::new();
    let (Ok(value), Ok(())) = (Value::from_json(text), form::write(text, &mut body)) else {
        return;
    };
    if repeats_a_name(&value) {
        return;
    }
    let expected = in_php(&value).filter(|it| matches!(it, Value::Map(_)));
    let expected = expected.unwrap_or(Value::Map(Vec::new()));
    assert_eq!(form::read(&body), expected, "{body}");
    let theirs = Json::Object(callgate_portal::read_form(&body));
    assert!(is_same(&expected, &theirs), "{theirs} of {body}");
}

fn is_same(value: &Value, json: &Json) -> bool {
    match (value, json) {
        (Value::Text(ours), Json::String(theirs)) => ours == theirs,
        (Value::Map(ours), Json::Object(theirs)) => {
            let mut pairs = ours.iter().zip(theirs);
            ours.len() == theirs.len()
                && pairs.all(|((name, ours), (key, theirs))| name == key && is_same(ours, theirs))
        }
        _ => false,
    }
}

/// What PHP holds of a value that came in a form or a query: texts and maps. `None` for an empty
/// map, which is left out.
pub(crate) fn in_php(value: &Value) -> Option<Value> {
    let empty = || Value::Text(String::new());
    Some(match value {
        Value::Null => empty(),
        Value::Bool(value) => Value::Text(if *value { "1" } else { "0" }.to_owned()),
        Value::Number(text) | Value::Text(text) => Value::Text(text.clone()),
        Value::List(items) if items.is_empty() => empty(),
        Value::List(items) => {
            let items = items.iter().enumerate();
            let item = |(index, item): (usize, &Value)| {
                (index.to_string(), in_php(item).unwrap_or_else(empty))
            };
            Value::Map(items.map(item).collect())
        }
        Value::Map(members) => {
            let member = |(name, value): &(String, Value)| Some((name.clone(), in_php(value)?));
            let kept: Vec<_> = members.iter().filter_map(member).collect();
            if kept.is_empty() {
                return None;
            }
            Value::Map(kept)
        }
    })
}

/// Whether an object has two members of one name, which no object of JavaScript has.
pub(crate) fn repeats_a_name(value: &Value) -> bool {
    match value {
        Value::List(items) => items.iter().any(repeats_a_name),
        Value::Map(members) => {
            let mut names: Vec<_> = members.iter().map(|(name, _)| name).collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            names.len() < all || members.iter().any(|(_, value)| repeats_a_name(value))
        }
        _ => false,
    }
}
