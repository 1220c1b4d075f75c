//! Rule 12: bad input gets an error that names the parameter and the reason, and leaves the
//! connection as it was.

use callgate::bitrix24::engine::{Call, CallId, Config, Exchange};
use callgate::bitrix24::rights::method::Version;
use callgate::bitrix24::rights::scope::Scope;
use callgate::bitrix24::wire::address::{Origin, Webhook};
use callgate::bitrix24::wire::envelope::Reply;
use callgate::error::{Error, Kind, Ran};
use callgate::http::Failure;

use crate::world::{Setup, World, call, waiting_phones};

fn assert_refused<T>(made: Result<T, Error>, names: &str, why: &str) {
    let Err(error) = made else {
        panic!("{names} {why}: taken")
    };
    assert_eq!(error.code, "CALLGATE_INVALID");
    assert_eq!((error.kind, error.ran), (Kind::Invalid, Ran::No));
    assert!(!error.retryable);
    assert!(error.message.starts_with(names), "{error}");
    assert!(error.message.contains(why), "{error}");
}

#[test]
fn rule_12_a_bad_method_name_is_named_with_its_reason() {
    let long = "x".repeat(201);
    for (method, why) in [
        ("", "empty"),
        ("user get", "' '"),
        ("user/get", "'/'"),
        ("user.get?a=1", "'?'"),
        ("user.get#", "'#'"),
        ("user%2eget", "'%'"),
        ("..", "dots alone"),
        ("user.get.json", ".json"),
        ("user\nget", "no method name"),
        (long.as_str(), "200 bytes"),
    ] {
        assert_refused(Call::new(method, "{}"), "method: ", why);
    }
}

#[test]
fn rule_12_bad_parameters_are_named_with_their_reason() {
    for (params, names, why) in [
        ("", "params: ", ""),
        ("7", "params: ", "object or a list"),
        ("{\"a\":}", "params: ", ""),
        ("{\"a\":1}}", "params: ", ""),
        ("{\"auth\":\"x\"}", "params.auth: ", "authorization"),
        (
            "{\"access_token\":\"x\"}",
            "params.access_token: ",
            "authorization",
        ),
        (
            "{\"auth_connector\":1}",
            "params.auth_connector: ",
            "authorization",
        ),
        ("{\"sessid\":1}", "params.sessid: ", "authorization"),
        ("{\"\\u0061uth\":1}", "params.auth: ", "authorization"),
    ] {
        assert_refused(Call::new("user.get", params), names, why);
    }
}

#[test]
fn rule_12_authorization_among_positional_or_nested_parameters_is_nobodys_business() {
    assert!(Call::new("task.item.add", r#"["auth",{"auth":1}]"#).is_ok());
    assert!(Call::new("user.get", r#"{"FILTER":{"auth":1}}"#).is_ok());
}

#[test]
fn rule_12_bad_addresses_are_named_with_their_reason() {
    for (domain, why) in [
        ("", "empty"),
        ("https://", "empty"),
        ("http://portal.example", "https"),
        ("ftp://portal.example", "https"),
        ("portal.example/path", "host"),
        ("user@portal.example", "host"),
        ("portal.example:port", "port"),
        ("portal example", "host"),
    ] {
        assert_refused(Origin::parse(domain), "domain: ", why);
    }
    assert_refused(
        Webhook::parse("portal.example"),
        "url: ",
        "/rest/USER/SECRET/",
    );
    assert_refused(
        Webhook::parse("http://portal.example/rest/1/abc/"),
        "url: ",
        "https",
    );
    assert_refused(Scope::parse("crm,im"), "scope: ", "comma");
}

/// What a caller can see of a connection.
fn seen(world: &mut World) -> String {
    let now = world.at();
    let grant = format!("{:?}", world.connection.grant());
    let confirmations = format!("{:?}", world.connection.confirmations(now));
    format!(
        "{grant} {confirmations} {:?} {} {}",
        world.connection.wake_at(),
        world.sent.len(),
        world.notices.len()
    )
}

#[test]
fn rule_12_a_start_for_version_3_is_refused_and_changes_nothing() {
    let mut world = World::new();
    let waits = world.submit(waiting_phones());
    let before = seen(&mut world);
    let mut bad = call("main.eventlog.list", "{}");
    bad.version = Some(Version::V3);
    bad.start = Some(50);
    let id = world.submit(bad);

    let refused: Result<(), Error> = Err(world.error(id).clone());
    assert_refused(refused, "start: ", "version 3");
    assert_eq!(seen(&mut world), before);
    assert!(world.run("profile", "{}").is_ok());
    assert!(!world.has_ended(waits));
}

#[test]
fn rule_12_a_bad_first_call_does_not_make_the_connection_ask_for_its_scopes() {
    let config = Config {
        asks_for_scopes: true,
        ..Config::default()
    };
    let mut world = World::with(Setup {
        config,
        ..Setup::default()
    });
    let mut bad = call("main.eventlog.list", "{}");
    bad.version = Some(Version::V3);
    bad.start = Some(0);
    world.submit(bad);
    assert!(world.sent.is_empty());

    world.submit(call("profile", "{}"));
    assert_eq!(world.times_of("scope").len(), 1);
}

#[test]
fn rule_12_answers_to_exchanges_that_never_were_change_nothing() {
    let mut world = World::new();
    let waits = world.submit(waiting_phones());
    let before = seen(&mut world);
    let now = world.at();
    for exchange in [
        Exchange {
            call: CallId(77),
            attempt: 1,
        },
        Exchange {
            call: waits,
            attempt: 9,
        },
        world.sent[0].exchange,
    ] {
        let reply = Reply::read(200, r#"{"result":1}"#);
        world.connection.response(now, exchange, reply);
        let failure = Failure {
            sent: true,
            reason: String::new(),
        };
        world.connection.failure(now, exchange, failure);
    }
    world.connection.cancel(CallId(77));
    world.pump();

    assert_eq!(seen(&mut world), before);
    assert!(!world.has_ended(waits));
}
