//! Lists and rows of versions 1 and 2.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, and says what is wrong by doing so"
)]

mod support;

use callgate_portal::Settings;
use serde_json::{Value, json};
use support::{Desk, failure};

fn desk() -> Desk {
    Desk::with(&["crm", "task", "user"])
}

fn ids(answer: &Value) -> Vec<u64> {
    answer["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["ID"].as_str().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn pages_have_fifty_rows_a_total_and_a_next_until_the_last() {
    let mut desk = desk();
    let first = desk.call("crm.deal.list", "").value();
    assert_eq!(ids(&first), (1..=50).collect::<Vec<_>>());
    assert_eq!(
        (&first["total"], &first["next"]),
        (&json!(10_000), &json!(50))
    );
    let keys: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["result", "total", "next", "time"]);
    let last = desk.call("crm.deal.list", "start=9950").value();
    assert_eq!(ids(&last), (9951..=10_000).collect::<Vec<_>>());
    assert!(last.get("next").is_none());
    let beyond = desk.call("crm.deal.list", "start=20000").value();
    assert_eq!(beyond["result"], json!([]));
    assert_eq!(beyond["total"], 10_000);
}

#[test]
fn a_start_between_pages_snaps_back_to_its_page() {
    let mut desk = desk();
    let answer = desk.call("crm.deal.list", "start=77&select[]=ID").value();
    assert_eq!((ids(&answer)[0], &answer["next"]), (51, &json!(100)));
}

#[test]
fn nobody_counts_below_zero() {
    let mut desk = desk();
    let old = desk
        .call("crm.deal.list", "start=-1&order[ID]=ASC&filter[>ID]=9970")
        .value();
    assert_eq!(ids(&old), (9971..=10_000).collect::<Vec<_>>());
    assert_eq!((old.get("next"), &old["total"]), (None, &json!(0)));
    let new = desk.call("tasks.task.list", "start=-1").value();
    assert_eq!(new["result"]["tasks"].as_array().unwrap().len(), 50);
    assert_eq!((new.get("next"), new.get("total")), (None, None));
}

#[test]
fn the_fast_walk_finds_every_row_once() {
    let mut desk = desk();
    desk.portal.generate("deal", 170).unwrap();
    let mut seen: Vec<u64> = Vec::new();
    loop {
        let last = seen.last().copied().unwrap_or(0);
        let page = ids(&desk
            .call(
                "crm.deal.list",
                &format!("start=-1&order[ID]=ASC&filter[>ID]={last}"),
            )
            .value());
        let full = page.len() == 50;
        seen.extend(page);
        if !full {
            break;
        }
    }
    assert_eq!(seen, (1..=170).collect::<Vec<_>>());
}

#[test]
fn filters_know_their_prefixes() {
    let mut desk = desk();
    let rows = json!([
        {"ID": "1", "TITLE": "Alpha", "OPPORTUNITY": "5.00"},
        {"ID": "2", "TITLE": "Beta", "OPPORTUNITY": "10.00"},
        {"ID": "3", "TITLE": "Alphabet", "OPPORTUNITY": "100.00"},
    ]);
    assert_eq!(
        desk.control("data", json!({"entity": "deal", "rows": rows}))
            .value()["rows"],
        3
    );
    for (filter, expected) in [
        ("filter[ID]=2", vec![2]),
        ("filter[%3DTITLE]=Beta", vec![2]),
        ("filter[ID][]=1&filter[ID][]=3", vec![1, 3]),
        ("filter[@ID][]=1&filter[@ID][]=3", vec![1, 3]),
        ("filter[!ID]=2", vec![1, 3]),
        ("filter[!@ID][]=1&filter[!@ID][]=2", vec![3]),
        ("filter[>OPPORTUNITY]=5", vec![2, 3]),
        ("filter[>%3DOPPORTUNITY]=5", vec![1, 2, 3]),
        ("filter[<OPPORTUNITY]=10", vec![1]),
        ("filter[<%3DID]=2", vec![1, 2]),
        (
            "filter[><OPPORTUNITY][]=6&filter[><OPPORTUNITY][]=50",
            vec![2],
        ),
        ("filter[%25TITLE]=alpha", vec![1, 3]),
        ("filter[!%25TITLE]=alpha", vec![2]),
        ("filter[%25%3DTITLE]=alpha", vec![1]),
        ("filter[%25%3DTITLE]=%25bet", vec![3]),
        ("filter[%25%3DTITLE]=%25a", vec![1, 2]),
        ("filter[>ID]=1&filter[<ID]=3", vec![2]),
        ("filter[>ID]=3", vec![]),
        ("filter[title]=Beta", vec![2]),
        ("filter=", vec![1, 2, 3]),
    ] {
        let answer = desk.call("crm.deal.list", filter).value();
        assert_eq!(ids(&answer), expected, "{filter}");
        assert_eq!(answer["total"], expected.len(), "{filter}");
    }
}

#[test]
fn wrong_filters_and_orders_are_named() {
    let mut desk = desk();
    for (query, text, argument) in [
        ("filter=x", "The filter is not an array.", "filter"),
        ("filter[?ID]=1", "Filter operation not allowed: ?", "filter"),
        ("filter[NOPE]=1", "Filter field not allowed: NOPE", "filter"),
        ("order=x", "The order is not an array.", "order"),
        ("order[NOPE]=ASC", "Order field not allowed: NOPE", "order"),
        (
            "order[ID]=UP",
            "Order direction should be one of {ASC|DESC}",
            "order",
        ),
    ] {
        let reply = desk.call("crm.deal.list", query);
        assert_eq!(failure(&reply), (400, "ERROR_ARGUMENT".into()), "{query}");
        assert_eq!(reply.value()["error_description"], text);
        assert_eq!(reply.value()["argument"], argument);
    }
}

#[test]
fn rows_are_ordered_and_fields_selected() {
    let mut desk = desk();
    assert_eq!(
        ids(&desk.call("crm.deal.list", "order[ID]=DESC").value())[..2],
        [10_000, 9_999]
    );
    let dear = desk
        .call(
            "crm.deal.list",
            "order[OPPORTUNITY]=desc&select[]=OPPORTUNITY",
        )
        .value();
    let prices: Vec<f64> = dear["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["OPPORTUNITY"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(prices.is_sorted_by(|left, right| left >= right));
    assert_eq!(
        dear["result"][0]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["ID", "OPPORTUNITY"]
    );
}

#[test]
fn a_deal_is_added_changed_found_and_deleted() {
    let mut desk = desk();
    let id = desk
        .post(
            "crm.deal.add",
            json!({"fields": {"TITLE": "New & <old>", "OPPORTUNITY": 12.5}}),
        )
        .value()["result"]
        .clone();
    assert_eq!(id, 10_001);
    let got = desk.call("crm.deal.get", "ID=10001");
    assert!(got.body.contains(r"New \u0026 \u003Cold\u003E"));
    assert_eq!(got.value()["result"]["OPPORTUNITY"], "12.5");
    assert_eq!(
        got.value()["result"]["DATE_CREATE"],
        "2016-11-10T18:14:12+03:00"
    );
    assert_eq!(
        desk.call("crm.deal.update", "id=10001&fields[TITLE]=Newer")
            .value()["result"],
        true
    );
    assert_eq!(
        ids(&desk.call("crm.deal.list", "filter[TITLE]=Newer").value()),
        [10_001]
    );
    assert_eq!(
        desk.call("crm.deal.delete", "id=10001").value()["result"],
        true
    );
    assert_eq!(
        desk.call("crm.deal.get", "id=10001").body,
        r#"{"error":"","error_description":"Not found"}"#
    );
    assert_eq!(
        failure(&desk.call("crm.deal.get", "")),
        (400, String::new())
    );
    assert_eq!(
        failure(&desk.call("crm.deal.add", "fields=x")),
        (400, String::new())
    );
}

#[test]
fn users_are_listed_by_their_own_parameters() {
    let mut desk = desk();
    let first = desk.call("user.get", "").value();
    assert_eq!((&first["total"], &first["next"]), (&json!(120), &json!(50)));
    assert_eq!(ids(&desk.call("user.get", "ID=3").value()), [3]);
    assert_eq!(
        ids(&desk.call("user.get", "FILTER[>ID]=118").value()),
        [119, 120]
    );
    assert_eq!(
        ids(&desk.call("user.get", "sort=ID&order=DESC").value())[0],
        120
    );
    assert_eq!(desk.call("user.current", "").value()["result"]["ID"], "1");
    let token = desk
        .control("tokens", json!({"user": 5000, "scopes": ["user"]}))
        .value()["access_token"]
        .clone();
    let current = desk
        .call_with(token.as_str().unwrap(), "user.current", "")
        .value();
    assert_eq!(current["result"]["ID"], "5000");
}

#[test]
fn tasks_and_items_come_in_their_wrappers() {
    let mut desk = desk();
    let tasks = desk
        .call(
            "tasks.task.list",
            "filter[>ID]=498&select[]=ID&select[]=CREATED_BY",
        )
        .value();
    let names: Vec<&String> = tasks["result"]["tasks"][0]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    assert_eq!(names, ["id", "createdBy"]);
    assert_eq!(tasks["total"], 2);
    let task = desk
        .post("tasks.task.add", json!({"fields": {"title": "Write"}}))
        .value();
    assert_eq!(
        (
            &task["result"]["task"]["id"],
            &task["result"]["task"]["title"]
        ),
        (&json!("501"), &json!("Write"))
    );
    assert_eq!(
        desk.call("tasks.task.update", "taskId=501&fields[TITLE]=Read")
            .value()["result"]["task"]["title"],
        "Read"
    );
    assert_eq!(
        desk.call("tasks.task.delete", "taskId=501").value()["result"]["task"],
        true
    );
    let items = desk
        .call("crm.item.list", "entityTypeId=2&filter[>id]=9998&start=-1")
        .value();
    assert_eq!(items["result"]["items"][0]["id"], 9999);
    assert!(items.get("total").is_none());
    assert_eq!(
        desk.call("crm.item.get", "entityTypeId=2&id=5").value()["result"]["item"]["id"],
        5
    );
}

#[test]
fn given_rows_stand_as_they_were_given() {
    let mut desk = desk();
    let rows = json!([{"TITLE": "a"}, {"ID": 7, "UF_X": [1]}, {"TITLE": "b"}]);
    desk.control("data", json!({"entity": "deal", "rows": rows}));
    desk.portal.set(Settings {
        time: false,
        ..Settings::default()
    });
    assert_eq!(
        desk.call("crm.deal.list", "").body,
        r#"{"result":[{"TITLE":"a","ID":"1"},{"ID":7,"UF_X":[1]},{"TITLE":"b","ID":"8"}],"total":3}"#
    );
}
