//! Commands of batches that an administrator has to confirm.

use std::time::Duration;

use callgate::bitrix24::engine::{BatchOptions, OnWaiting};
use callgate::bitrix24::rights::confirmation::State;
use callgate::error::{Kind, Ran};

use crate::batch::{WAIT, asking, deals, me};
use crate::world::{Fate, PHONES, World, phones, waiting_phones};

#[test]
fn a_command_to_be_confirmed_fails_alone() {
    let mut world = World::new();
    let items = vec![asking("phones"), me("me")];
    let batch = world.submit_batch(items, BatchOptions::default());
    let failure = world.failure(batch, "phones");
    assert_eq!(failure.code, "METHOD_CONFIRM_WAITING");
    assert_eq!(
        (failure.kind, failure.ran, failure.retryable),
        (Kind::Waiting, Ran::No, true)
    );
    assert_eq!(world.result(batch, "me")["ID"], "1");
    let told = [(PHONES.to_owned(), State::Waiting)];
    assert_eq!(world.confirmations_told(), told);
}

#[test]
fn a_command_waits_by_itself_while_others_run() {
    let mut world = World::new();
    let mut items = vec![asking("phones")];
    items.extend(deals(60));
    let batch = world.submit_batch(items, WAIT);
    assert_eq!(world.methods(), ["batch", "batch"]);
    world.pass(4);
    assert!(!world.has_batch_ended(batch));
    world.pass(2);
    assert_eq!(world.times_of(PHONES), [5]);
    world.decide_and_tell(true);
    assert_eq!(world.result(batch, "phones")[0]["ID"], "1");
    assert_eq!(world.count(batch), [61, 0, 0]);
    assert_eq!(world.times_of(PHONES), [5, 6]);
}

#[test]
fn commands_of_one_method_ask_once_and_wait_together() {
    for granted in [true, false] {
        let mut world = World::new();
        let items = vec![asking("a"), me("me"), asking("b"), asking("c")];
        let batch = world.submit_batch(items, WAIT);
        assert_eq!(world.commands_in(0), 2, "only one of them asks");
        world.decide_and_tell(granted);
        world.pass(10);
        let counts = if granted { [4, 0, 0] } else { [1, 3, 0] };
        assert_eq!(world.count(batch), counts);
        for name in ["a", "b", "c"].into_iter().filter(|_| !granted) {
            let error = world.failure(batch, name);
            assert_eq!(error.code, "METHOD_CONFIRM_DENIED");
            assert_eq!(error.method.as_deref(), Some(PHONES));
        }
    }
}

#[test]
fn a_denial_of_a_command_ends_calls_that_wait_for_the_same() {
    let mut world = World::new();
    let waiting = world.submit(waiting_phones());
    world.decide(false);
    let batch = world.submit_batch(vec![asking("phones")], BatchOptions::default());
    assert_eq!(world.failure(batch, "phones").code, "METHOD_CONFIRM_DENIED");
    assert_eq!(world.error(waiting).code, "METHOD_CONFIRM_DENIED");
}

#[test]
fn a_command_waits_no_longer_than_it_may() {
    let mut world = World::new();
    let options = BatchOptions {
        on_waiting: OnWaiting::Wait {
            timeout: Some(Duration::from_secs(20)),
        },
        ..BatchOptions::default()
    };
    let batch = world.submit_batch(vec![asking("phones"), me("me")], options);
    world.pass(19);
    assert!(!world.has_batch_ended(batch));
    world.pass(1);
    let failure = world.failure(batch, "phones");
    assert_eq!(failure.code, "CALLGATE_CONFIRMATION_TIMEOUT");
    assert_eq!(failure.ran, Ran::No);
}

#[test]
fn with_halt_what_stands_behind_a_wait_waits_too() {
    let mut world = World::new();
    let items = vec![me("a"), asking("phones"), me("b")];
    let batch = world.submit_batch(items, BatchOptions { halt: true, ..WAIT });
    world.decide_and_tell(true);
    assert_eq!(world.methods(), ["batch", PHONES, "batch"]);
    assert_eq!(world.count(batch), [3, 0, 0]);
}

#[test]
fn rule_1_a_batch_goes_with_the_token_that_its_commands_are_confirmed_for() {
    let mut world = World::new();
    let first = world.submit(waiting_phones());
    world.fault_once("expired_token");
    world.run("profile", "{}").unwrap();
    world.decide_and_tell(true);
    world.end(first).as_ref().unwrap();

    let batch = world.submit_batch(vec![me("me"), asking("phones")], BatchOptions::default());
    assert_eq!(world.count(batch), [2, 0, 0]);
    assert_eq!(world.tokens_of("batch"), [world.token.access_token.clone()]);
}

#[test]
fn a_batch_waits_for_a_confirmation_that_a_call_asked_for() {
    let mut world = World::new();
    world.submit(phones());
    let batch = world.submit_batch(vec![asking("a"), asking("b")], WAIT);
    assert_eq!(world.commands_in(1), 2);
    world.decide_and_tell(true);
    world.pass(1);
    assert_eq!(world.count(batch), [2, 0, 0]);
    assert_eq!(world.seen_by_portal(PHONES), 3);
}

#[test]
fn the_end_of_a_wait_sends_no_request_ahead_of_its_turn() {
    let mut world = World::new();
    let mut items = vec![asking("phones")];
    items.extend(deals(120));
    world.fate([Fate::Answered, Fate::Late(20)]);
    let batch = world.submit_batch(items, WAIT);
    world.pass(1);
    world.decide_and_tell(true);
    world.pass(30);
    assert_eq!(world.times_of(PHONES), [1]);
    assert_eq!(world.times_of("batch"), [0, 0, 20]);
    assert_eq!(world.count(batch), [121, 0, 0]);
}
