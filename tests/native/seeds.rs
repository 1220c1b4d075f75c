//! The documentation's own exchanges, byte for byte: the portal produces them, the client reads
//! them. Each file under `tests/seeds` is one body; its name ends with the status that it had.

use callgate::bitrix24::engine::{Config, Connection, Token};
use callgate::bitrix24::wire::address::Origin;
use callgate::bitrix24::wire::{event::MethodConfirm, form};
use callgate::error::{Kind, Ran};
use callgate::secret::Secret;
use callgate::time::Instant;
use callgate_portal::{Request, Settings, TokenRequest};

use crate::world::{Fate, PHONES, START, World, phones, waiting_phones};

const WAITING: &str = include_str!("../seeds/method-confirm-waiting.401.json");
const GRANTED: &str = include_str!("../seeds/voximplant-user-get.200.json");
const DENIED: &str = include_str!("../seeds/method-confirm-denied.403.json");
const EVENT: &str = include_str!("../seeds/on-app-method-confirm.form");
const IDS: &str = include_str!("../seeds/managers-ids.200.json");
const USERS: &str = include_str!("../seeds/managers-users.200.json");
const NO_ID: &str = include_str!("../seeds/managers-id-empty.400.json");

const TOKEN: &str = "fkp963yuv1ggkfbs5z3f5hy8lilm0iw6";
const APPLICATION_TOKEN: &str = "c289487163b58658eae5e8b42eaf11b8";
const MANAGERS: &str = "im.department.managers.get";

/// The world of the example: its token, its application token, and answers without `time`, which is
/// younger than the example.
fn example() -> World {
    let mut world = World::new();
    let app = serde_json::json!({"app": "example", "applicationToken": APPLICATION_TOKEN});
    world
        .portal
        .handle(START, &Request::json("/_portal/apps", &app));
    let request = TokenRequest {
        scopes: Some(vec!["telephony".into(), "im".into()]),
        app: "example".into(),
        access_token: Some(TOKEN.into()),
        ..TokenRequest::default()
    };
    world.token = world.portal.token(START, request);
    world.portal.set(Settings {
        time: false,
        ..Settings::default()
    });
    let bind = format!("auth={TOKEN}&event=OnAppMethodConfirm&handler=http://127.0.0.1:9/hook");
    world
        .portal
        .handle(START, &Request::form("/rest/event.bind", bind));
    world.portal.clear_log();
    let token = Token {
        access: Secret::new(TOKEN),
        refresh: None,
        expires_at: Some(Instant::from_millis(world.token.expires * 1000)),
    };
    let config = Config {
        application_token: Some(Secret::new(APPLICATION_TOKEN)),
        ..Config::default()
    };
    let origin = Origin::parse("portal.bitrix24.com").unwrap();
    world.connection = Connection::with_token(config, origin, token, false);
    world
}

/// The last answer that the portal gave: its status and its bytes.
fn answered(world: &World) -> (u16, &str) {
    let entry = world.portal.log(0).last().unwrap();
    (entry.status, entry.answer.as_str())
}

#[test]
fn the_portal_asks_to_wait_in_the_documented_bytes_and_again_without_a_new_question() {
    let mut world = example();
    for _ in 0..2 {
        let id = world.submit(phones());
        assert_eq!(answered(&world), (401, WAITING));
        let error = world.error(id);
        assert_eq!(
            (error.code.as_str(), error.kind),
            ("METHOD_CONFIRM_WAITING", Kind::Waiting)
        );
        assert_eq!(error.message, "Waiting for confirmation");
    }
    let confirmations = Request::get("/_portal/confirmations");
    let asked = world.portal.handle(START, &confirmations).value();
    assert_eq!(asked[0]["notifications"], 1);
    assert_eq!(asked.as_array().unwrap().len(), 1);
}

#[test]
fn the_request_is_the_documented_one_with_its_token_in_the_body() {
    let mut world = example();
    world.submit(phones());
    let request = &world.sent[0].request;
    let expected = "https://portal.bitrix24.com/rest/voximplant.user.get";
    assert_eq!(request.url, expected);
    let body = r#"{"auth":"fkp963yuv1ggkfbs5z3f5hy8lilm0iw6","USER_ID":1}"#;
    assert_eq!(request.body, body);
}

#[test]
fn the_event_has_the_documented_bytes_and_is_read_whole() {
    let mut world = example();
    world.fault("server_andpoint");
    world.submit(phones());
    let events = world.decide(true);
    assert_eq!(events[0].body, EVENT);

    let event = MethodConfirm::read(&form::read(EVENT)).unwrap();
    assert_eq!(event.token.expose(), TOKEN);
    assert_eq!(event.method.as_str(), PHONES);
    assert!(event.granted);
    assert_eq!(event.application_token.expose(), APPLICATION_TOKEN);
    let member = event.member_id.unwrap();
    assert_eq!(member, "74ef8a46a75104de55d5d4a61b98ab6d");
    let server = event.server_endpoint.unwrap();
    assert_eq!(server, "https://oauth.bitrix.info/rest/");
}

#[test]
fn the_documented_event_wakes_the_documented_call() {
    let mut world = example();
    world.fault("server_andpoint");
    let id = world.submit(waiting_phones());
    world.decide(true);
    let event = MethodConfirm::read(&form::read(EVENT)).unwrap();
    let now = world.at();
    assert!(world.connection.event(now, &event));
    world.pump();

    assert_eq!(answered(&world), (200, GRANTED));
    let answer = world.end(id).as_ref().unwrap();
    let phone = &answer.body["result"][0];
    assert_eq!(phone["ID"], "1");
    assert_eq!(phone["PHONE_ENABLED"], "Y");
    assert!(phone["DEFAULT_LINE"].is_null() && phone["INNER_NUMBER"].is_null());
    assert_eq!(phone["SIP_LOGIN"], "****");
}

#[test]
fn the_denial_has_the_documented_bytes_and_is_final() {
    let mut world = example();
    let id = world.submit(waiting_phones());
    world.decide_and_tell(false);

    assert_eq!(answered(&world), (403, DENIED));
    let error = world.error(id);
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("METHOD_CONFIRM_DENIED", Kind::Denied)
    );
    assert_eq!(error.message, "Method call denied");
    assert!(!error.retryable);
}

#[test]
fn the_managers_come_as_numbers_or_as_users() {
    let mut world = example();
    let ids = world.run(MANAGERS, r#"{"ID":[105]}"#).unwrap();
    assert_eq!(answered(&world), (200, IDS));
    assert_eq!(ids.body["result"]["105"][0], 1);

    world.fault_once("single-user-data");
    let users = world
        .run(MANAGERS, r#"{"ID":[105],"USER_DATA":"Y"}"#)
        .unwrap();
    assert_eq!(answered(&world), (200, USERS));
    let manager = &users.body["result"]["105"];
    assert_eq!(manager["name"], "Евгений Шеленков");
    assert_eq!(manager["departments"][0], 50);
    assert_eq!(manager["idle"], false);
    let avatar = manager["avatar"].as_str().unwrap();
    assert!(
        avatar.starts_with("http://192.168.2.232/upload/"),
        "{avatar}"
    );
}

#[test]
fn managers_of_no_department_are_the_documented_error() {
    let mut world = example();
    let error = world.run(MANAGERS, r#"{"USER_DATA":"Y"}"#).unwrap_err();
    assert_eq!(answered(&world), (400, NO_ID));
    assert_eq!(error.code, "ID_EMPTY");
    assert_eq!(error.message, "Department ID can't be empty");
    assert_eq!((error.kind, error.status), (Kind::Portal, Some(400)));
    assert_eq!(error.ran, Ran::Unknown);
}

#[test]
fn the_client_reads_the_documented_bytes_from_any_portal() {
    for (status, body, code) in [
        (401, WAITING, "METHOD_CONFIRM_WAITING"),
        (403, DENIED, "METHOD_CONFIRM_DENIED"),
        (400, NO_ID, "ID_EMPTY"),
    ] {
        let mut world = example();
        world.fate([Fate::Instead(status, body.to_owned())]);
        let error = world.run("vendor.method", "{}").unwrap_err();
        assert_eq!((error.code.as_str(), error.status), (code, Some(status)));
    }
    for body in [GRANTED, IDS, USERS] {
        let mut world = example();
        world.fate([Fate::Instead(200, body.to_owned())]);
        let answer = world.run("vendor.method", "{}").unwrap();
        let read: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(answer.body, read);
    }
}
