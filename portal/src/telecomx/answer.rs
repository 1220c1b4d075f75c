//! Answers and refusals, in the forms that the settings ask for.

use serde_json::{Value, json};

use super::settings::{Container, TelecomXSettings};
use crate::http::Reply;

pub(super) type Told = Result<Value, Refusal>;

const JSON: &str = "application/json; charset=utf-8";

/// A request that is refused.
pub(super) enum Refusal {
    /// With status, code and words.
    Code(u16, String, &'static str),
    /// With a status alone, as `validateToken` does it when it is asked to be simple.
    Bare(u16),
}

impl Refusal {
    pub(super) fn new(status: u16, code: &str, text: &'static str) -> Self {
        Self::Code(status, code.to_owned(), text)
    }

    pub(super) fn no_endpoint() -> Self {
        Self::new(404, "not_found", "no such function")
    }

    /// One that the settings know.
    pub(super) fn set((status, code): &(u16, String), text: &'static str) -> Self {
        Self::Code(*status, code.clone(), text)
    }

    pub(super) fn reply(self, settings: &TelecomXSettings) -> Reply {
        let (status, code, text) = match self {
            Self::Code(status, code, text) => (status, code, text),
            Self::Bare(status) => return Reply::new(status, JSON, ""),
        };
        let error = json!({"message": text, "code": code, "status": status});
        let body = match settings.container {
            Container::Object => json!({"error": error}),
            Container::List => json!({"error": [error]}),
            Container::Errors => json!({"errors": [error]}),
        };
        Reply::new(status, JSON, body.to_string())
    }
}

pub(super) fn success(body: &Value) -> Reply {
    Reply::new(200, JSON, body.to_string())
}
