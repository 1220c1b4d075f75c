//! The form of a catalogue file: how its parts and records are found, and how a name compares.
//!
//! `catalogue/README.md` describes it from the outside. Nothing here trusts the bytes.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use super::Catalogue;
use crate::bitrix24::rights::method::Version;

/// Names are written out in full every so many records; in between each builds on the one before.
pub(super) const BLOCK: usize = 16;
/// What a file starts with: a catalogue, and the form in which it is written.
pub(super) const MAGIC: &[u8; 4] = b"CGC1";
/// `MAGIC`, the date, and four numbers: of the entries, of the starts of classes, and the lengths of
/// the classes and of the file.
pub(super) const HEADER: usize = 4 + DATE + 4 * 3;
/// A year and a month.
pub(super) const DATE: usize = 7;
/// Digits; the two bytes before them end the last record.
pub(super) const CHECKSUM: usize = 6;
/// No name is longer, so that a query has its place on the stack.
pub(super) const LONGEST: usize = 64;
/// A record starts with this, plus [`HEAD_V3`] in version 3, plus what it keeps.
const HEAD: u8 = 0x08;
const HEAD_V3: u8 = 0x08;

/// Why some bytes are not a catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CatalogueError {
    /// The file is no catalogue at all.
    Foreign,
    /// A catalogue in a form that this build doesn't read.
    OtherForm,
    /// The file is shorter or longer than it says.
    Length,
    /// The bytes were changed: the checksum doesn't fit.
    Damaged,
    /// The file arrived as it was written, and was written wrong.
    Unsound,
    /// Details that were made for another first tier.
    OtherCatalogue,
}

impl CatalogueError {
    /// What is wrong, in words.
    ///
    /// ```
    /// use callgate::bitrix24::rights::catalogue::CatalogueError;
    /// assert_eq!(CatalogueError::Foreign.in_words(), "this is not a method catalogue");
    /// ```
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Foreign => "this is not a method catalogue",
            Self::OtherForm => "this method catalogue is of a form that this build does not read",
            Self::Length => "the method catalogue is cut short, or something was added to it",
            Self::Damaged => "the method catalogue was damaged on its way",
            Self::Unsound => "the method catalogue contradicts itself",
            Self::OtherCatalogue => "these details belong to another method catalogue",
        }
    }
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.in_words())
    }
}

impl std::error::Error for CatalogueError {}

/// Where the parts of a file lie.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) count: usize,
    /// Where it is written where each class starts.
    pub(super) classes: usize,
    /// Where the classes start.
    pub(super) table: usize,
    /// Where the records start.
    pub(super) records: usize,
}

impl Layout {
    /// Reads the header; of the rest, only the length is known to be right then.
    pub(super) const fn read(bytes: &[u8]) -> Result<Layout, CatalogueError> {
        let Some(([b'C', b'G', b'C', form], rest)) = bytes.split_first_chunk() else {
            return Err(CatalogueError::Foreign);
        };
        if *form != MAGIC[3] {
            return Err(CatalogueError::OtherForm);
        }
        let Some((_, rest)) = rest.split_first_chunk::<DATE>() else {
            return Err(CatalogueError::Length);
        };
        let Some(([c0, c1, c2, k0, k1, k2, t0, t1, t2, l0, l1, l2], _)) = rest.split_first_chunk()
        else {
            return Err(CatalogueError::Length);
        };
        if number(&[*l0, *l1, *l2]) != bytes.len() as u64 {
            return Err(CatalogueError::Length);
        }
        let count = number(&[*c0, *c1, *c2]) as usize;
        let classes = HEADER + count + 3 * count.div_ceil(BLOCK);
        let table = classes + 3 * number(&[*k0, *k1, *k2]) as usize;
        let records = table + number(&[*t0, *t1, *t2]) as usize;
        Ok(Layout {
            count,
            classes,
            table,
            records,
        })
    }

    pub(super) const fn over(self, text: Cow<'static, str>) -> Catalogue {
        Catalogue {
            text,
            layout: self,
            second: None,
        }
    }
}

/// A number as the file writes it: digits of six bits, the greatest first, from `0` to `o`.
pub(super) const fn number(digits: &[u8]) -> u64 {
    let mut value = 0;
    let mut digits = digits;
    while let [first, rest @ ..] = digits {
        value = value << 6 | (first.wrapping_sub(b'0') & 63) as u64;
        digits = rest;
    }
    value
}

fn is_digit(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'o')
}

/// FNV-1a. Any single changed byte changes it.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| {
        (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// The text of a file that arrived as it was written: its end is the checksum of all before.
pub(super) fn intact(bytes: Vec<u8>) -> Result<String, CatalogueError> {
    let (body, sum) = bytes
        .split_last_chunk::<CHECKSUM>()
        .ok_or(CatalogueError::Length)?;
    if u64::from(checksum(body)) != number(sum) || !sum.iter().all(is_digit) {
        return Err(CatalogueError::Damaged);
    }
    String::from_utf8(bytes).map_err(|_| CatalogueError::Unsound)
}

/// One record: what it says about its name, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) index: usize,
    /// How many segments it has in common with the name before it.
    pub(super) keep: usize,
    pub(super) version: Version,
    /// Where its body starts in the file.
    pub(super) start: usize,
    /// How long its body is: the segments that it adds, then its required parameters.
    pub(super) length: usize,
    /// The file from the body on.
    pub(super) text: &'a [u8],
}

impl Record<'_> {
    /// How many bytes of the body are the segments.
    pub(super) fn name_length(&self) -> usize {
        let body = self.text.iter().take(self.length);
        body.take_while(|byte| is_of_name(**byte)).count()
    }
}

/// Steps from record to record.
pub(super) struct Walk<'a> {
    pub(super) bytes: &'a [u8],
    /// Where the next record starts.
    pub(super) start: usize,
    pub(super) index: usize,
}

impl<'a> Iterator for Walk<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let (head, text) = self.bytes.get(self.start..)?.split_first()?;
        let head = head.checked_sub(HEAD)?;
        let record = Record {
            index: self.index,
            keep: usize::from(head & !HEAD_V3),
            version: if head & HEAD_V3 == 0 {
                Version::V2
            } else {
                Version::V3
            },
            start: self.start + 1,
            length: run(text),
            text,
        };
        self.start += 1 + record.length;
        self.index += 1;
        Some(record)
    }
}

/// How far it is to the next control character.
///
/// Look-ups spend most of their time here, hence eight bytes at a time. In ASCII, a control
/// character is a byte with neither of the bits 5 and 6.
pub(super) fn run(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    let mut length = 0;
    while let Some((chunk, after)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*chunk);
        let controls = !(word | word << 1) & 0x4040_4040_4040_4040;
        if controls != 0 {
            return length + controls.trailing_zeros() as usize / 8;
        }
        length += 8;
        rest = after;
    }
    length
        + rest
            .iter()
            .position(|byte| *byte < b' ')
            .unwrap_or(rest.len())
}

/// A name that is looked for: in lower case, with zeros behind it.
pub(super) struct Query {
    folded: [u8; LONGEST + 8],
}

impl Query {
    /// `None`: no name in a catalogue is so long, or has such characters.
    pub(super) fn of(name: &str) -> Option<Query> {
        let mut folded = [0; LONGEST + 8];
        if name.len() > LONGEST || !name.bytes().all(is_of_name) {
            return None;
        }
        for (slot, byte) in folded.iter_mut().zip(name.bytes()) {
            *slot = byte.to_ascii_lowercase();
        }
        Some(Query { folded })
    }

    /// Compares the name from a place on with the name that starts a text, and says how many bytes
    /// are the same. Eight bytes are compared at a time, as one number: what ends a name is less
    /// than what a name is made of, and more than the zeros behind the query.
    pub(super) fn compare(&self, from: usize, text: &[u8]) -> (Ordering, usize) {
        let mut same = 0;
        loop {
            let ours = word(&self.folded, from + same);
            let theirs = lower(word(text, same));
            if ours == theirs && ours != 0 {
                same += 8;
                continue;
            }
            same += (ours ^ theirs).leading_zeros() as usize / 8;
            let order = match (self.folded.get(from + same), text.get(same)) {
                (Some(1..), _) => ours.cmp(&theirs),
                (_, Some(byte)) if is_of_name(*byte) => Ordering::Less,
                _ => Ordering::Equal,
            };
            return (order, same);
        }
    }

    /// How many segments end between two places, and where the next one starts.
    pub(super) fn segments(&self, from: usize, to: usize) -> (usize, usize) {
        let (mut count, mut next) = (0, from);
        for place in from..to {
            if self.folded.get(place) == Some(&b'.') {
                (count, next) = (count + 1, place + 1);
            }
        }
        (count, next)
    }

    /// Where the query goes on after its first segments.
    pub(super) fn after(&self, segments: usize) -> usize {
        let ends = (0..LONGEST).filter(|place| self.folded.get(*place) == Some(&b'.'));
        ends.take(segments).last().map_or(0, |dot| dot + 1)
    }
}

/// Eight bytes from a place on, the first the heaviest.
fn word(bytes: &[u8], from: usize) -> u64 {
    let chunk = bytes.get(from..).and_then(<[u8]>::first_chunk);
    chunk.map_or(0, |chunk| u64::from_be_bytes(*chunk))
}

/// Eight ASCII characters in lower case.
fn lower(word: u64) -> u64 {
    let from_a = word.wrapping_add(0x3f3f_3f3f_3f3f_3f3f);
    let after_z = word.wrapping_add(0x2525_2525_2525_2525);
    word | (from_a & !after_z & 0x8080_8080_8080_8080) >> 2
}

/// Whether a byte is one that names are made of, and neither a mark nor a control character.
pub(super) fn is_of_name(byte: u8) -> bool {
    matches!(byte, b'.'..=b'z')
}

/// What stands before a required parameter: `!` where its lack may refuse a call, `-` where not.
pub(super) fn is_mark(byte: u8) -> bool {
    matches!(byte, b'!' | b'-')
}

/// The pieces of a text between separators.
#[derive(Clone, Debug, Default)]
pub struct Pieces<'a> {
    rest: Option<&'a str>,
    separator: u8,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(text: &'a str, separator: u8) -> Pieces<'a> {
        Pieces {
            rest: Some(text),
            separator,
        }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest.take()?;
        let Some(end) = text.bytes().position(|byte| byte == self.separator) else {
            return Some(text);
        };
        self.rest = text.get(end + 1..);
        text.get(..end)
    }
}
