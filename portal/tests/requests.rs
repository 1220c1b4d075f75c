//! From the URL to the method: templates, suffixes, parameters, authorization, and the order of checks.
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
