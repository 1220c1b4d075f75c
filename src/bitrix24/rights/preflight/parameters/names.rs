//! What a name is among the documented ones.

use crate::bitrix24::rights::catalogue::{Parameter, Parameters};
use crate::bitrix24::rights::method::Version;
use crate::text::{cut, is_any_of};

/// More parameters hardly ever stand side by side; those beyond are found by walking.
const KEPT: usize = 96;

/// The parameters that may stand side by side.
#[derive(Clone)]
pub(super) struct Level<'a> {
    pub(super) parameters: Parameters<'a>,
    /// The first of them, and a mark of each one's name, by which most others are told apart.
    kept: [Option<Parameter<'a>>; KEPT],
    marks: [u16; KEPT],
    /// Which of them have another name, or a pattern for one.
    odd: [bool; KEPT],
    /// Those that aren't kept.
    beyond: Parameters<'a>,
    pub(super) names: Names,
    pub(super) depth: usize,
}

/// How names at a level are looked at.
#[derive(Clone, Copy)]
pub(super) enum Names {
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

impl Names {
    /// A name without the operator that may stand before it.
    fn bare(self, name: &str) -> &str {
        match self {
            Self::Selectors => without_operator(name),
            _ => name,
        }
    }
}

/// Which of a level's parameters were met, a bit each by their place.
#[derive(Default)]
pub(super) struct Given {
    /// By their documented name.
    pub(super) named: Bits,
    /// With a value.
    pub(super) present: Bits,
    /// By a name that differs in case.
    pub(super) spelled: Bits,
    /// Whether it looks like a map whose keys are data rather than names.
    pub(super) is_map: bool,
}

/// A set of small numbers; greater ones are taken for members.
#[derive(Clone, Copy, Default)]
pub(super) struct Bits([u32; 4]);

impl Bits {
    pub(super) fn is_empty(self) -> bool {
        self.0 == [0; 4]
    }

    pub(super) fn has(self, place: usize) -> bool {
        let word = self.0.get(place / 32);
        word.is_none_or(|word| word >> (place % 32) & 1 == 1)
    }

    pub(super) fn set(&mut self, place: usize, whether: bool) {
        if let Some(word) = self.0.get_mut(place / 32) {
            let bit = place % 32;
            *word = *word & !(1 << bit) | u32::from(whether) << bit;
        }
    }
}

/// What a name is among those of a level.
pub(super) enum Found<'a> {
    Known(usize, Parameter<'a>),
    /// It differs in case.
    Spelled(usize, Parameter<'a>),
    /// It fits a pattern.
    Fits(Parameter<'a>),
    Unknown,
}

impl<'a> Level<'a> {
    pub(super) fn new(parameters: Parameters<'a>, names: Names, depth: usize) -> Self {
        let mut level = Self {
            beyond: parameters.clone(),
            parameters,
            kept: [None; KEPT],
            marks: [0; KEPT],
            odd: [false; KEPT],
            names,
            depth,
        };
        let slots = level.kept.iter_mut().zip(&mut level.marks);
        for ((slot, own), odd) in slots.zip(&mut level.odd) {
            let Some(parameter) = level.beyond.next() else {
                break;
            };
            *odd = parameter.is_pattern() || parameter.also().next().is_some();
            *own = mark(names.bare(parameter.name()));
            *slot = Some(parameter);
        }
        level
    }

    /// The same parameters once more, for an item of a list.
    pub(super) fn item(&self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self.clone()
        }
    }

    /// All of them with their places.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, Parameter<'a>)> {
        let kept = self.kept.iter().map_while(|kept| *kept);
        kept.chain(self.beyond.clone()).enumerate()
    }

    /// Looks a name up. In `any_case` the portal doesn't tell names by their case.
    pub(super) fn find(&self, key: &str, any_case: bool) -> Found<'a> {
        let key = self.names.bare(key);
        let wanted = mark(key);
        let mut found = Found::Unknown;
        for (place, own) in self.marks.iter().enumerate() {
            if *own != wanted {
                continue;
            }
            let Some(parameter) = self.kept.get(place).copied().flatten() else {
                continue;
            };
            let name = self.names.bare(parameter.name());
            if name == key {
                return Found::Known(place, parameter);
            }
            if name.eq_ignore_ascii_case(key) && matches!(found, Found::Unknown) {
                found = match any_case {
                    true => Found::Known(place, parameter),
                    false => Found::Spelled(place, parameter),
                };
            }
        }
        let odd = self.odd.iter().zip(self.kept).enumerate();
        let odd = odd.filter(|(_, (odd, _))| **odd);
        let odd = odd.filter_map(|(place, (_, kept))| Some((place, kept?)));
        for (place, parameter) in odd.chain((KEPT..).zip(self.beyond.clone())) {
            let name = self.names.bare(parameter.name());
            if (place >= KEPT && name == key) || parameter.also().any(|other| other == key) {
                return Found::Known(place, parameter);
            }
            if parameter.is_pattern() && fits(key, name) {
                found = Found::Fits(parameter);
            }
        }
        found
    }
}

/// The same for names that differ in case alone, and never the 0 of an empty place.
fn mark(name: &str) -> u16 {
    let bytes = name.bytes().map(|byte| u16::from(byte | 0x20));
    bytes.fold(1, |sum: u16, byte| sum.wrapping_mul(31).wrapping_add(byte)) | 1
}

/// What any call may carry beside its own parameters.
pub(super) fn takes_anyway(key: &str, listing: bool, version: Version) -> bool {
    (version == Version::V2 && matches!(key, "start" | "state"))
        || (listing && (is_selector(key) || key.eq_ignore_ascii_case("start")))
}

pub(super) fn is_selector(name: &str) -> bool {
    is_any_of(name, &["filter", "order", "select"])
}

/// A field that a portal's own people made.
pub(super) fn is_own_field(key: &str) -> bool {
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
pub(super) fn fits(name: &str, pattern: &str) -> bool {
    let start = pattern.split(['*', '<']).next().unwrap_or_default();
    let start = cut(start, "...").map_or(start, |(start, _)| start);
    match start.len() == pattern.len() {
        true => name == pattern,
        false => name.starts_with(start),
    }
}

/// A field's name in a filter without what stands before it: `>ID`, `!%TITLE`.
pub(super) fn without_operator(name: &str) -> &str {
    name.trim_start_matches(['!', '<', '>', '=', '%', '@', '*', '?', '~', '+', '^'])
}

pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
