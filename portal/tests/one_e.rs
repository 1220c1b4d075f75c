//! The 1E server, and its part of the control plane.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic, and says what is wrong by doing so"
)]

mod support;

use callgate_portal::{Reply, Request};
use serde_json::{Value, json};
use support::Desk;

/// A user by the control plane; gives his token.
fn user(desk: &mut Desk, body: Value) -> String {
    let told = desk.control("one-e/users", body).value();
    told["token"].as_str().unwrap().to_owned()
}

fn send(desk: &mut Desk, token: &str, request: Request) -> Reply {
    let request = request
        .with_header("X-Tachyon-Consumer", "callgate")
        .with_header("X-Tachyon-Authenticate", token);
    desk.send(&request)
}

fn get(desk: &mut Desk, token: &str, path: &str) -> Reply {
    send(desk, token, Request::get(format!("/Consumer/{path}")))
}

fn post(desk: &mut Desk, token: &str, path: &str, body: &Value) -> Reply {
    send(
        desk,
        token,
        Request::json(format!("/Consumer/{path}"), body),
    )
}

#[test]
fn an_action_is_mailed_about_approved_and_carried_out() {
    let mut desk = Desk::with(&[]);
    let ann = user(&mut desk, json!({"name": "ann"}));
    let bob = user(&mut desk, json!({"name": "bob"}));
    let issued = post(&mut desk, &ann, "Instructions", &json!({"DefinitionId": 8})).value();
    assert_eq!((&issued["Id"], &issued["Status"]), (&json!(1), &json!(12)));
    assert_eq!(issued["WorkflowState"], 11);

    let mail = desk.get("/_portal/one-e/mail").value();
    assert_eq!((&mail[0]["to"], &mail[0]["id"]), (&json!("ann"), &json!(1)));
    let code = json!({"Id": 1, "Token": mail[0]["code"]});
    for (who, taken) in [(&bob, false), (&ann, true), (&ann, false)] {
        let told = post(&mut desk, who, "Authentication/Instruction/Token", &code).value();
        assert_eq!(told, json!({"Successful": taken}));
    }
    let decision = json!({"InstructionId": 1, "Comment": "", "Approved": true});
    assert_eq!(
        post(&mut desk, &ann, "Approvals/Instruction", &decision).status,
        400
    );
    assert_eq!(
        post(&mut desk, &bob, "Approvals/Instruction", &decision).status,
        200
    );
    assert_eq!(
        post(&mut desk, &bob, "Approvals/Instruction", &decision).status,
        400
    );
    let mut seen = Vec::new();
    for _ in 0..5 {
        let shown = get(&mut desk, &bob, "Instructions/1").value();
        seen.push(shown["Status"].as_i64().unwrap());
        desk.seconds(if seen.len() < 3 { 1 } else { 30 });
    }
    assert_eq!(seen, [3, 4, 5, 6, 6]);
}

#[test]
fn the_consumer_is_asked_for_before_the_token_and_the_token_before_the_path() {
    let mut desk = Desk::with(&[]);
    let ann = user(&mut desk, json!({"name": "ann", "token": "t-ann"}));
    assert_eq!(ann, "t-ann");
    let bare = desk.get("/consumer/nowhere");
    assert_eq!(
        (bare.status, bare.value()[0]["ErrorCode"].clone()),
        (401, json!("Consumer.NotAllowed"))
    );
    let unknown = get(&mut desk, "t-nobody", "nowhere");
    assert_eq!(unknown.value()[0]["ErrorCode"], "Authentication.Required");
    assert_eq!(get(&mut desk, "t-ann", "nowhere").status, 404);
    assert_eq!(
        get(&mut desk, "t-ann", "v3.2/PRINCIPALSEARCH/whoami").value()["PrincipalName"],
        "ann"
    );
    assert_eq!(
        desk.get("/Consumer/Information").value()["Version"],
        "9.0.0.0"
    );
}

#[test]
fn settings_change_what_nobody_knows() {
    let mut desk = Desk::with(&[]);
    let ann = user(&mut desk, json!({"name": "ann"}));
    let set = json!({"version": "3.0", "invisible": 409, "errors": "object", "camelCase": true});
    assert_eq!(desk.control("one-e/settings", set).status, 200);
    let missing = get(&mut desk, &ann, "Instructions/9");
    assert_eq!(
        (missing.status, missing.value()["errorCode"].clone()),
        (409, json!("Instruction.NotFound"))
    );
    assert_eq!(get(&mut desk, &ann, "Approvals/notifications").status, 404);
    assert_eq!(
        get(&mut desk, &ann, "Approvals/GetNotifications").value(),
        json!([])
    );
    for (body, field) in [
        (json!({"version": "three"}), "version"),
        (json!({"errors": "xml"}), "errors"),
        (json!({"invisible": 99}), "invisible"),
        (json!({"consumers": [1]}), "consumers"),
        (json!({"colour": 1}), "colour"),
    ] {
        let refused = desk.control("one-e/settings", body);
        assert_eq!(
            (refused.status, refused.value()["field"].clone()),
            (400, json!(field))
        );
    }
}

#[test]
fn a_status_set_by_hand_stays() {
    let mut desk = Desk::with(&[]);
    let ann = user(&mut desk, json!({"name": "ann"}));
    post(
        &mut desk,
        &ann,
        "Instructions",
        &json!({"DefinitionName": "Demo-ListServices"}),
    );
    assert_eq!(
        desk.control("one-e/status", json!({"id": 1, "status": 77}))
            .status,
        200
    );
    desk.seconds(1_000);
    assert_eq!(get(&mut desk, &ann, "Instructions/1").value()["Status"], 77);
    let refused = desk
        .control("one-e/status", json!({"id": 2, "status": 1}))
        .value();
    assert_eq!(refused["field"], "id");
}

#[test]
fn an_instruction_ends_at_its_time_to_live() {
    let mut desk = Desk::with(&[]);
    desk.control("one-e/settings", json!({"runTime": 600}));
    let ann = user(&mut desk, json!({"name": "ann"}));
    let question = json!({"DefinitionId": 7, "InstructionTtlMinutes": 2});
    post(&mut desk, &ann, "Instructions", &question);
    desk.seconds(119);
    assert_eq!(get(&mut desk, &ann, "Instructions/1").value()["Status"], 5);
    desk.seconds(1);
    assert_eq!(get(&mut desk, &ann, "Instructions/1").value()["Status"], 7);
}
