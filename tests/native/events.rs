//! Rule 5: the portal's word is worth more than an event's, and more than the catalogue's.

use callgate::bitrix24::engine::{Awaited, Config};
use callgate::bitrix24::rights::confirmation::State;
use callgate::bitrix24::rights::grant::Source;
use callgate::bitrix24::rights::preflight::{Mode, Modes};
use callgate::decision::{Evidence, Layer, Verdict};
use callgate::secret::Secret;
use callgate_portal::EventPost;

use crate::world::{Fate, PHONES, Setup, World, call, phones, waiting, waiting_phones};

/// The event with one of its texts replaced.
fn altered(post: &EventPost, from: &str, to: &str) -> EventPost {
    assert!(post.body.contains(from), "{}", post.body);
    EventPost {
        body: post.body.replace(from, to),
        ..post.clone()
    }
}

#[test]
fn rule_5_an_event_that_says_granted_settles_nothing_while_the_portal_says_waiting() {
    let mut world = World::new();
    world.fault("late-approval");
    let id = world.submit(waiting_phones());
    let events = world.decide(true);

    assert!(world.deliver(&events[0]));
    assert!(!world.has_ended(id));
    assert_eq!(world.sent.len(), 2);
    let told: Vec<State> = world.confirmations_told().iter().map(|it| it.1).collect();
    assert_eq!(told, [State::Waiting]);
}

#[test]
fn rule_5_an_event_that_says_denied_settles_nothing_when_the_portal_grants() {
    let mut world = World::new();
    let id = world.submit(waiting_phones());
    let events = world.decide(true);
    let lie = altered(&events[0], "CONFIRMED%5D=1", "CONFIRMED%5D=0");

    assert!(world.deliver(&lie));
    assert!(world.end(id).is_ok());
}

#[test]
fn rule_5_an_event_with_a_decision_that_nobody_knows_only_wakes() {
    for decision in ["", "Y", "2", "true"] {
        let mut world = World::new();
        let id = world.submit(waiting_phones());
        let events = world.decide(false);
        let odd = altered(
            &events[0],
            "CONFIRMED%5D=0",
            &format!("CONFIRMED%5D={decision}"),
        );
        assert!(world.deliver(&odd), "{decision}");
        assert_eq!(world.error(id).code, "METHOD_CONFIRM_DENIED");
    }
}

#[test]
fn rule_5_an_event_with_another_application_token_wakes_nobody() {
    let mut world = World::new();
    world.fault("wrong-application-token");
    let id = world.submit(waiting_phones());
    let events = world.decide(true);

    assert!(!world.deliver(&events[0]));
    assert_eq!(world.sent.len(), 1);
    assert!(!world.has_ended(id));
    assert!(world.warnings().is_empty());
    world.pass(60);
    assert!(world.end(id).is_ok(), "asking finds what the event hid");
}

#[test]
fn rule_5_an_event_that_cannot_be_checked_wakes_nobody_and_warns_once() {
    let mut world = World::with(Setup {
        checks_events: false,
        ..Setup::default()
    });
    world.submit(waiting_phones());
    let events = world.decide(true);

    assert!(!world.deliver(&events[0]));
    assert!(!world.deliver(&events[0]));
    assert_eq!(world.sent.len(), 1);
    assert_eq!(world.warnings().len(), 1);
    assert!(world.warnings()[0].contains("applicationToken"));
}

#[test]
fn rule_5_an_event_of_another_portal_wakes_nobody() {
    let config = Config {
        member_id: Some("another-portal".to_owned()),
        ..Config::default()
    };
    let mut world = World::with(Setup {
        config,
        ..Setup::default()
    });
    world.submit(waiting_phones());
    let events = world.decide(true);
    assert!(!world.deliver(&events[0]));
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn rule_5_an_event_of_this_portal_names_it_or_names_none() {
    for member in ["74ef8a46a75104de55d5d4a61b98ab6d", ""] {
        let config = Config {
            member_id: Some("74ef8a46a75104de55d5d4a61b98ab6d".to_owned()),
            ..Config::default()
        };
        let mut world = World::with(Setup {
            config,
            ..Setup::default()
        });
        let id = world.submit(waiting_phones());
        let mut events = world.decide(true);
        if member.is_empty() {
            events[0] = altered(&events[0], "auth%5Bmember_id%5D", "auth%5Bother%5D");
        }
        assert!(world.deliver(&events[0]), "{member}");
        assert!(world.end(id).is_ok());
    }
}

#[test]
fn rule_5_an_event_about_another_token_or_method_wakes_nobody() {
    let mut world = World::new();
    world.submit(waiting_phones());
    let token = world.token.access_token.clone();
    let events = world.decide(true);

    assert!(!world.deliver(&altered(&events[0], &token, "another")));
    assert!(!world.deliver(&altered(&events[0], PHONES, "user.get")));
    assert_eq!(world.sent.len(), 1);
    assert!(world.deliver(&altered(&events[0], PHONES, "VOXIMPLANT.USER.GET")));
}

#[test]
fn rule_5_word_of_a_decision_only_wakes_those_who_wait_for_it() {
    let mut world = World::new();
    let ids = [waiting_phones(), waiting_phones()].map(|call| world.submit(call));
    let awaited = world.connection.awaits();
    assert_eq!(awaited.len(), 1);
    let of_another = Awaited {
        token: Secret::new("another"),
        ..awaited[0].clone()
    };
    assert!(!world.connection.decided(world.at(), &of_another));

    assert!(world.connection.decided(world.at(), &awaited[0]));
    world.pump();
    assert!(!world.has_ended(ids[0]));

    world.decide(true); // its event is lost
    assert!(world.connection.decided(world.at(), &awaited[0]));
    world.pump();
    for id in ids {
        assert!(world.end(id).is_ok());
    }
    assert!(world.connection.awaits().is_empty());
}

#[test]
fn rule_5_an_event_that_nobody_waits_for_does_nothing() {
    let mut world = World::new();
    world.submit(phones());
    let events = world.decide(true);
    assert!(!world.deliver(&events[0]));
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn rule_5_an_event_that_comes_twice_is_like_one_that_comes_once() {
    let mut world = World::new();
    world.fault("event-twice");
    let id = world.submit(waiting_phones());
    let events = world.decide(true);
    assert_eq!(events.len(), 2);

    assert!(world.deliver(&events[0]));
    assert!(!world.deliver(&events[1]));
    assert_eq!(world.sent.len(), 2);
    assert!(world.end(id).is_ok());
}

#[test]
fn rule_5_an_event_that_got_lost_is_made_up_for_by_asking() {
    let mut world = World::new();
    world.fault("event-lost");
    let id = world.submit(waiting_phones());
    assert!(world.decide(true).is_empty());
    world.pass(60);
    assert!(world.end(id).is_ok());
}

#[test]
fn rule_5_an_event_that_overtakes_the_answer_to_a_repetition_is_not_forgotten() {
    let mut world = World::new();
    world.fate([Fate::Answered, Fate::Late(2)]);
    let id = world.submit(waiting_phones());
    world.pass(6);
    let events = world.decide(true);
    assert!(
        world.deliver(&events[0]),
        "the repetition of second 5 is out"
    );
    world.pass(1);

    assert!(world.end(id).is_ok());
    assert_eq!(world.times_of(PHONES), [0, 5, 7]);
}

#[test]
fn rule_5_one_event_wakes_all_that_wait_and_one_of_them_asks() {
    let mut world = World::new();
    world.fault("late-approval");
    let ids: Vec<_> = (0..5).map(|_| world.submit(waiting_phones())).collect();
    let events = world.decide(true);
    world.fate([Fate::Late(1)]);
    world.deliver(&events[0]);

    assert_eq!(world.sent.len(), 6);
    world.pass(2);
    assert!(ids.iter().all(|id| !world.has_ended(*id)));
}

#[test]
fn rule_5_an_event_in_the_documentations_old_form_wakes_too() {
    let mut world = World::new();
    world.fault("server_andpoint");
    let id = world.submit(waiting_phones());
    world.decide_and_tell(true);
    assert!(world.end(id).is_ok());
}

#[test]
fn rule_5_a_decision_after_the_portal_lost_its_record_is_asked_for_again() {
    let mut world = World::new();
    let id = world.submit(waiting_phones());
    world.fault_once("late-approval");
    world.decide_and_tell(true);
    assert!(!world.has_ended(id));

    world.decide_and_tell(true);
    assert!(world.end(id).is_ok());
}

#[test]
fn rule_5_the_portals_refusal_stands_above_a_grant_that_said_otherwise() {
    let mut world = World::with(Setup {
        scopes: "crm",
        ..Setup::default()
    });
    let now = world.at();
    world
        .connection
        .learn_scopes(now, "crm,telephony", Source::Given);

    let error = world.run(PHONES, r#"{"USER_ID":1}"#).unwrap_err();

    assert_eq!(error.code, "insufficient_scope");
    assert_eq!(error.status, Some(401));
    let decision = error.decision.as_deref().unwrap();
    assert_eq!(decision.verdict, Verdict::Denied);
    assert_eq!(decision.layer, Some(Layer::Scope));
    assert_eq!(decision.evidence, Evidence::Server);
    assert_eq!(decision.needed.as_ref().unwrap(), &[["telephony"]]);
}

#[test]
fn rule_5_the_portals_result_stands_above_a_grant_that_said_otherwise() {
    let config = Config {
        modes: Modes {
            scope: Mode::Warn,
            ..Modes::default()
        },
        ..Config::default()
    };
    let mut world = World::with(Setup {
        config,
        ..Setup::default()
    });
    let now = world.at();
    world.connection.learn_scopes(now, "disk", Source::Given);
    assert!(world.run("user.get", "{}").is_ok());
}

#[test]
fn rule_5_a_waiting_answer_counts_for_a_method_that_the_catalogue_calls_free() {
    let mut world = World::new();
    world.fault_once("confirm-waiting");
    let id = world.submit(waiting(call("user.get", "{}"), None));
    assert!(!world.has_ended(id));
    world.pass(5);
    assert!(world.end(id).is_ok());
}
