//! The check before a call: the first line is a method, the rest are parameters. It ends with a
//! decision that its problems bear out, the same however the parameters are laid out, and which goes
//! along with what the connection is told to do.
//!
//! A name that isn't in the catalogue stands for some method that is, or nearly all changes would
//! lead to unknown methods; a name that begins with `vendor.` is an unknown one.

use std::sync::LazyLock;

use callgate::bitrix24::rights::catalogue::Catalogue;
use callgate::bitrix24::rights::grant::Grant;
use callgate::bitrix24::rights::method::{MethodName, Version};
use callgate::bitrix24::rights::params::Params;
use callgate::bitrix24::rights::preflight::{Mode, Modes, Question};
use callgate::decision::{Decision, Layer, Severity, Verdict};
use callgate::value::Value;

static BOTH_TIERS: LazyLock<Catalogue> = LazyLock::new(|| {
    let details = include_bytes!("../../catalogue/details.bin");
    Catalogue::bundled().with_details(details.to_vec()).unwrap()
});

/// Problems that are listed one by one, beside those of the call as a whole.
const MOST: usize = 20;

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (method, json) = text.split_once('\n').unwrap_or((text, "{}"));
    let (Ok(method), Ok(params)) = (MethodName::parse(method), Params::parse(json)) else {
        return;
    };
    let laid_out = Value::from_json(json).unwrap().to_json();
    let laid_out = Params::parse(laid_out).unwrap();
    let grant = Grant::unknown();
    if method.as_str().starts_with("vendor.") {
        let question = Question::new(&BOTH_TIERS, None, &grant, &method, &params);
        assert_eq!(question.check().verdict, Verdict::Unknown);
        return;
    }
    let method = known(method);
    for catalogue in [Catalogue::bundled(), &BOTH_TIERS] {
        for version in [Version::V2, Version::V3] {
            let entry = catalogue.get(method.as_str(), Some(version));
            if entry.is_none() {
                continue;
            }
            let question = Question {
                webhook: true,
                batched: true,
                ..Question::new(catalogue, entry, &grant, &method, &params)
            };
            let decision = question.check();
            is_borne_out(&decision);
            does_as_it_says(&question, &decision);
            let same = Question {
                params: &laid_out,
                ..question
            };
            assert_eq!(same.check(), decision);
        }
    }
}

fn known(method: MethodName) -> MethodName {
    let catalogue = Catalogue::bundled();
    if catalogue.get(method.as_str(), None).is_some() {
        return method;
    }
    let bytes = method.as_str().bytes();
    let number = bytes.fold(0, |sum: usize, byte| sum * 31 % 4_099 + usize::from(byte));
    let mut name = String::new();
    let entry = catalogue.entries().nth(number % catalogue.len()).unwrap();
    entry.write_name(&mut name);
    MethodName::parse(&name).unwrap()
}

fn is_borne_out(decision: &Decision) {
    let errors = decision.problems.iter();
    let errors = errors
        .take_while(|it| it.severity == Severity::Error)
        .count();
    let (errors, warnings) = decision.problems.split_at(errors);
    assert!(warnings.iter().all(|it| it.severity == Severity::Warning));
    assert!(decision.problems.iter().all(|it| !it.reason.is_empty()));
    // Two notes of the call, and how many more there are.
    assert!(
        decision.problems.len() <= MOST + 3,
        "{:?}",
        decision.problems
    );

    // Nothing is known here that could deny but the parameters.
    assert_eq!(decision.is_denied(), !errors.is_empty());
    if decision.is_denied() {
        assert_eq!(decision.layer, Some(Layer::Parameters));
    }
}

fn does_as_it_says(question: &Question<'_>, decision: &Decision) {
    let all = |mode| Modes {
        scope: mode,
        parameters: mode,
        methods: Vec::new(),
    };
    assert_eq!(question.objection(&all(Mode::Off)), None);
    let warned = question.objection(&all(Mode::Warn));
    assert!(warned.is_none_or(|it| it.mode == Mode::Warn));
    let enforced = question.objection(&all(Mode::Enforce));
    let refused = enforced.is_some_and(|it| it.mode == Mode::Enforce);
    assert_eq!(refused, decision.is_denied());
    // Of what was found somebody is told, and of nothing else.
    let found = !decision.problems.is_empty() || decision.deprecated.is_some();
    assert_eq!(warned.is_some(), found);
    assert_eq!(enforced.is_some(), found);
}
