//! Catalogue files of one or both tiers. The bytes are tried as they are, and with lengths and
//! checksums put right, or hardly any would come further than to those. What is taken is whole: every
//! entry is found, no other name is, everything in it can be read, and no byte of it can be changed.

use callgate::bitrix24::rights::catalogue::{Catalogue, Entry, Kind, Parameters};
use callgate::bitrix24::rights::method::Version;

const FIRST_LENGTH: usize = 20;
const SECOND_LENGTH: usize = 10;
const CHECKSUM: usize = 6;

pub fn run(data: &[u8]) {
    if let Ok(catalogue) = Catalogue::from_bytes(data.to_vec()) {
        is_whole(&catalogue, data.len());
    }
    let bytes = sealed(data);
    let Ok(catalogue) = Catalogue::from_bytes(bytes.clone()) else {
        return;
    };
    is_whole(&catalogue, bytes.len());
    let steps = (bytes.len() / 40).max(1);
    for place in (0..bytes.len()).step_by(steps) {
        let mut changed = bytes.clone();
        changed[place] ^= 1 << (place % 7);
        assert!(Catalogue::from_bytes(changed).is_err(), "byte {place}");
        let cut = bytes[..place].to_vec();
        // A file of both tiers that ends between them is a whole file of one.
        assert!(Catalogue::from_bytes(cut).is_err() || bytes[place..].starts_with(b"CGD"));
    }
}

/// The bytes with their lengths and checksums put right, both tiers for themselves. The last bytes
/// of each are where its checksum goes.
fn sealed(data: &[u8]) -> Vec<u8> {
    let second = data.windows(3).position(|three| three == b"CGD");
    let (first, second) = data.split_at(second.unwrap_or(data.len()));
    let mut first = first.to_vec();
    seal(&mut first, FIRST_LENGTH);
    let mut second = second.to_vec();
    if let (Some(slot), Some(sum)) = (
        second.get_mut(4..4 + CHECKSUM),
        first.last_chunk::<CHECKSUM>(),
    ) {
        slot.copy_from_slice(sum);
    }
    seal(&mut second, SECOND_LENGTH);
    [first, second].concat()
}

/// Writes the length of a file, behind `length` bytes of it or three before, and its checksum.
fn seal(file: &mut [u8], at: usize) {
    let length = file.len();
    let digits = if at == SECOND_LENGTH { 4 } else { 3 };
    if let Some(slot) = file.get_mut(at..at + digits) {
        write_number(length, slot);
    }
    if let Some((body, sum)) = file.split_last_chunk_mut::<CHECKSUM>() {
        let fnv = body.iter().fold(0x811c_9dc5_u32, |sum, byte| {
            (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
        });
        write_number(fnv as usize, sum);
    }
}

fn write_number(number: usize, digits: &mut [u8]) {
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        *digit = b'0' + (number >> (6 * place) & 63) as u8;
    }
}

fn is_whole(catalogue: &Catalogue, length: usize) {
    assert_eq!(catalogue.entries().count(), catalogue.len());
    let mut before = None;
    for entry in catalogue.entries() {
        let name = name(entry);
        let place = (name.to_ascii_lowercase(), entry.version());
        assert!(
            before.is_none_or(|before| before < place),
            "{name} in disorder"
        );
        before = Some(place);

        let found = |spelling: &str, version| catalogue.get(spelling, version).map(self::name);
        let (own, any) = (Some(entry.version()), Some(name.clone()));
        assert_eq!(found(&name, own), any);
        assert_eq!(found(&name.to_ascii_uppercase(), own), any);
        assert!(found(&name, None).is_some());
        for nearly in [
            name.get(1..).unwrap_or_default().to_owned(),
            name.replace('.', ""),
            name.clone() + ".get",
            name.clone() + "!",
        ] {
            for version in [None, Some(Version::V2), Some(Version::V3)] {
                let met = found(&nearly, version);
                assert!(
                    met.is_none_or(|met| met.eq_ignore_ascii_case(&nearly)),
                    "{nearly}"
                );
            }
        }
        is_readable(entry, length);
    }
    for event in catalogue.events() {
        assert!(catalogue.event(event.name()).is_some());
        assert!(event.also().count() <= length);
        let groups = event.needed().into_iter().flatten();
        assert!(groups.flatten().count() <= length);
        assert!(event.deprecation().into_iter().flatten().count() <= length);
    }
}

fn name(entry: Entry<'_>) -> String {
    let mut name = String::new();
    entry.write_name(&mut name);
    name
}

fn is_readable(entry: Entry<'_>, length: usize) {
    assert_eq!(format!("{entry:?}"), name(entry));
    let groups = entry.needed().into_iter().flatten();
    assert!(groups.flatten().count() <= length);
    assert!(entry.required().count() <= length);
    let Some(details) = entry.details() else {
        return;
    };
    let page = details.page();
    assert!(page.is_none_or(|page| page.starts_with("https://apidocs.bitrix24.com/")));
    let words = details.errors().count()
        + details.one_of().flatten().count()
        + details.sets().flatten().count()
        + details.deprecation().into_iter().flatten().count();
    let parameters = walked(details.parameters());
    assert!(
        words + parameters <= 2 * length,
        "{words} words, {parameters} parameters"
    );
}

/// How many parameters there are, the nested ones too.
fn walked(parameters: Parameters<'_>) -> usize {
    let each = parameters.map(|parameter| {
        let kinds = [Kind::Text, Kind::Object, Kind::List, Kind::Date];
        let some = kinds.iter().any(|kind| parameter.accepts(*kind));
        let words = [
            parameter.values(),
            parameter.item_values(),
            Some(parameter.also()),
        ];
        let words: usize = words.into_iter().flatten().map(Iterator::count).sum();
        assert!(some || !parameter.name().contains('\u{1}') && words < usize::MAX);
        1 + parameter.one_of().count() + walked(parameter.nested())
    });
    each.sum()
}
