//! What surrounds a result, in both REST versions.

use std::time::Duration;

use crate::bitrix24::rights::method::Version;
use crate::bitrix24::wire::page::Page;
use crate::time::Instant;

/// An answer as far as the core reads it. `B` is the parsed body: a `serde_json::Value` natively, a
/// JavaScript value in wasm, of which the core sees nothing but what stands here.
///
/// ```
/// use callgate::bitrix24::wire::envelope::{Envelope, Reply};
/// let reply = Reply::read(200, r#"{"result":[1],"next":50,"total":"120"}"#);
/// assert!(matches!(reply.envelope, Envelope::Result { next: Some(50), total: Some(120), .. }));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Reply<B> {
    /// The HTTP status.
    pub status: u16,
    /// What the body is.
    pub envelope: Envelope<B>,
    /// What the header `Retry-After` asks for, in its form with a number of seconds.
    pub retry_after: Option<Duration>,
}

/// What a body is.
///
/// ```
/// use callgate::bitrix24::wire::envelope::{Envelope, Reply};
/// let reply = Reply::read(502, "<html>Bad Gateway</html>");
/// assert_eq!(reply.envelope, Envelope::NotJson { empty: false });
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Envelope<B> {
    /// It has the member `result`, whatever that is.
    Result {
        /// The whole body.
        body: B,
        /// Where the next page begins.
        next: Option<u64>,
        /// How many rows there are in all.
        total: Option<u64>,
        /// How long the method has worked of late.
        worked: Option<Worked>,
    },
    /// It has the member `error`.
    Error {
        /// The code, which may be empty.
        code: String,
        /// The description, which may be empty or hold markup.
        description: String,
    },
    /// It is JSON with neither.
    Foreign,
    /// It is no JSON, or cut short.
    NotJson {
        /// Whether there was no body at all.
        empty: bool,
    },
    /// It is longer than the caller lets it be.
    TooLong,
    /// A redirect, which is never followed: a followed POST would turn into a GET.
    Moved {
        /// The new address, where the environment lets it be read.
        location: Option<String>,
    },
}

/// What an answer's `time` says of its method. Both members are missing where the portal doesn't
/// count: then nothing is limited.
///
/// ```
/// use callgate::bitrix24::wire::envelope::Worked;
/// let worked = Worked::read(Some(12.5), Some(1_478_791_452)).unwrap();
/// assert_eq!(worked.resets_at.as_millis(), 1_478_791_452_000);
/// assert_eq!(Worked::read(None, None), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worked {
    /// `operating`: seconds of work in the last ten minutes.
    pub seconds: f64,
    /// `operating_reset_at`: when the oldest of them are forgotten.
    pub resets_at: Instant,
}

impl Worked {
    /// Takes the two members, the second in Unix seconds; `None` unless both are there.
    ///
    /// ```
    /// use callgate::bitrix24::wire::envelope::Worked;
    /// assert_eq!(Worked::read(Some(1.0), None), None);
    /// ```
    pub fn read(operating: Option<f64>, reset_at: Option<u64>) -> Option<Self> {
        Some(Self {
            seconds: operating.filter(|seconds| seconds.is_finite())?,
            resets_at: Instant::from_millis(reset_at?.saturating_mul(1000)),
        })
    }
}

/// What the core reads of a result.
///
/// ```
/// use callgate::bitrix24::wire::envelope::Payload;
/// let body = serde_json::json!({"result": {"SCOPE": ["crm", "im"], "LICENSE": "de_basic"}});
/// assert_eq!(body.scopes(), Some(vec!["crm".to_owned(), "im".to_owned()]));
/// ```
pub trait Payload: Sized {
    /// The scopes in a body that answers the method `scope` (`result` is their list) or, to a
    /// webhook, `app.info` (they are its member `SCOPE`).
    fn scopes(&self) -> Option<Vec<String>>;

    /// What a body that answers `method.get` says of the method that was asked about.
    fn availability(&self) -> Option<Availability>;

    /// What a body that answers a batch says of the commands at `places`, in this order, as if each
    /// had been called alone: the body of a result has the members `result`, `total`, `next` and
    /// `time`, as far as they were there. [`Envelope::Foreign`] stands for a command of which it
    /// says nothing.
    ///
    /// ```
    /// use callgate::bitrix24::rights::method::Version;
    /// use callgate::bitrix24::wire::envelope::{Envelope, Payload};
    /// let body = serde_json::json!({"result": {
    ///     "result": {"c0": ["a"]}, "result_error": [], "result_total": {"c0": 120},
    ///     "result_next": {"c0": 50}, "result_time": [],
    /// }});
    /// let [first, second] = body.into_commands(Version::V2, &[0, 1]).try_into().unwrap();
    /// assert!(matches!(first, Envelope::Result { next: Some(50), total: Some(120), .. }));
    /// assert!(matches!(second, Envelope::Foreign));
    /// ```
    fn into_commands(self, version: Version, places: &[usize]) -> Vec<Envelope<Self>>;

    /// What a body that answers a list's method says of its rows, beside the envelope's `next` and
    /// `total`; `None` when its result is no list.
    ///
    /// ```
    /// use callgate::bitrix24::wire::envelope::Payload;
    /// use callgate::bitrix24::wire::page::Ids;
    /// let body = serde_json::json!({"result": {"items": [{"id": 7}]}});
    /// assert_eq!(body.page(None, Some(1)).unwrap().ids, Ids::Rising(7, 7));
    /// ```
    fn page(&self, next: Option<u64>, total: Option<u64>) -> Option<Page>;
}

/// What `method.get` says of a method.
///
/// ```
/// use callgate::bitrix24::wire::envelope::{Availability, Payload};
/// let body = serde_json::json!({"result": {"isExisting": true, "isAvailable": false}});
/// let known = Availability { exists: true, available: false };
/// assert_eq!(body.availability(), Some(known));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Availability {
    /// The portal has such a method.
    pub exists: bool,
    /// The token's scopes let it be called. Nothing is said of confirmations or a user's rights.
    pub available: bool,
}

#[cfg(not(target_arch = "wasm32"))]
pub(super) mod native {
    use serde_json::Value;

    use super::{Availability, Envelope, Page, Payload, Reply, Version, Worked};
    use crate::bitrix24::wire::batch;

    impl Reply<Value> {
        /// Reads a body's text, natively.
        ///
        /// ```
        /// use callgate::bitrix24::wire::envelope::{Envelope, Reply};
        /// let reply = Reply::read(400, r#"{"error":"ID_EMPTY","error_description":"…"}"#);
        /// assert!(matches!(reply.envelope, Envelope::Error { code, .. } if code == "ID_EMPTY"));
        /// ```
        pub fn read(status: u16, text: &str) -> Self {
            let envelope = match serde_json::from_str(text) {
                Ok(Value::Object(members)) => read_members(members),
                Ok(_) => Envelope::Foreign,
                Err(_) => Envelope::NotJson {
                    empty: text.trim().is_empty(),
                },
            };
            Self {
                status,
                envelope,
                retry_after: None,
            }
        }
    }

    pub(in crate::bitrix24::wire) fn read_members(
        members: serde_json::Map<String, Value>,
    ) -> Envelope<Value> {
        let text = |value: Option<&Value>| match value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let number = |value: Option<&Value>| match value {
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        match members.get("error") {
            Some(Value::Object(error)) => Envelope::Error {
                code: text(error.get("code")),
                description: text(error.get("message")),
            },
            Some(error) if !error.is_null() => Envelope::Error {
                code: text(Some(error)),
                description: text(members.get("error_description")),
            },
            _ if members.contains_key("result") => Envelope::Result {
                next: number(members.get("next")),
                total: number(members.get("total")),
                worked: members.get("time").and_then(|time| {
                    let operating = time.get("operating").and_then(Value::as_f64);
                    Worked::read(operating, number(time.get("operating_reset_at")))
                }),
                body: Value::Object(members),
            },
            _ => Envelope::Foreign,
        }
    }

    impl Payload for Value {
        fn scopes(&self) -> Option<Vec<String>> {
            let result = self.get("result")?;
            let list = result.get("SCOPE").unwrap_or(result).as_array()?;
            list.iter()
                .map(|code| code.as_str().map(str::to_owned))
                .collect()
        }

        fn availability(&self) -> Option<Availability> {
            let result = self.get("result")?;
            Some(Availability {
                exists: result.get("isExisting")?.as_bool()?,
                available: result.get("isAvailable")?.as_bool()?,
            })
        }

        fn into_commands(self, version: Version, places: &[usize]) -> Vec<Envelope<Self>> {
            batch::split(self, version, places)
        }

        fn page(&self, next: Option<u64>, total: Option<u64>) -> Option<Page> {
            Page::read(self.get("result")?, next, total)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_answer_is_told_apart() {
        type Told = fn(&Envelope<serde_json::Value>) -> bool;
        let table: &[(&str, Told)] = &[
            ("", |e| *e == Envelope::NotJson { empty: true }),
            (" \n", |e| *e == Envelope::NotJson { empty: true }),
            (r#"{"result":{"a""#, |e| {
                *e == Envelope::NotJson { empty: false }
            }),
            ("[1]", |e| *e == Envelope::Foreign),
            ("null", |e| *e == Envelope::Foreign),
            (r#"{"time":{}}"#, |e| *e == Envelope::Foreign),
            (r#"{"result":null}"#, |e| {
                matches!(e, Envelope::Result { .. })
            }),
            (r#"{"result":false,"next":0}"#, |e| {
                matches!(e, Envelope::Result { next: Some(0), .. })
            }),
            (
                r#"{"error":"","error_description":"x"}"#,
                |e| matches!(e, Envelope::Error { code, description } if code.is_empty() && description == "x"),
            ),
            (
                r#"{"error":100}"#,
                |e| matches!(e, Envelope::Error { code, .. } if code == "100"),
            ),
            (r#"{"error":"wrong_client"}"#, |e| {
                matches!(e, Envelope::Error { .. })
            }),
            (r#"{"error":null,"result":1}"#, |e| {
                matches!(e, Envelope::Result { .. })
            }),
            (r#"{"result":1,"error":"x","error_description":"y"}"#, |e| {
                matches!(e, Envelope::Error { .. })
            }),
            (
                r#"{"error":{"code":"BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION","message":"m"}}"#,
                |e| matches!(e, Envelope::Error { description, .. } if description == "m"),
            ),
        ];
        for (text, told) in table {
            let reply = Reply::read(200, text);
            assert!(told(&reply.envelope), "{text}: {:?}", reply.envelope);
        }
    }
}
