//! Small conversions between PHP's values: what counts as true, as an integer, as text, as an array.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::php_json::number_text;

/// PHP's cast to bool: `""`, `"0"`, 0, false, null and an empty array are false.
pub(crate) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty() && text != "0",
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// PHP's cast to int: the leading digits of a text, 0 where there are none.
pub(crate) fn int(value: &Value) -> i64 {
    match value {
        Value::Bool(flag) => i64::from(*flag),
        // A float is cut off; `as` saturates at the ends of the range.
        Value::Number(number) => number
            .as_i64()
            .unwrap_or_else(|| number.as_f64().unwrap_or(0.0) as i64),
        Value::String(text) => leading_int(text),
        _ => 0,
    }
}

fn leading_int(text: &str) -> i64 {
    let text = text.trim_start();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(digits.len());
    let digits = digits.get(..end).unwrap_or_default();
    if digits.is_empty() {
        return 0;
    }
    digits.parse::<i64>().unwrap_or(i64::MAX) * sign
}

/// A scalar's text; `None` for arrays.
pub(crate) fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null | Value::Bool(false) => Some(Cow::Borrowed("")),
        Value::Bool(true) => Some(Cow::Borrowed("1")),
        Value::Number(number) => Some(Cow::Owned(number_text(number))),
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// The entries of a PHP array, whichever form it came in; `None` for scalars.
pub(crate) fn entries(value: &Value) -> Option<Vec<(String, &Value)>> {
    match value {
        Value::Array(items) => Some(
            (0..)
                .zip(items)
                .map(|(place, item): (u64, _)| (place.to_string(), item))
                .collect(),
        ),
        Value::Object(map) => Some(map.iter().map(|(key, item)| (key.clone(), item)).collect()),
        _ => None,
    }
}

/// One element of a PHP array.
pub(crate) fn element<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Array(items) => items.get(usize::try_from(crate::php_form::index_of(key)?).ok()?),
        Value::Object(map) => map.get(key),
        _ => None,
    }
}

/// An argument that may be one value or many, as a list of values.
pub(crate) fn values(value: &Value) -> Vec<&Value> {
    match entries(value) {
        Some(entries) => entries.into_iter().map(|(_, item)| item).collect(),
        None => vec![value],
    }
}

/// The array with its keys in capitals: what many old methods do with their parameters.
pub(crate) fn upper_keys(map: Map<String, Value>) -> Map<String, Value> {
    map.into_iter()
        .map(|(key, value)| (key.to_ascii_uppercase(), value))
        .collect()
}
