#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn query(params: &str, version: Version) -> Query {
    Query::read(&Params::parse(params).unwrap(), version, Some("ID")).unwrap()
}

fn page(params: &str, version: Version, piece: Piece) -> String {
    let params = query(params, version).page(piece).unwrap();
    params.as_json().to_owned()
}

#[test]
fn conditions_are_added_and_the_callers_own_stay() {
    for (params, between) in [
        (
            "{}",
            r#"{"filter":{">ID":5,"<=ID":9},"order":{"ID":"ASC"},"start":-1}"#,
        ),
        (
            r#"{"a":[1],"FILTER":{"=STAGE":"NEW"},"order":{"id":"desc"}}"#,
            r#"{"a":[1],"FILTER":{"=STAGE":"NEW",">ID":5,"<=ID":9},"order":{"ID":"DESC"},"start":-1}"#,
        ),
        (
            r#"{"filter":{">id":1,"<=ID":100},"select":["TITLE"]}"#,
            r#"{"select":["TITLE","ID"],"filter":{">id":1,"<=ID":100,">=ID":6,"<ID":10},"order":{"ID":"ASC"},"start":-1}"#,
        ),
        (
            r#"{"filter":[],"order":"","select":["*"]}"#,
            r#"{"select":["*"],"filter":{">ID":5,"<=ID":9},"order":{"ID":"ASC"},"start":-1}"#,
        ),
    ] {
        assert_eq!(page(params, Version::V2, Piece::Between(5, 9)), between);
    }
}

#[test]
fn version_3_has_conditions_in_lists_and_pages_of_its_own() {
    let bounds = r#"["ID",">",5],["ID","<=",9]"#;
    for (filter, open) in [
        ("[]", "[".to_owned()),
        (r#"[["a","=",1]]"#, r#"[["a","=",1],"#.to_owned()),
        (
            r#"{"logic":"or","conditions":[["a",1],["b",2]]}"#,
            r#"[{"logic":"or","conditions":[["a",1],["b",2]]},"#.to_owned(),
        ),
    ] {
        let params = format!(r#"{{"filter":{filter},"pagination":{{"limit":200}}}}"#);
        assert_eq!(
            page(&params, Version::V3, Piece::Between(5, 9)),
            format!(
                r#"{{"filter":{open}{bounds}],"order":{{"ID":"ASC"}},"pagination":{{"limit":200}}}}"#
            )
        );
    }
    assert_eq!(
        page("{}", Version::V3, Piece::Cursor(Some(7))),
        r#"{"cursor":{"field":"id","order":"ASC","limit":1000,"value":7}}"#
    );
}

#[test]
fn an_order_or_a_filter_that_ids_do_not_fit_into_is_left_alone() {
    for params in [
        r#"{"order":{"DATE_CREATE":"ASC","ID":"ASC"}}"#,
        r#"{"filter":{">ID":1,">=ID":2}}"#,
        r#"{"filter":{"<ID":9,"<=ID":9}}"#,
        r#"{"filter":["x"]}"#,
        r#"{"order":"ID"}"#,
    ] {
        assert!(!query(params, Version::V2).goes_by_id(), "{params}");
        let inside = params.strip_suffix('}').unwrap();
        let expected = [inside, r#","start":50}"#].concat();
        assert_eq!(page(params, Version::V2, Piece::Offset(50)), expected);
    }
}

#[test]
fn parameters_that_no_list_can_have_are_refused_by_name() {
    for (params, version, what) in [
        (r#"{"start":50}"#, Version::V2, "params.start: "),
        (r#"{"Start":50}"#, Version::V2, "params.Start: "),
        (
            r#"{"filter":{},"FILTER":{}}"#,
            Version::V2,
            "params.FILTER: ",
        ),
        (r#"{"order":{},"Order":{}}"#, Version::V2, "params.Order: "),
        ("[1]", Version::V2, "params: "),
        (r#"{"cursor":{}}"#, Version::V3, "params.cursor: "),
        (
            r#"{"pagination":{"page":2}}"#,
            Version::V3,
            "params.pagination: ",
        ),
        (
            r#"{"pagination":{"limit":0}}"#,
            Version::V3,
            "params.pagination.limit: ",
        ),
    ] {
        let params = Params::parse(params).unwrap();
        let error = Query::read(&params, version, Some("ID")).unwrap_err();
        assert!(error.message.starts_with(what), "{error}");
    }
}
