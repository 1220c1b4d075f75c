//! Rule 8: every submitted call ends exactly once.

use callgate::bitrix24::engine::Config;
use callgate::bitrix24::wire::envelope::Reply;
use callgate::error::{Kind, Ran};
use callgate::http::Failure;

use crate::world::{Fate, PHONES, Renewal, Setup, World, call, waiting_phones};

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
    let id = world.submit(call("crm.deal.add", "{}"));
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
