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
}

#[test]
fn the_binary_file_is_made_of_the_present_facts() {
    home().check().unwrap();
}

#[test]
fn the_binary_file_keeps_its_budget() {
    let size = brotli_size(&fs::read(home().folder.join("first.bin")).unwrap()).unwrap();
    assert!(size <= 12_000, "{size} bytes");
    assert!(
        size <= 8_200,
        "{size} bytes: well below the budget, and yet a step back"
    );
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
