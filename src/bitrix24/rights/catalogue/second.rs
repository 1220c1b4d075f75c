//! The form of the second tier: how the records of `details.bin` are found, and what is in one.
//!
//! A record is a row of parts: a mark, which is a control character, and the text up to the next.
//! Nothing here trusts the text between the marks.

use std::ops::Range;

use super::form::{self, CHECKSUM, CatalogueError, Pieces, intact, number, run};

/// What a file starts with: details, and the form in which they are written.
const MAGIC: &[u8; 3] = b"CGD";
const FORM: u8 = b'1';
/// `MAGIC`, `FORM`, the checksum of the first tier, the length of the file.
const HEADER: usize = 4 + CHECKSUM + 4;
/// No parameter nests deeper than this.
const DEPTH: usize = 15;

// Marks. The first four part things, the others are facts of the thing that they follow.
const RECORD: u8 = 0x01;
const NAME: u8 = 0x02;
const OPEN: u8 = 0x03;
const CLOSE: u8 = 0x04;
/// What is a matter of yes or no: a letter each.
const TRAITS: u8 = 0x05;
const DEPRECATED: u8 = 0x06;
pub(super) const ERRORS: u8 = 0x07;
pub(super) const PAGING: u8 = 0x08;
pub(super) const ONE_OF: u8 = 0x09;
pub(super) const SET: u8 = 0x0a;
pub(super) const DEFAULT: u8 = 0x0b;
pub(super) const VALUES: u8 = 0x0c;
pub(super) const ITEM_VALUES: u8 = 0x0d;
pub(super) const ALSO: u8 = 0x0e;
pub(super) const SCOPES: u8 = 0x0f;

/// What stands between the words of a list.
const SEPARATOR: u8 = 0x7f;

/// Parts the first tier from the second. Bytes without a second tier stay as they came.
pub(super) fn part(mut bytes: Vec<u8>) -> (Vec<u8>, Option<Vec<u8>>) {
    let length = bytes.get(form::HEADER - 3..form::HEADER).map(number);
    let first = length.map_or(0, |length| length as usize);
    let follows = bytes
        .get(first..)
        .is_some_and(|rest| rest.starts_with(MAGIC));
    let second = follows.then(|| bytes.split_off(first));
    (bytes, second)
}

/// The second tier as it lies, and where each record starts.
#[derive(Clone)]
pub(super) struct Second {
    text: String,
    starts: Vec<usize>,
}

impl Second {
    /// Takes the bytes of a file that belongs to this first tier.
    pub(super) fn read(
        bytes: Vec<u8>,
        first: &str,
        count: usize,
    ) -> Result<Second, CatalogueError> {
        match bytes.split_first_chunk() {
            Some((MAGIC, [FORM, ..])) => {}
            Some((MAGIC, [_, ..])) => return Err(CatalogueError::OtherForm),
            _ => return Err(CatalogueError::Foreign),
        }
        let length = bytes.get(HEADER - 4..HEADER).map(number);
        if length != Some(bytes.len() as u64) {
            return Err(CatalogueError::Length);
        }
        let text = intact(bytes)?;
        let belongs_to = text
            .as_bytes()
            .get(4..)
            .and_then(<[u8]>::first_chunk::<CHECKSUM>);
        if belongs_to != first.as_bytes().last_chunk() {
            return Err(CatalogueError::OtherCatalogue);
        }
        let end = text.len().saturating_sub(CHECKSUM);
        let mut starts = Vec::with_capacity(count + count / 4);
        let mut depth = 0;
        for (at, byte) in text.bytes().enumerate().take(end).skip(HEADER) {
            match byte {
                RECORD if depth == 0 => starts.push(at),
                OPEN if depth < DEPTH => depth += 1,
                CLOSE if depth > 0 => depth -= 1,
                RECORD | OPEN | CLOSE => return Err(CatalogueError::Unsound),
                _ => {}
            }
        }
        starts.push(end);
        if depth == 0 && starts.len() > count && starts.first() == Some(&HEADER) {
            Ok(Second { text, starts })
        } else {
            Err(CatalogueError::Unsound)
        }
    }

    /// A record by its number: those of the methods in the first tier's order, then the events.
    pub(super) fn record(&self, index: usize) -> Option<Thing<'_>> {
        let range = *self.starts.get(index)?..*self.starts.get(index + 1)?;
        let text = self.text.get(range)?;
        Thing::read(Parts { text, at: 0 })
    }
}

/// A method, an event or a parameter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thing<'a> {
    name: &'a str,
    /// The letters of what is a matter of yes or no.
    traits: &'a [u8],
    facts: Parts<'a>,
    /// Which facts there are: a bit for each mark.
    has: u16,
    /// What comes behind the facts.
    after: Parts<'a>,
}

impl<'a> Thing<'a> {
    /// Reads a thing from its own mark on: its facts are gone through once, and then it is known
    /// which of them are there.
    fn read(mut parts: Parts<'a>) -> Option<Thing<'a>> {
        let (_, name) = parts.next()?;
        let mut thing = Thing {
            name: parts.text_at(name),
            traits: &[],
            facts: parts,
            has: 0,
            after: parts,
        };
        while let Some((mark, range)) = parts.next()
            && mark > CLOSE
        {
            if mark == TRAITS {
                thing.traits = parts.text_at(range).as_bytes();
            }
            thing.has |= 1 << (mark & 15);
            thing.after = parts;
        }
        Some(thing)
    }

    /// What stands behind its own mark.
    pub(super) fn name(self) -> &'a str {
        self.name
    }

    /// All facts of one kind.
    pub(super) fn all(self, mark: u8) -> Facts<'a> {
        let parts = match self.has & 1 << mark {
            0 => Parts::default(),
            _ => self.facts,
        };
        Facts { parts, mark }
    }

    /// The first fact of one kind.
    pub(super) fn said(self, mark: u8) -> Option<&'a str> {
        self.all(mark).next()
    }

    /// The words of a fact.
    pub(super) fn words(self, mark: u8) -> Option<Pieces<'a>> {
        self.said(mark).map(words)
    }

    /// The words of each fact of one kind.
    pub(super) fn groups(self, mark: u8) -> impl Iterator<Item = Pieces<'a>> + use<'a> {
        self.all(mark).map(words)
    }

    /// The words of what to use instead, if it is deprecated.
    pub(super) fn deprecation(self) -> Option<Pieces<'a>> {
        let instead = self.said(DEPRECATED)?;
        Some(if instead.is_empty() {
            Pieces::default()
        } else {
            words(instead)
        })
    }

    /// The letters of what is a matter of yes or no.
    pub(super) fn traits(self) -> &'a [u8] {
        self.traits
    }

    /// The parameters of a method, or those nested in one.
    pub(super) fn inside(self) -> Things<'a> {
        let mut parts = self.after;
        match parts.next() {
            Some((OPEN, _)) => Things { parts },
            _ => Things::default(),
        }
    }
}

/// Steps from a fact to the next of its kind.
pub(super) struct Facts<'a> {
    parts: Parts<'a>,
    mark: u8,
}

impl<'a> Iterator for Facts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            match self.parts.next()? {
                (mark, range) if mark == self.mark => return Some(self.parts.text_at(range)),
                (..=CLOSE, _) => return None,
                _ => {}
            }
        }
    }
}

fn words(text: &str) -> Pieces<'_> {
    Pieces::of(text, SEPARATOR)
}

/// Steps from a parameter to the next one beside it.
#[derive(Clone, Debug, Default)]
pub(super) struct Things<'a> {
    parts: Parts<'a>,
}

impl<'a> Iterator for Things<'a> {
    type Item = Thing<'a>;

    fn next(&mut self) -> Option<Thing<'a>> {
        let mut depth = 0;
        loop {
            if depth == 0 && self.parts.mark() == Some(NAME) {
                let thing = Thing::read(self.parts)?;
                self.parts = thing.after;
                return Some(thing);
            }
            let (mark, _) = self.parts.next()?;
            match mark {
                OPEN => depth += 1,
                CLOSE if depth > 0 => depth -= 1,
                CLOSE => self.parts = Parts::default(),
                _ => {}
            }
        }
    }
}

/// Steps from a mark to the next.
#[derive(Clone, Copy, Debug, Default)]
struct Parts<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parts<'a> {
    fn mark(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next mark, and where the text behind it stands.
    fn next(&mut self) -> Option<(u8, Range<usize>)> {
        let (mark, rest) = self.text.as_bytes().get(self.at..)?.split_first()?;
        let start = self.at + 1;
        self.at = start + run(rest);
        Some((*mark, start..self.at))
    }

    fn text_at(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }
}
