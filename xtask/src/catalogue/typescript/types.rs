//! Types, and how they are written.

use std::collections::{HashMap, HashSet};

use super::pascal;

/// A TypeScript type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Type {
    /// Written as it is.
    Word(String),
    /// A value that has a type as it is sent and one as it is meant: a member of both forms.
    Kind(&'static str),
    /// A type with something around it.
    Around(String, Box<Type>, &'static str),
    Either(Vec<Type>),
    Object(Vec<Field>),
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    /// As it is written: a name, perhaps in quotes, or `[key: string]`.
    pub(super) key: String,
    pub(super) optional: bool,
    pub(super) deprecated: bool,
    pub(super) of: Type,
}

impl Field {
    /// An index signature.
    pub(super) fn index(key: &str, of: Type) -> Field {
        Field {
            key: key.to_owned(),
            optional: false,
            deprecated: false,
            of,
        }
    }
}

impl Type {
    pub(super) const UNKNOWN: Type = Type::Word(String::new());

    pub(super) fn word(word: &str) -> Type {
        Type::Word(word.to_owned())
    }

    pub(super) fn around(before: &str, of: Type, after: &'static str) -> Type {
        Type::Around(before.to_owned(), Box::new(of), after)
    }

    /// One of several types, each once; whatever may be anything is unknown.
    pub(super) fn either(types: Vec<Type>) -> Type {
        let mut each: Vec<Type> = Vec::new();
        for one in types {
            if !each.contains(&one) {
                each.push(one);
            }
        }
        if each.is_empty() || each.contains(&Type::UNKNOWN) {
            return Type::UNKNOWN;
        }
        if each.len() == 1 {
            each.remove(0)
        } else {
            Type::Either(each)
        }
    }
}

/// A name in quotes.
pub(super) fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

/// A name as a key.
pub(super) fn key(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let digit = name.starts_with(|c: char| c.is_ascii_digit());
    if !digit && !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// Writes types. An object that occurs again gets a name and a definition of its own, so all are
/// counted before the first is written.
pub(super) struct Printer {
    /// Whether objects may have more fields than are known.
    open: bool,
    /// By the text of an object without any names.
    objects: HashMap<String, Known>,
    names: HashSet<String>,
    definitions: Vec<String>,
}

struct Known {
    name: String,
    count: usize,
    defined: bool,
}

/// What is shorter than this is written again rather than named.
const SHORT: usize = 60;

impl Printer {
    /// For what a program writes.
    pub(super) fn closed() -> Printer {
        Printer {
            open: false,
            objects: HashMap::new(),
            names: HashSet::new(),
            definitions: Vec::new(),
        }
    }

    /// For what a program reads.
    pub(super) fn open() -> Printer {
        Printer {
            open: true,
            ..Printer::closed()
        }
    }

    /// Counts the objects inside an object, which has no name itself. Theirs come from where they
    /// are met first.
    pub(super) fn count_inside(&mut self, of: &Type, path: &str) {
        match of {
            Type::Either(types) => types.iter().for_each(|of| self.count_inside(of, path)),
            Type::Object(fields) => {
                for field in fields {
                    self.walk(&field.of, &format!("{path}{}", pascal(&field.key)), 1);
                }
            }
            _ => {}
        }
    }

    /// Counts the objects in a type that is written once for each form.
    pub(super) fn count_twice(&mut self, of: &Type, path: &str) {
        self.walk(of, path, 2);
    }

    fn walk(&mut self, of: &Type, path: &str, uses: usize) {
        match of {
            Type::Word(_) | Type::Kind(_) => {}
            Type::Around(_, of, _) => self.walk(of, path, uses),
            Type::Either(types) => types.iter().for_each(|of| self.walk(of, path, uses)),
            Type::Object(fields) => {
                if let Some(known) = self.objects.get_mut(&self.bare(of)) {
                    known.count += uses;
                    return;
                }
                let mut name = path.to_owned();
                for number in 2.. {
                    if self.names.insert(name.clone()) {
                        break;
                    }
                    name = format!("{path}{number}");
                }
                let known = Known {
                    name,
                    count: uses,
                    defined: false,
                };
                self.objects.insert(self.bare(of), known);
                for field in fields {
                    self.walk(&field.of, &format!("{path}{}", pascal(&field.key)), 1);
                }
            }
        }
    }

    /// The text without names.
    fn bare(&self, of: &Type) -> String {
        let mut nameless = Printer {
            open: self.open,
            ..Printer::closed()
        };
        nameless.text(of, "F")
    }

    /// The text of a type, in one of its forms.
    pub(super) fn text(&mut self, of: &Type, form: &str) -> String {
        match of {
            Type::Word(word) if word.is_empty() => "unknown".to_owned(),
            Type::Word(word) => word.clone(),
            Type::Kind(kind) => format!("{form}[{}]", quoted(kind)),
            Type::Around(before, of, after) => {
                let text = self.text(of, form);
                let loose = before.is_empty() && text.contains(" | ");
                if loose {
                    format!("({text}){after}")
                } else {
                    format!("{before}{text}{after}")
                }
            }
            Type::Either(types) => {
                let texts: Vec<_> = types.iter().map(|of| self.text(of, form)).collect();
                texts.join(" | ")
            }
            Type::Object(fields) => self.object(of, fields, form),
        }
    }

    fn object(&mut self, of: &Type, fields: &[Field], form: &str) -> String {
        if self.objects.is_empty() {
            return self.body(fields, form);
        }
        let bare = self.bare(of);
        let shared = self.objects.get_mut(&bare);
        let Some(known) = shared.filter(|known| known.count > 1 && bare.len() > SHORT) else {
            return self.body(fields, form);
        };
        let name = known.name.clone();
        let of_forms = bare.contains("F[\"");
        if !std::mem::replace(&mut known.defined, true) {
            let parameter = if of_forms {
                "<F extends Sent | Meant>"
            } else {
                ""
            };
            let body = self.body(fields, "F");
            self.definitions
                .push(format!("interface {name}{parameter} {body}"));
        }
        if of_forms {
            format!("{name}<{form}>")
        } else {
            name
        }
    }

    fn body(&mut self, fields: &[Field], form: &str) -> String {
        let fields = fields.iter().map(|field| {
            let note = if field.deprecated {
                "/** @deprecated */ "
            } else {
                ""
            };
            let mark = if field.optional { "?" } else { "" };
            format!("{note}{}{mark}: {}", field.key, self.text(&field.of, form))
        });
        let mut fields: Vec<_> = fields.collect();
        if self.open && !fields.iter().any(|field| field.starts_with('[')) {
            fields.push("[name: string]: unknown".to_owned());
        }
        format!("{{ {} }}", fields.join("; "))
    }

    /// The objects that got a name.
    pub(super) fn definitions(&self) -> &[String] {
        &self.definitions
    }
}
