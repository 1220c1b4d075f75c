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
/// `MAGIC`, the date, the number of entries, the length of the class table, the length of the file.
pub(super) const HEADER: usize = 4 + DATE + 3 + 3 + 3;
/// A year and a month.
pub(super) const DATE: usize = 7;
pub(super) const CHECKSUM: usize = 6;
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
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Foreign => "this is not a method catalogue",
            Self::OtherForm => "this method catalogue is of a form that this build does not read",
            Self::Length => "the method catalogue is cut short, or something was added to it",
            Self::Damaged => "the method catalogue was damaged on its way",
            Self::Unsound => "the method catalogue contradicts itself",
        })
    }
}

impl std::error::Error for CatalogueError {}

/// Where the parts of a file lie.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) count: usize,
    /// Where the class table starts.
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
        let Some(([c0, c1, c2, t0, t1, t2, l0, l1, l2], _)) = rest.split_first_chunk() else {
            return Err(CatalogueError::Length);
        };
        if number(&[*l0, *l1, *l2]) != bytes.len() as u64 {
            return Err(CatalogueError::Length);
        }
        let count = number(&[*c0, *c1, *c2]) as usize;
        let table = HEADER + count + 3 * count.div_ceil(BLOCK);
        Ok(Layout {
            count,
            table,
            records: table + number(&[*t0, *t1, *t2]) as usize,
        })
    }

    pub(super) const fn over(self, text: Cow<'static, str>) -> Catalogue {
        Catalogue { text, layout: self }
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

/// FNV-1a. Any single changed byte changes it.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| {
        (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// One record: what it says about its name, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) index: usize,
    /// How many segments it has in common with the name before it.
    pub(super) keep: usize,
    pub(super) version: Version,
    /// The segments that it adds, then its required parameters.
    pub(super) body: &'a str,
}

impl<'a> Record<'a> {
    /// The segments that it adds, and the parameters.
    pub(super) fn split(&self) -> (&'a str, &'a str) {
        let end = self
            .body
            .bytes()
            .position(is_mark)
            .unwrap_or(self.body.len());
        self.body.split_at_checked(end).unwrap_or_default()
    }
}

/// Steps from record to record.
pub(super) struct Walk<'a> {
    pub(super) rest: &'a str,
    pub(super) index: usize,
}

impl<'a> Iterator for Walk<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let tail = self.rest.get(1..)?;
        let (body, rest) = tail.split_at_checked(run(tail))?;
        let head = self.rest.bytes().next()?.checked_sub(HEAD)?;
        let version = if head & HEAD_V3 == 0 {
            Version::V2
        } else {
            Version::V3
        };
        let keep = usize::from(head & !HEAD_V3);
        let record = Record {
            index: self.index,
            keep,
            version,
            body,
        };
        self.rest = rest;
        self.index += 1;
        Some(record)
    }
}

/// How far it is to the next control character.
///
/// Look-ups spend most of their time here, hence eight bytes at a time. In ASCII, a control
/// character is a byte with neither of the bits 5 and 6.
pub(super) fn run(text: &str) -> usize {
    let mut rest = text.as_bytes();
    while let Some((chunk, after)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*chunk);
        let controls = !(word | word << 1) & 0x4040_4040_4040_4040;
        if controls != 0 {
            return text.len() - rest.len() + controls.trailing_zeros() as usize / 8;
        }
        rest = after;
    }
    let left = rest
        .iter()
        .position(|byte| *byte < b' ')
        .unwrap_or(rest.len());
    text.len() - rest.len() + left
}

/// Compares what is left of a name with the segments that a record adds, without ASCII case, and
/// says how many bytes are the same. The record may have more behind it; the name has nothing but
/// what a name has.
pub(super) fn compare(name: &[u8], record: &[u8]) -> (Ordering, usize) {
    let (mut ours, mut theirs) = (name, record);
    let mut same = 0;
    loop {
        // Most of what is the same is so to the letter.
        while let (Some((a, after_a)), Some((b, after_b))) =
            (ours.split_first_chunk(), theirs.split_first_chunk())
        {
            let differ = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
            if differ != 0 {
                let length = differ.trailing_zeros() as usize / 8;
                same += length;
                ours = ours.get(length..).unwrap_or_default();
                theirs = theirs.get(length..).unwrap_or_default();
                break;
            }
            same += 8;
            (ours, theirs) = (after_a, after_b);
        }
        let a = ours.first().map_or(0, u8::to_ascii_lowercase);
        let b = theirs
            .first()
            .filter(|byte| is_of_name(**byte))
            .map_or(0, u8::to_ascii_lowercase);
        if a != b || a == 0 {
            return (a.cmp(&b), same);
        }
        same += 1;
        ours = ours.get(1..).unwrap_or_default();
        theirs = theirs.get(1..).unwrap_or_default();
    }
}

/// What comes after the first so many segments of a name.
pub(super) fn after(name: &[u8], segments: usize) -> &[u8] {
    let mut rest = name;
    for _ in 0..segments {
        let dot = rest.iter().position(|byte| *byte == b'.');
        rest = dot.and_then(|dot| rest.get(dot + 1..)).unwrap_or_default();
    }
    rest
}

/// Whether a byte is one that names are made of, and neither a mark nor a control character.
pub(super) fn is_of_name(byte: u8) -> bool {
    byte >= b'.'
}

/// What stands before a required parameter: `!` where its lack may refuse a call, `-` where not.
pub(super) fn is_mark(byte: u8) -> bool {
    matches!(byte, b'!' | b'-')
}

/// The pieces of a text between separators.
#[derive(Clone, Debug)]
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
