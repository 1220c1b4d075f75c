//! Who may call: the four places of authorization, the checks in their order, scopes.
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

fn error(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn authorization_may_stand_in_four_places() {
    let mut desk = Desk::with(&["crm"]);
    let token = desk.token.clone();
    let bearer = |scheme: &str, token: &str| {
        Request::get("/rest/scope").with_header("Authorization", format!("{scheme} {token}"))
    };
    assert_eq!(desk.send(&bearer("Bearer", &token)).status, 200);
    assert_eq!(desk.send(&bearer("bEARER", &token)).status, 200);
    assert_eq!(
        failure(&desk.send(&bearer("Basic", &token))),
        error(401, "NO_AUTH_FOUND")
    );
    assert_eq!(
        desk.get(&format!("/rest/scope?access_token={token}"))
            .status,
        200
    );
    assert_eq!(desk.post("scope", json!({})).status, 200);
    let (cookie, sessid) = desk.portal.session(1);
    let session = |name: &str, value: &str| {
        Request::get("/rest/crm.deal.get?id=1")
            .with_header("Cookie", format!("a=b; PHPSESSID={cookie}"))
            .with_header(name, value)
    };
    assert_eq!(
        desk.send(&session("X-Bitrix-Csrf-Token", &sessid)).status,
        200
    );
    let by_parameter = Request::get(format!("/rest/scope?sessid={sessid}"))
        .with_header("Cookie", format!("PHPSESSID={cookie}"));
    assert_eq!(desk.send(&by_parameter).status, 200);
}

#[test]
fn the_first_place_that_has_something_decides() {
    let mut desk = Desk::with(&["crm"]);
    let token = desk.token.clone();
    let bad = Request::get(format!("/rest/scope?auth={token}"))
        .with_header("Authorization", "Bearer wrong");
    assert_eq!(failure(&desk.send(&bad)), error(401, "invalid_token"));
    assert_eq!(
        failure(&desk.get(&format!("/rest/scope?auth=wrong&access_token={token}"))),
        error(401, "invalid_token")
    );
    // Empty, or an array, is nothing.
    assert_eq!(
        desk.get(&format!("/rest/scope?auth=&access_token={token}"))
            .status,
        200
    );
    assert_eq!(
        desk.get(&format!("/rest/scope?auth[]=x&access_token={token}"))
            .status,
        200
    );
    assert_eq!(
        failure(&desk.get("/rest/scope?auth=")),
        error(401, "NO_AUTH_FOUND")
    );
}

#[test]
fn sessions_have_errors_of_their_own() {
    let mut desk = Desk::with(&["crm"]);
    let nobody = desk.get("/rest/scope?sessid=x");
    assert_eq!(failure(&nobody), error(401, "access_denied"));
    assert_eq!(nobody.value()["extended_error"], "user_not_authorized");
    let (cookie, sessid) = desk.portal.session(2);
    let with_cookie =
        |url: String| Request::get(url).with_header("Cookie", format!("PHPSESSID={cookie}"));
    let failed = desk.send(&with_cookie("/rest/scope?sessid=old".into()));
    assert_eq!(failure(&failed), error(401, "session_failed"));
    assert_eq!(failed.value()["sessid"], sessid);
    assert_eq!(
        failure(&desk.send(&with_cookie(format!("/rest/app.info?sessid={sessid}")))),
        error(403, "ACCESS_DENIED")
    );
    // Somebody else is logged in where the token is used.
    let token = desk.token.clone();
    let other = desk.send(&with_cookie(format!("/rest/scope?auth={token}")));
    assert_eq!(failure(&other), error(401, "authorization_error"));
}

#[test]
fn tokens_and_webhooks_are_checked_in_order() {
    let mut desk = Desk::with(&["im"]);
    assert_eq!(
        failure(&desk.call_with("nobody", "crm.deal.list", "")),
        error(401, "invalid_token")
    );
    let scope = desk.call("crm.deal.list", "");
    assert_eq!(failure(&scope), error(401, "insufficient_scope"));
    assert!(scope.body.contains("provided by the access token"));
    desk.seconds(3599);
    assert_eq!(code(&desk.call("crm.deal.list", "")), "insufficient_scope");
    desk.seconds(1);
    assert_eq!(
        failure(&desk.call("crm.deal.list", "")),
        error(401, "expired_token")
    );

    let hook = desk
        .portal
        .webhook(&["im"], 1)
        .replace("https://portal.bitrix24.com", "");
    let scope = desk.get(&format!("{hook}crm.deal.list"));
    assert_eq!(failure(&scope), error(401, "insufficient_scope"));
    assert!(scope.body.contains("provided by the webhook token"));
    assert_eq!(
        failure(&desk.get("/rest/1/wrong/profile")),
        error(401, "INVALID_CREDENTIALS")
    );
    let other_user = hook.replace("/rest/1/", "/rest/2/");
    assert_eq!(
        failure(&desk.get(&format!("{other_user}profile"))),
        error(401, "INVALID_CREDENTIALS")
    );
}

#[test]
fn a_scope_has_smaller_sisters_and_some_methods_need_none() {
    for scope in ["user", "user_basic", "user_brief"] {
        assert_eq!(Desk::with(&[scope]).call("user.current", "").status, 200);
    }
    let mut desk = Desk::with(&[]);
    for method in [
        "scope",
        "methods",
        "method.get",
        "app.info",
        "profile",
        "server.time",
        "batch",
        "user.admin",
    ] {
        assert_eq!(desk.call(method, "").status, 200, "{method}");
    }
    for method in [
        "tasks.task.list",
        "disk.storage.getlist",
        "crm.contact.list",
        "user.get",
    ] {
        assert_eq!(
            code(&desk.call(method, "")),
            "insufficient_scope",
            "{method}"
        );
    }
}

#[test]
fn the_sources_of_rights_tell_what_they_know() {
    let mut desk = Desk::with(&["crm", "im"]);
    assert_eq!(
        desk.call("scope", "").value()["result"],
        json!(["crm", "im"])
    );
    let full = desk.call("scope", "full=1").value();
    assert!(
        full["result"]
            .as_array()
            .unwrap()
            .contains(&json!("telephony"))
    );
    let methods = |query: &str, desk: &mut Desk| {
        support::list(&desk.call("methods", query).value()["result"])
    };
    assert!(methods("", &mut desk).contains(&"crm.deal.list".into()));
    assert!(!methods("", &mut desk).contains(&"voximplant.user.get".into()));
    assert!(methods("full=1", &mut desk).contains(&"voximplant.user.get".into()));
    assert!(
        methods("scope=im", &mut desk)
            .iter()
            .all(|name| name.starts_with("im."))
    );
    let existing = |query: &str, desk: &mut Desk| {
        let result = desk.call("method.get", query).value()["result"].clone();
        (
            result["isExisting"].as_bool().unwrap(),
            result["isAvailable"].as_bool().unwrap(),
        )
    };
    assert_eq!(existing("name=crm.deal.list", &mut desk), (true, true));
    assert_eq!(
        existing("name=voximplant.user.get", &mut desk),
        (true, false)
    );
    assert_eq!(existing("name=CRM.deal.list", &mut desk), (false, false));
    assert_eq!(existing("NAME=crm.deal.list", &mut desk), (false, false));
    assert_eq!(existing("name=", &mut desk), (false, false));
    assert!(
        desk.call("app.info", "").value()["result"]
            .get("SCOPE")
            .is_none()
    );
    let hook = desk
        .portal
        .webhook(&["disk"], 1)
        .replace("https://portal.bitrix24.com", "");
    assert_eq!(
        desk.get(&format!("{hook}app.info")).value()["result"]["SCOPE"],
        json!(["disk"])
    );
    assert_eq!(
        failure(&desk.call("feature.get", "")),
        error(400, "CODE_EMPTY")
    );
    assert_eq!(
        desk.call("feature.get", "CODE=x").value()["result"],
        json!({"value": "Y"})
    );
    assert_eq!(
        desk.call("server.time", "").value()["result"],
        "2016-11-10T18:14:12+03:00"
    );
}
