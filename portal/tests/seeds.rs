//! The exchanges of the official documentation, byte for byte.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, and says what is wrong by doing so"
)]

mod support;

use callgate_portal::{Settings, TokenRequest};
use serde_json::json;
use support::{Desk, NOW, fields};

const TOKEN: &str = "fkp963yuv1ggkfbs5z3f5hy8lilm0iw6";
const CALL: &str = "/rest/voximplant.user.get?auth=fkp963yuv1ggkfbs5z3f5hy8lilm0iw6&USER_ID=1";

/// The example's portal: its token, its member, its application token, and no `time`, which is
/// younger than the example.
fn desk() -> Desk {
    let mut desk = Desk::with(&[]);
    desk.control(
        "apps",
        json!({"app": "example", "applicationToken": "c289487163b58658eae5e8b42eaf11b8"}),
    );
    let token = TokenRequest {
        scopes: Some(vec!["telephony".into()]),
        app: "example".into(),
        access_token: Some(TOKEN.into()),
        ..TokenRequest::default()
    };
    desk.token = desk.portal.token(NOW, token).access_token;
    desk.portal.set(Settings {
        time: false,
        ..Settings::default()
    });
    desk
}

#[test]
fn a_call_that_waits() {
    let mut desk = desk();
    for _ in 0..2 {
        let reply = desk.get(CALL);
        assert_eq!(reply.status, 401);
        assert_eq!(
            reply.body,
            r#"{"error":"METHOD_CONFIRM_WAITING","error_description":"Waiting for confirmation"}"#
        );
    }
}

#[test]
fn a_call_that_was_granted() {
    let mut desk = desk();
    desk.get(CALL);
    desk.decide(true);
    let reply = desk.get(CALL);
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.body,
        concat!(
            r#"{"result":[{"DEFAULT_LINE":null,"ID":"1","INNER_NUMBER":null,"PHONE_ENABLED":"Y","#,
            r#""SIP_LOGIN":"****","SIP_PASSWORD":"*****","SIP_SERVER":"*****"}]}"#
        )
    );
}

#[test]
fn a_call_that_was_denied() {
    let mut desk = desk();
    desk.get(CALL);
    desk.decide(false);
    let reply = desk.get(CALL);
    assert_eq!(reply.status, 403);
    assert_eq!(
        reply.body,
        r#"{"error":"METHOD_CONFIRM_DENIED","error_description":"Method call denied"}"#
    );
}

#[test]
fn the_event_of_the_old_documentation() {
    let mut desk = desk();
    desk.bind();
    desk.fault("server_andpoint");
    desk.get(CALL);
    let events = desk.decide(true);
    let expected = [
        ("event", "ONAPPMETHODCONFIRM"),
        ("data[TOKEN]", TOKEN),
        ("data[METHOD]", "voximplant.user.get"),
        ("data[CONFIRMED]", "1"),
        ("data[LANGUAGE_ID]", "de"),
        ("ts", "1478790852"),
        ("auth[domain]", "portal.bitrix24.com"),
        ("auth[client_endpoint]", "https://portal.bitrix24.com/rest/"),
        ("auth[server_andpoint]", "https://oauth.bitrix.info/rest/"),
        ("auth[member_id]", "74ef8a46a75104de55d5d4a61b98ab6d"),
        (
            "auth[application_token]",
            "c289487163b58658eae5e8b42eaf11b8",
        ),
    ];
    assert_eq!(
        events,
        [expected.map(|(name, value)| (name.to_owned(), value.to_owned()))]
    );
}

#[test]
fn the_event_of_present_portals_has_a_handler_id_and_server_endpoint() {
    let mut desk = desk();
    desk.bind();
    desk.get(CALL);
    let post = desk
        .portal
        .decide(NOW, TOKEN, "voximplant.user.get", false)
        .unwrap()
        .remove(0);
    assert_eq!(post.url, "http://127.0.0.1:9/hook");
    let fields = fields(&post.body);
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[1], "event_handler_id");
    assert_eq!(names[9], "auth[server_endpoint]");
    assert_eq!(fields[4], ("data[CONFIRMED]".into(), "0".into()));
}

#[test]
fn managers_by_number() {
    let mut desk = Desk::with(&["im"]);
    desk.portal.set(Settings {
        time: false,
        ..Settings::default()
    });
    assert_eq!(
        desk.call("im.department.managers.get", "ID[]=105").body,
        r#"{"result":{"105":[1]}}"#
    );
}

#[test]
fn managers_with_their_data_are_lists_or_by_fault_the_examples_single_object() {
    let mut desk = Desk::with(&["im"]);
    desk.portal.set(Settings {
        time: false,
        ..Settings::default()
    });
    let person = concat!(
        r#"{"id":1,"name":"Евгений Шеленков","first_name":"Евгений","last_name":"Шеленков","#,
        r##""work_position":"","color":"#df532d","##,
        r#""avatar":"http:\/\/192.168.2.232\/upload\/resize_cache\/main\/1d3\/100_100_2\/shelenkov.png","#,
        r#""gender":"M","birthday":"","extranet":false,"network":false,"bot":false,"connector":false,"#,
        r#""external_auth_id":"default","status":"online","idle":false,"#,
        r#""last_activity_date":"2018-01-29T17:35:31+03:00","desktop_last_date":false,"#,
        r#""mobile_last_date":false,"departments":[50],"absent":false,"#,
        r#""phones":{"work_phone":"","personal_mobile":"","personal_phone":""}}"#
    );
    let call = "ID[]=105&USER_DATA=Y";
    let reply = desk.call("im.department.managers.get", call);
    assert_eq!(reply.body, format!(r#"{{"result":{{"105":[{person}]}}}}"#));
    desk.once("single-user-data");
    let reply = desk.call("im.department.managers.get", call);
    assert_eq!(reply.body, format!(r#"{{"result":{{"105":{person}}}}}"#));
}

#[test]
fn managers_of_no_department() {
    let mut desk = Desk::with(&["im"]);
    for query in ["", "ID=", "ID[]=", "USER_DATA=Y"] {
        let reply = desk.call("im.department.managers.get", query);
        assert_eq!(reply.status, 400);
        assert_eq!(
            reply.body,
            r#"{"error":"ID_EMPTY","error_description":"Department ID can\u0027t be empty"}"#
        );
    }
    assert_eq!(
        desk.call("im.department.managers.get", "ID[]=9999").value()["result"],
        json!([])
    );
}
