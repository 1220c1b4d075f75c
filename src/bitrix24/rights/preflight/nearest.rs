//! Finds what somebody meant who mistyped a name.

use crate::bitrix24::rights::catalogue::Catalogue;

/// Longer names aren't compared.
const LONGEST: usize = 48;

/// The method of the catalogue that `given`, which isn't in it, is a mistyped form of.
///
/// ```
/// use callgate::bitrix24::rights::{catalogue::Catalogue, preflight::nearest_method};
/// let catalogue = Catalogue::bundled();
/// assert_eq!(nearest_method(catalogue, "crm.deal.lst").as_deref(), Some("crm.deal.list"));
/// assert_eq!(nearest_method(catalogue, "vendor.thing.do"), None);
/// ```
pub fn nearest_method(catalogue: &Catalogue, given: &str) -> Option<String> {
    let first = |name: &str| name.bytes().next().map(|byte| byte.to_ascii_lowercase());
    let mut names = Vec::new();
    for entry in catalogue.entries() {
        let mut name = String::new();
        entry.write_name(&mut name);
        if first(&name) == first(given) {
            names.push(name);
        }
    }
    nearest(given, names.iter().map(String::as_str)).map(str::to_owned)
}

/// Of some known names the one that `given` is a mistyped form of: at most two letters wrong, left
/// out, too many or swapped, of a short name one. A name that differs in its digits alone is
/// another name, not a mistake.
pub(super) fn nearest<'k>(given: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let mut most = match given.len() {
        0..=2 => return None,
        3..=5 => 1,
        _ => 2,
    };
    let mut best = None;
    for name in known {
        if name.len().abs_diff(given.len()) > most || differ_in_digits(given, name) {
            continue;
        }
        let Some(distance) = distance(given.as_bytes(), name.as_bytes(), most) else {
            continue;
        };
        if distance < most || best.is_none() {
            (most, best) = (distance, Some(name));
        }
    }
    best
}

fn differ_in_digits(one: &str, other: &str) -> bool {
    let letters = |text| str::bytes(text).filter(|byte| !byte.is_ascii_digit());
    letters(one).eq(letters(other))
}

/// How many letters have to be changed, added, dropped or swapped with their neighbour, if that is
/// at most `most`. Case makes no difference.
fn distance(one: &[u8], other: &[u8], most: usize) -> Option<usize> {
    if one.len() > LONGEST || other.len() > LONGEST {
        return None;
    }
    let same = |a: u8, b: u8| a.eq_ignore_ascii_case(&b);
    // The row of each beginning of `one`: how far it is from each beginning of `other`.
    let mut above = [0_usize; LONGEST + 1];
    let mut row = [0_usize; LONGEST + 1];
    for (column, cell) in row.iter_mut().enumerate() {
        *cell = column;
    }
    let mut before = 0;
    for (number, letter) in (1..).zip(one) {
        let mut next = [0_usize; LONGEST + 1];
        let mut left = number;
        let mut least = number;
        let mut other_before = 0;
        if let Some(first) = next.first_mut() {
            *first = number;
        }
        for (column, theirs) in (1..).zip(other) {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX);
            let changed = at(&row, column - 1) + usize::from(!same(*letter, *theirs));
            let mut cell = changed.min(left + 1).min(at(&row, column) + 1);
            let swapped = column > 1 && same(*letter, other_before) && same(before, *theirs);
            if number > 1 && swapped {
                cell = cell.min(at(&above, column - 2) + 1);
            }
            if let Some(slot) = next.get_mut(column) {
                *slot = cell;
            }
            (left, least, other_before) = (cell, least.min(cell), *theirs);
        }
        if least > most {
            return None;
        }
        (above, row, before) = (row, next, *letter);
    }
    row.get(other.len())
        .copied()
        .filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistyped_names_are_found_and_others_are_not() {
        let known = [
            "filter",
            "select",
            "order",
            "start",
            "ID",
            "fields",
            "ADDRESS_1",
        ];
        for (given, meant) in [
            ("filtre", Some("filter")),
            ("fitler", Some("filter")),
            ("filters", Some("filter")),
            ("flter", Some("filter")),
            ("FILTRE", Some("filter")),
            ("field", Some("fields")),
            ("slect", Some("select")),
            ("oder", Some("order")),
            ("ADRES_1", Some("ADDRESS_1")),
            ("ADDRESS_2", None),
            ("IB", None),
            ("", None),
            ("limit", None),
            ("orders_of", None),
            ("фильтр", None),
        ] {
            assert_eq!(nearest(given, known.into_iter()), meant, "{given}");
        }
        let long = "a".repeat(10_000);
        assert_eq!(nearest(&long, known.into_iter()), None);
    }

    #[test]
    fn of_two_that_are_near_the_nearer_one_is_meant() {
        assert_eq!(
            nearest("CONTACT_IDD", ["CONTACT_ID", "CONTACT_IDS"].into_iter()),
            Some("CONTACT_ID")
        );
        assert_eq!(
            nearest("fieldz", ["field", "fields"].into_iter()),
            Some("field")
        );
    }
}
