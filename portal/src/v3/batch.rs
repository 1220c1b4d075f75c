//! The batch of version 3: a list of commands, all or nothing, with references by alias.

use serde_json::{Map, Value};

use super::{Problem, admit, methods};
use crate::{
    auth::Identity,
    batch::{HEAVIEST, weight},
    http::UnixMs,
    php,
    world::World,
};

/// A command, its method found already.
struct Command<'a> {
    method: methods::Method<'a>,
    query: Map<String, Value>,
    alias: Option<&'a str>,
}

/// Runs the commands. An unknown method fails before anything runs; the first error is the answer
/// of the whole call.
pub(super) fn run(
    world: &mut World,
    now: UnixMs,
    who: &Identity,
    commands: &[Value],
) -> Result<Value, Problem> {
    let commands: Vec<Command<'_>> = commands.iter().map(read).collect::<Result<_, _>>()?;
    let mut results: Vec<Value> = Vec::new();
    let mut by_alias = Map::new();
    for (
        place,
        Command {
            method,
            query,
            alias,
        },
    ) in commands.into_iter().enumerate()
    {
        admit(world, now, who, method.name)?;
        if !method.allowed(who) {
            return Err(Problem::scope(method.name));
        }
        super::fault(world, crate::faults::Stage::Method, who.on(), method.name)?;
        let mut query = Value::Object(query);
        resolve(&mut query, &by_alias)?;
        let Value::Object(query) = query else {
            return Err(Problem::bad_json());
        };
        let result = methods::run(world, now, &method, who, &query)?;
        by_alias.insert(
            alias.map_or_else(|| place.to_string(), str::to_owned),
            result.clone(),
        );
        results.push(result);
    }
    Ok(Value::Array(results))
}

fn read(command: &Value) -> Result<Command<'_>, Problem> {
    let name = command.get("method").and_then(Value::as_str);
    let name = name.ok_or_else(|| Problem::field("method", "Field \"method\" is required"))?;
    let query = match command.get("query") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(query)) => query.clone(),
        Some(Value::Array(items)) if items.is_empty() => Map::new(),
        Some(_) => return Err(Problem::field("query", "Field \"query\" must be an object")),
    };
    let method = methods::find(name).filter(|method| !matches!(method.run, methods::Run::Batch));
    let method = method.ok_or_else(|| Problem::unknown_method(name))?;
    Ok(Command {
        method,
        query,
        alias: command.get("as").and_then(Value::as_str),
    })
}

/// Puts `{"$ref": "alias.path"}` and `{"$refArray": "alias.items.field"}` in their values' places.
fn resolve(value: &mut Value, by_alias: &Map<String, Value>) -> Result<(), Problem> {
    let path = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let found = match (path("$ref"), path("$refArray")) {
        (Some(path), _) => Some((follow(by_alias, &path).cloned(), path)),
        (None, Some(path)) => Some((gather(by_alias, &path), path)),
        (None, None) => None,
    };
    if let Some((found, path)) = found {
        let found = found.filter(|found| weight(found) <= HEAVIEST);
        *value = found.ok_or_else(|| {
            Problem::field("$ref", format!("Reference \"{path}\" can not be resolved"))
        })?;
        return Ok(());
    }
    match value {
        Value::Array(items) => items
            .iter_mut()
            .try_for_each(|item| resolve(item, by_alias)),
        Value::Object(map) => map
            .values_mut()
            .try_for_each(|item| resolve(item, by_alias)),
        _ => Ok(()),
    }
}

fn follow<'a>(by_alias: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut steps = path.split('.');
    let root = by_alias.get(steps.next()?)?;
    steps.try_fold(root, php::element)
}

/// One field of every row of a list.
fn gather(by_alias: &Map<String, Value>, path: &str) -> Option<Value> {
    let (rows, field) = path.rsplit_once('.')?;
    let rows = php::entries(follow(by_alias, rows)?)?;
    Some(
        rows.into_iter()
            .filter_map(|(_, row)| php::element(row, field).cloned())
            .collect(),
    )
}
