//! Rule 7 in a connection: every request goes by the budget, with the test portal's own bucket as the
//! judge; a method that has worked too long waits alone; and what waits can be ended.

use std::time::Duration;

use callgate::bitrix24::engine::budget::Rate;
use callgate::bitrix24::engine::{Call, CallId, Config, Notice};
use callgate::bitrix24::wire::envelope::Reply;
use callgate::error::{Kind, Ran};
use callgate_portal::{Budget, Request, Settings};

use crate::world::{Fate, PHONES, START, Setup, World, call, phones, waiting};

/// A world whose portal counts requests, as the connection expects.
fn limited(burst: f64, per_second: f64) -> World {
    let budget = Rate::new(burst, per_second).unwrap();
    let mut world = World::with(Setup {
        life: 100_000,
        config: Config {
            budget,
            ..Config::default()
        },
        ..Setup::default()
    });
    world.portal.set(Settings {
        budget: Some(Budget { burst, per_second }),
        ..Settings::default()
    });
    world
}

fn add() -> Call {
    call("crm.deal.add", r#"{"fields":{"TITLE":"Deal"}}"#)
}

fn bulk() -> Call {
    Call {
        bulk: true,
        ..call("crm.deal.list", "{}")
    }
}

/// When a call ended, in milliseconds from the start.
fn ended_after(world: &World, id: CallId) -> u64 {
    let end = world.ends.iter().find(|(_, ended, _)| *ended == id);
    end.unwrap().0 - START
}

pub(crate) fn throttles(world: &World) -> Vec<(String, u64)> {
    let told = world.notices.iter().filter_map(|notice| match notice {
        Notice::Throttle { method, until } => Some((method.to_string(), until.as_millis() - START)),
        _ => None,
    });
    told.collect()
}

fn refused(world: &World) -> usize {
    world
        .portal
        .log(0)
        .filter(|entry| entry.status == 503)
        .count()
}

#[test]
fn rule_7_ten_thousand_calls_of_one_client_never_meet_a_full_bucket() {
    let mut world = limited(50.0, 2.0);
    for number in 0..10_000 {
        world.submit(match number % 3 {
            0 => add(),
            1 => call("profile", "{}"),
            _ => bulk(),
        });
    }
    world.pass(4_975);

    assert_eq!(refused(&world), 0);
    assert_eq!(world.ends.len(), 10_000, "nothing waits without need");
    assert!(world.ends.iter().all(|(_, _, outcome)| outcome.is_ok()));
    assert_eq!(world.connection.wake_at(), None);
    assert_eq!(throttles(&world).len(), 9_950);
}

#[test]
fn rule_7_another_application_at_the_same_address_is_made_room_for_and_forgotten() {
    let mut world = limited(50.0, 2.0);
    let stranger = world
        .portal
        .token(START, callgate_portal::TokenRequest::default());
    let body = format!("auth={}", stranger.access_token);
    let calls: Vec<CallId> = (0..300)
        .map(|_| world.submit(call("profile", "{}")))
        .collect();
    let mut refused_lately = 0;
    for second in 0..600 {
        if second < 200 {
            let request = Request::form("/rest/server.time", body.clone());
            world.portal.handle(world.now, &request);
        }
        if second == 180 {
            refused_lately = refused(&world);
        }
        world.pass(1);
    }

    assert!(refused_lately > 0, "the strangers were felt");
    for id in calls {
        assert!(world.end(id).is_ok(), "{:?}", world.end(id));
    }
    let level = world.connection.budget(world.at());
    assert_eq!((level.per_second, level.waiting), (2.0, 0));
}

#[test]
fn rule_7_single_calls_are_not_starved_by_bulk() {
    let mut world = limited(10.0, 2.0);
    for _ in 0..500 {
        world.submit(bulk());
    }
    world.pass(20);
    let single = [world.submit(call("profile", "{}")), world.submit(add())];
    world.pass(2);
    for id in single {
        assert!(world.has_ended(id));
    }
}

#[test]
fn a_call_that_is_held_back_is_told_of_once_and_sent_when_it_was_told() {
    let mut world = limited(2.0, 2.0);
    let ids: Vec<CallId> = (0..5)
        .map(|_| world.submit(call("profile", "{}")))
        .collect();
    world.pass(10);

    let told = [500, 1_000, 1_500].map(|until| ("profile".to_owned(), until));
    assert_eq!(throttles(&world), told);
    let ends: Vec<u64> = ids.iter().map(|id| ended_after(&world, *id)).collect();
    assert_eq!(ends, [0, 0, 500, 1_000, 1_500]);
}

#[test]
fn a_calls_time_does_not_run_while_it_is_queued() {
    let mut world = limited(1.0, 0.01);
    let ids = [0, 1].map(|_| world.submit(add()));
    world.pass(101);
    assert!(world.end(ids[1]).is_ok());
    assert_eq!(ended_after(&world, ids[1]), 100_000);
}

#[test]
fn a_queued_call_that_is_cancelled_leaves_nothing_behind() {
    let mut world = limited(1.0, 0.1);
    world.submit(call("profile", "{}"));
    let [cancelled, next] = [0, 1].map(|_| world.submit(add()));
    world.pass(1);
    world.connection.cancel(cancelled);
    world.pump();
    let error = world.error(cancelled);
    assert_eq!((error.kind, error.ran), (Kind::Aborted, Ran::No));

    world.pass(10);
    assert_eq!(ended_after(&world, next), 10_000, "it moves up");
    world.submit(call("profile", "{}"));
    world.connection.close();
    world.pump();
    assert_eq!(world.connection.wake_at(), None);
    assert_eq!(world.connection.budget(world.at()).waiting, 0);
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn a_cancelled_request_that_is_out_still_counts() {
    let mut world = limited(1.0, 0.1);
    world.fate([Fate::Silence]);
    let id = world.submit(call("profile", "{}"));
    world.pass(5);
    world.connection.cancel(id);
    let next = world.submit(call("profile", "{}"));
    world.pass(20);
    assert_eq!(ended_after(&world, next), 15_000);
    assert_eq!(refused(&world), 0);
}

#[test]
fn a_token_that_ends_while_a_call_is_queued_is_refreshed_before_it_is_sent() {
    let mut world = World::with(Setup {
        life: 30,
        config: Config {
            budget: Rate::new(1.0, 0.01).unwrap(),
            ..Config::default()
        },
        ..Setup::default()
    });
    let ids = [0, 1].map(|_| world.submit(add()));
    world.pass(200);

    assert!(ids.iter().all(|id| world.end(*id).is_ok()));
    assert_eq!((world.sent.len(), world.refreshes.len()), (2, 1));
    let level = world.connection.budget(world.at());
    assert!(
        level.filled < 1.0,
        "the turn before the refresh was given back"
    );
}

#[test]
fn a_wait_for_an_administrator_ends_in_the_queue_too() {
    let mut world = limited(1.0, 0.01);
    let id = world.submit(waiting(phones(), Some(50)));
    world.pass(49);
    assert_eq!(world.times_of(PHONES), [0]);
    assert!(!world.has_ended(id));
    world.pass(1);
    assert_eq!(world.error(id).code, "CALLGATE_CONFIRMATION_TIMEOUT");
    assert_eq!(world.connection.wake_at(), None);
}

#[test]
fn several_waits_for_one_confirmation_take_one_place_in_the_queue() {
    let mut world = limited(5.0, 0.01);
    for _ in 0..5 {
        world.submit(waiting(phones(), None));
    }
    world.pass(60);
    assert_eq!(world.connection.budget(world.at()).waiting, 1);
}

#[test]
fn a_method_that_worked_too_long_waits_alone() {
    let mut world = World::with(Setup {
        life: 100_000,
        ..Setup::default()
    });
    world.portal.set(Settings {
        operating_limit: Some(5),
        work: 2_000,
        ..Settings::default()
    });
    for _ in 0..3 {
        world.submit(call("user.get", "{}"));
        world.pass(10);
    }
    let stopped = world.submit(call("user.get", "{}"));
    world.pass(5);
    assert!(!world.has_ended(stopped));
    let requests = world.times_of("user.get").len();
    let later = world.submit(call("user.get", "{}"));
    let other = world.submit(call("profile", "{}"));
    world.pass(10);
    assert!(world.end(other).is_ok());
    assert_eq!(
        world.times_of("user.get").len(),
        requests,
        "nobody asks again"
    );
    assert_eq!(throttles(&world).len(), 2);

    world.pass(700);
    assert!(world.end(stopped).is_ok() && world.end(later).is_ok());
}

#[test]
fn the_portals_own_pause_is_kept() {
    let mut world = World::new();
    world.fate([Fate::Silence]);
    let id = world.submit(call("profile", "{}"));
    let busy = Reply {
        retry_after: Some(Duration::from_secs(40)),
        ..Reply::read(503, "<h1>Busy</h1>")
    };
    let (now, exchange) = (world.at(), world.sent[0].exchange);
    world.connection.response(now, exchange, busy);
    world.pass(39);
    assert_eq!(world.sent.len(), 1);
    world.pass(1);
    assert!(world.end(id).is_ok());
}

#[test]
fn pauses_between_attempts_can_be_ended() {
    for cancel in [true, false] {
        let mut world = World::new();
        world.fate([Fate::Refused]);
        let id = world.submit(add());
        assert!(world.connection.wake_at().is_some());
        match cancel {
            true => world.connection.cancel(id),
            false => world.connection.close(),
        }
        world.pump();
        assert_eq!(world.error(id).ran, Ran::No);
        assert_eq!(world.connection.wake_at(), None);
        assert_eq!(world.sent.len(), 1);
    }
}
