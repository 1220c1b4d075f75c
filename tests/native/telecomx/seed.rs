//! The documentation's own sample of the map. As printed it isn't JSON, because an object without a
//! key stands at its end; here it is without that one.

use callgate::decision::Verdict;
use callgate::telecomx::{Call, Context, Right};

use super::{Fate, World, map_of};

const MAP: &str = include_str!("../../seeds/telecomx-permissions.200.json");
const FIRST: &str = "5c5a9dea83a3bc74d5891c95";
const SECOND: &str = "5beaa1574a7caf17c958ed3a";

#[test]
fn the_documented_map_is_read_whole() {
    let mut world = World::new();
    world.fate("ann", [Some(Fate::Instead(200, MAP))]);
    let map = map_of(world.run("ann", Call::Permissions));
    assert!(map.extensions().eq([SECOND, FIRST]));

    use Right::*;
    let first = [Pickup, Steal, Spy, SetPresence, QueueMember, ViewOtherParty];
    let second = [
        Pickup,
        QueueMember,
        ViewOtherParty,
        ReadCalendar,
        ReadPhonebook,
    ];
    for right in Right::ALL {
        assert_eq!(map.grants(FIRST, right), first.contains(&right));
        assert_eq!(map.grants(SECOND, right), second.contains(&right));
    }
    assert_eq!(map.override_of(FIRST), Some("NONE"));
    assert_eq!(map.override_of(SECOND), Some("HIDE"));

    let connection = &world.client("ann").connection;
    let shows = |extension| {
        let decision = connection.check(extension, "viewOtherParty", &Context::default());
        decision.verdict == Verdict::Allowed
    };
    assert!(shows(FIRST) && !shows(SECOND));
}

#[test]
fn the_documented_error_is_an_empty_map() {
    let mut world = World::new();
    let error = r#"{"error":{"message":"You have no extensions","code":"extension","status":404}}"#;
    world.fate("ann", [Some(Fate::Instead(404, error))]);
    assert!(map_of(world.run("ann", Call::Permissions)).is_empty());
    let connection = &world.client("ann").connection;
    let decision = connection.check(FIRST, "pickup", &Context::default());
    assert_eq!(decision.verdict, Verdict::Denied);
}

#[test]
fn the_printed_keys_with_a_dot_grant_nothing() {
    let mut world = World::new();
    let dotted = r#"{"5c5a9dea83a3bc74d5891c95":{"setPresence.":true,"queueMember.":true}}"#;
    world.fate("ann", [Some(Fate::Instead(200, dotted))]);
    let map = map_of(world.run("ann", Call::Permissions));
    assert!(!map.grants(FIRST, Right::SetPresence) && !map.grants(FIRST, Right::QueueMember));
}
