//! What surrounds a walk: a table whose rows come and go, a server that reads commands with code of
//! its own and has the quirks that portals have, and a consumer. It checks what holds in every walk.

use std::collections::{BTreeSet, HashMap, HashSet};

use callgate::bitrix24::engine::list::{Ask, Limits, Page, PageId, Turn, Walk};
use callgate::bitrix24::rights::method::{MethodName, Version};
use callgate::bitrix24::rights::params::Params;
use callgate::error::{Error, Kind, Ran};
use serde_json::{Value, json};

use crate::chance::Dice;

/// What a server does otherwise than the documentation says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Quirk {
    None,
    IgnoresFilter,
    IgnoresOrder,
    RefusesOrder,
    /// And `next` leads back.
    IgnoresStart,
    /// The filter holds for the first request only.
    ForgetsFilter,
}

pub(crate) struct Table {
    pub(crate) rows: BTreeSet<u64>,
    pub(crate) page: usize,
    pub(crate) quirk: Quirk,
    pub(crate) commands: usize,
    pub(crate) wrapper: Option<&'static str>,
}

impl Table {
    /// The rows that meet a command's filter.
    pub(crate) fn matching(
        &self,
        params: &Value,
    ) -> impl DoubleEndedIterator<Item = u64> + use<'_> {
        let blind = match self.quirk {
            Quirk::IgnoresFilter => true,
            Quirk::ForgetsFilter => self.commands > 3,
            _ => false,
        };
        let none = serde_json::Map::new();
        let filter = params["filter"].as_object().filter(|_| !blind);
        let (mut low, mut high) = (0, u64::MAX);
        for (key, bound) in filter.unwrap_or(&none) {
            let bound = bound.as_u64().unwrap();
            match key.as_str() {
                ">ID" => low = low.max(bound + 1),
                ">=ID" => low = low.max(bound),
                "<ID" => high = high.min(bound.saturating_sub(1)),
                "<=ID" => high = high.min(bound),
                _ => panic!("{key}"),
            }
        }
        // An empty range is one that ends where it begins.
        self.rows
            .range(low..=high.max(low))
            .copied()
            .filter(move |id| *id <= high)
    }

    /// Answers one command, by a reading of its own.
    pub(crate) fn answer(&mut self, params: &Params) -> Result<(Page, Vec<u64>), Error> {
        self.commands += 1;
        let params: Value = serde_json::from_str(params.as_json()).unwrap();
        let order = params["order"]["ID"].as_str().unwrap_or("ASC");
        if self.quirk == Quirk::RefusesOrder && params.get("order").is_some() {
            let error = Error::new(
                "ERROR_ARGUMENT",
                Kind::Portal,
                Ran::No,
                "Order field not allowed",
            );
            return Err(error);
        }
        let descends = order.eq_ignore_ascii_case("DESC") && self.quirk != Quirk::IgnoresOrder;
        let start = params["start"].as_i64().unwrap_or(0);
        let offset = match self.quirk {
            Quirk::IgnoresStart => 0,
            _ => usize::try_from(start).unwrap_or(0),
        };
        let total = (start >= 0).then(|| match params.get("filter") {
            Some(_) => self.matching(&params).count(),
            None => self.rows.len(),
        });
        let next = total.filter(|total| offset + self.page < *total);
        let next = next.map(|_| (offset + self.page) as u64);
        let matching = self.matching(&params);
        let ids: Vec<u64> = match descends {
            true => matching.rev().skip(offset).take(self.page).collect(),
            false => matching.skip(offset).take(self.page).collect(),
        };
        let rows: Vec<Value> = ids.iter().map(|id| json!({"ID": id.to_string()})).collect();
        let result = match self.wrapper {
            Some(name) => json!({name: rows}),
            None => json!(rows),
        };
        let page = Page::read(&result, next, total.map(|total| total as u64)).unwrap();
        Ok((page, ids))
    }
}

/// What happens to the table meanwhile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    Nothing,
    Deletes,
    /// At the end, as new rows are.
    Appends,
    Anything,
}

pub(crate) struct Outcome {
    pub(crate) handed: Vec<u64>,
    pub(crate) end: Result<(), Error>,
    pub(crate) requests: u32,
    pub(crate) may_lack_rows: bool,
}

/// Everything that a walk needs around it.
struct Scene<'a> {
    table: Table,
    walk: Walk,
    limits: Limits,
    dice: &'a mut Dice,
    change: Change,
    /// Rows that were there from the beginning and still are.
    throughout: BTreeSet<u64>,
    under_way: Vec<Ask>,
    held: HashMap<PageId, Vec<u64>>,
    handed: Vec<u64>,
    seen: HashSet<u64>,
}

impl Scene<'_> {
    fn change(&mut self) {
        if self.change == Change::Nothing || !self.dice.chance(10) {
            return;
        }
        let deletes = match self.change {
            Change::Anything => self.dice.chance(50),
            change => change == Change::Deletes,
        };
        let last = self.table.rows.last().copied().unwrap_or(0);
        if deletes {
            let beyond = self.dice.roll(last + 1);
            if let Some(id) = self.table.rows.range(beyond..).next().copied() {
                self.table.rows.remove(&id);
                self.throughout.remove(&id);
            }
        } else if self.change == Change::Appends || self.dice.chance(50) {
            self.table.rows.insert(last + 1 + self.dice.roll(3));
        } else {
            let id = 1 + self.dice.roll(last + 1);
            self.table.rows.insert(id);
        }
    }

    fn answer_one(&mut self) {
        let which = usize::try_from(self.dice.roll(self.under_way.len() as u64)).unwrap();
        let ask = self.under_way.swap_remove(which);
        for (place, params) in (0..).zip(&ask.commands) {
            self.change();
            let id = PageId {
                request: ask.request,
                place,
            };
            let reply = self.table.answer(params).map(|(page, ids)| {
                self.held.insert(id, ids);
                page
            });
            self.walk.told(id, reply);
        }
        self.drop_pages();
    }

    fn drop_pages(&mut self) {
        while let Some(page) = self.walk.dropped() {
            self.held.remove(&page);
        }
    }

    /// Whether the walk is over.
    fn hand_out(&mut self) -> Result<bool, Error> {
        let turn = self.walk.next();
        self.drop_pages();
        match turn? {
            Turn::Wait => Ok(false),
            Turn::End => Ok(true),
            Turn::Page { page, only_new } => {
                for id in self.held.remove(&page).unwrap() {
                    if !only_new || self.seen.insert(id) {
                        self.handed.push(id);
                    }
                }
                Ok(false)
            }
        }
    }

    fn run(mut self) -> Outcome {
        let patience = self.dice.pick(&[10, 50, 100]);
        for _ in 0..200_000 {
            while let Some(ask) = self.walk.ask() {
                assert!(!ask.commands.is_empty() && ask.commands.len() <= 50);
                self.under_way.push(ask);
                assert!(self.under_way.len() <= self.limits.requests);
            }
            let commands: usize = self.under_way.iter().map(|ask| ask.commands.len()).sum();
            let pages = self.held.len() + commands;
            let most = self.limits.rows as usize / self.table.page + 51;
            assert!(pages <= most, "{pages} pages of {most}");
            if !self.under_way.is_empty() && !self.dice.chance(patience) {
                self.answer_one();
            }
            let end = match self.hand_out() {
                Ok(false) if self.under_way.is_empty() || self.dice.chance(50) => continue,
                Ok(false) => {
                    self.answer_one();
                    continue;
                }
                Ok(true) => Ok(()),
                Err(error) => Err(error),
            };
            assert!(
                end.is_err() || self.held.is_empty(),
                "nothing is left in memory"
            );
            assert_eq!(self.walk.next(), Ok(Turn::End), "and it stays over");
            assert_eq!(self.walk.ask(), None);
            self.check(end.is_ok());
            return Outcome {
                end,
                requests: self.walk.progress().requests,
                may_lack_rows: self.walk.may_lack_rows(),
                handed: self.handed,
            };
        }
        let Self { walk, table, .. } = &self;
        let (progress, rows, limits) = (walk.progress(), table.rows.len(), self.limits);
        panic!(
            "the walk doesn't end: {progress:?} of {rows}, {limits:?}, {} out, pages of {}",
            self.under_way.len(),
            table.page
        );
    }

    fn check(&self, whole: bool) {
        let unique: BTreeSet<u64> = self.handed.iter().copied().collect();
        assert_eq!(unique.len(), self.handed.len(), "no row twice");
        if whole && !self.walk.may_lack_rows() {
            let lost: Vec<_> = self.throughout.difference(&unique).collect();
            assert!(lost.is_empty(), "{} lost: {:?}", lost.len(), lost.first());
        }
    }
}

/// Walks the whole list.
pub(crate) fn walk(
    method: &str,
    params: &str,
    table: Table,
    limits: Limits,
    change: Change,
    dice: &mut Dice,
) -> Outcome {
    let method = MethodName::parse(method).unwrap();
    let params = Params::parse(params).unwrap();
    Scene {
        walk: Walk::new(&method, Version::V2, &params, limits).unwrap(),
        throughout: {
            let params = serde_json::from_str(params.as_json()).unwrap();
            table.matching(&params).collect()
        },
        table,
        limits,
        dice,
        change,
        under_way: Vec::new(),
        held: HashMap::new(),
        handed: Vec::new(),
        seen: HashSet::new(),
    }
    .run()
}
