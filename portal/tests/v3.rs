//! Version 3: its own names, errors, scopes, lists, batch and idempotency keys.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, and says what is wrong by doing so"
)]

mod support;

use callgate_portal::{Reply, Request};
use serde_json::{Value, json};
use support::{Desk, class, code};

fn desk() -> Desk {
    Desk::with(&["tasks", "main"])
}

fn v3(desk: &mut Desk, method: &str, body: Value) -> Reply {
    desk.post(&format!("api/{method}"), body)
}

fn problem(reply: &Reply) -> (u16, String) {
    (reply.status, class(reply))
}

fn is(status: u16, class: &str) -> (u16, String) {
    (status, class.to_owned())
}

#[test]
fn errors_are_objects_in_the_order_of_version_three() {
    let mut desk = Desk::with(&["crm"]);
    let unknown = desk.get("/rest/api/no.such");
    assert_eq!(problem(&unknown), is(404, "METHODNOTFOUNDEXCEPTION"));
    assert!(unknown.body.starts_with(
        r#"{"error":{"code":"BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION","message":""#
    ));
    // Any failure of authorization, its reason thrown away.
    for url in [
        "/rest/api/tasks.task.get",
        "/rest/api/tasks.task.get?auth=wrong",
        "/rest/api/1/wrong/tasks.task.get",
    ] {
        assert_eq!(
            problem(&desk.get(url)),
            is(401, "ACCESSDENIEDEXCEPTION"),
            "{url}"
        );
    }
    assert_eq!(
        problem(&v3(&mut desk, "tasks.task.get", json!({}))),
        is(403, "INSUFFICIENTSCOPEEXCEPTION")
    );
    desk.token = desk.new_token(&["tasks"]);
    let url = format!("/rest/api/tasks.task.get?auth={}", desk.token);
    let bad = Request::new("POST", url)
        .with_header("content-type", "application/json")
        .with_body("{");
    assert_eq!(problem(&desk.send(&bad)), is(400, "INVALIDJSONEXCEPTION"));
    let missing = v3(&mut desk, "tasks.task.get", json!({}));
    assert_eq!(
        problem(&missing),
        is(400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")
    );
    assert_eq!(missing.value()["error"]["validation"][0]["field"], "id");
    assert_eq!(
        problem(&v3(&mut desk, "tasks.task.get", json!({"id": 0}))),
        is(400, "ENTITYNOTFOUNDEXCEPTION")
    );
    let select = v3(
        &mut desk,
        "tasks.task.get",
        json!({"id": 1, "select": ["nope"]}),
    );
    assert_eq!(problem(&select), is(400, "UNKNOWNDTOPROPERTYEXCEPTION"));
    desk.seconds(3600);
    assert_eq!(
        problem(&v3(&mut desk, "tasks.task.get", json!({"id": 1}))),
        is(401, "ACCESSDENIEDEXCEPTION")
    );
}

#[test]
fn names_are_exact_and_have_no_suffix() {
    let mut desk = desk();
    assert_eq!(
        v3(&mut desk, "tasks.task.get", json!({"id": 1})).status,
        200
    );
    assert_eq!(
        v3(&mut desk, "tasks.task.get/", json!({"id": 1})).status,
        200
    );
    for name in [
        "Tasks.task.get",
        "tasks.task.get.json",
        "tasks.task",
        "crm.deal.list",
    ] {
        assert_eq!(v3(&mut desk, name, json!({"id": 1})).status, 404, "{name}");
    }
    // Version 2 does not know what only version 3 has.
    assert_eq!(desk.call("main.eventlog.list", "").status, 404);
}

#[test]
fn a_webhook_and_a_bearer_get_in_as_well() {
    let mut desk = desk();
    let hook = desk
        .portal
        .webhook(&["tasks"], 1)
        .replace("https://portal.bitrix24.com/rest/", "/rest/api/");
    assert_eq!(
        desk.send(&Request::json(
            format!("{hook}tasks.task.get"),
            &json!({"id": 1})
        ))
        .status,
        200
    );
    let bearer = Request::json("/rest/api/tasks.task.get", &json!({"id": 1}))
        .with_header("authorization", format!("Bearer {}", desk.token));
    assert_eq!(desk.send(&bearer).status, 200);
}

#[test]
fn a_scope_may_be_a_module_a_controller_or_a_method() {
    for (scope, status) in [
        ("tasks", 200),
        ("task", 200),
        ("tasks.task", 200),
        ("tasks.task.get", 200),
        ("tasks.task.get[id:title]", 200),
        ("tasks.task.list", 403),
        ("tas", 403),
        ("main", 403),
    ] {
        let mut desk = Desk::with(&[scope]);
        assert_eq!(
            v3(&mut desk, "tasks.task.get", json!({"id": 1})).status,
            status,
            "{scope}"
        );
    }
}

#[test]
fn rows_are_read_added_changed_and_deleted() {
    let mut desk = desk();
    let got = v3(
        &mut desk,
        "tasks.task.get",
        json!({"id": 3, "select": ["id", "title"]}),
    )
    .value();
    assert_eq!(
        got["result"],
        json!({"item": {"id": 3, "title": "Task #3"}})
    );
    assert!(got["time"]["start"].is_u64());
    let id = v3(
        &mut desk,
        "tasks.task.add",
        json!({"fields": {"title": "New"}}),
    )
    .value()["result"]["id"]
        .clone();
    assert_eq!(id, 501);
    let updated = v3(
        &mut desk,
        "tasks.task.update",
        json!({"id": id, "fields": {"title": "Newer"}}),
    )
    .value();
    assert_eq!(updated["result"], json!({"result": true}));
    assert_eq!(
        v3(&mut desk, "tasks.task.get", json!({"id": id})).value()["result"]["item"]["title"],
        "Newer"
    );
    assert_eq!(
        v3(&mut desk, "tasks.task.delete", json!({"id": id})).value()["result"]["result"],
        true
    );
    assert_eq!(
        class(&v3(&mut desk, "tasks.task.delete", json!({"id": id}))),
        "ENTITYNOTFOUNDEXCEPTION"
    );
    assert_eq!(
        class(&v3(
            &mut desk,
            "tasks.task.add",
            json!({"fields": {"nope": 1}})
        )),
        "UNKNOWNDTOPROPERTYEXCEPTION"
    );
}

fn ids(reply: &Reply) -> Vec<u64> {
    reply.value()["result"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_u64().unwrap())
        .collect()
}

#[test]
fn lists_have_no_total_and_pages_of_their_own() {
    let mut desk = desk();
    let list = |desk: &mut Desk, body: Value| v3(desk, "tasks.task.list", body);
    let first = list(&mut desk, json!({}));
    assert_eq!(ids(&first), (1..=50).collect::<Vec<_>>());
    assert_eq!(first.value()["result"].as_object().unwrap().len(), 1);
    assert_eq!(
        (first.value().get("total"), first.value().get("next")),
        (None, None)
    );
    assert_eq!(
        ids(&list(
            &mut desk,
            json!({"pagination": {"page": 3, "limit": 7}})
        )),
        (15..=21).collect::<Vec<_>>()
    );
    assert_eq!(
        ids(&list(
            &mut desk,
            json!({"pagination": {"offset": 3, "limit": 2}})
        )),
        [4, 5]
    );
    assert_eq!(
        ids(&list(&mut desk, json!({"pagination": {"limit": 5000}}))).len(),
        500
    );
    assert_eq!(
        ids(&list(
            &mut desk,
            json!({"order": {"id": "DESC"}, "pagination": {"limit": 2}})
        )),
        [500, 499]
    );
    for pagination in [
        json!({"limit": 0}),
        json!({"limit": "x"}),
        json!({"page": -1}),
    ] {
        assert_eq!(
            problem(&list(&mut desk, json!({"pagination": pagination}))),
            is(400, "INVALIDPAGINATIONEXCEPTION")
        );
    }
    assert_eq!(
        class(&list(&mut desk, json!({"order": {"id": "UP"}}))),
        "INVALIDORDEREXCEPTION"
    );
    assert_eq!(
        class(&list(&mut desk, json!({"select": "id"}))),
        "INVALIDSELECTEXCEPTION"
    );
}

#[test]
fn filters_are_triples_and_groups() {
    let mut desk = desk();
    for (filter, expected) in [
        (json!([["id", 5]]), vec![5]),
        (json!([["id", ">", 3], ["id", "<=", 5]]), vec![4, 5]),
        (json!([["id", "in", [9, 2]]]), vec![2, 9]),
        (json!([["id", "between", [7, 8]]]), vec![7, 8]),
        (
            json!({"logic": "or", "conditions": [["id", 1], ["id", 4]]}),
            vec![1, 4],
        ),
        (
            json!([["id", "<", 5], {"logic": "or", "negative": true, "conditions": [["id", 1], ["id", 4]]}]),
            vec![2, 3],
        ),
    ] {
        assert_eq!(
            ids(&v3(&mut desk, "tasks.task.list", json!({"filter": filter}))),
            expected,
            "{filter}"
        );
    }
    for (filter, expected) in [
        (json!([["nope", 1]]), "UNKNOWNDTOPROPERTYEXCEPTION"),
        (json!([["id", "~", 1]]), "UNKNOWNFILTEROPERATOREXCEPTION"),
        (json!("x"), "INVALIDFILTEREXCEPTION"),
        (json!([["id"]]), "INVALIDFILTEREXCEPTION"),
        (
            json!({"logic": "xor", "conditions": []}),
            "INVALIDFILTEREXCEPTION",
        ),
    ] {
        assert_eq!(
            class(&v3(&mut desk, "tasks.task.list", json!({"filter": filter}))),
            expected,
            "{filter}"
        );
    }
}

#[test]
fn a_tail_goes_on_where_its_cursor_stands() {
    let mut desk = desk();
    let tail = |desk: &mut Desk, cursor: Value| {
        ids(&v3(desk, "main.eventlog.tail", json!({"cursor": cursor})))
    };
    assert_eq!(
        tail(
            &mut desk,
            json!({"field": "id", "value": 10, "order": "ASC", "limit": 3})
        ),
        [11, 12, 13]
    );
    assert_eq!(
        tail(
            &mut desk,
            json!({"field": "id", "value": 10, "order": "DESC", "limit": 2})
        ),
        [9, 8]
    );
    assert_eq!(
        tail(&mut desk, json!({"field": "id", "value": 500})),
        Vec::<u64>::new()
    );
}

#[test]
fn the_descriptions_of_methods_and_fields() {
    let mut desk = desk();
    assert_eq!(
        v3(&mut desk, "scopes", json!({})).value()["result"],
        json!(["tasks", "main"])
    );
    let api = v3(&mut desk, "documentation", json!({})).value();
    assert!(api.get("result").is_none() && api["paths"]["/tasks.task.get"].is_object());
    assert_eq!(
        v3(&mut desk, "tasks.task.field.get", json!({"name": "id"})).value()["result"]["item"]["type"],
        "int"
    );
    assert_eq!(
        v3(&mut desk, "tasks.task.chat.message.send", json!({})).value()["result"],
        json!({"result": true})
    );
}

fn batch(desk: &mut Desk, commands: Value) -> Reply {
    let url = format!("/rest/api/batch?auth={}", desk.token);
    desk.send(&Request::json(url, &commands))
}

#[test]
fn a_batch_is_all_or_nothing_and_refers_by_alias() {
    let mut desk = desk();
    let reply = batch(
        &mut desk,
        json!([
            {"method": "tasks.task.list", "query": {"filter": [["id", "<", 4]]}, "as": "few"},
            {"method": "tasks.task.get", "query": {"id": {"$ref": "few.items.1.id"}, "select": ["id"]}},
            {"method": "tasks.task.list", "query": {"filter": [["id", "in", {"$refArray": "few.items.id"}]], "select": ["id"]}},
        ]),
    );
    let result = reply.value()["result"].clone();
    assert_eq!(result[1], json!({"item": {"id": 2}}), "{}", reply.body);
    assert_eq!(
        result[2],
        json!({"items": [{"id": 1}, {"id": 2}, {"id": 3}]})
    );
    // An unknown method fails before anything runs; the first error is the whole answer.
    let add = json!({"method": "tasks.task.add", "query": {"fields": {"title": "x"}}});
    assert_eq!(
        class(&batch(&mut desk, json!([add, {"method": "no.such"}]))),
        "METHODNOTFOUNDEXCEPTION"
    );
    assert_eq!(
        ids(&v3(
            &mut desk,
            "tasks.task.list",
            json!({"filter": [["id", ">", 500]]})
        )),
        Vec::<u64>::new()
    );
    let failed = batch(
        &mut desk,
        json!([{"method": "tasks.task.get", "query": {"id": 0}}, add]),
    );
    assert_eq!(problem(&failed), is(400, "ENTITYNOTFOUNDEXCEPTION"));
    assert_eq!(
        class(&batch(&mut desk, json!({"cmd": []}))),
        "INVALIDJSONEXCEPTION"
    );
    assert_eq!(
        class(&batch(&mut desk, json!([{"method": "mail.mailbox.list"}]))),
        "INSUFFICIENTSCOPEEXCEPTION"
    );
    assert_eq!(
        class(&batch(&mut desk, json!([{"method": "batch"}]))),
        "METHODNOTFOUNDEXCEPTION"
    );
    let lost = json!([{"method": "tasks.task.get", "query": {"id": {"$ref": "nobody.id"}}}]);
    assert_eq!(
        class(&batch(&mut desk, lost)),
        "VALIDATION_REQUESTVALIDATIONEXCEPTION"
    );
}

#[test]
fn an_idempotency_key_replays_its_answer_for_a_day() {
    let mut desk = desk();
    let issued = desk
        .control(
            "tokens",
            json!({"scopes": ["tasks"], "expiresIn": 1_000_000}),
        )
        .value();
    desk.token = issued["access_token"].as_str().unwrap().to_owned();
    let add = |desk: &mut Desk, key: &str, title: &str| {
        let body = json!({"auth": desk.token, "fields": {"title": title}});
        desk.send(
            &Request::json("/rest/api/tasks.task.add", &body).with_header("Idempotency-Key", key),
        )
    };
    let first = add(&mut desk, "k1", "x");
    assert_eq!(first.header("idempotent-replayed"), None);
    let again = add(&mut desk, "k1", "x");
    assert_eq!(
        (again.header("idempotent-replayed"), &again.body),
        (Some("true"), &first.body)
    );
    assert_eq!(
        problem(&add(&mut desk, "k1", "y")),
        is(422, "IDEMPOTENCYKEYREUSEDEXCEPTION")
    );
    assert_eq!(
        problem(&add(&mut desk, "", "x")),
        is(400, "INVALIDIDEMPOTENCYKEYEXCEPTION")
    );
    assert_eq!(add(&mut desk, "k2", "x").value()["result"]["id"], 502);
    desk.seconds(24 * 3600 + 1);
    assert_eq!(add(&mut desk, "k1", "x").value()["result"]["id"], 503);
}

#[test]
fn faults_take_the_form_of_version_three() {
    for (kind, expected) in [
        ("method-not-found", is(404, "METHODNOTFOUNDEXCEPTION")),
        ("switched-off", is(403, "ACCESSDENIEDEXCEPTION")),
        ("expired_token", is(401, "ACCESSDENIEDEXCEPTION")),
        ("OPERATION_TIME_LIMIT", is(429, "RATELIMITEXCEPTION")),
        ("insufficient_scope", is(403, "INSUFFICIENTSCOPEEXCEPTION")),
        ("permission", is(403, "ACCESSDENIEDEXCEPTION")),
        ("sql", is(500, "INTERNAL_INTERNALEXCEPTION")),
        ("wrong-encoding", is(500, "INTERNAL_INTERNALEXCEPTION")),
    ] {
        let mut desk = desk();
        desk.once(kind);
        assert_eq!(
            problem(&v3(&mut desk, "tasks.task.get", json!({"id": 1}))),
            expected,
            "{kind}"
        );
        assert_eq!(
            v3(&mut desk, "tasks.task.get", json!({"id": 1})).status,
            200,
            "{kind}"
        );
    }
    let mut desk = desk();
    desk.once("rate-limit");
    assert_eq!(
        code(&v3(&mut desk, "tasks.task.get", json!({"id": 1}))),
        "QUERY_LIMIT_EXCEEDED"
    );
    desk.once("empty");
    assert_eq!(v3(&mut desk, "tasks.task.get", json!({"id": 1})).body, "");
}
