//! Rule 3: a call that may have run is not sent again, unless it only reads or its caller said that
//! it is idempotent; and what is said about that is true.

use std::time::Duration;

use callgate::bitrix24::engine::{Call, Config};
use callgate::bitrix24::rights::method::Version;
use callgate::error::{Kind, Ran};
use callgate_portal::Fault;

use crate::world::{Fate, Setup, World, call, waiting, waiting_phones};

const ADD: &str = "crm.deal.add";

fn write() -> Call {
    call(ADD, r#"{"fields":{"TITLE":"Deal"}}"#)
}

fn idempotent_write() -> Call {
    Call {
        idempotent: true,
        ..write()
    }
}

/// A world whose portal asks an administrator about the next write.
fn confirming() -> World {
    let mut world = World::new();
    let fault = Fault {
        method: Some(ADD.to_owned()),
        times: Some(1),
        ..Fault::new("confirm-waiting")
    };
    world.portal.fault(fault).unwrap();
    world
}

#[test]
fn rule_3_a_write_that_broke_on_the_way_is_not_sent_again() {
    for (fate, reached) in [(Fate::BrokenBefore, 0), (Fate::BrokenAfter, 1)] {
        let mut world = World::new();
        world.fate([fate]);
        let id = world.submit(write());
        world.pass(600);

        let error = world.error(id);
        assert_eq!(error.code, "CALLGATE_NETWORK");
        assert_eq!(error.kind, Kind::Network);
        assert_eq!((error.ran, error.retryable), (Ran::Unknown, false));
        assert_eq!(world.sent.len(), 1);
        assert_eq!(world.seen_by_portal(ADD), reached);
    }
}

#[test]
fn rule_3_a_write_without_an_answer_in_time_is_aborted_and_not_sent_again() {
    let mut world = World::new();
    world.fate([Fate::Late(61)]);
    let id = world.submit(write());
    world.pass(59);
    assert!(!world.has_ended(id));
    world.pass(600);

    let error = world.error(id);
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("CALLGATE_TIMEOUT", Kind::Timeout)
    );
    assert_eq!((error.ran, error.retryable), (Ran::Unknown, false));
    assert_eq!(world.aborted, [world.sent[0].exchange]);
    assert_eq!(world.seen_by_portal(ADD), 1);
}

#[test]
fn rule_3_a_request_that_never_left_did_not_run() {
    let mut world = World::new();
    world.fate(std::iter::repeat_n(Fate::Refused, 4));
    let id = world.submit(write());
    world.pass(600);

    let error = world.error(id);
    assert_eq!(error.code, "CALLGATE_NETWORK");
    assert_eq!((error.ran, error.retryable), (Ran::No, true));
    assert_eq!(world.sent.len(), 4);
    assert_eq!(world.seen_by_portal(ADD), 0);
}

#[test]
fn rule_3_a_write_that_never_left_is_sent_again_and_runs_once() {
    let mut world = World::new();
    world.fate([Fate::Refused, Fate::Refused]);
    let id = world.submit(write());
    world.pass(10);

    assert!(world.end(id).is_ok());
    assert_eq!(world.sent.len(), 3);
    assert_eq!(world.seen_by_portal(ADD), 1);
}

#[test]
fn rule_3_a_lost_read_or_idempotent_write_is_repeated_and_may_be_by_its_caller() {
    for ask in [call("crm.deal.get", r#"{"id":1}"#), idempotent_write()] {
        for (fate, requests) in [(Fate::BrokenAfter, 4), (Fate::Silence, 2)] {
            let mut world = World::new();
            world.fate([fate.clone()]);
            let id = world.submit(ask.clone());
            world.pass(70);
            assert!(world.end(id).is_ok());
            assert_eq!(world.sent.len(), 2);

            world.fate(std::iter::repeat_n(fate, requests));
            let id = world.submit(ask.clone());
            world.pass(600);
            let error = world.error(id);
            assert_eq!((error.ran, error.retryable), (Ran::Unknown, true));
            assert_eq!(world.sent.len(), 2 + requests);
        }
    }
}

#[test]
fn rule_3_a_call_that_may_have_run_is_not_called_undone_by_a_later_attempt() {
    let mut world = World::new();
    world.fate([Fate::BrokenAfter]);
    world.fate(std::iter::repeat_n(Fate::Refused, 4));
    let id = world.submit(idempotent_write());
    world.pass(600);
    assert_eq!(world.error(id).ran, Ran::Unknown);

    // Rights may have changed between the two.
    let mut world = World::new();
    let denial = r#"{"error":"ACCESS_DENIED"}"#.to_owned();
    world.fate([Fate::BrokenAfter, Fate::Instead(403, denial)]);
    let id = world.submit(idempotent_write());
    world.pass(600);
    let error = world.error(id);
    assert_eq!((error.kind, error.ran), (Kind::Denied, Ran::Unknown));

    let mut world = World::new();
    world.fate([Fate::BrokenAfter]);
    let id = world.submit(idempotent_write());
    world.connection.cancel(id);
    world.pump();
    assert_eq!(world.error(id).ran, Ran::Unknown);
    assert_eq!(world.connection.wake_at(), None);
}

#[test]
fn rule_3_a_write_that_broke_while_it_was_being_confirmed_is_not_sent_again() {
    for fate in [Fate::BrokenAfter, Fate::Silence] {
        let mut world = confirming();
        world.fate([Fate::Answered, fate]);
        let id = world.submit(waiting(write(), None));
        world.pass(3_000);

        let error = world.error(id);
        assert_eq!((error.ran, error.retryable), (Ran::Unknown, false));
        assert_eq!(world.seen_by_portal(ADD), 2);
    }
}

#[test]
fn rule_3_a_write_whose_answer_is_unreadable_is_not_sent_again_under_a_wait() {
    for fault in ["html-502", "empty", "truncated"] {
        let mut world = confirming();
        let id = world.submit(waiting(write(), None));
        world.fault_once(fault);
        world.pass(3_000);

        let error = world.error(id);
        assert_eq!(
            (error.ran, error.retryable),
            (Ran::Unknown, false),
            "{fault}"
        );
        assert_eq!(world.sent.len(), 2, "{fault}");
    }
}

#[test]
fn rule_3_a_write_that_never_left_under_a_wait_is_sent_again() {
    let mut world = confirming();
    world.fate([Fate::Answered, Fate::Refused]);
    let id = world.submit(waiting(write(), None));
    world.pass(100);

    assert!(world.end(id).is_ok());
    assert_eq!(world.seen_by_portal(ADD), 2);
}

#[test]
fn rule_3_a_read_under_a_wait_survives_lost_answers() {
    let mut world = World::new();
    world.fate([
        Fate::Answered,
        Fate::BrokenAfter,
        Fate::Silence,
        Fate::BrokenBefore,
        Fate::Refused,
        Fate::Instead(502, "<h1>Bad Gateway</h1>".to_owned()),
    ]);
    let id = world.submit(waiting_phones());
    world.pass(300);
    assert!(!world.has_ended(id));
    assert!(world.sent.len() > 6);

    world.decide_and_tell(true);
    assert!(world.end(id).is_ok());
}

#[test]
fn rule_3_a_wait_that_lost_an_answer_does_not_claim_that_nothing_ran() {
    let mut world = confirming();
    world.fate([Fate::Answered, Fate::BrokenAfter]);
    world.fate(std::iter::repeat_n(Fate::Refused, 100));
    let id = world.submit(waiting(idempotent_write(), Some(60)));
    world.pass(60);

    let error = world.error(id);
    assert_eq!(error.code, "CALLGATE_CONFIRMATION_TIMEOUT");
    assert_eq!(world.seen_by_portal(ADD), 2);
    assert_eq!(error.ran, Ran::Unknown);
}

#[test]
fn rule_3_a_wait_that_lost_an_answer_and_is_cancelled_does_not_claim_that_nothing_ran() {
    let mut world = confirming();
    world.fate([Fate::Answered, Fate::BrokenAfter]);
    let id = world.submit(waiting(idempotent_write(), None));
    world.pass(6);
    world.connection.cancel(id);
    world.pump();

    assert_eq!(world.error(id).ran, Ran::Unknown);
}

#[test]
fn rule_3_a_call_refused_for_its_token_did_not_run_and_is_repeated_once() {
    let mut world = World::new();
    world.fault_once("expired-token");
    let id = world.submit(write());

    assert!(world.end(id).is_ok());
    assert_eq!(world.seen_by_portal(ADD), 2);

    world.fault("expired-token");
    let id = world.submit(write());
    assert_eq!(world.error(id).code, "expired_token");
    assert_eq!(world.error(id).ran, Ran::No);
    assert_eq!(world.seen_by_portal(ADD), 4);
}

#[test]
fn rule_3_only_names_that_are_known_to_read_are_taken_to_read() {
    for (method, reads) in [
        ("crm.deal.list", true),
        ("CRM.Deal.LIST", true),
        ("im.department.managers.get", true),
        ("event.offline.get", false),
        ("vendor.module.fetch", false),
        ("user.update", false),
        ("crm.deal.get.all", false),
    ] {
        let mut world = World::new();
        world.fate(std::iter::repeat_n(Fate::BrokenBefore, 4));
        let id = world.submit(call(method, "{}"));
        world.pass(600);
        assert_eq!(world.error(id).retryable, reads, "{method}");
    }
}

#[test]
fn rule_3_a_calls_own_time_limit_holds() {
    let mut world = World::new();
    world.fate([Fate::Silence]);
    let mut ask = write();
    ask.timeout = Some(Duration::from_millis(1_500));
    let id = world.submit(ask);
    world.pass_millis(1_499);
    assert!(!world.has_ended(id));
    world.pass_millis(1);
    assert_eq!(world.error(id).code, "CALLGATE_TIMEOUT");
}

#[test]
fn rule_3_no_time_at_all_and_all_the_time_in_the_world_are_limits_too() {
    let mut world = World::new();
    world.fate([Fate::Silence, Fate::Late(86_400)]);
    let mut hasty = write();
    hasty.timeout = Some(Duration::ZERO);
    let hasty = world.submit(hasty);
    assert_eq!(world.error(hasty).code, "CALLGATE_TIMEOUT");
    let mut patient = write();
    patient.timeout = Some(Duration::MAX);
    let patient = world.submit(patient);
    world.pass(86_400);
    assert!(world.end(patient).is_ok());
}

#[test]
fn rule_3_a_key_for_repetitions_goes_where_the_portal_knows_it_and_headers_may_be_sent() {
    for (version, custom_headers, expected) in [
        (Version::V3, true, Some("key-1")),
        (Version::V3, false, None),
        (Version::V2, true, None),
    ] {
        let config = Config {
            custom_headers,
            ..Config::default()
        };
        let mut world = World::with(Setup {
            config,
            ..Setup::default()
        });
        let ask = Call {
            version: Some(version),
            idempotency_key: Some("key-1".to_owned()),
            ..idempotent_write()
        };
        world.submit(ask);
        let sent = &world.sent[0].request;
        assert_eq!(sent.idempotency_key.as_deref(), expected, "{version:?}");
    }
}
