//! The facts about methods and scopes, as one set of types for every form that they take.
//!
//! The serde names are the keys of the fact folder that `import` reads. An unknown key there is an
//! error: a fact that this program doesn't know of must not get lost in silence.

use serde::Deserialize;

/// All that is known: the date of the facts, the methods, the scope codes.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// Year and month in which the facts were taken, such as `2026-08`.
    pub(super) date: String,
    /// Sorted by [`Method::key`].
    pub(super) methods: Vec<Method>,
}

/// One method in one REST version.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Method {
    #[serde(rename = "n")]
    pub(super) name: String,
    #[serde(rename = "v")]
    pub(super) version: u8,
    #[serde(rename = "p")]
    pub(super) page: String,
    /// All of the groups, any code of each. `None`: not known.
    #[serde(rename = "s")]
    pub(super) scope: Option<Vec<Vec<String>>>,
    /// Where the scope was found, when not on the method's own page.
    #[serde(rename = "s0")]
    pub(super) scope_from: Option<String>,
    /// Scopes that only some parameters need.
    #[serde(rename = "s1")]
    pub(super) scope_extra: Vec<String>,
    #[serde(rename = "x")]
    pub(super) who: Option<String>,
    pub(super) auth: Option<String>,
    #[serde(rename = "depv")]
    pub(super) deprecated_since: Option<String>,
    #[serde(rename = "repl")]
    pub(super) instead: Vec<String>,
    #[serde(rename = "alt")]
    pub(super) spellings: Vec<String>,
    #[serde(rename = "list")]
    pub(super) paging: Option<String>,
    #[serde(rename = "res")]
    pub(super) returns: OneOrMany,
    #[serde(rename = "E")]
    pub(super) errors: Vec<ErrorCode>,
    #[serde(rename = "E1")]
    pub(super) errors_seen: Vec<ErrorCode>,
    #[serde(rename = "eh")]
    pub(super) statuses: Vec<u16>,
    /// Groups of parameters of which one is needed.
    #[serde(rename = "any1")]
    pub(super) one_of: Vec<Vec<String>>,
    /// Alternative sets of required parameters.
    #[serde(rename = "rs")]
    pub(super) sets: Vec<Vec<String>>,
    #[serde(rename = "P")]
    pub(super) parameters: Vec<Parameter>,
    #[serde(flatten)]
    pub(super) marks: MethodMarks,
}

/// One parameter, with what nests in it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Parameter {
    #[serde(rename = "n")]
    pub(super) name: String,
    #[serde(rename = "t")]
    pub(super) types: OneOrMany,
    #[serde(rename = "e")]
    pub(super) values: Vec<String>,
    #[serde(rename = "ie")]
    pub(super) item_values: Vec<String>,
    #[serde(rename = "d")]
    pub(super) default: Option<String>,
    #[serde(rename = "al")]
    pub(super) names: Vec<String>,
    #[serde(rename = "a1")]
    pub(super) one_of: Vec<Vec<String>>,
    #[serde(rename = "c")]
    pub(super) nested: Vec<Parameter>,
    #[serde(flatten)]
    pub(super) marks: ParameterMarks,
}
