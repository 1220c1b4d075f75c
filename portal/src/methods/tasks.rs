//! Tasks, by a D7 controller: names in camel case in the answer, results in a wrapper, no `total`
//! when nobody counts.

use serde_json::{Map, Value, json};

use super::{Answer, Call};
use crate::{dates::atom, failure::Failure, lists::Query, php};

/// `CREATED_BY` as `createdBy`.
pub(super) fn camel(name: &str) -> String {
    let mut words = name.split('_').map(str::to_ascii_lowercase);
    let mut out = words.next().unwrap_or_default();
    for word in words {
        let mut letters = word.chars();
        out.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

/// `createdBy`, behind any prefix of a filter, as `CREATED_BY`.
fn upper(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && out.ends_with(|last: char| last.is_ascii_lowercase()) {
            out.push('_');
        }
        out.push(letter);
    }
    out.to_ascii_uppercase()
}

/// The call's query, with the names of a controller's fields in either spelling.
pub(super) fn controller_query(call: &Call<'_>, table: &str) -> Result<Query, Failure> {
    let keys = |name: &str| {
        call.any_case(name).map(|value| match value {
            Value::Object(map) => Value::Object(
                map.iter()
                    .map(|(key, item)| (upper(key), item.clone()))
                    .collect(),
            ),
            other => other.clone(),
        })
    };
    let select = call.any_case("select").map(|value| {
        php::values(value)
            .into_iter()
            .filter_map(php::text)
            .map(|name| json!(upper(&name)))
            .collect()
    });
    Query::read(
        call.world.tables.get(table),
        keys("filter").as_ref(),
        keys("order").as_ref(),
        select.as_ref(),
    )
}

fn shown(row: Map<String, Value>) -> Value {
    row.into_iter()
        .map(|(name, value)| (camel(&name), value))
        .collect()
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let query = controller_query(call, "task")?;
    let (rows, total, next) = call.rows("task", &query);
    let tasks: Vec<Value> = rows.into_iter().map(shown).collect();
    Ok(Answer {
        result: json!({"tasks": tasks}),
        total,
        next,
        signature: None,
    })
}

fn existing(call: &Call<'_>) -> Result<(u64, Map<String, Value>), Failure> {
    let id = call.number("taskId").unwrap_or(0);
    match call.world.tables.get("task").row(id) {
        Some(row) => Ok((id, row)),
        None => Err(Failure::new(400, "0", "Task not found or not accessible")),
    }
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let (_, row) = existing(call)?;
    Ok(json!({"task": shown(row)}).into())
}

fn fields(call: &Call<'_>) -> Map<String, Value> {
    let given = call
        .any_case("fields")
        .and_then(php::entries)
        .unwrap_or_default();
    given
        .into_iter()
        .map(|(name, value)| (upper(&name), value.clone()))
        .filter(|(name, _)| name != "ID")
        .collect()
}

pub(super) fn add(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let fields = fields(call);
    if !fields.get("TITLE").is_some_and(php::truthy) {
        return Err(Failure::new(
            400,
            "ERROR_CORE",
            "Task name is not specified.",
        ));
    }
    let now = json!(atom(call.now));
    let table = call.world.tables.get_mut("task");
    let mut row = table.blank();
    row.insert("CREATED_DATE".to_owned(), now);
    row.extend(fields);
    let id = table.put(row);
    let row = table.row(id).unwrap_or_default();
    Ok(json!({"task": shown(row)}).into())
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let (_, mut row) = existing(call)?;
    row.extend(fields(call));
    call.world.tables.get_mut("task").put(row.clone());
    Ok(json!({"task": shown(row)}).into())
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let (id, _) = existing(call)?;
    Ok(json!({"task": call.world.tables.get_mut("task").delete(id)}).into())
}
