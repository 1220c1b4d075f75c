//! Holds the parameters of a call against what the second tier documents of them.
//!
//! One pass over their text. Only a required parameter that is missing denies; all else warns, and
//! where the documentation is known to be loose nothing is said: a warning that is often wrong is
//! worse than none.

use super::nearest::nearest;
use super::problems::{Path, Problems, Step};
use super::values::{Scalar, is_one_of, misfit};
use super::{Question, takes_any_case};
use crate::bitrix24::rights::catalogue::{
    Details, Entry, Kind, Parameter, Parameters, Pieces, Presence,
};
use crate::bitrix24::rights::method::Version;
use crate::decision::Severity;
use crate::json::{Event, Raw, Reader};

/// Nothing documented nests deeper.
const DEEPEST: usize = 8;

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
    let level = Level {
        parameters: details.parameters(),
        names: Names::Top {
            listing: details.takes_list_parameters(),
            version: entry.version(),
            none: details.is_parameterless(),
        },
        depth: 0,
    };
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

/// The parameters that may stand side by side.
struct Level<'a> {
    parameters: Parameters<'a>,
    names: Names,
    depth: usize,
}

/// How names at a level are looked at.
#[derive(Clone, Copy)]
enum Names {
    /// The outermost: every unknown one is worth a warning.
    Top {
        listing: bool,
        version: Version,
        none: bool,
    },
    /// Those of a record, which may have fields of the portal's own.
    Fields,
    /// Those of a filter, an order or a selection: operators may stand before them, and what is
    /// documented of the fields' values doesn't go here.
    Selectors,
}

/// Which of a level's parameters were met, a bit each by their place.
#[derive(Default)]
struct Given {
    /// By their documented name.
    named: Bits,
    /// With a value.
    present: Bits,
    /// By a name that differs in case.
    spelled: Bits,
    /// Whether it looks like a map whose keys are data rather than names.
    is_map: bool,
}

/// A set of small numbers; greater ones are taken for members.
#[derive(Clone, Copy, Default)]
struct Bits(u128);

impl Bits {
    fn has(self, place: usize) -> bool {
        place >= 128 || self.0 & (1 << place) != 0
    }

    fn set(&mut self, place: usize, whether: bool) {
        if place < 128 {
            self.0 = self.0 & !(1 << place) | u128::from(whether) << place;
        }
    }
}

/// What a name is among those of a level.
enum Found<'a> {
    Known(usize, Parameter<'a>),
    /// It differs in case.
    Spelled(usize, Parameter<'a>),
    /// It fits a pattern.
    Fits(Parameter<'a>),
    Unknown,
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
        let (mut scalars, mut inner) = (false, false);
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
            match self.find(level, key) {
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
                    self.unknown(&path, level, key);
                    self.skip();
                }
            }
        }
        given.is_map = inner && !scalars && given.named.0 | given.spelled.0 == 0;
        given
    }

    fn beside(&mut self, path: &Path<'_>, documented: &str) {
        let kind = "stands beside another spelling of it, and the portal reads one of them: ";
        self.problems.warn(path, kind, &["keep ", documented]);
    }

    fn find<'l>(&self, level: &Level<'l>, key: &str) -> Found<'l> {
        let bare = |name| match level.names {
            Names::Selectors => without_operator(name),
            _ => name,
        };
        let key = bare(key);
        let mut found = Found::Unknown;
        for (place, parameter) in level.parameters.clone().enumerate() {
            let name = bare(parameter.name());
            if name == key || parameter.also().any(|other| other == key) {
                return Found::Known(place, parameter);
            }
            if parameter.is_pattern() {
                if fits(key, name) {
                    found = Found::Fits(parameter);
                }
            } else if name.eq_ignore_ascii_case(key) && matches!(found, Found::Unknown) {
                found = match self.any_case && level.depth == 0 {
                    true => Found::Known(place, parameter),
                    false => Found::Spelled(place, parameter),
                };
            }
        }
        found
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
                let nested = Level {
                    parameters: parameter.nested(),
                    names: match selects || is_selector(parameter.name()) {
                        true => Names::Selectors,
                        false => Names::Fields,
                    },
                    depth: level.depth + 1,
                };
                let nests = nested.parameters.clone().next().is_some();
                if !selects && !takes_containers(parameter) {
                    let kind = "documented as a single value";
                    self.problems.warn(path, kind, &[]);
                    self.skip();
                } else if self.peek() == b'[' {
                    self.items(parameter, path, &nested);
                } else if nests && nested.depth <= DEEPEST {
                    self.record(path, &nested);
                } else {
                    self.skip();
                }
                true
            }
            _ => self.scalar(parameter, path, selects),
        }
    }

    /// Reads an object in which the parameters of `level` stand.
    fn record(&mut self, path: &Path<'_>, level: &Level<'_>) {
        let _opens = self.reader.next();
        let given = self.members(Some(path), level);
        if !given.is_map {
            self.required(Some(path), level, &given);
        }
    }

    /// Reads an item of a list, if it is an object: of records, or of a filter's conditions.
    fn item(&mut self, path: &Path<'_>, level: &Level<'_>) {
        if self.peek() != b'{' || level.depth > DEEPEST {
            return self.skip();
        }
        let deeper = Level {
            parameters: level.parameters.clone(),
            names: level.names,
            depth: level.depth + 1,
        };
        match level.names {
            Names::Selectors => {
                let _opens = self.reader.next();
                self.members(Some(path), &deeper);
            }
            _ => self.record(path, &deeper),
        }
    }

    /// Reads a list: of objects in which the parameters of `level` stand, of their names, or of
    /// other values.
    fn items(&mut self, parameter: &Parameter<'_>, path: &Path<'_>, level: &Level<'_>) {
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
                    self.chosen(&path, text, level, values.clone());
                }
                _ if nests => self.item(&path, level),
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
        } else if selects && matches!(self.find(level, &text), Found::Unknown) {
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

    /// Whether a handler can be bound to an event, and hears of it.
    fn event(&mut self, path: &Path<'_>, name: &str) {
        let catalogue = self.question.catalogue;
        let Some(event) = catalogue.event(name) else {
            if let Some(meant) = nearest(name, catalogue.events().map(|event| event.name())) {
                let rest = [meant, "?"];
                let kind = "not a documented event; did you mean ";
                self.problems.warn(path, kind, &rest);
            }
            return;
        };
        let (Some(needed), Some(granted)) = (event.needed(), self.question.grant.scopes()) else {
            return;
        };
        for mut group in needed {
            let mut codes = group.clone();
            if !group.any(|code| granted.meets(code)) {
                let code = codes.next().unwrap_or_default();
                let kind = "the application hears of this event with the scope ";
                self.problems.warn(path, kind, &[code]);
            }
        }
    }

    /// Says which required parameters are missing.
    fn required(&mut self, at: Option<&Path<'_>>, level: &Level<'_>, given: &Given) {
        for (place, parameter) in level.parameters.clone().enumerate() {
            if given.present.has(place) || parameter.is_pattern() {
                continue;
            }
            match parameter.presence() {
                Presence::Required => {
                    self.problems.miss(at, parameter.name(), Severity::Error);
                }
                Presence::Doubtful if !given.spelled.has(place) => {
                    self.problems.miss(at, parameter.name(), Severity::Warning);
                }
                _ => {}
            }
        }
        for parameter in level.parameters.clone() {
            for group in parameter.one_of() {
                self.one_of(at, level, given, group);
            }
        }
    }

    /// Says which alternatives at the top level aren't met.
    fn alternatives(&mut self, level: &Level<'_>, given: &Given, details: &Details<'_>) {
        for group in details.one_of() {
            self.one_of(None, level, given, group);
        }
        let mut any = false;
        for mut set in details.sets() {
            if set.all(|name| is_given(level, given, name)) {
                return;
            }
            any = true;
        }
        if !any {
            return;
        }
        let mut list = String::new();
        for set in details.sets() {
            if !list.is_empty() {
                list.push_str("; or ");
            }
            write_names(set, " and ", &mut list);
        }
        self.call("needs ", &list);
    }

    fn one_of(
        &mut self,
        at: Option<&Path<'_>>,
        level: &Level<'_>,
        given: &Given,
        group: Pieces<'_>,
    ) {
        if group.clone().any(|name| is_given(level, given, name)) {
            return;
        }
        let mut list = String::new();
        write_names(group, " or ", &mut list);
        match at {
            Some(path) => self.problems.warn(path, "needs one of ", &[&list]),
            None => self.call("needs one of ", &list),
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

    /// A list where the portal goes by names.
    fn unnamed(&mut self, level: &Level<'_>) {
        if self.peek() != b']' && level.parameters.clone().next().is_some() {
            let rest = "the portal goes by names, and sees the names 0, 1, …";
            self.call("the parameters are a list: ", rest);
        }
    }

    /// Parameters that go by their position, whatever they are called.
    fn positions(&mut self, level: &Level<'_>, list: bool) {
        // `auth` is documented as one of them, and isn't.
        let places = level.parameters.clone();
        let mut places = places.filter(|parameter| parameter.name() != "auth");
        let known = places.clone();
        loop {
            let owned;
            let name = match (list, self.peek()) {
                (true, b']' | 0) => break,
                (true, _) => None,
                (false, _) => match self.reader.next() {
                    Ok(Event::Key(raw)) => {
                        owned = raw.to_text();
                        Some(owned.as_str())
                    }
                    _ => break,
                },
            };
            if name.is_some_and(|name| name == "start") {
                // Taken out before the method sees them.
                self.skip();
                continue;
            }
            let here = places.next();
            let step = Step::Name(name.or(here.map(|it| it.name())).unwrap_or_default());
            let path = Path { outer: None, step };
            let misplaced = |here: &Parameter<'_>| {
                let is = |one: &Parameter<'_>, name: &str| one.name().eq_ignore_ascii_case(name);
                name.is_some_and(|name| !is(here, name) && known.clone().any(|it| is(&it, name)))
            };
            match here {
                None => {
                    let kind = "one too many: the portal reads these parameters by their order";
                    self.problems.warn(&path, kind, &[]);
                    self.skip();
                }
                Some(here) if misplaced(&here) => {
                    let rest = [here.name(), ": the portal goes by the order"];
                    self.problems.warn(&path, "stands in the place of ", &rest);
                    self.skip();
                }
                Some(here) => {
                    self.value(&here, &path, level);
                }
            }
        }
        for parameter in places {
            if parameter.presence() != Presence::Optional {
                let name = parameter.name();
                self.problems.miss(None, name, Severity::Warning);
            }
        }
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

/// Whether a parameter is there, under any of its names.
fn is_given(level: &Level<'_>, given: &Given, name: &str) -> bool {
    let mut all = level.parameters.clone();
    let place = all.position(|parameter| parameter.name() == name);
    place.is_none_or(|place| given.present.has(place) || given.spelled.has(place))
}

fn write_names(names: Pieces<'_>, between: &str, out: &mut String) {
    for (index, name) in names.enumerate() {
        if index > 0 {
            out.push_str(between);
        }
        out.push_str(name);
    }
}

/// What any call may carry beside its own parameters.
fn takes_anyway(key: &str, listing: bool, version: Version) -> bool {
    let is = |name: &&str| name.eq_ignore_ascii_case(key);
    (version == Version::V2 && matches!(key, "start" | "state"))
        || (listing
            && ["order", "filter", "select", "start"]
                .iter()
                .any(|it| is(it)))
}

fn is_selector(name: &str) -> bool {
    let is = |known: &&str| known.eq_ignore_ascii_case(name);
    ["filter", "order", "select"].iter().any(|known| is(known))
}

/// Whether an object or a list may be the value. What is documented as a text is often more, where
/// it is called as those are that never are a text.
fn takes_containers(parameter: &Parameter<'_>) -> bool {
    let loose = ["filter", "order", "select", "fields", "params", "data"];
    let named = |known: &&str| known.eq_ignore_ascii_case(parameter.name());
    [Kind::Object, Kind::List, Kind::File]
        .into_iter()
        .any(|kind| parameter.accepts(kind))
        || parameter.nested().next().is_some()
        || loose.iter().any(|known| named(known))
}

/// A field that a portal's own people made.
fn is_own_field(key: &str) -> bool {
    [
        "UF_",
        "uf",
        "PROPERTY_",
        "property",
        "PARENT_ID_",
        "parentId",
    ]
    .iter()
    .any(|start| key.starts_with(start))
}

/// Whether a name is what a pattern stands for: `UF_*`, `parentId...`, `<siteId>`.
fn fits(name: &str, pattern: &str) -> bool {
    let end = pattern.find(['*', '<']).or_else(|| pattern.find("..."));
    match end {
        Some(end) => pattern
            .get(..end)
            .is_some_and(|start| name.starts_with(start)),
        None => name == pattern,
    }
}

/// A field's name in a filter without what stands before it: `>ID`, `!%TITLE`.
fn without_operator(name: &str) -> &str {
    name.trim_start_matches(|c| "!<>=%@*?~+^".contains(c))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_event(question: &Question<'_>, path: &Path<'_>) -> bool {
    let named = matches!(path.step, Step::Name(name) if name.eq_ignore_ascii_case("event"));
    let binds = question.method.as_str().eq_ignore_ascii_case("event.bind");
    named && path.outer.is_none() && binds
}
