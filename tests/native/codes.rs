//! Rule 2: codes decide, in any case of letters, never a status alone. Rule 4: unknown is not denied.

use callgate::bitrix24::rights::grant::Source;
use callgate::bitrix24::rights::scope::ScopeSet;
use callgate::decision::{Layer, Verdict};
use callgate::error::{Kind, Ran};
use callgate_portal::Settings;
use serde_json::json;

use crate::world::{Fate, PHONES, Setup, World, call, phones, waiting, waiting_phones};

fn error_body(code: &str) -> String {
    json!({"error": code, "error_description": "d"}).to_string()
}

#[test]
fn rule_2_the_same_codes_mean_the_same_under_documented_and_real_statuses() {
    for fault in [
        "insufficient-scope",
        "user-access",
        "plan",
        "overload",
        "portal-deleted",
    ] {
        let ends = [false, true].map(|strict_statuses| {
            let mut world = World::new();
            world.portal.set(Settings {
                strict_statuses,
                ..Settings::default()
            });
            world.fault(fault);
            let error = world.run("user.get", "{}").unwrap_err();
            let status = error.status.unwrap();
            assert!(world.refreshes.is_empty(), "{fault}");
            let told = (error.code.clone(), error.kind, error.ran, error.retryable);
            (status, told)
        });
        let [(real, meant), (documented, meant_as_documented)] = ends;
        assert_ne!(real, documented, "{fault}");
        assert_eq!(meant, meant_as_documented, "{fault}");
    }
}

#[test]
fn rule_2_a_waiting_code_waits_under_any_status_and_in_any_case() {
    for status in [200, 400, 401, 403, 429, 500, 503] {
        for code in [
            "METHOD_CONFIRM_WAITING",
            "method_confirm_waiting",
            "Method_Confirm_Waiting",
        ] {
            let mut world = World::new();
            world.fate([Fate::Instead(status, error_body(code))]);
            let id = world.submit(waiting_phones());

            assert!(!world.has_ended(id), "{status} {code}");
            assert!(world.refreshes.is_empty(), "{status} {code}");
        }
    }
}

#[test]
fn rule_2_a_denied_code_denies_every_waiting_call_under_any_status_and_in_any_case() {
    for status in [200, 401, 403, 500] {
        for code in ["METHOD_CONFIRM_DENIED", "method_confirm_denied"] {
            let mut world = World::new();
            let ids = [waiting_phones(), waiting_phones()].map(|call| world.submit(call));
            world.fate([Fate::Instead(status, error_body(code))]);
            world.pass(5);

            for id in ids {
                assert_eq!(world.error(id).code, code);
                assert_eq!(world.error(id).kind, Kind::Denied);
            }
        }
    }
}

#[test]
fn rule_2_an_ended_token_is_refreshed_under_any_status_and_in_any_case() {
    for status in [200, 400, 401, 403, 500] {
        for code in ["expired_token", "EXPIRED_TOKEN", "Invalid_Token"] {
            let mut world = World::new();
            world.fate([Fate::Instead(status, error_body(code))]);
            assert!(world.run("profile", "{}").is_ok(), "{status} {code}");
            assert_eq!(world.refreshes.len(), 1, "{status} {code}");
        }
    }
}

#[test]
fn rule_2_a_status_of_401_alone_refreshes_nothing() {
    for code in ["NO_AUTH_FOUND", "user_access_error", "ERROR_NEW", "", "0"] {
        let mut world = World::new();
        world.fate([Fate::Instead(401, error_body(code))]);
        let error = world.run("profile", "{}").unwrap_err();
        assert_eq!(error.code, code);
        assert!(world.refreshes.is_empty(), "{code}");
    }
    let mut world = World::new();
    world.fate([Fate::Instead(401, "<h1>Unauthorized</h1>".to_owned())]);
    assert_eq!(world.run("profile", "{}").unwrap_err().kind, Kind::Protocol);
    assert!(world.refreshes.is_empty());
}

#[test]
fn rule_2_a_limit_of_requests_is_told_from_a_status_of_the_same_number() {
    for (status, body, kind) in [
        (503, error_body("QUERY_LIMIT_EXCEEDED"), Kind::Limit),
        (401, error_body("query_limit_exceeded"), Kind::Limit),
        (503, error_body("ERROR_NEW"), Kind::Portal),
        (429, error_body("ERROR_NEW"), Kind::Portal),
        (429, error_body("operation_time_limit"), Kind::Limit),
        (503, "<h1>Busy</h1>".to_owned(), Kind::Protocol),
    ] {
        let mut world = World::new();
        world.fate(std::iter::repeat_n(
            Fate::Instead(status, body.clone()),
            100,
        ));
        let id = world.submit(call("profile", "{}"));
        world.pass(3_600);
        assert_eq!(world.error(id).kind, kind, "{status} {body}");
    }
}

#[test]
fn rule_2_version_3_hides_an_ended_token_and_the_clock_tells() {
    let hidden = json!({"error": {"code": "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION",
        "message": "Access denied"}});
    let v3 = |world: &mut World| {
        let mut ask = call("vendor.thing.list", "{}");
        ask.version = Some(callgate::bitrix24::rights::method::Version::V3);
        world.submit(ask)
    };

    let mut living = World::new();
    living.fate([Fate::Instead(401, hidden.to_string())]);
    let id = v3(&mut living);
    assert_eq!(living.error(id).kind, Kind::Auth);
    assert!(living.refreshes.is_empty());

    let mut ended = World::with(Setup {
        life: 10,
        ..Setup::default()
    });
    ended.pass(9);
    ended.fate([Fate::Silence]);
    let id = v3(&mut ended);
    ended.pass(2);
    let exchange = ended.sent[0].exchange;
    let reply = callgate::bitrix24::wire::envelope::Reply::read(401, &hidden.to_string());
    let now = ended.at();
    ended.connection.response(now, exchange, reply);
    ended.pump();
    assert_eq!(ended.refreshes.len(), 1);
    assert_eq!(ended.sent.len(), 2);
    assert!(ended.has_ended(id));
}

#[test]
fn rule_4_an_unknown_method_passes_and_the_portal_decides() {
    let mut world = World::with(Setup {
        knows_scopes: true,
        scopes: "crm",
        ..Setup::default()
    });
    let ask = call("vendor.module.do", "{}");
    let decision = world
        .connection
        .check(world.at(), &ask.method, &ask.params, None);
    assert_eq!(decision.verdict, Verdict::Unknown);
    assert_eq!(decision.layer, Some(Layer::Method));
    assert_eq!(decision.needed, None);

    world.fate([Fate::Instead(200, r#"{"result":"done"}"#.to_owned())]);
    let answer = world.run("vendor.module.do", "{}").unwrap();
    assert_eq!(answer.body["result"], "done");

    let error = world.run("vendor.module.do", "{}").unwrap_err();
    assert_eq!(error.code, "ERROR_METHOD_NOT_FOUND");
    assert_eq!((error.kind, error.ran), (Kind::Portal, Ran::No));
    assert!(world.warnings().is_empty());
}

#[test]
fn rule_4_an_unknown_method_can_be_confirmed_like_any_other() {
    let mut world = World::new();
    let body = error_body("METHOD_CONFIRM_WAITING");
    world.fate([
        Fate::Instead(401, body),
        Fate::Instead(200, r#"{"result":1}"#.to_owned()),
    ]);
    let id = world.submit(waiting(call("vendor.module.do", "{}"), None));
    world.pass(10);
    assert!(world.end(id).is_ok());
}

#[test]
fn rule_4_an_unknown_scope_is_kept_and_stands_for_nothing_but_itself() {
    let mut world = World::new();
    let now = world.at();
    let list = "tomorrow.b2b,phone_system";
    world.connection.learn_scopes(now, list, Source::Given);

    let granted: Option<&ScopeSet> = world.connection.grant().scopes();
    let codes: Vec<&str> = granted.unwrap().iter().collect();
    assert_eq!(codes, ["tomorrow.b2b", "phone_system"]);
    let error = world.run(PHONES, r#"{"USER_ID":1}"#).unwrap_err();
    assert_eq!(error.code, "insufficient_scope");
    assert!(world.sent.is_empty());
}

#[test]
fn rule_4_an_unknown_grant_denies_nothing() {
    let mut world = World::new();
    let question = phones();
    let decision = world
        .connection
        .check(world.at(), &question.method, &question.params, None);
    assert_eq!(decision.verdict, Verdict::Unknown);
    assert_eq!(decision.layer, Some(Layer::Scope));
    world.submit(phones());
    assert_eq!(world.times_of(PHONES), [0]);
}

#[test]
fn rule_4_an_unknown_status_is_read_by_its_body() {
    for status in [203, 299, 418, 599] {
        let mut world = World::new();
        let result = r#"{"result":true}"#.to_owned();
        world.fate([
            Fate::Instead(status, result),
            Fate::Instead(status, error_body("insufficient_scope")),
        ]);
        assert_eq!(world.run("profile", "{}").unwrap().status, status);
        let error = world.run("profile", "{}").unwrap_err();
        assert_eq!((error.kind, error.status), (Kind::Denied, Some(status)));
    }
}

#[test]
fn rule_4_an_unknown_code_is_handed_over_unchanged_and_nothing_is_claimed_about_it() {
    let mut world = World::new();
    world.fate([Fate::Instead(400, error_body("Vendor:Weird-Code"))]);
    let error = world.run("crm.deal.get", r#"{"id":1}"#).unwrap_err();
    assert_eq!(error.code, "Vendor:Weird-Code");
    assert_eq!((error.kind, error.ran), (Kind::Portal, Ran::Unknown));
    assert_eq!(error.decision, None);
}
