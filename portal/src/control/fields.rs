//! The fields of a control-plane request, read with complaints that name the field and say what is
//! accepted.

use std::fmt;

use serde_json::{Map, Value};

use crate::{http::Request, php_form, settings::Budget, world::World};

/// A request that the control plane does not understand.
///
/// ```
/// let mut portal = callgate_portal::Portal::new();
/// let error = portal.generate("deel", 5).unwrap_err();
/// assert_eq!(error.field(), "entity");
/// assert!(error.to_string().contains("deal"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlError {
    field: String,
    text: String,
}

impl ControlError {
    pub(crate) fn new(field: &str, text: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            text: text.into(),
        }
    }

    pub(crate) fn unknown_kind(kind: &str) -> Self {
        Self::new(
            "kind",
            format!(
                "kind: {kind:?} is no fault; GET /_portal/faults lists all kinds, their other names and their codes"
            ),
        )
    }

    pub(crate) fn unknown_entity(world: &World, entity: &str) -> Self {
        let known = world.tables.names().join(", ");
        Self::new(
            "entity",
            format!("entity: {entity:?} is no table; accepted are {known}"),
        )
    }

    /// The field that is wrong; empty when it is the whole request.
    pub fn field(&self) -> &str {
        &self.field
    }
}

impl fmt::Display for ControlError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl std::error::Error for ControlError {}

/// The fields of a request, read with complaints that name them.
pub(super) struct Fields {
    pub(super) map: Map<String, Value>,
}

impl Fields {
    /// Reads the body, or a GET's query, and refuses fields that nobody knows.
    pub(super) fn read(request: &Request, accepted: &[&str]) -> Result<Self, ControlError> {
        let map = if request.method == "GET" {
            php_form::parse(request.query())
        } else if request.body.iter().all(u8::is_ascii_whitespace) {
            Map::new()
        } else {
            match serde_json::from_slice(&request.body) {
                Ok(Value::Object(map)) => map,
                Ok(_) => return Err(ControlError::new("", "the body must be a JSON object")),
                Err(error) => {
                    return Err(ControlError::new(
                        "",
                        format!("the body is not JSON: {error}"),
                    ));
                }
            }
        };
        match map.keys().find(|name| !accepted.contains(&name.as_str())) {
            Some(unknown) => {
                let accepted = if accepted.is_empty() {
                    "none".to_owned()
                } else {
                    accepted.join(", ")
                };
                Err(ControlError::new(
                    unknown,
                    format!("{unknown}: no such field; accepted are {accepted}"),
                ))
            }
            None => Ok(Self { map }),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn wrong(name: &str, wanted: &str, got: &Value) -> ControlError {
        ControlError::new(name, format!("{name}: must be {wanted}, not {got}"))
    }

    pub(super) fn missing(name: &str, wanted: &str) -> ControlError {
        ControlError::new(name, format!("{name}: is missing; it must be {wanted}"))
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, ControlError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
            Some(other) => Err(Self::wrong(name, "a text", other)),
        }
    }

    pub(super) fn required_text(&self, name: &str) -> Result<String, ControlError> {
        self.text(name)?
            .ok_or_else(|| Self::missing(name, "a text"))
    }

    /// A whole number; in a query its digits.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, ControlError> {
        self.get(name)
            .map(|value| {
                let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
                number.ok_or_else(|| Self::wrong(name, "a whole number, 0 or more", value))
            })
            .transpose()
    }

    pub(super) fn float(&self, name: &str) -> Result<Option<f64>, ControlError> {
        self.get(name)
            .map(|value| {
                let number = value
                    .as_f64()
                    .filter(|number| *number >= 0.0 && *number < 1e12);
                number.ok_or_else(|| Self::wrong(name, "a number, 0 or more", value))
            })
            .transpose()
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ControlError> {
        self.get(name)
            .map(|value| {
                value
                    .as_bool()
                    .ok_or_else(|| Self::wrong(name, "true or false", value))
            })
            .transpose()
    }

    /// Scopes: a list of texts, or one text with commas or blanks.
    pub(super) fn scopes(&self) -> Result<Option<Vec<String>>, ControlError> {
        let Some(value) = self.get("scopes") else {
            return Ok(None);
        };
        let wrong = || Self::wrong("scopes", "a list of texts, or a text with commas", value);
        match value {
            Value::String(text) => Ok(Some(
                text.split([',', ' '])
                    .filter(|scope| !scope.is_empty())
                    .map(str::to_owned)
                    .collect(),
            )),
            Value::Array(items) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
                .collect::<Result<_, _>>()
                .map(Some),
            _ => Err(wrong()),
        }
    }
}

/// The setting `budget`: null, or its two numbers.
pub(super) fn budget(value: &Value) -> Result<Option<Budget>, ControlError> {
    if value.is_null() {
        return Ok(None);
    }
    let number = |name: &str| {
        value
            .get(name)
            .and_then(Value::as_f64)
            .filter(|number| *number >= 0.0)
    };
    let known = value
        .as_object()
        .is_some_and(|map| map.keys().all(|key| key == "burst" || key == "perSecond"));
    match (known, number("burst"), number("perSecond")) {
        (true, Some(burst), Some(per_second)) => Ok(Some(Budget { burst, per_second })),
        _ => Err(Fields::wrong(
            "budget",
            "null or {burst, perSecond}, two numbers of 0 or more",
            value,
        )),
    }
}
