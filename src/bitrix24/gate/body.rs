//! The body of a request, by its content type.

use std::collections::BTreeSet;

use super::multipart;
use super::request::{Doubts, Limits, Rejection, Request};
use super::tree::{self, Members};
use crate::json::{Event, Reader};
use crate::text::from_bytes;
use crate::value::Value;

/// What a body holds.
pub(super) enum Body {
    /// Nothing that counts as parameters.
    Nothing,
    /// Parameters by name.
    Members(Members),
    /// A JSON list.
    List(Vec<Value>),
}

/// Reads the body. Only a POST's counts.
pub(super) fn read(
    request: &Request<'_>,
    limits: &Limits,
    doubts: &mut Doubts,
) -> Result<Body, Rejection> {
    if request.body.len() > limits.body {
        return Err(Rejection::too_long());
    }
    if request.verb != "POST" {
        let why = "the portal reads the body of a POST alone";
        doubts.add_if(!request.body.is_empty(), "body", why);
        return Ok(Body::Nothing);
    }
    let header = request.header("content-type").unwrap_or_default();
    let kind = header.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    look_at(header, &kind, request.body, doubts);
    if kind == "multipart/form-data" {
        return multipart::read(header, request.body, limits, doubts).map(Body::Members);
    }
    let valid = str::from_utf8(request.body).is_ok();
    doubts.add_if(!valid, "body", "isn't UTF-8");
    let text = from_bytes(request.body);
    if kind == "application/json" || kind.ends_with("+json") {
        return json(&text, limits, doubts);
    }
    tree::read(&text, limits, doubts).map(Body::Members)
}

/// What sets the content type against the content.
fn look_at(header: &str, kind: &str, body: &[u8], doubts: &mut Doubts) {
    let charset = header
        .split(';')
        .skip(1)
        .filter_map(|it| it.split_once('='));
    for (name, value) in charset {
        let value = value.trim().trim_matches('"');
        let other =
            name.trim().eq_ignore_ascii_case("charset") && !value.eq_ignore_ascii_case("utf-8");
        doubts.add_if(other, "content-type", "another encoding than UTF-8");
    }
    let odd = header.contains(',') || header.chars().any(|c| c.is_control() || !c.is_ascii());
    doubts.add_if(odd, "content-type", "is more than one type");
    let marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe"];
    let marked = marks.iter().any(|mark| body.starts_with(mark));
    doubts.add_if(marked, "body", "begins with a byte order mark");
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    let looks_like_json = matches!(first, Some(b'{' | b'['));
    let is_json = kind == "application/json" || kind.ends_with("+json");
    let why = "looks like JSON, and is read as a query by its type";
    doubts.add_if(looks_like_json && !is_json, "body", why);
    let looks_multipart = body.starts_with(b"--") && kind != "multipart/form-data";
    doubts.add_if(
        looks_multipart,
        "body",
        "looks like multipart, and has another type",
    );
    let multipart = kind.starts_with("multipart/") && kind != "multipart/form-data";
    doubts.add_if(
        multipart,
        "content-type",
        "another multipart than form-data",
    );
}

/// Reads JSON as PHP's `json_decode` does, which sees nothing in what is no JSON.
fn json(text: &str, limits: &Limits, doubts: &mut Doubts) -> Result<Body, Rejection> {
    if text.is_empty() {
        return Ok(Body::Nothing);
    }
    let nothing = "isn't a JSON object or list, so the portal would see no parameters in it";
    let (mut reader, mut depth, mut keys) = (Reader::new(text), 0_usize, 0_usize);
    loop {
        let Ok(event) = reader.next() else {
            doubts.add("body", nothing);
            return Ok(Body::Nothing);
        };
        match event {
            Event::MapOpens | Event::ListOpens => depth += 1,
            Event::Closes => depth -= 1,
            Event::Key(raw) | Event::Text(raw) if raw.plain().is_none() => {
                let read = raw.to_text();
                let half = read.contains(char::REPLACEMENT_CHARACTER);
                doubts.add_if(half, "body", "holds half a pair of surrogates");
                doubts.add_if(read.contains('\0'), "body", "holds a null byte");
            }
            Event::Number(number) => {
                doubts.add_if(
                    !is_exact(number),
                    "body",
                    "holds a number that readers round",
                );
            }
            Event::End => break,
            Event::Key(_) | Event::Text(_) | Event::Bool(_) | Event::Null => {}
        }
        if depth > limits.nesting {
            return Err(Rejection::limit(
                "body",
                "nests deeper than the gate lets pass",
            ));
        }
        keys += usize::from(!matches!(event, Event::Key(_) | Event::Closes));
        if keys > limits.keys {
            return Err(Rejection::limit(
                "body",
                "more values than the gate lets pass",
            ));
        }
    }
    let mut value = Value::from_json(text).unwrap_or(Value::Null);
    keep_last(&mut value, doubts);
    Ok(match value {
        Value::Map(members) => Body::Members(members),
        Value::List(items) => Body::List(items),
        _ => {
            doubts.add("body", nothing);
            Body::Nothing
        }
    })
}

/// Whether every reader takes a number for the same.
fn is_exact(number: &str) -> bool {
    match number.contains(['.', 'e', 'E']) {
        true => number.len() <= 17 && number.parse().is_ok_and(|value: f64| value.abs() < 1e15),
        false => number.parse::<i64>().is_ok(),
    }
}

/// Of equal names keeps the last, as PHP does.
fn keep_last(value: &mut Value, doubts: &mut Doubts) {
    match value {
        Value::List(items) => items.iter_mut().for_each(|item| keep_last(item, doubts)),
        Value::Map(members) => {
            let names: BTreeSet<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
            if names.len() < members.len() {
                let mut seen = BTreeSet::new();
                members.reverse();
                members.retain(|(name, _)| {
                    let first = seen.insert(name.clone());
                    doubts.add_if(!first, name, "stands there more than once");
                    first
                });
                members.reverse();
            }
            let values = members.iter_mut();
            values.for_each(|(_, member)| keep_last(member, doubts));
        }
        _ => {}
    }
}
