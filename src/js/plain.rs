//! Small objects on their way to JavaScript.
//!
//! They all are of one type, which `serde-wasm-bindgen` turns into plain JavaScript: every type that
//! derives `Serialize` by itself costs up to a kilobyte of wasm.

use js_sys::{Array, Object};
use serde::{Serialize, Serializer};
use serde_wasm_bindgen::preserve;
use wasm_bindgen::JsValue;

use crate::decision::{Decision, Problem};

/// A value as JavaScript sees it.
pub(super) enum Plain<'a> {
    /// A member that isn't there.
    Absent,
    Null,
    Number(f64),
    Text(&'a str),
    List(Vec<Plain<'a>>),
    Object(Vec<(&'static str, Plain<'a>)>),
    /// An object whose names are the caller's.
    Map(Vec<(&'a str, Plain<'a>)>),
}

impl Plain<'_> {
    pub(super) fn to_js(&self) -> JsValue {
        self.serialize(&serde_wasm_bindgen::Serializer::json_compatible())
            .unwrap_or_default()
    }
}

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_unit(),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(members) => {
                let there = members
                    .iter()
                    .filter(|(_, it)| !matches!(it, Plain::Absent));
                serializer.collect_map(there.map(|(name, value)| (name, value)))
            }
            // Setting a member called `__proto__` would do something else.
            Self::Map(members) => {
                let pairs = Array::new();
                for (name, value) in members {
                    pairs.push(&Array::of2(&(*name).into(), &value.to_js()));
                }
                let object = Object::from_entries(&pairs).unwrap_or_default();
                preserve::serialize(&object, serializer)
            }
        }
    }
}

/// A text, or nothing.
impl<'a> From<Option<&'a str>> for Plain<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::Text)
    }
}

impl<'a> From<&'a Vec<String>> for Plain<'a> {
    fn from(texts: &'a Vec<String>) -> Self {
        Self::List(texts.iter().map(|text| Self::Text(text)).collect())
    }
}

impl<'a> From<&'a Problem> for Plain<'a> {
    fn from(problem: &'a Problem) -> Self {
        Self::Object(vec![
            ("path", Self::Text(&problem.path)),
            ("reason", Self::Text(&problem.reason)),
            ("severity", Self::Text(problem.severity.as_str())),
        ])
    }
}

impl<'a> From<&'a Decision> for Plain<'a> {
    fn from(decision: &'a Decision) -> Self {
        let needed = decision.needed.as_ref();
        let problems = match decision.problems.as_slice() {
            [] => Self::Absent,
            problems => Self::List(problems.iter().map(Self::from).collect()),
        };
        let commands = match decision.commands.as_slice() {
            [] => Self::Absent,
            commands => {
                let named = commands.iter();
                Self::Map(
                    named
                        .map(|(name, own)| (name.as_str(), own.into()))
                        .collect(),
                )
            }
        };
        let deprecated = decision.deprecated.as_ref().map_or(Self::Absent, |it| {
            Self::Object(vec![("replacements", (&it.replacements).into())])
        });
        Self::Object(vec![
            ("verdict", Self::Text(decision.verdict.as_str())),
            ("layer", decision.layer.map(|layer| layer.as_str()).into()),
            (
                "needed",
                needed.map_or(Self::Absent, |groups| {
                    Self::List(groups.iter().map(Self::from).collect())
                }),
            ),
            (
                "provided",
                decision.provided.as_ref().map_or(Self::Absent, Self::from),
            ),
            ("evidence", Self::Text(decision.evidence.as_str())),
            ("problems", problems),
            ("commands", commands),
            ("remedy", decision.remedy.as_deref().into()),
            ("docs", decision.docs.as_deref().into()),
            ("deprecated", deprecated),
        ])
    }
}
