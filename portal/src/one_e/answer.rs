//! Answers and refusals in the forms that the settings ask for.

use serde_json::{Map, Value, json};

use super::settings::{ErrorForm, OneESettings};
use crate::http::Reply;

pub(super) type Told = Result<Answer, Refusal>;

const JSON: &str = "application/json; charset=utf-8";

/// A success.
pub(super) struct Answer {
    status: u16,
    body: Value,
}

impl From<Value> for Answer {
    fn from(body: Value) -> Self {
        Self { status: 200, body }
    }
}

impl Answer {
    /// A success that says nothing.
    pub(super) fn silent(status: u16) -> Self {
        let body = Value::Null;
        Self { status, body }
    }

    pub(super) fn reply(self, settings: &OneESettings) -> Reply {
        match (self.status, self.body) {
            (204, _) => Reply {
                status: 204,
                ..Reply::default()
            },
            (status, Value::Null) => Reply::new(status, JSON, ""),
            (status, body) => Reply::new(status, JSON, cased(body, settings).to_string()),
        }
    }
}

/// A request that is refused.
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    text: &'static str,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, text: &'static str) -> Self {
        Self { status, code, text }
    }

    pub(super) fn no_endpoint() -> Self {
        Self::new(
            404,
            "",
            "No HTTP resource was found that matches the request URI.",
        )
    }

    pub(super) fn malformed(text: &'static str) -> Self {
        Self::new(400, "Request.Malformed", text)
    }

    pub(super) fn reply(self, settings: &OneESettings) -> Reply {
        let object = match self.code {
            "" => json!({"Message": self.text}),
            code => json!({"ErrorCode": code, "Message": self.text, "Data": []}),
        };
        match settings.error_form {
            ErrorForm::Array => Reply::new(
                self.status,
                JSON,
                cased(json!([object]), settings).to_string(),
            ),
            ErrorForm::Object => Reply::new(self.status, JSON, cased(object, settings).to_string()),
            ErrorForm::Html => Reply::new(
                self.status,
                "text/html",
                format!(
                    "<!DOCTYPE html>\r\n<html><head><title>{}</title></head><body></body></html>",
                    self.status
                ),
            ),
            ErrorForm::Empty => Reply::new(self.status, "text/plain", ""),
        }
    }
}

/// The same value with the names' first letters as the settings say.
fn cased(value: Value, settings: &OneESettings) -> Value {
    if settings.camel_case {
        small(value)
    } else {
        value
    }
}

fn small(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(small).collect(),
        Value::Object(members) => {
            let mut smaller = Map::new();
            for (name, value) in members {
                let mut letters = name.chars();
                let first = letters.next().map(|first| first.to_ascii_lowercase());
                smaller.insert(first.into_iter().chain(letters).collect(), small(value));
            }
            Value::Object(smaller)
        }
        other => other,
    }
}

/// A member of a request's body; names are read in any case.
pub(super) fn member<'v>(body: &'v Value, name: &str) -> &'v Value {
    let found = body.as_object().and_then(|members| {
        members
            .iter()
            .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
    });
    found.unwrap_or(&Value::Null)
}
