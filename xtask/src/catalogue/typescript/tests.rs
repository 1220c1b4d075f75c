//! Tests of the declarations, on a few facts written here; `tests/package/types` lets the compiler
//! judge the whole file.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::super::{results::read_returns, text::read_methods};

/// The lines that tell of a method, for its facts and its result's.
fn declared(facts: &str, result: &str) -> String {
    let methods = format!("date 2026-08\n\nim.do v2\n{facts}");
    let returns = format!("date 2026-08\n\nim.do v2\n{result}");
    let out = super::write(
        &read_methods(&methods).unwrap(),
        &read_returns(&returns).unwrap(),
    );
    let start = out.find("\"im.do\"").unwrap();
    out[start..].lines().next().unwrap().to_owned()
}

fn parameters(facts: &str) -> String {
    let line = declared(facts, "  + result, seen bool\n");
    let line = line.strip_prefix("\"im.do\": Known<").unwrap();
    line.strip_suffix(", B>")
        .unwrap_or_else(|| line.strip_suffix(", boolean>").unwrap())
        .to_owned()
}

#[test]
fn a_deprecated_parameter_says_so() {
    let wanted = "{ /** @deprecated */ A?: Num }";
    assert_eq!(parameters("  - A integer, deprecated\n"), wanted);
}

#[test]
fn only_what_may_deny_is_required() {
    let facts = "  - A integer\n  ! B string\n  ! C boolean, conditional\n  ! D date, also DD\n";
    let wanted = "{ A?: Num; B: Text; C?: Flag; D?: When; DD?: When }";
    assert_eq!(parameters(facts), wanted);
    assert_eq!(
        parameters("  is unfinished\n  ! B string\n"),
        "{ B?: Text; [name: string]: unknown }"
    );
}

#[test]
fn values_are_lenient() {
    for (fact, wanted) in [
        ("A char, values Y N", "Flag"),
        ("A boolean, values true false", "Flag"),
        (
            "A string, values ask \"later on\"",
            r#"Of<"ask" | "later on">"#,
        ),
        ("A integer, values 1 2 many", "Of<1 | 2>"),
        ("A integer[]", "ListOf<Num>"),
        ("A array", "object"),
        ("A user.id", "Num"),
        ("A string object", "Text | object"),
        ("A something_new", "unknown"),
        ("A", "unknown"),
        ("order string", "Order | object"),
        ("FILTER string", "string | object"),
    ] {
        let name = fact.split([' ', ',']).next().unwrap();
        assert_eq!(
            parameters(&format!("  - {fact}\n")),
            format!("{{ {name}?: {wanted} }}"),
            "{fact}"
        );
    }
}

#[test]
fn inside_a_parameter_there_may_be_more() {
    let facts = "  ! fields object\n    - A integer\n    ! B string\n    - UF_..., pattern\n";
    assert_eq!(
        parameters(facts),
        "{ fields: { A?: Num0; B: Text; [name: string]: unknown } }"
    );
    let facts = "  - filter object\n    - ID integer\n  - order object\n    - ID string\n  - select array\n    - ID string\n";
    let wanted = r#"{ filter?: { ID?: unknown; [name: string]: unknown }; order?: { ID?: Order; [name: string]: unknown }; select?: readonly Of<"ID">[] | object }"#;
    assert_eq!(parameters(facts), wanted);
    assert_eq!(
        parameters("  - UF_* any, pattern\n"),
        "{ [name: `UF_${string}`]: unknown }"
    );
}

#[test]
fn what_is_called_an_order_may_be_a_thing_that_is_sold() {
    let facts = "  - fields object\n    - ORDER boolean\n    - order object\n      - id integer\n";
    let wanted = "{ fields?: { ORDER?: Flag0; order?: { id?: unknown; [name: string]: unknown } | null; [name: string]: unknown } }";
    assert_eq!(parameters(facts), wanted);
    let facts = "  - filter object\n    - =DELETED string, pattern\n";
    let wanted = r#"{ filter?: { "=DELETED"?: unknown; [name: string]: unknown } }"#;
    assert_eq!(parameters(facts), wanted);
}

#[test]
fn a_positional_method_takes_a_list() {
    let facts = "  is positional\n  ! A integer\n  - B array\n  ! C string\n";
    let wanted = "{ A: Num; B?: object; C: Text } | readonly [A: Num, B?: object, C?: Text]";
    assert_eq!(parameters(facts), wanted);
}

#[test]
fn a_method_without_parameters_takes_none_and_one_that_nobody_described_takes_any() {
    assert_eq!(parameters("  is parameterless\n"), "None");
    assert_eq!(parameters("  who any\n"), "object");
}

#[test]
fn a_result_has_both_forms() {
    let result = "  - result object\n    - id integer, seen numstr\n    - on boolean, seen yn\n    - name string\n    + more, seen str\n";
    let wanted = r#""im.do": Known<None, ImDoResult<Sent>, ImDoResult<Meant>>"#;
    assert_eq!(declared("  is parameterless\n", result), wanted);
    let flat = "  - result object\n    - id integer, seen numstr\n";
    let wanted = r#""im.do": Known<None, { id?: Sent["n"]; [name: string]: unknown }, { id?: Meant["n"]; [name: string]: unknown }>"#;
    assert_eq!(declared("  is parameterless\n", flat), wanted);
}

#[test]
fn a_single_value_is_as_examples_show_it() {
    for (result, wanted) in [
        ("- result integer, seen int", "number"),
        ("- result integer", r#"Sent["n"], Meant["n"]"#),
        ("- result boolean, seen bool", "boolean"),
        ("- result string, nullable, seen str", "string | null"),
        ("- result array", "unknown[]"),
        ("- result object", "Loose"),
        ("- result datetime, seen atom", r#"Sent["d"], Meant["d"]"#),
        ("- result, seen obj", "unknown"),
    ] {
        let line = declared("  is parameterless\n", &format!("  {result}\n"));
        assert_eq!(
            line,
            format!("\"im.do\": Known<None, {wanted}>"),
            "{result}"
        );
    }
}

#[test]
fn a_wrapper_is_opened_as_decode_opens_it() {
    let result = "  - result object\n    - items array\n      - [] integer, seen numstr\n";
    let wanted =
        r#""im.do": Known<None, { items: Sent["n"][]; [name: string]: unknown }, Meant["n"][]>"#;
    assert_eq!(declared("  is parameterless\n", result), wanted);
}

#[test]
fn a_deprecated_method_says_what_to_use() {
    let text = "date 2026-08\n\nim.old v2\n  is deprecated, parameterless\n  page im/old.md\n  instead im.new im.newer\n";
    let methods = read_methods(text).unwrap();
    let out = super::write(&methods, &Default::default());
    assert!(out.contains("/** @deprecated use im.new, im.newer https://apidocs.bitrix24.com/im/old.html */\n\"im.old\": Known<None, unknown>\n"));
    assert!(out.contains("interface Deprecated {\n\"im.old\": \"im.new\" | \"im.newer\"\n}"));
}
