//! The first tier as the crate reads it: `first.bin`, described in `catalogue/README.md`.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};

use super::facts::{Method, Methods, Parameter, title};

/// No name is longer.
const LONGEST: usize = 64;
const BLOCK: usize = 16;
const MAGIC: &str = "CGC1";
/// `MAGIC`, the date, four numbers.
const HEADER: usize = 4 + 7 + 4 * 3;
pub(super) const CHECKSUM: usize = 6;
/// What ends the records. With the checksum, there are always eight bytes behind a name.
const END: &str = "\x01\x01";
/// A record starts with one of these, by its version, plus what it keeps: at most 7 segments.
const HEADS: [u8; 2] = [0x08, 0x10];

/// What the first tier says of one method.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) version: u8,
    /// A character of flags, then the scopes: groups joined by `&`, codes by `|`; `?` if unknown.
    pub(super) class: String,
    /// Required parameters, each behind `!` (its lack may deny) or `-` (may only warn).
    pub(super) required: String,
}

/// What makes a method as good as unknown: nothing that is said of it may deny a call.
const METHOD_DOUBTS: &[&str] = &["examples-only", "unfinished"];
/// What makes a needed scope doubtful.
const SCOPE_DOUBTS: &[&str] = &["scope-from", "scope-inferred"];
/// What makes it doubtful that a required parameter must be there under its name.
const PARAMETER_DOUBTS: &[&str] = &[
    "conditional",
    "required-under-condition",
    "left-out-in-example",
    "also",
    "pattern",
];

impl Entry {
    pub(super) fn of(method: &Method) -> Entry {
        let facts = &method.facts;
        let doubted = is_doubted(method);
        let scope = facts.get("scope").map(|groups| {
            let groups: Vec<_> = groups.iter().map(|group| group.join("|")).collect();
            groups.join("&")
        });
        let certain = scope.as_ref().is_some_and(|scope| !scope.contains('$'));
        let scope_may_deny =
            certain && method.version == 2 && !doubted && !facts.has_any(SCOPE_DOUBTS);
        let flags = [
            scope_may_deny,
            facts.has("confirmed"),
            facts.has("positional"),
        ];
        let flags = (0..)
            .zip(flags)
            .fold(b'@', |all, (bit, flag)| all | u8::from(flag) << bit);
        let class = format!("{}{}", flags as char, scope.as_deref().unwrap_or("?"));
        let required = method
            .parameters
            .iter()
            .filter(|parameter| parameter.required);
        let required = required.map(|parameter| {
            let mark = if may_deny(doubted, parameter) {
                '!'
            } else {
                '-'
            };
            format!("{mark}{}", parameter.name)
        });
        let required = required.collect();
        Entry {
            name: method.name.clone(),
            version: method.version,
            class,
            required,
        }
    }

    /// What it is called where it is told what changed.
    pub(super) fn title(&self) -> String {
        title(&self.name, self.version)
    }
}

/// Whether a method is as good as unknown.
pub(super) fn is_doubted(method: &Method) -> bool {
    method.facts.has_any(METHOD_DOUBTS)
}

/// Whether the lack of a required parameter may deny a call.
pub(super) fn may_deny(doubted: bool, parameter: &Parameter) -> bool {
    !doubted && !parameter.facts.has_any(PARAMETER_DOUBTS)
}

/// Writes the first tier.
///
/// # Errors
///
/// When a fact doesn't fit the form: a name in foreign characters, too many segments, more than 95
/// classes.
pub(super) fn pack(methods: &Methods) -> Result<Vec<u8>> {
    ensure!(
        methods.date.len() == 7,
        "the date must be written as YYYY-MM, not {}",
        methods.date
    );
    let entries: Vec<Entry> = methods.list.iter().map(Entry::of).collect();
    let classes = classes(&entries)?;
    let column = entries
        .iter()
        .filter_map(|entry| classes.get(&entry.class))
        .copied();
    let column = String::from_utf8(column.collect())?;
    let (index, records) = records(&entries)?;
    let mut table: Vec<_> = classes.iter().collect();
    table.sort_by_key(|(_, id)| **id);
    let table: Vec<&str> = table.iter().map(|(class, _)| class.as_str()).collect();
    let mut starts = digits(0, 3)?;
    let mut end = 0;
    for class in &table {
        end += class.len();
        starts.push_str(&digits(end, 3)?);
    }

    let rest = [
        column,
        index,
        starts.clone(),
        table.concat(),
        records,
        END.to_owned(),
    ]
    .concat();
    let length = HEADER + rest.len() + CHECKSUM;
    let numbers = [entries.len(), starts.len() / 3, end, length];
    let numbers = numbers
        .map(|number| digits(number, 3))
        .into_iter()
        .collect::<Result<String>>()?;
    let mut file = [MAGIC, &methods.date, &numbers, &rest].concat();
    file.push_str(&digits(
        checksum(file.as_bytes()) as usize,
        CHECKSUM as u32,
    )?);
    Ok(file.into_bytes())
}

/// The classes, numbered from the blank up, the most frequent first.
fn classes(entries: &[Entry]) -> Result<HashMap<String, u8>> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for entry in entries {
        match counts.iter_mut().find(|(class, _)| *class == entry.class) {
            Some((_, count)) => *count += 1,
            None => counts.push((&entry.class, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    ensure!(
        counts.len() <= 95,
        "{} classes of methods, where the form has 95",
        counts.len()
    );
    Ok(counts
        .into_iter()
        .zip(b' '..)
        .map(|((class, _), id)| (class.to_owned(), id))
        .collect())
}

/// The start of each block, and the records.
fn records(entries: &[Entry]) -> Result<(String, String)> {
    let (mut index, mut out) = (String::new(), String::new());
    let mut before: Vec<&str> = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let fits = |text: &str, more: &[u8]| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
        };
        ensure!(
            entry.name.len() <= LONGEST,
            "the name {} is too long",
            entry.name
        );
        ensure!(
            fits(&entry.name, b"._"),
            "the form has no place for the name {}",
            entry.name
        );
        ensure!(
            fits(&entry.required, b"_!-"),
            "{}: {}",
            entry.name,
            entry.required
        );
        let segments: Vec<&str> = entry.name.split('.').collect();
        if number % BLOCK == 0 {
            index.push_str(&digits(out.len(), 3)?);
            before.clear();
        }
        let pairs = before.iter().zip(&segments).take(segments.len() - 1);
        let kept = pairs.take_while(|(a, b)| a == b).count();
        ensure!(kept < 8, "{} has too many segments", entry.name);
        let head = HEADS
            .get(usize::from(entry.version) - 2)
            .context("a version beside 2 and 3")?;
        out.push(char::from(head + kept as u8));
        out.push_str(&segments.split_at(kept).1.join("."));
        out.push_str(&entry.required);
        before = segments;
    }
    Ok((index, out))
}

/// Reads what [`pack`] wrote: to say what changed, and to test the form by a second reader.
/// `None` for anything else.
pub(super) fn unpack(file: &[u8]) -> Option<Vec<Entry>> {
    let file = std::str::from_utf8(file).ok()?;
    let (body, sum) = file.split_at_checked(file.len().checked_sub(CHECKSUM)?)?;
    let (header, rest) = body.split_at_checked(HEADER)?;
    let numbers = header.strip_prefix(MAGIC)?.get(7..)?;
    let number = |place: usize| numbers.get(3 * place..3 * place + 3).map(value);
    if value(sum) != checksum(body.as_bytes()) as usize || number(3)? != file.len() {
        return None;
    }
    let (column, rest) = rest.split_at_checked(number(0)?)?;
    let rest = rest.get(3 * column.len().div_ceil(BLOCK)..)?;
    let (starts, rest) = rest.split_at_checked(3 * number(1)?)?;
    let (table, records) = rest.split_at_checked(number(2)?)?;
    let start = |place: usize| starts.get(3 * place..3 * place + 3).map(value);
    let mut segments: Vec<&str> = Vec::new();
    let mut at = records;
    column
        .bytes()
        .map(|class| {
            let class = usize::from(class - b' ');
            let head = *at.as_bytes().first()?;
            let body = at.get(1..)?;
            let end = body.find(|c: char| c < ' ').unwrap_or(body.len());
            at = body.get(end..)?;
            let body = body.get(..end)?;
            let (name, required) = body.split_at(body.find(['!', '-']).unwrap_or(body.len()));
            let (version, base) = if head >= HEADS[1] {
                (3, HEADS[1])
            } else {
                (2, HEADS[0])
            };
            segments.truncate((head - base).into());
            segments.extend(name.split('.'));
            Some(Entry {
                name: segments.join("."),
                version,
                class: table.get(start(class)?..start(class + 1)?)?.to_owned(),
                required: required.to_owned(),
            })
        })
        .collect()
}

/// A number in digits of six bits, the greatest first.
pub(super) fn digits(number: usize, width: u32) -> Result<String> {
    ensure!(
        number >> (6 * width) == 0,
        "{number} is too great for {width} digits"
    );
    let digit = |place| char::from(b'0' + (number >> (6 * place) & 63) as u8);
    Ok((0..width).rev().map(digit).collect())
}

pub(super) fn value(digits: &str) -> usize {
    digits.bytes().fold(0, |value, digit| {
        value << 6 | usize::from(digit.wrapping_sub(b'0') & 63)
    })
}

/// FNV-1a.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| {
        (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}
