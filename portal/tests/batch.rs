//! Batches of versions 1 and 2: the shapes of the five maps, halting, limits, references.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, and says what is wrong by doing so"
)]

mod support;

use callgate_portal::{Request, Settings};
use serde_json::{Value, json};
use support::{Desk, code};

fn desk() -> Desk {
    Desk::with(&["crm"])
}

/// The kind of each of the five maps, in order: `[]`, `[…]` or `{…}`.
fn shapes(answer: &Value) -> Vec<&'static str> {
    let maps = answer["result"].as_object().unwrap();
    let names: Vec<&str> = maps.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "result",
            "result_error",
            "result_total",
            "result_next",
            "result_time"
        ]
    );
    maps.values()
        .map(|map| match map {
            Value::Array(items) if items.is_empty() => "[]",
            Value::Array(_) => "[…]",
            _ => "{…}",
        })
        .collect()
}

#[test]
fn maps_are_lists_exactly_when_their_keys_count_from_zero() {
    let (ok, bad, list) = ("profile", "no.such", "crm.deal.list");
    for (commands, expected) in [
        (json!([]), ["[]", "[]", "[]", "[]", "[]"]),
        (json!([ok, ok]), ["[…]", "[]", "[]", "[]", "[…]"]),
        (json!([ok, bad, ok]), ["{…}", "{…}", "[]", "[]", "{…}"]),
        (json!([bad, ok]), ["{…}", "[…]", "[]", "[]", "{…}"]),
        (json!([ok, bad]), ["[…]", "{…}", "[]", "[]", "[…]"]),
        (json!([bad]), ["[]", "[…]", "[]", "[]", "[]"]),
        (json!({"a": ok}), ["{…}", "[]", "[]", "[]", "{…}"]),
        (json!({"a": bad}), ["[]", "{…}", "[]", "[]", "[]"]),
        (json!({"0": ok, "1": ok}), ["[…]", "[]", "[]", "[]", "[…]"]),
        (json!({"1": ok, "0": ok}), ["{…}", "[]", "[]", "[]", "{…}"]),
        (json!([list, ok]), ["[…]", "[]", "[…]", "[…]", "[…]"]),
        (json!([ok, list]), ["[…]", "[]", "{…}", "{…}", "[…]"]),
        (
            json!(["crm.deal.list?start=-1"]),
            ["[…]", "[]", "[…]", "[]", "[…]"],
        ),
    ] {
        let answer = desk().post("batch", json!({"cmd": commands}));
        assert_eq!(answer.status, 200);
        assert_eq!(shapes(&answer.value()), expected, "{commands}");
    }
}

#[test]
fn a_batch_without_commands_has_five_empty_maps() {
    for body in [
        json!({}),
        json!({"cmd": ""}),
        json!({"cmd": "profile"}),
        json!({"cmd": null}),
    ] {
        assert_eq!(shapes(&desk().post("batch", body).value()), ["[]"; 5]);
    }
}

#[test]
fn the_keys_of_the_request_are_read_in_any_case() {
    let answer = desk()
        .post("BATCH", json!({"CMD": ["no.such", "profile"], "Halt": 1}))
        .value();
    assert_eq!(shapes(&answer), ["[]", "[…]", "[]", "[]", "[]"]);
}

#[test]
fn halt_is_on_when_php_says_so() {
    for (halt, runs) in [
        (json!(true), false),
        (json!("false"), false),
        (json!("1"), false),
        (json!(["x"]), false),
        (json!(false), true),
        (json!(0), true),
        (json!("0"), true),
        (json!(""), true),
        (json!(null), true),
    ] {
        let answer = desk()
            .post(
                "batch",
                json!({"cmd": {"a": "no.such", "b": "profile"}, "halt": halt}),
            )
            .value();
        assert_eq!(
            answer["result"]["result"].get("b").is_some(),
            runs,
            "{halt}"
        );
    }
}

#[test]
fn commands_over_fifty_and_forbidden_ones_fail_alone_and_halt() {
    let mut desk = desk();
    let many: Vec<&str> = std::iter::repeat_n("server.time", 52).collect();
    let answer = desk.batch(&many, false);
    assert_eq!(answer["result"]["result"].as_array().unwrap().len(), 50);
    let errors = answer["result"]["result_error"].as_object().unwrap();
    assert_eq!(errors.keys().collect::<Vec<_>>(), ["50", "51"]);
    assert_eq!(
        errors["50"],
        json!({"error": "ERROR_BATCH_LENGTH_EXCEEDED", "error_description": "Max batch length exceeded"})
    );
    for name in ["batch?cmd[]=profile", "download", "upload"] {
        let answer = desk.batch(&[name, "profile"], true);
        assert_eq!(
            answer["result"]["result_error"][0]["error"],
            "ERROR_BATCH_METHOD_NOT_ALLOWED"
        );
        assert_eq!(answer["result"]["result"], json!([]));
    }
}

#[test]
fn a_command_that_is_no_text_is_skipped_but_counted() {
    let mut desk = desk();
    let answer = desk
        .post(
            "batch",
            json!({"cmd": {"a": 5, "b": ["x"], "c": "profile"}}),
        )
        .value();
    assert_eq!(
        answer["result"]["result"]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["c"]
    );
    let mut commands: Vec<Value> = vec![json!(1); 50];
    commands.push(json!("profile"));
    let answer = desk.post("batch", json!({"cmd": commands})).value();
    assert_eq!(
        answer["result"]["result_error"]["50"]["error"],
        "ERROR_BATCH_LENGTH_EXCEEDED"
    );
}

#[test]
fn the_comparison_with_batch_is_exact_so_capitals_slip_through_once() {
    let mut desk = desk();
    let answer = desk.batch(&["BATCH?cmd[x]=profile"], false);
    assert_eq!(answer["result"]["result"][0]["result"]["x"]["ID"], "1");
    let answer = desk.batch(&["BATCH?cmd[x]=BATCH%3Fcmd%5By%5D%3Dprofile"], false);
    assert_eq!(
        answer["result"]["result"][0]["result_error"]["x"]["error"],
        "ERROR_BATCH_METHOD_NOT_ALLOWED"
    );
}

#[test]
fn the_scope_of_each_command_is_checked_and_its_complaint_has_no_words() {
    let answer = desk().batch(&["im.user.get", "profile"], false);
    let expected = json!({"error": "insufficient_scope", "error_description": ""});
    assert_eq!(answer["result"]["result_error"], json!([expected]));
}

#[test]
fn a_batch_that_fails_as_a_whole_fails_like_any_call() {
    let mut desk = desk();
    let reply = desk.send(&Request::json("/rest/batch", &json!({"cmd": ["profile"]})));
    assert_eq!((reply.status, code(&reply)), (401, "NO_AUTH_FOUND".into()));
}

#[test]
fn commands_are_read_as_urls() {
    let mut desk = desk();
    desk.call("crm.deal.add", "fields[TITLE]=x");
    let title = |command: &str, desk: &mut Desk| {
        let answer = desk.batch(&[command, "crm.deal.get?id=10001"], false);
        answer["result"]["result"][1]["TITLE"].clone()
    };
    let update = "crm.deal.update?id=10001&fields[TITLE]=";
    assert_eq!(title(&format!("{update}a+b%20c"), &mut desk), "a b c");
    assert_eq!(
        title(&format!("{update}a%2Bb%26c%3Dd"), &mut desk),
        "a+b&c=d"
    );
    assert_eq!(title(&format!("{update}before#after"), &mut desk), "before");
    // In a form everything is encoded once more, and decoded once more.
    let twice = "crm.deal.update%3Fid%3D10001%26fields%5BTITLE%5D%3Da%2526b";
    desk.send(&Request::form(
        "/rest/batch",
        format!("auth={}&cmd[0]={twice}", desk.token),
    ));
    assert_eq!(
        desk.call("crm.deal.get", "id=10001").value()["result"]["TITLE"],
        "a&b"
    );
}

/// What a reference became, told by the title of the deal that it was written to.
fn resolved(desk: &mut Desk, reference: &str) -> Value {
    let commands = json!({
        "a": "crm.deal.get?id=7",
        "list": "crm.deal.list?order[ID]=ASC&select[]=ID",
        "failed": "no.such",
        "write": format!("crm.deal.update?id=1&fields[TITLE]={}", reference.replace(' ', "%20")),
        "read": "crm.deal.get?id=1",
    });
    desk.post("batch", json!({"cmd": commands})).value()["result"]["result"]["read"]["TITLE"]
        .clone()
}

#[test]
fn references_are_replaced_by_what_they_lead_to() {
    let mut desk = desk();
    let deal = desk.call("crm.deal.get", "id=7").value()["result"].clone();
    for (reference, value) in [
        ("$result[a][ID]", json!("7")),
        ("$RESULT[a][ID]", Value::Null),
        ("$result[list][2][ID]", json!("3")),
        ("$result[a]", deal.clone()),
        ("$next[list]", json!("50")),
        ("$total[list]", json!("10000")),
        ("$error[failed]", json!("ERROR_METHOD_NOT_FOUND")),
        // To the next blank: what is glued on is lost, or read as more path.
        ("$result[a][ID],5", json!("7")),
        ("$result[a]$result[ID]", json!("7")),
        (
            "no $result[a][ID] and $result[list][0][ID]",
            json!("no 7 and 1"),
        ),
        // Embedded, only texts and numbers go in.
        ("deal $result[a] stays", json!("deal $result[a] stays")),
        // As deep as the path goes.
        ("$result[a][ID][x][y]", json!("7")),
        ("$result[a][NOPE]", deal.clone()),
        ("$result[a][UTM_SOURCE]", Value::Null),
        // No reference at all.
        ("$price[a]", json!("$price[a]")),
        ("$result", json!("$result")),
        ("5$ and $", json!("5$ and $")),
    ] {
        let got = resolved(&mut desk, reference);
        match value {
            Value::Null => assert!(got.is_object(), "{reference}: {got}"),
            value => assert_eq!(got, value, "{reference}"),
        }
    }
}

#[test]
fn a_reference_to_a_failed_command_becomes_everything_so_far() {
    let mut desk = desk();
    let got = resolved(&mut desk, "$result[failed][ID]");
    assert_eq!(
        got.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["a", "list"]
    );
}

#[test]
fn chains_of_references_to_everything_do_not_grow_without_end() {
    let mut desk = desk();
    let commands: Vec<String> = (0..50)
        .map(|place| match place % 2 {
            0 => "crm.deal.update?id=1&fields[X]=$result[none]&fields[Y]=$result[none]".to_owned(),
            _ => "crm.deal.get?id=1".to_owned(),
        })
        .collect();
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    assert_eq!(
        desk.batch(&commands, false)["result"]["result"]
            .as_array()
            .unwrap()
            .len(),
        50
    );
}

#[test]
fn each_command_has_its_own_time_and_adds_to_the_delay() {
    let mut desk = desk();
    desk.portal.set(Settings {
        work: 100,
        latency: 30,
        ..Settings::default()
    });
    let body = json!({"auth": desk.token, "cmd": ["profile", "no.such", "profile"]});
    let reply = desk.send(&Request::json("/rest/batch", &body));
    assert_eq!(reply.delay.as_millis(), 230);
    let times = reply.value()["result"]["result_time"].clone();
    assert_eq!(times["2"]["finish"], 1_478_790_852.2);
    assert_eq!(reply.value()["time"]["duration"], 0.2);
}
