//! The bundled catalogue, held against the readable facts that it was made of. The facts are read
//! here by a reader of the tests' own, so that the generator proves nothing about itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use callgate::bitrix24::rights::catalogue::{Catalogue, CatalogueError, Entry};
use callgate::bitrix24::rights::method::Version;

const FACTS: &str = include_str!("../../catalogue/methods.txt");
const FILE: &[u8] = include_bytes!("../../catalogue/first.bin");

/// What the readable facts say of one method, as far as the first tier goes.
#[derive(Debug, Default)]
struct Method {
    name: String,
    version: u8,
    needed: Option<Vec<Vec<String>>>,
    doubted: bool,
    doubted_scope: bool,
    confirmed: bool,
    positional: bool,
    required: Vec<(String, bool)>,
}

fn methods() -> Vec<Method> {
    let mut methods = Vec::<Method>::new();
    for line in FACTS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let Some(fact) = line.strip_prefix("  ") else {
            if let Some((name, version)) = line.split_once(" v") {
                let (name, version) = (name.to_owned(), version.parse().unwrap());
                methods.push(Method {
                    name,
                    version,
                    ..Method::default()
                });
            }
            continue;
        };
        let method = methods.last_mut().unwrap();
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        match fact.split_once(' ').unwrap_or((fact, "")) {
            ("scope", "") => method.needed = Some(Vec::new()),
            ("scope", groups) => method.needed = Some(groups.split(';').map(words).collect()),
            ("scope-from", _) => method.doubted_scope = true,
            ("is", marks) => {
                for mark in marks.split(", ") {
                    method.doubted |= ["examples-only", "unfinished"].contains(&mark);
                    method.doubted_scope |= mark == "scope-inferred";
                    method.confirmed |= mark == "confirmed";
                    method.positional |= mark == "positional";
                }
            }
            ("!", parameter) => {
                let doubts = [
                    "conditional",
                    "required-under",
                    "left-out",
                    "pattern",
                    "also ",
                ];
                let doubted = doubts
                    .iter()
                    .any(|doubt| parameter.contains(&format!(", {doubt}")));
                let name = parameter.split([' ', ',']).next().unwrap();
                method
                    .required
                    .push((name.to_owned(), !doubted && !method.doubted));
            }
            _ => {}
        }
    }
    methods
}

fn version(method: &Method) -> Version {
    if method.version == 2 {
        Version::V2
    } else {
        Version::V3
    }
}

fn name(entry: Entry<'_>) -> String {
    let mut name = String::new();
    entry.write_name(&mut name);
    name
}

#[test]
fn every_fact_of_the_first_tier_is_in_the_bundled_catalogue() {
    let methods = methods();
    assert_eq!(methods.len(), 1_677);
    assert_eq!(Catalogue::bundled().len(), methods.len());
    for (method, listed) in methods.iter().zip(Catalogue::bundled().entries()) {
        assert_eq!(name(listed), method.name);
        let entry = Catalogue::bundled()
            .get(&method.name, Some(version(method)))
            .unwrap();
        assert_eq!(name(entry), method.name);
        assert_eq!(entry.version(), version(method));
        let needed = entry.needed().map(|groups| {
            groups
                .map(|group| group.map(str::to_owned).collect())
                .collect::<Vec<Vec<String>>>()
        });
        assert_eq!(needed, method.needed, "{}", method.name);
        let variable = method
            .needed
            .iter()
            .flatten()
            .flatten()
            .any(|code| code.starts_with('$'));
        let certain =
            method.needed.is_some() && !method.doubted && !method.doubted_scope && !variable;
        let may_deny = certain && method.version == 2;
        assert_eq!(entry.scope_may_deny(), may_deny, "{}", method.name);
        assert_eq!(
            entry.needs_confirmation(),
            method.confirmed,
            "{}",
            method.name
        );
        assert_eq!(entry.is_positional(), method.positional, "{}", method.name);
        let required = entry
            .required()
            .map(|one| (one.name.to_owned(), one.may_deny));
        assert_eq!(
            required.collect::<Vec<_>>(),
            method.required,
            "{}",
            method.name
        );
    }
}

#[test]
fn the_file_taken_as_bytes_is_the_bundled_catalogue() {
    let taken = Catalogue::from_bytes(FILE.to_vec()).unwrap();
    assert!(
        taken
            .entries()
            .map(name)
            .eq(Catalogue::bundled().entries().map(name))
    );
    assert_eq!(taken.date(), Catalogue::bundled().date());
}

#[test]
fn a_name_in_both_versions_is_two_entries() {
    let catalogue = Catalogue::bundled();
    let both: Vec<_> = methods()
        .into_iter()
        .filter(|method| method.version == 3)
        .collect();
    let both = both
        .iter()
        .filter(|one| catalogue.get(&one.name, Some(Version::V2)).is_some());
    let both: Vec<_> = both.map(|method| method.name.as_str()).collect();
    assert_eq!(
        both,
        [
            "batch",
            "tasks.task.add",
            "tasks.task.delete",
            "tasks.task.get",
            "tasks.task.list",
            "tasks.task.result.list",
            "tasks.task.update"
        ]
    );
    for name in both {
        let [two, three] = [Version::V2, Version::V3].map(|version| {
            let entry = catalogue.get(name, Some(version)).unwrap();
            assert_eq!(entry.version(), version);
            entry
                .needed()
                .map(|groups| groups.map(|group| group.count()).collect::<Vec<_>>())
        });
        assert!(two.is_some());
        assert_eq!(three.is_none(), name == "batch");
        assert_eq!(catalogue.get(name, None).unwrap().version(), Version::V2);
    }
}

#[test]
fn a_name_is_found_in_any_case() {
    for method in methods() {
        for name in [
            method.name.to_ascii_lowercase(),
            method.name.to_ascii_uppercase(),
        ] {
            let entry = Catalogue::bundled()
                .get(&name, Some(version(&method)))
                .unwrap();
            assert_eq!(self::name(entry), method.name);
        }
    }
}

#[test]
fn a_name_that_is_nearly_one_is_unknown() {
    let names: std::collections::HashSet<_> = methods()
        .iter()
        .map(|method| method.name.to_ascii_lowercase())
        .collect();
    for method in methods() {
        let one = &method.name;
        let shorter = one.get(..one.len() - 1).unwrap();
        let (first, rest) = one.split_at(1);
        let nearly = [
            format!("{one}."),
            format!("{one}.get"),
            format!("{one}x"),
            format!("{one}!"),
            format!("{one}\0"),
            format!(".{one}"),
            format!(" {one}"),
            format!("{first}.{rest}"),
            shorter.to_owned(),
            rest.to_owned(),
            one.replace('.', ""),
            one.replace('.', ".."),
        ];
        for name in nearly
            .iter()
            .filter(|name| !names.contains(&name.to_ascii_lowercase()))
        {
            assert!(Catalogue::bundled().get(name, None).is_none(), "{name:?}");
        }
    }
}

#[test]
fn an_absurd_name_is_unknown() {
    let long = "x".repeat(10_000);
    let dots = ".".repeat(10_000);
    let known = "crm.".repeat(2_500);
    for name in [
        "",
        ".",
        "..",
        "\0",
        "crm.deal.add\0",
        "сделка.add",
        "🦀",
        "\u{7f}",
        &long,
        &dots,
        &known,
    ] {
        for version in [None, Some(Version::V2), Some(Version::V3)] {
            assert!(
                Catalogue::bundled().get(name, version).is_none(),
                "{name:?}"
            );
        }
    }
}

#[test]
fn a_cut_or_changed_file_is_refused() {
    for length in (0..FILE.len()).step_by(101) {
        assert!(
            Catalogue::from_bytes(FILE.get(..length).unwrap().to_vec()).is_err(),
            "{length}"
        );
    }
    for place in (0..FILE.len()).step_by(37) {
        let mut bytes = FILE.to_vec();
        *bytes.get_mut(place).unwrap() ^= 1 << (place % 8);
        assert!(Catalogue::from_bytes(bytes).is_err(), "{place}");
    }
}

#[test]
fn another_file_is_refused_as_such() {
    let error = Catalogue::from_bytes(FACTS.as_bytes().to_vec()).unwrap_err();
    assert_eq!(error, CatalogueError::Foreign);
    assert_eq!(error.to_string(), "this is not a method catalogue");
}

#[test]
fn what_may_deny_is_what_the_documentation_is_sure_of() {
    let catalogue = Catalogue::bundled();
    for (name, may_deny) in [
        ("crm.deal.add", true),
        ("user.get", true),
        ("placement.bind", false),
        ("userfieldconfig.add", false),
        ("event.bind", false),
        ("note.file.get", false),
        ("voximplant.user.deactivatePhone", false),
    ] {
        assert_eq!(
            catalogue.get(name, None).unwrap().scope_may_deny(),
            may_deny,
            "{name}"
        );
    }
    for (name, parameter, may_deny) in [
        ("crm.item.add", "fields", true),
        ("crm.contact.userfield.update", "id", false),
        ("calendar.event.add", "section", false),
        ("timeman.timecontrol.report.add", "REPORT_ID", false),
        ("voximplant.user.deactivatePhone", "USER_ID", false),
    ] {
        let mut required = catalogue.get(name, None).unwrap().required();
        let found = required.find(|one| one.name == parameter).unwrap();
        assert_eq!(found.may_deny, may_deny, "{name}: {parameter}");
    }
}
