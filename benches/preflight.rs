//! What the check before a call costs natively: `cargo bench -p callgate`.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark is no library"
)]

use std::sync::LazyLock;

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

static WHOLE: LazyLock<Catalogue> = LazyLock::new(|| {
    let details = include_bytes!("../catalogue/details.bin");
    Catalogue::bundled().with_details(details.to_vec()).unwrap()
});

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

/// A call of three fields, and one of sixty: its method and its parameters.
fn call(fields: usize) -> (MethodName, Params) {
    if fields == 3 {
        let params = r#"{"ID":[105],"USER_DATA":"Y","start":0}"#;
        let method = MethodName::parse("im.department.managers.get").unwrap();
        return (method, Params::parse(params).unwrap());
    }
    let entry = WHOLE.get("crm.item.add", None).unwrap();
    let parameters = entry.details().unwrap().parameters();
    let documented = parameters.filter(|parameter| parameter.name() == "fields");
    let names = documented.flat_map(|parameter| parameter.nested());
    let mut names: Vec<String> = names
        .filter(|parameter| !parameter.is_pattern() && !parameter.is_deprecated())
        .map(|parameter| parameter.name().to_owned())
        .collect();
    names.extend((names.len()..fields).map(|n| format!("ufCrm_{n}")));
    // Nobody writes them in the documented order.
    names.reverse();
    let members: Vec<String> = names
        .iter()
        .take(fields)
        .map(|name| format!(r#""{name}":null"#))
        .collect();
    let params = format!(r#"{{"entityTypeId":2,"fields":{{{}}}}}"#, members.join(","));
    let method = MethodName::parse("crm.item.add").unwrap();
    (method, Params::parse(params).unwrap())
}

/// What stands before every call, and finds nothing wrong.
fn objection(bencher: Bencher, catalogue: &Catalogue, fields: usize) {
    let (grant, (method, params)) = (granted(), call(fields));
    let modes = Modes::default();
    bencher.bench_local(|| {
        let entry = catalogue.get(black_box(method.as_str()), None);
        let question = Question::new(catalogue, entry, &grant, &method, black_box(&params));
        let objection = question.objection(&modes);
        assert!(objection.is_none());
    });
}

/// The whole decision, as `check()` gives it.
fn check(bencher: Bencher, catalogue: &Catalogue, fields: usize) {
    let (grant, (method, params)) = (granted(), call(fields));
    bencher.bench_local(|| {
        let entry = catalogue.get(black_box(method.as_str()), None);
        Question::new(catalogue, entry, &grant, &method, black_box(&params)).check()
    });
}

fn granted() -> Grant {
    let mut grant = Grant::unknown();
    let scopes = ScopeSet::parse("im,crm,telephony,user");
    grant.learn(scopes, Source::Given, Instant::default());
    grant
}

#[divan::bench(args = [3, 60])]
fn objection_by_names_alone(bencher: Bencher, fields: usize) {
    objection(bencher, Catalogue::bundled(), fields);
}

#[divan::bench(args = [3, 60])]
fn objection_by_both_tiers(bencher: Bencher, fields: usize) {
    objection(bencher, &WHOLE, fields);
}

#[divan::bench(args = [3, 60])]
fn check_by_names_alone(bencher: Bencher, fields: usize) {
    check(bencher, Catalogue::bundled(), fields);
}

#[divan::bench(args = [3, 60])]
fn check_by_both_tiers(bencher: Bencher, fields: usize) {
    check(bencher, &WHOLE, fields);
}

/// Ten thousand names that nobody documented.
#[divan::bench(args = ["", "fields"])]
fn check_of_10_000_unknown_names(bencher: Bencher, inside: &str) {
    let names: Vec<String> = (0..10_000).map(|n| format!(r#""name_{n}":{n}"#)).collect();
    let members = format!("{{{}}}", names.join(","));
    let params = match inside {
        "" => members,
        outer => format!(r#"{{"{outer}":{members}}}"#),
    };
    let (grant, params) = (granted(), Params::parse(params).unwrap());
    let method = MethodName::parse("crm.item.add").unwrap();
    bencher.bench_local(|| {
        let entry = WHOLE.get("crm.item.add", None);
        Question::new(&WHOLE, entry, &grant, &method, &params).check()
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
