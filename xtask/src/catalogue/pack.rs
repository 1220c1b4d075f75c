//! The first tier as the crate reads it: `first.bin`, described in `catalogue/README.md`.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};

use super::facts::{Method, Methods, Parameter};

const BLOCK: usize = 16;
const MAGIC: &str = "CGC1";
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

impl Entry {
    pub(super) fn of(method: &Method) -> Entry {
        let facts = &method.facts;
        let scope = facts.get("scope").map(|groups| {
            groups
                .iter()
                .map(|group| group.join("|"))
                .collect::<Vec<_>>()
                .join("&")
        });
        let certain = scope.as_ref().is_some_and(|scope| !scope.contains('$'))
            && !facts.has("scope-from")
            && !facts.has("scope-inferred")
            && method.version == 2;
        let flags = [certain, facts.has("confirmed"), facts.has("positional")];
        let flags = (0..)
            .zip(flags)
            .fold(b'@', |all, (bit, flag)| all | u8::from(flag) << bit);
        let class = format!("{}{}", flags as char, scope.as_deref().unwrap_or("?"));
        let required = method
            .parameters
            .iter()
            .filter(|parameter| parameter.required);
        let required = required.map(|parameter| format!("{}{}", mark(parameter), parameter.name));
        let (name, version) = (method.name.clone(), method.version);
        Entry {
            name,
            version,
            class,
            required: required.collect(),
        }
    }
}

/// `!` where the lack of a required parameter may deny a call, `-` where it may only warn.
fn mark(parameter: &Parameter) -> char {
    let doubts = [
        "conditional",
        "required-under-condition",
        "left-out-in-example",
        "also",
        "pattern",
    ];
    if doubts.iter().any(|doubt| parameter.facts.has(doubt)) {
        '-'
    } else {
        '!'
    }
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
    let table = table.join("\n");

    let count = digits(entries.len(), 3)?;
    let rest = [column, index, table.clone(), records].concat();
    let header = MAGIC.len() + 7 + 3 * 3;
    let length = digits(header + rest.len() + 6, 3)?;
    let table = digits(table.len(), 3)?;
    let mut file = [MAGIC, &methods.date, &count, &table, &length, &rest].concat();
    file.push_str(&digits(checksum(file.as_bytes()) as usize, 6)?);
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
    let (body, sum) = file.split_at_checked(file.len().checked_sub(6)?)?;
    let rest = body.strip_prefix(MAGIC)?.get(7..)?;
    let (count, table) = (value(rest.get(..3)?), value(rest.get(3..6)?));
    if value(sum) != checksum(body.as_bytes()) as usize || value(rest.get(6..9)?) != file.len() {
        return None;
    }
    let (column, rest) = rest.get(9..)?.split_at_checked(count)?;
    let (table, records) = rest
        .get(3 * count.div_ceil(BLOCK)..)?
        .split_at_checked(table)?;
    let classes: Vec<&str> = table.split('\n').collect();
    let mut segments: Vec<&str> = Vec::new();
    let mut at = records;
    column
        .bytes()
        .map(|class| {
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
                class: (*classes.get(usize::from(class - b' '))?).to_owned(),
                required: required.to_owned(),
            })
        })
        .collect()
}

/// A number in digits of six bits, the greatest first.
fn digits(number: usize, width: u32) -> Result<String> {
    ensure!(
        number >> (6 * width) == 0,
        "{number} is too great for {width} digits"
    );
    let digit = |place| char::from(b'0' + (number >> (6 * place) & 63) as u8);
    Ok((0..width).rev().map(digit).collect())
}

fn value(digits: &str) -> usize {
    digits.bytes().fold(0, |value, digit| {
        value << 6 | usize::from(digit.wrapping_sub(b'0') & 63)
    })
}

/// FNV-1a.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| {
        (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}
