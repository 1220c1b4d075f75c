//! What a program has to ask for, and how that compares with what it was granted.

use std::rc::Rc;

use js_sys::JSON;
use wasm_bindgen::prelude::*;

use crate::bitrix24::rights::catalogue::Entry;
use crate::bitrix24::rights::preflight::nearest_method;
use crate::bitrix24::rights::requirement::{Comparison, Requirement, Uncertain, groups_of};
use crate::bitrix24::rights::scope::ScopeSet;
use crate::error::Error;
use crate::js::catalogue;
use crate::js::driver::Driver;
use crate::js::errors::throwable;
use crate::js::options::{Options, wrong};
use crate::js::plain::Plain;
use crate::js::portal_options;
use crate::text::push_number;
use crate::value::Value;

/// The fewest scopes that methods and events need together.
#[wasm_bindgen(js_name = scopesFor)]
#[allow(unreachable_pub, reason = "its reader is JavaScript")]
pub fn scopes_for(methods: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    let look = || {
        let options = Options::new(options, &["events", "version"])?;
        let version = options.get("version");
        let version = version.map(|it| portal_options::version("version", &it));
        let events = match options.get("events") {
            Some(list) => texts("events", &plain_value(&list))?,
            None => Vec::new(),
        };
        let catalogue = catalogue::current();
        if !events.is_empty() && !catalogue.has_details() {
            return Err(wrong(
                "events",
                "they are known once loadCatalogue() is done",
            ));
        }
        let methods = texts("methods", &plain_value(methods))?;
        let version = version.transpose()?;
        let needs = Requirement::of(&catalogue, &methods, &events, version);
        Ok(Plain::from(&needs).to_js())
    };
    look().map_err(|error: Error| throwable(&error))
}

/// What is known of a method, for the package's own command; of an unknown one, the nearest name.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "its reader is JavaScript")]
pub fn describe(method: &str) -> JsValue {
    let catalogue = catalogue::current();
    match catalogue.get(method, None) {
        Some(entry) => describe_entry(&entry),
        None => {
            let nearest = nearest_method(&catalogue, method);
            Plain::Object(vec![("nearest", nearest.as_deref().into())]).to_js()
        }
    }
}

fn describe_entry(entry: &Entry<'_>) -> JsValue {
    let mut name = String::new();
    entry.write_name(&mut name);
    let needed = entry.needed().map(groups_of);
    let details = entry.details();
    let page = details.and_then(|details| details.page());
    let replacements = match details.and_then(|details| details.deprecation()) {
        Some(names) => Plain::List(names.map(Plain::Text).collect()),
        None => Plain::Absent,
    };
    let asks = entry.needs_confirmation();
    Plain::Object(vec![
        ("name", Plain::Text(&name)),
        ("needed", groups(needed.as_ref())),
        ("confirmedBy", asks.then_some("administrator").into()),
        ("replacements", replacements),
        ("docs", page.as_deref().into()),
    ])
    .to_js()
}

/// The scopes of one portal's client.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "its reader is JavaScript")]
pub struct Scopes(Rc<Driver>);

#[wasm_bindgen]
impl Scopes {
    /// What of the required is granted, what isn't, and what is granted in vain.
    pub fn compare(&self, required: &JsValue) -> Result<JsValue, JsValue> {
        let required = read_required(required).map_err(|error| throwable(&error))?;
        let comparison = self.0.look(|connection, _| {
            let granted = connection.grant().scopes();
            granted.map(|granted| required.compare(granted))
        });
        Ok(Plain::from(comparison.as_ref()).to_js())
    }
}

impl Scopes {
    pub(super) fn of(driver: &Rc<Driver>) -> Self {
        Self(Rc::clone(driver))
    }
}

/// Reads scopes as a text, as a list, or as [`scopes_for`] gave them.
fn read_required(value: &JsValue) -> Result<Requirement, Error> {
    let value = plain_value(value);
    let scopes = match &value {
        Value::Text(list) => ScopeSet::parse(list),
        Value::List(_) => ScopeSet::from_iter(&texts("required", &value)?),
        _ => match value.get("scopes") {
            Some(scopes) => ScopeSet::from_iter(&texts("required.scopes", scopes)?),
            None => {
                let wanted = "a text, a list of texts or what scopesFor gave is wanted";
                return Err(wrong("required", wanted));
            }
        },
    };
    let mut required = Requirement::of_scopes(&scopes);
    for alternative in items(value.get("alternatives")) {
        let scope = alternative.get("scope").and_then(Value::as_text);
        for wanted in &mut required.wanted {
            if scope == Some(&wanted.scope) {
                let instead = alternative.get("instead").unwrap_or(&Value::Null);
                wanted.instead = texts("required.alternatives", instead)?;
            }
        }
    }
    for uncertain in items(value.get("uncertain")) {
        let mut needed = Vec::new();
        for group in items(uncertain.get("needed")) {
            needed.push(texts("required.uncertain", group)?);
        }
        required.uncertain.push(Uncertain {
            name: String::new(),
            needed: Some(needed),
        });
    }
    Ok(required)
}

/// A value as JSON has it; null for what has no JSON.
fn plain_value(value: &JsValue) -> Value {
    let text = JSON::stringify(value)
        .ok()
        .and_then(|text| text.as_string());
    let value = text.and_then(|text| Value::from_json(&text).ok());
    value.unwrap_or(Value::Null)
}

fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// A list of texts; the error names the item that is none.
fn texts(name: &str, value: &Value) -> Result<Vec<String>, Error> {
    let Value::List(items) = value else {
        return Err(wrong(name, "a list of texts is wanted"));
    };
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        let Value::Text(text) = item else {
            let mut place = [name, "["].concat();
            push_number(texts.len() as i64, &mut place);
            place.push(']');
            return Err(wrong(&place, "a text is wanted"));
        };
        texts.push(text.clone());
    }
    Ok(texts)
}

fn groups(needed: Option<&Vec<Vec<String>>>) -> Plain<'_> {
    let Some(groups) = needed else {
        return Plain::Null;
    };
    let mut lists = Vec::new();
    for group in groups {
        lists.push(Plain::from(group));
    }
    Plain::List(lists)
}

impl<'a> From<&'a Requirement> for Plain<'a> {
    fn from(needs: &'a Requirement) -> Self {
        let (mut scopes, mut alternatives) = (Vec::new(), Vec::new());
        for wanted in &needs.wanted {
            scopes.push(Self::Text(&wanted.scope));
            if !wanted.instead.is_empty() {
                alternatives.push(Self::Object(vec![
                    ("scope", Self::Text(&wanted.scope)),
                    ("instead", Self::from(&wanted.instead)),
                    ("methods", Self::from(&wanted.users)),
                ]));
            }
        }
        let mut uncertain = Vec::new();
        for it in &needs.uncertain {
            uncertain.push(Self::Object(vec![
                ("name", Self::Text(&it.name)),
                ("needed", groups(it.needed.as_ref())),
            ]));
        }
        Self::Object(vec![
            ("scopes", Self::List(scopes)),
            ("alternatives", Self::List(alternatives)),
            ("uncertain", Self::List(uncertain)),
            ("unknown", Self::from(&needs.unknown)),
        ])
    }
}

impl<'a> From<Option<&'a Comparison>> for Plain<'a> {
    fn from(comparison: Option<&'a Comparison>) -> Self {
        let (granted, missing, unneeded) = match comparison {
            None => (Self::Null, Self::Null, Self::Null),
            Some(it) => (
                Self::from(&it.granted),
                Self::from(&it.missing),
                Self::from(&it.unneeded),
            ),
        };
        Self::Object(vec![
            ("granted", granted),
            ("missing", missing),
            ("unneeded", unneeded),
        ])
    }
}
