//! From the URL to the method and back: templates, suffixes, parameters, headers, the time.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, and says what is wrong by doing so"
)]

mod support;

use callgate_portal::{Reply, Request, Settings};
use serde_json::json;
use support::{Desk, code, failure};

fn error(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// What the parameters of a call were, told by the filter that the list complains about.
fn filter_seen(reply: &Reply) -> String {
    reply.value()["error_description"]
        .as_str()
        .unwrap_or("nothing")
        .replace("Filter field not allowed: ", "")
}

#[test]
fn an_unknown_method_is_unknown_before_anybody_asks_who_calls() {
    let mut desk = Desk::with(&[]);
    let reply = desk.get("/rest/no.such.method");
    assert_eq!(reply.status, 404);
    assert_eq!(
        reply.body,
        r#"{"error":"ERROR_METHOD_NOT_FOUND","error_description":"Method not found!"}"#
    );
    assert_eq!(
        failure(&desk.get("/rest/profile")),
        error(401, "NO_AUTH_FOUND")
    );
}

#[test]
fn only_the_templates_match() {
    let mut desk = Desk::with(&["crm"]);
    let token = desk.token.clone();
    let hook = desk
        .portal
        .webhook(&["crm"], 1)
        .replace("https://portal.bitrix24.com/rest/", "");
    for (path, status) in [
        ("profile".to_owned(), 200),
        ("profile/".to_owned(), 200),
        (format!("{hook}profile"), 200),
        (format!("{hook}profile/"), 200),
        (format!("{hook}profile.json"), 200),
        (String::new(), 404),
        (hook.clone(), 404),
        ("a/profile".to_owned(), 404),
        ("a//profile".to_owned(), 404),
        ("1/2/3/profile".to_owned(), 404),
        ("profile//".to_owned(), 404),
    ] {
        let reply = desk.get(&format!("/rest/{path}?auth={token}"));
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
        if status == 404 {
            assert_eq!(code(&reply), "ERROR_METHOD_NOT_FOUND", "{path}");
        }
    }
}

#[test]
fn the_suffix_selects_the_transport() {
    let mut desk = Desk::with(&["crm"]);
    let json = "application/json; charset=utf-8";
    assert_eq!(
        desk.call("crm.deal.get", "id=1").header("content-type"),
        Some(json)
    );
    assert_eq!(
        desk.call("crm.deal.get.json", "id=1")
            .header("content-type"),
        Some(json)
    );
    let xml = desk.call("profile.xml", "");
    assert_eq!(xml.header("content-type"), Some("text/xml; charset=utf-8"));
    assert!(
        xml.body
            .starts_with("<response><result><ID>1</ID><ADMIN>1</ADMIN>"),
        "{}",
        xml.body
    );
    let list = desk.call("scope.xml", "");
    assert!(
        list.body.contains("<result><item>crm</item></result>"),
        "{}",
        list.body
    );
    let failed = desk.call("no.such.xml", "");
    assert_eq!(failed.status, 404);
    assert!(
        failed
            .body
            .starts_with("<response><error>ERROR_METHOD_NOT_FOUND</error>")
    );
    // Only these two, spelled exactly, in the spelling that is tried.
    assert_eq!(desk.call("profile.yaml", "").status, 404);
    assert_eq!(desk.call("PROFILE.JSON", "").status, 200);
}

#[test]
fn names_are_tried_in_small_letters_and_then_as_sent() {
    let mut desk = Desk::with(&["crm", "task"]);
    assert_eq!(desk.call("CRM.Deal.GET", "id=1").status, 200);
    assert_eq!(desk.call("tasks.flow.Flow.get", "flowId=1").status, 200);
    assert_eq!(desk.call("tasks.flow.flow.get", "flowId=1").status, 404);
    let batch = desk.batch(
        &[
            "CRM.DEAL.GET?id=1",
            "tasks.flow.Flow.get?flowId=1",
            "tasks.flow.flow.get",
        ],
        false,
    );
    assert_eq!(batch["result"]["result"].as_array().unwrap().len(), 2);
    assert_eq!(
        batch["result"]["result_error"]["2"]["error"],
        "ERROR_METHOD_NOT_FOUND"
    );
}

#[test]
fn the_body_overrides_the_query_key_by_key() {
    let mut desk = Desk::with(&["crm"]);
    let token = desk.token.clone();
    let url =
        format!("/rest/crm.deal.list?auth={token}&filter[FROM_QUERY]=1&filter[X]=1&select[]=ID");
    assert_eq!(filter_seen(&desk.get(&url)), "FROM_QUERY");
    assert_eq!(
        filter_seen(&desk.send(&Request::form(url.clone(), "filter[FROM_FORM]=1"))),
        "FROM_FORM"
    );
    let json = Request::json(url.clone(), &json!({"filter": {"FROM_JSON": 1}}));
    assert_eq!(filter_seen(&desk.send(&json)), "FROM_JSON");
    // A GET's body is ignored, and so is a body of JSON that is no array.
    let ignored = Request {
        method: "GET".into(),
        ..json
    };
    assert_eq!(filter_seen(&desk.send(&ignored)), "FROM_QUERY");
    for body in ["", "nonsense", "5", "\"text\"", "{\"filter\":"] {
        let request = Request::new("POST", url.clone())
            .with_header("content-type", "application/json")
            .with_body(body);
        assert_eq!(filter_seen(&desk.send(&request)), "FROM_QUERY", "{body}");
    }
}

#[test]
fn the_content_type_says_how_a_body_is_read() {
    let mut desk = Desk::with(&["crm"]);
    let url = format!("/rest/crm.deal.list?auth={}", desk.token);
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"filter[PART]\"\r\n\r\n1\r\n\
                     --b\r\nContent-Disposition: form-data; name=\"filter[FILE]\"; filename=\"x\"\r\n\r\n1\r\n--b--\r\n";
    let json = r#"{"filter":{"JSON":1}}"#;
    for (kind, body, seen) in [
        ("application/json; charset=utf-8", json, "JSON"),
        ("application/vnd.api+json", json, "JSON"),
        ("APPLICATION/JSON", json, "JSON"),
        (
            "application/x-www-form-urlencoded; charset=UTF-8",
            "filter[FORM]=1",
            "FORM",
        ),
        ("multipart/form-data; boundary=b", multipart, "PART"),
        ("multipart/form-data", multipart, "nothing"),
        ("text/plain", "filter[RAW]=1", "RAW"),
        // A JSON text under another type is a query string with a strange name in it.
        ("text/plain", json, "nothing"),
        ("", "filter[BARE]=1", "BARE"),
    ] {
        let request = Request::new("POST", url.clone())
            .with_header("Content-Type", kind)
            .with_body(body);
        assert_eq!(filter_seen(&desk.send(&request)), seen, "{kind}");
    }
}

#[test]
fn everything_that_php_makes_has_the_three_headers() {
    let mut desk = Desk::with(&[]);
    let has = |reply: &Reply| {
        reply.header("Access-Control-Allow-Origin") == Some("*")
            && reply.header("Access-Control-Allow-Headers") == Some("origin, content-type, accept")
            && reply.header("X-Content-Type-Options") == Some("nosniff")
    };
    for reply in [
        desk.call("profile", ""),
        desk.get("/rest/nothing"),
        desk.get("/rest/api/nothing"),
        desk.get("/rest/"),
    ] {
        assert!(has(&reply), "{}", reply.body);
    }
    let options = desk.send(&Request::new("OPTIONS", "/rest/crm.deal.add"));
    assert_eq!((options.status, options.body.as_str()), (200, ""));
    assert!(has(&options));
    for kind in [
        "rate-limit",
        "redirect",
        "html-502",
        "empty",
        "long-call",
        "php-error",
    ] {
        desk.once(kind);
        let reply = desk.call("profile", "");
        assert!(!has(&reply), "{kind}");
    }
    desk.portal.set(Settings {
        front_cors: true,
        ..Settings::default()
    });
    desk.once("rate-limit");
    assert!(has(&desk.call("profile", "")));
}

#[test]
fn a_success_has_a_time_and_a_failure_has_none() {
    let mut desk = Desk::with(&[]);
    desk.portal.set(Settings {
        work: 250,
        ..Settings::default()
    });
    let reply = desk.call("profile", "");
    let time = &reply.value()["time"];
    assert_eq!(time["start"], 1_478_790_852);
    assert_eq!(
        (time["duration"].as_f64(), time["processing"].as_u64()),
        (Some(0.25), Some(0))
    );
    assert_eq!(time["date_start"], "2016-11-10T18:14:12+03:00");
    assert!(time.get("operating").is_none());
    assert_eq!(reply.delay.as_millis(), 250);
    assert!(desk.get("/rest/profile").value().get("time").is_none());
}

#[test]
fn a_controller_misses_its_arguments_and_refuses_other_verbs() {
    let mut desk = Desk::with(&["task"]);
    let reply = desk.call("tasks.task.get", "");
    assert_eq!(failure(&reply), error(400, "100"));
    assert!(
        reply
            .body
            .contains("Could not find value for parameter {taskId}")
    );
    let put = Request::new(
        "PUT",
        format!("/rest/tasks.task.get?taskId=1&auth={}", desk.token),
    );
    assert_eq!(failure(&desk.send(&put)), error(400, "invalid_http_method"));
    assert_eq!(
        desk.call("tasks.task.get", "taskId=1").value()["result"]["task"]["id"],
        "1"
    );
}

#[test]
fn a_state_is_signed_by_the_methods_that_sign() {
    let mut desk = Desk::with(&["crm"]);
    let signature = |reply: Reply| reply.value()["signature"].as_str().map(str::to_owned);
    let first = signature(desk.call("profile", "state=abc"));
    assert!(first.is_some());
    assert_eq!(signature(desk.call("profile", "state=abc")), first);
    assert_ne!(signature(desk.call("app.info", "state=abd")), first);
    assert_eq!(signature(desk.call("crm.deal.get", "id=1&state=abc")), None);
}

#[test]
fn a_signed_link_that_nobody_signed_is_refused() {
    let mut desk = Desk::with(&[]);
    for url in [
        "/rest/download?token=x",
        "/rest/upload",
        "/rest/profile?token=x",
    ] {
        let reply = desk.get(url);
        assert_eq!(
            reply.body,
            r#"{"error":"ACCESS_DENIED","error_description":"Access denied! Link check failed"}"#
        );
        assert_eq!(reply.status, 403);
    }
}

#[test]
fn text_is_escaped_as_the_setting_says() {
    let mut desk = Desk::with(&["user"]);
    assert!(desk.call("profile", "").body.contains("Евгений"));
    desk.portal.set(Settings {
        escape_unicode: true,
        ..Settings::default()
    });
    assert!(
        desk.call("profile", "")
            .body
            .contains("\\u0415\\u0432\\u0433")
    );
}

#[test]
fn nonsense_never_breaks_the_portal() {
    let mut desk = Desk::with(&["crm"]);
    let deep = format!("filter{}=1", "[a]".repeat(5000));
    let deeper = format!(
        "{{\"filter\":{}1{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let url = format!("/rest/crm.deal.list?auth={}&start=-1&", desk.token);
    for query in [
        "%",
        "%zz=%",
        "a%ff=%ff%fe",
        "&&==&=",
        "[=]",
        "[]=1",
        "filter[=1",
        &deep,
        "start=99999999999999999999999",
    ] {
        assert!(desk.get(&format!("{url}{query}")).status < 500, "{query}");
    }
    for url in [
        "/rest",
        "/rest/%",
        "/rest/%00",
        "/rest/%ff/%fe/%fd",
        "/rest/.json",
        "/rest/..",
        "/oauth/token/?%",
        "/",
        "",
    ] {
        assert!(desk.get(url).status < 500, "{url}");
    }
    let json = Request::new("POST", url.clone()).with_header("content-type", "application/json");
    assert_eq!(desk.send(&json.with_body(deeper)).status, 200);
    let form = Request::form(url.clone(), vec![0xFF; 1000]);
    assert_eq!(desk.send(&form).status, 200);
    let big = Request::form(url, vec![b'a'; callgate_portal::MAX_BODY + 1]);
    assert_eq!(desk.send(&big).status, 413);
}
