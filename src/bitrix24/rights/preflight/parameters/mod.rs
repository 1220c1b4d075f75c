//! Holds the parameters of a call against what the second tier documents of them.
//!
//! One pass over their text. Only a required parameter that is missing denies; all else warns, and
//! where the documentation is known to be loose nothing is said: a warning that is often wrong is
//! worse than none.

mod events;
mod names;
mod positions;
mod required;
mod values;

use super::nearest::nearest;
use super::problems::{Path, Problems, Step};
use super::{Question, takes_any_case};
use crate::bitrix24::rights::catalogue::{Details, Entry, Kind, Parameter, Pieces};
use crate::json::{Event, Raw, Reader};
use crate::text::is_any_of;
use events::is_event;
use names::{
    Found, Given, Level, Names, is_number, is_own_field, is_selector, takes_anyway,
    without_operator,
};
use values::{Scalar, is_one_of, misfit};

/// Nothing documented nests deeper.
const DEEPEST: usize = 8;

/// With more unknown names in it, what is inside a parameter is data, and no mistyped name.
const STRANGERS: usize = 100;

/// What stands in the way of the parameters, by the second tier.
pub(super) fn check(question: &Question<'_>, entry: &Entry<'_>, details: &Details<'_>) -> Problems {
    let text = question.params.as_json();
    let mut walk = Walk {
        question,
        text,
        reader: Reader::new(text),
        problems: Problems::default(),
        any_case: takes_any_case(question.method),
    };
    let opens = walk.reader.next();
    let list = matches!(opens, Ok(Event::ListOpens));
    let names = Names::Top {
        listing: details.takes_list_parameters(),
        version: entry.version(),
        none: details.is_parameterless(),
    };
    let level = Level::new(details.parameters(), names, 0);
    if entry.is_positional() {
        walk.positions(&level, list);
    } else if list {
        walk.unnamed(&level);
    } else {
        let given = walk.members(None, &level);
        walk.required(None, &level, &given);
        walk.alternatives(&level, &given, details);
    }
    walk.problems
}

struct Walk<'q, 'a> {
    question: &'q Question<'a>,
    text: &'q str,
    reader: Reader<'q>,
    problems: Problems,
    any_case: bool,
}

impl Walk<'_, '_> {
    /// Reads the members of an object that was just opened.
    fn members(&mut self, at: Option<&Path<'_>>, level: &Level<'_>) -> Given {
        let mut given = Given::default();
        let (mut scalars, mut inner, mut strangers) = (false, false, 0);
        while let Ok(Event::Key(raw)) = self.reader.next() {
            let owned;
            let key = match raw.plain() {
                Some(key) => key,
                None => {
                    owned = raw.to_text();
                    &owned
                }
            };
            let path = Path {
                outer: at,
                step: Step::Name(key),
            };
            let contains = matches!(self.peek(), b'{' | b'[');
            match level.find(key, self.any_case && level.depth == 0) {
                Found::Known(place, parameter) => {
                    if given.named.has(place) {
                        self.problems.retract(&path);
                    }
                    if given.spelled.has(place) {
                        self.beside(&path, parameter.name());
                    }
                    given.named.set(place, true);
                    let there = self.value(&parameter, &path, level);
                    given.present.set(place, there);
                }
                Found::Spelled(place, parameter) => {
                    match given.named.has(place) {
                        true => self.beside(&path, parameter.name()),
                        false => {
                            let name = parameter.name();
                            let kind = "the documented spelling is ";
                            self.problems.warn(&path, kind, &[name]);
                        }
                    }
                    given.spelled.set(place, true);
                    self.value(&parameter, &path, level);
                }
                Found::Fits(parameter) => {
                    self.value(&parameter, &path, level);
                }
                Found::Unknown if contains && is_number(key) && at.is_some() => {
                    // A list in the form of an object.
                    inner = true;
                    self.item(&path, level);
                }
                Found::Unknown => {
                    (scalars, inner) = (scalars | !contains, inner | contains);
                    strangers += 1;
                    if at.is_none() || strangers <= STRANGERS {
                        self.unknown(&path, level, key);
                    }
                    self.skip();
                }
            }
        }
        let names = !given.named.is_empty() || !given.spelled.is_empty();
        given.is_map = inner && !scalars && !names;
        given
    }

    fn beside(&mut self, path: &Path<'_>, documented: &str) {
        let kind = "stands beside another spelling of it, and the portal reads one of them: ";
        self.problems.warn(path, kind, &["keep ", documented]);
    }

    /// Says of a name that it isn't known, where that is worth a word.
    fn unknown(&mut self, path: &Path<'_>, level: &Level<'_>, key: &str) {
        let names = level.parameters.clone().filter(|it| !it.is_pattern());
        let names = names.map(|parameter| parameter.name());
        let (key, top) = match level.names {
            Names::Top {
                listing,
                version,
                none,
            } => {
                if takes_anyway(key, listing, version) {
                    return;
                }
                if none {
                    let kind = "unknown: the method takes no parameters";
                    return self.problems.warn(path, kind, &[]);
                }
                if level.parameters.clone().next().is_none() {
                    return;
                }
                (key, true)
            }
            Names::Fields if is_own_field(key) => return,
            Names::Fields => (key, false),
            Names::Selectors => (without_operator(key), false),
        };
        let meant = match self.problems.is_full() {
            true => None,
            false => nearest(key, names),
        };
        match meant {
            Some(name) => {
                let rest = [name, "?"];
                self.problems.warn(path, "unknown; did you mean ", &rest);
            }
            None if top => self.problems.warn(path, "unknown", &[]),
            None => {}
        }
    }

    /// Reads the value of a parameter; whether there is one.
    fn value(&mut self, parameter: &Parameter<'_>, path: &Path<'_>, level: &Level<'_>) -> bool {
        if parameter.is_deprecated() {
            self.problems.warn(path, "deprecated", &[]);
        }
        let selects = matches!(level.names, Names::Selectors);
        match self.peek() {
            b'{' | b'[' => {
                let names = match selects || is_selector(parameter.name()) {
                    true => Names::Selectors,
                    false => Names::Fields,
                };
                let nested = Level::new(parameter.nested(), names, level.depth + 1);
                let nests = nested.parameters.clone().next().is_some();
                if !selects && !takes_containers(parameter) {
                    let kind = "documented as a single value";
                    self.problems.warn(path, kind, &[]);
                    self.skip();
                } else if self.peek() == b'[' {
                    self.items(parameter, path, nested);
                } else if nests && nested.depth <= DEEPEST {
                    self.record(path, nested);
                } else {
                    self.skip();
                }
                true
            }
            _ => self.scalar(parameter, path, selects),
        }
    }

    /// Reads an object in which the parameters of `level` stand.
    fn record(&mut self, path: &Path<'_>, level: Level<'_>) {
        let _opens = self.reader.next();
        let given = self.members(Some(path), &level);
        if !given.is_map {
            self.required(Some(path), &level, &given);
        }
    }

    /// Reads an item of a list, if it is an object: of records, or of a filter's conditions.
    fn item(&mut self, path: &Path<'_>, level: &Level<'_>) {
        if self.peek() != b'{' || level.depth > DEEPEST {
            return self.skip();
        }
        let level = level.item();
        if let Names::Selectors = level.names {
            let _opens = self.reader.next();
            self.members(Some(path), &level);
        } else {
            self.record(path, level);
        }
    }

    /// Reads a list: of objects in which the parameters of `level` stand, of their names, or of
    /// other values.
    fn items(&mut self, parameter: &Parameter<'_>, path: &Path<'_>, level: Level<'_>) {
        let values = parameter.item_values();
        let selects = matches!(level.names, Names::Selectors);
        // Where a list isn't documented, nothing is known of its items.
        let nests =
            level.parameters.clone().next().is_some() && (selects || parameter.accepts(Kind::List));
        if !nests && values.is_none() {
            return self.skip();
        }
        let _opens = self.reader.next();
        for index in 0.. {
            let path = Path {
                outer: Some(path),
                step: Step::Item(index),
            };
            match self.peek() {
                b']' | 0 => break,
                b'"' => {
                    let Ok(Event::Text(text)) = self.reader.next() else {
                        break;
                    };
                    self.chosen(&path, text, &level, values.clone());
                }
                _ if nests => self.item(&path, &level),
                _ => self.skip(),
            }
        }
        let _closes = self.reader.next();
    }

    /// A text in a list: a field's name in a selection, or one of the documented values.
    fn chosen(
        &mut self,
        path: &Path<'_>,
        text: Raw<'_>,
        level: &Level<'_>,
        values: Option<Pieces<'_>>,
    ) {
        let text = text.to_text();
        let selects = matches!(level.names, Names::Selectors);
        if let Some(values) = values {
            if !text.is_empty() && !is_one_of(&text, values.clone()) {
                let meant = nearest(&text, values.clone());
                match meant {
                    Some(value) => {
                        let rest = [value, "?"];
                        self.problems.warn(path, "unknown; did you mean ", &rest);
                    }
                    None if selects || is_number(&text) => {}
                    None => self.none_of(path, values),
                }
            }
        } else if selects && matches!(level.find(&text, false), Found::Unknown) {
            self.unknown(path, level, &text);
        }
    }

    fn none_of(&mut self, path: &Path<'_>, values: Pieces<'_>) {
        let mut list = String::new();
        for (index, value) in values.enumerate() {
            if index == 12 {
                list.push_str(", …");
                break;
            }
            if !list.is_empty() {
                list.push_str(", ");
            }
            list.push_str(value);
        }
        self.problems.warn(path, "not one of ", &[&list]);
    }

    /// Reads a single value; whether it is more than null.
    fn scalar(&mut self, parameter: &Parameter<'_>, path: &Path<'_>, selects: bool) -> bool {
        let owned;
        let value = match self.reader.next() {
            Ok(Event::Bool(flag)) => Scalar::Flag(flag),
            Ok(Event::Number(number)) => Scalar::Number(number),
            Ok(Event::Text(raw)) => Scalar::Text(match raw.plain() {
                Some(text) => text,
                None => {
                    owned = raw.to_text();
                    &owned
                }
            }),
            _ => return false,
        };
        if selects || value.is_as_good_as_absent() {
            return true;
        }
        if let Some(wanted) = misfit(&value, parameter) {
            self.problems.warn(path, "documented as ", &[wanted]);
        } else if let Some(values) = parameter.values()
            && !value.is_among(values.clone(), parameter)
        {
            self.none_of(path, values);
        }
        if is_event(self.question, path)
            && let Scalar::Text(name) = value
        {
            self.event(path, name);
        }
        true
    }

    /// A list where the portal goes by names.
    fn unnamed(&mut self, level: &Level<'_>) {
        if self.peek() != b']' && level.parameters.clone().next().is_some() {
            let rest = "the portal goes by names, and sees the names 0, 1, …";
            self.call("the parameters are a list: ", rest);
        }
    }

    /// Warns of the call as a whole.
    fn call(&mut self, kind: &str, rest: &str) {
        let path = Path {
            outer: None,
            step: Step::Name(""),
        };
        self.problems.warn(&path, kind, &[rest]);
    }

    /// Skips the next value, and a comma before it.
    fn skip(&mut self) {
        self.reader.skip_item();
    }

    /// The byte with which the next value starts, or the list ends; 0 at the end.
    fn peek(&self) -> u8 {
        let rest = self.text.as_bytes().get(self.reader.position()..);
        let mut bytes = rest.unwrap_or_default().iter();
        let blank = |byte: &&u8| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b',');
        bytes.find(blank).copied().unwrap_or(0)
    }
}

/// Whether an object or a list may be the value. What is documented as a text is often more, where
/// it is called as those are that never are a text.
fn takes_containers(parameter: &Parameter<'_>) -> bool {
    let name = parameter.name();
    [Kind::Object, Kind::List, Kind::File]
        .into_iter()
        .any(|kind| parameter.accepts(kind))
        || parameter.nested().next().is_some()
        || is_selector(name)
        || is_any_of(name, &["fields", "params", "data"])
}
