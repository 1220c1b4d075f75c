//! Every fault of the table can be switched on, and shows what the table promises.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, and says what is wrong by doing so"
)]

mod support;

use callgate_portal::{Budget, Fault, Request, Settings};
use serde_json::{Value, json};
use support::{Desk, code, failure};

/// All rows of the table, as the control plane serves it.
fn kinds(desk: &mut Desk) -> Vec<Value> {
    desk.get("/_portal/faults").value()["kinds"]
        .as_array()
        .unwrap()
        .clone()
}

/// A request that reaches the place where a row acts.
fn request_for(desk: &mut Desk, row: &Value) -> Request {
    let token = &desk.token;
    match (row["place"].as_str().unwrap(), row["on"].as_str().unwrap()) {
        ("refresh", _) => Request::get("/oauth/token/?grant_type=refresh_token&refresh_token=any"),
        ("switch", _) => {
            Request::json("/rest/api/tasks.task.get", &json!({"auth": token, "id": 1}))
        }
        (_, "webhook") => Request::get(
            desk.portal
                .webhook(&["crm"], 1)
                .replace("https://portal.bitrix24.com", "")
                + "profile",
        ),
        (_, "session") => {
            let (cookie, sessid) = desk.portal.session(1);
            Request::get(format!("/rest/profile?sessid={sessid}"))
                .with_header("Cookie", format!("PHPSESSID={cookie}"))
        }
        _ => Request::get(format!("/rest/profile?auth={token}")),
    }
}

#[test]
fn every_kind_with_a_status_strikes_once_and_is_gone() {
    let mut desk = Desk::with(&["crm", "task"]);
    let mut struck = 0;
    for row in kinds(&mut desk) {
        let Some(status) = row["status"].as_u64() else {
            continue;
        };
        let kind = row["kind"].as_str().unwrap();
        let request = request_for(&mut desk, &row);
        desk.once(kind);
        let reply = desk.send(&request);
        assert_eq!(u64::from(reply.status), status, "{kind}: {}", reply.body);
        let wanted = row["code"].as_str().unwrap();
        if row["place"] != "switch" && !wanted.is_empty() {
            assert_eq!(code(&reply), wanted, "{kind}");
        }
        assert_eq!(
            desk.get("/_portal/faults").value()["active"],
            json!([]),
            "{kind}"
        );
        let after = desk.send(&request);
        assert!(
            after.status == 200 || row["place"] == "refresh",
            "{kind}: {}",
            after.body
        );
        struck += 1;
    }
    assert!(struck > 60, "{struck}");
}

#[test]
fn bodies_that_got_lost_on_the_way() {
    let mut desk = Desk::with(&[]);
    let whole = desk.call("profile", "").body;
    desk.once("empty 200");
    assert_eq!(desk.call("profile", "").body, "");
    desk.once("truncated JSON");
    let half = desk.call("profile", "").body;
    assert!(whole.starts_with(&half) && half.len() > 20 && half.len() < whole.len());
    desk.once("not-json");
    assert!(desk.call("profile", "").body.starts_with("<html>"));
    desk.once("long-call");
    let late = desk.call("profile", "");
    assert_eq!((late.status, late.delay.as_secs()), (504, 60));
}

#[test]
fn a_call_whose_answer_got_lost_has_run() {
    let mut desk = Desk::with(&["crm"]);
    for kind in ["empty", "truncated", "long-call", "WRONG_ENCODING"] {
        let before = desk.call("crm.deal.list", "").value()["total"]
            .as_u64()
            .unwrap();
        desk.portal
            .fault(Fault {
                method: Some("crm.deal.add".into()),
                times: Some(1),
                ..Fault::new(kind)
            })
            .unwrap();
        desk.call("crm.deal.add", "fields[TITLE]=x");
        assert_eq!(
            desk.call("crm.deal.list", "").value()["total"],
            before + 1,
            "{kind}"
        );
    }
}

#[test]
fn a_renamed_portal_redirects_to_where_it_went() {
    let mut desk = Desk::with(&[]);
    desk.once("302 to another host");
    let reply = desk.call("profile", "a=b");
    let location = reply.header("location").unwrap();
    assert!(
        location.starts_with("https://renamed-portal.bitrix24.com/rest/profile?auth="),
        "{location}"
    );
    let fault = json!({"kind": "redirect", "to": "http://127.0.0.1:5", "times": 1});
    assert_eq!(desk.control("faults", fault).status, 200);
    assert!(
        desk.call("profile", "")
            .header("location")
            .unwrap()
            .starts_with("http://127.0.0.1:5/rest/profile?")
    );
}

#[test]
fn documented_statuses_replace_those_of_the_wire() {
    for (kind, wire, documented) in [
        ("insufficient_scope", 401, 403),
        ("user_access_error", 401, 403),
        ("OVERLOAD_LIMIT", 401, 503),
        ("PORTAL_DELETED", 403, 500),
        ("plan", 401, 403),
        ("expired_token", 401, 401),
    ] {
        let mut desk = Desk::with(&[]);
        desk.fault(kind);
        let before = desk.call("profile", "");
        desk.portal.set(Settings {
            strict_statuses: true,
            ..Settings::default()
        });
        let after = desk.call("profile", "");
        assert_eq!((before.status, after.status), (wire, documented), "{kind}");
        assert_eq!(before.body, after.body);
    }
}

#[test]
fn webhooks_want_https_when_plain_http_counts_as_such() {
    let mut desk = Desk::with(&[]);
    let hook = desk
        .portal
        .webhook(&[], 1)
        .replace("https://portal.bitrix24.com", "");
    desk.fault("https");
    assert_eq!(
        failure(&desk.get(&format!("{hook}profile"))),
        (401, "INVALID_REQUEST".into())
    );
    assert_eq!(desk.call("profile", "").status, 200);
}

#[test]
fn a_fault_of_a_method_strikes_inside_a_batch() {
    let mut desk = Desk::with(&["crm"]);
    for (kind, error) in [
        (
            "OPERATION_TIME_LIMIT",
            json!({"error": "OPERATION_TIME_LIMIT", "error_description": "Method is blocked due to operation time limit."}),
        ),
        (
            "insufficient_scope",
            json!({"error": "insufficient_scope", "error_description": ""}),
        ),
        (
            "argument",
            json!({"error": "ERROR_ARGUMENT", "error_description": "Argument 'ID' is null or empty", "argument": "ID"}),
        ),
    ] {
        desk.portal
            .fault(Fault {
                method: Some("crm.deal.get".into()),
                times: Some(1),
                ..Fault::new(kind)
            })
            .unwrap();
        let answer = desk.batch(&["profile", "crm.deal.get?id=1", "profile"], false);
        assert_eq!(answer["result"]["result_error"]["1"], error, "{kind}");
    }
}

#[test]
fn an_answer_with_status_200_may_be_an_error() {
    let mut desk = Desk::with(&["user"]);
    desk.fault("200 with error");
    let reply = desk.call("user.add", "");
    assert_eq!(failure(&reply), (200, "insufficient_scope".into()));
    assert!(reply.value().get("result").is_none());
}

#[test]
fn the_bucket_fills_refuses_and_drains() {
    let mut desk = Desk::with(&[]);
    desk.portal.set(Settings {
        budget: Some(Budget {
            burst: 3.0,
            per_second: 2.0,
        }),
        ..Settings::default()
    });
    let mut statuses: Vec<u16> = (0..5).map(|_| desk.call("profile", "").status).collect();
    desk.now += 500;
    statuses.extend((0..2).map(|_| desk.call("profile", "").status));
    desk.seconds(100);
    statuses.extend((0..4).map(|_| desk.call("profile", "").status));
    assert_eq!(
        statuses,
        [200, 200, 200, 503, 503, 200, 503, 200, 200, 200, 503]
    );
    let refused = desk.call("profile", "");
    assert_eq!(
        refused.body,
        r#"{"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"}"#
    );
    assert_eq!(refused.header("access-control-allow-origin"), None);
}

#[test]
fn work_adds_up_to_the_operating_limit_and_leaves_after_ten_minutes() {
    let mut desk = Desk::with(&["crm"]);
    desk.portal.set(Settings {
        work: 1000,
        operating_limit: Some(2),
        ..Settings::default()
    });
    let time = desk.call("crm.deal.get", "id=1").value()["time"].clone();
    assert_eq!(time["operating"], 1);
    assert_eq!(time["operating_reset_at"].as_u64().unwrap() % 60, 0);
    desk.batch(&["crm.deal.get?id=1", "crm.deal.get?id=2"], false);
    assert_eq!(
        failure(&desk.call("crm.deal.get", "id=1")),
        (429, "OPERATION_TIME_LIMIT".into())
    );
    assert_eq!(desk.call("crm.deal.list", "").status, 200);
    let wait = time["operating_reset_at"].as_u64().unwrap() - desk.now / 1000;
    desk.seconds(wait);
    assert_eq!(desk.call("crm.deal.get", "id=1").status, 200);
}
