//! The types of results. Every field may be null or missing, and there may be more of them than are
//! known. What a value becomes in `decode()`, the shapes say.

use super::super::results::{Mark, Place};
use super::super::shapes::{Shape, Shaper};
use super::types::{Field, Type, key, quoted};

/// The type of a method's result.
pub(super) fn of(result: &Place, shaper: &Shaper) -> Type {
    let of = typed(result, shaper);
    let of = match of {
        Type::Object(mut fields) => {
            let structured =
                |field: &&mut Field| matches!(field.of, Type::Object(_) | Type::Around(..));
            if let [only] = fields.as_mut_slice()
                && let Some(only) = Some(only).filter(structured)
            {
                // A wrapper's content is always there.
                only.optional = false;
            }
            Type::Object(fields)
        }
        // What examples show of a single value is exact.
        Type::Kind("n") if seen(result, &["int", "float"]) => Type::word("number"),
        Type::Kind("b") => Type::word("boolean"),
        Type::Word(word) if word == "S" => Type::word("string"),
        of => of,
    };
    let plain = matches!(&of, Type::Word(word) if !word.is_empty() && word.len() > 1);
    if plain && is_nullable(result) {
        return Type::either(vec![of, Type::word("null")]);
    }
    of
}

/// What `decode()` makes of a wrapper: the list in it.
pub(super) fn opened(of: &Type) -> &Type {
    if let Type::Object(fields) = of
        && let [field] = fields.as_slice()
        && (field.key == "items" || field.key == "tasks")
        && let Type::Around(before, _, "[]") = &field.of
        && before.is_empty()
    {
        return &field.of;
    }
    of
}

fn typed(place: &Place, shaper: &Shaper) -> Type {
    match structure(place, shaper) {
        Some(of) => with_alternatives(place, of),
        None => value(place, shaper),
    }
}

/// An object, a list or a map of which more is known than that.
fn structure(place: &Place, shaper: &Shaper) -> Option<Type> {
    let is_documented = |place: &&Place| place.mark == Mark::Documented;
    let described = place
        .nested
        .iter()
        .filter(|own| own.mark == Mark::Described);
    let described: Vec<_> = described.map(|own| quoted(&own.name)).collect();
    if !described.is_empty() {
        let one = place
            .value()
            .map_or(Type::word("Loose"), |value| typed(value, shaper));
        return Some(Type::around(
            &format!("Described<{}, ", described.join(" | ")),
            one,
            ">",
        ));
    }
    if let Some(item) = place.item().filter(is_documented) {
        return Some(list(typed(item, shaper)));
    }
    let map =
        |value: &Place| Type::Object(vec![Field::index("[key: string]", typed(value, shaper))]);
    let fields: Vec<Field> = place
        .fields()
        .filter_map(|own| field(own, shaper))
        .collect();
    let documented = place.fields().any(|field| is_documented(&field));
    match (place.item(), place.value()) {
        (item, Some(value)) if fields.is_empty() && is_documented(&value) => {
            let map = map(value);
            Some(if item.is_some() { list(map) } else { map })
        }
        (Some(_), _) if documented => Some(list(Type::Object(fields))),
        (Some(item), _) => Some(list(typed(item, shaper))),
        (None, Some(value)) if fields.is_empty() => Some(map(value)),
        (None, _) if !fields.is_empty() => Some(Type::Object(fields)),
        _ => None,
    }
}

fn list(item: Type) -> Type {
    Type::around("", item, "[]")
}

/// A field; those that an example names by a number are data.
fn field(place: &Place, shaper: &Shaper) -> Option<Field> {
    let is_data = place.mark == Mark::Seen && place.name.starts_with(|c: char| c.is_ascii_digit());
    let of = typed(place, shaper);
    let of = match of {
        Type::Object(_) | Type::Around(..) if is_nullable(place) => {
            Type::either(vec![of, Type::word("null")])
        }
        of => of,
    };
    (!is_data).then(|| Field {
        key: key(&place.name),
        optional: true,
        deprecated: false,
        of,
    })
}

/// What may stand in place of an object or a list: `false` where nothing was found, ids alone.
fn with_alternatives(place: &Place, of: Type) -> Type {
    const OTHERS: &[(&str, &[&str])] = &[
        ("boolean", &["boolean", "bool"]),
        ("string", &["string", "str", "numstr"]),
        ("number", &["integer", "int"]),
    ];
    let said: Vec<&str> = place
        .types
        .iter()
        .map(String::as_str)
        .chain(place.seen())
        .collect();
    let others = OTHERS
        .iter()
        .filter(|(_, names)| names.iter().any(|name| said.contains(name)));
    let types = std::iter::once(of).chain(others.map(|(word, _)| Type::word(word)));
    Type::either(types.collect())
}

fn is_nullable(place: &Place) -> bool {
    place.facts.has("nullable") || place.seen().any(|kind| kind == "null")
}

/// Whether examples show these kinds, and no others.
fn seen(place: &Place, kinds: &[&str]) -> bool {
    let mut seen = place.seen().filter(|kind| *kind != "null").peekable();
    seen.peek().is_some() && seen.all(|kind| kinds.contains(&kind))
}

/// A value of which no more is known than its kind. The kinds are members of both forms in the head.
fn value(place: &Place, shaper: &Shaper) -> Type {
    if place.mark == Mark::Documented {
        return shaped(&shaper.leaf(place), place);
    }
    as_it_came(place)
}

fn shaped(shape: &Shape, place: &Place) -> Type {
    match shape {
        Shape::Int | Shape::Number => Type::Kind("n"),
        Shape::Date => Type::Kind("d"),
        Shape::Flag if seen(place, &["bool"]) => Type::Kind("b"),
        Shape::Flag if seen(place, &["yn"]) => Type::Kind("y"),
        Shape::Flag => Type::Kind("f"),
        Shape::List(item) if **item == Shape::AsItCame => list(Type::UNKNOWN),
        Shape::List(item) => list(shaped(item, place)),
        Shape::Object(..) => Type::word("Loose"),
        Shape::Perhaps(shape) => with_alternatives(place, shaped(shape, place)),
        Shape::AsItCame => as_it_came(place),
    }
}

/// What `decode()` leaves alone: by what examples show, else by what the documentation says.
fn as_it_came(place: &Place) -> Type {
    const TEXTS: &[&str] = &[
        "string",
        "text",
        "char",
        "enum",
        "crm_status",
        "crm_currency",
    ];
    const SHOWN: &[(&str, &[&str])] = &[
        ("B", &["bool"]),
        ("N", &["int", "float"]),
        (
            "S",
            &[
                "numstr", "decstr", "yn", "tfstr", "atom", "isodt", "date", "ldate", "ldt",
                "money", "empty", "str",
            ],
        ),
        (
            "V",
            &[
                "bool", "int", "float", "numstr", "decstr", "yn", "tfstr", "atom", "isodt", "date",
                "ldate", "ldt", "money", "empty", "str",
            ],
        ),
    ];
    let documented = |names: &[&str]| {
        !place.types.is_empty() && place.types.iter().all(|own| names.contains(&own.as_str()))
    };
    if documented(&["array"]) {
        return list(Type::UNKNOWN);
    }
    match SHOWN.iter().find(|(_, kinds)| seen(place, kinds)) {
        Some((word, _)) => Type::word(word),
        None if documented(TEXTS) && !place.seen().any(|kind| kind != "null") => Type::word("S"),
        None => Type::UNKNOWN,
    }
}
