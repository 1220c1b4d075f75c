//! Lists: what their consumers get, while others insert and delete rows.

use std::collections::BTreeSet;

use callgate::bitrix24::engine::list::{Limits, Progress};
use callgate::bitrix24::engine::{Call, CallId, Rows};
use callgate::error::{Error, Kind as Why};
use callgate_portal::Request;
use serde_json::{Value, json};

use crate::client::{Cause, What};
use crate::world::{Event, World};

/// The methods, and the portal's tables behind them.
pub(crate) const LISTS: [(&str, &str); 3] = [
    ("crm.company.list", "company"),
    ("tasks.task.list", "task"),
    ("user.get", "user"),
];

/// A list on its way.
#[derive(Clone, Debug)]
pub(crate) struct ListWant {
    nth: usize,
    /// The rows that were there when it began.
    there: BTreeSet<u64>,
    /// What its consumer has got.
    got: BTreeSet<u64>,
    last: u64,
    /// Its consumer waits for a page.
    wants: bool,
    /// Its consumer was warned that rows may be missing.
    pub(crate) warned: bool,
}

impl World {
    /// Gives the tables that lists are about so many rows as chance has it.
    pub(crate) fn fill_tables(&mut self) {
        for (_, table) in LISTS.iter().filter(|(_, table)| *table != "task") {
            let rows = self.dice.pick(&[0, 1, 30, 50, 130, 700]);
            self.portal.generate(table, rows).unwrap();
        }
    }

    fn ids(&self, nth: usize) -> BTreeSet<u64> {
        let rows = self.portal.rows(LISTS[nth].1, 0).unwrap();
        rows.iter()
            .filter_map(|row| id_of(&Value::Object(row.clone())))
            .collect()
    }

    pub(crate) fn lists(&mut self, place: usize) {
        self.sums.lists += 1;
        let nth = self.dice.place(LISTS.len());
        let limits = Limits {
            requests: self.dice.pick(&[1, 3, 10]),
            rows: self.dice.pick(&[50, 500, 25_000]),
            batches: self.dice.chance(80),
        };
        let call = Call::new(LISTS[nth].0, "{}").unwrap();
        let want = ListWant {
            nth,
            there: self.ids(nth),
            got: BTreeSet::new(),
            last: 0,
            wants: false,
            warned: false,
        };
        let at = self.at();
        let id = self.clients[place].connection.submit_list(at, call, limits);
        self.note(format_args!(
            "{} + #{} the list {}, {} rows, {limits:?}",
            self.clients[place].name,
            id.0,
            LISTS[nth].0,
            want.there.len(),
        ));
        self.begins(place, id, What::List(want));
        self.consumes_later(place, id);
    }

    fn consumes_later(&mut self, place: usize, id: CallId) {
        let pause = self.dice.pick(&[0, 0, 10, 3_000]);
        self.later(pause, Event::Consumes(place, id));
    }

    /// A consumer wants its next page.
    pub(crate) fn consumes(&mut self, place: usize, id: CallId) {
        let at = self.at();
        let client = &mut self.clients[place];
        if let What::List(want) = &mut client.cases.get_mut(&id.0).unwrap().what {
            want.wants = true;
            client.connection.want_rows(at, id);
            self.pump(place, Cause::Own);
        }
    }

    pub(crate) fn gets_rows(&mut self, place: usize, id: CallId, rows: &Rows<Value>) {
        let case = self.clients[place].cases.get_mut(&id.0);
        let Some((false, What::List(want))) = case.map(|case| (case.ended, &mut case.what)) else {
            return self.breaks(8, format!("#{} has rows and is no list", id.0));
        };
        let asked = std::mem::replace(&mut want.wants, false);
        let paths = ["/result", "/result/tasks", "/result/items"];
        let page = paths
            .iter()
            .find_map(|path| rows.body.pointer(path)?.as_array());
        let ids = page.into_iter().flatten().filter_map(id_of);
        let mut wrong = None;
        let mut count = 0;
        for id in ids {
            let again = !want.got.insert(id);
            if again && rows.only_new {
                continue;
            }
            count += 1;
            if again {
                wrong = Some(format!("row {id} comes twice"));
            } else if id < want.last {
                wrong = Some(format!("row {id} comes behind row {}", want.last));
            }
            want.last = want.last.max(id);
        }
        self.sums.rows += count;
        self.note(format_args!(
            "{}   #{} gets {count} rows",
            self.clients[place].name, id.0
        ));
        if let Some(wrong) = wrong {
            self.breaks(8, format!("#{}: {wrong}", id.0));
        }
        if !asked {
            self.breaks(8, format!("#{} gets rows that nobody asked for", id.0));
        }
        self.consumes_later(place, id);
    }

    pub(crate) fn list_done(
        &mut self,
        place: usize,
        id: CallId,
        outcome: &Result<Progress, Error>,
    ) {
        let name = self.clients[place].name;
        let Some(case) = self.ends_once(place, id.0) else {
            return;
        };
        let What::List(want) = case.what else {
            return self.breaks(8, format!("#{} ends as a list and isn't one", id.0));
        };
        match outcome {
            Ok(_) => {
                self.note(format_args!("{name}   #{} is at its end", id.0));
                let still_there = self.ids(want.nth);
                let throughout: Vec<u64> = want.there.intersection(&still_there).copied().collect();
                let lost = throughout.iter().find(|row| !want.got.contains(row));
                if let Some(lost) = lost.filter(|_| !want.warned) {
                    self.breaks(8, format!("#{} lacks row {lost}", id.0));
                }
            }
            Err(error) => {
                self.note(format_args!(
                    "{name}   #{} ends: {error}, ran {:?}",
                    id.0, error.ran
                ));
                self.keeps_secrets(place, &format!("{error:?}"));
                if error.kind == Why::Invalid {
                    self.breaks(12, format!("#{} is wrong: {error}", id.0));
                }
            }
        }
    }

    /// Somebody else inserts or deletes rows of the tables that lists are about.
    pub(crate) fn edits_tables(&mut self) {
        for _ in 0..1 + self.dice.roll(8) {
            let (url, body) = match self.dice.chance(50) {
                true => ("crm.company.add", json!({"fields": {"TITLE": "new"}})),
                false => ("crm.company.delete", json!({"id": 1 + self.dice.roll(130)})),
            };
            let url = format!("{}{url}", self.office);
            let settings = self.portal.settings().clone();
            self.set_budget(None);
            self.portal.handle(self.now, &Request::json(url, &body));
            self.portal.set(settings);
        }
        self.portal.clear_log();
    }
}

fn id_of(row: &Value) -> Option<u64> {
    let id = row.get("ID").or_else(|| row.get("id"))?;
    id.as_u64().or_else(|| id.as_str()?.parse().ok())
}
