//! Rule 8: every submitted call ends exactly once.

use std::time::Duration;

use callgate::bitrix24::engine::{Call, CallId, Config, TokenUpdate};
use callgate::bitrix24::rights::method::Version;
use callgate::bitrix24::wire::envelope::Reply;
use callgate::error::{Kind, Ran};
use callgate::http::{BodyFormat, Failure};
use callgate::secret::Secret;

use crate::world::{
    Fate, PHONES, Renewal, Setup, World, call, made_up_token, phones, waiting, waiting_phones,
};

#[test]
fn rule_8_a_call_that_is_cancelled_before_its_request_was_taken_is_not_sent() {
    let mut world = World::new();
    let now = world.at();
    let id = world.connection.submit(now, call("crm.deal.add", "{}"));
    world.connection.cancel(id);
    world.pump();

    let error = world.error(id);
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("CALLGATE_ABORTED", Kind::Aborted)
    );
    assert_eq!((error.ran, error.retryable), (Ran::No, false));
    assert!(world.sent.is_empty() && world.aborted.is_empty());
}

#[test]
fn rule_8_a_call_that_is_cancelled_with_its_request_out_is_aborted() {
    let mut world = World::new();
    world.fate([Fate::Late(5)]);
    let id = world.submit(call("crm.deal.add", r#"{"fields":{}}"#));
    world.connection.cancel(id);
    world.pass(10);

    assert_eq!(world.error(id).ran, Ran::Unknown);
    assert_eq!(world.aborted, [world.sent[0].exchange]);
}

#[test]
fn rule_8_a_call_that_is_cancelled_while_it_waits_for_a_token_did_not_run() {
    let mut world = World::with(Setup {
        life: 10,
        ..Setup::default()
    });
    world.pass(10);
    world.renewal([Renewal::Late(5)]);
    let id = world.submit(call("profile", "{}"));
    world.connection.cancel(id);
    world.pass(10);

    assert_eq!(world.error(id).ran, Ran::No);
    assert!(world.sent.is_empty() && world.aborted.is_empty());
}

#[test]
fn rule_8_a_call_that_is_cancelled_while_it_waits_for_a_confirmation_is_not_repeated() {
    let mut world = World::new();
    let id = world.submit(waiting_phones());
    world.connection.cancel(id);
    world.pass(3_000);
    world.decide_and_tell(true);

    let error = world.error(id);
    assert_eq!(
        (error.code.as_str(), error.ran),
        ("CALLGATE_ABORTED", Ran::No)
    );
    assert_eq!(world.sent.len(), 1);
    assert_eq!(world.connection.wake_at(), None);
}

#[test]
fn rule_8_one_of_several_waiting_calls_can_be_cancelled_alone() {
    let mut world = World::new();
    world.fate([Fate::Answered, Fate::Answered, Fate::Late(2)]);
    let first = world.submit(waiting_phones());
    let second = world.submit(waiting_phones());
    world.pass(6);
    world.connection.cancel(first);
    world.pass(60);
    world.decide_and_tell(true);

    assert_eq!(world.error(first).code, "CALLGATE_ABORTED");
    assert!(world.end(second).is_ok());
}

#[test]
fn rule_8_an_ended_call_stays_as_it_ended() {
    let mut world = World::new();
    let id = world.submit(call("profile", "{}"));
    let exchange = world.sent[0].exchange;
    let now = world.at();
    world.connection.cancel(id);
    world
        .connection
        .response(now, exchange, Reply::read(500, "{}"));
    let failure = Failure {
        sent: true,
        reason: "late".to_owned(),
    };
    world.connection.failure(now, exchange, failure);
    world.connection.close();
    world.pass(100);

    assert!(world.end(id).is_ok());
    assert!(world.aborted.is_empty());
}

#[test]
fn rule_8_an_answer_that_comes_after_the_time_limit_changes_nothing() {
    let mut world = World::new();
    world.fate([Fate::Late(70)]);
    let id = world.submit(call("profile", "{}"));
    world.pass(100);
    assert_eq!(world.error(id).code, "CALLGATE_TIMEOUT");
}

#[test]
fn rule_8_an_answer_to_an_earlier_exchange_of_a_call_is_not_taken_for_the_later_ones() {
    let mut world = World::new();
    world.fate([Fate::Answered, Fate::Late(70), Fate::Late(30)]);
    let id = world.submit(waiting_phones());
    world.pass(74);
    assert_eq!(world.times_of(PHONES), [0, 5, 73]);
    let now = world.at();
    let first = world.sent[1].exchange;
    world
        .connection
        .response(now, first, Reply::read(200, r#"{"result":"old"}"#));
    world.pump();
    assert!(!world.has_ended(id));
}

#[test]
fn rule_8_answers_may_come_in_another_order_than_their_requests() {
    let mut world = World::new();
    world.fate([Fate::Late(3), Fate::Late(2), Fate::Late(1)]);
    let methods = ["profile", "server.time", "scope"];
    let ids = methods.map(|method| world.submit(call(method, "{}")));
    world.pass(3);

    let results = ids.map(|id| world.end(id).as_ref().unwrap().body["result"].clone());
    assert!(results[0].is_object() && results[1].is_string() && results[2].is_array());
}

#[test]
fn rule_8_closing_ends_calls_at_every_stage_and_later_ones_too() {
    let mut world = World::new();
    let parked = world.submit(waiting_phones());
    world.fate([Fate::Silence]);
    let sent = world.submit(call("profile", "{}"));
    world.renewal([Renewal::Never]);
    world.fault_once("expired-token");
    let tokenless = world.submit(call("user.get", "{}"));
    let now = world.at();
    let untaken = world.connection.submit(now, call("server.time", "{}"));
    world.connection.close();
    world.pump();
    let late = world.submit(call("profile", "{}"));
    world.pass(7_200);

    for (id, ran) in [
        (parked, Ran::No),
        (sent, Ran::Unknown),
        (tokenless, Ran::No),
        (untaken, Ran::No),
        (late, Ran::No),
    ] {
        let error = world.error(id);
        assert_eq!(
            (error.code.as_str(), error.kind),
            ("CALLGATE_CLOSED", Kind::Aborted)
        );
        assert_eq!(error.ran, ran, "{id:?}");
    }
    assert_eq!(world.sent.len(), 3);
    assert_eq!(world.connection.wake_at(), None);
}

#[test]
fn rule_8_the_connections_own_question_ends_without_anybody_hearing_of_it() {
    let config = Config {
        asks_for_scopes: true,
        ..Config::default()
    };
    for fate in [Fate::Answered, Fate::BrokenBefore, Fate::Silence] {
        let mut world = World::with(Setup {
            config: config.clone(),
            ..Setup::default()
        });
        world.fate([fate.clone(), fate]);
        let id = world.submit(call("profile", "{}"));
        world.pass(100);
        assert!(world.has_ended(id));
        assert_eq!(world.ends.len(), 1);
    }
}

/// A small generator of pseudo-random numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }

    fn pick<T: Clone>(&mut self, things: &[T]) -> T {
        things[usize::try_from(self.roll(things.len() as u64)).unwrap()].clone()
    }
}

fn some_setup(dice: &mut Dice) -> Setup {
    let config = Config {
        asks_for_scopes: dice.chance(30),
        timeout: Duration::from_secs(dice.pick(&[1, 10, 60])),
        format: dice.pick(&[BodyFormat::Json, BodyFormat::Form]),
        ..Config::default()
    };
    Setup {
        life: dice.pick(&[30, 300, 3600]),
        knows_expiry: dice.chance(60),
        knows_scopes: dice.chance(30),
        can_refresh: dice.chance(80),
        checks_events: dice.chance(80),
        scopes: dice.pick(&["telephony,crm,im,user", "crm"]),
        config,
    }
}

/// Some call; a write that isn't idempotent carries its own number.
fn some_call(dice: &mut Dice, number: usize) -> Call {
    let seconds = dice.pick(&[None, Some(0), Some(1), Some(20), Some(400)]);
    let mut some = match dice.roll(7) {
        0 => phones(),
        1 | 2 => waiting(phones(), seconds),
        3 => call("crm.deal.add", &numbered(number)),
        4 => waiting(call("crm.deal.add", &numbered(number)), seconds),
        5 => call("im.department.managers.get", "{}"),
        _ => call("profile", "{}"),
    };
    if dice.chance(20) {
        some = Call {
            idempotent: true,
            params: phones().params,
            ..some
        };
    }
    some.timeout = seconds.filter(|_| dice.chance(20)).map(Duration::from_secs);
    if dice.chance(5) {
        some.version = Some(Version::V3);
        some.start = Some(50).filter(|_| dice.chance(50));
    }
    some
}

fn numbered(number: usize) -> String {
    format!(r#"{{"fields":{{"TITLE":"deal-{number:04}"}}}}"#)
}

fn some_fate(dice: &mut Dice) -> Fate {
    let delay = dice.roll(90);
    let status = dice.pick(&[200, 401, 403, 500]);
    let body = dice.pick(&[
        "",
        "<html>",
        "{}",
        "null",
        r#"{"result":null}"#,
        r#"{"error":"METHOD_CONFIRM_WAITING"}"#,
        r#"{"error":"method_confirm_denied"}"#,
        r#"{"error":"expired_token"}"#,
        r#"{"error":"QUERY_LIMIT_EXCEEDED"}"#,
        r#"{"error":{"code":"BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION"}}"#,
    ]);
    dice.pick(&[
        Fate::Answered,
        Fate::Late(delay),
        Fate::Refused,
        Fate::BrokenBefore,
        Fate::BrokenAfter,
        Fate::Silence,
        Fate::Moved(None),
        Fate::Instead(status, body.to_owned()),
    ])
}

fn some_renewal(dice: &mut Dice) -> Renewal {
    match dice.roll(5) {
        0 => Renewal::Late(dice.roll(90)),
        1 => Renewal::Never,
        2 => Renewal::Fails("no".to_owned()),
        3 => Renewal::Gives(TokenUpdate {
            token: made_up_token("nobody-issued-this", Some("r")),
            scope: Some("app".to_owned()),
        }),
        _ => Renewal::Answered,
    }
}

/// One thing that happens in a world of calls.
fn something_happens(world: &mut World, calls: &mut Vec<CallId>, dice: &mut Dice) {
    match dice.roll(14) {
        0..4 => {
            let some = some_call(dice, calls.len());
            calls.push(world.submit(some));
        }
        4 => {
            let (now, some) = (world.at(), some_call(dice, calls.len()));
            calls.push(world.connection.submit(now, some));
            if dice.chance(50) {
                world.connection.cancel(calls[calls.len() - 1]);
            }
        }
        5 if !calls.is_empty() => {
            let id = dice.pick(calls);
            world.connection.cancel(id);
        }
        6 => {
            let (token, granted) = (world.token.access_token.clone(), dice.chance(60));
            let events = world.portal.decide(world.now, &token, PHONES, granted);
            for event in events.unwrap_or_default() {
                world.deliver(&event);
            }
        }
        7 => world.fate((0..3).map(|_| some_fate(dice)).collect::<Vec<_>>()),
        8 => world.renewal([some_renewal(dice)]),
        9 => world.fault_once(dice.pick(&[
            "expired-token",
            "confirm-waiting",
            "cache-flush",
            "event-twice",
            "empty",
        ])),
        10 if !world.sent.is_empty() => {
            // An answer that came before, or to an exchange that was given up, comes again.
            let exchange = dice.pick(&world.sent.iter().map(|it| it.exchange).collect::<Vec<_>>());
            let now = world.at();
            let reply = Reply::read(200, r#"{"result":"late"}"#);
            world.connection.response(now, exchange, reply);
        }
        11 if dice.chance(20) => world.connection.close(),
        _ => {
            let seconds = dice.pick(&[0, 1, 5, 30, 70, 4_000]);
            world.pass(seconds);
        }
    }
}

/// How often the portal ran the write of this number.
fn runs(world: &World, number: usize) -> usize {
    let title = format!("deal-{number:04}");
    let log = world.portal.log(0);
    log.filter(|entry| entry.status == 200 && entry.body.contains(&title))
        .count()
}

#[test]
fn rule_8_every_call_ends_exactly_once_whatever_happens() {
    for seed in 0..4_000 {
        let mut dice = Dice(seed);
        let mut world = World::with(some_setup(&mut dice));
        let mut calls = Vec::new();
        for _ in 0..30 {
            something_happens(&mut world, &mut calls, &mut dice);
        }
        world.pass(20_000);

        for (number, id) in calls.iter().enumerate() {
            let ends = world.ends_of(*id).count();
            assert_eq!(ends, 1, "seed {seed}: {id:?} ended {ends} times");
            let runs = runs(&world, number);
            assert!(runs < 2, "rule 3, seed {seed}: {id:?} ran {runs} times");
        }
        assert_eq!(world.ends.len(), calls.len(), "seed {seed}");
        assert_eq!(world.connection.wake_at(), None, "seed {seed}");
        let spent = world.refreshes.iter().filter_map(|it| it.refresh.as_ref());
        let mut spent: Vec<&str> = spent.map(Secret::expose).collect();
        let handed_out = spent.len();
        spent.sort_unstable();
        spent.dedup();
        assert_eq!(spent.len(), handed_out, "rule 6, seed {seed}");
    }
}
