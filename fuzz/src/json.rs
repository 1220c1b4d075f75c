//! The JSON reader, with serde_json for a judge: what serde_json takes, the reader takes, and both
//! read the same out of it.
//!
//! The reader takes more, and that is meant: more than 127 levels, escapes of half a surrogate pair,
//! and numbers beyond a double, whose text it keeps. Of equal names it keeps all, serde_json the
//! last. serde_json may miss a double by its last digit.

use callgate::json::{Event, Raw, Reader};
use callgate::value::Value;
use serde_json::Value as Json;

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let value = Value::from_json(text);
    match (&value, serde_json::from_str::<Json>(text)) {
        (Ok(value), Ok(json)) => assert!(is_same(value, &json), "{value:?} is not {json}"),
        (Ok(_), Err(error)) => assert!(goes_beyond(text), "{error}, and it was taken"),
        (Err(error), Ok(json)) => panic!("{json} was refused: {error}"),
        (Err(error), Err(_)) => assert!(error.at <= text.len(), "{error}"),
    }
    let skipped = Reader::new(text).skip_value();
    assert!(text.get(skipped).is_some());
    if let Ok(value) = value {
        let again = Value::from_json(&value.to_json());
        assert_eq!(again.as_ref(), Ok(&value));
        skips_what_it_reads(text, &value);
    }
}

fn is_same(value: &Value, json: &Json) -> bool {
    match (value, json) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(ours), Json::Bool(theirs)) => ours == theirs,
        (Value::Text(ours), Json::String(theirs)) => ours == theirs,
        (Value::Number(ours), Json::Number(theirs)) => {
            if !theirs.is_f64() {
                return *ours == theirs.to_string();
            }
            let (ours, theirs) = (ours.parse::<f64>().unwrap(), theirs.as_f64().unwrap());
            (ours - theirs).abs() <= ours.abs() * 1e-15 + f64::MIN_POSITIVE
        }
        (Value::List(ours), Json::Array(theirs)) => {
            let mut pairs = ours.iter().zip(theirs);
            ours.len() == theirs.len() && pairs.all(|(ours, theirs)| is_same(ours, theirs))
        }
        (Value::Map(members), Json::Object(theirs)) => {
            let last = |name: &str| value.get(name);
            members.iter().all(|(name, _)| theirs.contains_key(name))
                && theirs
                    .iter()
                    .all(|(name, theirs)| last(name).is_some_and(|ours| is_same(ours, theirs)))
        }
        _ => false,
    }
}

/// Whether a text is JSON that serde_json doesn't take.
fn goes_beyond(text: &str) -> bool {
    let half = |raw: Raw<'_>| raw.plain().is_none() && raw.to_text().contains('\u{fffd}');
    let mut reader = Reader::new(text);
    let mut depth = 0;
    loop {
        match reader.next().unwrap() {
            Event::MapOpens | Event::ListOpens => depth += 1,
            Event::Closes => depth -= 1,
            Event::Key(raw) | Event::Text(raw) if half(raw) => return true,
            Event::Number(number) if number.parse::<f64>().unwrap().is_infinite() => return true,
            Event::End => return false,
            _ => {}
        }
        if depth > 127 {
            return true;
        }
    }
}

/// Skipping goes over the same values as reading does.
fn skips_what_it_reads(text: &str, value: &Value) {
    let mut reader = Reader::new(text);
    let read = |range: std::ops::Range<usize>| Value::from_json(&text[range]);
    match (reader.next().unwrap(), value) {
        (Event::MapOpens, Value::Map(members)) => {
            for (name, value) in members {
                let Ok(Event::Key(key)) = reader.next() else {
                    panic!("{name} is not there");
                };
                assert!(key.is(name) && key.chars().eq(name.chars()));
                assert_eq!(read(reader.skip_value()).as_ref(), Ok(value));
            }
            assert_eq!(reader.next(), Ok(Event::Closes));
        }
        (Event::ListOpens, Value::List(items)) => {
            for item in items {
                assert_eq!(read(reader.skip_item().unwrap()).as_ref(), Ok(item));
            }
            assert_eq!(reader.skip_item(), None);
        }
        _ => assert_eq!(read(Reader::new(text).skip_value()).as_ref(), Ok(value)),
    }
}
