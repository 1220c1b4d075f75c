//! Answers that are no results: what each becomes, in tables.

use callgate::decision::Layer;
use callgate::error::{Kind, Ran};

use crate::world::{Fate, World, call};

const ADD: &str = "crm.deal.add";
const GET: &str = "im.department.managers.get";
const ID: &str = r#"{"ID":[105]}"#;

/// An answer, and what a call that it ends is told: code, kind, whether it ran, and whether a read
/// may be repeated. A write may be repeated only when it did not run.
type Case<'a> = (Fate, &'a str, Kind, Ran, bool);

fn instead(status: u16, body: &str) -> Fate {
    Fate::Instead(status, body.to_owned())
}

fn check(cases: Vec<Case<'_>>) {
    for (fate, code, kind, ran, repeatable) in cases {
        for (method, params, retryable) in [
            (GET, ID, repeatable),
            (ADD, "{}", repeatable && ran == Ran::No),
        ] {
            let mut world = World::new();
            world.fate(std::iter::repeat_n(fate.clone(), 100));
            let id = world.submit(call(method, params));
            world.pass(600);
            let error = world.error(id);
            let told = (error.code.as_str(), error.kind, error.ran, error.retryable);
            assert_eq!(told, (code, kind, ran, retryable), "{method}: {fate:?}");
            assert_eq!(error.method.as_deref(), Some(method));
            assert!(!error.message.is_empty(), "{fate:?}");
            // What may be repeated was, and the error says how often.
            assert_eq!(world.sent.len(), if retryable { 4 } else { 1 }, "{fate:?}");
            let counts = error.message.starts_with("after 4 attempts: ");
            assert_eq!(counts, retryable, "{error}");
        }
    }
}

#[rustfmt::skip]
#[test]
fn answers_that_no_portal_gives_leave_open_what_happened() {
    use Kind::Protocol;
    use Ran::Unknown;
    let not_json = "CALLGATE_NOT_JSON";
    check(vec![
        (instead(200, ""), "CALLGATE_EMPTY", Protocol, Unknown, true),
        (instead(200, " \r\n"), "CALLGATE_EMPTY", Protocol, Unknown, true),
        (instead(500, ""), "CALLGATE_EMPTY", Protocol, Unknown, true),
        (instead(200, "<html>OK</html>"), not_json, Protocol, Unknown, true),
        (instead(502, "<html>Bad Gateway</html>"), not_json, Protocol, Unknown, true),
        (instead(504, "upstream timed out"), not_json, Protocol, Unknown, true),
        (instead(200, r#"{"result":[{"ID":"1""#), not_json, Protocol, Unknown, true),
        (instead(200, r#"{"result":1}{"result":2}"#), not_json, Protocol, Unknown, true),
        (instead(200, "{}"), "CALLGATE_NO_RESULT", Protocol, Unknown, true),
        (instead(200, r#"{"time":{}}"#), "CALLGATE_NO_RESULT", Protocol, Unknown, true),
        (instead(200, "[]"), "CALLGATE_NO_RESULT", Protocol, Unknown, true),
        (instead(200, "null"), "CALLGATE_NO_RESULT", Protocol, Unknown, true),
        (instead(200, "true"), "CALLGATE_NO_RESULT", Protocol, Unknown, true),
        (instead(200, r#"{"error":null}"#), "CALLGATE_NO_RESULT", Protocol, Unknown, true),
    ]);
}

#[test]
fn a_portal_that_moved_did_not_run_the_call_and_says_where_it_went() {
    let moved = |location: &str| Fate::Moved(Some(location.to_owned()));
    let ends = |fate| (fate, "CALLGATE_MOVED", Kind::Portal, Ran::No, false);
    check(vec![
        ends(moved("https://new.example/rest/profile")),
        ends(moved("/elsewhere")),
        ends(Fate::Moved(None)),
    ]);
    let mut world = World::new();
    world.fate([moved("https://new.example/rest/profile")]);
    let error = world.run("profile", "{}").unwrap_err();
    assert!(error.message.contains("new.example"), "{error}");
    assert_eq!(error.status, Some(302));
}

#[test]
fn exchanges_without_an_answer_say_whether_they_may_have_run() {
    let network = "CALLGATE_NETWORK";
    check(vec![
        (Fate::Refused, network, Kind::Network, Ran::No, true),
        (
            Fate::BrokenBefore,
            network,
            Kind::Network,
            Ran::Unknown,
            true,
        ),
        (
            Fate::BrokenAfter,
            network,
            Kind::Network,
            Ran::Unknown,
            true,
        ),
    ]);
}

#[rustfmt::skip]
#[test]
fn an_error_with_status_200_is_an_error() {
    check(vec![
        (instead(200, r#"{"error":"insufficient_scope","error_description":"d"}"#), "insufficient_scope", Kind::Denied, Ran::No, false),
        (instead(200, r#"{"result":{"ID":1},"error":"ERROR_X","error_description":"d"}"#), "ERROR_X", Kind::Portal, Ran::Unknown, false),
        (instead(200, r#"{"error":"wrong_client"}"#), "wrong_client", Kind::Auth, Ran::No, false),
    ]);
}

/// The portal's own failures, by the name of the fault: status, code, kind, ran, retryable, layer.
type Failure = (
    &'static str,
    u16,
    &'static str,
    Kind,
    Ran,
    bool,
    Option<Layer>,
);

#[rustfmt::skip]
const FAILURES: &[Failure] = &[
    ("rate-limit", 503, "QUERY_LIMIT_EXCEEDED", Kind::Limit, Ran::No, true, None),
    ("operating-limit", 429, "OPERATION_TIME_LIMIT", Kind::Limit, Ran::No, true, None),
    ("overload", 401, "OVERLOAD_LIMIT", Kind::Limit, Ran::No, false, None),
    ("portal-deleted", 403, "PORTAL_DELETED", Kind::Portal, Ran::No, false, None),
    ("method-not-found", 404, "ERROR_METHOD_NOT_FOUND", Kind::Portal, Ran::No, false, None),
    ("connection-error", 401, "CONNECTION_ERROR", Kind::Portal, Ran::No, true, None),
    ("error-oauth", 401, "ERROR_OAUTH", Kind::Auth, Ran::No, false, None),
    ("not-installed", 401, "NOT_INSTALLED", Kind::Auth, Ran::No, false, None),
    ("application-not-found", 401, "APPLICATION_NOT_FOUND", Kind::Auth, Ran::No, false, None),
    ("authorization-error", 401, "authorization_error", Kind::Auth, Ran::No, false, None),
    ("user-access", 401, "user_access_error", Kind::Auth, Ran::No, false, None),
    ("no-auth", 401, "NO_AUTH_FOUND", Kind::Auth, Ran::No, false, None),
    ("payment-required", 401, "PAYMENT_REQUIRED", Kind::Denied, Ran::No, false, Some(Layer::Plan)),
    ("licence", 403, "WRONG_LICENSE", Kind::Denied, Ran::No, false, Some(Layer::Plan)),
    ("permission", 403, "ACCESS_DENIED", Kind::Denied, Ran::No, false, Some(Layer::Right)),
    ("wrong-auth-type", 403, "WRONG_AUTH_TYPE", Kind::Denied, Ran::No, false, Some(Layer::Right)),
    ("d7-intranet", 400, "allowed_only_intranet_user", Kind::Denied, Ran::No, false, Some(Layer::Right)),
    ("insufficient-scope", 401, "insufficient_scope", Kind::Denied, Ran::No, false, Some(Layer::Scope)),
    ("error-200", 200, "insufficient_scope", Kind::Denied, Ran::No, false, Some(Layer::Scope)),
    ("argument", 400, "ERROR_ARGUMENT", Kind::Portal, Ran::No, false, None),
    ("d7-argument", 400, "100", Kind::Portal, Ran::No, false, None),
    ("generic", 400, "", Kind::Portal, Ran::Unknown, false, None),
    ("numeric", 400, "0", Kind::Portal, Ran::Unknown, false, None),
    ("exception", 400, "ERROR_CORE", Kind::Portal, Ran::Unknown, false, None),
    ("sql", 500, "ERROR_CORE", Kind::Portal, Ran::Unknown, false, None),
    ("server-error", 500, "INTERNAL_SERVER_ERROR", Kind::Portal, Ran::Unknown, false, None),
    ("php-error", 500, "CALLGATE_NOT_JSON", Kind::Protocol, Ran::Unknown, true, None),
    ("php-error-empty", 500, "CALLGATE_EMPTY", Kind::Protocol, Ran::Unknown, true, None),
    ("html-502", 502, "CALLGATE_NOT_JSON", Kind::Protocol, Ran::Unknown, true, None),
    ("empty", 200, "CALLGATE_EMPTY", Kind::Protocol, Ran::Unknown, true, None),
    ("not-json", 200, "CALLGATE_NOT_JSON", Kind::Protocol, Ran::Unknown, true, None),
    ("truncated", 200, "CALLGATE_NOT_JSON", Kind::Protocol, Ran::Unknown, true, None),
    ("redirect", 302, "CALLGATE_MOVED", Kind::Portal, Ran::No, false, None),
];

#[test]
fn every_failure_of_the_portal_keeps_its_code_and_is_of_its_kind() {
    for (fault, status, code, kind, ran, retryable, layer) in FAILURES {
        let mut world = World::new();
        world.fault(fault);
        let id = world.submit(call(GET, ID));
        world.pass(3_600);
        let error = world.error(id);
        assert_eq!(error.status, Some(*status), "{fault}");
        let told = (error.code.as_str(), error.kind, error.ran, error.retryable);
        assert_eq!(told, (*code, *kind, *ran, *retryable), "{fault}");
        let decided = error.decision.as_ref().and_then(|decision| decision.layer);
        assert_eq!(decided, *layer, "{fault}");
        assert!(world.refreshes.is_empty(), "{fault}");
        assert_eq!(world.sent.len() > 1, *retryable, "{fault}");
    }
}

#[test]
fn a_call_that_ran_although_the_gateway_gave_up_is_not_called_undone() {
    let mut world = World::new();
    world.fault_once("long-call");
    let id = world.submit(call(ADD, r#"{"fields":{"TITLE":"Deal"}}"#));
    world.pass(60);
    let error = world.error(id);
    assert_eq!((error.ran, error.retryable), (Ran::Unknown, false));
}

#[test]
fn a_description_loses_its_markup_and_a_missing_one_is_made_up_for() {
    let mut world = World::new();
    world.fault_once("html-text");
    let error = world.run(GET, ID).unwrap_err();
    assert!(!error.message.contains('<'), "{error}");

    world.fate([instead(400, r#"{"error":"ERROR_X"}"#)]);
    let error = world.run(GET, ID).unwrap_err();
    assert_eq!(error.to_string(), "ERROR_X: the portal gave no description");

    world.fate([instead(401, r#"{"error":"insufficient_scope"}"#)]);
    let error = world.run(GET, ID).unwrap_err();
    assert!(error.message.contains("scope im"), "{error}");
}

#[test]
fn results_of_every_type_are_results() {
    for result in ["null", "false", "\"\"", "[]", "0", "{}"] {
        let mut world = World::new();
        world.fate([instead(200, &format!(r#"{{"result":{result}}}"#))]);
        let answer = world.run("profile", "{}").unwrap();
        assert_eq!(answer.body["result"].to_string(), result);
    }
}

#[test]
fn a_page_of_a_list_tells_where_the_next_begins() {
    let mut world = World::new();
    world.portal.generate("deal", 120).unwrap();
    let first = world.run("crm.deal.list", "{}").unwrap();
    assert_eq!((first.next, first.total), (Some(50), Some(120)));

    let mut ask = call("crm.deal.list", r#"{"start":0}"#);
    ask.start = Some(100);
    let id = world.submit(ask);
    let last = world.end(id).as_ref().unwrap();
    assert_eq!((last.next, last.total), (None, Some(120)));
    assert_eq!(last.body["result"].as_array().unwrap().len(), 20);
}
