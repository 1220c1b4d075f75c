//! Every action: its verb, its address, its body, and what it needs, as the server sees it.

use callgate::decision::Mode;
use callgate::telecomx::{Action, Call, Right};

use super::{World, action};

const ID: &str = "0123456789abcdef01234567";
const OTHER: &str = "fedcba9876543210fedcba98";
const CALL: &str = "pbx4.telecomx.dk:573636496893.3554";

/// A row's text, where `~` is an id, `@` another one and `$` a call, as it is in an address.
fn filled(text: &str) -> String {
    text.replace('~', ID).replace('@', OTHER).replace('$', CALL)
}

#[test]
#[rustfmt::skip]
fn every_row_of_the_tables() {
    use Right::*;
    for (name, json, request, body, right, reads) in [
        ("pickup", r#"{"device":"~","target":"@"}"#, "GET /pbx/app/action/pickup?device=~&target=@", "", Some(Pickup), false),
        ("pickup", r#"{"device":"~","target":"$"}"#, "GET /pbx/app/action/pickup?device=~&target=$", "", Some(Pickup), false),
        ("pickup", r#"{"device":"~","target":"201"}"#, "GET /pbx/app/action/pickup?device=~&target=201", "", Some(Pickup), false),
        ("steal", r#"{"device":"~","target":"$","extension":"@"}"#, "GET /pbx/app/action/steal?device=~&target=$", "", Some(Steal), false),
        ("spy", r#"{"device":"~","target":"$"}"#, "GET /pbx/app/action/spy?device=~&target=$", "", Some(Spy), false),
        ("queuePickup", r#"{"device":"~","target":"$"}"#, "GET /pbx/app/action/queuepickup?device=~&target=$", "", None, false),
        ("queuePickup", r#"{"extension":"@","target":"$"}"#, "GET /pbx/app/action/queuepickup?extension=@&target=$", "", None, false),
        ("call", r#"{"device":"~","target":"+4570305050"}"#, "GET /pbx/app/action/call?device=~&target=%2B4570305050", "", Some(ControlSipDevices), false),
        ("call", r#"{"device":"~","target":"@"}"#, "GET /pbx/app/action/call?device=~&target=@", "", Some(ControlSipDevices), false),
        ("hangup", r#"{"target":"$"}"#, "GET /pbx/app/action/hangup?target=$", "", Some(ControlSipDevices), false),
        ("transfer", r#"{"source":"$","destination":"$"}"#, "GET /pbx/app/action/transfer?source=$&destination=$", "", Some(ControlSipDevices), false),
        ("transfer", r#"{"source":"$","target":"201"}"#, "GET /pbx/app/action/transfer?source=$&target=201", "", Some(ControlSipDevices), false),
        ("hold", r#"{"device":"~"}"#, "GET /pbx/app/action/hold?device=~", "", Some(ControlSipDevices), false),
        ("hold", r#"{"device":"~","target":"$"}"#, "GET /pbx/app/action/hold?device=~&target=$", "", Some(ControlSipDevices), false),
        ("unhold", r#"{"device":"~","target":"$"}"#, "GET /pbx/app/action/unhold?device=~&target=$", "", Some(ControlSipDevices), false),
        ("setPresence", r#"{"employee":"~","extension":"@","presence":"OFF_WORK","presenceText":null,"presenceUntil":1}"#, "POST /employee/~", r#"{"presence":"OFF_WORK","presenceUntil":1}"#, Some(SetPresence), false),
        ("redirect", r#"{"extension":"@","enable":true,"number":"+4550802900"}"#, "GET /pbx/extension/@/redirect?enable=true&number=%2B4550802900", "", Some(SetPresence), false),
        ("redirect", r#"{"extension":"@","enable":false}"#, "GET /pbx/extension/@/redirect?enable=false", "", Some(SetPresence), false),
        ("joinQueue", r#"{"queue":"~","extension":" @ ","priority":20,"permanent":true}"#, "POST /pbx/queue/~/member", r#"{"extension":"@","priority":20,"permanent":true}"#, Some(QueueMember), false),
        ("joinQueue", r#"{"queue":"~","number":"+4571919998"}"#, "POST /pbx/queue/~/member", r#"{"number":"+4571919998"}"#, Some(QueueMember), false),
        ("leaveQueue", r#"{"queue":"~","member":"@"}"#, "DELETE /pbx/queue/~/member/@", "", Some(QueueMember), false),
        ("queueMembers", r#"{"queue":"~"}"#, "GET /pbx/queue/~/member", "", None, true),
        ("readCalendar", "{}", "GET /pbx/calendar", "", Some(ReadCalendar), true),
        ("readCalendar", r#"{"employee":"~","offset":0,"limit":10000,"filter":"a b&c"}"#, "GET /pbx/calendar?employee=~&offset=0&limit=10000&filter=a%20b%26c", "", Some(ReadCalendar), true),
        ("readCalendarEvent", r#"{"event":"~"}"#, "GET /pbx/calendar/~", "", Some(ReadCalendar), true),
        ("addCalendarEvent", r#"{"employee":"~","extension":"@","subject":"Tea","body":{"type":"text"}}"#, "POST /pbx/calendar", r#"{"employee":"~","subject":"Tea","body":{"type":"text"}}"#, Some(WriteCalendar), false),
        ("removeCalendarEvent", r#"{"event":"~","applyToMaster":true}"#, "DELETE /pbx/calendar/~?applyToMaster=true", "", Some(WriteCalendar), false),
        ("readPhonebook", r#"{"type":"PERSONAL","employee":"~","customer":"@","limit":50000}"#, "GET /pbx/phonebook?type=PERSONAL&employee=~&customer=@&limit=50000", "", Some(ReadPhonebook), true),
        ("readContact", r#"{"contact":"~"}"#, "GET /pbx/phonebook/~", "", Some(ReadPhonebook), true),
        ("addContact", r#"{"personal":true,"givenName":"Jo"}"#, "POST /pbx/phonebook", r#"{"personal":true,"givenName":"Jo"}"#, Some(WritePhonebook), false),
        ("employees", r#"{"ids":["~","@"],"calls":true,"standalone":false}"#, "GET /pbx/app/employees?ids=~&ids=@&calls=true&standalone=false", "", None, true),
    ] {
        let action = action(name, &filled(json));
        assert_eq!((action.name(), action.right()), (name, right));
        assert_eq!(action.only_reads(), reads, "{name}");
        let named = json.contains(r#""extension""#) || name == "pickup" && json.contains('@');
        assert_eq!(action.extension(), named.then_some(OTHER), "{name} {json}");

        let mut world = World::new();
        world.submit("ann", Call::Act(action, Some(Mode::Off)));
        let entry = world.portal.log(0).next().unwrap();
        let seen = format!("{} {}", entry.method, entry.url).replace("%3A", ":");
        assert_eq!(seen, filled(request), "{name}");
        assert_eq!(entry.body, filled(body), "{name}");
    }
}

#[test]
fn an_action_shows_its_name_and_nothing_of_its_parameters() {
    let action = Action::parse("addContact", r#"{"givenName":"Jo"}"#).unwrap();
    assert_eq!(format!("{action:?}"), "addContact");
}
