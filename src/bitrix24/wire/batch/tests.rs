//! What commands look like on the wire.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::Command;
use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::wire::form;

fn write(version: Version, params: &str) -> Result<Command, String> {
    let method = MethodName::parse("m").unwrap();
    let names = ["a", "b c", "a", "0", "me", "late"].map(str::to_owned);
    let params = Params::parse(params).unwrap();
    let written = Command::write(version, &method, &params, &names, 4);
    written.map_err(|error| error.message.clone())
}

fn query(params: &str) -> String {
    let text = write(Version::V2, params).unwrap().text;
    text.strip_prefix("m?").unwrap().to_owned()
}

#[test]
fn values_are_written_as_php_reads_them() {
    for (params, expected) in [
        ("{}", ""),
        ("[]", ""),
        (r#"{"a":1,"b":[2,{"c":"d"}]}"#, "a=1&b[0]=2&b[1][c]=d"),
        (r#"["x",{"TITLE":"y"}]"#, "0=x&1[TITLE]=y"),
        (r#"{"t":true,"f":[false]}"#, "t=1&f[0]=0"),
        (r#"{"n":null,"l":[],"x":{"m":[]}}"#, "n=&l=&x[m]="),
        (r#"{"n":1e21,"z":-0.50}"#, "n=1e21&z=-0.50"),
        (r#"{">ID":"ü &=+#%"}"#, "%3EID=%C3%BC%20%26%3D%2B%23%25"),
        (r#"{"a":"\u0041\n\ud800"}"#, "a=A%0A%EF%BF%BD"),
    ] {
        assert_eq!(query(params), expected, "{params}");
    }
}

#[test]
fn empty_objects_are_left_out_and_keep_their_position_in_lists() {
    for (params, expected) in [
        (r#"{"filter":{},"a":1}"#, "a=1"),
        (r#"{"filter":{"x":{"y":{}}},"a":1}"#, "a=1"),
        (r#"[{},{"ID":1},[],null]"#, "0=&1[ID]=1&2=&3="),
        (r#"[{"x":{}},2]"#, "0=&1=2"),
        (r#"{"l":[[],[{}]]}"#, "l[0]=&l[1][0]="),
    ] {
        assert_eq!(query(params), expected, "{params}");
    }
}

#[test]
fn what_a_query_would_change_is_refused_with_its_path() {
    let deep = format!("{}1{}", "{\"a\":".repeat(65), "}".repeat(65));
    let many = format!("[{}1]", "1,".repeat(1_000));
    for (params, path, why) in [
        (r#"{"a.b":1}"#, "params.a.b: ", "another name"),
        (r#"{"x":{"b]":1}}"#, "params.x.b", "another name"),
        (r#"{"ö x":{"":1}}"#, "params.ö x: ", "another name"),
        (r#"{"ö":{"":1}}"#, "params.ö.: ", "another name"),
        (r#"{"ö":[{" ":1}]}"#, "params.ö.0. : ", "another name"),
        (r#"{"x":{"$y":1}}"#, "params.x.$y: ", "`$`"),
        (&deep, "params.a.a.", "64 levels"),
        (&many, "params: ", "1,000 values"),
    ] {
        let error = write(Version::V2, params).unwrap_err();
        assert!(error.starts_with(path), "{error}");
        assert!(error.contains(why) && error.contains("alone"), "{error}");
    }
    assert!(
        write(
            Version::V2,
            &deep.replacen("{\"a\":", "", 1).replacen('}', "", 1)
        )
        .is_ok()
    );
    assert!(write(Version::V2, &many.replacen("1,", "", 1)).is_ok());
}

#[test]
fn references_are_rewritten_to_keys() {
    let params = r#"{"a":"$result[a][ID]","b":["of $next[b c] and $total[0]","$result[a]"]}"#;
    let command = write(Version::V2, params).unwrap();
    let text = form::unescape(&command.text);
    assert_eq!(
        text,
        "m?a=$result[c2][ID]&b[0]=of $next[c1] and $total[c3]&b[1]=$result[c2]"
    );
    assert_eq!(command.refers_to, [2, 1, 3]);
}

#[test]
fn references_that_lead_nowhere_are_refused() {
    for (reference, why) in [
        ("$result[A]", "no command has that name"),
        ("$result[late]", "comes later"),
        ("$result[me]", "the command itself"),
        ("$result[a]$result[0]", "would be lost"),
    ] {
        for version in [Version::V2, Version::V3] {
            let params = format!(r#"{{"x":{{"y":"{reference}"}}}}"#);
            let error = write(version, &params).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let error = write(Version::V2, &format!(r#"[["{reference}"]]"#)).unwrap_err();
        assert!(error.starts_with("params.0.0: "), "{error}");
    }
}

#[test]
fn version_3_keeps_the_json_and_refers_in_its_own_way() {
    for (params, query) in [
        (r#" {"a":[true,null,{}], "b":"$5"} "#, None),
        (
            r#"{"id": "$result[a][item][id]" ,"l":["$result[0]"]}"#,
            Some(r#"{"id": {"$ref":"c2.item.id"} ,"l":[{"$ref":"c3"}]}"#),
        ),
        (
            r#"{"a":{"$ref":"a.item.id"},"b":[{"$refArray" : "b c.items.ö"}]}"#,
            Some(r#"{"a":{"$ref":"c2.item.id"},"b":[{"$refArray" : "c1.items.ö"}]}"#),
        ),
        (r#"{"$ref":["a"]}"#, None),
    ] {
        let text = write(Version::V3, params).unwrap().text;
        let query = query.unwrap_or(params);
        assert_eq!(text, format!(r#""method":"m","query":{query}"#));
    }
    for (params, why) in [
        (r#"{"a":"x $result[a]"}"#, "whole values"),
        (r#"{"a":"$next[a]"}"#, "whole values"),
        (r#"{"a":"$result[a][b.c]"}"#, "dot"),
        (r#"{"a":"$result[a][\"]"}"#, "quote"),
        (r#"{"a":{"$ref":"x.item"}}"#, "no command"),
        ("[]", "an object"),
    ] {
        let error = write(Version::V3, params).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn methods_that_would_be_read_as_addresses_are_refused() {
    for name in ["vendor:do", "a\"b"] {
        let method = MethodName::parse(name).unwrap();
        let written = Command::write(Version::V2, &method, &Params::none(), &[], 0);
        assert!(written.is_err(), "{name}");
    }
}
