//! Rules 3 and 8: what changes something is sent once, and every call ends once.

use callgate::error::{Kind, Ran};
use callgate::telecomx::{Action, Call, Connection, Output, Server};
use callgate::time::Instant;

use super::{Fate, World, action, login, map_of, on_call, pickup, queue};

/// Actions that change something, most of them by GET.
fn deeds() -> Vec<Action> {
    let call = on_call("pbx1.telecomx.dk:1.1");
    let id = "0123456789abcdef01234567";
    [
        ("pickup", pickup()),
        ("steal", call.clone()),
        ("hangup", r#"{"target":"pbx1.telecomx.dk:1.1"}"#.to_owned()),
        ("hold", format!(r#"{{"device":"{id}"}}"#)),
        (
            "redirect",
            format!(r#"{{"extension":"{id}","enable":false}}"#),
        ),
        ("joinQueue", format!(r#"{{"queue":"{id}","number":"201"}}"#)),
        (
            "leaveQueue",
            format!(r#"{{"queue":"{id}","member":"{id}"}}"#),
        ),
        ("addContact", r#"{"givenName":"Jo"}"#.to_owned()),
    ]
    .map(|(name, json)| action(name, &json))
    .to_vec()
}

#[test]
fn rule_3_what_may_have_run_is_not_sent_again() {
    for deed in deeds() {
        for (fate, ran, retryable) in [
            (Fate::Refused, Ran::No, true),
            (Fate::BrokenAfter, Ran::Unknown, false),
        ] {
            let mut world = World::new();
            world.fate("ann", [Some(fate)]);
            let call = Call::Act(deed.clone(), Some(callgate::decision::Mode::Off));
            let error = world.run("ann", call).unwrap_err();
            let name = deed.name();
            assert_eq!((error.kind, error.ran), (Kind::Network, ran), "{name}");
            assert_eq!(error.retryable, retryable, "{name}");
            let sent = world.requests().len();
            world.pass(3600);
            assert_eq!(world.requests().len(), sent, "{name}");
        }
    }
}

#[test]
fn rule_3_an_action_that_got_no_answer_in_time_may_have_run() {
    let mut world = World::new();
    world.run("ann", Call::Permissions).unwrap();
    world.fate("ann", [Some(Fate::Silence)]);
    let call = world.submit("ann", Call::Act(action("pickup", &pickup()), None));
    world.pass(59);
    assert!(world.ends_of("ann", call).is_empty());
    world.pass(1);
    let error = world.end("ann", call).unwrap_err();
    assert_eq!((error.kind, error.ran), (Kind::Timeout, Ran::Unknown));
    assert!(!error.retryable);
    assert_eq!(world.client("ann").aborted.len(), 1);
    world.release("ann", 0);
    assert_eq!(
        world.ends_of("ann", call).len(),
        1,
        "a late answer is nobody's"
    );
    assert_eq!(world.done().len(), 1);
}

#[test]
fn logins_and_logouts_are_not_sent_again_either() {
    for call in [Call::Login(login("ann")), Call::Logout] {
        let mut world = World::new();
        world.fate("ann", [Some(Fate::BrokenAfter)]);
        let error = world.run("ann", call).unwrap_err();
        assert_eq!((error.ran, error.retryable), (Ran::Unknown, false));
        assert_eq!(world.requests().len(), 1);
    }
}

#[test]
fn rule_8_a_cancelled_call_ends_once_and_says_whether_it_may_have_run() {
    let mut world = World::new();
    world.run("ann", Call::Permissions).unwrap();
    world.fate("ann", [Some(Fate::Silence)]);
    let call = world.submit("ann", Call::Act(action("pickup", &pickup()), None));
    world.client("ann").connection.cancel(call);
    world.client("ann").connection.cancel(call);
    world.pass(0);
    let error = world.end("ann", call).unwrap_err();
    assert_eq!((error.kind, error.ran), (Kind::Aborted, Ran::Unknown));
    world.release("ann", 0);
    assert_eq!(world.ends_of("ann", call).len(), 1);
}

#[test]
fn a_call_that_is_cancelled_before_its_request_was_taken_makes_none() {
    let now = Instant::from_millis(0);
    let mut connection = Connection::new(Server::default());
    connection.set_token("token".to_owned().into()).unwrap();
    let call = connection.submit(now, Call::Act(action("pickup", &pickup()), None));
    connection.cancel(call);
    let Some(Output::Done(ended, Err(error))) = connection.poll(now) else {
        panic!()
    };
    assert_eq!((ended, error.ran), (call, Ran::No));
    assert!(connection.poll(now).is_none());
}

#[test]
fn a_call_that_is_cancelled_while_the_map_is_read_never_ran() {
    let mut world = World::new();
    world.fate("ann", [Some(Fate::Silence)]);
    let call = world.submit("ann", Call::Act(action("pickup", &pickup()), None));
    world.client("ann").connection.cancel(call);
    world.pass(0);
    assert_eq!(world.end("ann", call).unwrap_err().ran, Ran::No);
    world.release("ann", 0);
    assert!(world.done().is_empty());
}

#[test]
fn a_call_that_is_cancelled_while_the_map_is_read_again_keeps_its_refusal() {
    let mut world = World::new();
    world.run("ann", Call::Permissions).unwrap();
    world.grant(&[]);
    world.fate("ann", [None, Some(Fate::Silence)]);
    let call = world.submit("ann", Call::Act(action("pickup", &pickup()), None));
    world.client("ann").connection.cancel(call);
    world.pass(0);
    let error = world.end("ann", call).unwrap_err();
    assert_eq!((error.code.as_str(), error.ran), ("access_denied", Ran::No));
}

#[test]
fn closing_ends_all_calls_and_refuses_later_ones() {
    let mut world = World::new();
    world.fate("ann", [Some(Fate::Silence), Some(Fate::Silence)]);
    let calls = [
        world.submit("ann", Call::Permissions),
        world.submit("ann", Call::Logout),
    ];
    world.client("ann").connection.close();
    world.pass(0);
    for call in calls {
        assert_eq!(world.end("ann", call).unwrap_err().code, "CALLGATE_CLOSED");
    }
    let error = world.run("ann", Call::Permissions).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.ran),
        ("CALLGATE_CLOSED", Ran::No)
    );
}

#[test]
fn a_user_is_not_kept_waiting_by_another() {
    let mut world = World::new();
    queue(&mut world.portal, callgate_portal::TelecomXQueue::default());
    world.fate("ann", [Some(Fate::Silence)]);
    world.submit("ann", Call::Permissions);
    assert!(map_of(world.run("tom", Call::Permissions)).is_empty());
}
