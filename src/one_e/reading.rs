//! Reads what the server sends: names in any case, times, the four forms of its errors.
//!
//! The documentation's samples spell names as `Id`, servers of other ages as `id`, so case is never
//! looked at. Every member may be missing, and unknown ones are left alone.

use std::time::Duration;

use crate::http::Response;
use crate::time::Instant;
use crate::value::Value;

/// The member called `name` in any case, unless it is null.
pub(super) fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let Value::Map(members) = value else {
        return None;
    };
    let named = members
        .iter()
        .rev()
        .find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
    named
        .map(|(_, value)| value)
        .filter(|value| **value != Value::Null)
}

/// A member that is a text with something in it, without the blanks around it.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    match member(value, name)? {
        Value::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        _ => None,
    }
}

/// A member that is a whole number, or the digits of one.
pub(super) fn number(value: &Value, name: &str) -> Option<i64> {
    member(value, name)?.as_text()?.trim().parse().ok()
}

pub(super) fn flag(value: &Value, name: &str) -> Option<bool> {
    match member(value, name)? {
        Value::Bool(flag) => Some(*flag),
        _ => None,
    }
}

/// The items of a member that is a list; none where it isn't.
pub(super) fn take_items(value: &mut Value, name: &str) -> Vec<Value> {
    if let Value::Map(members) = value {
        for (key, value) in members.iter_mut().rev() {
            if let (true, Value::List(items)) = (key.trim().eq_ignore_ascii_case(name), value) {
                return std::mem::take(items);
            }
        }
    }
    Vec::new()
}

/// A member that is a time in UTC, such as `2017-11-21T16:37:42.997Z`.
pub(super) fn time(value: &Value, name: &str) -> Option<Instant> {
    let (date, clock) = text(value, name)?.split_once('T')?;
    let mut date = date.split('-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let clock = clock.strip_suffix('Z').unwrap_or(clock);
    let mut clock = clock.split(':');
    let mut whole = || clock.next()?.parse::<u64>().ok();
    let (hours, minutes) = (whole()?, whole()?);
    let millis = read_seconds(clock.next().unwrap_or("0"))?;
    let in_range = (1970..10_000).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hours < 24
        && minutes < 60
        && millis < 61_000;
    if !in_range {
        return None;
    }
    let midnight = Instant::from_millis(days_since_1970(year, month, day) * 86_400_000);
    Some(
        midnight + Duration::from_secs(hours * 3600 + minutes * 60) + Duration::from_millis(millis),
    )
}

/// Seconds with or without a fraction, in milliseconds. As floating numbers they would be read by
/// tables that are larger than all else in this module.
fn read_seconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut millis = 0;
    for place in 0..3 {
        let digit = fraction.as_bytes().get(place).unwrap_or(&b'0');
        millis = millis * 10 + u64::from(digit - b'0');
    }
    Some(whole.parse::<u64>().ok()?.checked_mul(1000)? + millis)
}

/// The days from 1970-01-01 to a date of the Gregorian calendar.
fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    // Years that begin in March have their leap day at the end.
    let (year, month) = match month {
        3.. => (year, month - 3),
        _ => (year - 1, month + 9),
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// A body as a value. One that is empty is a null, one that isn't JSON a text.
pub(super) fn body(text: &str) -> Value {
    let text = text.trim_start_matches('\u{feff}');
    match Value::from_json(text) {
        Ok(value) => value,
        Err(_) if text.trim().is_empty() => Value::Null,
        Err(_) => Value::Text(text.to_owned()),
    }
}

/// What an answer with another status than 2xx says: its code if it has one, and its words.
///
/// It is an array of objects, one object, a page of the web server's, or nothing.
pub(super) fn complaint(response: &Response) -> (Option<String>, String) {
    let body = body(&response.body);
    let mut code = None;
    let mut words = String::new();
    let items = match &body {
        Value::List(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    for item in items {
        if code.is_none() {
            code = text(item, "ErrorCode").map(str::to_owned);
        }
        let said = match item {
            Value::Text(page) if page.trim_start().starts_with('<') => {
                Some("the web server answered with a page of its own")
            }
            Value::Text(said) => Some(said.as_str()),
            _ => text(item, "Message").or(text(item, "ExceptionMessage")),
        };
        if let Some(said) = said {
            if !words.is_empty() {
                words.push_str("; ");
            }
            words.push_str(said);
        }
    }
    (code, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, json: &str) -> Option<Instant> {
        time(&Value::from_json(json).ok()?, name)
    }

    #[test]
    fn times_are_read_to_the_millisecond_and_nonsense_is_not() {
        for (written, millis) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2017-11-21T16:37:42.997Z", Some(1_511_282_262_997)),
            ("2024-02-29T00:00:00", Some(1_709_164_800_000)),
            ("2024-12-31T23:59Z", Some(1_735_689_540_000)),
            ("1969-12-31T23:59:59Z", None),
            ("2024-13-01T00:00:00Z", None),
            ("2024-01-01T24:00:00Z", None),
            ("2024-01-01T00:00:01.5", Some(1_704_067_201_500)),
            ("2024-01-01T00:00:01.1234567Z", Some(1_704_067_201_123)),
            ("2024-01-01T00:00:NaN", None),
            ("2024-01-01T00:00:1.x", None),
            ("2024-01-01", None),
            ("yesterday", None),
        ] {
            let json = ["{\"CREATEDTIMESTAMPUTC\":\"", written, "\"}"].concat();
            let expected = millis.map(Instant::from_millis);
            assert_eq!(read("CreatedTimestampUtc", &json), expected, "{written}");
        }
    }

    #[test]
    fn complaints_come_as_a_list_an_object_a_page_a_text_or_nothing() {
        for (body, code, words) in [
            (
                r#"[{"ErrorCode":"Area.Reason","Message":"no","Data":["x"]},{"Message":"really"}]"#,
                Some("Area.Reason"),
                "no; really",
            ),
            (
                r#"{"errorCode":"Area.Reason","message":"no"}"#,
                Some("Area.Reason"),
                "no",
            ),
            (r#"{"ExceptionMessage":"broken"}"#, None, "broken"),
            (r#"{"Message":null}"#, None, ""),
            (r#""refused""#, None, "refused"),
            ("refused", None, "refused"),
            ("[]", None, ""),
            ("", None, ""),
            (
                "<!DOCTYPE html><h1>401</h1>",
                None,
                "the web server answered with a page of its own",
            ),
        ] {
            let response = Response {
                status: 400,
                body: body.to_owned(),
            };
            let (found, said) = complaint(&response);
            assert_eq!((found.as_deref(), said.as_str()), (code, words), "{body}");
        }
    }
}
