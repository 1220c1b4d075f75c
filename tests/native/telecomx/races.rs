//! The world goes on while a call is under way: groups are edited, tokens end, calls are hung up.

use callgate::decision::Verdict;
use callgate::error::{Kind, Ran};
use callgate::telecomx::{Call, Notice};

use super::{Fate, World, extension, grant, login, on_call, pickup, result_of, session_of};

#[test]
fn an_administrator_takes_the_right_between_the_map_and_the_action() {
    let mut world = World::new();
    world.fate(
        "ann",
        [None, Some(Fate::After(|portal| grant(portal, &[])))],
    );
    let error = world.act("pickup", &pickup()).unwrap_err();
    assert_eq!((error.kind, error.ran), (Kind::Denied, Ran::No));
    assert_eq!(world.check("pickup").verdict, Verdict::Denied);
    assert!(world.done().is_empty());
}

#[test]
fn an_administrator_gives_the_right_back_before_the_map_is_read_again() {
    let mut world = World::new();
    world.fate(
        "ann",
        [
            None,
            Some(Fate::After(|portal| grant(portal, &[]))),
            Some(Fate::After(|portal| grant(portal, &["pickup"]))),
        ],
    );
    assert!(world.act("pickup", &pickup()).is_err());
    assert_eq!(world.check("pickup").verdict, Verdict::Allowed);
    result_of(world.act("pickup", &pickup()));
    assert_eq!(world.done().len(), 1, "the refused one was never repeated");
}

#[test]
fn a_right_that_was_given_is_seen_when_the_map_is_read() {
    let mut world = World::new();
    let call = world.portal.telecomx().call(&extension("bob"));
    assert!(world.act("spy", &on_call(&call)).is_err());
    world.grant(&["spy"]);
    assert!(world.act("spy", &on_call(&call)).is_err(), "the map is old");
    world.run("ann", Call::Permissions).unwrap();
    result_of(world.act("spy", &on_call(&call)));
}

#[test]
fn a_token_ends_between_the_map_and_the_action() {
    let mut world = World::new();
    world.run("ann", Call::Permissions).unwrap();
    world.pass(15 * 60);
    let error = world.act("pickup", &pickup()).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.kind, error.ran),
        ("expired", Kind::Auth, Ran::No)
    );
    assert!(world.client("ann").notices.contains(&Notice::TokenEnded));
    session_of(world.run("ann", Call::Login(login("ann"))));
    result_of(world.act("pickup", &pickup()));
    assert_eq!(world.done().len(), 1);
}

#[test]
fn a_token_ends_before_the_map_is_read_again() {
    let mut world = World::new();
    world.run("ann", Call::Permissions).unwrap();
    world.grant(&[]);
    let over = r#"{"error":{"code":"expired","status":401}}"#;
    world.fate("ann", [None, Some(Fate::Instead(401, over))]);
    let error = world.act("pickup", &pickup()).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("access_denied", Kind::Denied)
    );
    assert!(world.client("ann").notices.contains(&Notice::TokenEnded));
}

#[test]
fn a_refusal_of_the_user_before_leaves_the_map_of_this_one() {
    let mut world = World::new();
    world.run("ann", Call::Permissions).unwrap();
    world.grant(&[]);
    world.fate("ann", [Some(Fate::Silence)]);
    let late = world.submit("ann", pickup_call());
    session_of(world.run("ann", Call::Login(login("tom"))));
    world.portal.clear_log();
    world.release("ann", 0);
    assert_eq!(world.end("ann", late).unwrap_err().kind, Kind::Denied);
    assert!(world.requests().is_empty(), "tom's map is not read for it");
}

#[test]
fn a_call_is_hung_up_before_it_is_stolen() {
    let mut world = World::new();
    let call = world.portal.telecomx().call(&extension("bob"));
    world.fate(
        "ann",
        [
            None,
            Some(Fate::After(|portal| {
                portal.telecomx().end_call("pbx1.telecomx.dk:1.1")
            })),
        ],
    );
    let error = world.act("steal", &on_call(&call)).unwrap_err();
    assert_eq!((error.code.as_str(), error.kind), ("target", Kind::Portal));
    assert!(world.done().is_empty());
}

#[test]
fn many_refusals_at_once_end_each_for_itself() {
    let mut world = World::new();
    world.run("ann", Call::Permissions).unwrap();
    world.grant(&[]);
    world.fate(
        "ann",
        [
            Some(Fate::Silence),
            Some(Fate::Silence),
            Some(Fate::Silence),
        ],
    );
    let calls: Vec<_> = (0..3).map(|_| world.submit("ann", pickup_call())).collect();
    for place in [2, 0, 0] {
        world.release("ann", place);
    }
    for call in calls {
        assert_eq!(world.end("ann", call).unwrap_err().kind, Kind::Denied);
    }
    assert_eq!(world.check("pickup").verdict, Verdict::Denied);
}

fn pickup_call() -> Call {
    Call::Act(super::action("pickup", &pickup()), None)
}
