//! The control plane.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, and says what is wrong by doing so"
)]

mod support;

use callgate_portal::Request;
use serde_json::{Value, json};
use support::{Desk, NOW, code, failure};

#[test]
fn a_token_is_what_was_asked_for() {
    let mut desk = Desk::with(&[]);
    let token = desk
        .control(
            "tokens",
            json!({"scopes": ["crm", "im"], "expiresIn": 60, "user": 2, "app": "a"}),
        )
        .value();
    let names: Vec<&String> = token.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "access_token",
            "refresh_token",
            "expires",
            "expires_in",
            "member_id",
            "application_token",
            "scope"
        ]
    );
    assert_eq!(
        (&token["expires_in"], &token["scope"]),
        (&json!(60), &json!("crm,im"))
    );
    assert_eq!(token["expires"], NOW / 1000 + 60);
    assert_eq!(token["access_token"].as_str().unwrap().len(), 32);
    assert_eq!(token["application_token"].as_str().unwrap().len(), 32);
    let same_app = desk.control("tokens", json!({"app": "a"})).value();
    assert_eq!(same_app["application_token"], token["application_token"]);
    assert_ne!(same_app["access_token"], token["access_token"]);
    let profile = desk
        .call_with(token["access_token"].as_str().unwrap(), "profile", "")
        .value();
    assert_eq!(
        (&profile["result"]["ID"], &profile["result"]["ADMIN"]),
        (&json!("2"), &json!(false))
    );
}

#[test]
fn the_same_story_gives_the_same_identifiers() {
    let story = || {
        let mut desk = Desk::with(&["crm"]);
        (
            desk.token.clone(),
            desk.portal.webhook(&["crm"], 1),
            desk.call("crm.deal.list", "").body,
        )
    };
    assert_eq!(story(), story());
}

#[test]
fn a_reset_leaves_nothing_but_the_counters() {
    let mut desk = Desk::with(&["crm"]);
    let old = desk.token.clone();
    desk.call("crm.deal.delete", "id=1");
    desk.fault("html-502");
    desk.control("settings", json!({"latency": 5}));
    desk.control("clock", json!({"advance": 100}));
    assert_eq!(desk.control("reset", json!({})).status, 200);
    assert_eq!(desk.get("/_portal/log").value(), json!([]));
    assert_eq!(desk.get("/_portal/settings").value()["latency"], 0);
    assert_eq!(desk.get("/_portal/clock").value()["now"], NOW);
    assert_eq!(
        failure(&desk.call("profile", "")),
        (401, "invalid_token".into())
    );
    desk.token = desk.new_token(&["crm"]);
    assert_ne!(desk.token, old);
    assert_eq!(desk.call("crm.deal.get", "id=1").status, 200);
    assert_eq!(desk.get("/_portal/log?after=1").value()[0]["seq"], 2);
}

#[test]
fn the_log_has_every_request_but_its_own() {
    let mut desk = Desk::with(&["crm"]);
    desk.call("profile", "");
    let form = Request::form("/rest/crm.deal.get", format!("auth={}&id=1", desk.token))
        .with_header("X-Test", "1");
    let answer = desk.send(&form);
    desk.get("/_portal/settings");
    let log = desk.get("/_portal/log").value();
    assert_eq!(log.as_array().unwrap().len(), 2);
    let entry = &log[1];
    assert_eq!(entry["seq"], 2);
    assert_eq!(entry["at"], NOW);
    assert_eq!(
        (&entry["method"], &entry["url"]),
        (&json!("POST"), &json!("/rest/crm.deal.get"))
    );
    assert_eq!(entry["headers"]["x-test"], "1");
    assert_eq!(
        (&entry["body"], &entry["status"]),
        (&json!(format!("auth={}&id=1", desk.token)), &json!(200))
    );
    assert_eq!(entry["answer"], answer.body);
    assert_eq!(desk.get("/_portal/log?after=1").value(), json!([entry]));
    assert_eq!(desk.get("/_portal/log?after=2").value(), json!([]));
    desk.send(&Request::new("DELETE", "/_portal/log"));
    assert_eq!(desk.get("/_portal/log").value(), json!([]));
    desk.call("profile", "");
    assert_eq!(desk.get("/_portal/log").value()[0]["seq"], 3);
}

#[test]
fn an_apps_scopes_reach_its_future_tokens_only() {
    let mut desk = Desk::with(&[]);
    let issued = desk
        .control("tokens", json!({"scopes": "crm", "app": "a"}))
        .value();
    let app = desk
        .control("apps", json!({"app": "a", "scopes": ["crm", "im"]}))
        .value();
    assert_eq!(app["scopes"], json!(["crm", "im"]));
    let old = issued["access_token"].as_str().unwrap();
    assert_eq!(
        code(&desk.call_with(old, "im.user.get", "")),
        "insufficient_scope"
    );
    let refresh = issued["refresh_token"].as_str().unwrap();
    let fresh = desk
        .get(&format!(
            "/oauth/token/?grant_type=refresh_token&refresh_token={refresh}"
        ))
        .value();
    assert_eq!(fresh["scope"], "crm,im");
    assert_eq!(
        desk.call_with(fresh["access_token"].as_str().unwrap(), "im.user.get", "")
            .status,
        200
    );
    assert_eq!(
        code(&desk.call_with(old, "im.user.get", "")),
        "insufficient_scope"
    );
    assert_eq!(
        desk.control("tokens", json!({"app": "a"})).value()["scope"],
        "crm,im"
    );
}

#[test]
fn the_clock_ends_tokens() {
    let mut desk = Desk::with(&["crm"]);
    assert_eq!(
        desk.control("clock", json!({"advance": 3599.5})).value()["now"],
        NOW + 3_599_500
    );
    assert_eq!(desk.call("profile", "").status, 200);
    desk.control("clock", json!({"advance": 0.5}));
    assert_eq!(code(&desk.call("profile", "")), "expired_token");
}

#[test]
fn settings_are_set_one_by_one() {
    let mut desk = Desk::with(&[]);
    desk.control(
        "settings",
        json!({"latency": 7, "budget": {"burst": 50, "perSecond": 2}, "operatingLimit": 480}),
    );
    let settings = desk
        .control(
            "settings",
            json!({"work": 3, "strictStatuses": true, "operatingLimit": null}),
        )
        .value();
    assert_eq!(
        settings,
        json!({
            "latency": 7, "work": 3, "budget": {"burst": 50.0, "perSecond": 2.0}, "strictStatuses": true,
            "frontCors": false, "time": true, "escapeUnicode": false, "operatingLimit": null,
        })
    );
    assert_eq!(
        desk.control("settings", json!({"budget": null})).value()["budget"],
        Value::Null
    );
    assert_eq!(desk.call("profile", "").delay.as_millis(), 10);
    assert_eq!(desk.get("/_portal/settings").delay.as_millis(), 0);
}

#[test]
fn faults_are_listed_and_ended() {
    let mut desk = Desk::with(&[]);
    let given = json!({"kind": "429", "method": "Profile", "times": 2, "after": 1});
    let fault = desk.control("faults", given).value();
    assert_eq!(
        fault,
        json!({"kind": "operating-limit", "method": "profile", "times": 2, "after": 1})
    );
    let statuses: Vec<u16> = (0..4).map(|_| desk.call("profile", "").status).collect();
    assert_eq!(statuses, [200, 429, 429, 200]);
    desk.fault("html-502");
    assert_eq!(desk.call("profile", "").status, 502);
    desk.send(&Request::new("DELETE", "/_portal/faults"));
    assert_eq!(desk.call("profile", "").status, 200);
}

#[test]
fn wrong_input_is_named_and_told_what_is_accepted() {
    let mut desk = Desk::with(&[]);
    for (path, body, field, says) in [
        (
            "tokens",
            json!({"scope": "crm"}),
            "scope",
            "accepted are scopes",
        ),
        ("tokens", json!({"scopes": 5}), "scopes", "a list of texts"),
        (
            "tokens",
            json!({"scopes": [5]}),
            "scopes",
            "a list of texts",
        ),
        (
            "tokens",
            json!({"expiresIn": -1}),
            "expiresIn",
            "a whole number",
        ),
        (
            "tokens",
            json!({"expiresIn": "soon"}),
            "expiresIn",
            "a whole number",
        ),
        ("tokens", json!({"user": 1.5}), "user", "a whole number"),
        ("tokens", json!({"app": ""}), "app", "a text"),
        ("webhooks", json!({"user": "x"}), "user", "a whole number"),
        ("apps", json!({}), "app", "is missing"),
        ("confirmations", json!({}), "token", "is missing"),
        (
            "confirmations",
            json!({"token": "x"}),
            "method",
            "is missing",
        ),
        (
            "confirmations",
            json!({"token": "x", "method": "y"}),
            "granted",
            "is missing",
        ),
        (
            "confirmations",
            json!({"token": "x", "method": "y", "granted": 1}),
            "granted",
            "true or false",
        ),
        ("faults", json!({}), "kind", "is missing"),
        (
            "faults",
            json!({"kind": "sunshine"}),
            "kind",
            "GET /_portal/faults",
        ),
        (
            "faults",
            json!({"kind": "sql", "times": "x"}),
            "times",
            "a whole number",
        ),
        (
            "settings",
            json!({"latency": null, "work": true}),
            "work",
            "a whole number",
        ),
        (
            "settings",
            json!({"budget": 5}),
            "budget",
            "burst, perSecond",
        ),
        (
            "settings",
            json!({"budget": {"burst": 5}}),
            "budget",
            "burst, perSecond",
        ),
        (
            "settings",
            json!({"strictStatuses": "yes"}),
            "strictStatuses",
            "true or false",
        ),
        (
            "settings",
            json!({"speed": 1}),
            "speed",
            "accepted are latency",
        ),
        ("clock", json!({"advance": -5}), "advance", "0 or more"),
        ("data", json!({"rows": 5}), "entity", "is missing"),
        ("data", json!({"entity": "deal"}), "rows", "is missing"),
        (
            "data",
            json!({"entity": "deel", "rows": 5}),
            "entity",
            "accepted are company, contact, deal",
        ),
        (
            "data",
            json!({"entity": "deal", "rows": 100_000_000}),
            "rows",
            "1000000 at most",
        ),
        (
            "data",
            json!({"entity": "deal", "rows": ["x"]}),
            "rows",
            "a list of objects",
        ),
        ("reset", json!({"hard": true}), "hard", "accepted are none"),
        ("reset", json!([1]), "", "must be a JSON object"),
        ("weather", json!({}), "", "it has POST /_portal/reset"),
    ] {
        let reply = desk.control(path, body.clone());
        assert_eq!(reply.status, 400, "{path} {body}");
        let value = reply.value();
        assert_eq!(value["field"], field, "{path} {body}: {value}");
        assert!(
            value["error"].as_str().unwrap().contains(says),
            "{path} {body}: {value}"
        );
    }
    let broken = Request::new("POST", "/_portal/tokens").with_body("{");
    assert!(desk.send(&broken).body.contains("not JSON"));
    assert_eq!(desk.get("/_portal/log?after=x").value()["field"], "after");
    assert_eq!(desk.get("/_portal").status, 400);
}

#[test]
fn a_table_is_known_by_several_names() {
    let mut desk = Desk::with(&["crm"]);
    for name in ["deal", "deals", "crm.deal"] {
        let answer = desk
            .control("data", json!({"entity": name, "rows": 3}))
            .value();
        assert_eq!(answer, json!({"entity": "deal", "rows": 3}));
    }
    desk.call("crm.deal.delete", "id=2");
    desk.call("crm.deal.add", "fields[TITLE]=x");
    desk.call("crm.deal.update", "id=1&fields[TITLE]=y");
    assert_eq!(desk.call("crm.deal.list", "").value()["total"], 3);
}

#[test]
fn numbers_without_measure_do_no_harm() {
    let mut desk = Desk::with(&["crm", "user"]);
    let most = u64::MAX;
    let token = desk
        .control("tokens", json!({"expiresIn": most, "user": most}))
        .value();
    desk.token = token["access_token"].as_str().unwrap().to_owned();
    desk.control(
        "settings",
        json!({"latency": most, "work": most, "operatingLimit": most}),
    );
    desk.control(
        "data",
        json!({"entity": "deal", "rows": [{"ID": most}, {"ID": i64::MAX}, {}]}),
    );
    for _ in 0..3 {
        desk.control("clock", json!({"advance": 9e11}));
        assert_eq!(desk.call("user.current", "").status, 200);
        let query = format!("start={0}&filter[>ID]={0}&order[ID]=DESC", i64::MAX);
        assert_eq!(desk.call("crm.deal.list", &query).status, 200);
        desk.batch(&["profile", "crm.deal.list?filter[<ID]=0"], false);
    }
}

#[test]
fn an_empty_body_is_an_empty_object() {
    let mut desk = Desk::with(&[]);
    let token = desk.send(&Request::new("POST", "/_portal/tokens")).value();
    assert_eq!(token["scope"], "crm,disk,im,task,telephony,user");
    assert_eq!(
        desk.send(&Request::new("POST", "/_portal/reset/")).status,
        200
    );
}

#[test]
fn pages_of_any_origin_may_use_the_control_plane() {
    let mut desk = Desk::with(&[]);
    for request in [
        Request::new("OPTIONS", "/_portal/tokens"),
        Request::get("/_portal/log"),
        Request::get("/_portal/x"),
    ] {
        let reply = desk.send(&request);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        assert_eq!(reply.header("access-control-allow-headers"), Some("*"));
    }
}
