//! Lists of versions 1 and 2: fifty rows a page, `start`, `order`, `filter` with prefixes, `select`.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::{failure::Failure, php, tables::Table};

/// Rows on a page.
pub(crate) const PAGE: u64 = 50;

/// The operations of a filter, longest prefix first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Equal,
    Not,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Contains,
    NotContains,
    Like,
    Between,
}

const PREFIXES: &[(&str, Operation)] = &[
    ("><", Operation::Between),
    (">=", Operation::GreaterEqual),
    ("<=", Operation::LessEqual),
    ("!@", Operation::NotIn),
    ("!%", Operation::NotContains),
    ("%=", Operation::Like),
    ("=%", Operation::Like),
    ("!=", Operation::Not),
    ("=", Operation::Equal),
    (">", Operation::Greater),
    ("<", Operation::Less),
    ("@", Operation::In),
    ("%", Operation::Contains),
    ("!", Operation::Not),
];

/// One condition on one field.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) field: String,
    pub(crate) operation: Operation,
    pub(crate) operands: Vec<Operand>,
}

/// A value to compare with, read once.
#[derive(Debug, Clone)]
pub(crate) struct Operand {
    text: String,
    number: Option<f64>,
}

impl Operand {
    pub(crate) fn new(value: &Value) -> Self {
        let text = php::text(value).unwrap_or_default().into_owned();
        Self {
            number: text.trim().parse().ok(),
            text,
        }
    }

    /// Numbers are compared as numbers, everything else as text.
    fn compare(&self, other: &Self) -> Ordering {
        match (self.number, other.number) {
            (Some(left), Some(right)) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
            _ => self.text.cmp(&other.text),
        }
    }

    fn folded(&self) -> String {
        self.text.to_lowercase()
    }
}

impl Condition {
    /// Whether a field's value meets the condition.
    pub(crate) fn met(&self, value: &Value) -> bool {
        let have: Vec<Operand> = php::values(value).into_iter().map(Operand::new).collect();
        let any = |test: &dyn Fn(&Operand, &Operand) -> bool| {
            have.iter()
                .any(|have| self.operands.iter().any(|wanted| test(have, wanted)))
        };
        let equal = |have: &Operand, wanted: &Operand| have.compare(wanted) == Ordering::Equal;
        let contains = |have: &Operand, wanted: &Operand| have.folded().contains(&wanted.folded());
        match self.operation {
            Operation::Equal | Operation::In => any(&equal),
            Operation::Not | Operation::NotIn => !any(&equal),
            Operation::Less => any(&|have, wanted| have.compare(wanted) == Ordering::Less),
            Operation::LessEqual => any(&|have, wanted| have.compare(wanted) != Ordering::Greater),
            Operation::Greater => any(&|have, wanted| have.compare(wanted) == Ordering::Greater),
            Operation::GreaterEqual => any(&|have, wanted| have.compare(wanted) != Ordering::Less),
            Operation::Contains => any(&contains),
            Operation::NotContains => !any(&contains),
            Operation::Like => any(&|have, wanted| like(&have.folded(), &wanted.folded())),
            Operation::Between => match self.operands.as_slice() {
                [low, high, ..] => have.iter().any(|have| {
                    have.compare(low) != Ordering::Less && have.compare(high) != Ordering::Greater
                }),
                _ => false,
            },
        }
    }

    /// The rows that a condition on `ID` leaves, where it leaves a range.
    fn range(&self) -> Option<(u64, u64)> {
        let [operand] = self.operands.as_slice() else {
            return None;
        };
        let number = operand
            .number
            .filter(|number| number.fract() == 0.0 && *number >= 0.0)?;
        // Exact: whole, not negative, and `as` saturates above the range.
        let id = number as u64;
        match self.operation {
            Operation::Greater => Some((id.saturating_add(1), u64::MAX - 1)),
            Operation::GreaterEqual => Some((id, u64::MAX - 1)),
            Operation::Less => id.checked_sub(1).map(|high| (0, high)),
            Operation::LessEqual => Some((0, id)),
            _ => None,
        }
    }
}

/// SQL's LIKE, with `%` for any text.
fn like(text: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('%');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let Some(last) = pattern
        .contains('%')
        .then(|| pattern.rsplit('%').next())
        .flatten()
    else {
        return rest.is_empty();
    };
    let mut pieces: Vec<&str> = pieces.collect();
    pieces.pop();
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

/// What a list method was asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    pub(crate) conditions: Vec<Condition>,
    /// Field, and whether it descends.
    pub(crate) order: Vec<(String, bool)>,
    pub(crate) select: Vec<String>,
}

impl Query {
    /// Reads `filter`, `order` and `select`; errors as the server words them.
    pub(crate) fn read(
        table: &Table,
        filter: Option<&Value>,
        order: Option<&Value>,
        select: Option<&Value>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            conditions: conditions(table, filter)?,
            order: ordering(table, order)?,
            select: select
                .map(php::values)
                .unwrap_or_default()
                .into_iter()
                .filter_map(php::text)
                .filter(|name| !name.is_empty())
                .map(|name| name.to_ascii_uppercase())
                .collect(),
        })
    }
}

/// An empty text in place of an array is how PHP forms spell an empty array.
fn array<'a>(value: Option<&'a Value>, name: &str) -> Result<Vec<(String, &'a Value)>, Failure> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) if text.is_empty() => Ok(Vec::new()),
        Some(value) => php::entries(value)
            .ok_or_else(|| Failure::argument(name, format!("The {name} is not an array."))),
    }
}

fn conditions(table: &Table, filter: Option<&Value>) -> Result<Vec<Condition>, Failure> {
    array(filter, "filter")?
        .into_iter()
        .map(|(key, value)| {
            let start =
                key.find(|character: char| character.is_ascii_alphanumeric() || character == '_');
            let (prefix, field) = key.split_at(start.unwrap_or(key.len()));
            let field = field.to_ascii_uppercase();
            let operation = PREFIXES
                .iter()
                .find(|(known, _)| *known == prefix)
                .map(|(_, operation)| *operation)
                .or(prefix.is_empty().then_some(Operation::Equal));
            let Some(operation) = operation else {
                return Err(Failure::argument(
                    "filter",
                    format!("Filter operation not allowed: {prefix}"),
                ));
            };
            if !table.knows(&field) {
                return Err(Failure::argument(
                    "filter",
                    format!("Filter field not allowed: {field}"),
                ));
            }
            let operands = php::values(value).into_iter().map(Operand::new).collect();
            Ok(Condition {
                field,
                operation,
                operands,
            })
        })
        .collect()
}

fn ordering(table: &Table, order: Option<&Value>) -> Result<Vec<(String, bool)>, Failure> {
    array(order, "order")?
        .into_iter()
        .map(|(field, direction)| {
            let field = field.to_ascii_uppercase();
            if !table.knows(&field) {
                return Err(Failure::argument(
                    "order",
                    format!("Order field not allowed: {field}"),
                ));
            }
            match php::text(direction)
                .unwrap_or_default()
                .to_ascii_uppercase()
                .as_str()
            {
                "ASC" => Ok((field, false)),
                "DESC" => Ok((field, true)),
                _ => Err(Failure::argument(
                    "order",
                    "Order direction should be one of {ASC|DESC}",
                )),
            }
        })
        .collect()
}

/// The numbers of one page's rows, and how many match in all when somebody counts.
pub(crate) fn page(
    table: &Table,
    query: &Query,
    offset: u64,
    limit: u64,
    count: bool,
) -> (Vec<u64>, Option<u64>) {
    let mut range = (0, u64::MAX - 1);
    let mut rest = Vec::new();
    for condition in &query.conditions {
        match (condition.field == "ID")
            .then(|| condition.range())
            .flatten()
        {
            Some((low, high)) => range = (range.0.max(low), range.1.min(high)),
            None => rest.push(condition),
        }
    }
    if range.0 > range.1 {
        return (Vec::new(), count.then_some(0));
    }
    let matches = |id: &u64| {
        rest.iter()
            .all(|condition| condition.met(&table.field(*id, &condition.field)))
    };
    let ids = || table.ids(range.0..=range.1);
    let (skip, take) = (
        usize::try_from(offset).unwrap_or(usize::MAX),
        usize::try_from(limit).unwrap_or(usize::MAX),
    );
    let rows: Vec<u64> = match query.order.as_slice() {
        [] => ids().filter(matches).skip(skip).take(take).collect(),
        [(field, false), ..] if field == "ID" => {
            ids().filter(matches).skip(skip).take(take).collect()
        }
        [(field, true), ..] if field == "ID" => {
            ids().rev().filter(matches).skip(skip).take(take).collect()
        }
        order => sorted(table, ids().filter(matches).collect(), order)
            .into_iter()
            .skip(skip)
            .take(take)
            .collect(),
    };
    let total = || match rest.is_empty() {
        true => table.count(range.0..=range.1),
        false => ids().filter(matches).count() as u64,
    };
    (rows, count.then(total))
}

/// Rows in an order: by the fields named, then by number.
pub(crate) fn sorted(table: &Table, ids: Vec<u64>, order: &[(String, bool)]) -> Vec<u64> {
    let mut keyed: Vec<(Vec<Operand>, u64)> = ids
        .into_iter()
        .map(|id| {
            (
                order
                    .iter()
                    .map(|(field, _)| Operand::new(&table.field(id, field)))
                    .collect(),
                id,
            )
        })
        .collect();
    keyed.sort_by(|(left, left_id), (right, right_id)| {
        left.iter()
            .zip(right)
            .zip(order)
            .map(|((left, right), (_, descends))| {
                if *descends {
                    right.compare(left)
                } else {
                    left.compare(right)
                }
            })
            .find(|ordering| *ordering != Ordering::Equal)
            .unwrap_or_else(|| left_id.cmp(right_id))
    });
    keyed.into_iter().map(|(_, id)| id).collect()
}

/// A row reduced to the selected fields; the number always stays.
pub(crate) fn selected(row: Map<String, Value>, select: &[String]) -> Map<String, Value> {
    if select.is_empty() || select.iter().any(|name| name == "*") {
        return row;
    }
    row.into_iter()
        .filter(|(name, _)| name == "ID" || select.contains(name))
        .collect()
}
