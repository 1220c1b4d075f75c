//! What preflight says of parameters once the catalogue's second tier is there.

use std::sync::LazyLock;
use std::time::Instant as Clock;

use callgate::bitrix24::rights::catalogue::{Catalogue, Entry, Kind, Parameter, Presence};
use callgate::bitrix24::rights::grant::{Grant, Source};
use callgate::bitrix24::rights::method::MethodName;
use callgate::bitrix24::rights::params::Params;
use callgate::bitrix24::rights::preflight::{Mode, Modes, Objection, Question};
use callgate::bitrix24::rights::scope::ScopeSet;
use callgate::decision::{Decision, Layer, Severity, Verdict};
use callgate::time::Instant;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let details = include_bytes!("../../catalogue/details.bin");
    Catalogue::bundled().with_details(details.to_vec()).unwrap()
});

/// A question of which nothing but its parameters can be wrong.
fn ask<T>(method: &str, params: &str, tell: impl FnOnce(&Question<'_>) -> T) -> T {
    let mut grant = Grant::unknown();
    let scopes = "crm,task,user,im,imbot,bizproc,telephony,documentgenerator,lists,vote,calendar,\
                  userfieldconfig,tasks,timeman,log,sale,catalog,entity,socialnetwork,placement";
    grant.learn(ScopeSet::parse(scopes), Source::Given, Instant::default());
    let name = MethodName::parse(method).unwrap();
    let params = Params::parse(params).unwrap();
    let entry = CATALOGUE.get(method, None);
    assert!(entry.is_some(), "{method}");
    tell(&Question::new(&CATALOGUE, entry, &grant, &name, &params))
}

fn check(method: &str, params: &str) -> Decision {
    ask(method, params, |question| question.check())
}

/// The problems, one text each; `!` before those that deny.
fn problems(method: &str, params: &str) -> Vec<String> {
    let decision = check(method, params);
    let mark = |severity| match severity {
        Severity::Error => "!",
        Severity::Warning => "",
    };
    let problems = decision.problems.iter();
    problems
        .map(|it| format!("{}{}: {}", mark(it.severity), it.path, it.reason))
        .collect()
}

/// Checks calls one after the other against the problems that they have.
fn hold(calls: &[(&str, &str, &[&str])]) {
    for (method, params, expected) in calls {
        assert_eq!(problems(method, params), *expected, "{method} {params}");
    }
}

fn objection(method: &str, params: &str, modes: &Modes) -> Option<Objection> {
    ask(method, params, |question| question.objection(modes))
}

#[test]
fn an_unknown_name_comes_with_the_known_one_that_was_meant() {
    hold(&[
        (
            "crm.item.list",
            r#"{"entityTypeId":2,"filtre":{"ID":1}}"#,
            &["filtre: unknown; did you mean filter?"],
        ),
        (
            "crm.item.list",
            r#"{"entityTypeId":2,"limit":5}"#,
            &["limit: unknown"],
        ),
        (
            "crm.item.add",
            r#"{"entityTypeId":2,"fields":{"titel":"a","companyID":1,"vendorField":1}}"#,
            &[
                "fields.titel: unknown; did you mean title?",
                "fields.companyID: the documented spelling is companyId",
            ],
        ),
        (
            "crm.address.list",
            r#"{"select":["TYPE_ID","CTY"],"filter":{">=ENTITY_TYPEID":3}}"#,
            &[
                "select.1: unknown; did you mean CITY?",
                "filter.>=ENTITY_TYPEID: unknown; did you mean ENTITY_TYPE_ID?",
            ],
        ),
        (
            "batch",
            r#"{"cmds":{}}"#,
            &[
                "!cmd: required, and missing",
                "cmds: unknown; did you mean cmd?",
            ],
        ),
        (
            "profile",
            r#"{"a":1}"#,
            &["a: unknown: the method takes no parameters"],
        ),
        (
            "crm.item.list",
            "[1]",
            &[": the parameters are a list: the portal goes by names, and sees the names 0, 1, …"],
        ),
    ]);
}

#[test]
fn names_that_differ_in_case_are_named_as_documented() {
    let beside =
        "stands beside another spelling of it, and the portal reads one of them: keep filter";
    hold(&[
        (
            "voximplant.user.get",
            r#"{"user_id":1}"#,
            &[
                "!USER_ID: required, and missing",
                "user_id: the documented spelling is USER_ID",
            ],
        ),
        (
            "crm.item.list",
            r#"{"entityTypeId":2,"filter":{},"FILTER":{}}"#,
            &[&format!("FILTER: {beside}")],
        ),
        (
            "crm.item.list",
            r#"{"entityTypeId":2,"FILTER":{},"filter":{}}"#,
            &[
                "FILTER: the documented spelling is filter",
                &format!("filter: {beside}"),
            ],
        ),
        (
            "crm.address.list",
            r#"{"filter":{">=entity_type_id":1}}"#,
            &["filter.>=entity_type_id: the documented spelling is ENTITY_TYPE_ID"],
        ),
        // These read their names in any case, which is known of few methods.
        (
            "event.bind",
            r#"{"EVENT":"ONAPPINSTALL","HANDLER":"https://a.b"}"#,
            &[],
        ),
        ("batch", r#"{"CMD":["profile"],"Halt":0}"#, &[]),
        // The documented other name.
        (
            "timeman.timecontrol.report.add",
            r#"{"ID":1,"TEXT":"a"}"#,
            &[],
        ),
    ]);
}

#[test]
fn a_nested_parameter_is_missing_only_where_the_outer_one_is_there() {
    hold(&[
        (
            "documentgenerator.template.add",
            r#"{"fields":{"name":"a","region":"ru"}}"#,
            &[
                "!fields.numeratorId: required, and missing",
                "fields: needs one of fileId or file",
            ],
        ),
        (
            "documentgenerator.template.add",
            r#"{"fields":{"name":"a","region":"ru","numeratorId":null,"fileId":1}}"#,
            &["!fields.numeratorId: required, and missing"],
        ),
        (
            "documentgenerator.template.add",
            "{}",
            &["!fields: required, and missing"],
        ),
        // Maps of such objects, under names of the caller's.
        (
            "documentgenerator.template.add",
            r#"{"fields":{"first":{"name":"a"},"second":{}}}"#,
            &[],
        ),
        (
            "bizproc.robot.add",
            r#"{"CODE":"a","HANDLER":"h","NAME":"n","PROPERTIES":{"p":{"Type":"string"}}}"#,
            &[],
        ),
    ]);
    assert_eq!(
        check("documentgenerator.template.add", "{}").verdict,
        Verdict::Denied
    );
}

#[test]
fn of_alternatives_one_has_to_be_there() {
    let sets = ": needs attachId; or moduleId and entityType and entityId; or signedAttachId";
    hold(&[
        (
            "im.chat.mute",
            r#"{"MUTE":"Y"}"#,
            &[": needs one of CHAT_ID or DIALOG_ID"],
        ),
        (
            "calendar.event.add",
            r#"{"type":"user","ownerId":1,"name":"a","section":1}"#,
            &[
                ": needs one of from or from_ts",
                ": needs one of to or to_ts",
            ],
        ),
        ("im.chat.mute", r#"{"DIALOG_ID":"chat1","MUTE":"Y"}"#, &[]),
        ("vote.AttachedVote.get", r#"{"entityId":1}"#, &[sets]),
        ("vote.AttachedVote.get", r#"{"attachId":1}"#, &[]),
        (
            "vote.AttachedVote.get",
            r#"{"moduleId":"im","entityType":"Bitrix\\Vote\\Attachment\\BlogPostConnector","entityId":1}"#,
            &[],
        ),
    ]);
    assert_eq!(
        check("im.chat.mute", r#"{"MUTE":"Y"}"#).verdict,
        Verdict::Allowed
    );
}

#[test]
fn values_outside_the_documented_ones_are_named_with_those() {
    hold(&[
        (
            "user.get",
            r#"{"order":"descending"}"#,
            &["order: not one of ASC, DESC"],
        ),
        ("user.get", r#"{"order":"desc"}"#, &[]),
        (
            "im.department.managers.get",
            r#"{"ID":[1],"USER_DATA":"yes"}"#,
            &["USER_DATA: not one of Y, N"],
        ),
        (
            "lists.field.get",
            r#"{"IBLOCK_TYPE_ID":"list","IBLOCK_ID":1}"#,
            &["IBLOCK_TYPE_ID: not one of lists, bitrix_processes, lists_socnet"],
        ),
        (
            "lists.field.get",
            r#"{"IBLOCK_TYPE_ID":"$result[a]","IBLOCK_ID":1}"#,
            &[],
        ),
    ]);
}

#[test]
fn a_value_of_another_kind_is_told_by_what_is_documented() {
    hold(&[
        (
            "im.department.managers.get",
            r#"{"ID":7}"#,
            &["ID: documented as a list"],
        ),
        (
            "crm.deal.add",
            r#"{"fields":{"PROBABILITY":"high","TITLE":{"a":1},"CONTACT_ID":3}}"#,
            &[
                "fields.PROBABILITY: documented as a whole number",
                "fields.TITLE: documented as a single value",
                "fields.CONTACT_ID: deprecated",
            ],
        ),
    ]);
}

#[test]
fn what_portals_take_is_not_warned_of() {
    for (method, params) in [
        ("crm.item.get", r#"{"entityTypeId":"2","id":"7"}"#),
        (
            "crm.item.get",
            r#"{"entityTypeId":2,"id":"$result[list][items][0][id]"}"#,
        ),
        (
            "im.department.managers.get",
            r#"{"ID":{"0":1},"USER_DATA":true}"#,
        ),
        (
            "im.department.managers.get",
            r#"{"ID":["1"],"USER_DATA":0}"#,
        ),
        ("voximplant.user.get", r#"{"USER_ID":["1","2"]}"#),
        (
            "user.get",
            r#"{"FILTER":{"ACTIVE":"Y",">ID":1},"ADMIN_MODE":"true","start":-1}"#,
        ),
        (
            "crm.item.list",
            r#"{"entityTypeId":2,"select":["*","ufCrm_1"],"order":{"id":"ASC"},
                "filter":{">id":1,"!%title":"a","@stageId":["A"],"><opportunity":[1,2],
                "0":{"logic":"OR","0":{"=id":1},"1":{"id":2}}},"start":50}"#,
        ),
        (
            "crm.item.add",
            r#"{"entityTypeId":2,"fields":{"title":7,"opened":"Y","isManualOpportunity":1,
                "opportunity":"12.5","birthdate":false,"ufCrm_5":["a"],"parentId128":3,
                "contactIds":{"0":1},"comments":null,"webformId":""}}"#,
        ),
        (
            "tasks.task.list",
            r#"{"filter":{"::SUBFILTER-1":{"LOGIC":"OR"}},"select":["TITLE"]}"#,
        ),
        ("crm.item.fields", r#"{"entityTypeId":2,"start":0}"#),
        (
            "crm.address.list",
            r#"{"filter":{">=ENTITY_TYPE_ID":1,"!ENTITY_TYPE_ID":[8]},"select":["CITY"]}"#,
        ),
    ] {
        assert_eq!(problems(method, params), [""; 0], "{method} {params}");
    }
}

#[test]
fn where_the_order_counts_the_order_is_looked_at() {
    let name = "task.commentitem.get";
    let many = "one too many: the portal reads these parameters by their order";
    hold(&[
        (name, "[1,2]", &[]),
        (name, r#"{"TASKID":1,"ITEMID":2}"#, &[]),
        (name, r#"{"any":1,"name":2,"start":0}"#, &[]),
        (
            name,
            r#"{"ITEMID":1,"TASKID":2}"#,
            &[
                "ITEMID: stands in the place of TASKID: the portal goes by the order",
                "TASKID: stands in the place of ITEMID: the portal goes by the order",
            ],
        ),
        (
            name,
            r#"{"ITEMID":1}"#,
            &[
                "ITEMID: stands in the place of TASKID: the portal goes by the order",
                "ITEMID: required, and missing",
            ],
        ),
        (name, "[1]", &["ITEMID: required, and missing"]),
        (name, "[1,2,3]", &[&format!(": {many}")]),
        (
            name,
            r#"{"TASKID":1,"ITEMID":2,"id":3}"#,
            &[&format!("id: {many}")],
        ),
    ]);
    assert_eq!(check(name, "[1]").verdict, Verdict::Allowed);
}

#[test]
fn problems_are_listed_once_for_all_rows_and_twenty_at_most() {
    let rows = r#"{"PRICE":"dear"},"#.repeat(30);
    let params = format!(r#"{{"id":1,"rows":[{}{{}}]}}"#, rows);
    assert_eq!(
        problems("crm.quote.productrows.set", &params),
        ["rows.0.PRICE: documented as a number", ": and 29 more"]
    );
    let names: String = (0..50).map(|n| format!(r#""zzzz{n}":1,"#)).collect();
    let params = format!(r#"{{{names}"filter":{{}}}}"#);
    let found = problems("crm.item.list", &params);
    assert_eq!(found.len(), 21);
    assert_eq!(
        found.first().unwrap(),
        "!entityTypeId: required, and missing"
    );
    assert_eq!(found.last().unwrap(), ": and 31 more");
}

#[test]
fn of_equal_names_the_last_goes() {
    hold(&[
        ("crm.item.get", r#"{"entityTypeId":2,"id":"x","id":1}"#, &[]),
        (
            "crm.item.get",
            r#"{"entityTypeId":2,"id":1,"id":null}"#,
            &["!id: required, and missing"],
        ),
        (
            "crm.item.add",
            r#"{"entityTypeId":2,"fields":{"titel":1},"fields":{"title":"a"}}"#,
            &[],
        ),
    ]);
}

#[test]
fn names_that_mean_something_in_a_language_are_names() {
    let odd = r#"{"entityTypeId":2,"__proto__":1,"constructor":{},"toString":[],"":0,"имя":1,"\u0061":1}"#;
    assert_eq!(
        problems("crm.item.list", odd),
        ["__proto__", "constructor", "toString", "", "имя", "a"]
            .map(|name| format!("{name}: unknown"))
    );
    let escaped = r#"{"entityType\u0049d":2,"f\u0069ltre":{}}"#;
    assert_eq!(
        problems("crm.item.list", escaped),
        ["filtre: unknown; did you mean filter?"]
    );
}

#[test]
fn ten_thousand_names_take_no_time_worth_mentioning() {
    let names: Vec<String> = (0..10_000)
        .map(|n| format!(r#""name_{n}":{{"a":[{n}]}}"#))
        .collect();
    let names = names.join(",");
    let deep = [r#"{"a":"#.repeat(500), "1".to_owned(), "}".repeat(500)].concat();
    let started = Clock::now();
    for params in [
        format!("{{{names}}}"),
        format!(r#"{{"entityTypeId":2,"fields":{{{names}}}}}"#),
        format!(r#"{{"entityTypeId":2,"fields":[{{{names}}}]}}"#),
        format!(r#"{{"entityTypeId":2,"fields":{deep}}}"#),
        format!(r#"{{"entityTypeId":2,"filter":{deep}}}"#),
    ] {
        check("crm.item.add", &params);
        check("crm.item.list", &params);
    }
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

#[test]
fn a_finding_is_the_same_for_other_values_and_another_for_other_names() {
    let modes = Modes::default();
    let finding = |params: &str| objection("crm.item.list", params, &modes).unwrap().finding;
    let one = finding(r#"{"entityTypeId":2,"filtre":{"a":1}}"#);
    assert_eq!(
        one,
        finding(r#"{"entityTypeId":3,"filtre":{"b":2},"start":50}"#)
    );
    assert_ne!(one, finding(r#"{"entityTypeId":2,"slect":{}}"#));
    assert_ne!(one, finding(r#"{"entityTypeId":2,"filtre":{},"slect":{}}"#));
    assert_ne!(one, finding(r#"{"filtre":{}}"#));
    let rows = |rows: &str| {
        let params = format!(r#"{{"id":1,"rows":[{rows}]}}"#);
        objection("crm.quote.productrows.set", &params, &modes)
            .unwrap()
            .finding
    };
    assert_eq!(
        rows(r#"{"PRICE":"a"}"#),
        rows(r#"{},{"PRICE":"b"},{"PRICE":"c"}"#)
    );
    // The method is deprecated as well, which by itself is another finding.
    assert_ne!(rows("{}"), rows(r#"{"PRICE":"a"}"#));
}

#[test]
fn only_what_is_missing_refuses_where_parameters_are_enforced() {
    let modes = Modes {
        parameters: Mode::Enforce,
        ..Modes::default()
    };
    let of = |params| objection("crm.item.list", params, &modes).map(|it| (it.layer, it.mode));
    assert_eq!(of(r#"{"entityTypeId":2}"#), None);
    assert_eq!(of("{}"), Some((Layer::Parameters, Mode::Enforce)));
    let mistyped = r#"{"entityTypeId":2,"filtre":{}}"#;
    assert_eq!(of(mistyped), Some((Layer::Parameters, Mode::Warn)));
    let off = Modes {
        parameters: Mode::Off,
        ..Modes::default()
    };
    assert_eq!(objection("crm.item.list", "{}", &off), None);
}

/// A value that is documented for a parameter, with all that nests in it.
fn documented(parameter: &Parameter<'_>) -> String {
    if let Some(value) = parameter.values().and_then(|mut values| values.next()) {
        return serde_json::to_string(value.trim_matches('"')).unwrap();
    }
    let nested: Vec<String> = parameter
        .nested()
        .filter(|inner| !inner.is_pattern())
        .map(|inner| format!("{:?}:{}", inner.name(), documented(&inner)))
        .collect();
    let nested = nested.join(",");
    for (kind, value) in [
        (Kind::Object, format!("{{{nested}}}")),
        (Kind::List, format!("[{{{nested}}}]")),
        (Kind::Integer, "7".to_owned()),
        (Kind::Number, "1.5".to_owned()),
        (Kind::Flag, "\"N\"".to_owned()),
        (Kind::Date, "\"2026-08-01\"".to_owned()),
        (Kind::DateTime, "\"2026-08-01T10:00:00+03:00\"".to_owned()),
    ] {
        if parameter.accepts(kind) {
            return value;
        }
    }
    "\"text\"".to_owned()
}

/// A call of a method with everything that is documented.
fn everything(entry: &Entry<'_>) -> String {
    let parameters = entry.details().unwrap().parameters();
    let members: Vec<String> = parameters
        .filter(|parameter| !parameter.is_pattern() && parameter.name() != "auth")
        .filter(|parameter| parameter.name() != "auth_connector")
        .map(|parameter| format!("{:?}:{}", parameter.name(), documented(&parameter)))
        .collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn a_call_with_everything_that_is_documented_has_nothing_wrong_with_it() {
    let grant = Grant::unknown();
    let mut checked = 0;
    for entry in CATALOGUE.entries() {
        let mut name = String::new();
        entry.write_name(&mut name);
        let method = MethodName::parse(&name).unwrap();
        let params = Params::parse(everything(&entry)).unwrap();
        let decision = Question::new(&CATALOGUE, Some(entry), &grant, &method, &params).check();
        for problem in decision.problems {
            assert_eq!(problem.reason, "deprecated", "{name} {}", problem.path);
        }
        checked += 1;
    }
    assert!(checked > 1_600);
}

#[test]
fn a_call_without_anything_lacks_just_what_the_first_tier_says() {
    let (grant, params) = (Grant::unknown(), Params::none());
    for entry in CATALOGUE.entries().filter(|entry| !entry.is_positional()) {
        let mut name = String::new();
        entry.write_name(&mut name);
        let method = MethodName::parse(&name).unwrap();
        let first = Catalogue::bundled().get(&name, Some(entry.version()));
        let denies = |catalogue, entry| {
            let decision = Question::new(catalogue, entry, &grant, &method, &params).check();
            let errors = decision.problems.into_iter();
            let errors = errors.filter(|problem| problem.severity == Severity::Error);
            errors.map(|problem| problem.path).collect::<Vec<_>>()
        };
        let by_both = denies(&CATALOGUE, Some(entry));
        assert_eq!(by_both, denies(Catalogue::bundled(), first), "{name}");
        let required = entry.details().unwrap().parameters();
        let required = required.filter(|it| it.presence() == Presence::Required);
        assert_eq!(by_both.len().min(20), required.count().min(20), "{name}");
    }
}
