//! Rule 5: what the portal itself said of a method stands above the grant and the catalogue.

use callgate::bitrix24::engine::{Call, Config, TokenUpdate};
use callgate::bitrix24::rights::grant::Source;
use callgate::bitrix24::rights::preflight::{Mode, Modes};
use callgate::decision::{Decision, Evidence, Layer, Verdict};
use callgate::error::Ran;

use crate::world::{Fate, Setup, World, call, made_up_token};

fn check(world: &World, method: &str) -> Decision {
    let Call { method, params, .. } = call(method, "{}");
    world.connection.check(world.at(), &method, &params, None)
}

/// A connection whose token carries `scopes`, which it doesn't know.
fn with(scopes: &'static str) -> World {
    World::with(Setup {
        scopes,
        ..Setup::default()
    })
}

fn replace_token(world: &mut World) {
    let update = TokenUpdate {
        token: made_up_token("another", None),
        scope: None,
    };
    world.connection.token(world.at(), Ok(update));
    world.pump();
}

fn ask_about(world: &mut World, method: &str) -> bool {
    let method = call(method, "{}").method;
    let question = world.connection.availability_question(world.at(), &method);
    let asks = question.is_some();
    question.map(|question| world.submit(question));
    asks
}

#[test]
fn rule_5_a_scope_that_the_portal_refused_is_not_asked_for_again() {
    let mut world = with("im");
    let first = world.run("crm.deal.list", "{}").unwrap_err();
    assert_eq!(
        (first.code.as_str(), first.status),
        ("insufficient_scope", Some(401))
    );
    let decision = check(&world, "CRM.deal.list");
    assert_eq!(decision.verdict, Verdict::Denied);
    assert_eq!(decision.layer, Some(Layer::Scope));
    assert_eq!(decision.evidence, Evidence::Server);

    let second = world.run("crm.deal.list", "{}").unwrap_err();
    assert_eq!(second.code, "insufficient_scope");
    assert_eq!((second.ran, second.status), (Ran::No, None));
    assert_eq!(world.times_of("crm.deal.list").len(), 1);
    assert_eq!(
        check(&world, "crm.lead.list").verdict,
        Verdict::Unknown,
        "nothing was said of this one"
    );
}

#[test]
fn the_portals_refusal_outranks_what_the_grant_claims() {
    let mut world = with("im");
    world
        .connection
        .learn_scopes(world.at(), "crm", Source::Given);
    assert_eq!(check(&world, "crm.deal.list").verdict, Verdict::Allowed);
    world.run("crm.deal.list", "{}").unwrap_err();
    assert_eq!(check(&world, "crm.deal.list").verdict, Verdict::Denied);
}

#[test]
fn a_refusal_goes_with_its_token_and_with_the_next_word_on_what_is_granted() {
    let mut world = with("im");
    world.run("crm.deal.list", "{}").unwrap_err();
    replace_token(&mut world);
    assert_eq!(check(&world, "crm.deal.list").verdict, Verdict::Unknown);

    let mut world = with("im");
    world.run("crm.deal.list", "{}").unwrap_err();
    let question = world.connection.grant_question();
    world.submit(question);
    assert_eq!(check(&world, "crm.deal.list").evidence, Evidence::Grant);
}

#[test]
fn a_refusal_through_a_webhook_is_forgotten_after_ten_minutes() {
    let (mut world, _) = World::through_webhook(&["im"], Config::default());
    world.run("crm.deal.list", "{}").unwrap_err();
    world.run("crm.deal.list", "{}").unwrap_err();
    assert_eq!(world.times_of("crm.deal.list").len(), 1);
    world.pass(600);
    world.run("crm.deal.list", "{}").unwrap_err();
    assert_eq!(world.times_of("crm.deal.list").len(), 2);
}

#[test]
fn a_result_contradicts_a_refusal_and_a_grant() {
    let modes = Modes {
        scope: Mode::Warn,
        ..Modes::default()
    };
    let mut world = World::with(Setup {
        scopes: "crm",
        config: Config {
            modes,
            ..Config::default()
        },
        ..Setup::default()
    });
    world
        .connection
        .learn_scopes(world.at(), "im", Source::Given);
    assert_eq!(check(&world, "crm.deal.list").verdict, Verdict::Denied);
    world.run("crm.deal.list", "{}").unwrap();
    let decision = check(&world, "crm.deal.list");
    assert_eq!(
        (decision.verdict, decision.evidence),
        (Verdict::Allowed, Evidence::Server)
    );

    world.fate([Fate::Instead(
        401,
        r#"{"error":"insufficient_scope","error_description":"no"}"#.to_owned(),
    )]);
    world.run("crm.deal.list", "{}").unwrap_err();
    assert_eq!(check(&world, "crm.deal.list").verdict, Verdict::Denied);
    world.run("crm.deal.list", "{}").unwrap();
    assert_eq!(check(&world, "crm.deal.list").verdict, Verdict::Allowed);
}

#[test]
fn what_depends_on_parameters_teaches_nothing_about_the_method() {
    let refusal = r#"{"error":"insufficient_scope","error_description":""}"#;
    for (method, params, status) in [
        ("userfieldconfig.list", r#"{"moduleId":"crm"}"#, 401),
        ("user.update", r#"{"ID":1}"#, 200),
    ] {
        let mut world = with("user,userfieldconfig");
        world.fate([Fate::Instead(status, refusal.to_owned())]);
        world.run(method, params).unwrap_err();
        assert_ne!(check(&world, method).evidence, Evidence::Server, "{method}");
    }
}

#[test]
fn method_get_is_asked_once_and_believed() {
    let mut world = with("im");
    for (method, verdict, layer) in [
        ("im.user.get", Verdict::Allowed, None),
        ("crm.deal.list", Verdict::Denied, Some(Layer::Scope)),
        (
            "vendor.no.such.method",
            Verdict::Denied,
            Some(Layer::Method),
        ),
    ] {
        assert!(ask_about(&mut world, method));
        let decision = check(&world, method);
        assert_eq!(decision.verdict, verdict, "{method}");
        assert_eq!(decision.evidence, Evidence::MethodGet, "{method}");
        if layer.is_some() {
            assert_eq!(decision.layer, layer, "{method}");
        }
        assert!(!ask_about(&mut world, &method.to_uppercase()));
    }
    assert_eq!(world.times_of("method.get").len(), 3);
    let error = world.run("vendor.no.such.method", "{}").unwrap_err();
    assert_eq!(error.code, "ERROR_METHOD_NOT_FOUND");
    assert_eq!(world.seen_by_portal("vendor.no.such.method"), 0);

    replace_token(&mut world);
    assert!(ask_about(&mut world, "crm.deal.list"));
}

#[test]
fn an_answer_to_the_method_itself_outranks_method_get() {
    let mut world = with("im");
    world.run("crm.deal.list", "{}").unwrap_err();
    world.fate([Fate::Instead(
        200,
        r#"{"result":{"isExisting":true,"isAvailable":true}}"#.to_owned(),
    )]);
    world
        .run("method.get", r#"{"name":"crm.deal.list"}"#)
        .unwrap();
    let decision = check(&world, "crm.deal.list");
    assert_eq!(
        (decision.verdict, decision.evidence),
        (Verdict::Denied, Evidence::Server)
    );
}

#[test]
fn what_is_said_of_version_2_says_nothing_of_version_3() {
    use callgate::bitrix24::rights::method::Version;
    let mut world = with("im");
    world.run("tasks.task.get", r#"{"taskId":1}"#).unwrap_err();
    let Call { method, params, .. } = call("tasks.task.get", r#"{"id":1}"#);
    let of = |version| {
        world
            .connection
            .check(world.at(), &method, &params, Some(version))
    };
    assert_eq!(of(Version::V2).evidence, Evidence::Server);
    assert_ne!(of(Version::V3).evidence, Evidence::Server);
}
