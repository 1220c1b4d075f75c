//! Confirmation: the state machine, its life, its event.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, and says what is wrong by doing so"
)]

mod support;

use callgate_portal::Request;
use serde_json::json;
use support::{Desk, code, failure};

const METHOD: &str = "voximplant.user.get";

fn desk() -> Desk {
    Desk::with(&["telephony"])
}

fn notifications(desk: &mut Desk) -> u64 {
    let listed = desk.get("/_portal/confirmations").value();
    listed
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["notifications"].as_u64().unwrap())
        .sum()
}

fn state(desk: &mut Desk) -> String {
    desk.get("/_portal/confirmations").value()[0]["state"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_waiting_call_keeps_no_second_notification() {
    let mut desk = desk();
    for _ in 0..3 {
        assert_eq!(
            failure(&desk.call(METHOD, "USER_ID=1")),
            (401, "METHOD_CONFIRM_WAITING".into())
        );
    }
    assert_eq!(notifications(&mut desk), 1);
    assert_eq!(state(&mut desk), "waiting");
}

#[test]
fn an_approval_covers_any_number_of_calls_with_any_parameters() {
    let mut desk = desk();
    desk.call(METHOD, "USER_ID=1");
    desk.decide(true);
    assert_eq!(state(&mut desk), "granted");
    for query in ["USER_ID=1", "USER_ID[]=2&USER_ID[]=3", "USER_ID=1"] {
        assert_eq!(desk.call(METHOD, query).status, 200);
    }
    assert_eq!(
        desk.call(METHOD, "USER_ID[]=2&USER_ID[]=999999").value()["result"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_denial_is_final_for_its_token_and_says_nothing_of_another() {
    let mut desk = desk();
    desk.call(METHOD, "USER_ID=1");
    desk.decide(false);
    for _ in 0..2 {
        assert_eq!(
            failure(&desk.call(METHOD, "USER_ID=1")),
            (403, "METHOD_CONFIRM_DENIED".into())
        );
    }
    assert_eq!(notifications(&mut desk), 1);
    desk.token = desk.new_token(&["telephony"]);
    assert_eq!(
        code(&desk.call(METHOD, "USER_ID=1")),
        "METHOD_CONFIRM_WAITING"
    );
}

#[test]
fn the_checks_stand_in_order_scope_parameter_right_application_confirmation() {
    let mut desk = Desk::with(&["crm"]);
    assert_eq!(code(&desk.call(METHOD, "")), "insufficient_scope");
    desk.token = desk.new_token(&["telephony"]);
    let reply = desk.call(METHOD, "user_id=1");
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.body,
        r#"{"error":"","error_description":"Parameter USER_ID is not set"}"#
    );
    let null = desk.post(METHOD, json!({"USER_ID": null}));
    assert_eq!(failure(&null), (400, String::new()));
    desk.once("telephony-right");
    assert_eq!(
        failure(&desk.call(METHOD, "USER_ID=1")),
        (403, "ACCESS_DENIED".into())
    );
    assert_eq!(notifications(&mut desk), 0);

    let hook = desk.portal.webhook(&["telephony"], 1);
    let path = hook
        .trim_start_matches("https://portal.bitrix24.com")
        .to_owned();
    let reply = desk.get(&format!("{path}{METHOD}?USER_ID=1"));
    assert_eq!(reply.status, 403);
    assert_eq!(
        reply.body,
        r#"{"error":"ACCESS_DENIED","error_description":"Access denied! Application context required"}"#
    );
    assert_eq!(
        failure(&desk.get(&format!("{path}{METHOD}"))),
        (400, String::new())
    );
}

#[test]
fn the_state_is_written_before_the_event_is_handed_out() {
    let mut desk = desk();
    desk.bind();
    desk.call(METHOD, "USER_ID=1");
    let request = Request::json(
        "/_portal/confirmations",
        &json!({"token": desk.token, "method": "VoxImplant.User.Get", "granted": true}),
    );
    let reply = desk.send(&request);
    assert_eq!(reply.effects.len(), 1);
    assert_eq!(reply.value()["state"], "granted");
    assert_eq!(
        reply.value()["events"][0]["handler"],
        "http://127.0.0.1:9/hook"
    );
    assert_eq!(desk.call(METHOD, "USER_ID=1").status, 200);
}

#[test]
fn only_handlers_of_the_same_app_hear_of_it() {
    let mut desk = desk();
    desk.bind();
    let other = desk
        .control("tokens", json!({"app": "another", "scopes": "telephony"}))
        .value();
    desk.token = other["access_token"].as_str().unwrap().to_owned();
    desk.call(METHOD, "USER_ID=1");
    assert_eq!(desk.decide(true).len(), 0);
}

#[test]
fn the_first_answer_counts_and_nobody_answers_what_was_not_asked() {
    let mut desk = desk();
    let body =
        |token: &str, granted: bool| json!({"token": token, "method": METHOD, "granted": granted});
    let token = desk.token.clone();
    let reply = desk.control("confirmations", body(&token, true));
    assert_eq!(
        (reply.status, reply.value()["field"].as_str().unwrap()),
        (400, "method")
    );
    let reply = desk.control("confirmations", body("nobody", true));
    assert_eq!(
        (reply.status, reply.value()["field"].as_str().unwrap()),
        (400, "token")
    );
    desk.call(METHOD, "USER_ID=1");
    desk.decide(false);
    let reply = desk.control("confirmations", body(&token, true));
    assert_eq!(
        (reply.status, reply.value()["field"].as_str().unwrap()),
        (400, "granted")
    );
    assert_eq!(
        code(&desk.call(METHOD, "USER_ID=1")),
        "METHOD_CONFIRM_DENIED"
    );
}

#[test]
fn a_refresh_gives_a_token_without_state_and_leaves_the_old_one_alive() {
    let mut desk = Desk::with(&[]);
    let issued = desk
        .control("tokens", json!({"scopes": ["telephony"]}))
        .value();
    desk.token = issued["access_token"].as_str().unwrap().to_owned();
    desk.call(METHOD, "USER_ID=1");
    desk.decide(true);
    let refresh = issued["refresh_token"].as_str().unwrap();
    let fresh = desk
        .get(&format!(
            "/oauth/token/?grant_type=refresh_token&refresh_token={refresh}"
        ))
        .value();
    let fresh = fresh["access_token"].as_str().unwrap().to_owned();
    assert_eq!(
        code(&desk.call_with(&fresh, METHOD, "USER_ID=1")),
        "METHOD_CONFIRM_WAITING"
    );
    assert_eq!(desk.call(METHOD, "USER_ID=1").status, 200);
}

#[test]
fn an_answer_after_the_tokens_end_writes_nothing_and_sends_the_event() {
    let mut desk = desk();
    desk.bind();
    desk.call(METHOD, "USER_ID=1");
    desk.seconds(3600);
    let events = desk.decide(true);
    assert!(events[0].contains(&("data[CONFIRMED]".into(), "1".into())));
    assert_eq!(code(&desk.call(METHOD, "USER_ID=1")), "expired_token");
    assert_eq!(state(&mut desk), "lapsed");
}

#[test]
fn the_record_of_a_long_lived_token_goes_after_an_hour() {
    let mut desk = desk();
    let issued = desk
        .control(
            "tokens",
            json!({"scopes": "telephony", "expiresIn": 100_000}),
        )
        .value();
    desk.token = issued["access_token"].as_str().unwrap().to_owned();
    desk.call(METHOD, "USER_ID=1");
    desk.seconds(1800);
    desk.decide(true);
    desk.seconds(3600);
    assert_eq!(desk.call(METHOD, "USER_ID=1").status, 200);
    desk.seconds(1);
    assert_eq!(
        code(&desk.call(METHOD, "USER_ID=1")),
        "METHOD_CONFIRM_WAITING"
    );
    assert_eq!(state(&mut desk), "waiting");
}

#[test]
fn a_cache_flush_forgets_the_state_and_asks_again() {
    let mut desk = desk();
    desk.call(METHOD, "USER_ID=1");
    desk.decide(true);
    desk.once("cache flush");
    assert_eq!(
        code(&desk.call(METHOD, "USER_ID=1")),
        "METHOD_CONFIRM_WAITING"
    );
    assert_eq!(
        code(&desk.call(METHOD, "USER_ID=1")),
        "METHOD_CONFIRM_WAITING"
    );
    desk.decide(true);
    assert_eq!(desk.call(METHOD, "USER_ID=1").status, 200);
}

#[test]
fn a_late_approval_sends_its_event_and_the_next_call_asks_anew() {
    let mut desk = desk();
    desk.bind();
    desk.once("late approval after token expiry");
    desk.call(METHOD, "USER_ID=1");
    assert_eq!(desk.decide(true).len(), 1);
    assert_eq!(
        code(&desk.call(METHOD, "USER_ID=1")),
        "METHOD_CONFIRM_WAITING"
    );
    assert_eq!(state(&mut desk), "waiting");
}

#[test]
fn events_get_lost_doubled_and_forged_on_demand() {
    let cases: [(&str, usize); 3] = [
        ("event-lost", 0),
        ("event-twice", 2),
        ("wrong-application-token", 1),
    ];
    for (kind, count) in cases {
        let mut desk = desk();
        desk.bind();
        let honest = desk.control("tokens", json!({})).value()["application_token"].clone();
        desk.fault(kind);
        desk.call(METHOD, "USER_ID=1");
        let events = desk.decide(true);
        assert_eq!(events.len(), count, "{kind}");
        let forged = events
            .iter()
            .flatten()
            .any(|(name, value)| name == "auth[application_token]" && *value != honest);
        assert_eq!(forged, kind == "wrong-application-token");
        assert_eq!(desk.call(METHOD, "USER_ID=1").status, 200);
    }
}

#[test]
fn a_denial_may_come_with_an_empty_flag() {
    let mut desk = desk();
    desk.bind();
    desk.fault("confirmed-empty");
    desk.call(METHOD, "USER_ID=1");
    assert!(desk.decide(false)[0].contains(&("data[CONFIRMED]".into(), String::new())));
}

#[test]
fn in_a_first_batch_each_command_asks_on_its_own_and_the_others_run() {
    let mut desk = desk();
    let answer = desk.batch(
        &[
            "voximplant.user.get?USER_ID=1",
            "voximplant.user.get?USER_ID=2",
            "profile",
        ],
        false,
    );
    let waiting =
        json!({"error": "METHOD_CONFIRM_WAITING", "error_description": "Waiting for confirmation"});
    assert_eq!(answer["result"]["result_error"], json!([waiting, waiting]));
    assert_eq!(answer["result"]["result"]["2"]["ID"], "1");
    assert_eq!(notifications(&mut desk), 2);
    desk.batch(&["voximplant.user.get?USER_ID=1"], false);
    assert_eq!(notifications(&mut desk), 2);
    let halted = desk.batch(&["voximplant.user.get?USER_ID=1", "profile"], true);
    assert_eq!(halted["result"]["result"], json!([]));
}

#[test]
fn handlers_are_bound_by_apps_only_and_once() {
    let mut desk = desk();
    let bind = |desk: &mut Desk, event: &str, handler: &str| {
        failure(&desk.call("event.bind", &format!("event={event}&handler={handler}")))
    };
    let error = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(
        bind(&mut desk, "", "http://127.0.0.1/"),
        error(400, "ERROR_ARGUMENT")
    );
    assert_eq!(
        bind(&mut desk, "OnAppMethodConfirm", ""),
        error(400, "ERROR_ARGUMENT")
    );
    assert_eq!(
        bind(&mut desk, "OnSunshine", "http://127.0.0.1/"),
        error(400, "ERROR_EVENT_NOT_FOUND")
    );
    assert_eq!(
        bind(&mut desk, "OnAppMethodConfirm", "ftp://127.0.0.1/"),
        error(400, "ERROR_UNSUPPORTED_PROTOCOL")
    );
    assert_eq!(
        bind(&mut desk, "OnAppMethodConfirm", "http://example.com/"),
        error(400, "ERROR_UNSUPPORTED_PROTOCOL")
    );
    assert_eq!(
        bind(&mut desk, "OnAppMethodConfirm", "https://localhost/"),
        error(400, "ERROR_WRONG_HANDLER_URL")
    );
    assert_eq!(
        bind(&mut desk, "OnAppMethodConfirm", "http://localhost:1/"),
        error(400, "ERROR_WRONG_HANDLER_URL")
    );
    assert_eq!(
        bind(&mut desk, "OnAppMethodConfirm", "http://127.0.0.1:1/"),
        error(200, "no error")
    );
    assert_eq!(
        bind(&mut desk, "OnAppMethodConfirm", "http://127.0.0.1:1/"),
        error(400, "ERROR_CORE")
    );
    let bound = desk.call("event.get", "").value();
    let expected = json!({"event": "ONAPPMETHODCONFIRM", "handler": "http://127.0.0.1:1/", "auth_type": "0", "offline": 0});
    assert_eq!(bound["result"], json!([expected]));
    let unbound = desk.call(
        "event.unbind",
        "EVENT=onappmethodconfirm&HANDLER=http://127.0.0.1:1/",
    );
    assert_eq!(unbound.value()["result"], json!({"count": 1}));

    let hook = desk
        .portal
        .webhook(&[], 1)
        .replace("https://portal.bitrix24.com", "");
    for method in ["event.bind", "event.unbind", "event.get", "events"] {
        assert_eq!(
            failure(&desk.get(&format!("{hook}{method}"))),
            error(403, "WRONG_AUTH_TYPE")
        );
    }
}

#[test]
fn a_handler_outside_the_machine_is_bound_and_never_called() {
    let mut desk = desk();
    desk.call(
        "event.bind",
        "event=OnAppMethodConfirm&handler=https://example.com/hook",
    );
    desk.call(
        "event.bind",
        "event=OnAppMethodConfirm&handler=https://127.0.0.1@example.com/hook",
    );
    desk.call(METHOD, "USER_ID=1");
    assert_eq!(desk.decide(true).len(), 0);
}
