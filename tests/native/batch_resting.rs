//! Commands of batches whose method has worked too long: they rest, and go again later.

use callgate::bitrix24::engine::BatchOptions;
use callgate::bitrix24::engine::plan::{Item, Outcome};
use callgate::error::{Kind, Ran};
use callgate_portal::Fault;
use serde_json::{Value, json};

use crate::batch::{HALT, deals, item, me};
use crate::throttling::throttles;
use crate::world::{Fate, World, call};

const ADD: &str = "crm.deal.add";
const LIMIT: &str = "OPERATION_TIME_LIMIT";

/// A portal that stops a method so many times.
fn stopping(method: &str, times: Option<u64>) -> World {
    let mut world = World::new();
    let fault = Fault {
        method: Some(method.to_owned()),
        times,
        ..Fault::new("operating-limit")
    };
    world.portal.fault(fault).unwrap();
    world
}

/// Adds a deal whose title another command gave.
fn adding_after(name: &str, other: &str) -> Item {
    let title = format!("$result[{other}][NAME]");
    item(name, ADD, json!({"fields": {"TITLE": title}}))
}

/// The commands of a request, by their keys.
fn keys(world: &World, request: usize) -> Vec<String> {
    let body: Value = serde_json::from_str(&world.sent[request].request.body).unwrap();
    body["cmd"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn what_the_portal_stopped_goes_in_a_later_request_and_nothing_else_waits() {
    let mut world = stopping(ADD, Some(2));
    let mut items = deals(4);
    items.push(me("me"));
    let batch = world.submit_batch(items, BatchOptions::default());
    world.pass(59);
    assert_eq!(world.times_of("batch"), [0]);
    assert!(!world.has_batch_ended(batch));
    assert_eq!(throttles(&world).len(), 1);
    world.pass(1);
    assert_eq!(world.times_of("batch"), [0, 60]);
    assert_eq!(keys(&world, 1), ["c0", "c1"]);
    assert_eq!(world.count(batch), [5, 0, 0]);
    assert_eq!(world.connection.wake_at(), None);
}

#[test]
fn a_method_that_is_known_to_rest_is_not_asked() {
    let mut world = stopping("user.get", Some(1));
    let single = world.submit(call("user.get", "{}"));
    let users = item("users", "user.get", json!({}));
    let batch = world.submit_batch(vec![users, me("me")], BatchOptions::default());
    assert_eq!(keys(&world, 1), ["c1"]);
    world.pass(60);
    assert!(world.end(single).is_ok());
    assert_eq!(world.count(batch), [2, 0, 0]);
    assert_eq!(world.sent.len(), 4);
}

#[test]
fn what_is_connected_stays_together_when_running_it_twice_does_no_harm() {
    let mut world = stopping(ADD, Some(1));
    let items = vec![me("me"), adding_after("deal", "me")];
    let batch = world.submit_batch(items, BatchOptions::default());
    world.pass(60);
    assert_eq!(keys(&world, 1), ["c0", "c1"]);
    assert_eq!(world.count(batch), [2, 0, 0]);
    assert_eq!(world.seen_by_portal("batch"), 2);
}

#[test]
fn what_refers_to_a_write_that_ran_fails_instead_of_running_it_again() {
    let mut world = stopping("crm.deal.update", Some(1));
    let update = json!({"id": "$result[0]", "fields": {"TITLE": "later"}});
    let mut items = deals(1);
    items.push(item("update", "crm.deal.update", update));
    let batch = world.submit_batch(items, BatchOptions::default());
    assert_eq!(world.count(batch), [1, 1, 0]);
    let error = world.failure(batch, "update");
    assert_eq!((error.code.as_str(), error.ran), (LIMIT, Ran::No));
    assert!(error.retryable);
    assert_eq!(world.connection.wake_at(), None);
}

#[test]
fn what_the_caller_calls_idempotent_goes_again_whatever_ran() {
    let mut world = stopping(ADD, Some(1));
    world.fate([Fate::BrokenBefore]);
    let options = BatchOptions {
        idempotent: true,
        ..BatchOptions::default()
    };
    let batch = world.submit_batch(deals(1), options);
    world.pass(70);
    assert_eq!(world.sent.len(), 3);
    assert_eq!(world.count(batch), [1, 0, 0]);
}

#[test]
fn what_ran_before_it_went_again_is_not_said_to_have_done_nothing() {
    let mut world = stopping(ADD, None);
    let options = BatchOptions {
        idempotent: true,
        ..HALT
    };
    let fields = json!({"fields": {"NAME": "Ada"}});
    let contact = item("contact", "crm.contact.add", fields);
    let refers = json!({"fields": {"TITLE": "$result[contact]"}});
    let after = item("after", ADD, refers);
    let batch = world.submit_batch(vec![contact, after], options);
    let fault = Fault {
        method: Some("crm.contact.add".to_owned()),
        ..Fault::new("argument")
    };
    world.portal.fault(fault).unwrap();
    world.pass(100);
    assert_eq!(world.times_of("batch"), [0, 60]);
    assert_eq!(world.count(batch), [0, 1, 1]);
    assert_eq!(world.failure(batch, "contact").ran, Ran::Unknown);
}

#[test]
fn with_halt_nothing_goes_ahead_of_what_rests() {
    let mut world = stopping(ADD, Some(1));
    let mut items = vec![me("before")];
    items.extend(deals(1));
    items.push(me("behind"));
    let batch = world.submit_batch(items, HALT);
    assert!(!world.has_batch_ended(batch));
    world.pass(60);
    assert_eq!(keys(&world, 1), ["c1", "c2"]);
    assert_eq!(world.count(batch), [3, 0, 0]);

    let mut known = stopping(ADD, Some(1));
    known.submit(call(ADD, r#"{"fields":{}}"#));
    let mut items = deals(1);
    items.push(me("behind"));
    let batch = known.submit_batch(items, HALT);
    assert!(known.times_of("batch").is_empty());
    known.pass(60);
    assert_eq!(known.count(batch), [2, 0, 0]);
}

#[test]
fn a_method_that_never_recovers_is_given_up() {
    let mut world = stopping(ADD, None);
    let batch = world.submit_batch(deals(3), BatchOptions::default());
    world.pass(1_000);
    assert_eq!(world.times_of("batch"), [0, 60, 120, 180]);
    assert_eq!(world.count(batch), [0, 3, 0]);
    assert_eq!(world.failure(batch, "2").code, LIMIT);
}

#[test]
fn a_batch_that_rests_can_be_ended_and_leaves_nothing_behind() {
    for cancel in [true, false] {
        let mut world = stopping(ADD, None);
        let batch = world.submit_batch(deals(2), BatchOptions::default());
        assert!(world.connection.wake_at().is_some());
        match cancel {
            true => world.connection.cancel(batch),
            false => world.connection.close(),
        }
        world.pump();
        let error = world.batch_end(batch).as_ref().unwrap_err();
        assert_eq!((error.kind, error.ran), (Kind::Aborted, Ran::No));
        assert_eq!(world.connection.wake_at(), None);
        world.pass(100);
        assert_eq!(world.sent.len(), 1);
    }
}

#[test]
fn what_waits_for_an_administrator_goes_on_while_others_rest() {
    let mut world = stopping("user.get", Some(1));
    let items = vec![
        crate::batch::asking("phones"),
        item("users", "user.get", json!({})),
    ];
    let batch = world.submit_batch(items, crate::batch::WAIT);
    world.pass(2);
    world.decide_and_tell(true);
    world.pass(2);
    assert!(!world.has_batch_ended(batch));
    world.pass(60);
    assert!(matches!(
        world.outcome(batch, "phones"),
        Outcome::Executed(_)
    ));
    assert_eq!(world.count(batch), [2, 0, 0]);
}
