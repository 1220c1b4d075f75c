//! The second tier as the crate reads it: `details.bin`, described in `catalogue/README.md`.

use anyhow::{Context, Result, ensure};

use super::Lines;
use super::facts::{Event, Facts, Groups, Method, Methods, Parameter};
use super::pack::{CHECKSUM, checksum, digits, is_doubted, may_deny, unpack, value};

const MAGIC: &str = "CGD1";
/// `MAGIC`, the checksum of the first tier, the length.
const HEADER: usize = 4 + CHECKSUM + 4;
/// No parameter nests deeper than this.
const DEPTH: usize = 15;
/// What stands between the words of a list.
const SEPARATOR: &str = "\x7f";

// Marks. The first four part things, the others are facts of the thing that they follow.
const RECORD: char = '\x01';
const NAME: char = '\x02';
const OPEN: char = '\x03';
const CLOSE: char = '\x04';
const TRAITS: char = '\x05';
const DEPRECATED: char = '\x06';
const ERRORS: char = '\x07';
const PAGING: char = '\x08';
const ONE_OF: char = '\x09';
const SET: char = '\x0a';
const DEFAULT: char = '\x0b';
const VALUES: char = '\x0c';
const ITEM_VALUES: char = '\x0d';
const ALSO: char = '\x0e';
const SCOPES: char = '\x0f';

/// The documented types that are kinds of values, and their letters. What ends in `[]` is a list;
/// any other type may be anything.
const KINDS: &[(&str, char)] = &[
    ("string", 't'),
    ("text", 't'),
    ("char", 't'),
    ("integer", 'i'),
    ("double", 'n'),
    ("boolean", 'b'),
    ("date", 'd'),
    ("datetime", 'm'),
    ("object", 'o'),
    ("array", 'l'),
    ("file", 'f'),
];

/// Makes the file that belongs to this first tier.
///
/// # Errors
///
/// When a fact doesn't fit the form: foreign characters, a method without a page, a parameter that
/// nests too deep.
pub(super) fn pack(methods: &Methods, events: &[Event], first: &[u8]) -> Result<Vec<u8>> {
    let mut records = String::new();
    let mut folder = "";
    for method in &methods.list {
        folder = write_method(&mut records, method, folder).with_context(|| method.name.clone())?;
    }
    // What happens in a page is told to nobody else.
    for event in events.iter().filter(|event| !event.facts.has("in-page")) {
        write_event(&mut records, event).with_context(|| event.name.clone())?;
    }
    let sum = first.last_chunk::<CHECKSUM>().context("no first tier")?;
    let length = digits(HEADER + records.len() + CHECKSUM, 4)?;
    let mut file = [MAGIC, std::str::from_utf8(sum)?, &length, &records].concat();
    file.push_str(&digits(
        checksum(file.as_bytes()) as usize,
        CHECKSUM as u32,
    )?);
    Ok(file.into_bytes())
}

/// Writes the record of a method, and gives the folder of its page.
fn write_method<'a>(out: &mut String, method: &'a Method, before: &str) -> Result<&'a str> {
    let facts = &method.facts;
    let page = facts.get("page").and_then(|groups| groups.first()?.first());
    let page = page.and_then(|page| page.strip_suffix(".md")?.rsplit_once('/'));
    let (folder, file) = page.context("no page such as folder/name.md")?;
    let mut own = String::new();
    if folder != before {
        own = format!("{folder}/");
    }
    if file != page_of(&method.name) {
        own.push_str(file);
    }
    write(out, RECORD, &own)?;
    let is_app = facts
        .get("auth")
        .is_some_and(|auth| auth.concat() == ["app"]);
    let traits = [
        (is_app && !facts.has("weak-auth"), 'a'),
        (facts.has("unbatched"), 'u'),
        (facts.has("parameterless"), 'p'),
        (facts.has("generic-list"), 'l'),
    ];
    write_traits(
        out,
        traits
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, letter)| letter),
    )?;
    write_deprecation(out, facts)?;
    if let Some(errors) = facts.get("errors") {
        let mut codes: Vec<&str> = Vec::new();
        for code in errors.iter().flatten() {
            let code = code.split_once('@').map_or(code.as_str(), |(code, _)| code);
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        write(out, ERRORS, &codes.join(SEPARATOR))?;
    }
    write_lists(out, PAGING, facts.get("paging"))?;
    write_lists(out, ONE_OF, facts.get("one-of"))?;
    // Where a set is empty, nothing is needed.
    let sets = facts
        .get("sets")
        .filter(|sets| !sets.iter().any(Vec::is_empty));
    write_lists(out, SET, sets)?;
    write_parameters(out, &method.parameters, is_doubted(method), 0)?;
    Ok(folder)
}

/// What the page of a method is called most of the time: `crm.item.getTypes` has
/// `crm-item-get-types`.
fn page_of(name: &str) -> String {
    let mut page = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && page.ends_with(|before: char| before.is_ascii_lowercase())
        {
            page.push('-');
        }
        page.push(if letter == '.' { '-' } else { letter });
    }
    page.to_ascii_lowercase()
}

fn write_parameters(
    out: &mut String,
    parameters: &[Parameter],
    doubted: bool,
    depth: usize,
) -> Result<()> {
    if parameters.is_empty() {
        return Ok(());
    }
    ensure!(depth < DEPTH, "parameters nest too deep");
    out.push(OPEN);
    for parameter in parameters {
        let facts = &parameter.facts;
        write(out, NAME, &parameter.name)?;
        let presence = match parameter.required {
            true if may_deny(doubted, parameter) => Some('!'),
            true => Some('?'),
            false => None,
        };
        let marks = [("pattern", 'P'), ("deprecated", 'D')];
        let marks = marks.into_iter().filter(|(word, _)| facts.has(word));
        let kinds = kinds(&parameter.types);
        write_traits(
            out,
            presence
                .into_iter()
                .chain(kinds)
                .chain(marks.map(|(_, letter)| letter)),
        )?;
        for (mark, word) in [
            (DEFAULT, "default"),
            (VALUES, "values"),
            (ITEM_VALUES, "item-values"),
            (ALSO, "also"),
            (ONE_OF, "one-of"),
        ] {
            write_lists(out, mark, facts.get(word))?;
        }
        write_parameters(out, &parameter.nested, doubted, depth + 1)?;
    }
    out.push(CLOSE);
    Ok(())
}

/// The letters of the documented types; none of them if a value may be anything.
fn kinds(types: &[String]) -> Vec<char> {
    let mut letters = Vec::new();
    for name in types.iter().filter(|name| *name != "null") {
        let kind = KINDS.iter().find(|(kind, _)| kind == name);
        let letter = match kind {
            Some((_, letter)) => *letter,
            None if name.ends_with("[]") => 'l',
            None => return Vec::new(),
        };
        letters.push(letter);
    }
    letters.sort_unstable();
    letters.dedup();
    letters
}

fn write_event(out: &mut String, event: &Event) -> Result<()> {
    write(out, RECORD, &event.name)?;
    if let Some(groups) = event.facts.get("scope") {
        let groups: Vec<_> = groups.iter().map(|group| group.join("|")).collect();
        write(out, SCOPES, &groups.join("&"))?;
    }
    write_deprecation(out, &event.facts)?;
    write_lists(out, ALSO, event.facts.get("spelled"))
}

fn write_deprecation(out: &mut String, facts: &Facts) -> Result<()> {
    if !facts.has_any(&["deprecated", "outdated-folder"]) {
        return Ok(());
    }
    let instead = facts.get("instead").map(|groups| groups.concat());
    write(
        out,
        DEPRECATED,
        &instead.unwrap_or_default().join(SEPARATOR),
    )
}

fn write_traits(out: &mut String, letters: impl Iterator<Item = char>) -> Result<()> {
    let letters: String = letters.collect();
    if letters.is_empty() {
        return Ok(());
    }
    write(out, TRAITS, &letters)
}

/// Writes a part for each group of a fact.
fn write_lists(out: &mut String, mark: char, groups: Option<&Groups>) -> Result<()> {
    for group in groups.into_iter().flatten() {
        write(out, mark, &group.join(SEPARATOR))?;
    }
    Ok(())
}

fn write(out: &mut String, mark: char, text: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii() && (!c.is_ascii_control() || SEPARATOR.contains(c));
    ensure!(text.chars().all(fits), "the form has no place for {text:?}");
    out.push(mark);
    out.push_str(text);
    Ok(())
}

/// Reads what [`pack`] wrote, to say what changed. `None` for anything else, and for a file that
/// belongs to none of these first tiers.
pub(super) fn lines(file: &[u8], firsts: &[&[u8]]) -> Option<Lines> {
    let file = std::str::from_utf8(file).ok()?;
    let (body, sum) = file.split_at_checked(file.len().checked_sub(CHECKSUM)?)?;
    let first = body.strip_prefix(MAGIC)?.get(..CHECKSUM)?;
    if value(sum) != checksum(body.as_bytes()) as usize {
        return None;
    }
    let first = firsts.iter().find(|one| one.ends_with(first.as_bytes()))?;
    let methods = unpack(first)?.into_iter().map(|entry| entry.title());
    let mut records = body.get(HEADER..)?.split(RECORD).skip(1);
    let mut lines: Lines = methods
        .map(|title| Some((title, readable(records.next()?))))
        .collect::<Option<_>>()?;
    for event in records {
        let name = event.split(|letter: char| letter < ' ').next()?;
        lines.insert(format!("the event {name}"), readable(event));
    }
    Some(lines)
}

/// A record in words: a line for the method or event, one for each parameter.
fn readable(record: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut depth = 0;
    for letter in record.chars() {
        let word = match letter {
            OPEN => {
                depth += 1;
                continue;
            }
            CLOSE => {
                depth -= 1;
                continue;
            }
            NAME => {
                lines.push("  ".repeat(depth));
                continue;
            }
            TRAITS => ", ",
            DEPRECATED => ", deprecated ",
            ERRORS => ", errors ",
            PAGING => ", paging ",
            ONE_OF => ", one-of ",
            SET => ", set ",
            DEFAULT => ", default ",
            VALUES => ", values ",
            ITEM_VALUES => ", item-values ",
            ALSO => ", also ",
            SCOPES => ", scope ",
            '\x7f' => " ",
            _ => "",
        };
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
            if !letter.is_ascii_control() {
                line.push(letter);
            }
        }
    }
    lines
}
