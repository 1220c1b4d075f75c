//! Walks over tables in which rows come and go meanwhile, with answers in any order and consumers of
//! any patience. What holds in all of them: no row twice, none lost that was there throughout, the
//! list's own order, and no more in memory than was allowed.

use std::collections::{BTreeSet, HashMap, HashSet};

use callgate::bitrix24::engine::list::{Ask, Ids, Limits, Page, PageId, Turn, Walk};
use callgate::bitrix24::rights::method::{MethodName, Version};
use callgate::bitrix24::rights::params::Params;
use callgate::error::Error;

use crate::chance::Dice;
use crate::walk_table::{Quirk, Table};

/// What happens to the table meanwhile.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    Nothing,
    Deletes,
    /// At the end, as new rows are.
    Appends,
    Anything,
}

struct Outcome {
    handed: Vec<u64>,
    end: Result<(), Error>,
    requests: u32,
    may_lack_rows: bool,
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

fn walk(
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

fn table(rows: impl IntoIterator<Item = u64>, quirk: Quirk) -> Table {
    Table {
        rows: rows.into_iter().collect(),
        page: 50,
        quirk,
        commands: 0,
        wrapper: None,
    }
}

/// Ids as they lie in portals: dense, with holes, scattered, in clusters far apart.
fn some_ids(dice: &mut Dice) -> BTreeSet<u64> {
    let count = dice.pick(&[0, 1, 2, 49, 50, 51, 100, 101, 700, 3_000, 6_000]);
    let shape = dice.roll(5);
    let mut id = dice.pick(&[1, 1, 900, 4_000_000_000]);
    let mut ids = BTreeSet::new();
    for _ in 0..count {
        ids.insert(id);
        id += match shape {
            0 => 1,
            1 => 1 + u64::from(dice.chance(10)) * dice.roll(20),
            2 => 1 + dice.roll(9),
            3 => 1 + dice.roll(3_000),
            _ => 1 + u64::from(dice.chance(1)) * dice.roll(10_000_000),
        };
    }
    ids
}

fn some_limits(dice: &mut Dice) -> Limits {
    Limits {
        requests: dice.pick(&[1, 2, 10]),
        rows: dice.pick(&[50, 2_500, 25_000]),
        batches: dice.chance(80),
    }
}

#[test]
fn by_id_no_row_comes_twice_and_none_is_lost_while_rows_come_and_go() {
    for seed in 0..400 {
        let mut dice = Dice(seed);
        let ids = some_ids(&mut dice);
        let descends = dice.chance(30);
        let order = match descends {
            true => r#"{"order":{"ID":"DESC"}}"#,
            false => "{}",
        };
        let mut table = table(ids, Quirk::None);
        table.page = dice.pick(&[50, 50, 50, 20, 7]);
        table.wrapper = dice.pick(&[None, Some("items"), Some("deals")]);
        let limits = some_limits(&mut dice);
        let change = dice.pick(&[
            Change::Nothing,
            Change::Deletes,
            Change::Appends,
            Change::Anything,
        ]);
        let outcome = walk("crm.deal.list", order, table, limits, change, &mut dice);
        assert_eq!(outcome.end, Ok(()), "seed {seed}");
        let mut sorted = outcome.handed.clone();
        sorted.sort_unstable();
        if descends {
            sorted.reverse();
        }
        assert_eq!(outcome.handed, sorted, "seed {seed}: in order");
    }
}

#[test]
fn by_offset_no_row_comes_twice_and_none_is_lost_in_silence() {
    let mut honest = 0;
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let ids = some_ids(&mut dice);
        let limits = some_limits(&mut dice);
        let change = dice.pick(&[Change::Nothing, Change::Deletes, Change::Appends]);
        let table = table(ids, Quirk::None);
        let outcome = walk("user.get", "{}", table, limits, change, &mut dice);
        assert_eq!(outcome.end, Ok(()), "seed {seed}");
        assert!(
            change == Change::Deletes || outcome.handed.is_sorted(),
            "seed {seed}"
        );
        honest += usize::from(outcome.may_lack_rows);
    }
    assert!(
        honest > 0,
        "some lists never stop shrinking, and then it says so"
    );
}

#[test]
fn a_method_that_does_not_go_by_ids_is_walked_by_offsets_instead() {
    for quirk in [
        Quirk::IgnoresFilter,
        Quirk::IgnoresOrder,
        Quirk::RefusesOrder,
    ] {
        for rows in [0, 1, 50, 51, 3_000] {
            let mut dice = Dice(rows);
            let table = table(1..=rows, quirk);
            let limits = Limits::default();
            let outcome = walk(
                "crm.deal.list",
                "{}",
                table,
                limits,
                Change::Nothing,
                &mut dice,
            );
            assert_eq!(outcome.end, Ok(()), "{quirk:?} {rows}");
            assert!(
                outcome.handed.iter().copied().eq(1..=rows),
                "{quirk:?} {rows}"
            );
        }
    }
}

#[test]
fn a_portal_that_gives_the_same_page_again_is_an_error_and_not_a_loop() {
    let mut dice = Dice(1);
    let table_of = |quirk| table(1..=500, quirk);
    let limits = Limits::default();
    let stalled = walk(
        "user.get",
        "{}",
        table_of(Quirk::IgnoresStart),
        limits,
        Change::Nothing,
        &mut dice,
    );
    assert_eq!(stalled.end.unwrap_err().code, "CALLGATE_LIST_STALLED");
    assert_eq!(stalled.handed.len(), 50, "the rows before it came");
}

#[test]
fn a_next_of_0_is_a_value_and_leads_nowhere() {
    let method = MethodName::parse("user.get").unwrap();
    let (params, limits) = (Params::none(), Limits::default());
    let mut walk = Walk::new(&method, Version::V2, &params, limits).unwrap();
    let page = PageId {
        request: walk.ask().unwrap().request,
        place: 0,
    };
    let facts = Page {
        rows: 2,
        ids: Ids::Rising(1, 2),
        next: Some(0),
        total: None,
    };
    walk.told(page, Ok(facts));
    assert!(
        matches!(walk.next(), Ok(Turn::Page { .. })),
        "its rows are rows"
    );
    assert_eq!(walk.next().unwrap_err().code, "CALLGATE_LIST_STALLED");
    assert_eq!(walk.next(), Ok(Turn::End));
}

#[test]
fn rows_that_were_not_asked_for_are_an_error_and_not_rows() {
    let mut dice = Dice(1);
    let table = table((1..=5_000).map(|id| id * 3), Quirk::ForgetsFilter);
    let limits = Limits::default();
    let outcome = walk(
        "crm.deal.list",
        "{}",
        table,
        limits,
        Change::Nothing,
        &mut dice,
    );
    assert_eq!(outcome.end.unwrap_err().code, "CALLGATE_LIST_UNRELIABLE");
}

#[test]
fn the_callers_own_bounds_and_orders_hold() {
    let mut dice = Dice(3);
    let limits = Limits::default();
    let mut of = |params: &str, rows: u64| {
        walk(
            "crm.deal.list",
            params,
            table(1..=rows, Quirk::None),
            limits,
            Change::Nothing,
            &mut dice,
        )
    };
    let some = Scene::expected(100, 1_000);
    assert_eq!(
        of(r#"{"filter":{">ID":100,"<=ID":1000}}"#, 5_000).handed,
        some
    );
    assert_eq!(
        of(r#"{"filter":{">=ID":101,"<ID":1001}}"#, 5_000).handed,
        some
    );
}

impl Scene<'_> {
    fn expected(above: u64, up_to: u64) -> Vec<u64> {
        (above + 1..=up_to).collect()
    }
}

#[test]
fn fifty_thousand_rows_take_21_to_23_requests() {
    let mut dice = Dice(7);
    for (spread, most) in [(1, 21), (3, 30), (1_000, 30)] {
        let mut id = 0;
        let ids: Vec<u64> = (0..50_000)
            .map(|_| {
                id += 1 + dice.roll(spread * 2 - 1);
                id
            })
            .collect();
        let limits = Limits::default();
        let table = table(ids, Quirk::None);
        let outcome = walk(
            "crm.deal.list",
            "{}",
            table,
            limits,
            Change::Nothing,
            &mut dice,
        );
        assert_eq!(outcome.handed.len(), 50_000);
        println!("one id of {spread}: {} requests", outcome.requests);
        assert!(
            (21..=most).contains(&outcome.requests),
            "{spread}: {}",
            outcome.requests
        );
    }
    let table = table(1..=50_000, Quirk::None);
    let offsets = walk(
        "user.get",
        "{}",
        table,
        Limits::default(),
        Change::Nothing,
        &mut dice,
    );
    println!("by offsets: {} requests", offsets.requests);
    assert!(
        (21..=23).contains(&offsets.requests),
        "{}",
        offsets.requests
    );
}
