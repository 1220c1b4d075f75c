//! Lists from beginning to end: pages in order whatever happens meanwhile, at the pace of whoever
//! reads them, and nothing left behind.

use std::collections::HashSet;

use callgate::bitrix24::engine::list::{Limits, id, rows};
use callgate::bitrix24::engine::{Call, CallId, Config, Notice};
use callgate::bitrix24::rights::method::Version;
use callgate::error::{Error, Kind, Ran};
use callgate_portal::{Budget, Fault, Request, Settings};
use serde_json::{Value, json};

use crate::world::{Fate, ListOutcome, PHONES, Setup, World, call, waiting};

/// Whoever reads a list.
struct Reader {
    list: CallId,
    ids: Vec<u64>,
    seen: HashSet<u64>,
}

impl Reader {
    fn of(world: &mut World, call: Call, limits: Limits) -> Self {
        Self {
            list: world.connection.submit_list(world.at(), call, limits),
            ids: Vec::new(),
            seen: HashSet::new(),
        }
    }

    /// Wants the next page, however long it takes; tells whether there was one.
    fn next(&mut self, world: &mut World) -> bool {
        world.connection.want_rows(world.at(), self.list);
        for _ in 0..100_000 {
            world.pump();
            if let Some((list, page)) = world.rows.pop_front() {
                assert_eq!(list, self.list);
                for row in rows(&page.body["result"]).unwrap() {
                    let id = id(row).unwrap();
                    if !page.only_new || self.seen.insert(id) {
                        self.ids.push(id);
                    }
                }
                return true;
            }
            if self.end(world).is_some() {
                return false;
            }
            world.pass_millis(10);
        }
        panic!("neither a page nor an end");
    }

    fn end<'w>(&self, world: &'w World) -> Option<&'w ListOutcome> {
        let own = |(_, list, _): &&(u64, CallId, ListOutcome)| *list == self.list;
        let mut ends = world.list_ends.iter().filter(own);
        let end = ends.next();
        assert!(ends.next().is_none(), "a list has ended twice");
        end.map(|(.., outcome)| outcome)
    }

    fn read(&mut self, world: &mut World) -> Result<u32, Error> {
        while self.next(world) {}
        let end = self.end(world).unwrap().clone();
        assert_nothing_is_left(world);
        end.map(|progress| progress.requests)
    }
}

fn assert_nothing_is_left(world: &mut World) {
    world.pump();
    assert_eq!(world.connection.wake_at(), None);
    assert_eq!(world.connection.budget(world.at()).waiting, 0);
}

fn read(world: &mut World, call: Call) -> (Vec<u64>, Result<u32, Error>) {
    let mut reader = Reader::of(world, call, Limits::default());
    let end = reader.read(world);
    (reader.ids, end)
}

fn world_of(entity: &str, count: u64) -> World {
    let mut world = World::with(Setup {
        scopes: "crm,user,task,tasks,main,telephony",
        ..Setup::default()
    });
    world.portal.generate(entity, count).unwrap();
    world
}

fn deals() -> Call {
    call("crm.deal.list", "{}")
}

/// What somebody else does meanwhile.
fn meanwhile(world: &mut World, method: &str, body: &Value) {
    let url = world.portal.webhook(&["crm", "user"], 1);
    let path = &url[url.find("/rest/").unwrap()..];
    let reply = world
        .portal
        .handle(world.now, &Request::json([path, method].concat(), body));
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[test]
fn ten_thousand_rows_come_in_order_by_five_requests() {
    let mut world = world_of("deal", 10_000);
    let (ids, requests) = read(&mut world, deals());
    assert!(ids.into_iter().eq(1..=10_000));
    assert_eq!(requests, Ok(5));
    assert_eq!(world.sent.len(), 5);
}

#[test]
fn every_kind_of_list_is_read_whole() {
    for (entity, method, version, params) in [
        ("deal", "crm.item.list", None, r#"{"entityTypeId":2}"#),
        ("task", "tasks.task.list", None, "{}"),
        ("user", "user.get", None, "{}"),
        ("task", "tasks.task.list", Some(Version::V3), "{}"),
        (
            "task",
            "tasks.task.list",
            Some(Version::V3),
            r#"{"pagination":{"limit":70}}"#,
        ),
    ] {
        for count in [0, 1, 51, 700] {
            let mut world = world_of(entity, count);
            let mut list = call(method, params);
            list.version = version;
            let (ids, end) = read(&mut world, list);
            assert!(ids.into_iter().eq(1..=count), "{method} {count}");
            assert!(end.is_ok());
        }
    }
}

#[test]
fn nothing_is_sent_before_somebody_reads() {
    let mut world = world_of("deal", 100);
    let mut reader = Reader::of(&mut world, deals(), Limits::default());
    world.pass(60);
    assert!(world.sent.is_empty());
    assert_eq!(reader.read(&mut world), Ok(2));
}

#[test]
fn who_reads_slowly_holds_the_walk_back() {
    let mut world = world_of("deal", 20_000);
    let limits = Limits {
        rows: 2_500,
        ..Limits::default()
    };
    let mut reader = Reader::of(&mut world, deals(), limits);
    let mut read = 0;
    while reader.next(&mut world) {
        world.pass(1);
        read += 1;
        let asked: usize = world.sent.iter().map(commands).sum();
        assert!(
            asked <= read + 2_500 / 50 + 50,
            "{asked} pages asked, {read} read"
        );
    }
    assert!(reader.ids.into_iter().eq(1..=20_000));
}

/// How many commands a request carries.
fn commands(sent: &crate::world::Sent) -> usize {
    let body: Value = serde_json::from_str(&sent.request.body).unwrap();
    body["cmd"].as_object().map_or(1, |commands| commands.len())
}

#[test]
fn rows_that_come_and_go_meanwhile_cost_no_other() {
    let mut world = world_of("deal", 6_000);
    let settings = Settings {
        latency: 50,
        ..Settings::default()
    };
    world.portal.set(settings);
    let mut reader = Reader::of(&mut world, deals(), Limits::default());
    let mut gone = HashSet::new();
    for turn in 0..40_u64 {
        assert!(reader.next(&mut world));
        let id = turn * 150 + 7;
        meanwhile(&mut world, "crm.deal.delete", &json!({"id": id}));
        meanwhile(
            &mut world,
            "crm.deal.add",
            &json!({"fields": {"TITLE": "new"}}),
        );
        gone.insert(id);
    }
    assert!(reader.read(&mut world).is_ok());
    assert!(
        reader.ids.is_sorted_by(|one, next| one < next),
        "in order, none twice"
    );
    let read: HashSet<u64> = reader.ids.into_iter().collect();
    assert!((1..=6_000).all(|id| read.contains(&id) || gone.contains(&id)));
}

#[test]
fn a_list_that_can_only_be_walked_by_number_warns_when_it_shrinks_all_the_time() {
    let mut world = world_of("deal", 1_000);
    let settings = Settings {
        latency: 50,
        ..Settings::default()
    };
    world.portal.set(settings);
    let mut list = Reader::of(
        &mut world,
        call("crm.deal.list", r#"{"order":{"TITLE":"ASC"}}"#),
        Limits {
            requests: 1,
            batches: false,
            rows: 100,
        },
    );
    for id in 1..400_u64 {
        if !list.next(&mut world) {
            break;
        }
        meanwhile(&mut world, "crm.deal.delete", &json!({"id": id}));
    }
    assert!(list.read(&mut world).is_ok());
    let unique: HashSet<&u64> = list.ids.iter().collect();
    assert_eq!(unique.len(), list.ids.len(), "no row twice");
    let warnings = world.warnings();
    let [warning] = warnings.as_slice() else {
        panic!("{warnings:?}");
    };
    assert!(warning.contains("some may be missing"), "{warning}");
}

#[test]
fn rule_8_who_stops_reading_leaves_nothing_behind() {
    let mut world = world_of("deal", 20_000);
    let settings = Settings {
        latency: 100,
        ..Settings::default()
    };
    world.portal.set(settings);
    let limits = Limits {
        rows: 5_000,
        ..Limits::default()
    };
    let mut reader = Reader::of(&mut world, deals(), limits);
    assert!(reader.next(&mut world));
    let under_way = world.sent.len();
    world.connection.cancel(reader.list);
    world.pump();
    let error = reader.end(&world).unwrap().as_ref().unwrap_err();
    assert_eq!((error.kind, error.ran), (Kind::Aborted, Ran::Unknown));
    assert_eq!(error.method.as_deref(), Some("crm.deal.list"));
    assert!(!world.aborted.is_empty(), "a request was out");
    assert!(!world.connection.is_under_way(reader.list));
    assert_nothing_is_left(&mut world);
    world.pass(600);
    assert_eq!(world.sent.len(), under_way);
    assert!(!reader.next(&mut world), "and it stays over");
    assert_eq!(reader.ids.len(), 50, "what was handed out stays");
}

#[test]
fn closing_the_portal_ends_its_lists() {
    let mut world = world_of("deal", 5_000);
    let mut reader = Reader::of(&mut world, deals(), Limits::default());
    assert!(reader.next(&mut world));
    world.connection.close();
    world.pump();
    let code = |reader: &Reader, world: &World| {
        reader.end(world).unwrap().clone().unwrap_err().code.clone()
    };
    assert_eq!(code(&reader, &world), "CALLGATE_CLOSED");
    assert_nothing_is_left(&mut world);
    let late = Reader::of(&mut world, deals(), Limits::default());
    world.pump();
    assert_eq!(code(&late, &world), "CALLGATE_CLOSED");
}

#[test]
fn a_request_that_fails_is_repeated_before_the_list_fails() {
    for fate in [
        Fate::Refused,
        Fate::BrokenBefore,
        Fate::BrokenAfter,
        Fate::Instead(502, "<html>Bad Gateway</html>".to_owned()),
        Fate::Instead(503, r#"{"error":"QUERY_LIMIT_EXCEEDED"}"#.to_owned()),
        Fate::Silence,
    ] {
        let mut world = world_of("deal", 8_000);
        world.fate([Fate::Answered, fate.clone(), Fate::Answered, fate.clone()]);
        let (ids, end) = read(&mut world, deals());
        assert!(end.is_ok(), "{fate:?}: {end:?}");
        assert!(ids.into_iter().eq(1..=8_000), "{fate:?}");
    }
}

#[test]
fn a_page_that_fails_fails_the_list_after_those_before_it() {
    let mut world = world_of("deal", 8_000);
    let fault = Fault {
        method: Some("crm.deal.list".to_owned()),
        after: 60,
        times: Some(1),
        ..Fault::new("permission")
    };
    world.portal.fault(fault).unwrap();
    let (ids, end) = read(&mut world, deals());
    let error = end.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("ACCESS_DENIED", Kind::Denied)
    );
    assert_eq!(error.method.as_deref(), Some("crm.deal.list"));
    assert!(!ids.is_empty() && ids.len() < 8_000);
    let count = ids.len() as u64;
    assert!(
        ids.into_iter().eq(1..=count),
        "what was handed out has no gap"
    );
}

#[test]
fn a_method_that_is_stopped_for_working_too_long_goes_on_later() {
    let mut world = world_of("deal", 8_000);
    let fault = Fault {
        method: Some("crm.deal.list".to_owned()),
        after: 60,
        times: Some(5),
        ..Fault::new("operating-limit")
    };
    world.portal.fault(fault).unwrap();
    let began = world.now;
    let (ids, end) = read(&mut world, deals());
    assert!(end.is_ok(), "{end:?}");
    assert!(ids.into_iter().eq(1..=8_000));
    assert!(
        world.now - began >= 60_000,
        "it waited {} ms",
        world.now - began
    );
}

#[test]
fn a_token_that_ends_in_the_middle_is_renewed() {
    let mut world = World::with(Setup {
        scopes: "crm",
        life: 60,
        ..Setup::default()
    });
    world.portal.generate("deal", 20_000).unwrap();
    let limits = Limits {
        rows: 2_500,
        ..Limits::default()
    };
    let mut reader = Reader::of(&mut world, deals(), limits);
    while reader.next(&mut world) {
        world.pass_millis(500);
    }
    assert!(reader.ids.iter().copied().eq(1..=20_000));
    assert!(!world.refreshes.is_empty());
}

#[test]
fn a_list_that_has_to_be_confirmed_rejects_or_waits() {
    let mut world = world_of("user", 3);
    let phones = || call(PHONES, r#"{"USER_ID":[1,2,3]}"#);
    let (_, end) = read(&mut world, phones());
    assert_eq!(end.unwrap_err().kind, Kind::Waiting);

    let mut reader = Reader::of(&mut world, waiting(phones(), None), Limits::default());
    world.connection.want_rows(world.at(), reader.list);
    world.pass(30);
    assert!(reader.end(&world).is_none() && world.rows.is_empty());
    world.decide_and_tell(true);
    assert_eq!(reader.read(&mut world), Ok(1));
    assert_eq!(reader.ids, [1, 2, 3]);
}

#[test]
fn pages_that_have_to_be_confirmed_wait_together_although_a_batch_asked() {
    let fault = |world: &mut World| {
        let fault = Fault {
            method: Some("crm.deal.list".to_owned()),
            times: Some(6),
            ..Fault::new("confirm-waiting")
        };
        world.portal.fault(fault).unwrap();
    };
    let mut world = world_of("deal", 500);
    fault(&mut world);
    let (_, end) = read(&mut world, deals());
    assert_eq!(end.unwrap_err().kind, Kind::Waiting);

    let mut world = world_of("deal", 500);
    fault(&mut world);
    let (ids, end) = read(&mut world, waiting(deals(), None));
    assert!(end.is_ok(), "{end:?}");
    assert!(ids.into_iter().eq(1..=500));
}

#[test]
fn what_preflight_refuses_is_not_sent() {
    let mut world = World::with(Setup {
        scopes: "im",
        knows_scopes: true,
        ..Setup::default()
    });
    let (_, end) = read(&mut world, deals());
    let error = end.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.ran),
        ("insufficient_scope", Ran::No)
    );
    assert!(error.decision.is_some());
    assert!(world.sent.is_empty());
}

#[test]
fn parameters_that_no_list_can_have_are_refused() {
    let mut world = world_of("deal", 1);
    let (_, end) = read(&mut world, call("crm.deal.list", r#"{"start":50}"#));
    let error = end.unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    assert!(error.message.starts_with("params.start: "), "{error}");
    assert!(world.sent.is_empty());
}

#[test]
fn an_answer_that_is_no_list_is_an_error() {
    let mut world = world_of("deal", 1);
    let (_, end) = read(&mut world, call("profile", "{}"));
    let error = end.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("CALLGATE_NO_LIST", Kind::Protocol)
    );
}

#[test]
fn what_does_not_fit_into_a_batch_is_asked_for_one_by_one() {
    let mut world = world_of("deal", 400);
    let wanted: Vec<u64> = (1..=1_100).collect();
    let params = json!({"filter": {"@ID": wanted}}).to_string();
    let (ids, end) = read(&mut world, call("crm.deal.list", &params));
    assert!(end.is_ok(), "{end:?}");
    assert!(ids.into_iter().eq(1..=400));
    assert!(
        world
            .sent
            .iter()
            .all(|sent| sent.method() == "crm.deal.list")
    );
}

#[test]
fn rule_7_a_list_and_single_calls_keep_to_the_budget_together() {
    let mut world = World::with(Setup {
        scopes: "crm",
        config: Config::default(),
        ..Setup::default()
    });
    world.portal.generate("deal", 30_000).unwrap();
    world.portal.set(Settings {
        latency: 50,
        work: 20,
        budget: Some(Budget {
            burst: 50.0,
            per_second: 2.0,
        }),
        ..Settings::default()
    });
    let limits = Limits {
        batches: false,
        ..Limits::default()
    };
    let mut reader = Reader::of(&mut world, deals(), limits);
    assert!(reader.next(&mut world));
    world.pass(20);
    let began = world.now;
    let single = world.connection.submit(world.at(), call("profile", "{}"));
    while !world.has_ended(single) {
        assert!(reader.next(&mut world));
        world.pump();
    }
    assert!(
        world.now - began < 3_000,
        "a single call waited {} ms",
        world.now - began
    );
    world.connection.cancel(reader.list);
    let full = world.portal.log(0).filter(|entry| entry.status == 503);
    assert_eq!(full.count(), 0);
    let throttled = |notice: &Notice| match notice {
        Notice::Throttle { method, .. } => method.as_str() == "crm.deal.list",
        _ => false,
    };
    assert!(world.notices.iter().any(throttled));
}
