//! The portal's data. Rows are made from their number when they are asked for; only what was
//! changed or given is stored, so a table of a hundred thousand rows costs nothing.

use std::{collections::BTreeMap, ops::RangeInclusive};

use serde_json::{Map, Value, json};

use crate::{dates::atom, ids::mix, php};

/// One field of a generated row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    make: fn(u64) -> Value,
}

const fn column(name: &'static str, make: fn(u64) -> Value) -> Column {
    Column { name, make }
}

/// Rows by their number.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) columns: &'static [Column],
    /// Rows 1 to this number exist without being stored.
    generated: u64,
    /// Rows that were given or changed; `None` for deleted ones.
    stored: BTreeMap<u64, Option<Map<String, Value>>>,
}

impl Table {
    fn new(columns: &'static [Column], generated: u64) -> Self {
        Self {
            columns,
            generated,
            stored: BTreeMap::new(),
        }
    }

    /// Throws all rows away and makes that many new ones.
    pub(crate) fn generate(&mut self, rows: u64) {
        *self = Self::new(self.columns, rows);
    }

    /// Throws all rows away and keeps the given ones; a row without an `ID` gets the next number.
    pub(crate) fn fill(&mut self, rows: Vec<Map<String, Value>>) {
        *self = Self::new(self.columns, 0);
        for row in rows {
            self.put(row);
        }
    }

    /// Stores a row under its `ID`, or under the next number.
    pub(crate) fn put(&mut self, mut row: Map<String, Value>) -> u64 {
        let given = row
            .get("ID")
            .map(php::int)
            .and_then(|id| u64::try_from(id).ok())
            .filter(|id| *id > 0);
        let id = given.unwrap_or_else(|| self.last() + 1);
        if given.is_none() {
            row.insert("ID".to_owned(), json!(id.to_string()));
        }
        self.stored.insert(id, Some(row));
        id
    }

    /// Deletes a row; false when there is none.
    pub(crate) fn delete(&mut self, id: u64) -> bool {
        let had = self.has(id);
        if had {
            self.stored.insert(id, None);
        }
        had
    }

    fn last(&self) -> u64 {
        self.stored
            .keys()
            .next_back()
            .copied()
            .unwrap_or(0)
            .max(self.generated)
    }

    pub(crate) fn has(&self, id: u64) -> bool {
        match self.stored.get(&id) {
            Some(row) => row.is_some(),
            None => (1..=self.generated).contains(&id),
        }
    }

    /// The numbers of the rows in a range, ascending.
    pub(crate) fn ids(&self, range: RangeInclusive<u64>) -> impl DoubleEndedIterator<Item = u64> {
        let (low, high) = (*range.start(), *range.end());
        let made = low.max(1)..=high.min(self.generated);
        let beyond =
            low.max(self.generated + 1)..high.saturating_add(1).max(low.max(self.generated + 1));
        made.filter(|id| self.has(*id)).chain(
            self.stored
                .range(beyond)
                .filter(|(_, row)| row.is_some())
                .map(|(id, _)| *id),
        )
    }

    /// How many rows a range has, without walking through those that only their number makes.
    pub(crate) fn count(&self, range: RangeInclusive<u64>) -> u64 {
        let (low, high) = ((*range.start()).max(1), (*range.end()).min(self.generated));
        let made = (high + 1).saturating_sub(low);
        self.stored.range(range).fold(made, |count, (id, row)| {
            match (row, *id <= self.generated) {
                (None, true) => count.saturating_sub(1),
                (Some(_), false) => count + 1,
                _ => count,
            }
        })
    }

    /// One field of a row; null when the row lacks it.
    pub(crate) fn field(&self, id: u64, name: &str) -> Value {
        match self.stored.get(&id) {
            Some(Some(row)) => row.get(name).cloned().unwrap_or(Value::Null),
            Some(None) => Value::Null,
            None => self
                .columns
                .iter()
                .find(|column| column.name == name)
                .map_or(Value::Null, |column| (column.make)(id)),
        }
    }

    /// Whether rows have such a field.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
            || name.starts_with("UF_")
            || self
                .stored
                .values()
                .flatten()
                .any(|row| row.contains_key(name))
    }

    /// A row as it stands, if it exists.
    pub(crate) fn row(&self, id: u64) -> Option<Map<String, Value>> {
        match self.stored.get(&id) {
            Some(row) => row.clone(),
            None => self.has(id).then(|| self.made(id)),
        }
    }

    /// The row that the number makes, whether the table has it or not.
    pub(crate) fn made(&self, id: u64) -> Map<String, Value> {
        self.columns
            .iter()
            .map(|column| (column.name.to_owned(), (column.make)(id)))
            .collect()
    }

    /// A row of nulls.
    pub(crate) fn blank(&self) -> Map<String, Value> {
        self.columns
            .iter()
            .filter(|column| column.name != "ID")
            .map(|column| (column.name.to_owned(), Value::Null))
            .collect()
    }
}

/// The portal's tables, by the names that the control plane knows them by.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    by_name: BTreeMap<&'static str, Table>,
    /// What a name that no table has leads to: a table without rows.
    nothing: Table,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            by_name: BTreeMap::from([
                ("company", Table::new(COMPANY, 200)),
                ("contact", Table::new(CONTACT, 500)),
                ("deal", Table::new(DEAL, 10_000)),
                ("eventlog", Table::new(EVENTLOG, 500)),
                ("lead", Table::new(LEAD, 300)),
                ("task", Table::new(TASK, 500)),
                ("user", Table::new(USER, 120)),
            ]),
            nothing: Table::new(&[], 0),
        }
    }
}

impl Tables {
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.by_name.keys().copied().collect()
    }

    /// The table that a user means: `deal`, `deals` and `crm.deal` are one.
    pub(crate) fn meant(&self, name: &str) -> Option<&'static str> {
        let name = name.rsplit('.').next().unwrap_or_default();
        self.names()
            .into_iter()
            .find(|known| *known == name || name.strip_suffix('s') == Some(known))
    }

    pub(crate) fn get(&self, name: &str) -> &Table {
        self.by_name.get(name).unwrap_or(&self.nothing)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> &mut Table {
        self.by_name.get_mut(name).unwrap_or(&mut self.nothing)
    }
}

/// A choice among values that looks random and depends on the row only.
fn pick<'a>(id: u64, salt: u64, among: &[&'a str]) -> &'a str {
    let place = mix(id.wrapping_mul(31).wrapping_add(salt)) % (among.len() as u64).max(1);
    usize::try_from(place)
        .ok()
        .and_then(|place| among.get(place))
        .copied()
        .unwrap_or("")
}

fn text(value: impl ToString) -> Value {
    Value::String(value.to_string())
}

/// An hour after the last row, from 2024-01-01 on.
fn hourly(id: u64) -> Value {
    text(atom(
        (1_704_056_400 + id.wrapping_mul(3600) % 60_000_000) * 1000,
    ))
}

fn date_only(id: u64) -> Value {
    text(atom(
        (1_704_056_400 + id.wrapping_mul(3600) % 60_000_000) / 86_400 * 86_400_000 - 10_800_000,
    ))
}

const FIRST: &[&str] = &[
    "Anna", "Boris", "Clara", "Daniel", "Elena", "Fatima", "Georg", "Hanna", "Igor", "Julia",
];
const LAST: &[&str] = &[
    "Almeida", "Becker", "Chen", "Duval", "Eriksen", "Fischer", "Gupta", "Haas", "Ivanova",
    "Jansen",
];

fn first_name(id: u64) -> Value {
    text(if id == 1 {
        "Евгений"
    } else {
        pick(id, 1, FIRST)
    })
}

fn last_name(id: u64) -> Value {
    text(if id == 1 {
        "Шеленков"
    } else {
        pick(id, 2, LAST)
    })
}

const DEAL: &[Column] = &[
    column("ID", text),
    column("TITLE", |id| {
        text(format!(
            "Deal #{id}: {} & {}",
            pick(id, 3, LAST),
            pick(id, 4, LAST)
        ))
    }),
    column("TYPE_ID", |id| {
        text(pick(id, 5, &["SALE", "COMPLEX", "GOODS", "SERVICES"]))
    }),
    column("CATEGORY_ID", |_| text(0)),
    column("STAGE_ID", |id| {
        text(pick(
            id,
            6,
            &[
                "NEW",
                "PREPARATION",
                "EXECUTING",
                "FINAL_INVOICE",
                "WON",
                "LOSE",
            ],
        ))
    }),
    column("IS_RECURRING", |_| text("N")),
    column("PROBABILITY", |id| {
        if id % 3 == 0 {
            Value::Null
        } else {
            text(mix(id) % 101)
        }
    }),
    column("CURRENCY_ID", |id| {
        text(pick(id, 7, &["EUR", "USD", "RUB"]))
    }),
    column("OPPORTUNITY", |id| {
        text(format!("{}.{:02}", mix(id) % 100_000, id % 100))
    }),
    column("COMPANY_ID", |id| text(mix(id + 1) % 200)),
    column("CONTACT_ID", |id| {
        if id % 4 == 0 {
            Value::Null
        } else {
            text(mix(id + 2) % 500 + 1)
        }
    }),
    column("BEGINDATE", date_only),
    column("CLOSEDATE", |id| {
        if id % 2 == 0 {
            text("")
        } else {
            date_only(id + 200)
        }
    }),
    column("ASSIGNED_BY_ID", |id| text(mix(id) % 120 + 1)),
    column("CREATED_BY_ID", |_| text(1)),
    column("DATE_CREATE", hourly),
    column("DATE_MODIFY", |id| hourly(id + 5)),
    column("OPENED", |id| text(if id % 5 == 0 { "N" } else { "Y" })),
    column("CLOSED", |id| text(if id % 6 == 0 { "Y" } else { "N" })),
    column("COMMENTS", |id| {
        if id % 7 == 0 {
            text("[b]Call back[/b] & <ask>")
        } else {
            Value::Null
        }
    }),
    column("UTM_SOURCE", |_| Value::Null),
];

const CONTACT: &[Column] = &[
    column("ID", text),
    column("NAME", |id| text(pick(id, 1, FIRST))),
    column("SECOND_NAME", |_| Value::Null),
    column("LAST_NAME", |id| text(pick(id, 2, LAST))),
    column("TYPE_ID", |id| {
        text(pick(id, 8, &["CLIENT", "SUPPLIER", "PARTNER", "OTHER"]))
    }),
    column("BIRTHDATE", |_| text("")),
    column("HAS_PHONE", |id| text(if id % 2 == 0 { "Y" } else { "N" })),
    column("COMPANY_ID", |id| text(mix(id) % 200)),
    column("ASSIGNED_BY_ID", |id| text(mix(id) % 120 + 1)),
    column("DATE_CREATE", hourly),
];

const COMPANY: &[Column] = &[
    column("ID", text),
    column("TITLE", |id| {
        text(format!("{} GmbH {id}", pick(id, 2, LAST)))
    }),
    column("COMPANY_TYPE", |id| {
        text(pick(id, 9, &["CUSTOMER", "SUPPLIER", "COMPETITOR"]))
    }),
    column("REVENUE", |id| text(format!("{}.00", mix(id) % 1_000_000))),
    column("ASSIGNED_BY_ID", |id| text(mix(id) % 120 + 1)),
    column("DATE_CREATE", hourly),
];

const LEAD: &[Column] = &[
    column("ID", text),
    column("TITLE", |id| text(format!("Lead #{id}"))),
    column("NAME", |id| text(pick(id, 1, FIRST))),
    column("LAST_NAME", |id| text(pick(id, 2, LAST))),
    column("STATUS_ID", |id| {
        text(pick(id, 10, &["NEW", "IN_PROCESS", "CONVERTED", "JUNK"]))
    }),
    column("ASSIGNED_BY_ID", |id| text(mix(id) % 120 + 1)),
    column("DATE_CREATE", hourly),
];

const TASK: &[Column] = &[
    column("ID", text),
    column("TITLE", |id| text(format!("Task #{id}"))),
    column("DESCRIPTION", |_| text("")),
    column("PRIORITY", |id| text(id % 3)),
    column("STATUS", |id| text(id % 5 + 2)),
    column("GROUP_ID", |id| text(id % 4)),
    column("CREATED_BY", |id| text(mix(id) % 120 + 1)),
    column("CREATED_DATE", hourly),
    column("RESPONSIBLE_ID", |id| text(mix(id + 9) % 120 + 1)),
    column("DEADLINE", |id| {
        if id % 2 == 0 {
            Value::Null
        } else {
            hourly(id + 300)
        }
    }),
    column("CLOSED_DATE", |_| Value::Null),
];

const EVENTLOG: &[Column] = &[
    column("ID", text),
    column("TIMESTAMP_X", hourly),
    column("SEVERITY", |id| {
        text(pick(id, 11, &["INFO", "WARNING", "SECURITY"]))
    }),
    column("AUDIT_TYPE_ID", |id| {
        text(pick(
            id,
            12,
            &["USER_AUTHORIZE", "USER_LOGOUT", "IBLOCK_EDIT"],
        ))
    }),
    column("USER_ID", |id| text(mix(id) % 120 + 1)),
    column("DESCRIPTION", |_| text("")),
];

const USER: &[Column] = &[
    column("ID", text),
    column("ACTIVE", |_| json!(true)),
    column("NAME", first_name),
    column("LAST_NAME", last_name),
    column("SECOND_NAME", |_| text("")),
    column("EMAIL", |id| text(format!("user{id}@portal.test"))),
    column("LAST_LOGIN", hourly),
    column("DATE_REGISTER", |_| text("2017-02-06T03:00:00+03:00")),
    column("TIME_ZONE", |_| text("")),
    column("IS_ONLINE", |id| text(if id % 3 == 1 { "Y" } else { "N" })),
    column("PERSONAL_GENDER", |id| text(if id == 1 { "M" } else { "" })),
    column("PERSONAL_BIRTHDAY", |_| text("")),
    column("WORK_POSITION", |_| text("")),
    column("UF_EMPLOYMENT_DATE", |_| text("")),
    column("UF_DEPARTMENT", |id| {
        json!([if id == 1 { 50 } else { id % 10 + 1 }])
    }),
    column("USER_TYPE", |_| text("employee")),
];
