//! The types of parameters: strict on names, lenient on values. What may be missing is optional;
//! required is only what may deny a call.

use super::super::facts::{Method, Parameter};
use super::super::pack::{is_doubted, may_deny};
use super::types::{Field, Type, key, quoted};

/// How a documented type is written; where a text stands, a number may, and the other way round.
const WORDS: &[(&str, &[&str])] = &[
    (
        "Num",
        &[
            "integer",
            "int",
            "float",
            "double",
            "number",
            "user",
            "crm_company",
            "crm_contact",
            "crm_deal",
            "crm_lead",
            "crm_quote",
            "crm_entity",
        ],
    ),
    (
        "Text",
        &[
            "string",
            "text",
            "char",
            "enum",
            "crm_status",
            "crm_currency",
        ],
    ),
    ("Flag", &["boolean", "Y", "N"]),
    ("When", &["date", "datetime"]),
    (
        "object",
        &[
            "object",
            "array",
            "lang_map",
            "crm_multifield[]",
            "object[]",
            "uf_enum_element[]",
        ],
    ),
    ("null", &["null"]),
];

/// Names of the containers whose fields are conditions or directions, not values.
const FILTER: &str = "filter";
const ORDER: &str = "order";
const SELECT: &str = "select";

/// Inside a parameter there may be more than the documentation names.
const MORE: &str = "[name: string]";

/// The type of a method's parameters.
pub(super) fn of(method: &Method) -> Type {
    let doubted = is_doubted(method);
    let mut fields = fields(&method.parameters, Depth::Top, doubted);
    if method.facts.has("generic-list") {
        let generic = [
            (ORDER, "object"),
            (FILTER, "object"),
            (SELECT, "object"),
            ("start", "Num"),
        ];
        for (name, word) in generic {
            if !fields.iter().any(|field| field.key == name) {
                fields.push(optional(name.to_owned(), Type::word(word)));
            }
        }
    }
    if fields.is_empty() {
        return Type::word(if method.facts.has("parameterless") {
            "None"
        } else {
            "object"
        });
    }
    if doubted {
        fields.push(Field::index(MORE, Type::UNKNOWN));
    }
    let positions = method.facts.has("positional").then(|| positions(&fields));
    let object = Type::Object(fields);
    match positions {
        Some(positions) => Type::either(vec![object, positions]),
        None => object,
    }
}

/// The same parameters as a list, in their order.
fn positions(fields: &[Field]) -> Type {
    let mut optional = false;
    let mut list = Type::Word(String::from("readonly ["));
    for (number, field) in fields.iter().enumerate() {
        optional |= field.optional;
        let comma = if number == 0 { "" } else { ", " };
        let mark = if optional { "?" } else { "" };
        let Type::Word(text) = &mut list else {
            continue;
        };
        let word = match &field.of {
            Type::Word(word) if !word.is_empty() => word,
            _ => "object",
        };
        text.push_str(&format!("{comma}{}{mark}: {word}", field.key));
    }
    if let Type::Word(text) = &mut list {
        text.push(']');
    }
    list
}

/// Where a parameter stands.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    Top,
    /// In a parameter, where null clears a field.
    Nested,
}

fn fields(parameters: &[Parameter], depth: Depth, doubted: bool) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for parameter in parameters {
        let mut of = value(parameter, depth, doubted);
        let may_lack = !(parameter.required && may_deny(doubted, parameter));
        let pattern = parameter.facts.has("pattern");
        if pattern {
            let index = Field::index(&pattern_key(&parameter.name), of);
            let optional = !index.key.starts_with('[');
            fields.push(Field { optional, ..index });
            continue;
        }
        if may_lack && depth != Depth::Top {
            of = nullable(of);
        }
        let also = parameter.facts.get("also").into_iter().flatten().flatten();
        for name in std::iter::once(&parameter.name).chain(also) {
            let field = Field {
                key: key(name),
                optional: may_lack,
                deprecated: parameter.facts.has("deprecated"),
                of: of.clone(),
            };
            if !fields.iter().any(|other| other.key == field.key) {
                fields.push(field);
            }
        }
    }
    fields
}

fn optional(key: String, of: Type) -> Field {
    Field {
        key,
        optional: true,
        deprecated: false,
        of,
    }
}

/// `UF_CRM_...` as a key of all names that begin so; `<selector>` as one of any name.
fn pattern_key(name: &str) -> String {
    match name.find(['.', '*', '<']) {
        Some(end @ 1..) => format!("[name: `{}${{string}}`]", &name[..end]),
        _ if name.starts_with('=') => key(name),
        _ => MORE.to_owned(),
    }
}

/// A type to which null was added, which clears a field. The words have names of their own for it.
fn nullable(of: Type) -> Type {
    match of {
        Type::Word(word) if matches!(word.as_str(), "Num" | "Text" | "Flag" | "When") => {
            Type::Word(format!("{word}0"))
        }
        Type::Word(word) if word.is_empty() => Type::UNKNOWN,
        of => Type::either(vec![of, Type::word("null")]),
    }
}

/// The type of one parameter's value.
fn value(parameter: &Parameter, depth: Depth, doubted: bool) -> Type {
    let names = || {
        parameter
            .nested
            .iter()
            .filter(|one| !one.facts.has("pattern"))
            .map(|one| &one.name)
    };
    let own = |of: &str| {
        let fields = names().map(|name| optional(key(name), Type::word(of)));
        let any = Field::index(MORE, Type::UNKNOWN);
        Type::Object(fields.chain([any]).collect())
    };
    let nested = !parameter.nested.is_empty();
    match parameter.name.to_ascii_lowercase().as_str() {
        FILTER | ORDER | SELECT if !nested && depth == Depth::Top => list_word(parameter),
        ORDER if nested && depth == Depth::Top => own("Order"),
        FILTER | ORDER if nested => {
            let fields = fields(&parameter.nested, Depth::Nested, doubted);
            let fields = fields.into_iter().map(|field| Field {
                of: Type::UNKNOWN,
                ..field
            });
            let fields = fields.filter(|field| !field.key.starts_with('['));
            Type::Object(fields.chain([Field::index(MORE, Type::UNKNOWN)]).collect())
        }
        SELECT if nested => {
            let names: Vec<_> = names().map(|name| quoted(name)).collect();
            Type::Word(format!("readonly Of<{}>[] | object", names.join(" | ")))
        }
        _ if nested => {
            let mut fields = fields(&parameter.nested, Depth::Nested, doubted);
            let of_any_name = |field: &Field| field.key == MORE;
            if !(fields.len() == 1 && fields.iter().all(of_any_name)) {
                fields.retain(|field| !field.key.starts_with('['));
                fields.push(Field::index(MORE, Type::UNKNOWN));
            }
            let object = Type::Object(fields);
            let may_be = |word: &str| parameter.types.iter().any(|own| own == word);
            let lists = parameter.types.is_empty()
                || parameter
                    .types
                    .iter()
                    .any(|own| own == "array" || own.ends_with("[]"));
            let mut types = vec![if lists {
                Type::Around("OneOrMore<".into(), Box::new(object), ">")
            } else {
                object
            }];
            if may_be("string") {
                types.push(Type::word("Text"));
            }
            Type::either(types)
        }
        _ => {
            let types = parameter.types.iter().map(|own| word(own));
            with_values(parameter, Type::either(types.collect()))
        }
    }
}

/// A filter, an order or a selection of which no more is said. Some pages call them texts.
fn list_word(parameter: &Parameter) -> Type {
    let is_text = |own: &String| own == "string" || own == "asc";
    if !parameter.types.is_empty() && !parameter.types.iter().any(is_text) {
        return Type::word("object");
    }
    let order = parameter.name.eq_ignore_ascii_case(ORDER);
    Type::word(if order {
        "Order | object"
    } else {
        "string | object"
    })
}

/// How one documented type is written; what isn't known may be anything.
fn word(documented: &str) -> Type {
    if let Some((word, _)) = WORDS.iter().find(|(_, own)| own.contains(&documented)) {
        return Type::word(word);
    }
    if let Some(item) = documented.strip_suffix("[]") {
        return match word(item) {
            Type::Word(word) if word == "Num" || word == "Text" => {
                Type::Word(format!("ListOf<{word}>"))
            }
            _ => Type::word("object"),
        };
    }
    match documented.rsplit_once('.') {
        Some((_, "id" | "ID")) => Type::word("Num"),
        Some(_) => Type::word("Text"),
        None => Type::UNKNOWN,
    }
}

/// The documented values, offered but not insisted on: lists of them are at times incomplete.
fn with_values(parameter: &Parameter, of: Type) -> Type {
    const FLAGS: &[&str] = &["Y", "N", "y", "n", "true", "false", "0", "1"];
    let values: Vec<&str> = parameter
        .facts
        .get("values")
        .into_iter()
        .flatten()
        .flatten()
        .map(String::as_str)
        .collect();
    let word = match &of {
        Type::Word(word) => word.as_str(),
        _ => return of,
    };
    if values.is_empty() || !matches!(word, "" | "Num" | "Text" | "Flag") {
        return of;
    }
    if word != "Num" && values.iter().all(|value| FLAGS.contains(value)) {
        return Type::word("Flag");
    }
    let number = |value: &&str| {
        value
            .parse::<i64>()
            .is_ok_and(|number| number.to_string() == **value)
    };
    let values: Vec<_> = if word == "Num" {
        values
            .iter()
            .filter(|value| number(value))
            .map(|value| (*value).to_owned())
            .collect()
    } else {
        values.iter().map(|value| quoted(value)).collect()
    };
    match (word, values.is_empty()) {
        (_, true) => of,
        ("Flag", _) => Type::Word(format!("Flag | Of<{}>", values.join(" | "))),
        _ => Type::Word(format!("Of<{}>", values.join(" | "))),
    }
}
