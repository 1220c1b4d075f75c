//! Tests of the forms, on a few facts written here and on the catalogue itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::pack::Entry;
use super::*;

const JSON: &str = r#"[
{"n":"im.user.get","v":2,"p":"im/user.md","s":[["im"]],"x":"any","xc":1,"E1":[],"E":["A",["B",403]],"eh":[400,403],
 "P":[{"n":"ID","t":["integer","string"],"r":1,"rx":1},{"n":"a b","c":[{"n":"x","t":"char","e":["Y","",","],"d":"\"N\""}]}]},
{"n":"im.add","v":3,"p":"im/add.md","s":[["note"],["$x","im"]]},
{"n":"im.Add","v":2,"p":"im/add.md","s":[],"cf":1,"ord":1,"rs":[[],[]],"P":[{"n":"TEXT","t":"string","r":1,"d":"some prose"}]},
{"n":"im.lost","v":2,"p":"im/lost.md"}
]"#;

const TEXT: &str = "\
date 2026-08

im.Add v2
  is confirmed, positional
  page im/add.md
  scope
  sets;
  ! TEXT string

im.add v3
  page im/add.md
  scope note; $x im

im.lost v2
  page im/lost.md

im.user.get v2
  is further-condition
  page im/user.md
  scope im
  who any
  errors A B@403
  statuses 400 403
  ! ID integer string, left-out-in-example
  - \"a b\"
    - x char, default \"\\\"N\\\"\", values Y \"\" \",\"
";

fn home() -> Home {
    Home {
        folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue"),
    }
}

fn sample() -> Methods {
    Methods {
        date: "2026-08".into(),
        list: import::methods(JSON).unwrap(),
    }
}

fn uncommented(text: &str) -> String {
    text.lines()
        .skip_while(|line| line.starts_with('#') || line.is_empty())
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn what_is_imported_is_written_and_read_back() {
    let text = text::write_methods(&sample());
    assert_eq!(uncommented(&text), TEXT);
    assert_eq!(text::read_methods(&text).unwrap(), sample());
}

#[test]
fn the_readable_files_are_as_they_would_be_written() {
    let methods = home().read("methods.txt").unwrap();
    assert!(text::write_methods(&text::read_methods(&methods).unwrap()) == methods);
    let scopes = home().read("scopes.txt").unwrap();
    assert!(text::write_scopes(&text::read_scopes(&scopes).unwrap()) == scopes);
    let events = home().read("events.txt").unwrap();
    assert!(text::write_events(&text::read_events(&events).unwrap()) == events);
}

#[test]
fn what_is_generated_is_made_of_the_present_facts() {
    home().check().unwrap();
}

#[test]
fn the_binary_files_keep_their_budgets() {
    for (name, budget, present) in [
        ("first.bin", 12_000, 8_200),
        ("details.bin", 40_000, 33_500),
    ] {
        let size = brotli_size(&fs::read(home().folder.join(name)).unwrap()).unwrap();
        assert!(size <= budget, "{name}: {size} bytes");
        assert!(
            size <= present,
            "{name}: {size} bytes: well below the budget, and yet a step back"
        );
    }
}

const EVENTS_JSON: &str = r#"[
{"n":"onImDelete","p":"im/on-delete.md","s":[["im"]],"dep":1,"old":1,"repl":["onImV2Delete"],"alt":["onDelete"],"d":["ID"]},
{"n":"Im::click","p":"im/click.md","s":[["im"],["task"]],"js":1}
]"#;

const EVENTS_TEXT: &str = "\
Im::click
  is in-page
  page im/click.md
  scope im; task

onImDelete
  is deprecated, outdated-folder
  page im/on-delete.md
  scope im
  instead onImV2Delete
  spelled onDelete
  data ID
";

#[test]
fn imported_events_are_written_and_read_back() {
    let events = import::events(EVENTS_JSON).unwrap();
    let text = text::write_events(&events);
    assert_eq!(uncommented(&text), EVENTS_TEXT);
    assert_eq!(text::read_events(&text).unwrap(), events);
    for (text, why) in [
        ("a\n  news b\n", "the word `news` is unknown"),
        ("  page b\n", "no event before this line"),
        ("b\na\n", "sorted"),
        ("A\na\n", "sorted"),
        ("a b\n", "expected a name"),
    ] {
        let error = format!("{:#}", text::read_events(text).unwrap_err());
        assert!(error.contains(why), "{text}: {error}");
    }
    let twice = r#"[{"n":"onIm"},{"n":"ONIM"}]"#;
    let error = import::events(twice).unwrap_err();
    assert!(error.to_string().contains("twice"));
}

/// Both tiers of the sample and its events.
fn packed(methods: &Methods) -> (Vec<u8>, Vec<u8>) {
    let events = import::events(EVENTS_JSON).unwrap();
    let first = pack::pack(methods).unwrap();
    let details = details::pack(methods, &events, &first).unwrap();
    (first, details)
}

#[test]
fn the_second_tier_says_all_else_in_the_order_of_the_first() {
    let (first, details) = packed(&sample());
    let said: Vec<_> = details::lines(&details, &[&first])
        .unwrap()
        .into_iter()
        .collect();
    let said: Vec<(&str, Vec<&str>)> = said
        .iter()
        .map(|(title, lines)| (title.as_str(), lines.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(
        said,
        [
            ("im.add v2", vec!["im/add", "  TEXT, !t"]),
            ("im.add v3", vec!["add"]),
            ("im.lost v2", vec!["lost"]),
            (
                "im.user.get v2",
                vec![
                    "user, errors A B",
                    "  ID, ?it",
                    "  a b",
                    "    x, t, default \"N\", values Y  ,"
                ]
            ),
            (
                "the event onImDelete",
                vec!["onImDelete, scope im, deprecated onImV2Delete, also onDelete"]
            ),
        ]
    );
    assert_eq!(details::lines(&details, &[]), None);
    assert_eq!(details::lines(&details, &[b"CGC1"]), None);
    assert_eq!(details::lines(b"CGD1", &[&first]), None);
}

#[test]
fn a_fact_that_the_second_tier_has_no_place_for_is_an_error() {
    let refused = |json: &str| {
        let date = "2026-08".to_owned();
        let list = import::methods(json).unwrap();
        let methods = Methods { date, list };
        let first = pack::pack(&methods).unwrap();
        format!("{:#}", details::pack(&methods, &[], &first).unwrap_err())
    };
    let mut deep = String::new();
    for _ in 0..16 {
        deep = format!(r#"{{"n":"a","c":[{deep}]}}"#);
    }
    for (facts, why) in [
        (String::new(), "no page"),
        (r#","p":"page.md""#.into(), "no page"),
        (r#","p":"a/b.md","E":["Ö"]"#.into(), "no place"),
        (format!(r#","p":"a/b.md","P":[{deep}]"#), "too deep"),
    ] {
        let error = refused(&format!(r#"[{{"n":"im.add","v":2{facts}}}]"#));
        assert!(
            error.starts_with("im.add: ") && error.contains(why),
            "{error}"
        );
    }
}

#[test]
fn what_is_packed_is_unpacked() {
    for methods in [
        sample(),
        text::read_methods(&home().read("methods.txt").unwrap()).unwrap(),
    ] {
        let entries: Vec<Entry> = methods.list.iter().map(Entry::of).collect();
        assert_eq!(pack::unpack(&pack::pack(&methods).unwrap()), Some(entries));
    }
    assert_eq!(pack::unpack(b""), None);
    assert_eq!(pack::unpack(b"CGC1"), None);
}

#[test]
fn the_first_tier_says_what_may_deny() {
    let methods = sample();
    let entries: Vec<Entry> = methods.list.iter().map(Entry::of).collect();
    let said: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                entry.name.as_str(),
                entry.class.as_str(),
                entry.required.as_str(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("im.Add", "G", "!TEXT"),
            ("im.add", "@note&$x|im", ""),
            ("im.lost", "@?", ""),
            ("im.user.get", "Aim", "-ID"),
        ]
    );
}

#[test]
fn a_change_of_the_second_tier_is_told_by_method_and_parameter() {
    let old = sample();
    let mut new = sample();
    for method in &mut new.list {
        if let Some(parameter) = method.parameters.last_mut() {
            parameter.types = vec!["user.id".into()];
        }
    }
    new.list.retain(|method| method.name != "im.lost");
    let ((old_first, old), (new_first, new)) = (packed(&old), packed(&new));
    let firsts = [old_first.as_slice(), &new_first];
    let [old, new] = [old, new].map(|file| details::lines(&file, &firsts).unwrap());
    assert_eq!(
        changes(&old, &new),
        "changed  im.add v2\n  -   TEXT, !t\n  +   TEXT, !\nremoved  im.lost v2\n\
         0 added, 1 removed, 1 changed\n"
    );
}

#[test]
fn a_fact_that_nobody_knows_is_an_error() {
    let error = import::methods(r#"[{"n":"im.add","v":2,"news":1}]"#).unwrap_err();
    assert_eq!(format!("{error:#}"), "im.add: the key `news` is unknown");
    let twice = r#"[{"n":"im.add","v":2},{"n":"IM.ADD","v":2}]"#;
    assert!(
        import::methods(twice)
            .unwrap_err()
            .to_string()
            .contains("twice")
    );
    for (line, why) in [
        ("  news today", "the word `news` is unknown"),
        ("  page a\n  page b", "`page` twice"),
        ("  is page", "a value"),
        ("  ! x string, deprecated now", "takes nothing"),
        ("  - x string,", "ends in a comma"),
        ("    - x string", "nested in nothing"),
        ("  page \"x", "quote"),
        ("im.add v2", "sorted"),
        ("im.zero", "a name and a version"),
    ] {
        let text = format!("date 2026-08\nim.add v2\n{line}\n");
        let error = format!("{:#}", text::read_methods(&text).unwrap_err());
        assert!(error.contains(why), "{line}: {error}");
    }
}

#[test]
fn an_import_keeps_what_only_the_older_list_knows() {
    let present = text::read_scopes("crm, listed, older\nforum, older\ngone, listed\n").unwrap();
    let json = r#"[{"c":"im","doc":1,"m":3},{"c":"crm","doc":1}]"#;
    let scopes = import::scopes(json, &present).unwrap();
    assert_eq!(
        uncommented(&text::write_scopes(&scopes)),
        "crm, listed, older\nforum, older\nim, listed\n"
    );
}

#[test]
fn a_change_is_told_by_method_and_line() {
    let old = sample();
    let mut new = sample();
    new.list.retain(|method| method.name != "im.lost");
    for method in &mut new.list {
        if method.version == 3 {
            method.name = "im.made".into();
        }
        if let Some(parameter) = method.parameters.first_mut() {
            parameter.required = method.name != "im.Add";
        }
    }
    assert_eq!(
        changes(&method_lines(&old.list), &method_lines(&new.list)),
        "changed  im.add v2\n  -   ! TEXT string\n  +   - TEXT string\nadded    im.made v3\n\
         removed  im.add v3\nremoved  im.lost v2\n1 added, 2 removed, 1 changed\n"
    );
}
