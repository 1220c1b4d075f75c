//! What methods return: the readable form described in `catalogue/README.md`, and where it comes
//! from, a `responses.json`.

use std::fmt::Write;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::facts::{Facts, Kind, Row};
use super::import::{Object, facts, objects, text, words};
use super::text::{Margin, clauses, fact_text, line, lines, quoted, read_fact, read_margin};

const HEAD: &str = "\
# What the documented Bitrix24 REST methods return, in the form that README.md describes.
# Source: the official documentation's source, which is MIT licensed. Facts only, none of its text.
# Change a fact here, then run `cargo xtask catalogue`.
";

/// What all methods return, and when these facts were taken.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Returns {
    /// Year and month, such as `2026-08`.
    pub(super) date: String,
    /// Sorted by [`Return::key`].
    pub(super) list: Vec<Return>,
}

/// What one method returns.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Return {
    pub(super) name: String,
    pub(super) version: u8,
    /// `total`, `next`: what stands beside the result.
    pub(super) facts: Facts,
    /// The place named `result`, if anything is known of it.
    pub(super) result: Option<Place>,
}

impl Return {
    /// What tells methods apart, and their order.
    pub(super) fn key(&self) -> (String, u8) {
        (self.name.to_ascii_lowercase(), self.version)
    }
}

/// A place in a result, with those inside it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) mark: Mark,
    /// A field's name; [`ITEM`] for any item of a list, [`VALUE`] for any value of a map.
    pub(super) name: String,
    /// As documented, perhaps none.
    pub(super) types: Vec<String>,
    /// `nullable`, `values`, `keys`, `seen`.
    pub(super) facts: Facts,
    pub(super) nested: Vec<Place>,
}

pub(super) const ITEM: &str = "[]";
pub(super) const VALUE: &str = "*";

/// How a place is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mark {
    /// The documentation names it; an example may show it as well.
    Documented,
    /// Only an example shows it.
    Seen,
    /// No place of its own: a field that the descriptors in this place are about, with its type.
    Described,
}

const MARKS: [(&str, Mark); 3] = [
    ("-", Mark::Documented),
    ("+", Mark::Seen),
    ("=", Mark::Described),
];

impl Place {
    fn new(mark: Mark, name: &str, types: Vec<String>) -> Place {
        Place {
            mark,
            name: name.to_owned(),
            types,
            facts: Facts::default(),
            nested: Vec::new(),
        }
    }

    /// The places inside this one; [`Mark::Described`] ones are none.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        let own = |place: &&Place| place.mark != Mark::Described;
        self.nested.iter().filter(own)
    }

    /// The fields that are known by name.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Place> {
        let named = |place: &&Place| place.name != ITEM && place.name != VALUE;
        self.places().filter(named)
    }

    /// Any item of the list that stands here.
    pub(super) fn item(&self) -> Option<&Place> {
        self.places().find(|place| place.name == ITEM)
    }

    /// Any value of the map that stands here, whose keys are data.
    pub(super) fn value(&self) -> Option<&Place> {
        self.places().find(|place| place.name == VALUE)
    }

    /// The kinds of values that examples show here, besides what `places` already tells.
    pub(super) fn seen(&self) -> impl Iterator<Item = &str> {
        let groups = self.facts.get("seen").into_iter().flatten();
        groups.flatten().map(String::as_str)
    }

    /// Adds to a place inside what examples show there.
    fn see_inside(&mut self, name: &str, kinds: Value) -> Result<()> {
        let own = |place: &&mut Place| place.name == name && place.mark != Mark::Described;
        if let Some(place) = self.nested.iter_mut().find(own) {
            return import_seen(place, kinds);
        }
        let mut place = Place::new(Mark::Seen, name, Vec::new());
        import_seen(&mut place, kinds)?;
        self.nested.push(place);
        Ok(())
    }

    fn see(&mut self, kinds: &str) {
        let kinds = kinds.split('|').map(str::to_owned).collect();
        self.facts.insert(PLACE, "seen", vec![kinds]);
    }
}

const fn row(word: &'static str, key: &'static str, kind: Kind) -> Row {
    Row { word, key, kind }
}

/// What may be said of an answer, besides its result.
const ENVELOPE: &[Row] = &[
    row("total", "total", Kind::Mark),
    row("next", "next", Kind::Mark),
];

/// What may be said of a place, besides its name and its types.
const PLACE: &[Row] = &[
    row("nullable", "null", Kind::Mark),
    row("keys", "k", Kind::Words),
    row("values", "e", Kind::Words),
    row("seen", "", Kind::Words),
];

/// All of them as text.
pub(super) fn write_returns(returns: &Returns) -> String {
    let mut out = format!("{HEAD}\ndate {}\n", returns.date);
    for one in &returns.list {
        out.push('\n');
        write_return(&mut out, one);
    }
    out
}

/// What one method returns as text.
pub(super) fn write_return(out: &mut String, one: &Return) {
    line(out, 0, &format!("{} v{}", one.name, one.version));
    for fact in &one.facts.0 {
        line(out, 1, &fact_text(fact));
    }
    if let Some(result) = &one.result {
        write_place(out, 1, result);
    }
}

fn write_place(out: &mut String, depth: usize, place: &Place) {
    let mark = MARKS.iter().find(|(_, mark)| *mark == place.mark);
    let mut text = mark.map_or("", |(mark, _)| mark).to_owned();
    for word in std::iter::once(&place.name).chain(&place.types) {
        let _ = write!(text, " {}", quoted(word));
    }
    for fact in &place.facts.0 {
        let _ = write!(text, ", {}", fact_text(fact));
    }
    line(out, depth, &text);
    for place in &place.nested {
        write_place(out, depth + 1, place);
    }
}

/// Reads what [`write_returns`] wrote, or a person changed.
pub(super) fn read_returns(text: &str) -> Result<Returns> {
    let mut returns = Returns::default();
    for (number, line) in lines(text) {
        let depth = (line.len() - line.trim_start().len()) / 2;
        read_line(&mut returns, depth, line).with_context(|| format!("line {number}: {line}"))?;
    }
    ensure!(!returns.date.is_empty(), "no date");
    ensure!(
        returns.list.is_sorted_by(|a, b| a.key() < b.key()),
        "the methods must be sorted by name without case, then by version, each once"
    );
    Ok(returns)
}

fn read_line(returns: &mut Returns, depth: usize, line: &str) -> Result<()> {
    let mut clauses = clauses(line)?;
    if depth == 0 {
        let (name, version) = match read_margin(clauses.remove(0))? {
            Margin::Date(date) => {
                returns.date = date;
                return Ok(());
            }
            Margin::Method(name, version) => (name, version),
        };
        returns.list.push(Return {
            name,
            version,
            facts: Facts::default(),
            result: None,
        });
        return Ok(());
    }
    let one = returns
        .list
        .last_mut()
        .context("no method before this line")?;
    if !line.trim_start().starts_with(['-', '+', '=']) {
        return read_fact(&mut one.facts, ENVELOPE, clauses.remove(0));
    }
    let mut words = clauses.remove(0).concat().into_iter();
    let mark = words.next().unwrap_or_default();
    let mark = MARKS.iter().find(|(text, _)| *text == mark);
    let (_, mark) = mark.context("expected a blank behind the mark")?;
    let name = words.next().context("a place without a name")?;
    let mut place = Place::new(*mark, &name, words.collect());
    for clause in clauses {
        read_fact(&mut place.facts, PLACE, clause)?;
    }
    if depth == 1 {
        ensure!(name == "result", "expected the place `result`");
        ensure!(one.result.is_none(), "`result` twice");
        one.result = Some(place);
        return Ok(());
    }
    let mut above = one.result.as_mut().context("nested in nothing")?;
    for _ in 2..depth {
        above = above.nested.last_mut().context("nested in nothing")?;
    }
    let is_described = |mark: Mark| mark == Mark::Described;
    let same =
        |other: &Place| other.name == name && is_described(other.mark) == is_described(*mark);
    ensure!(!above.nested.iter().any(same), "`{name}` twice");
    above.nested.push(place);
    Ok(())
}

/// What the methods of a `responses.json` return, sorted.
pub(super) fn import(json: &str) -> Result<Vec<Return>> {
    let mut list = objects(json)?
        .into_iter()
        .map(import_return)
        .collect::<Result<Vec<_>>>()?;
    list.sort_by_key(Return::key);
    let twice = |pair: &&[Return]| matches!(pair, [a, b] if a.key() == b.key());
    if let Some([one, _]) = list.windows(2).find(twice) {
        bail!("{} v{} stands there twice", one.name, one.version);
    }
    Ok(list)
}

fn import_return(mut object: Object) -> Result<Return> {
    let name = text(&mut object, "n")?;
    let version = object.remove("v").and_then(|v| v.as_u64());
    let version = version.with_context(|| format!("{name}: no version"))?;
    let said = |mut object: Object| {
        let mut result = match object.remove("r") {
            Some(schema) => Some(import_place("result", schema)?),
            None => None,
        };
        if let Some(kinds) = object.remove("o") {
            let place = result.get_or_insert(Place::new(Mark::Seen, "result", Vec::new()));
            import_seen(place, kinds)?;
        }
        Ok::<_, anyhow::Error>((facts(ENVELOPE, object)?, result))
    };
    let (facts, result) = said(object).with_context(|| name.clone())?;
    Ok(Return {
        name,
        version: version.try_into()?,
        facts,
        result,
    })
}

/// A documented place, by its schema.
fn import_place(name: &str, schema: Value) -> Result<Place> {
    let mut schema: Object = serde_json::from_value(schema)?;
    let types = schema.remove("t").map(words).transpose()?;
    let mut place = Place::new(Mark::Documented, name, types.unwrap_or_default());
    for (name, schema) in members(schema.remove("c"))? {
        ensure!(name != ITEM && name != VALUE, "a field named {name}");
        place.nested.push(import_place(&name, schema)?);
    }
    for (key, name) in [("i", ITEM), ("m", VALUE)] {
        if let Some(schema) = schema.remove(key) {
            place.nested.push(import_place(name, schema)?);
        }
    }
    for (name, types) in members(schema.remove("fd"))? {
        let field = Place::new(Mark::Described, &name, words(types)?);
        place.nested.push(field);
    }
    place.facts = facts(PLACE, schema)?;
    Ok(place)
}

fn members(object: Option<Value>) -> Result<Object> {
    let object = object.map(serde_json::from_value).transpose()?;
    Ok(object.unwrap_or_default())
}

/// Adds to a place what examples show there.
fn import_seen(place: &mut Place, kinds: Value) -> Result<()> {
    match kinds {
        Value::String(kinds) => place.see(&kinds),
        Value::Array(list) => {
            let mut list = list.into_iter();
            let item = list.next().context("a list without an item")?;
            place.see_inside(ITEM, item)?;
            for kinds in list {
                place.see(kinds.as_str().context("expected kinds behind an item")?);
            }
        }
        Value::Object(members) => {
            for (name, kinds) in members {
                match kinds {
                    Value::String(kinds) if name == "?" => place.see(&kinds),
                    kinds => place.see_inside(&name, kinds)?,
                }
            }
        }
        other => bail!("{other} where kinds were expected"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const JSON: &str = r#"[
{"n":"im.user.get","v":2,"total":1,"r":{"t":["object","boolean"],"c":{"ID":{"t":"integer","null":1},
 "FLAGS":{"t":"array","i":{"t":"char","e":["Y",""]}},"UF":{"c":{"a":{}},"m":{"t":"any"},"k":"UF_..., <id>"}}},
 "o":{"ID":"numstr|null","FLAGS":["yn","null"],"MORE":[{"x":"int"}],"UF":{"*":"str","?":"[]"},"?":"bool"}},
{"n":"im.add","v":3,"r":{"t":"object","m":{"t":"object"},"fd":{"ID":"integer","F":["a","b"]}},"o":{"[]":"int","*":"str","?":"arr|obj"}},
{"n":"im.Add","v":2,"o":"bool"},
{"n":"im.lost","v":2}
]"#;

    const TEXT: &str = "\
date 2026-08

im.Add v2
  + result, seen bool

im.add v3
  - result object, seen arr obj
    - * object, seen str
    = ID integer
    = F a b
    + [], seen int

im.lost v2

im.user.get v2
  total
  - result object boolean, seen bool
    - ID integer, nullable, seen numstr null
    - FLAGS array, seen null
      - [] char, values Y \"\", seen yn
    - UF, keys \"UF_..., <id>\", seen []
      - a
      - * any, seen str
    + MORE
      + []
        + x, seen int
";

    fn sample() -> Returns {
        let date = "2026-08".to_owned();
        let list = import(JSON).unwrap();
        Returns { date, list }
    }

    #[test]
    fn what_is_imported_is_written_and_read_back() {
        let text = write_returns(&sample());
        assert!(text.ends_with(TEXT), "{text}");
        assert_eq!(read_returns(&text).unwrap(), sample());
    }

    #[test]
    fn the_readable_file_is_as_it_would_be_written() {
        let text = include_str!("../../../catalogue/results.txt");
        assert!(write_returns(&read_returns(text).unwrap()) == text);
    }

    #[test]
    fn the_places_inside_a_place_are_told_apart() {
        let list = sample().list;
        let result = list.last().unwrap().result.as_ref().unwrap();
        let names = |place: &Place| -> Vec<String> {
            place.fields().map(|field| field.name.clone()).collect()
        };
        assert_eq!(names(result), ["ID", "FLAGS", "UF", "MORE"]);
        let [_, flags, uf, _] =
            <[&Place; 4]>::try_from(result.fields().collect::<Vec<_>>()).unwrap();
        assert_eq!(flags.item().unwrap().types, ["char"]);
        assert_eq!(names(uf), ["a"]);
        assert_eq!(uf.value().unwrap().types, ["any"]);
        assert_eq!(uf.seen().collect::<Vec<_>>(), ["[]"]);
        let described = list.get(1).unwrap().result.as_ref().unwrap();
        assert_eq!(names(described), Vec::<String>::new());
        assert_eq!(described.value().unwrap().types, ["object"]);
    }

    #[test]
    fn what_the_form_does_not_have_is_an_error() {
        for (json, why) in [
            (
                r#"[{"n":"a","v":2,"news":1}]"#,
                "a: the key `news` is unknown",
            ),
            (
                r#"[{"n":"a","v":2,"r":{"x":1}}]"#,
                "a: the key `x` is unknown",
            ),
            (r#"[{"n":"a","v":2,"o":1}]"#, "where kinds were expected"),
            (r#"[{"n":"a","v":2},{"n":"A","v":2}]"#, "twice"),
        ] {
            let error = format!("{:#}", import(json).unwrap_err());
            assert!(error.contains(why), "{error}");
        }
        for (line, why) in [
            ("  news", "the word `news` is unknown"),
            ("  - other integer", "expected the place `result`"),
            ("  - result\n  - result", "`result` twice"),
            ("  - result\n    - A\n    + A", "`A` twice"),
            ("  - result\n      - A", "nested in nothing"),
            ("    - A", "nested in nothing"),
            ("  -result", "a blank behind the mark"),
            ("  - result, seen", "wants a value"),
            ("im.zero", "a name and a version"),
        ] {
            let text = format!("date 2026-08\nim.add v2\n{line}\n");
            let error = format!("{:#}", read_returns(&text).unwrap_err());
            assert!(error.contains(why), "{line}: {error}");
        }
    }
}
