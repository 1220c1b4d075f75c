//! What the check before a call costs natively: `cargo bench -p callgate`.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark is no library"
)]

use callgate::bitrix24::rights::catalogue::Catalogue;
use callgate::bitrix24::rights::grant::{Grant, Source};
use callgate::bitrix24::rights::method::MethodName;
use callgate::bitrix24::rights::params::Params;
use callgate::bitrix24::rights::preflight::{Modes, Question};
use callgate::bitrix24::rights::scope::ScopeSet;
use callgate::bitrix24::wire::form;
use callgate::time::Instant;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// Methods at the start, in the middle and at the end of the catalogue, and none of it.
const METHODS: [&str; 4] = [
    "access.name",
    "im.department.managers.get",
    "voximplant.user.get",
    "vendor.method",
];

#[divan::bench(args = METHODS)]
fn look_up(name: &str) -> bool {
    Catalogue::bundled().get(black_box(name), None).is_some()
}

/// The check that stands before every call: look-up, scopes, required parameters; nothing is built.
#[divan::bench(args = METHODS)]
fn preflight(bencher: Bencher, name: &str) {
    let mut grant = Grant::unknown();
    grant.learn(
        ScopeSet::parse("crm,im,telephony,user"),
        Source::Given,
        Instant::default(),
    );
    let method = MethodName::parse(name).unwrap();
    let params = Params::parse(r#"{"ID":[105],"USER_ID":1,"USER_DATA":"Y"}"#).unwrap();
    let modes = Modes::default();
    bencher.bench_local(|| {
        let question = Question {
            entry: Catalogue::bundled().get(black_box(name), None),
            grant: &grant,
            method: &method,
            params: black_box(&params),
            confirmation: None,
        };
        question.objection(&modes)
    });
}

/// The whole decision, as `check()` gives it.
#[divan::bench(args = METHODS)]
fn check(bencher: Bencher, name: &str) {
    let mut grant = Grant::unknown();
    grant.learn(ScopeSet::parse("crm"), Source::Given, Instant::default());
    let method = MethodName::parse(name).unwrap();
    let params = Params::none();
    bencher.bench_local(|| {
        let question = Question {
            entry: Catalogue::bundled().get(black_box(name), None),
            grant: &grant,
            method: &method,
            params: &params,
            confirmation: None,
        };
        question.check()
    });
}

/// Sixty fields written as a form.
#[divan::bench]
fn form_of_60_fields(bencher: Bencher) {
    let fields: Vec<String> = (0..60)
        .map(|n| format!(r#""FIELD_{n}":"value {n} ä &""#))
        .collect();
    let json = format!(r#"{{"fields":{{{}}}}}"#, fields.join(","));
    bencher.bench_local(|| {
        let mut body = String::with_capacity(json.len() * 2);
        form::write(black_box(&json), &mut body).unwrap();
        body
    });
}
