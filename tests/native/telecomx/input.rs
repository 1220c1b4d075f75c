//! Rule 12: bad input names what is wrong, and nothing is sent.

use callgate::error::{Kind, Ran};
use callgate::secret::Secret;
use callgate::telecomx::{Action, Call, Login, Server};

use super::{World, login};

const ID: &str = "0123456789abcdef01234567";

#[test]
fn parameters_that_are_wrong_are_refused_by_name() {
    for (name, json, message) in [
        ("teleport", "{}", "action: there is none of this name"),
        ("pickup", "", "parameters: JSON ends too early at byte 0"),
        ("pickup", "[]", "parameters: an object is wanted"),
        ("pickup", "{}", "device: it is missing"),
        (
            "pickup",
            r#"{"device":"~","target":null}"#,
            "target: it is missing",
        ),
        (
            "pickup",
            r#"{"device":"12"}"#,
            "device: an id of 24 hexadecimal digits is wanted",
        ),
        ("pickup", r#"{"device":7}"#, "device: a text is wanted"),
        (
            "pickup",
            r#"{"device":"~","device":"~"}"#,
            "device: it is given twice",
        ),
        (
            "pickup",
            r#"{"colour":1}"#,
            "colour: the action has no such parameter",
        ),
        (
            "pickup",
            r#"{"device":"~","target":"next door"}"#,
            "target: an extension's id, a phone number or the id of a call is wanted",
        ),
        (
            "steal",
            r#"{"device":"~","target":"201"}"#,
            "target: the id of a call is wanted, such as pbx1.telecomx.dk:1.2",
        ),
        (
            "hangup",
            r#"{"target":"pbx1:\n"}"#,
            "target: the id of a call is wanted, such as pbx1.telecomx.dk:1.2",
        ),
        (
            "call",
            r#"{"device":"~","target":"+"}"#,
            "target: an extension's id or a phone number is wanted",
        ),
        (
            "queuePickup",
            r#"{"target":"a:1"}"#,
            "device: it is missing, and so is extension: one of the two",
        ),
        (
            "queuePickup",
            r#"{"device":"~","extension":"~","target":"a:1"}"#,
            "extension: device is given already",
        ),
        (
            "transfer",
            r#"{"source":"a:1"}"#,
            "destination: it is missing, and so is target: one of the two",
        ),
        (
            "setPresence",
            r#"{"employee":"~"}"#,
            "presence: it is missing",
        ),
        (
            "setPresence",
            r#"{"employee":"~","presence":"X","accessLevel":"ADMIN"}"#,
            "accessLevel: the action has no such parameter",
        ),
        (
            "redirect",
            r#"{"extension":"~","enable":"yes"}"#,
            "enable: true or false is wanted",
        ),
        (
            "redirect",
            r#"{"extension":"~","enable":true,"number":"home"}"#,
            "number: a phone number is wanted",
        ),
        (
            "joinQueue",
            r#"{"queue":"~","number":"1","priority":21}"#,
            "priority: a whole number is wanted, from 1 to 20",
        ),
        (
            "joinQueue",
            r#"{"queue":"~","number":"1","priority":"3"}"#,
            "priority: a whole number is wanted, from 1 to 20",
        ),
        (
            "joinQueue",
            r#"{"queue":"../../auth","number":"1"}"#,
            "queue: an id of 24 hexadecimal digits is wanted",
        ),
        (
            "readCalendar",
            r#"{"limit":10001}"#,
            "limit: a whole number is wanted, from 1 to 10000",
        ),
        (
            "readPhonebook",
            r#"{"type":"MINE"}"#,
            "type: it isn't one of the documented words",
        ),
        (
            "readPhonebook",
            r#"{"filter":" "}"#,
            "filter: a text is wanted, and not an empty one",
        ),
        ("addContact", "{}", "parameters: there is nothing to write"),
        (
            "employees",
            r#"{"ids":"x"}"#,
            "ids: a list of ids is wanted",
        ),
        (
            "employees",
            r#"{"ids":["x"]}"#,
            "ids: an id of 24 hexadecimal digits is wanted",
        ),
    ] {
        let error = Action::parse(name, &json.replace('~', ID)).unwrap_err();
        assert_eq!((error.kind, error.ran), (Kind::Invalid, Ran::No));
        assert_eq!(error.message, message, "{name} {json}");
    }
}

#[test]
fn a_login_that_is_wrong_is_refused_by_name() {
    let blank = || Some(Secret::new(" "));
    for (given, message) in [
        (Login::new(" ", Secret::new("x")), "username: it is empty"),
        (Login::new("ann", Secret::new("")), "password: it is empty"),
        (
            Login {
                sms_key: blank(),
                ..login("ann")
            },
            "smsKey: it is empty",
        ),
        (
            Login {
                authenticator_token: blank(),
                ..login("ann")
            },
            "authenticatorToken: it is empty",
        ),
    ] {
        let mut world = World::new();
        let error = world.run("ann", Call::Login(given)).unwrap_err();
        assert_eq!(
            (error.kind, error.message.as_str()),
            (Kind::Invalid, message)
        );
        assert!(world.requests().is_empty());
    }
}

#[test]
fn an_extension_that_is_no_id_is_not_asked_about() {
    let mut world = World::new();
    let call = Call::PermissionsOn("../logout".to_owned());
    let error = world.run("ann", call).unwrap_err();
    assert_eq!(
        error.message,
        "extension: an id of 24 hexadecimal digits is wanted"
    );
    assert!(world.requests().is_empty());
}

#[test]
fn a_token_that_cannot_be_sent_leaves_the_one_before() {
    let mut world = World::new();
    for token in ["", "a b", "a\r\nX: y", "ä"] {
        let connection = &mut world.client("ann").connection;
        let error = connection.set_token(Secret::new(token)).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
    }
    world.run("ann", Call::Permissions).unwrap();
}

#[test]
fn an_address_that_is_none_is_refused() {
    for url in [
        "",
        "http://api.telecomx.dk",
        "ftp://a",
        "a/b",
        "https://u@a",
    ] {
        let error = Server::parse(url).unwrap_err();
        assert!(error.message.starts_with("url: "), "{url}");
    }
}
