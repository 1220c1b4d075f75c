//! Rule 9: a secret appears in no error, notice, decision, Debug output or address, whoever repeats
//! it: the portal, a web server before it, the network, or the server that refreshes tokens.

use std::fmt::Debug;

use callgate::bitrix24::engine::{Config, RefreshRequest, TokenUpdate};
use callgate::bitrix24::rights::preflight::{Mode, Modes};
use callgate::bitrix24::wire::address::{Endpoint, Webhook};
use callgate::bitrix24::wire::envelope::Reply;
use callgate::bitrix24::wire::{event::MethodConfirm, form};
use callgate::error::Error;
use callgate::http::BodyFormat;
use callgate::secret::Secret;
use serde_json::json;

use crate::world::{Fate, Renewal, World, call, made_up_token, phones, waiting, waiting_phones};

const ACCESS: &str = "aXXccess0planted5e7f";
const REFRESH: &str = "rXXefresh0planted91ab";
const NEW_ACCESS: &str = "nXXew0access0planted3c";
const NEW_REFRESH: &str = "nXXew0refresh0planted8d";
const HOOK: &str = "wXXebhook0planted2468";
const APPLICATION: &str = "pXXapplication0planted1357";
const PLANTED: [&str; 6] = [ACCESS, REFRESH, NEW_ACCESS, NEW_REFRESH, HOOK, APPLICATION];

fn assert_clean(text: &str) {
    for secret in PLANTED {
        assert!(!text.contains(secret), "{secret} is in: {text}");
        assert!(!text.contains("planted"), "part of a secret is in: {text}");
    }
}

fn assert_debug_is_clean(value: &impl Debug) {
    assert_clean(&format!("{value:?}"));
    assert_clean(&format!("{value:#?}"));
}

fn assert_error_is_clean(error: &Error) {
    assert_debug_is_clean(error);
    assert_clean(&error.to_string());
    assert_clean(&error.code);
    assert_clean(&error.message);
    assert_clean(error.method.as_deref().unwrap_or_default());
    assert_clean(&format!("{:?}", error.decision));
}

/// Everything that a connection has let out, except for its requests' own bodies.
fn assert_world_is_clean(world: &World) {
    for (_, _, end) in &world.ends {
        if let Err(error) = end {
            assert_error_is_clean(error);
        }
    }
    for notice in &world.notices {
        assert_debug_is_clean(notice);
    }
    for request in &world.refreshes {
        assert_debug_is_clean(request);
    }
}

fn config() -> Config {
    Config {
        application_token: Some(Secret::new(APPLICATION)),
        modes: Modes {
            parameters: Mode::Warn,
            ..Modes::default()
        },
        ..Config::default()
    }
}

/// A world whose token is planted; the portal doesn't know it.
fn with_token() -> World {
    with_token_in(BodyFormat::Json)
}

fn with_token_in(format: BodyFormat) -> World {
    let setup = crate::world::Setup {
        config: Config { format, ..config() },
        checks_events: false,
        ..Default::default()
    };
    let mut world = World::with(setup);
    let now = world.at();
    let update = TokenUpdate {
        token: made_up_token(ACCESS, Some(REFRESH)),
        scope: Some("telephony,crm".to_owned()),
    };
    world.connection.token(now, Ok(update));
    world.pump();
    world
}

fn with_webhook() -> World {
    let (mut world, _) = World::through_webhook(&["crm"], Config::default());
    let url = format!("https://portal.bitrix24.com/rest/1/{HOOK}/");
    let webhook = Webhook::parse(&url).unwrap();
    world.connection = callgate::bitrix24::engine::Connection::with_webhook(config(), &webhook);
    world
}

/// Answers and failures that repeat `secret` wherever they can.
fn echoes(secret: &str) -> Vec<Fate> {
    let body = |value: serde_json::Value| value.to_string();
    vec![
        Fate::Instead(
            400,
            body(json!({"error": "E", "error_description": format!("no {secret}!")})),
        ),
        Fate::Instead(403, body(json!({"error": secret, "error_description": ""}))),
        Fate::Instead(
            401,
            body(json!({"error": format!("X_{secret}_Y"), "error_description": secret})),
        ),
        Fate::Instead(
            403,
            body(json!({"error": "ACCESS_DENIED", "error_description":
            format!("<b>{secret}</b><br>{secret}")})),
        ),
        Fate::Instead(
            401,
            body(json!({"error": "METHOD_CONFIRM_WAITING", "error_description": secret})),
        ),
        Fate::Instead(
            401,
            body(json!({"error": "insufficient_scope", "error_description":
            format!("auth={secret}&x")})),
        ),
        Fate::Instead(
            400,
            body(json!({"error": {"code": secret, "message": secret}})),
        ),
        Fate::Instead(502, format!("<html>{secret}</html>")),
        Fate::Instead(200, body(json!({"not a result": secret}))),
        Fate::Instead(200, format!("{{\"result\":\"{secret}")),
        Fate::Moved(Some(format!(
            "https://new.example/rest/1/{secret}/profile?auth={secret}"
        ))),
        Fate::Moved(Some(format!("https://{secret}@new.example/"))),
        Fate::Moved(Some(format!("https://{secret}.example/rest/"))),
        Fate::Moved(Some(format!("https://new.example:{secret}/rest/"))),
        Fate::BreaksSaying(format!(
            "fetch of https://portal.example/rest/1/{secret}/x failed"
        )),
        Fate::BreaksSaying(secret.to_owned()),
    ]
}

#[test]
fn rule_9_what_the_portal_and_the_network_repeat_of_a_token_is_struck_out() {
    for secret in [ACCESS, REFRESH, APPLICATION] {
        for echo in echoes(secret) {
            let mut world = with_token();
            world.fate([echo.clone()]);
            let id = world.submit(phones());
            world.pass(100);
            assert!(world.end(id).is_err(), "{echo:?}");
            assert_world_is_clean(&world);
        }
    }
}

#[test]
fn rule_9_what_the_portal_and_the_network_repeat_of_a_webhook_is_struck_out() {
    for echo in echoes(HOOK) {
        let mut world = with_webhook();
        world.fate(std::iter::repeat_n(echo.clone(), 4));
        let id = world.submit(call("crm.deal.get", "{}"));
        world.pass(60);
        assert!(world.end(id).is_err(), "{echo:?}");
        assert_world_is_clean(&world);
    }
}

#[test]
fn rule_9_the_server_of_tokens_may_repeat_the_refresh_token_in_its_refusal() {
    let mut world = with_token();
    world.fate([Fate::Instead(
        401,
        json!({"error": "expired_token"}).to_string(),
    )]);
    let reason = format!("invalid_grant: {REFRESH} is used, so is {ACCESS}");
    world.renewal([Renewal::Fails(reason)]);
    let id = world.submit(call("profile", "{}"));

    assert_eq!(world.error(id).code, "CALLGATE_REFRESH_FAILED");
    assert!(world.error(id).message.contains("invalid_grant"));
    assert_world_is_clean(&world);
}

#[test]
fn rule_9_both_tokens_are_struck_out_around_a_refresh() {
    for secret in [ACCESS, REFRESH, NEW_ACCESS, NEW_REFRESH] {
        let mut world = with_token();
        let echo = json!({"error": "E", "error_description": secret}).to_string();
        let ended = json!({"error": "expired_token", "error_description": secret}).to_string();
        let waits = json!({"error": "METHOD_CONFIRM_WAITING", "error_description": secret});
        world.renewal([Renewal::Gives(TokenUpdate {
            token: made_up_token(NEW_ACCESS, Some(NEW_REFRESH)),
            scope: None,
        })]);
        world.fate([
            Fate::Instead(401, waits.to_string()),
            Fate::Instead(401, ended),
            Fate::Instead(400, echo.clone()),
            Fate::Instead(400, echo),
        ]);
        let waits = world.submit(waiting_phones());
        let refreshed = world.submit(call("profile", "{}"));
        world.pass(10);

        assert!(world.end(waits).is_err() && world.end(refreshed).is_err());
        assert_eq!(world.refreshes.len(), 1);
        assert_world_is_clean(&world);
    }
}

#[test]
fn rule_9_a_request_that_is_out_while_its_token_is_replaced_keeps_that_tokens_secrets() {
    for secret in [ACCESS, REFRESH] {
        let mut world = with_token();
        world.fate([Fate::Silence]);
        let id = world.submit(call("profile", "{}"));
        let now = world.at();
        let update = TokenUpdate {
            token: made_up_token(NEW_ACCESS, Some(NEW_REFRESH)),
            scope: None,
        };
        world.connection.token(now, Ok(update));
        let echo = json!({"error": "E", "error_description": secret}).to_string();
        let exchange = world.sent[0].exchange;
        world
            .connection
            .response(now, exchange, Reply::read(400, &echo));
        world.pump();

        assert!(world.end(id).is_err());
        assert_world_is_clean(&world);
    }
}

#[test]
fn rule_9_the_ends_that_the_connection_makes_itself_hold_no_secret() {
    let mut world = with_token();
    world.fate([Fate::Silence]);
    world.submit(call("profile", "{}"));
    world.submit(waiting(phones(), Some(5)));
    world.pass(100);
    world.submit(call("im.dialog.get", "{}"));
    world.connection.close();
    world.submit(call("profile", "{}"));

    assert!(world.ends.len() >= 3);
    assert_world_is_clean(&world);
}

#[test]
fn rule_9_an_address_holds_no_secret_but_a_webhooks_own() {
    for format in [BodyFormat::Json, BodyFormat::Form] {
        let mut world = with_token_in(format);
        world.fate([Fate::Silence, Fate::Silence]);
        world.submit(phones());
        world.submit(call("profile", "{}"));
        for sent in &world.sent {
            assert_clean(&sent.request.url);
            assert_clean(sent.request.idempotency_key.as_deref().unwrap_or_default());
            assert!(sent.request.body.contains(ACCESS));
            assert!(!sent.request.body.contains(REFRESH));
            assert!(!sent.request.body.contains(APPLICATION));
        }

        let mut world = with_webhook();
        world.submit(call("crm.deal.list", "{}"));
        let url = &world.sent[0].request.url;
        let expected = format!("https://portal.bitrix24.com/rest/1/{HOOK}/crm.deal.list");
        assert_eq!(url, &expected, "{format:?}");
        assert_clean(&world.sent[0].request.body);
    }
}

#[test]
fn rule_9_no_public_type_shows_a_secret_when_it_is_debugged() {
    let token = made_up_token(ACCESS, Some(REFRESH));
    assert_debug_is_clean(&token);
    assert_debug_is_clean(&TokenUpdate {
        token: token.clone(),
        scope: None,
    });
    assert_debug_is_clean(&RefreshRequest {
        access: token.access.clone(),
        refresh: token.refresh.clone(),
    });
    assert_debug_is_clean(&config());
    assert_debug_is_clean(&Secret::new(ACCESS));
    let url = format!("https://portal.bitrix24.com/rest/1/{HOOK}/");
    let webhook = Webhook::parse(&url).unwrap();
    assert_debug_is_clean(&webhook);
    assert_debug_is_clean(&Endpoint::webhook(&webhook));
    let event = format!(
        "event=ONAPPMETHODCONFIRM&data[TOKEN]={ACCESS}&data[METHOD]=a.b\
         &data[CONFIRMED]=1&auth[application_token]={APPLICATION}"
    );
    assert_debug_is_clean(&MethodConfirm::read(&form::read(&event)).unwrap());
}

#[test]
fn rule_9_a_webhooks_address_that_is_refused_is_not_repeated() {
    for url in [
        format!("http://portal.example/rest/1/{HOOK}/"),
        format!("https://portal.example/rest/{HOOK}"),
        format!("https://portal.example/rest/1/{HOOK}/profile/x"),
        format!("https://portal.example/rest/1/{HOOK}!/"),
        format!("https://{HOOK}@portal.example/rest/1/{HOOK}/"),
        format!("ftp://portal.example/rest/1/{HOOK}/"),
        HOOK.to_owned(),
    ] {
        let error = Webhook::parse(&url).unwrap_err();
        assert_error_is_clean(&error);
    }
}

#[test]
fn rule_9_events_tell_listeners_of_confirmations_without_their_token() {
    let mut world = with_token();
    let waits = json!({"error": "METHOD_CONFIRM_WAITING"}).to_string();
    let denied = json!({"error": "METHOD_CONFIRM_DENIED"}).to_string();
    world.fate([Fate::Instead(401, waits), Fate::Instead(403, denied)]);
    world.submit(waiting_phones());
    world.pass(10);

    assert_eq!(world.confirmations_told().len(), 2);
    assert_world_is_clean(&world);
}

#[test]
fn rule_9_a_secret_within_a_longer_one_leaves_nothing_of_either() {
    let mut world = with_token();
    let now = world.at();
    let longer = format!("{ACCESS}-and-more-planted");
    let update = TokenUpdate {
        token: made_up_token(ACCESS, Some(&longer)),
        scope: None,
    };
    world.connection.token(now, Ok(update));
    let echo = json!({"error": "E", "error_description": longer}).to_string();
    world.fate([Fate::Instead(400, echo)]);
    let id = world.submit(call("profile", "{}"));

    assert!(world.end(id).is_err());
    assert_world_is_clean(&world);
}
