//! What decides beside the grant: the portal's own word, the way of the call, the documentation.

use std::sync::{Arc, LazyLock};

use callgate::bitrix24::rights::catalogue::Catalogue;
use callgate::bitrix24::rights::grant::{Grant, Source};
use callgate::bitrix24::rights::method::MethodName;
use callgate::bitrix24::rights::params::Params;
use callgate::bitrix24::rights::preflight::{Mode, Modes, Question};
use callgate::bitrix24::rights::scope::ScopeSet;
use callgate::bitrix24::rights::standing::{Standing, Standings};
use callgate::decision::{Decision, Evidence, Layer, Verdict};
use callgate::time::Instant;

use crate::world::{Setup, World, call};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let details = include_bytes!("../../catalogue/details.bin");
    Catalogue::bundled().with_details(details.to_vec()).unwrap()
});

/// Asks about a call of an application that was granted `scopes`, unless none are known.
fn ask<T>(
    catalogue: &Catalogue,
    scopes: &str,
    method: &str,
    params: &str,
    tell: impl FnOnce(Question<'_>) -> T,
) -> T {
    let mut grant = Grant::unknown();
    grant.learn(ScopeSet::parse(scopes), Source::Given, Instant::default());
    let name = MethodName::parse(method).unwrap();
    let params = Params::parse(params).unwrap();
    let entry = catalogue.get(method, None);
    tell(Question::new(catalogue, entry, &grant, &name, &params))
}

fn told(scopes: &str, method: &str, standing: Standing) -> (Decision, Option<(Layer, Mode)>) {
    ask(Catalogue::bundled(), scopes, method, "{}", |question| {
        let question = Question {
            standing: Some(standing),
            ..question
        };
        let objection = question.objection(&Modes::default());
        (question.check(), objection.map(|it| (it.layer, it.mode)))
    })
}

fn summary(decision: &Decision) -> (Verdict, Option<Layer>, Evidence) {
    (decision.verdict, decision.layer, decision.evidence)
}

#[test]
fn a_scope_that_the_portal_denied_is_denied_whatever_the_grant_says() {
    for standing in [
        Standing::denied(Layer::Scope),
        Standing::by_method_get(true, false),
    ] {
        let (decision, objection) = told("crm", "crm.deal.list", standing);
        let expected = (Verdict::Denied, Some(Layer::Scope), standing.evidence);
        assert_eq!(summary(&decision), expected);
        assert_eq!(objection, Some((Layer::Scope, Mode::Enforce)));
        assert!(
            decision
                .remedy
                .unwrap()
                .starts_with("Give the application the scope")
        );
    }
}

#[test]
fn a_method_that_the_portal_does_not_know_is_denied_by_name() {
    for standing in [
        Standing::denied(Layer::Method),
        Standing::by_method_get(false, false),
    ] {
        let (decision, objection) = told("", "crm.deal.lst", standing);
        let expected = (Verdict::Denied, Some(Layer::Method), standing.evidence);
        assert_eq!(summary(&decision), expected);
        assert_eq!(objection, Some((Layer::Method, Mode::Enforce)));
        let remedy = "The portal knows no crm.deal.lst; did you mean crm.deal.list?";
        assert_eq!(decision.remedy.unwrap(), remedy);
    }
}

#[test]
fn what_the_portal_allowed_is_allowed_whatever_grant_and_catalogue_say() {
    for (standing, method) in [
        (Standing::allowed(), "crm.deal.list"),
        (Standing::by_method_get(true, true), "crm.deal.list"),
        (Standing::allowed(), "vendor.thing"),
    ] {
        let (decision, objection) = told("im", method, standing);
        assert_eq!(
            summary(&decision),
            (Verdict::Allowed, None, standing.evidence)
        );
        assert_eq!(objection, None);
    }
}

#[test]
fn a_result_is_worth_keeping_only_where_a_refusal_was_expected() {
    let expects = |scopes, method| {
        ask(Catalogue::bundled(), scopes, method, "{}", |it| {
            it.expects_refusal()
        })
    };
    assert!(expects("im", "crm.deal.list"));
    assert!(!expects("crm", "crm.deal.list"));
    assert!(!expects("", "crm.deal.list"));
    assert!(!expects("im", "vendor.thing"));
}

#[test]
fn the_word_of_method_get_gives_way_to_an_answer_and_both_to_a_new_token() {
    let method = MethodName::parse("crm.deal.list").unwrap();
    let other_case = MethodName::parse("CRM.Deal.List").unwrap();
    let now = Instant::from_millis(1);
    let mut standings = Standings::of_token();
    standings.hear(&method, Standing::by_method_get(true, false), now);
    assert_eq!(
        standings.of(&other_case, now).unwrap().evidence,
        Evidence::MethodGet
    );
    standings.hear(&method, Standing::allowed(), now);
    standings.hear(&method, Standing::by_method_get(true, false), now);
    assert!(standings.of(&method, now).unwrap().allowed);
    standings.hear(&other_case, Standing::denied(Layer::Scope), now);
    assert!(
        !standings
            .of(&method, Instant::from_millis(u64::MAX))
            .unwrap()
            .allowed
    );
    standings.forget_all();
    assert_eq!(standings.of(&method, now), None);
}

#[test]
fn an_unknown_method_passes_and_the_one_that_was_meant_is_named() {
    for (given, remedy) in [
        (
            "crm.deal.lst",
            "The catalogue knows no crm.deal.lst; did you mean crm.deal.list?",
        ),
        (
            "CRM.DEAL.LITS",
            "The catalogue knows no CRM.DEAL.LITS; did you mean crm.deal.list?",
        ),
        (
            "vendor.x",
            "The catalogue knows no vendor.x: check its name and REST version.",
        ),
    ] {
        let decision = ask(Catalogue::bundled(), "crm", given, "{}", |it| it.check());
        assert_eq!(
            summary(&decision),
            (Verdict::Unknown, Some(Layer::Method), Evidence::None)
        );
        assert_eq!(decision.remedy.as_deref(), Some(remedy));
        let objection = ask(Catalogue::bundled(), "crm", given, "{}", |it| {
            it.objection(&Modes::default())
        });
        assert_eq!(objection, None);
    }
}

#[test]
fn scopes_are_named_as_people_say_it() {
    for (scopes, method, remedy) in [
        (
            "im",
            "user.get",
            "Give the application the scope user or user_basic or user_brief in the portal, then \
             let it get a new token.",
        ),
        (
            "",
            "crm.item.fields",
            "Make sure that crm is granted (loadGrant() asks the portal).",
        ),
        (
            "im",
            "sign.b2e.company.provider.list",
            "If the portal refuses it: Give the application the scope sign.b2e and crm in the \
             portal, then let it get a new token.",
        ),
    ] {
        let params = r#"{"entityTypeId":1}"#;
        let decision = ask(Catalogue::bundled(), scopes, method, params, |it| {
            it.check()
        });
        assert_eq!(decision.remedy.as_deref(), Some(remedy), "{method}");
    }
    let decision = ask(Catalogue::bundled(), "im", "user.get", "{}", |question| {
        Question {
            webhook: true,
            ..question
        }
        .check()
    });
    let remedy = "Give the webhook the scope user or user_basic or user_brief in the portal.";
    assert_eq!(decision.remedy.as_deref(), Some(remedy));
}

#[test]
fn a_deprecated_method_names_its_page_and_what_to_use_instead() {
    let decision = ask(&CATALOGUE, "crm", "crm.deal.list", "{}", |it| it.check());
    assert_eq!(
        summary(&decision),
        (Verdict::Allowed, Some(Layer::Method), Evidence::Grant)
    );
    assert_eq!(decision.deprecated.unwrap().replacements, ["crm.item.list"]);
    assert_eq!(
        decision.remedy.unwrap(),
        "Deprecated: use crm.item.list instead."
    );
    let page = "https://apidocs.bitrix24.com/api-reference/crm/deals/crm-deal-list.html";
    assert_eq!(decision.docs.unwrap(), page);

    let bare = ask(Catalogue::bundled(), "crm", "crm.deal.list", "{}", |it| {
        it.check()
    });
    assert_eq!((bare.layer, bare.docs, bare.deprecated), (None, None, None));
}

#[test]
fn a_mistyped_name_is_told_of_beside_what_else_there_is_to_say() {
    let params = r#"{"USER_ID":1,"USRE_ID":1}"#;
    let decision = ask(
        &CATALOGUE,
        "telephony",
        "voximplant.user.get",
        params,
        |it| it.check(),
    );
    assert_eq!(decision.layer, Some(Layer::Confirmation));
    assert_eq!(
        decision.remedy.unwrap(),
        "The first call asks an administrator in the portal to confirm it. Check USRE_ID (unknown; \
         did you mean USER_ID?)."
    );
}

#[test]
fn what_only_the_documentation_says_of_a_method_goes_by_the_mode_of_parameters() {
    let of = |parameters, scope| {
        let modes = Modes {
            parameters,
            scope,
            ..Modes::default()
        };
        ask(&CATALOGUE, "crm", "crm.deal.list", "{}", |question| {
            question.objection(&modes).map(|it| (it.layer, it.mode))
        })
    };
    assert_eq!(of(Mode::Warn, Mode::Off), Some((Layer::Method, Mode::Warn)));
    assert_eq!(
        of(Mode::Enforce, Mode::Enforce),
        Some((Layer::Method, Mode::Warn))
    );
    assert_eq!(of(Mode::Off, Mode::Enforce), None);

    let finding = |method| {
        ask(&CATALOGUE, "crm", method, "{}", |question| {
            question.objection(&Modes::default()).unwrap().finding
        })
    };
    assert_ne!(finding("crm.deal.list"), finding("crm.lead.list"));
}

#[test]
fn a_method_for_applications_warns_where_a_webhook_calls_it() {
    let of = |webhook| {
        ask(&CATALOGUE, "im", "app.info", "{}", |question| {
            let question = Question {
                webhook,
                ..question
            };
            let objection = question.objection(&Modes::default());
            (question.check(), objection.map(|it| (it.layer, it.mode)))
        })
    };
    let (by_webhook, objection) = of(true);
    assert_eq!(by_webhook.layer, Some(Layer::Method));
    assert_eq!(by_webhook.verdict, Verdict::Allowed);
    assert_eq!(by_webhook.problems[0].path, "");
    assert!(by_webhook.remedy.unwrap().contains("application's token"));
    assert_eq!(objection, Some((Layer::Method, Mode::Warn)));
    let (by_token, objection) = of(false);
    assert!(by_token.problems.is_empty() && objection.is_none());
}

#[test]
fn an_event_has_to_be_one_that_the_application_hears_of() {
    let problems = |scopes, event| {
        let params = format!(r#"{{"event":"{event}","handler":"https://a.b"}}"#);
        let decision = ask(&CATALOGUE, scopes, "event.bind", &params, |it| it.check());
        let problems = decision.problems.into_iter();
        problems
            .map(|it| [it.path, it.reason].join(": "))
            .collect::<Vec<_>>()
    };
    assert_eq!(problems("crm", "onCrmDealAdd"), [""; 0]);
    assert_eq!(
        problems("im", "ONCRMDEALADD"),
        ["event: the application hears of this event with the scope crm"]
    );
    assert_eq!(
        problems("crm", "ONCRMDEALAD"),
        ["event: not a documented event; did you mean onCrmDealAdd?"]
    );
    assert_eq!(problems("crm", "OnVendorThing"), [""; 0]);
}

/// The decision of a connection about a batch.
fn check_batch(scopes: &'static str, cmd: &str) -> Decision {
    let mut world = World::with(Setup {
        scopes,
        knows_scopes: true,
        ..Setup::default()
    });
    world.connection.use_catalogue(Arc::new(CATALOGUE.clone()));
    let batch = call("batch", &format!(r#"{{"cmd":{cmd}}}"#));
    let now = Instant::from_millis(1);
    world
        .connection
        .check(now, &batch.method, &batch.params, None)
}

#[test]
fn each_command_of_a_batch_is_decided_and_one_that_is_denied_denies_it() {
    let decision = check_batch(
        "crm",
        r#"{"a":"crm.item.list?entityTypeId=2&filter[>id]=1","b":"im.user.get","__proto__":"x.y"}"#,
    );
    assert_eq!(
        summary(&decision),
        (Verdict::Denied, Some(Layer::Scope), Evidence::Grant)
    );
    let of = |at: usize| {
        (
            decision.commands[at].0.as_str(),
            decision.commands[at].1.verdict,
        )
    };
    assert_eq!(of(0), ("a", Verdict::Allowed));
    assert_eq!(of(1), ("b", Verdict::Denied));
    assert_eq!(of(2), ("__proto__", Verdict::Unknown));
    assert!(
        decision
            .remedy
            .unwrap()
            .starts_with("Command b: Give the application the scope im")
    );

    let fine = check_batch("crm", r#"["crm.item.list?entityTypeId=2","profile"]"#);
    assert_eq!(fine.verdict, Verdict::Allowed);
    let names: Vec<&str> = fine
        .commands
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["0", "1"]);
}

#[test]
fn a_batch_in_a_batch_warns() {
    let decision = check_batch("crm", r#"["batch?cmd[0]=profile"]"#);
    let (_, nested) = &decision.commands[0];
    assert_eq!(
        (nested.verdict, nested.layer),
        (Verdict::Allowed, Some(Layer::Method))
    );
    assert_eq!(nested.problems[0].reason, "not allowed in a batch");
    assert!(check_batch("crm", "[]").commands.is_empty());
}
