//! The check before anything is sent, in its three modes.

use callgate::bitrix24::engine::{Config, Notice};
use callgate::bitrix24::rights::method::MethodName;
use callgate::bitrix24::rights::preflight::{Mode, Modes};
use callgate::decision::{Evidence, Layer, Severity, Verdict};
use callgate::error::{Kind, Ran};

use crate::world::{PHONES, Setup, World, call, phones};

/// A world whose token is known to lack `telephony`.
fn without_telephony(modes: Modes) -> World {
    World::with(Setup {
        scopes: "crm,im",
        knows_scopes: true,
        config: Config {
            modes,
            ..Config::default()
        },
        ..Setup::default()
    })
}

fn for_phones(mode: Mode) -> Modes {
    Modes {
        methods: vec![(MethodName::parse(PHONES).unwrap(), mode)],
        ..Modes::default()
    }
}

#[test]
fn a_scope_that_is_proven_missing_stops_the_call_with_the_portals_own_code() {
    let mut world = without_telephony(Modes::default());
    let id = world.submit(phones());

    let error = world.error(id);
    assert_eq!(error.code, "insufficient_scope");
    assert_eq!((error.kind, error.ran), (Kind::Denied, Ran::No));
    assert_eq!((error.status, error.retryable), (None, false));
    assert_eq!(error.method.as_deref(), Some(PHONES));
    let decision = error.decision.as_deref().unwrap();
    assert_eq!(decision.verdict, Verdict::Denied);
    assert_eq!(decision.layer, Some(Layer::Scope));
    assert_eq!(decision.evidence, Evidence::Grant);
    assert_eq!(decision.needed.as_ref().unwrap(), &[["telephony"]]);
    assert_eq!(decision.provided.as_ref().unwrap(), &["crm", "im"]);
    assert!(decision.remedy.as_ref().unwrap().contains("telephony"));
    assert!(error.message.contains(PHONES) && error.message.contains("telephony"));
    assert!(world.sent.is_empty());
    assert_eq!(world.seen_by_portal(PHONES), 0);
}

#[test]
fn a_missing_scope_is_warned_of_once_where_warnings_are_wanted() {
    let mut world = without_telephony(Modes {
        scope: Mode::Warn,
        ..Modes::default()
    });
    for _ in 0..3 {
        let id = world.submit(phones());
        assert_eq!(world.error(id).status, Some(401));
    }
    assert_eq!(world.sent.len(), 3);
    assert_eq!(world.warnings().len(), 1);
    let Some(Notice::Warning {
        method, decision, ..
    }) = world.notices.first()
    else {
        panic!("no warning")
    };
    assert_eq!(method.as_ref().unwrap().as_str(), PHONES);
    assert!(decision.as_ref().unwrap().is_denied());
}

#[test]
fn a_missing_scope_is_nobodys_business_where_preflight_is_off() {
    let mut world = without_telephony(Modes {
        scope: Mode::Off,
        ..Modes::default()
    });
    world.submit(phones());
    assert_eq!(world.sent.len(), 1);
    assert!(world.warnings().is_empty());
}

#[test]
fn a_method_can_have_a_mode_of_its_own() {
    let mut lenient = without_telephony(for_phones(Mode::Off));
    lenient.submit(phones());
    assert_eq!(lenient.sent.len(), 1);
    let other = lenient.run("user.get", "{}").unwrap_err();
    assert_eq!(other.status, None, "other methods keep the usual mode");

    let mut strict = without_telephony(Modes {
        scope: Mode::Off,
        ..for_phones(Mode::Enforce)
    });
    strict.submit(phones());
    assert!(strict.sent.is_empty());
    strict.submit(call("user.get", "{}"));
    assert_eq!(strict.sent.len(), 1);
}

#[test]
fn a_modes_method_is_found_in_any_spelling() {
    let mut world = without_telephony(for_phones(Mode::Off));
    world.submit(call("VOXIMPLANT.User.Get", r#"{"USER_ID":1}"#));
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn missing_parameters_warn_once_and_the_call_goes_out() {
    let mut world = World::new();
    for _ in 0..3 {
        let error = world.run(PHONES, "{}").unwrap_err();
        assert_eq!(error.message, "Parameter USER_ID is not set");
    }
    assert_eq!(world.sent.len(), 3);
    assert_eq!(world.warnings().len(), 1);
    assert!(world.warnings()[0].contains("USER_ID"));

    world.run("crm.deal.get", "{}").unwrap_err();
    assert_eq!(world.warnings().len(), 2, "each method has its own warning");
}

#[test]
fn missing_parameters_stop_the_call_where_they_are_enforced() {
    let modes = Modes {
        parameters: Mode::Enforce,
        ..Modes::default()
    };
    let mut world = World::with(Setup {
        config: Config {
            modes,
            ..Config::default()
        },
        ..Setup::default()
    });
    for params in ["{}", r#"{"user_id":1}"#, r#"{"USER_ID":null}"#] {
        let error = world.run(PHONES, params).unwrap_err();
        assert_eq!(error.code, "CALLGATE_PARAMETERS");
        assert_eq!((error.kind, error.ran), (Kind::Denied, Ran::No));
        let decision = error.decision.as_deref().unwrap();
        assert_eq!(decision.layer, Some(Layer::Parameters));
        assert_eq!(decision.evidence, Evidence::Catalogue);
        assert_eq!(decision.problems[0].path, "USER_ID");
        assert_eq!(decision.problems[0].severity, Severity::Error);
    }
    assert!(world.sent.is_empty());
    world.submit(call(PHONES, "[1]"));
    world.submit(phones());
    assert_eq!(world.sent.len(), 2, "what is there, or has no name, passes");
}

#[test]
fn parameters_are_nobodys_business_where_preflight_is_off() {
    let modes = Modes {
        parameters: Mode::Off,
        ..Modes::default()
    };
    let mut world = World::with(Setup {
        config: Config {
            modes,
            ..Config::default()
        },
        ..Setup::default()
    });
    world.submit(call(PHONES, "{}"));
    assert_eq!(world.sent.len(), 1);
    assert!(world.warnings().is_empty());
}

#[test]
fn the_check_is_the_whole_truth_whatever_the_modes() {
    let world = without_telephony(Modes {
        scope: Mode::Off,
        parameters: Mode::Off,
        methods: Vec::new(),
    });
    let ask = call(PHONES, "{}");
    let decision = world
        .connection
        .check(world.at(), &ask.method, &ask.params, None);
    assert_eq!(decision.verdict, Verdict::Denied);
    assert_eq!(decision.layer, Some(Layer::Scope));
    assert_eq!(decision.problems.len(), 1);
    assert!(world.sent.is_empty());
}

#[test]
fn a_scope_that_stands_in_for_another_is_enough() {
    let groups = "socialnetwork.api.workgroup.list";
    for (scopes, method, requests) in [
        ("user", "user.get", 1),
        ("user_brief", "user.get", 1),
        ("USER", "user.get", 1),
        ("user.userfield", "user.get", 0),
        ("socialnetwork", groups, 1),
        ("sonet_group", groups, 1),
        ("crm", groups, 0),
    ] {
        let mut world = World::with(Setup {
            scopes,
            knows_scopes: true,
            ..Setup::default()
        });
        world.submit(call(method, "{}"));
        assert_eq!(world.sent.len(), requests, "{scopes} for {method}");
    }
}

#[test]
fn methods_of_every_token_need_no_scope() {
    let mut world = without_telephony(Modes::default());
    for method in ["profile", "scope", "server.time", "app.info", "methods"] {
        assert!(world.run(method, "{}").is_ok(), "{method}");
    }
}
