//! Reading the map, whole and for one extension, and what stays when they meet.

use callgate::decision::Verdict;
use callgate::error::{Kind, Ran};
use callgate::telecomx::{Call, Context, Notice, Permissions, Right};
use callgate::value::Value;
use callgate_portal::{TelecomXSettings, TelecomXUser};

use super::{Fate, World, extension, grant, login, map_of, pickup, session_of};

fn single(world: &mut World) -> Permissions {
    map_of(world.run("ann", Call::PermissionsOn(extension("bob"))))
}

#[test]
fn before_the_map_was_read_nothing_is_known() {
    let mut world = World::new();
    let decision = world.check("pickup");
    assert_eq!(decision.verdict, Verdict::Unknown);
    assert!(decision.remedy.unwrap().contains("Read the permission map"));
    assert!(world.client("ann").connection.permissions().is_none());
    assert_eq!(world.check("teleport").verdict, Verdict::Denied);
}

#[test]
fn the_map_tells_what_the_groups_say() {
    let mut world = World::new();
    let map = map_of(world.run("ann", Call::Permissions));
    assert_eq!(world.requests(), ["GET /pbx/app/permissions"]);
    assert!(map.extensions().eq([extension("bob").as_str()]));
    assert_eq!(world.check("pickup").verdict, Verdict::Allowed);
    assert_eq!(world.check("spy").verdict, Verdict::Denied);
    assert_eq!(world.client("ann").notices, [Notice::Permissions]);
}

#[test]
fn listeners_hear_of_a_map_only_when_it_is_another() {
    let mut world = World::new();
    world.run("ann", Call::Permissions).unwrap();
    world.run("ann", Call::Permissions).unwrap();
    assert_eq!(world.client("ann").notices.len(), 1);
    world.grant(&["spy"]);
    world.run("ann", Call::Permissions).unwrap();
    assert_eq!(world.client("ann").notices.len(), 2);
    assert_eq!(world.check("pickup").verdict, Verdict::Denied);
    assert_eq!(world.check("spy").verdict, Verdict::Allowed);
}

#[test]
fn one_extension_takes_the_place_of_what_was_known_of_it_but_for_its_override() {
    for keyed_single in [false, true] {
        let mut world = World::with(TelecomXSettings {
            keyed_single,
            ..TelecomXSettings::default()
        });
        world.portal.telecomx().user_mut("bob").unwrap().hides = "HIDE_OFF_WORK".to_owned();
        world.run("ann", Call::Permissions).unwrap();
        world.grant(&["viewOtherParty"]);
        let map = single(&mut world);
        let target = format!("GET /pbx/app/grouppermissions?target={}", extension("bob"));
        assert_eq!(world.requests().last(), Some(&target));
        assert!(map.grants(&extension("bob"), Right::ViewOtherParty));
        assert!(!map.grants(&extension("bob"), Right::Pickup));
        assert_eq!(map.override_of(&extension("bob")), Some("HIDE_OFF_WORK"));
    }
}

#[test]
fn one_extension_alone_says_nothing_of_the_others_and_shows_no_other_party() {
    let mut world = World::new();
    world.grant(&["viewOtherParty", "pickup"]);
    single(&mut world);
    assert_eq!(world.check("pickup").verdict, Verdict::Allowed);
    assert_eq!(world.check("viewOtherParty").verdict, Verdict::Denied);
    let connection = &world.client("ann").connection;
    let other = connection.check(&extension("tom"), "pickup", &Context::default());
    assert_eq!(other.verdict, Verdict::Unknown);
    assert!(connection.permissions().is_none());
}

#[test]
fn the_list_of_employees_brings_the_override_that_one_extension_lacks() {
    let mut world = World::new();
    world.grant(&["viewOtherParty"]);
    single(&mut world);
    world.act("employees", "{}").unwrap();
    assert_eq!(world.check("viewOtherParty").verdict, Verdict::Allowed);

    world.portal.telecomx().user_mut("bob").unwrap().hides = "HIDE".to_owned();
    world.act("employees", "{}").unwrap();
    assert_eq!(world.check("viewOtherParty").verdict, Verdict::Denied);
}

#[test]
fn an_override_alone_grants_nothing() {
    let mut world = World::new();
    world.grant(&[]);
    world.run("ann", Call::Permissions).unwrap();
    world.act("employees", "{}").unwrap();
    assert!(
        world
            .client("ann")
            .connection
            .permissions()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_user_without_extensions_has_an_empty_map() {
    let mut world = World::new();
    world.portal.telecomx().user(TelecomXUser {
        extensions: Vec::new(),
        ..TelecomXUser::named("ann")
    });
    assert!(map_of(world.run("ann", Call::Permissions)).is_empty());
    assert_eq!(world.check("pickup").verdict, Verdict::Denied);
}

#[test]
fn another_404_is_no_empty_map() {
    for (status, body) in [
        (404, r#"{"error":{"code":"not_found","status":404}}"#),
        (404, "<html>nothing here</html>"),
        (404, ""),
        (500, r#"{"error":{"code":"extension","status":500}}"#),
    ] {
        let mut world = World::new();
        world.fate("ann", [Some(Fate::Instead(status, body))]);
        let error = world.run("ann", Call::Permissions).unwrap_err();
        assert_eq!(error.kind, Kind::Portal, "{body}");
        assert_eq!(error.retryable, status == 500, "{body}");
        assert_eq!(world.check("pickup").verdict, Verdict::Unknown, "{body}");
    }
}

#[test]
fn a_success_that_is_no_map_is_said_to_be_none() {
    for body in [
        "",
        "null",
        "[1]",
        "\"x\"",
        "<html>log in to the hotel</html>",
    ] {
        let mut world = World::new();
        world.fate("ann", [Some(Fate::Instead(200, body))]);
        let error = world.run("ann", Call::Permissions).unwrap_err();
        assert_eq!(
            (error.kind, error.ran),
            (Kind::Protocol, Ran::Yes),
            "{body}"
        );
        assert_eq!(world.check("pickup").verdict, Verdict::Unknown, "{body}");
    }
}

#[test]
fn unknown_keys_are_kept_and_grant_nothing() {
    let map = Permissions::parse(r#"{"a":{"teleport":true,"pickup":true},"b":7}"#).unwrap();
    let kept = map.rights("a").unwrap().get("teleport");
    assert_eq!(kept, Some(&Value::Bool(true)));
    assert!(map.extensions().eq(["a"]));
}

#[test]
fn an_answer_that_was_asked_for_earlier_never_replaces_a_later_one() {
    let mut world = World::new();
    world.fate("ann", [Some(Fate::Silence), Some(Fate::Silence)]);
    world.submit("ann", Call::Permissions);
    world.grant(&["spy"]);
    world.submit("ann", Call::Permissions);
    world.release("ann", 1);
    world.release("ann", 0);
    assert_eq!(world.check("spy").verdict, Verdict::Allowed);
    assert_eq!(world.check("pickup").verdict, Verdict::Denied);
}

#[test]
fn one_extension_that_was_asked_later_outlives_a_map_that_comes_after_it() {
    let mut world = World::new();
    world.fate("ann", [Some(Fate::Silence), None]);
    world.submit("ann", Call::Permissions);
    world.grant(&["spy"]);
    single(&mut world);
    world.release("ann", 0);
    assert_eq!(world.check("spy").verdict, Verdict::Allowed);
    assert_eq!(world.check("pickup").verdict, Verdict::Denied);
    let map = world.client("ann").connection.permissions().unwrap();
    assert_eq!(map.override_of(&extension("bob")), Some("NONE"));
}

#[test]
fn one_extension_that_was_asked_earlier_comes_too_late() {
    let mut world = World::new();
    world.fate("ann", [Some(Fate::Silence), None]);
    world.submit("ann", Call::PermissionsOn(extension("bob")));
    world.grant(&[]);
    world.run("ann", Call::Permissions).unwrap();
    world.release("ann", 0);
    assert_eq!(world.check("pickup").verdict, Verdict::Denied);
}

#[test]
fn what_was_asked_before_the_map_was_forgotten_does_not_bring_it_back() {
    let mut world = World::new();
    world.run("ann", Call::Permissions).unwrap();
    world.fate("ann", [Some(Fate::Silence), None, Some(Fate::Refused)]);
    world.submit("ann", Call::Permissions);
    world.grant(&[]);
    assert!(world.act("pickup", &pickup()).is_err());
    world.release("ann", 0);
    assert_eq!(world.check("pickup").verdict, Verdict::Unknown);
}

#[test]
fn another_token_knows_nothing_of_the_rights_of_the_one_before() {
    let mut world = World::new();
    world.run("ann", Call::Permissions).unwrap();
    world.fate("ann", [Some(Fate::Silence), None]);
    let late = world.submit("ann", Call::Permissions);
    session_of(world.run("ann", Call::Login(login("tom"))));
    assert_eq!(world.check("pickup").verdict, Verdict::Unknown);
    world.release("ann", 0);
    assert!(!map_of(world.end("ann", late)).is_empty());
    assert_eq!(world.check("pickup").verdict, Verdict::Unknown);
    grant(&mut world.portal, &[]);
    world.run("ann", Call::Permissions).unwrap();
    assert_eq!(world.check("pickup").verdict, Verdict::Denied);
}
