//! Walks over tables in which rows come and go meanwhile, with answers in any order and consumers of
//! any patience. What holds in all of them: no row twice, none lost that was there throughout, the
//! list's own order, and no more in memory than was allowed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use callgate::bitrix24::engine::CallId;
use callgate::bitrix24::engine::budget::{Budget, Class, Rate};
use callgate::bitrix24::engine::list::{Ids, Limits, Page, PageId, Turn, Walk};
use callgate::bitrix24::rights::method::{MethodName, Version};
use callgate::bitrix24::rights::params::Params;
use callgate::time::Instant;

use crate::chance::Dice;
use crate::walk_table::{Change, Quirk, Table, walk};

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
fn a_list_that_shrank_while_it_was_walked_by_offsets_is_walked_again() {
    let method = MethodName::parse("user.get").unwrap();
    let (params, limits) = (Params::none(), Limits::default());
    let mut walk = Walk::new(&method, Version::V2, &params, limits).unwrap();
    let mut table = table(1..=120, Quirk::None);
    let mut held = HashMap::new();
    let mut handed: Vec<u64> = Vec::new();
    loop {
        while let Some(ask) = walk.ask() {
            for (place, command) in (0..).zip(&ask.commands) {
                let page = PageId {
                    request: ask.request,
                    place,
                };
                let (facts, ids) = table.answer(command).unwrap();
                held.insert(page, ids);
                walk.told(page, Ok(facts));
                // Behind the first page: the 51st row slips onto it, unread.
                table.rows.remove(&1);
            }
        }
        match walk.next().unwrap() {
            Turn::Page { page, only_new } => {
                assert!(only_new);
                let ids = held.remove(&page).unwrap();
                handed.extend(
                    ids.into_iter()
                        .filter(|id| !handed.contains(id))
                        .collect::<Vec<_>>(),
                );
            }
            Turn::Wait => panic!("everything was told"),
            Turn::End => break,
        }
    }
    handed.sort_unstable();
    assert!(handed.into_iter().eq(1..=120));
    assert!(!walk.may_lack_rows());
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
fn a_count_of_0_beside_rows_is_none() {
    let method = MethodName::parse("crm.deal.list").unwrap();
    for (told, known) in [(0, None), (7, Some(7))] {
        let (params, limits) = (Params::none(), Limits::default());
        let mut walk = Walk::new(&method, Version::V2, &params, limits).unwrap();
        let request = walk.ask().unwrap().request;
        let edge = |ids, rows| Page {
            rows,
            ids,
            next: None,
            total: Some(told),
        };
        let pages = [
            (Ids::Rising(1, 7), 7),
            (Ids::Falling(7, 1), 7),
            (Ids::Unknown, 0),
        ];
        for (place, (ids, rows)) in (0..).zip(pages) {
            walk.told(PageId { request, place }, Ok(edge(ids, rows)));
        }
        assert_eq!(walk.progress().total, known);
    }
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
fn the_callers_own_bounds_hold() {
    for bounds in [r#"">ID":100,"<=ID":1000"#, r#"">=ID":101,"<ID":1001"#] {
        let params = format!(r#"{{"filter":{{{bounds}}}}}"#);
        let table = table(1..=5_000, Quirk::None);
        let (limits, mut dice) = (Limits::default(), Dice(3));
        let outcome = walk(
            "crm.deal.list",
            &params,
            table,
            limits,
            Change::Nothing,
            &mut dice,
        );
        assert!(outcome.handed.into_iter().eq(101..=1_000), "{bounds}");
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

/// The figures of the design: 50 ms of latency, 20 ms of the server's work for each command, and the
/// ordinary request budget.
#[test]
fn fifty_thousand_rows_take_less_than_two_and_a_half_seconds() {
    let taken = [Limits::default(), Limits::ALL].map(fifty_thousand_rows);
    assert!(taken[0] < 2_500, "page by page: {} ms", taken[0]);
    assert!(taken[1] < 1_500, "all at once: {} ms", taken[1]);
}

/// How many milliseconds they take.
fn fifty_thousand_rows(limits: Limits) -> u64 {
    let method = MethodName::parse("crm.deal.list").unwrap();
    let params = Params::none();
    let mut walk = Walk::new(&method, Version::V2, &params, limits).unwrap();
    let mut table = table(1..=50_000, Quirk::None);
    let mut budget = Budget::new(Rate::STANDARD);
    let (mut now, mut rows) = (0, 0);
    let mut waiting = HashMap::new();
    let mut under_way = BTreeMap::new();
    let at = Instant::from_millis;
    loop {
        while let Some(ask) = walk.ask() {
            budget.ask(CallId(ask.request), Class::Bulk);
            waiting.insert(CallId(ask.request), ask);
        }
        while let Some(call) = budget.next(at(now)) {
            let ask = waiting.remove(&call).unwrap();
            let takes = 50 + 20 * ask.commands.len() as u64;
            under_way.insert((now + takes, ask.request), ask);
        }
        match walk.next().unwrap() {
            Turn::Page { .. } => continue,
            Turn::End => break,
            Turn::Wait => {}
        }
        let ((time, request), ask) = under_way.pop_first().unwrap();
        now = time;
        budget.ended(at(now), CallId(request));
        for (place, command) in (0..).zip(&ask.commands) {
            let (facts, ids) = table.answer(command).unwrap();
            rows += ids.len();
            walk.told(PageId { request, place }, Ok(facts));
        }
    }
    // The first and the last page were also read to find where to begin and to end.
    assert!(rows >= 50_000);
    assert_eq!(walk.progress().rows, 50_000);
    now
}
