//! Collects what is wrong with a call. Nothing is allocated until something is.

use super::{NO_BATCH, NO_WEBHOOK};
use crate::decision::{Problem, Severity};
use crate::text::push_number;

/// More are counted, not listed.
const MOST: usize = 20;

/// Where in the parameters something stands.
#[derive(Clone, Copy)]
pub(super) struct Path<'p> {
    pub(super) outer: Option<&'p Path<'p>>,
    pub(super) step: Step<'p>,
}

/// One step of a path.
#[derive(Clone, Copy)]
pub(super) enum Step<'p> {
    Name(&'p str),
    Item(usize),
}

impl Path<'_> {
    fn write(&self, out: &mut String) {
        if let Some(outer) = self.outer {
            outer.write(out);
            out.push('.');
        }
        match self.step {
            Step::Name(name) => out.push_str(name),
            Step::Item(index) => push_number(i64::try_from(index).unwrap_or(i64::MAX), out),
        }
    }

    /// The same for all items of a list.
    fn hash(&self) -> u64 {
        let outer = self.outer.map_or(0, Path::hash);
        match self.step {
            Step::Name(name) => hash(outer, name),
            Step::Item(_) => outer,
        }
    }
}

/// The problems found so far.
#[derive(Default)]
pub(super) struct Problems {
    /// Each with its identity. Of those that are the same but for the row, only the first.
    found: Vec<(u64, Problem)>,
    more: usize,
}

impl Problems {
    /// Adds a warning. `kind` says what is wrong, and `rest` goes on with the particulars.
    pub(super) fn warn(&mut self, path: &Path<'_>, kind: &str, rest: &[&str]) {
        self.add(path, kind, rest, Severity::Warning);
    }

    /// Adds that a parameter is missing.
    pub(super) fn miss(&mut self, at: Option<&Path<'_>>, name: &str, severity: Severity) {
        let step = Step::Name(name);
        self.add(
            &Path { outer: at, step },
            "required, and missing",
            &[],
            severity,
        );
    }

    fn add(&mut self, path: &Path<'_>, kind: &str, rest: &[&str], severity: Severity) {
        let identity = hash(path.hash(), kind);
        let known = self.found.iter().any(|(known, _)| *known == identity);
        if known || (self.is_full() && severity == Severity::Warning) {
            self.more += 1;
            return;
        }
        if self.is_full() {
            // What denies is listed before what only warns.
            let warning = |(_, it): &(u64, Problem)| it.severity == Severity::Warning;
            self.more += 1;
            match self.found.iter().rposition(warning) {
                Some(place) => self.found.remove(place),
                None => return,
            };
        }
        let mut text = String::new();
        path.write(&mut text);
        let problem = Problem {
            path: text,
            reason: [kind, &rest.concat()].concat(),
            severity,
        };
        self.found.push((identity, problem));
    }

    /// Takes back what was found at or below a path: its value was replaced by a later one.
    pub(super) fn retract(&mut self, path: &Path<'_>) {
        let mut text = String::new();
        path.write(&mut text);
        self.found.retain(|(_, problem)| {
            let below = problem.path.strip_prefix(&text);
            below.is_none_or(|rest| !rest.is_empty() && !rest.starts_with('.'))
        });
    }

    /// Whether the next warning will only be counted.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= MOST
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether one of them is sure to make the call fail.
    pub(super) fn deny(&self) -> bool {
        let mut all = self.found.iter();
        all.any(|(_, problem)| problem.severity == Severity::Error)
    }

    /// The identity of all of them together; 0 when there are none.
    pub(super) fn finding(&self) -> u64 {
        let identities = self.found.iter().map(|(identity, _)| identity);
        identities.fold(0, |all, identity| all ^ identity)
    }

    /// The list for a decision: what `notes` say of the call as a whole, errors, warnings, and how
    /// many more there are.
    pub(super) fn into_list(self, notes: u8) -> Vec<Problem> {
        let whole = |reason: &str| Problem {
            path: String::new(),
            reason: reason.to_owned(),
            severity: Severity::Warning,
        };
        let (mut list, mut warnings) = (Vec::new(), Vec::new());
        if notes & NO_WEBHOOK != 0 {
            warnings.push(whole(
                "needs an application's token: no webhook can call it",
            ));
        }
        if notes & NO_BATCH != 0 {
            warnings.push(whole("not allowed in a batch"));
        }
        for (_, problem) in self.found {
            match problem.severity {
                Severity::Error => list.push(problem),
                Severity::Warning => warnings.push(problem),
            }
        }
        list.append(&mut warnings);
        if self.more > 0 {
            let mut reason = String::from("and ");
            push_number(i64::try_from(self.more).unwrap_or(i64::MAX), &mut reason);
            reason.push_str(" more");
            list.push(whole(&reason));
        }
        list
    }
}

/// FNV-1a over what came before and a text, whatever its ASCII case.
pub(super) fn hash(before: u64, text: &str) -> u64 {
    let start = (before ^ 0xcbf2_9ce4_8422_2325).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(start, |sum, byte| {
        (sum ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    })
}
