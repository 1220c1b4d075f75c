//! Reads a fact folder: `methods.json`, `events.json` and `scopes.json`.

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Map, Value};

use super::facts::{
    EVENT, Event, Facts, Groups, Kind, METHOD, Method, PARAMETER, Parameter, Row, SCOPE, Scope,
};

/// The methods of a `methods.json`, sorted.
pub(super) fn methods(json: &str) -> Result<Vec<Method>> {
    let mut methods = objects(json)?
        .into_iter()
        .map(method)
        .collect::<Result<Vec<_>>>()?;
    methods.sort_by_key(Method::key);
    if let Some([one, _]) = methods
        .windows(2)
        .find(|pair| matches!(pair, [a, b] if a.key() == b.key()))
    {
        bail!("{} v{} stands there twice", one.name, one.version);
    }
    Ok(methods)
}

/// The events of an `events.json`, sorted.
pub(super) fn events(json: &str) -> Result<Vec<Event>> {
    let mut events = objects(json)?
        .into_iter()
        .map(event)
        .collect::<Result<Vec<_>>>()?;
    events.sort_by_key(Event::key);
    if let Some([one, _]) = events
        .windows(2)
        .find(|pair| matches!(pair, [a, b] if a.key() == b.key()))
    {
        bail!("{} stands there twice", one.name);
    }
    Ok(events)
}

/// The scope codes of a `scopes.json`. What only the present list knows, it keeps.
pub(super) fn scopes(json: &str, present: &[Scope]) -> Result<Vec<Scope>> {
    let mut scopes = objects(json)?
        .into_iter()
        .map(scope)
        .collect::<Result<Vec<_>>>()?;
    for old in present.iter().filter(|scope| scope.facts.has("older")) {
        let place = scopes.iter().position(|scope| scope.code == old.code);
        match place.and_then(|place| scopes.get_mut(place)) {
            Some(scope) => scope.facts.insert(SCOPE, "older", Vec::new()),
            None => scopes.push(old.clone()),
        }
    }
    scopes.sort_by(|a, b| a.code.cmp(&b.code));
    Ok(scopes)
}

pub(super) type Object = Map<String, Value>;

pub(super) fn objects(json: &str) -> Result<Vec<Object>> {
    Ok(serde_json::from_str(json)?)
}

fn method(mut object: Object) -> Result<Method> {
    let name = text(&mut object, "n")?;
    let said = method_facts(object).with_context(|| name.clone())?;
    let (version, facts, parameters) = said;
    Ok(Method {
        name,
        version,
        facts,
        parameters,
    })
}

fn method_facts(mut object: Object) -> Result<(u8, Facts, Vec<Parameter>)> {
    let version = object
        .remove("v")
        .and_then(|v| v.as_u64())
        .context("no version")?;
    let parameters = parameters(object.remove("P"))?;
    Ok((version.try_into()?, facts(METHOD, object)?, parameters))
}

fn event(mut object: Object) -> Result<Event> {
    let name = text(&mut object, "n")?;
    let facts = facts(EVENT, object).with_context(|| name.clone())?;
    Ok(Event { name, facts })
}

fn scope(mut object: Object) -> Result<Scope> {
    Ok(Scope {
        code: text(&mut object, "c")?,
        facts: facts(SCOPE, object)?,
    })
}

fn parameters(list: Option<Value>) -> Result<Vec<Parameter>> {
    let list: Vec<Object> = list
        .map(serde_json::from_value)
        .transpose()?
        .unwrap_or_default();
    list.into_iter().map(parameter).collect()
}

fn parameter(mut object: Object) -> Result<Parameter> {
    // A default with a blank in it is a shred of the page's prose, not a value.
    if object
        .get("d")
        .and_then(Value::as_str)
        .is_some_and(|value| value.contains(' '))
    {
        object.remove("d");
    }
    Ok(Parameter {
        name: text(&mut object, "n")?,
        required: object.remove("r").is_some(),
        types: object
            .remove("t")
            .map(words)
            .transpose()?
            .unwrap_or_default(),
        nested: parameters(object.remove("c"))?,
        facts: facts(PARAMETER, object)?,
    })
}

pub(super) fn text(object: &mut Object, key: &str) -> Result<String> {
    let value = object
        .remove(key)
        .with_context(|| format!("an object without `{key}`"))?;
    word(value)
}

/// What is left of an object, by its table. A key that no row names is an error: a fact that we
/// don't know of must not get lost in silence.
pub(super) fn facts(table: &'static [Row], object: Object) -> Result<Facts> {
    let mut facts = Facts::default();
    for (key, value) in object {
        let row = table.iter().find(|row| row.key == key);
        let row = row.with_context(|| format!("the key `{key}` is unknown"))?;
        if let Some(groups) = groups(row.kind, value).with_context(|| format!("key `{key}`"))? {
            facts.insert(table, row.word, groups);
        }
    }
    Ok(facts)
}

fn groups(kind: Kind, value: Value) -> Result<Option<Groups>> {
    Ok(match (kind, value) {
        (Kind::Derived, _) => None,
        (Kind::Mark, value) if value == 1 => Some(Vec::new()),
        (Kind::Mark, value) => bail!("{value} where a 1 was expected"),
        (Kind::Words, Value::Array(list)) if list.is_empty() => None,
        (Kind::Words, value) => Some(vec![words(value)?]),
        (Kind::Groups, Value::Array(lists)) => {
            Some(lists.into_iter().map(words).collect::<Result<_>>()?)
        }
        (Kind::Groups, value) => bail!("{value} where a list was expected"),
    })
}

pub(super) fn words(value: Value) -> Result<Vec<String>> {
    match value {
        Value::Array(list) => list.into_iter().map(word).collect(),
        value => Ok(vec![word(value)?]),
    }
}

fn word(value: Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Array(pair) => match pair.as_slice() {
            [Value::String(code), Value::Number(status)] => Ok(format!("{code}@{status}")),
            _ => Err(anyhow!(
                "{pair:?} where an error code and its status were expected"
            )),
        },
        value => bail!("{value} where a word was expected"),
    }
}
