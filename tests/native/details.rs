//! What the second tier says, for a method or two of each kind of fact.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use callgate::bitrix24::rights::catalogue::{
    Catalogue, CatalogueError, Details, Kind, Parameter, Parameters, Pieces, Presence,
};

const FIRST: &[u8] = include_bytes!("../../catalogue/first.bin");
const DETAILS: &[u8] = include_bytes!("../../catalogue/details.bin");

/// The bundled catalogue with its second tier.
pub(crate) static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::bundled().with_details(DETAILS.to_vec()).unwrap());

pub(crate) const KINDS: [Kind; 9] = [
    Kind::Text,
    Kind::Integer,
    Kind::Number,
    Kind::Flag,
    Kind::Date,
    Kind::DateTime,
    Kind::Object,
    Kind::List,
    Kind::File,
];

fn details(name: &str) -> Details<'static> {
    CATALOGUE.get(name, None).unwrap().details().unwrap()
}

/// A parameter by its path, such as `fields.name`.
fn parameter(method: &str, path: &str) -> Parameter<'static> {
    let named = |mut all: Parameters<'static>, name: &str| all.find(|one| one.name() == name);
    let mut names = path.split('.');
    let mut found = named(details(method).parameters(), names.next().unwrap()).unwrap();
    for name in names {
        found = named(found.nested(), name).unwrap();
    }
    found
}

pub(crate) fn all<'a>(groups: impl Iterator<Item = Pieces<'a>>) -> Vec<Vec<&'a str>> {
    groups.map(Iterator::collect).collect()
}

#[test]
fn a_page_is_given_with_its_whole_address() {
    for (name, page) in [
        ("access.name", "api-reference/common/system/access-name"),
        (
            "catalog.priceType.getFields",
            "api-reference/catalog/price-type/catalog-price-type-get-fields",
        ),
        ("batch", "settings/how-to-call-rest-api/batch"),
        // In the folder of the method before, and called otherwise than the method.
        (
            "crm.automatedsolution.list",
            "api-reference/crm/automated-solution/crm-automated-solution-list",
        ),
        (
            "documentgenerator.template.add",
            "api-reference/document-generator/templates/document-generator-template-add",
        ),
        (
            "lists.field.get",
            "api-reference/lists/fields/lists-field-get",
        ),
    ] {
        let page = format!("https://apidocs.bitrix24.com/{page}.html");
        assert_eq!(details(name).page(), Some(page), "{name}");
    }
}

#[test]
fn a_deprecated_method_names_its_replacements() {
    for (name, instead) in [
        ("crm.deal.add", Some(vec!["crm.item.add"])),
        (
            "catalog.document.confirm",
            Some(vec!["catalog.document.conduct"]),
        ),
        // Its page stands among the outdated ones, and says no more.
        ("imbot.app.register", Some(vec![])),
        ("crm.item.add", None),
    ] {
        let said = details(name).deprecation().map(Iterator::collect);
        assert_eq!(said, instead, "{name}");
    }
}

#[test]
fn a_method_says_how_it_is_called_and_what_goes_wrong() {
    let codes = [
        "ERROR_REQUIRED_PARAMETERS_MISSING",
        "ERROR_IBLOCK_NOT_FOUND",
        "ACCESS_DENIED",
    ];
    assert!(details("lists.field.get").errors().eq(codes));
    // Codes come without their HTTP status.
    assert!(
        details("documentgenerator.template.add")
            .errors()
            .eq(["100", "0"])
    );
    assert_eq!(details("access.name").errors().count(), 0);
    assert_eq!(details("crm.deal.list").paging(), Some("start+next+total"));
    assert_eq!(details("crm.deal.add").paging(), None);
    assert!(details("app.info").wants_application());
    assert!(!details("crm.deal.add").wants_application());
    assert!(details("batch").is_unbatched() && !details("app.info").is_unbatched());
    assert!(details("app.info").is_parameterless() && !details("batch").is_parameterless());
    assert!(details("crm.measure.list").takes_list_parameters());
    assert!(!details("crm.deal.list").takes_list_parameters());
}

#[test]
fn alternatives_are_groups_and_sets_of_names() {
    let groups = all(details("calendar.event.add").one_of());
    assert_eq!(groups, [["from", "from_ts"], ["to", "to_ts"]]);
    let sets = all(details("vote.AttachedVote.get").sets());
    assert_eq!(
        sets,
        [
            vec!["attachId"],
            vec!["moduleId", "entityType", "entityId"],
            vec!["signedAttachId"]
        ]
    );
    // Two empty sets need nothing.
    assert_eq!(details("imbot.app.register").sets().count(), 0);
    let groups = all(parameter("documentgenerator.template.add", "fields.name").one_of());
    assert_eq!(groups, [["fileId", "file"]]);
}

#[test]
fn a_parameter_says_what_it_may_be() {
    let method = "lists.field.get";
    let names = details(method).parameters().map(|one| one.name());
    assert!(names.eq(["IBLOCK_TYPE_ID", "IBLOCK_ID", "IBLOCK_CODE", "FIELD_ID"]));
    let kind = parameter(method, "IBLOCK_TYPE_ID");
    assert_eq!(kind.presence(), Presence::Required);
    assert!(
        kind.values()
            .unwrap()
            .eq(["lists", "bitrix_processes", "lists_socnet"])
    );
    assert_eq!(
        parameter(method, "IBLOCK_ID").presence(),
        Presence::Optional
    );
    assert!(parameter(method, "IBLOCK_ID").values().is_none());

    let active = parameter("documentgenerator.template.add", "fields.active");
    assert_eq!(active.default(), Some("Y"));
    assert!(active.values().unwrap().eq(["Y", "N"]));
    assert!(
        parameter("user.userfield.list", "order")
            .item_values()
            .unwrap()
            .eq(["asc", "desc"])
    );
    assert!(parameter("log.blogpost.add", "UF_*").is_pattern());
    assert!(parameter("log.blogpost.add", "SPERM").is_deprecated());
    assert!(parameter("crm.deal.add", "fields.CONTACT_ID").is_deprecated());
    let report = parameter("timeman.timecontrol.report.add", "REPORT_ID");
    assert_eq!(report.presence(), Presence::Doubtful);
    assert!(report.also().eq(["ID"]));
}

#[test]
fn a_parameter_accepts_its_documented_kinds_or_anything() {
    let method = "crm.deal.add";
    for (method, path, accepted) in [
        (
            "documentgenerator.template.add",
            "fields.fileId",
            &[Kind::Integer][..],
        ),
        (
            "documentgenerator.template.add",
            "fields.file",
            &[Kind::File],
        ),
        ("batch", "halt", &[Kind::Flag]),
        ("ai.engine.list", "filter.DATE_CREATE", &[Kind::DateTime]),
        ("crm.deal.list", "select", &[Kind::List]),
        (method, "fields", &[Kind::Object]),
        (method, "fields.TAX_VALUE", &[Kind::Number]),
        (method, "fields.TITLE", &[Kind::Text]),
        (method, "fields.TYPE_ID", &KINDS),
        ("log.blogpost.add", "UF_*", &KINDS),
    ] {
        for kind in KINDS {
            let said = parameter(method, path).accepts(kind);
            assert_eq!(said, accepted.contains(&kind), "{method} {path} {kind:?}");
        }
    }
}

#[test]
fn an_event_is_found_in_any_case_and_other_spelling() {
    let event = CATALOGUE.event("ONCRMLEADDELETE").unwrap();
    assert_eq!(event.name(), "onCrmLeadDelete");
    assert_eq!(all(event.needed().unwrap()), [["crm"]]);
    assert_eq!(
        CATALOGUE.event("onLeadDelete").unwrap().name(),
        "onCrmLeadDelete"
    );
    let outdated = CATALOGUE.event("onCrmProductAdd").unwrap();
    assert!(
        outdated
            .deprecation()
            .unwrap()
            .eq(["CATALOG.PRODUCT.ON.ADD"])
    );
    assert!(event.deprecation().is_none());
    // No handler is ever told of what happens in a page.
    assert!(
        CATALOGUE
            .event("BackgroundCallCard::hangupButtonClick")
            .is_none()
    );
    assert!(CATALOGUE.event("onNothing").is_none());
}

#[test]
fn details_are_taken_alone_or_behind_their_first_tier() {
    let both = Catalogue::from_bytes([FIRST, DETAILS].concat()).unwrap();
    assert!(both.has_details());
    assert_eq!(both.clone().events().count(), CATALOGUE.events().count());
    assert!(!Catalogue::bundled().has_details());
    for length in (0..DETAILS.len()).step_by(1_009) {
        let cut = DETAILS.get(..length).unwrap().to_vec();
        assert!(Catalogue::bundled().with_details(cut).is_err(), "{length}");
    }
    for place in (0..DETAILS.len()).step_by(1_013) {
        let mut bytes = DETAILS.to_vec();
        *bytes.get_mut(place).unwrap() ^= 1 << (place % 8);
        assert!(Catalogue::bundled().with_details(bytes).is_err(), "{place}");
    }
    let error = Catalogue::bundled()
        .with_details(FIRST.to_vec())
        .unwrap_err();
    assert_eq!(error, CatalogueError::Foreign);
}
