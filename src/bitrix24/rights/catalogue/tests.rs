//! Tests of the reader on a catalogue small enough to be written out here.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod details;

use super::form::{CHECKSUM, checksum, number};
use super::*;

/// `im.add` in both versions, `im.user.Get` in version 2.
const RECORDS: &str = "\x08im.add!TEXT-TO\x11add\x09user.Get!ID\x01\x01";
const CLASSES: &str = "Aim&$x@note|im@?";

fn digits(number: usize, width: u32) -> String {
    let digit = |place| char::from(b'0' + (number >> (6 * place) & 63) as u8);
    (0..width).rev().map(digit).collect()
}

fn sealed(mut file: String) -> Vec<u8> {
    file.push_str(&digits(checksum(file.as_bytes()) as usize, 6));
    file.into_bytes()
}

/// The file with these classes of its three entries.
fn file(column: &str, records: &str) -> Vec<u8> {
    let starts = [0, 6, 14, 16].map(|start| digits(start, 3)).concat();
    let rest = [column, "000", &starts, CLASSES, records].concat();
    let numbers = [3, 4, CLASSES.len(), HEADER + rest.len() + CHECKSUM];
    let numbers = numbers.map(|number| digits(number, 3)).concat();
    sealed(["CGC12026-08", &numbers, &rest].concat())
}

fn small() -> Vec<u8> {
    file(" !\"", RECORDS)
}

fn name(entry: Entry<'_>) -> String {
    let mut name = String::new();
    entry.write_name(&mut name);
    name
}

#[test]
fn a_small_catalogue_says_what_was_written_into_it() {
    let catalogue = Catalogue::from_bytes(small()).unwrap();
    assert_eq!((catalogue.len(), catalogue.date()), (3, "2026-08"));
    let names: Vec<_> = catalogue.entries().map(name).collect();
    assert_eq!(names, ["im.add", "im.add", "im.user.Get"]);

    let entry = catalogue.get("IM.ADD", None).unwrap();
    assert_eq!(entry.version(), Version::V2);
    assert!(entry.scope_may_deny());
    let groups: Vec<Vec<_>> = entry.needed().unwrap().map(Iterator::collect).collect();
    assert_eq!(groups, [["im"], ["$x"]]);
    let required: Vec<_> = entry
        .required()
        .map(|one| (one.name, one.may_deny))
        .collect();
    assert_eq!(required, [("TEXT", true), ("TO", false)]);

    let entry = catalogue.get("im.add", Some(Version::V3)).unwrap();
    assert!(!entry.scope_may_deny());
    let groups: Vec<Vec<_>> = entry.needed().unwrap().map(Iterator::collect).collect();
    assert_eq!(groups, [["note", "im"]]);
    assert_eq!(entry.required().count(), 0);

    let entry = catalogue.get("im.user.get", None).unwrap();
    assert!(entry.needed().is_none());
    assert!(catalogue.get("im.user.get", Some(Version::V3)).is_none());
}

#[test]
fn a_name_is_found_whole_or_not_at_all() {
    let catalogue = Catalogue::from_bytes(small()).unwrap();
    let long = "im.".repeat(4_000);
    for name in [
        "",
        "i",
        "im",
        "im.",
        ".im.add",
        "im.ad",
        "im.addd",
        "im.add.",
        "im.add!TEXT",
        "im.add\0",
        "add",
        "im.user",
        "im.user.",
        "im.user.getx",
        "im.zero",
        "zz",
        "....",
        "\0",
        "ím.add",
        &long,
    ] {
        assert!(catalogue.get(name, None).is_none(), "{name:?}");
    }
}

#[test]
fn a_cut_file_is_refused_wherever_it_was_cut() {
    let whole = small();
    for length in 0..whole.len() {
        let cut = whole.get(..length).unwrap().to_vec();
        let error = Catalogue::from_bytes(cut).unwrap_err();
        assert!(
            matches!(error, CatalogueError::Foreign | CatalogueError::Length),
            "{length}"
        );
    }
    let longer = [whole.as_slice(), b"\n"].concat();
    assert_eq!(
        Catalogue::from_bytes(longer).unwrap_err(),
        CatalogueError::Length
    );
}

#[test]
fn a_file_with_one_changed_byte_is_refused() {
    for place in 0..small().len() {
        for change in 1..=255 {
            let mut bytes = small();
            *bytes.get_mut(place).unwrap() ^= change;
            assert!(
                Catalogue::from_bytes(bytes).is_err(),
                "byte {place} changed by {change}"
            );
        }
    }
}

/// Such a file can't come of an accident. It is refused, or reads like any other.
#[test]
fn a_changed_file_with_a_fitting_checksum_never_panics() {
    let body = small().len() - CHECKSUM;
    for place in 0..body {
        for change in 1..128 {
            let mut bytes = small();
            *bytes.get_mut(place).unwrap() ^= change;
            bytes.truncate(body);
            let Ok(catalogue) = Catalogue::from_bytes(sealed(String::from_utf8(bytes).unwrap()))
            else {
                continue;
            };
            assert_eq!(catalogue.entries().count(), catalogue.len());
            for entry in catalogue.entries() {
                let same = catalogue.get(&name(entry), Some(entry.version())).unwrap();
                assert_eq!(name(same), name(entry));
            }
        }
    }
}

#[test]
fn a_file_that_contradicts_itself_is_refused() {
    for (bytes, why) in [
        (file(" !#", RECORDS), "a class that isn't there"),
        (
            file(" !\"", "\x08im.user.get\x09add\x11add\x01\x01"),
            "names out of order",
        ),
        (
            file(" !\"", "\x08im.add\x09add\x09user.get\x01\x01"),
            "an entry that stands there twice",
        ),
        (
            file(" !\"", "\x10im.add\x09add\x09user.get\x01\x01"),
            "version 3 before version 2",
        ),
        (
            file(" !\"", "\x08im.add\x11add\x01\x01"),
            "fewer entries than it says",
        ),
        (
            file(" !\"", "\x08im.add\x11add\x09get\x09list\x01\x01"),
            "more entries than it says",
        ),
    ] {
        assert_eq!(
            Catalogue::from_bytes(bytes).unwrap_err(),
            CatalogueError::Unsound,
            "{why}"
        );
    }
}

#[test]
fn an_error_says_what_is_wrong_with_the_file() {
    let mut newer = small();
    *newer.get_mut(3).unwrap() = b'2';
    for (bytes, error) in [
        (Vec::new(), CatalogueError::Foreign),
        (b"<!doctype html>".to_vec(), CatalogueError::Foreign),
        (newer, CatalogueError::OtherForm),
    ] {
        assert_eq!(Catalogue::from_bytes(bytes).unwrap_err(), error);
        assert!(error.to_string().contains("method catalogue"));
    }
}

#[test]
fn numbers_are_digits_of_six_bits() {
    for value in [0, 1, 63, 64, 4_095, 262_143] {
        assert_eq!(number(digits(value, 3).as_bytes()), value as u64);
    }
}
