//! Holds a single value against what is documented of its kind. Portals take much more than is
//! documented: numbers as texts, flags in any form, a date as false.

use crate::bitrix24::rights::catalogue::{Kind, Parameter, Pieces};
use crate::text::is_any_of;

/// A value that is neither an object nor a list, nor null.
#[derive(Clone, Copy)]
pub(super) enum Scalar<'v> {
    Flag(bool),
    Number(&'v str),
    Text(&'v str),
}

impl Scalar<'_> {
    /// Whether it is one of those with which PHP says that there is nothing.
    pub(super) fn is_as_good_as_absent(&self) -> bool {
        matches!(self, Self::Flag(false) | Self::Text(""))
    }

    /// Whether it is one of the documented values, or can't be told.
    pub(super) fn is_among(&self, values: Pieces<'_>, parameter: &Parameter<'_>) -> bool {
        let text = match self {
            Self::Flag(true) => "true",
            Self::Flag(false) => "false",
            Self::Number(text) | Self::Text(text) => text,
        };
        let flags = values.clone().all(is_flag);
        if is_flag(text) && (flags || parameter.accepts(Kind::Flag)) {
            return true;
        }
        is_one_of(text, values)
    }
}

/// Whether a text is one of the documented values, in any case; what refers to the result of
/// another command becomes known on the portal alone.
pub(super) fn is_one_of(text: &str, mut values: Pieces<'_>) -> bool {
    let is = |value: &str| value.trim_matches('"').eq_ignore_ascii_case(text);
    refers(text) || values.any(is)
}

/// What is documented, if the value is certainly something else.
pub(super) fn misfit(value: &Scalar<'_>, parameter: &Parameter<'_>) -> Option<&'static str> {
    let accepts = |kinds: &[Kind]| kinds.iter().any(|kind| parameter.accepts(*kind));
    let fits = match *value {
        Scalar::Flag(_) => accepts(&[Kind::Flag, Kind::Text, Kind::Integer, Kind::Number]),
        Scalar::Number(number) => {
            accepts(&[
                Kind::Text,
                Kind::Number,
                Kind::Date,
                Kind::DateTime,
                Kind::File,
            ]) || (accepts(&[Kind::Integer]) && !number.contains(['.', 'e', 'E']))
                || (accepts(&[Kind::Flag]) && is_flag(number))
        }
        Scalar::Text(text) => {
            accepts(&[Kind::Text, Kind::Date, Kind::DateTime, Kind::File])
                || (accepts(&[Kind::Integer, Kind::Number]) && starts_a_number(text))
                || (accepts(&[Kind::Flag]) && is_flag(text))
                || (accepts(&[Kind::Object, Kind::List]) && text.starts_with(['[', '{']))
                || refers(text)
                // Values that were documented beside a kind that they aren't of.
                || parameter.values().is_some_and(|values| is_one_of(text, values))
        }
    };
    if fits {
        return None;
    }
    let names = [
        (Kind::Object, "an object"),
        (Kind::List, "a list"),
        (Kind::Integer, "a whole number"),
        (Kind::Number, "a number"),
        (Kind::Flag, "a flag: Y or N, 1 or 0, true or false"),
        (Kind::Date, "a date"),
        (Kind::DateTime, "a date with its time"),
    ];
    let wanted = names.into_iter().find(|(kind, _)| parameter.accepts(*kind));
    wanted.map(|(_, name)| name)
}

fn is_flag(text: &str) -> bool {
    is_any_of(text, &["Y", "N", "1", "0", "true", "false"])
}

fn starts_a_number(text: &str) -> bool {
    let text = text.trim_start().trim_start_matches(['-', '+', '.']);
    text.starts_with(|first: char| first.is_ascii_digit())
}

/// Whether a text refers to the result of another command of its batch.
fn refers(text: &str) -> bool {
    text.starts_with('$')
}
