//! Batches of REST version 3, and batches that would mix versions.

use callgate::bitrix24::engine::plan::Item;
use callgate::bitrix24::engine::{BatchOptions, Config};
use callgate::bitrix24::rights::method::Version;
use callgate::error::{Kind, Ran};
use callgate::http::BodyFormat;
use serde_json::{Value, json};

use crate::batch::{item, me};
use crate::world::{Fate, Setup, World};

/// A world whose token carries the scopes of version 3.
fn third(config: Config) -> World {
    World::with(Setup {
        scopes: "crm,tasks,task",
        config,
        ..Setup::default()
    })
}

fn tasks(name: &str, params: Value) -> Item {
    item(name, "tasks.task.get", params)
}

#[test]
fn version_3_runs_all_or_nothing_and_its_token_goes_in_a_header() {
    let mut world = third(Config::default());
    let v3 = BatchOptions {
        version: Some(Version::V3),
        ..BatchOptions::default()
    };
    let select = json!({"id": 2, "select": ["id"]});
    let items = vec![
        tasks("a", select.clone()),
        tasks("b", json!({"id": "$result[a][item][id]", "select": ["id"]})),
    ];
    let batch = world.submit_batch(items, v3);
    assert_eq!(*world.result(batch, "b"), json!({"item": {"id": 2}}));
    let request = &world.sent[0].request;
    assert!(request.url.ends_with("/rest/api/batch"), "{}", request.url);
    assert!(request.body.starts_with("[{"), "{}", request.body);

    let items = vec![
        tasks("a", select.clone()),
        tasks("b", json!({"id": 99_999_999})),
    ];
    let batch = world.submit_batch(items, v3);
    assert_eq!(world.count(batch), [0, 2, 0]);
    assert_eq!(world.failure(batch, "a").ran, Ran::Unknown);

    let items = vec![tasks("a", select), item("b", "no.such.method", json!({}))];
    let batch = world.submit_batch(items, v3);
    assert_eq!(
        world.failure(batch, "a").ran,
        Ran::No,
        "{:?}",
        world.failure(batch, "a")
    );
}

#[test]
fn rule_3_of_version_3_a_right_that_is_missing_half_way_leaves_open_what_ran() {
    let denied = r#"{"error":{"code":"BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION"}}"#;
    for (version, ran) in [(Version::V3, Ran::Unknown), (Version::V2, Ran::No)] {
        let mut world = third(Config::default());
        world.fate([Fate::Instead(403, denied.to_owned())]);
        let options = BatchOptions {
            version: Some(version),
            ..BatchOptions::default()
        };
        let batch = world.submit_batch(vec![tasks("a", json!({"id": 1}))], options);
        let failure = world.failure(batch, "a");
        assert_eq!((failure.kind, failure.ran), (Kind::Denied, ran));
    }
}

#[test]
fn a_browser_sends_no_batch_of_version_3() {
    let mut world = third(Config {
        format: BodyFormat::Form,
        custom_headers: false,
        ..Config::default()
    });
    let options = BatchOptions {
        version: Some(Version::V3),
        ..BatchOptions::default()
    };
    let batch = world.submit_batch(vec![tasks("a", json!({"id": 1}))], options);
    let error = world.batch_end(batch).as_ref().unwrap_err();
    assert_eq!((error.kind, error.ran), (Kind::Invalid, Ran::No));
    assert!(world.sent.is_empty());
}

/// A method that version 2 doesn't have.
const ONLY_V3: &str = "call.followup.get";

#[test]
fn versions_are_not_mixed() {
    let mut world = third(Config::default());
    let items = vec![me("me"), item("new", ONLY_V3, json!({}))];
    let batch = world.submit_batch(items, BatchOptions::default());
    let error = world.batch_end(batch).as_ref().unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    assert!(
        error
            .message
            .starts_with("calls: `new` is called in another version"),
        "{error}"
    );
    assert!(world.sent.is_empty());
}
