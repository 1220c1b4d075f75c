//! Lists of version 3: filters of triples and groups, `order`, `pagination`, and the cursor of
//! `tail`. Nobody counts.

use serde_json::{Map, Value};

use super::{Problem, methods::Resource};
use crate::{
    lists::{self, Condition, Operand, Operation},
    php,
    tables::Table,
};

const LIMIT: u64 = 50;
const MOST: u64 = 1000;

const OPERATIONS: &[(&str, Operation)] = &[
    ("=", Operation::Equal),
    ("!=", Operation::Not),
    (">", Operation::Greater),
    (">=", Operation::GreaterEqual),
    ("<", Operation::Less),
    ("<=", Operation::LessEqual),
    ("in", Operation::In),
    ("between", Operation::Between),
];

/// A filter, read.
enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Is(Condition),
}

impl Filter {
    fn matches(&self, table: &Table, id: u64) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(table, id)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(table, id)),
            Self::Not(part) => !part.matches(table, id),
            Self::Is(condition) => condition.met(&table.field(id, &condition.field)),
        }
    }
}

fn invalid_filter() -> Problem {
    Problem::new(400, "INVALIDFILTEREXCEPTION", "The filter is not valid")
}

/// A list of conditions, all of which have to hold; or a group `{logic, conditions, negative}`.
fn read_filter(resource: &Resource, filter: &Value) -> Result<Filter, Problem> {
    let parts = |value: &Value| -> Result<Vec<Filter>, Problem> {
        let parts = php::entries(value).ok_or_else(invalid_filter)?;
        parts
            .into_iter()
            .map(|(_, part)| read_part(resource, part))
            .collect()
    };
    let Some(conditions) = filter.get("conditions") else {
        return Ok(Filter::All(parts(filter)?));
    };
    let conditions = parts(conditions)?;
    let group = match filter.get("logic").and_then(Value::as_str).unwrap_or("and") {
        logic if logic.eq_ignore_ascii_case("and") => Filter::All(conditions),
        logic if logic.eq_ignore_ascii_case("or") => Filter::Any(conditions),
        _ => return Err(invalid_filter()),
    };
    let negative = filter.get("negative").is_some_and(php::truthy);
    Ok(if negative {
        Filter::Not(Box::new(group))
    } else {
        group
    })
}

fn read_part(resource: &Resource, part: &Value) -> Result<Filter, Problem> {
    if part.get("conditions").is_some() {
        return read_filter(resource, part);
    }
    let parts: Vec<&Value> = php::entries(part)
        .ok_or_else(invalid_filter)?
        .into_iter()
        .map(|(_, item)| item)
        .collect();
    let (field, sign, value) = match parts.as_slice() {
        [field, value] => (field, "=", value),
        [field, sign, value] => (field, sign.as_str().unwrap_or_default(), value),
        _ => return Err(invalid_filter()),
    };
    let field = resource.field(field.as_str().unwrap_or_default())?;
    let operation = OPERATIONS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(sign))
        .map(|(_, operation)| *operation);
    let operation = operation.ok_or_else(|| {
        Problem::new(
            400,
            "UNKNOWNFILTEROPERATOREXCEPTION",
            format!("Unknown filter operator \"{sign}\""),
        )
    })?;
    let operands = php::values(value).into_iter().map(Operand::new).collect();
    Ok(Filter::Is(Condition {
        field: field.column.to_owned(),
        operation,
        operands,
    }))
}

fn matching(
    table: &Table,
    resource: &Resource,
    parameters: &Map<String, Value>,
) -> Result<Vec<u64>, Problem> {
    let filter = match parameters.get("filter").filter(|filter| !filter.is_null()) {
        Some(filter) => read_filter(resource, filter)?,
        None => Filter::All(Vec::new()),
    };
    Ok(table
        .ids(0..=u64::MAX - 1)
        .filter(|id| filter.matches(table, *id))
        .collect())
}

fn direction(value: &Value) -> Result<bool, Problem> {
    match value
        .as_str()
        .unwrap_or_default()
        .to_ascii_uppercase()
        .as_str()
    {
        "ASC" => Ok(false),
        "DESC" => Ok(true),
        _ => Err(Problem::new(
            400,
            "INVALIDORDEREXCEPTION",
            "Order direction should be one of {ASC|DESC}",
        )),
    }
}

fn whole(value: Option<&Value>, least: u64) -> Result<Option<u64>, Problem> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let number = value
        .as_u64()
        .or_else(|| value.as_str()?.parse().ok())
        .filter(|number| *number >= least);
    number.map(Some).ok_or_else(|| {
        Problem::new(
            400,
            "INVALIDPAGINATIONEXCEPTION",
            "Invalid pagination parameters",
        )
    })
}

/// The rows of one page.
pub(super) fn list(
    table: &Table,
    resource: &Resource,
    parameters: &Map<String, Value>,
) -> Result<Vec<u64>, Problem> {
    let empty = Value::Null;
    let pagination = parameters.get("pagination").unwrap_or(&empty);
    let limit = whole(pagination.get("limit"), 1)?
        .unwrap_or(LIMIT)
        .min(MOST);
    let page = whole(pagination.get("page"), 1)?.unwrap_or(1);
    let offset =
        whole(pagination.get("offset"), 0)?.unwrap_or_else(|| (page - 1).saturating_mul(limit));
    let order = match parameters.get("order").filter(|order| !order.is_null()) {
        None => Vec::new(),
        Some(order) => php::entries(order)
            .ok_or_else(|| Problem::new(400, "INVALIDORDEREXCEPTION", "The order is not an array"))?
            .into_iter()
            .map(|(name, value)| Ok((resource.field(&name)?.column.to_owned(), direction(value)?)))
            .collect::<Result<_, Problem>>()?,
    };
    let mut ids = matching(table, resource, parameters)?;
    if !order.is_empty() {
        ids = lists::sorted(table, ids, &order);
    }
    let (skip, take) = (
        usize::try_from(offset).unwrap_or(usize::MAX),
        usize::try_from(limit).unwrap_or(usize::MAX),
    );
    Ok(ids.into_iter().skip(skip).take(take).collect())
}

/// The rows beyond a cursor `{field, value, order, limit}`.
pub(super) fn tail(
    table: &Table,
    resource: &Resource,
    parameters: &Map<String, Value>,
) -> Result<Vec<u64>, Problem> {
    let empty = Value::Null;
    let cursor = parameters.get("cursor").unwrap_or(&empty);
    let name = cursor.get("field").and_then(Value::as_str).unwrap_or("id");
    let column = resource.field(name)?.column.to_owned();
    let descends = cursor.get("order").map_or(Ok(false), direction)?;
    let limit = whole(cursor.get("limit"), 1)?.unwrap_or(LIMIT).min(MOST);
    let beyond = cursor
        .get("value")
        .filter(|value| !value.is_null())
        .map(|value| Condition {
            field: column.clone(),
            operation: if descends {
                Operation::Less
            } else {
                Operation::Greater
            },
            operands: vec![Operand::new(value)],
        });
    let mut ids = matching(table, resource, parameters)?;
    if let Some(beyond) = beyond {
        ids.retain(|id| beyond.met(&table.field(*id, &column)));
    }
    let ids = lists::sorted(table, ids, &[(column, descends)]);
    Ok(ids
        .into_iter()
        .take(usize::try_from(limit).unwrap_or(usize::MAX))
        .collect())
}
