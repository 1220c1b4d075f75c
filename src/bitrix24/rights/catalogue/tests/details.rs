//! Tests of the second tier's reader, on details of the small catalogue.

use super::*;

/// Details of the three methods, and of an event.
const DETAILS: &str = "\x01im/texts/\x05au\x06im.v2.add\x7fim.v3.*\x07NO_TEXT\x7fNO_CHAT\x08start+total\
    \x09TEXT\x7fATTACH\x0aTEXT\x0aATTACH\x7fKEY\
    \x03\x02TEXT\x05!t\x02params\x05?loPD\x0bnone\x0c\x7fX\x0da\x0ep\x09a\x7fb\
    \x03\x02deep\x03\x02deeper\x05i\x04\x02beside\x04\x02LAST\x04\
    \x01new\x06\x01\x05pl\x01onIm\x0fim|imbot&task\x0eoldIm";

/// The details for a first tier, whose file ends in its checksum.
fn details(first: &[u8], records: &str) -> Vec<u8> {
    let first = first.last_chunk::<CHECKSUM>().unwrap();
    let length = digits(4 + CHECKSUM + 4 + records.len() + CHECKSUM, 4);
    sealed(
        [
            "CGD1",
            std::str::from_utf8(first).unwrap(),
            &length,
            records,
        ]
        .concat(),
    )
}

fn all<'a>(groups: impl Iterator<Item = Pieces<'a>>) -> Vec<Vec<&'a str>> {
    groups.map(Iterator::collect).collect()
}

#[test]
fn small_details_say_what_was_written_into_them() {
    let first = Catalogue::from_bytes(small()).unwrap();
    assert!(first.entries().all(|entry| entry.details().is_none()));
    assert!(first.event("onIm").is_none() && first.events().next().is_none());

    let catalogue = first.with_details(details(&small(), DETAILS)).unwrap();
    assert!(catalogue.has_details() && !first.has_details());
    let [add, new, get] =
        [("im.add", 2), ("im.add", 3), ("im.user.get", 2)].map(|(name, version)| {
            let version = if version == 2 {
                Version::V2
            } else {
                Version::V3
            };
            catalogue
                .get(name, Some(version))
                .unwrap()
                .details()
                .unwrap()
        });

    let site = "https://apidocs.bitrix24.com/im/texts/";
    let pages = [add, new, get].map(|details| details.page().unwrap());
    assert_eq!(
        pages,
        ["im-add", "new", "im-user-get"].map(|page| format!("{site}{page}.html"))
    );
    assert!(add.deprecation().unwrap().eq(["im.v2.add", "im.v3.*"]));
    assert_eq!(new.deprecation().unwrap().count(), 0);
    assert!(get.deprecation().is_none());
    assert!(add.errors().eq(["NO_TEXT", "NO_CHAT"]));
    assert_eq!(new.errors().count(), 0);
    assert_eq!((add.paging(), new.paging()), (Some("start+total"), None));
    assert_eq!(all(add.one_of()), [["TEXT", "ATTACH"]]);
    assert_eq!(all(add.sets()), [vec!["TEXT"], vec!["ATTACH", "KEY"]]);
    let traits = |one: Details<'_>| {
        let list = one.takes_list_parameters();
        (
            one.wants_application(),
            one.is_unbatched(),
            one.is_parameterless(),
            list,
        )
    };
    assert_eq!(traits(add), (true, true, false, false));
    assert_eq!(traits(new), (false, false, false, false));
    assert_eq!(traits(get), (false, false, true, true));

    assert!(
        add.parameters()
            .map(|one| one.name())
            .eq(["TEXT", "params", "LAST"])
    );
    let [text, params, last] = [0, 1, 2].map(|place| add.parameters().nth(place).unwrap());
    let presences = [text, params, last].map(|one| one.presence());
    assert_eq!(
        presences,
        [Presence::Required, Presence::Doubtful, Presence::Optional]
    );
    assert!(text.accepts(Kind::Text) && !text.accepts(Kind::List));
    assert!(
        params.accepts(Kind::List) && params.accepts(Kind::Object) && !params.accepts(Kind::Text)
    );
    assert!(last.accepts(Kind::Date) && last.accepts(Kind::File));
    assert!(params.is_pattern() && params.is_deprecated());
    assert!(!text.is_pattern() && !text.is_deprecated());
    assert_eq!((params.default(), text.default()), (Some("none"), None));
    assert!(params.values().unwrap().eq(["", "X"]));
    assert!(params.item_values().unwrap().eq(["a"]));
    assert!(params.also().eq(["p"]));
    assert_eq!(all(params.one_of()), [["a", "b"]]);
    assert!(
        text.values().is_none() && text.item_values().is_none() && text.also().next().is_none()
    );
    assert!(params.nested().map(|one| one.name()).eq(["deep", "beside"]));
    let deeper = params.nested().next().unwrap().nested().next().unwrap();
    assert!(deeper.name() == "deeper" && deeper.accepts(Kind::Integer));
    assert_eq!(
        text.nested().count() + deeper.nested().count() + new.parameters().count(),
        0
    );

    let event = catalogue.event("ONIM").unwrap();
    assert_eq!(
        all(event.needed().unwrap()),
        [vec!["im", "imbot"], vec!["task"]]
    );
    assert!(event.deprecation().is_none());
    assert_eq!(catalogue.event("OldIm").unwrap().name(), "onIm");
    assert!(catalogue.event("im/texts/").is_none() && catalogue.event("").is_none());
    assert!(catalogue.events().map(|event| event.name()).eq(["onIm"]));
}

#[test]
fn both_tiers_are_taken_from_one_file() {
    let both = [small(), details(&small(), DETAILS)].concat();
    let catalogue = Catalogue::from_bytes(both.clone()).unwrap();
    assert!(catalogue.event("onIm").is_some());
    for length in small().len() + 1..both.len() {
        let error = Catalogue::from_bytes(both.get(..length).unwrap().to_vec()).unwrap_err();
        assert!(
            matches!(error, CatalogueError::Foreign | CatalogueError::Length),
            "{length}"
        );
    }
    for place in 0..both.len() {
        let mut bytes = both.clone();
        *bytes.get_mut(place).unwrap() ^= 1;
        assert!(Catalogue::from_bytes(bytes).is_err(), "{place}");
    }
}

#[test]
fn cut_or_changed_details_are_refused() {
    let catalogue = Catalogue::from_bytes(small()).unwrap();
    let whole = details(&small(), DETAILS);
    for length in 0..whole.len() {
        let error = catalogue
            .with_details(whole.get(..length).unwrap().to_vec())
            .unwrap_err();
        assert!(
            matches!(error, CatalogueError::Foreign | CatalogueError::Length),
            "{length}"
        );
    }
    for place in 0..whole.len() {
        for change in 1..=255 {
            let mut bytes = whole.clone();
            *bytes.get_mut(place).unwrap() ^= change;
            assert!(
                catalogue.with_details(bytes).is_err(),
                "byte {place} changed by {change}"
            );
        }
    }
}

/// Walks through all that a catalogue says, and counts the parameters.
fn walk_through(catalogue: &Catalogue) -> usize {
    let mut count = 0;
    for entry in catalogue.entries() {
        let details = entry.details().unwrap();
        let _ = (details.page(), details.paging(), details.errors().count());
        let _ = (
            details.deprecation().map(Iterator::count),
            all(details.one_of()),
            all(details.sets()),
        );
        let mut open = vec![details.parameters()];
        while let Some(parameters) = open.last_mut() {
            let Some(one) = parameters.next() else {
                open.pop();
                continue;
            };
            let _ = (
                one.name(),
                one.presence(),
                one.default(),
                one.accepts(Kind::Text),
            );
            let _ = (
                one.values(),
                one.item_values(),
                one.also().count(),
                all(one.one_of()),
            );
            open.push(one.nested());
            count += 1;
        }
    }
    let groups = catalogue
        .events()
        .filter_map(|event| Some(all(event.needed()?)));
    let _ = (catalogue.event("oldIm"), groups.count());
    count
}

/// Such a file can't come of an accident. It is refused, or reads like any other.
#[test]
fn changed_details_with_a_fitting_checksum_never_panic() {
    let catalogue = Catalogue::from_bytes(small()).unwrap();
    let mut taken = 0;
    for place in 0..DETAILS.len() {
        for change in 1..128 {
            let mut records = DETAILS.as_bytes().to_vec();
            *records.get_mut(place).unwrap() ^= change;
            let records = String::from_utf8(records).unwrap();
            if let Ok(catalogue) = catalogue.with_details(details(&small(), &records)) {
                taken += 1;
                assert!(walk_through(&catalogue) <= records.matches('\x02').count());
            }
        }
    }
    assert!(taken > 1_000, "{taken}");
}

#[test]
fn details_that_contradict_themselves_are_refused() {
    let catalogue = Catalogue::from_bytes(small()).unwrap();
    let deep = format!(
        "\x01a/b{}{}\x01\x01",
        "\x03\x02n".repeat(16),
        "\x04".repeat(16)
    );
    for (records, why) in [
        ("\x01a/b\x01", "fewer records than methods"),
        ("", "no records"),
        ("a\x01a/b\x01\x01", "something before the first record"),
        ("\x01a/b\x03\x01\x04\x01", "a record within parameters"),
        (
            "\x01a/b\x04\x01\x01",
            "parameters that end before they start",
        ),
        ("\x01a/b\x01\x01\x03", "parameters that don't end"),
        (&deep, "parameters that nest too deep"),
    ] {
        let error = catalogue
            .with_details(details(&small(), records))
            .unwrap_err();
        assert_eq!(error, CatalogueError::Unsound, "{why}");
    }
    let odd = "\x01no-folder\x01\x01\x01ö\x0fim\x01".to_owned();
    let odd = catalogue.with_details(details(&small(), &odd)).unwrap();
    assert_eq!(
        odd.get("im.add", None).unwrap().details().unwrap().page(),
        None
    );
    assert_eq!(walk_through(&odd), 0);
}

#[test]
fn details_of_another_first_tier_are_refused() {
    let other = details(&file(" \"!", RECORDS), DETAILS);
    let catalogue = Catalogue::from_bytes(small()).unwrap();
    let error = catalogue.with_details(other).unwrap_err();
    assert_eq!(error, CatalogueError::OtherCatalogue);
    assert!(error.to_string().contains("another method catalogue"));
    let mut newer = details(&small(), DETAILS);
    *newer.get_mut(3).unwrap() = b'2';
    for (bytes, error) in [
        (newer, CatalogueError::OtherForm),
        (small(), CatalogueError::Foreign),
        (b"<!doctype html>".to_vec(), CatalogueError::Foreign),
    ] {
        assert_eq!(catalogue.with_details(bytes).unwrap_err(), error);
    }
}
