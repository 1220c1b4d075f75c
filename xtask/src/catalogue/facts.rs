//! The facts, in one shape for every form that they take.
//!
//! A fact is a word and its groups of words: `scope sign.b2e; crm` is two groups of one word each.
//! Which facts there are is said in three tables, each row naming the word of our text form, the key
//! of the fact folder that `import` reads, and how the value is written there.

/// The methods, and when their facts were taken.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Methods {
    /// Year and month, such as `2026-08`.
    pub(super) date: String,
    /// Sorted by [`Method::key`].
    pub(super) list: Vec<Method>,
}

/// One method in one REST version.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Method {
    pub(super) name: String,
    pub(super) version: u8,
    pub(super) facts: Facts,
    pub(super) parameters: Vec<Parameter>,
}

impl Method {
    /// What tells methods apart, and their order.
    pub(super) fn key(&self) -> (String, u8) {
        (self.name.to_ascii_lowercase(), self.version)
    }
}

/// A method where it is told what changed.
pub(super) fn title(name: &str, version: u8) -> String {
    format!("{} v{version}", name.to_ascii_lowercase())
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) facts: Facts,
}

impl Event {
    /// What tells events apart, and their order.
    pub(super) fn key(&self) -> String {
        self.name.to_ascii_lowercase()
    }
}

/// One parameter, with those that nest in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) types: Vec<String>,
    pub(super) facts: Facts,
    pub(super) nested: Vec<Parameter>,
}

/// One scope code.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scope {
    pub(super) code: String,
    pub(super) facts: Facts,
}

/// Facts about one thing, in the order of their table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts(pub(super) Vec<(&'static str, Groups)>);

pub(super) type Groups = Vec<Vec<String>>;

impl Facts {
    pub(super) fn get(&self, word: &str) -> Option<&Groups> {
        self.0
            .iter()
            .find(|(own, _)| *own == word)
            .map(|(_, groups)| groups)
    }

    pub(super) fn has(&self, word: &str) -> bool {
        self.get(word).is_some()
    }

    pub(super) fn has_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.has(word))
    }

    /// Adds a fact in its place.
    pub(super) fn insert(&mut self, table: &'static [Row], word: &'static str, groups: Groups) {
        self.0.push((word, groups));
        self.0
            .sort_by_key(|(own, _)| table.iter().position(|row| row.word == *own));
    }
}

/// One kind of fact.
pub(super) struct Row {
    pub(super) word: &'static str,
    pub(super) key: &'static str,
    pub(super) kind: Kind,
}

/// How the fact folder writes a value.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// 1, or absent.
    Mark,
    /// One word, or a list of words. An error code may come with its HTTP status.
    Words,
    /// A list of lists of words.
    Groups,
    /// Derived from other facts, and so not kept.
    Derived,
}

const fn row(word: &'static str, key: &'static str, kind: Kind) -> Row {
    Row { word, key, kind }
}

use Kind::{Derived, Groups as Lists, Mark, Words};

/// What may be said of a method.
pub(super) const METHOD: &[Row] = &[
    row("page", "p", Words),
    row("scope", "s", Lists),
    row("scope-from", "s0", Words),
    row("scope-extra", "s1", Words),
    row("who", "x", Words),
    row("auth", "auth", Words),
    row("scope-inferred", "su", Mark),
    row("further-condition", "xc", Mark),
    row("weak-auth", "aw", Mark),
    row("confirmed", "cf", Mark),
    row("unbatched", "nb", Mark),
    row("positional", "ord", Mark),
    row("parameterless", "np", Mark),
    row("generic-list", "gl", Mark),
    row("some-errors-uncoded", "e0", Mark),
    row("deprecated", "dep", Mark),
    row("outdated-folder", "old", Mark),
    row("examples-only", "xo", Mark),
    row("unfinished", "hid", Mark),
    row("deprecated-since", "depv", Words),
    row("instead", "repl", Words),
    row("spelled", "alt", Words),
    row("paging", "list", Words),
    row("returns", "res", Words),
    row("errors", "E", Words),
    row("errors-in-examples", "E1", Words),
    row("statuses", "eh", Words),
    row("one-of", "any1", Lists),
    row("sets", "rs", Lists),
];

/// What may be said of a parameter, besides its name, its types and whether it is required.
pub(super) const PARAMETER: &[Row] = &[
    row("conditional", "rc", Mark),
    row("required-under-condition", "rw", Mark),
    row("left-out-in-example", "rx", Mark),
    row("required-by-text", "rt", Mark),
    row("deprecated", "dep", Mark),
    row("pattern", "pat", Mark),
    row("also", "al", Words),
    row("default", "d", Words),
    row("values", "e", Words),
    row("item-values", "ie", Words),
    row("one-of", "a1", Lists),
];

/// What may be said of an event.
pub(super) const EVENT: &[Row] = &[
    row("page", "p", Words),
    row("scope", "s", Lists),
    row("scope-from", "s0", Words),
    row("who", "x", Words),
    row("further-condition", "xc", Mark),
    row("in-page", "js", Mark),
    row("deprecated", "dep", Mark),
    row("outdated-folder", "old", Mark),
    row("instead", "repl", Words),
    row("spelled", "alt", Words),
    row("data", "d", Words),
];

/// What may be said of a scope code.
pub(super) const SCOPE: &[Row] = &[
    row("listed", "doc", Mark),
    row("older", "", Mark),
    row("unwanted", "dep", Mark),
    row("implicit", "implicit", Mark),
    row("inferred", "inf", Mark),
    row("alias", "al", Words),
    row("form-of", "of", Words),
    row("", "m", Derived),
    row("", "ev", Derived),
];
