//! Deals, contacts, companies and leads: the old methods by entity, and the universal `crm.item.*`
//! for the same rows.

use serde_json::{Map, Value, json};

use super::{Answer, Call};
use crate::{dates::atom, failure::Failure, php};

/// `crm.deal.list` speaks of the table `deal`.
fn entity(call: &Call<'_>) -> String {
    call.name.split('.').nth(1).unwrap_or_default().to_owned()
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let table = entity(call);
    let query = call.query(&table)?;
    Ok(call.old_page(&table, &query))
}

/// The number in `id`, of a row that is there.
fn existing(call: &Call<'_>) -> Result<u64, Failure> {
    let id = call
        .number("id")
        .ok_or_else(|| Failure::plain("ID is not defined or invalid."))?;
    if call.world.tables.get(&entity(call)).has(id) {
        Ok(id)
    } else {
        Err(Failure::plain("Not found"))
    }
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let id = existing(call)?;
    let row = call
        .world
        .tables
        .get(&entity(call))
        .row(id)
        .unwrap_or_default();
    Ok(Value::Object(row).into())
}

/// The array `fields`, its names in capitals and its scalars as the texts that come back later.
fn fields(call: &Call<'_>) -> Result<Map<String, Value>, Failure> {
    let given = call.any_case("fields").and_then(php::entries);
    let given = given.ok_or_else(|| Failure::plain("Parameter 'fields' must be array."))?;
    let value = |value: &Value| php::text(value).map_or_else(|| value.clone(), |text| json!(text));
    Ok(given
        .into_iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("ID"))
        .map(|(name, item)| (name.to_ascii_uppercase(), value(item)))
        .collect())
}

pub(super) fn add(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let (fields, name, now) = (fields(call)?, entity(call), json!(atom(call.now)));
    let table = call.world.tables.get_mut(&name);
    let mut row = table.blank();
    for stamp in ["DATE_CREATE", "DATE_MODIFY"] {
        if let Some(value) = row.get_mut(stamp) {
            *value = now.clone();
        }
    }
    row.extend(fields);
    Ok(json!(table.put(row)).into())
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let id = existing(call)?;
    let (fields, name) = (fields(call)?, entity(call));
    let table = call.world.tables.get_mut(&name);
    let mut row = table.row(id).unwrap_or_default();
    row.extend(fields);
    table.put(row);
    Ok(json!(true).into())
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let id = existing(call)?;
    let name = entity(call);
    Ok(json!(call.world.tables.get_mut(&name).delete(id)).into())
}

/// The entity types of `crm.item.*` that have a table here.
fn item_table(call: &Call<'_>) -> Result<&'static str, Failure> {
    match call.any_case("entityTypeId").map(php::int) {
        Some(1) => Ok("lead"),
        Some(2) => Ok("deal"),
        Some(3) => Ok("contact"),
        Some(4) => Ok("company"),
        _ => Err(Failure::new(400, "NOT_FOUND", "Smart process not found")),
    }
}

/// A row of the universal methods: names in camel case, numbers as numbers.
fn item(row: Map<String, Value>) -> Value {
    let value = |name: &str, value: Value| {
        let number = (name == "ID" || name.ends_with("_ID"))
            .then(|| value.as_str()?.parse::<u64>().ok())
            .flatten();
        number.map_or(value, |number| json!(number))
    };
    row.into_iter()
        .map(|(name, item)| (super::tasks::camel(&name), value(&name, item)))
        .collect()
}

pub(super) fn item_list(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let table = item_table(call)?;
    let query = super::tasks::controller_query(call, table)?;
    let (rows, total, next) = call.rows(table, &query);
    let items: Vec<Value> = rows.into_iter().map(item).collect();
    Ok(Answer {
        result: json!({"items": items}),
        total,
        next,
        signature: None,
    })
}

pub(super) fn item_get(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let table = item_table(call)?;
    let row = call
        .number("id")
        .and_then(|id| call.world.tables.get(table).row(id));
    let row = row.ok_or_else(|| Failure::new(400, "NOT_FOUND", "Item not found"))?;
    Ok(json!({"item": item(row)}).into())
}
