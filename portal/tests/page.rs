//! The page around an application: its files, what the portal keeps for it, its faults.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, and says what is wrong by doing so"
)]

mod support;

use serde_json::json;
use support::Desk;

#[test]
fn the_page_and_all_that_it_imports_is_served_and_not_logged() {
    let mut desk = Desk::with(&[]);
    let page = desk.get("/_portal/page?app=http://127.0.0.1:1/");
    assert!(
        page.header("Content-Type")
            .unwrap()
            .starts_with("text/html")
    );
    let mut wanted: Vec<String> = page
        .body
        .split('"')
        .filter(|part| part.starts_with("/_portal/page/"))
        .map(str::to_owned)
        .collect();
    assert_eq!(wanted.len(), 3);
    let mut seen = 0;
    while let Some(path) = wanted.pop() {
        seen += 1;
        let file = desk.get(&path);
        assert_eq!(file.status, 200, "{path}");
        let kind = if path.ends_with(".css") {
            "text/css"
        } else {
            "text/javascript"
        };
        assert!(
            file.header("Content-Type").unwrap().starts_with(kind),
            "{path}"
        );
        let imports = file.body.split('\'').filter(|part| part.starts_with("./"));
        wanted.extend(imports.map(|name| format!("/_portal/page/{}", &name[2..])));
    }
    assert!(seen > 10, "{seen}");
    assert_eq!(desk.get("/_portal/page/nothing.js").status, 400);
    assert_eq!(desk.get("/_portal/log").value(), json!([]));
}

#[test]
fn what_is_kept_is_kept_by_application_and_user_until_a_reset() {
    let mut desk = Desk::with(&[]);
    let fresh = json!({
        "installed": true, "firstRun": true, "isAdmin": true, "appOptions": {}, "userOptions": {},
    });
    assert_eq!(desk.get("/_portal/page/app?app=a").value(), fresh);
    desk.control(
        "page/app",
        json!({"app": "a", "user": 2, "userOptions": {"x": "1"}, "firstRun": false}),
    );
    let change = json!({"app": "a", "user": 2, "appOptions": {"y": "2"}, "userOptions": {"z": "3"}, "installed": false});
    assert_eq!(
        desk.control("page/app", change).value(),
        json!({
            "installed": false, "firstRun": false, "isAdmin": false,
            "appOptions": {"y": "2"}, "userOptions": {"x": "1", "z": "3"},
        })
    );
    let other = desk.get("/_portal/page/app?app=a&user=1").value();
    assert_eq!(
        (
            &other["installed"],
            &other["firstRun"],
            &other["appOptions"],
            &other["userOptions"]
        ),
        (&json!(false), &json!(true), &json!({"y": "2"}), &json!({}))
    );
    assert_eq!(desk.get("/_portal/page/app?app=b").value(), fresh);
    desk.control("reset", json!({}));
    assert_eq!(desk.get("/_portal/page/app?app=a").value(), fresh);
}

#[test]
fn a_fault_of_the_page_strikes_the_commands_that_it_concerns() {
    let mut desk = Desk::with(&[]);
    let mut struck = |command: &str| {
        desk.control("page/faults", json!({"command": command}))
            .value()
    };
    assert_eq!(struck("getInitData"), json!([]));
    desk.control(
        "faults",
        json!({"kind": "page-twice", "method": "setTitle", "times": 1}),
    );
    desk.control("faults", json!({"kind": "page-mobile", "times": 1}));
    let mut struck = |command: &str| {
        desk.control("page/faults", json!({"command": command}))
            .value()
    };
    assert_eq!(struck("getInitData"), json!([]));
    assert_eq!(struck("setTitle"), json!(["page-twice"]));
    assert_eq!(struck("setTitle"), json!([]));
    assert_eq!(struck("openPath"), json!(["page-mobile"]));
    assert_eq!(struck("openPath"), json!([]));
}

#[test]
fn wrong_fields_are_named_and_a_tables_first_rows_are_told() {
    let mut desk = Desk::with(&[]);
    for (path, body, field) in [
        ("page/app", json!({}), "app"),
        ("page/app", json!({"app": "a", "installed": 1}), "installed"),
        (
            "page/app",
            json!({"app": "a", "appOptions": []}),
            "appOptions",
        ),
        ("page/app", json!({"app": "a", "options": {}}), "options"),
        ("page/faults", json!({}), "command"),
    ] {
        let reply = desk.control(path, body);
        assert_eq!(
            (reply.status, &reply.value()["field"]),
            (400, &json!(field))
        );
    }
    desk.control("data", json!({"entity": "user", "rows": 60}));
    let rows = desk.get("/_portal/data?entity=user").value();
    assert_eq!(
        (rows.as_array().unwrap().len(), &rows[49]["ID"]),
        (50, &json!("50"))
    );
    assert_eq!(desk.get("/_portal/data?entity=cats").status, 400);
}
