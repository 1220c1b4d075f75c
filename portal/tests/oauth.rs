//! The OAuth server's token endpoint.
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

fn refresh(desk: &mut Desk, query: &str) -> callgate_portal::Reply {
    desk.get(&format!("/oauth/token/?grant_type=refresh_token&{query}"))
}

#[test]
fn a_refresh_token_works_once_by_query_or_form() {
    let mut desk = Desk::with(&[]);
    let issued = desk
        .control(
            "tokens",
            json!({"scopes": "crm", "app": "a", "user": 3, "expiresIn": 5}),
        )
        .value();
    let token = issued["refresh_token"].as_str().unwrap().to_owned();
    let first = refresh(
        &mut desk,
        &format!("client_id=a&client_secret=s&refresh_token={token}"),
    );
    assert_eq!(first.status, 200);
    let first = first.value();
    for (name, value) in [
        ("expires_in", json!(3600)),
        ("scope", json!("crm")),
        ("domain", json!("oauth.bitrix.info")),
        ("server_endpoint", json!("https://oauth.bitrix.info/rest/")),
        (
            "client_endpoint",
            json!("https://portal.bitrix24.com/rest/"),
        ),
        ("status", json!("L")),
        ("user_id", json!(3)),
        ("member_id", issued["member_id"].clone()),
    ] {
        assert_eq!(first[name], value, "{name}");
    }
    assert_eq!(
        failure(&refresh(&mut desk, &format!("refresh_token={token}"))),
        (400, "invalid_grant".into())
    );
    let next = first["refresh_token"].as_str().unwrap();
    let form = format!("grant_type=refresh_token&client_id=a&refresh_token={next}");
    assert_eq!(desk.send(&Request::form("/oauth/token/", form)).status, 200);
    // The old access token lives to its own end.
    assert_eq!(
        desk.call_with(issued["access_token"].as_str().unwrap(), "profile", "")
            .status,
        200
    );
}

#[test]
fn the_token_endpoint_has_two_shapes_of_error() {
    let mut desk = Desk::with(&[]);
    desk.control("apps", json!({"app": "other"}));
    desk.control("apps", json!({"app": "a", "clientSecret": "right"}));
    let issued = desk.control("tokens", json!({"app": "a"})).value();
    let token = issued["refresh_token"].as_str().unwrap().to_owned();
    let wrong = refresh(&mut desk, &format!("client_id=other&refresh_token={token}"));
    assert_eq!(
        (wrong.status, wrong.body.as_str()),
        (200, r#"{"error":"wrong_client"}"#)
    );
    let wrong = refresh(
        &mut desk,
        &format!("client_id=a&client_secret=guess&refresh_token={token}"),
    );
    assert_eq!(failure(&wrong), (400, "invalid_client".into()));
    let missing = refresh(&mut desk, "client_id=a");
    assert_eq!(failure(&missing), (400, "invalid_request".into()));
    assert_eq!(
        missing.value()["error_description"],
        "No \"refresh_token\" parameter found"
    );
    assert_eq!(
        failure(&desk.get("/oauth/token/")),
        (400, "invalid_request".into())
    );
    assert_eq!(
        failure(&desk.get("/oauth/token/?grant_type=authorization_code&code=x")),
        (400, "invalid_grant".into())
    );
    let right = refresh(
        &mut desk,
        &format!("client_id=a&client_secret=right&refresh_token={token}"),
    );
    assert_eq!(right.status, 200);
    desk.seconds(181 * 24 * 3600);
    let late = right.value()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(
        code(&refresh(
            &mut desk,
            &format!("client_secret=right&refresh_token={late}")
        )),
        "invalid_grant"
    );
}

#[test]
fn faults_strike_the_token_endpoint_when_they_mean_it() {
    let mut desk = Desk::with(&[]);
    let issued = desk.control("tokens", json!({"scopes": "crm"})).value();
    let query = format!(
        "refresh_token={}",
        issued["refresh_token"].as_str().unwrap()
    );
    desk.once("html-502");
    desk.control(
        "faults",
        json!({"kind": "html-504", "method": "oauth.token", "times": 1}),
    );
    desk.once("wrong_client");
    assert_eq!(refresh(&mut desk, &query).status, 504);
    assert_eq!(
        refresh(&mut desk, &query).body,
        r#"{"error":"wrong_client"}"#
    );
    desk.once("refresh-app-scope");
    assert_eq!(refresh(&mut desk, &query).value()["scope"], "app");
    assert_eq!(desk.call("profile", "").status, 502);
}
