//! Guarded actions: what the map grants is done, what it doesn't grant isn't even sent.

use callgate::decision::{Evidence, Layer, Mode, Verdict};
use callgate::error::{Kind, Ran};
use callgate::telecomx::{Call, Notice};
use callgate::value::Value;
use callgate_portal::TelecomXQueue;

use super::{Fate, World, action, device, employee, extension, on_call, pickup, queue, result_of};

#[test]
fn the_first_action_reads_the_map_and_what_it_grants_is_done() {
    let mut world = World::new();
    result_of(world.act("pickup", &pickup()));
    result_of(world.act("pickup", &pickup()));
    let requests = world.requests();
    let paths: Vec<&str> = requests
        .iter()
        .map(|it| it.split('?').next().unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            "GET /pbx/app/permissions",
            "GET /pbx/app/action/pickup",
            "GET /pbx/app/action/pickup"
        ]
    );
    assert_eq!(world.done().len(), 2);
}

#[test]
fn what_the_map_does_not_grant_is_not_sent() {
    let mut world = World::new();
    let call = world.portal.telecomx().call(&extension("bob"));
    let error = world.act("spy", &on_call(&call)).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("access_denied", Kind::Denied)
    );
    assert_eq!(
        (error.ran, error.status, error.retryable),
        (Ran::No, None, false)
    );
    assert_eq!(error.method.as_deref(), Some("GET /pbx/app/action/spy"));
    let decision = error.decision.as_ref().unwrap();
    assert_eq!(decision.verdict, Verdict::Denied);
    assert_eq!(decision.evidence, Evidence::Grant);
    assert_eq!(decision.layer, Some(Layer::Right));
    let provided = vec!["pickup".to_owned(), "steal".to_owned()];
    assert_eq!(decision.provided, Some(provided));
    assert_eq!(world.requests(), ["GET /pbx/app/permissions"]);
}

#[test]
fn each_mode_does_what_its_name_says() {
    for (mode, requests, warned) in [(Mode::Enforce, 1, 0), (Mode::Warn, 3, 1), (Mode::Off, 2, 0)] {
        let mut world = World::new();
        let call = world.portal.telecomx().call(&extension("bob"));
        let spy = Call::Act(action("spy", &on_call(&call)), None);
        world.client("ann").connection.set_mode(mode);
        let id = world.submit("ann", spy);
        let error = world.end("ann", id).unwrap_err();
        assert_eq!(error.kind, Kind::Denied, "{mode:?}");
        assert_eq!(world.requests().len(), requests, "{mode:?}");
        let warnings = world.client("ann").notices.iter().filter(
            |notice| matches!(notice, Notice::Warning { decision, .. } if decision.is_denied()),
        );
        assert_eq!(warnings.count(), warned, "{mode:?}");
        assert!(world.done().is_empty());
    }
}

#[test]
fn a_call_of_its_own_mode_asks_the_server_although_the_map_says_no() {
    let mut world = World::new();
    world.run("ann", Call::Permissions).unwrap();
    world.grant(&["spy"]);
    let call = world.portal.telecomx().call(&extension("bob"));
    let spy = action("spy", &on_call(&call));
    assert!(world.run("ann", Call::Act(spy.clone(), None)).is_err());
    result_of(world.run("ann", Call::Act(spy, Some(Mode::Off))));
}

#[test]
fn ones_own_needs_no_right_and_no_map() {
    let mut world = World::new();
    let json = format!(r#"{{"device":"{}","target":"201"}}"#, device("ann"));
    let body = result_of(world.act("call", &json));
    let call = body.get("_id").and_then(Value::as_text).unwrap().to_owned();
    result_of(world.act(
        "hold",
        &format!(r#"{{"device":"{}","target":"{call}"}}"#, device("ann")),
    ));
    result_of(world.act(
        "transfer",
        &format!(r#"{{"source":"{call}","target":"202"}}"#),
    ));
    result_of(world.act("hangup", &format!(r#"{{"target":"{call}"}}"#)));
    let presence = format!(
        r#"{{"employee":"{}","presence":"HOLIDAY"}}"#,
        employee("ann")
    );
    result_of(world.act("setPresence", &presence));
    assert!(!world.requests().iter().any(|it| it.contains("permissions")));
    assert_eq!(world.done().len(), 5);
}

#[test]
fn a_closed_level_is_refused_before_anything_is_sent() {
    let mut world = World::at_level("RESELLER");
    let error = world.act("readCalendar", "{}").unwrap_err();
    assert_eq!((error.kind, error.ran), (Kind::Denied, Ran::No));
    let decision = error.decision.as_ref().unwrap();
    assert_eq!(decision.provided, Some(vec!["RESELLER".to_owned()]));
    assert!(world.requests().is_empty());
    result_of(world.act("readPhonebook", "{}"));
}

#[test]
fn a_manager_sets_presences_that_the_map_does_not_grant() {
    let mut world = World::at_level("MANAGER");
    let json = format!(
        r#"{{"employee":"{}","extension":"{}","presence":"MEETING"}}"#,
        employee("bob"),
        extension("bob")
    );
    result_of(world.act("setPresence", &json));
    assert_eq!(world.done(), ["setPresence MEETING"]);
}

#[test]
fn a_presence_and_a_redirection_take_the_right_to_set_presences() {
    for granted in [false, true] {
        let mut world = World::new();
        world.grant(if granted {
            &["setPresence"]
        } else {
            &["pickup"]
        });
        let (about, who) = (extension("bob"), employee("bob"));
        let presence =
            format!(r#"{{"employee":"{who}","extension":"{about}","presence":"OFF_WORK"}}"#);
        let redirect = format!(r#"{{"extension":"{about}","enable":true,"number":"201"}}"#);
        assert_eq!(world.act("setPresence", &presence).is_ok(), granted);
        assert_eq!(world.act("redirect", &redirect).is_ok(), granted);
        assert_eq!(world.done().len(), if granted { 2 } else { 0 });
    }
}

#[test]
fn a_queue_is_joined_and_left() {
    let mut world = World::new();
    world.grant(&["queueMember"]);
    let id = queue(&mut world.portal, TelecomXQueue::default());
    let json = format!(r#"{{"queue":"{id}","extension":"{}"}}"#, extension("bob"));
    let joined = result_of(world.act("joinQueue", &json));
    let member = joined.get("_id").and_then(Value::as_text).unwrap();
    let listed = result_of(world.act("queueMembers", &format!(r#"{{"queue":"{id}"}}"#)));
    assert!(listed.to_json().contains(member));
    let json = format!(
        r#"{{"queue":"{id}","member":"{member}","extension":"{}"}}"#,
        extension("bob")
    );
    result_of(world.act("leaveQueue", &json));
    let left = format!("leave {}", extension("bob"));
    assert_eq!(world.done().last(), Some(&left));
}

#[test]
fn calendars_and_phonebooks_take_their_four_rights() {
    let about = format!(
        r#""employee":"{}","extension":"{}""#,
        employee("bob"),
        extension("bob")
    );
    for (name, json, right) in [
        ("readCalendar", format!("{{{about}}}"), "readCalendar"),
        (
            "addCalendarEvent",
            format!(r#"{{{about},"subject":"Tea"}}"#),
            "writeCalendar",
        ),
        ("readPhonebook", format!("{{{about}}}"), "readPhonebook"),
        (
            "addContact",
            format!(r#"{{{about},"personal":true}}"#),
            "writePhonebook",
        ),
    ] {
        let mut world = World::new();
        let error = world.act(name, &json).unwrap_err();
        assert_eq!((error.kind, error.ran), (Kind::Denied, Ran::No), "{name}");
        world.grant(&[right]);
        world.run("ann", Call::Permissions).unwrap();
        result_of(world.act(name, &json));
    }
}

#[test]
fn a_map_that_is_refused_is_no_reason_to_refuse() {
    let body = r#"{"error":{"code":"internal_error","status":500}}"#;
    let mut world = World::new();
    world.fate("ann", [Some(Fate::Instead(500, body))]);
    result_of(world.act("pickup", &pickup()));
}

#[test]
fn a_map_that_got_no_answer_ends_the_action_unsent() {
    for fate in [Fate::Refused, Fate::BrokenAfter] {
        let mut world = World::new();
        world.fate("ann", [Some(fate)]);
        let error = world.act("pickup", &pickup()).unwrap_err();
        assert_eq!((error.kind, error.ran), (Kind::Network, Ran::No));
        assert!(error.retryable);
        assert!(world.done().is_empty());
    }
}

#[test]
fn a_token_that_is_over_ends_the_action_unsent() {
    let mut world = World::new();
    world.pass(15 * 60);
    let error = world.act("pickup", &pickup()).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.kind, error.ran),
        ("expired", Kind::Auth, Ran::No)
    );
    assert_eq!(world.requests(), ["GET /pbx/app/permissions"]);
}
