//! What is known to be granted, from where, and when it is asked for.

use callgate::bitrix24::engine::{Config, TokenUpdate};
use callgate::bitrix24::rights::grant::Source;
use callgate::bitrix24::rights::preflight::{Mode, Modes};
use callgate::bitrix24::wire::{event::TokenScopes, form};
use serde_json::json;

use crate::world::{Fate, PHONES, Renewal, Setup, World, call, made_up_token, phones};

fn scopes(world: &World) -> Option<Vec<String>> {
    let known = world.connection.grant().scopes()?;
    Some(known.iter().map(str::to_owned).collect())
}

fn refresh_with(world: &mut World, scope: Option<&str>) {
    let now = world.at();
    let update = TokenUpdate {
        token: made_up_token("another", Some("another-refresh")),
        scope: scope.map(str::to_owned),
    };
    world.connection.token(now, Ok(update));
    world.pump();
}

/// A connection as a frame has it: it can't see its token's scopes.
fn frame(scopes: &'static str) -> World {
    World::with(Setup {
        scopes,
        config: Config {
            asks_for_scopes: true,
            ..Config::default()
        },
        ..Setup::default()
    })
}

#[test]
fn a_token_answer_names_its_scopes_between_commas_or_blanks() {
    for list in ["crm,im", "crm im", "crm, im", " crm  im ,"] {
        let mut world = World::new();
        refresh_with(&mut world, Some(list));
        assert_eq!(scopes(&world).unwrap(), ["crm", "im"], "{list:?}");
        assert_eq!(world.connection.grant().source(), Source::Token);
        assert_eq!(world.connection.grant().as_of(), world.at());
    }
}

#[test]
fn a_list_of_only_app_or_of_nothing_proves_nothing_and_replaces_nothing() {
    for list in [Some("app"), Some("APP"), Some(""), Some(" , "), None] {
        let mut world = World::with(Setup {
            knows_scopes: true,
            scopes: "crm,im",
            ..Setup::default()
        });
        let since = world.connection.grant().as_of();
        world.pass(10);
        refresh_with(&mut world, list);
        assert_eq!(scopes(&world).unwrap(), ["crm", "im"], "{list:?}");
        assert_eq!(world.connection.grant().as_of(), since);
    }
    let mut world = World::new();
    refresh_with(&mut world, Some("app"));
    assert_eq!(scopes(&world), None);
    assert_eq!(world.connection.grant().source(), Source::None);
}

#[test]
fn a_refresh_that_answers_only_app_leaves_calls_as_free_as_they_were() {
    let mut world = World::with(Setup {
        life: 10,
        knows_scopes: true,
        ..Setup::default()
    });
    world.fault("refresh-app-scope");
    world.pass(10);
    assert!(world.run("user.get", "{}").is_ok());
    assert_eq!(world.refreshes.len(), 1);
    assert_eq!(world.connection.grant().scopes().unwrap().iter().count(), 4);
}

#[test]
fn a_refresh_with_fewer_scopes_is_believed_by_the_next_preflight() {
    let mut world = World::with(Setup {
        life: 10,
        knows_scopes: true,
        ..Setup::default()
    });
    world.portal.app("local.app", &["crm"]);
    world.pass(10);
    world.run("profile", "{}").unwrap();

    let error = world.run("user.get", "{}").unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.status),
        ("insufficient_scope", None)
    );
}

#[test]
fn a_frame_asks_for_its_scopes_alongside_the_first_call_and_once() {
    let mut world = frame("crm,im");
    let id = world.submit(call("profile", "{}"));
    assert!(world.end(id).is_ok());
    assert_eq!(world.times_of("scope").len(), 1);
    assert_eq!(scopes(&world).unwrap(), ["crm", "im"]);
    assert_eq!(world.connection.grant().source(), Source::Scope);

    world.submit(call("profile", "{}"));
    assert_eq!(world.times_of("scope").len(), 1);
    assert_eq!(world.ends.len(), 2);
}

#[test]
fn a_frames_first_call_does_not_wait_for_the_scopes() {
    let mut world = frame("crm,im");
    world.fate([Fate::Silence, Fate::Silence]);
    world.submit(phones());
    assert_eq!(world.times_of(PHONES), [0]);
    assert_eq!(world.times_of("scope"), [0]);
}

#[test]
fn a_frames_scopes_are_not_asked_for_again_when_nobody_answered() {
    let mut world = frame("crm,im");
    world.fate(std::iter::repeat_n(Fate::BrokenBefore, 8));
    for _ in 0..5 {
        world.submit(call("profile", "{}"));
        world.pass(100);
    }
    // Sent, and repeated as any read is.
    assert_eq!(world.times_of("scope"), [0, 0, 1, 2]);
    assert_eq!(scopes(&world), None);
}

#[test]
fn a_frame_asks_anew_for_each_token() {
    let mut world = frame("crm,im,telephony");
    world.submit(call("profile", "{}"));
    world.pass(3_600);
    world.portal.app("local.app", &["crm"]);
    world.fault("refresh-app-scope");
    world.submit(call("profile", "{}"));
    world.submit(call("profile", "{}"));

    assert_eq!(world.refreshes.len(), 1);
    assert_eq!(world.times_of("scope").len(), 2);
    assert_eq!(scopes(&world).unwrap(), ["crm"]);
}

#[test]
fn a_frames_old_scopes_deny_nothing_once_its_token_was_replaced() {
    let mut world = frame("crm");
    world.submit(call("profile", "{}"));
    refresh_with(&mut world, None);
    assert_eq!(scopes(&world), None);
    world.fate([Fate::Silence, Fate::Silence]);
    world.submit(phones());
    assert_eq!(world.times_of(PHONES).len(), 1);
}

#[test]
fn a_frames_scopes_are_not_asked_for_when_its_first_call_is_refused() {
    let mut world = World::with(Setup {
        config: Config {
            asks_for_scopes: true,
            modes: Modes {
                parameters: Mode::Enforce,
                ..Modes::default()
            },
            ..Config::default()
        },
        ..Setup::default()
    });
    let error = world.run(PHONES, "{}").unwrap_err();
    assert_eq!(error.code, "CALLGATE_PARAMETERS");
    assert!(world.sent.is_empty());
}

#[test]
fn an_answer_about_the_scopes_of_an_older_token_teaches_nothing() {
    let mut world = World::new();
    world.fate([Fate::Late(5)]);
    let question = world.connection.grant_question();
    world.submit(question);
    refresh_with(&mut world, None);
    world.pass(5);
    assert_eq!(scopes(&world), None);
}

#[test]
fn anybodys_question_for_the_tokens_scopes_teaches_the_connection() {
    let mut world = World::new();
    world.run("scope", "{}").unwrap();
    let known = scopes(&world).unwrap();
    assert_eq!(known, ["telephony", "crm", "im", "user"]);
}

#[test]
fn the_list_of_all_scopes_that_the_portal_knows_is_no_grant() {
    let mut world = World::new();
    world.run("scope", r#"{"full":1}"#).unwrap();
    assert_eq!(scopes(&world), None);
}

#[test]
fn a_webhook_learns_its_scopes_from_app_info() {
    let (mut world, _) = World::through_webhook(&["crm", "im"], Config::default());
    let question = world.connection.grant_question();
    assert_eq!(question.method.as_str(), "app.info");
    let id = world.submit(question);

    assert!(world.end(id).is_ok());
    assert_eq!(scopes(&world).unwrap(), ["crm", "im"]);
    assert_eq!(world.connection.grant().source(), Source::AppInfo);
    let error = world.run("user.get", "{}").unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.status),
        ("insufficient_scope", None)
    );
}

#[test]
fn an_apps_app_info_names_no_scopes_and_teaches_nothing() {
    let mut world = World::new();
    world.run("app.info", "{}").unwrap();
    assert_eq!(scopes(&world), None);
}

#[test]
fn an_answer_that_is_no_list_of_scopes_teaches_nothing() {
    for result in [
        json!(null),
        json!({}),
        json!([1, 2]),
        json!("crm"),
        json!([]),
    ] {
        let mut world = World::with(Setup {
            knows_scopes: true,
            scopes: "crm",
            ..Setup::default()
        });
        let body = json!({ "result": result }).to_string();
        world.fate([Fate::Instead(200, body)]);
        world.run("scope", "{}").unwrap();
        assert_eq!(scopes(&world).unwrap(), ["crm"], "{result}");
    }
}

#[test]
fn a_failed_refresh_leaves_the_grant_as_it_was() {
    let mut world = World::with(Setup {
        knows_scopes: true,
        scopes: "crm",
        life: 10,
        ..Setup::default()
    });
    world.pass(10);
    world.renewal([Renewal::Fails("no".to_owned())]);
    world.run("profile", "{}").unwrap_err();
    assert_eq!(scopes(&world).unwrap(), ["crm"]);
}

#[test]
fn asking_for_the_scopes_is_not_doubled_by_the_connections_own_question() {
    let mut world = frame("crm");
    world.run("scope", "{}").unwrap();
    world.run("profile", "{}").unwrap();
    assert_eq!(world.times_of("scope").len(), 1);
}

#[test]
fn asking_for_all_scopes_that_there_are_is_not_asking_for_the_tokens_own() {
    let mut world = frame("crm");
    world.run("scope", r#"{"full":1}"#).unwrap();
    world.run("profile", "{}").unwrap();
    assert_eq!(scopes(&world).unwrap(), ["crm"]);
}

/// Tells a connection of an event that carries a token and its scopes.
fn tell_of_scopes(world: &mut World, token: &str, scopes: &str, application_token: &str) {
    let event = format!(
        "event=ONCRMDEALADD&auth[access_token]={token}&auth[scope]={scopes}\
         &auth[member_id]=m&auth[application_token]={application_token}"
    );
    let told = TokenScopes::read(&form::read(&event)).unwrap();
    let now = world.at();
    world.connection.token_scopes(now, &told);
}

#[test]
fn an_event_with_the_connections_own_token_tells_its_scopes() {
    let mut world = World::with(Setup {
        knows_scopes: true,
        scopes: "crm,im",
        ..Setup::default()
    });
    let token = world.token.clone();
    world.pass(10);
    tell_of_scopes(
        &mut world,
        &token.access_token,
        "crm,disk",
        &token.application_token,
    );
    assert_eq!(scopes(&world).unwrap(), ["crm", "disk"]);
    assert_eq!(world.connection.grant().source(), Source::Event);
    assert_eq!(world.connection.grant().as_of(), world.at());

    tell_of_scopes(
        &mut world,
        &token.access_token,
        "app",
        &token.application_token,
    );
    assert_eq!(scopes(&world).unwrap(), ["crm", "disk"]);
}

#[test]
fn the_scopes_of_somebody_elses_token_say_nothing_of_the_connections() {
    let mut world = World::new();
    let application_token = world.token.application_token.clone();
    tell_of_scopes(&mut world, "another", "crm", &application_token);
    assert_eq!(scopes(&world), None);

    let replaced = world.token.access_token.clone();
    refresh_with(&mut world, None);
    tell_of_scopes(&mut world, &replaced, "crm", &application_token);
    assert_eq!(scopes(&world), None);

    let (mut webhook, _) = World::through_webhook(&["crm"], Config::default());
    tell_of_scopes(&mut webhook, "another", "crm", &application_token);
    assert_eq!(scopes(&webhook), None);
}

#[test]
fn scopes_from_a_sender_that_does_not_prove_itself_are_not_believed() {
    let mut world = World::new();
    let token = world.token.access_token.clone();
    tell_of_scopes(&mut world, &token, "crm", "wrong");
    assert_eq!(scopes(&world), None);

    let mut unchecking = World::with(Setup {
        checks_events: false,
        ..Setup::default()
    });
    let token = unchecking.token.clone();
    tell_of_scopes(
        &mut unchecking,
        &token.access_token,
        "crm",
        &token.application_token,
    );
    assert_eq!(scopes(&unchecking), None);

    let mut elsewhere = World::with(Setup {
        config: Config {
            member_id: Some("another".to_owned()),
            ..Config::default()
        },
        ..Setup::default()
    });
    let token = elsewhere.token.clone();
    tell_of_scopes(
        &mut elsewhere,
        &token.access_token,
        "crm",
        &token.application_token,
    );
    assert_eq!(scopes(&elsewhere), None);
}
