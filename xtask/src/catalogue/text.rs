//! The readable form, described in `catalogue/README.md`: written, and read again.

use std::fmt::Write;

use anyhow::{Context, Result, bail, ensure};

use super::facts::{
    EVENT, Event, Facts, Groups, Kind, METHOD, Method, Methods, PARAMETER, Parameter, Row, SCOPE,
    Scope,
};

const METHODS_HEAD: &str = "\
# The documented Bitrix24 REST methods: facts, in the form that README.md describes.
# Source: the official documentation's source, which is MIT licensed. Facts only, none of its text.
# Change a fact here, then run `cargo xtask catalogue`.
";

const EVENTS_HEAD: &str = "\
# The documented Bitrix24 events: facts, in the form that README.md describes.
# Change a fact here, then run `cargo xtask catalogue`.
";

const SCOPES_HEAD: &str = "\
# The scope codes of Bitrix24 REST, in the form that README.md describes.
# `listed`: in the current documentation. `older`: in the list of 2024.
";

/// All methods as text.
pub(super) fn write_methods(methods: &Methods) -> String {
    let mut out = format!("{METHODS_HEAD}\ndate {}\n", methods.date);
    for method in &methods.list {
        out.push('\n');
        write_method(&mut out, method);
    }
    out
}

/// One method as text.
pub(super) fn write_method(out: &mut String, method: &Method) {
    line(out, 0, &format!("{} v{}", method.name, method.version));
    write_facts(out, METHOD, &method.facts);
    write_parameters(out, 1, &method.parameters);
}

/// All events as text.
pub(super) fn write_events(events: &[Event]) -> String {
    let mut out = String::from(EVENTS_HEAD);
    for event in events {
        out.push('\n');
        write_event(&mut out, event);
    }
    out
}

/// One event as text.
pub(super) fn write_event(out: &mut String, event: &Event) {
    line(out, 0, &quoted(&event.name));
    write_facts(out, EVENT, &event.facts);
}

fn write_facts(out: &mut String, table: &[Row], facts: &Facts) {
    let is_mark = |word: &str| {
        let mut rows = table.iter();
        rows.any(|row| row.word == word && row.kind == Kind::Mark)
    };
    let (marks, facts): (Vec<_>, Vec<_>) = facts.0.iter().partition(|(word, _)| is_mark(word));
    if !marks.is_empty() {
        let marks: Vec<_> = marks.iter().map(|(word, _)| *word).collect();
        line(out, 1, &format!("is {}", marks.join(", ")));
    }
    for fact in facts {
        line(out, 1, &fact_text(fact));
    }
}

fn write_parameters(out: &mut String, depth: usize, parameters: &[Parameter]) {
    for parameter in parameters {
        let mut text = String::from(if parameter.required { "! " } else { "- " });
        text.push_str(&quoted(&parameter.name));
        for kind in &parameter.types {
            let _ = write!(text, " {}", quoted(kind));
        }
        for fact in &parameter.facts.0 {
            let _ = write!(text, ", {}", fact_text(fact));
        }
        line(out, depth, &text);
        write_parameters(out, depth + 1, &parameter.nested);
    }
}

/// All scope codes as text.
pub(super) fn write_scopes(scopes: &[Scope]) -> String {
    let mut out = format!("{SCOPES_HEAD}\n");
    for scope in scopes {
        let facts = scope.facts.0.iter().map(fact_text);
        let parts: Vec<_> = std::iter::once(quoted(&scope.code)).chain(facts).collect();
        line(&mut out, 0, &parts.join(", "));
    }
    out
}

pub(super) fn line(out: &mut String, depth: usize, text: &str) {
    let _ = writeln!(out, "{:1$}{text}", "", 2 * depth);
}

pub(super) fn fact_text((word, groups): &(&str, Groups)) -> String {
    let groups = groups.iter().map(|group| {
        group
            .iter()
            .map(|word| format!(" {}", quoted(word)))
            .collect::<String>()
    });
    format!("{word}{}", groups.collect::<Vec<_>>().join(";"))
}

pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, ',' | ';' | '"' | '\\' | '#');
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        serde_json::Value::from(word).to_string()
    }
}

/// What a line at the margin says.
pub(super) enum Margin {
    /// When the facts were taken.
    Date(String),
    /// The lines below are about this method.
    Method(String, u8),
}

pub(super) fn read_margin(words: Groups) -> Result<Margin> {
    let [name, version] = <[String; 2]>::try_from(words.concat())
        .ok()
        .context("expected a name and a version")?;
    if name == "date" {
        return Ok(Margin::Date(version));
    }
    let version = version
        .strip_prefix('v')
        .context("expected a version such as v2")?;
    Ok(Margin::Method(name, version.parse()?))
}

/// Reads what [`write_methods`] wrote, or a person changed.
pub(super) fn read_methods(text: &str) -> Result<Methods> {
    let mut methods = Methods::default();
    for (number, line) in lines(text) {
        let depth = (line.len() - line.trim_start().len()) / 2;
        read_methods_line(&mut methods, depth, line)
            .with_context(|| format!("line {number}: {line}"))?;
    }
    ensure!(!methods.date.is_empty(), "no date");
    ensure!(
        methods.list.is_sorted_by(|a, b| a.key() < b.key()),
        "the methods must be sorted by name without case, then by version, each once"
    );
    Ok(methods)
}

fn read_methods_line(methods: &mut Methods, depth: usize, line: &str) -> Result<()> {
    let mut clauses = clauses(line)?;
    if depth == 0 {
        let (name, version) = match read_margin(clauses.remove(0))? {
            Margin::Date(date) => {
                methods.date = date;
                return Ok(());
            }
            Margin::Method(name, version) => (name, version),
        };
        let (facts, parameters) = Default::default();
        methods.list.push(Method {
            name,
            version,
            facts,
            parameters,
        });
        return Ok(());
    }
    let method = methods
        .list
        .last_mut()
        .context("no method before this line")?;
    let start = line.trim_start();
    if start.starts_with(['!', '-']) {
        let mut place = &mut method.parameters;
        for _ in 1..depth {
            place = &mut place.last_mut().context("nested in nothing")?.nested;
        }
        place.push(read_parameter(clauses)?);
    } else {
        read_facts(&mut method.facts, METHOD, line)?;
    }
    Ok(())
}

/// Reads a line that [`write_facts`] wrote.
fn read_facts(facts: &mut Facts, table: &'static [Row], line: &str) -> Result<()> {
    if let Some(marks) = line.trim_start().strip_prefix("is ") {
        for mark in marks.split(", ") {
            read_fact(facts, table, vec![vec![mark.to_owned()]])?;
        }
        return Ok(());
    }
    let [groups] = <[Groups; 1]>::try_from(clauses(line)?)
        .ok()
        .context("one fact a line")?;
    read_fact(facts, table, groups)
}

/// Reads what [`write_events`] wrote, or a person changed.
pub(super) fn read_events(text: &str) -> Result<Vec<Event>> {
    let mut events: Vec<Event> = Vec::new();
    for (number, line) in lines(text) {
        read_events_line(&mut events, line).with_context(|| format!("line {number}: {line}"))?;
    }
    ensure!(
        events.is_sorted_by(|a, b| a.key() < b.key()),
        "the events must be sorted by name without case, each once"
    );
    Ok(events)
}

fn read_events_line(events: &mut Vec<Event>, line: &str) -> Result<()> {
    if line.starts_with(' ') {
        let event = events.last_mut().context("no event before this line")?;
        return read_facts(&mut event.facts, EVENT, line);
    }
    let [name] = <[String; 1]>::try_from(clauses(line)?.concat().concat())
        .ok()
        .context("expected a name")?;
    let facts = Facts::default();
    events.push(Event { name, facts });
    Ok(())
}

fn read_parameter(mut clauses: Vec<Groups>) -> Result<Parameter> {
    let mut words = clauses.remove(0).concat().into_iter();
    let required = words.next().is_some_and(|mark| mark == "!");
    let name = words.next().context("a parameter without a name")?;
    let mut facts = Facts::default();
    for clause in clauses {
        read_fact(&mut facts, PARAMETER, clause)?;
    }
    Ok(Parameter {
        name,
        required,
        types: words.collect(),
        facts,
        nested: Vec::new(),
    })
}

/// Reads what [`write_scopes`] wrote.
pub(super) fn read_scopes(text: &str) -> Result<Vec<Scope>> {
    let scope = |(number, line)| read_scope(line).with_context(|| format!("line {number}: {line}"));
    lines(text).map(scope).collect()
}

fn read_scope(line: &str) -> Result<Scope> {
    let mut clauses = clauses(line)?;
    let code = clauses.remove(0).concat().concat();
    let mut facts = Facts::default();
    for clause in clauses {
        read_fact(&mut facts, SCOPE, clause)?;
    }
    Ok(Scope { code, facts })
}

pub(super) fn read_fact(
    facts: &mut Facts,
    table: &'static [Row],
    mut groups: Groups,
) -> Result<()> {
    let word = groups
        .first_mut()
        .filter(|group| !group.is_empty())
        .context("an empty clause")?
        .remove(0);
    let row = table
        .iter()
        .find(|row| row.word == word && !word.is_empty());
    let row = row.with_context(|| format!("the word `{word}` is unknown"))?;
    ensure!(!facts.has(row.word), "`{word}` twice");
    if groups.len() == 1 && groups.concat().is_empty() {
        groups.clear();
    }
    match row.kind {
        Kind::Mark => ensure!(groups.is_empty(), "`{word}` takes nothing"),
        Kind::Words => ensure!(groups.len() == 1, "`{word}` wants a value"),
        _ => {}
    }
    facts.insert(table, row.word, groups);
    Ok(())
}

pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text
        .lines()
        .zip(1..)
        .map(|(line, number)| (number, line.trim_end()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// The clauses of a line (between commas), their groups (between semicolons), their words.
/// There is at least one clause, and in it at least one group.
pub(super) fn clauses(line: &str) -> Result<Vec<Groups>> {
    let mut clauses = Vec::new();
    let mut groups = Vec::new();
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        match first {
            ',' => {
                groups.push(std::mem::take(&mut words));
                clauses.push(std::mem::take(&mut groups));
                rest = &rest[1..];
            }
            ';' => {
                groups.push(std::mem::take(&mut words));
                rest = &rest[1..];
            }
            '"' => {
                let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
                let word = values.next().and_then(Result::ok);
                words.push(word.context("a quote that can't be read")?);
                let read = values.byte_offset();
                rest = &rest[read..];
            }
            _ => {
                let end = rest.find([' ', ',', ';']).unwrap_or(rest.len());
                words.push(rest[..end].to_owned());
                rest = &rest[end..];
            }
        }
        rest = rest.trim_start();
    }
    if words.is_empty() && groups.is_empty() {
        bail!("a line that ends in a comma");
    }
    groups.push(words);
    clauses.push(groups);
    Ok(clauses)
}
