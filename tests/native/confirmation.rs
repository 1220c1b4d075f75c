//! A call that an administrator has to confirm, from its first answer to its end.

use callgate::bitrix24::rights::confirmation::State;
use callgate::decision::{Evidence, Layer, Verdict};
use callgate::error::{Kind, Ran};
use serde_json::json;

use crate::world::{Fate, PHONES, Setup, World, call, phones, waiting, waiting_phones};

fn told(states: &[State]) -> Vec<(String, State)> {
    let told = states.iter().map(|state| (PHONES.to_owned(), *state));
    told.collect()
}

fn state_of(world: &mut World) -> Option<State> {
    let now = world.at();
    let known = world.connection.confirmations(now).iter().last()?;
    Some(known.state)
}

#[test]
fn a_call_that_does_not_wait_is_rejected_with_a_pending_decision() {
    let mut world = World::new();
    let id = world.submit(phones());

    let error = world.error(id);
    assert_eq!(error.code, "METHOD_CONFIRM_WAITING");
    assert_eq!(error.kind, Kind::Waiting);
    assert_eq!(error.status, Some(401));
    assert_eq!(error.method.as_deref(), Some(PHONES));
    assert_eq!((error.ran, error.retryable), (Ran::No, true));
    assert_eq!(error.message, "Waiting for confirmation");
    let decision = error.decision.as_deref().unwrap();
    assert_eq!(decision.verdict, Verdict::Pending);
    assert_eq!(decision.layer, Some(Layer::Confirmation));
    assert_eq!(decision.evidence, Evidence::Server);
    assert_eq!(world.confirmations_told(), told(&[State::Waiting]));
}

#[test]
fn a_rejected_call_made_again_after_the_grant_succeeds() {
    let mut world = World::new();
    world.submit(phones());
    world.decide(true);

    let answer = world.run(PHONES, r#"{"USER_ID":2}"#).unwrap();

    assert_eq!(answer.body["result"][0]["ID"], "2");
    let expected = told(&[State::Waiting, State::Granted]);
    assert_eq!(world.confirmations_told(), expected);
}

#[test]
fn a_waiting_call_ends_with_the_result_once_it_is_granted() {
    let mut world = World::new();
    let id = world.submit(waiting_phones());
    world.pass(3);
    world.decide_and_tell(true);

    let answer = world.end(id).as_ref().unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["result"][0]["ID"], "1");
    assert_eq!(world.times_of(PHONES), [0, 3]);
    let expected = told(&[State::Waiting, State::Granted]);
    assert_eq!(world.confirmations_told(), expected);
}

#[test]
fn a_waiting_call_ends_with_the_denial_and_later_calls_ask_nobody() {
    let mut world = World::new();
    let id = world.submit(waiting_phones());
    world.pass(3);
    world.decide_and_tell(false);

    let error = world.error(id);
    assert_eq!(error.code, "METHOD_CONFIRM_DENIED");
    assert_eq!((error.kind, error.ran), (Kind::Denied, Ran::No));
    assert_eq!((error.status, error.retryable), (Some(403), false));
    let decision = error.decision.as_deref().unwrap();
    assert_eq!(decision.layer, Some(Layer::Confirmation));
    assert_eq!(decision.verdict, Verdict::Denied);
    assert_eq!(world.times_of(PHONES).len(), 2);

    let again = world.submit(phones());
    assert_eq!(world.error(again).code, "METHOD_CONFIRM_DENIED");
    assert_eq!(world.error(again).status, None);
    assert_eq!(world.times_of(PHONES).len(), 2);
}

#[test]
fn a_denial_ends_every_call_that_waits_for_it() {
    let mut world = World::new();
    let ids: Vec<_> = (0..3).map(|_| world.submit(waiting_phones())).collect();
    world.decide(false);
    world.pass(5);

    for id in ids {
        assert_eq!(world.error(id).code, "METHOD_CONFIRM_DENIED");
    }
    assert_eq!(world.times_of(PHONES), [0, 0, 0, 5]);
}

#[test]
fn a_wait_ends_when_its_time_has_passed() {
    let mut world = World::new();
    let id = world.submit(waiting(phones(), Some(20)));
    world.pass(19);
    assert!(!world.has_ended(id));
    world.pass(1);

    let error = world.error(id);
    assert_eq!(error.code, "CALLGATE_CONFIRMATION_TIMEOUT");
    assert_eq!((error.kind, error.ran), (Kind::Timeout, Ran::No));
    assert!(error.retryable);
}

#[test]
fn a_wait_of_no_time_ends_with_the_first_answer() {
    let mut world = World::new();
    let id = world.submit(waiting(phones(), Some(0)));
    assert_eq!(world.error(id).code, "CALLGATE_CONFIRMATION_TIMEOUT");
}

#[test]
fn a_short_wait_ends_in_time_beside_a_long_one() {
    let mut world = World::new();
    let long = world.submit(waiting_phones());
    let short = world.submit(waiting(phones(), Some(20)));
    world.pass(20);

    assert_eq!(world.error(short).code, "CALLGATE_CONFIRMATION_TIMEOUT");
    assert!(!world.has_ended(long));
}

#[test]
fn a_wait_ends_in_time_although_its_repetition_is_out() {
    let mut world = World::new();
    world.fate([Fate::Answered, Fate::Silence]);
    let id = world.submit(waiting(phones(), Some(20)));
    world.pass(20);

    assert_eq!(world.error(id).code, "CALLGATE_CONFIRMATION_TIMEOUT");
    assert_eq!(world.aborted.len(), 1);
    assert_eq!(world.error(id).ran, Ran::Unknown);
}

#[test]
fn a_wait_lapses_when_its_token_ends() {
    let mut world = World::with(Setup {
        life: 100,
        ..Setup::default()
    });
    let id = world.submit(waiting_phones());
    world.pass(99);
    assert!(!world.has_ended(id));
    world.pass(1);

    let error = world.error(id);
    assert_eq!(error.code, "CALLGATE_CONFIRMATION_LAPSED");
    assert_eq!((error.kind, error.ran), (Kind::Waiting, Ran::No));
    assert!(error.retryable);
    assert_eq!(state_of(&mut world), Some(State::Lapsed));
    assert_eq!(
        world.confirmations_told(),
        told(&[State::Waiting, State::Lapsed])
    );
    assert!(world.refreshes.is_empty());
}

#[test]
fn a_wait_ends_with_the_portals_word_that_the_token_has_ended() {
    let mut world = World::with(Setup {
        life: 100,
        knows_expiry: false,
        ..Setup::default()
    });
    let id = world.submit(waiting_phones());
    world.pass(200);

    assert_eq!(world.error(id).code, "expired_token");
    assert_eq!(state_of(&mut world), Some(State::Lapsed));
    assert!(world.refreshes.is_empty());
}

#[test]
fn a_confirmation_covers_the_method_in_any_spelling_and_with_any_parameters() {
    let mut world = World::new();
    let id = world.submit(waiting(
        call("VoxImplant.User.GET", r#"{"USER_ID":[1,2]}"#),
        None,
    ));
    world.decide_and_tell(true);

    let answer = world.end(id).as_ref().unwrap();
    assert_eq!(answer.body["result"].as_array().unwrap().len(), 2);
    let third = world
        .run("voximplant.user.get", r#"{"USER_ID":3}"#)
        .unwrap();
    assert_eq!(third.body["result"][0]["PHONE_ENABLED"], "Y");
}

#[test]
fn calls_that_wait_together_share_one_repetition_and_all_get_their_own_result() {
    let mut world = World::new();
    let ids: Vec<_> = (1..=4)
        .map(|user| {
            let params = json!({"USER_ID": user}).to_string();
            (user, world.submit(waiting(call(PHONES, &params), None)))
        })
        .collect();
    world.pass(12);
    assert_eq!(world.times_of(PHONES), [0, 0, 0, 0, 5]);
    world.decide(true);
    world.pass(1);

    for (user, id) in ids {
        let answer = world.end(id).as_ref().unwrap();
        assert_eq!(answer.body["result"][0]["ID"], user.to_string());
    }
    assert_eq!(world.times_of(PHONES), [0, 0, 0, 0, 5, 13, 13, 13, 13]);
}

#[test]
fn a_call_joins_a_wait_that_is_under_way_without_a_second_question_to_the_administrator() {
    let mut world = World::new();
    let first = world.submit(waiting_phones());
    world.pass(3);
    let second = world.submit(waiting_phones());
    world.pass(4);
    assert_eq!(world.times_of(PHONES), [0, 3]);
    world.decide_and_tell(true);

    assert!(world.end(first).is_ok() && world.end(second).is_ok());
}

#[test]
fn a_decision_that_the_portal_forgot_is_waited_for_again() {
    let mut world = World::new();
    let id = world.submit(waiting_phones());
    world.decide(true);
    world.fault_once("cache-flush");
    world.pass(5);
    assert!(!world.has_ended(id));
    assert_eq!(state_of(&mut world), Some(State::Waiting));

    world.decide_and_tell(true);
    assert!(world.end(id).is_ok());
}

#[test]
fn a_grant_that_the_portal_forgot_is_asked_for_anew() {
    let mut world = World::new();
    world.submit(phones());
    world.decide(true);
    world.run(PHONES, r#"{"USER_ID":1}"#).unwrap();
    world.fault_once("cache-flush");

    let id = world.submit(phones());

    assert_eq!(world.error(id).code, "METHOD_CONFIRM_WAITING");
    let expected = told(&[State::Waiting, State::Granted, State::Waiting]);
    assert_eq!(world.confirmations_told(), expected);
}

#[test]
fn the_check_tells_where_the_confirmation_stands() {
    let mut world = World::with(Setup {
        knows_scopes: true,
        ..Setup::default()
    });
    let question = phones();
    let check = |world: &World| {
        let decision = world
            .connection
            .check(world.at(), &question.method, &question.params, None);
        (decision.verdict, decision.layer)
    };
    let layer = Some(Layer::Confirmation);

    assert_eq!(check(&world), (Verdict::Allowed, layer));
    world.submit(phones());
    assert_eq!(check(&world), (Verdict::Pending, layer));
    world.decide(false);
    world.submit(phones());
    assert_eq!(check(&world), (Verdict::Denied, layer));
}

#[test]
fn a_webhook_is_told_that_an_application_is_needed() {
    let (mut world, _) = World::through_webhook(&["telephony"], Setup::default().config);
    let id = world.submit(waiting_phones());

    let error = world.error(id);
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("ACCESS_DENIED", Kind::Denied)
    );
    assert_eq!(error.message, "Access denied! Application context required");
    assert_eq!(world.times_of(PHONES), [0]);
}
