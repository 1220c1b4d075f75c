//! One command as a portal reads it: in version 2 a text `method?query`, in version 3 an object.

use std::borrow::Cow;

use super::push_key;
use super::reference::find;
use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::wire::form;
use crate::error::Error;
use crate::json::{Event, Malformed, Raw, Reader};
use crate::text::has;

/// A command, written.
///
/// ```
/// use callgate::bitrix24::rights::{method::{MethodName, Version}, params::Params};
/// use callgate::bitrix24::wire::batch::Command;
/// let method = MethodName::parse("crm.deal.get").unwrap();
/// let params = Params::parse(r#"{"id":"$result[new]"}"#).unwrap();
/// let names = ["new".to_owned(), "read".to_owned()];
/// let command = Command::write(Version::V2, &method, &params, &names, 1).unwrap();
/// assert_eq!(command.text, "crm.deal.get?id=%24result%5Bc0%5D");
/// assert_eq!(command.refers_to, [0]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What stands for it in the body of the request.
    pub text: String,
    /// The places of the commands that it refers to, each once, all before its own.
    pub refers_to: Vec<usize>,
}

impl Command {
    /// Writes the command at `place`; `names` are those of all commands, in their places.
    ///
    /// In version 2 every value is a text there. A boolean becomes 1 or 0. A null and an empty list
    /// become the empty text, so that a field is cleared and a position kept. An empty object is
    /// left out, as the portal's own library does it, because methods complain of a filter that is
    /// a text; in a list it keeps its position.
    ///
    /// In version 3 a member `$ref` or `$refArray` refers to a command as well, by its name up to
    /// the first dot.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid`: a reference that the portal would misread, or that doesn't lead
    /// to an earlier command; what a query doesn't carry to PHP (names that it rewrites, nesting
    /// past 64 levels, more than 1,000 values); a method's name that it would take for an address.
    ///
    /// ```
    /// use callgate::bitrix24::rights::{method::{MethodName, Version}, params::Params};
    /// use callgate::bitrix24::wire::batch::Command;
    /// let method = MethodName::parse("crm.deal.get").unwrap();
    /// let params = Params::parse(r#"{"id":"$result[nwe]"}"#).unwrap();
    /// let names = ["new".to_owned(), "read".to_owned()];
    /// let error = Command::write(Version::V2, &method, &params, &names, 1).unwrap_err();
    /// assert_eq!(error.message, "params.id: refers to `nwe`, and no command has that name");
    /// ```
    pub fn write(
        version: Version,
        method: &MethodName,
        params: &Params,
        names: &[String],
        place: usize,
    ) -> Result<Self, Error> {
        let mut references = References {
            names,
            place,
            refers_to: Vec::new(),
        };
        let method = method.as_str();
        // PHP takes what stands before a colon for the scheme or host of an address.
        if has(method, b':') || has(method, b'"') {
            let message = "method: a name with `:` or `\"` can't stand in a batch: call it alone";
            return Err(Error::invalid(message));
        }
        let text = match version {
            Version::V2 => {
                let query = write_query(params.as_json(), &mut references)?;
                [method, "?", &query].concat()
            }
            Version::V3 if params.are_positional() => {
                let message = "params: must be an object in a batch of version 3";
                return Err(Error::invalid(message));
            }
            Version::V3 => {
                let query = write_object(params.as_json(), &mut references)?;
                ["\"method\":\"", method, "\",\"query\":", &query].concat()
            }
        };
        Ok(Self {
            text,
            refers_to: references.refers_to,
        })
    }
}

/// What a command's references may lead to, and do.
struct References<'n> {
    names: &'n [String],
    place: usize,
    refers_to: Vec<usize>,
}

impl References<'_> {
    /// The place of the command called `name`; of several the nearest before this one.
    fn resolve(&mut self, name: &str) -> Result<usize, String> {
        let (before, rest) = self.names.split_at_checked(self.place).unwrap_or_default();
        let Some(place) = before.iter().rposition(|known| known == name) else {
            let why = match rest.iter().position(|known| known == name) {
                Some(0) => "the command itself",
                Some(_) => "which comes later",
                None => "and no command has that name",
            };
            return Err(["refers to `", name, "`, ", why].concat());
        };
        if !self.refers_to.contains(&place) {
            self.refers_to.push(place);
        }
        Ok(place)
    }

    /// A text with the commands in its references called by their keys.
    fn rewrite(&mut self, text: &str) -> Result<String, String> {
        let mut rewritten = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(found) = find(rest)? {
            rewritten.push_str(found.before);
            let place = self.resolve(found.reference.name)?;
            found.reference.push(place, &mut rewritten);
            rest = found.after;
        }
        rewritten.push_str(rest);
        Ok(rewritten)
    }

    /// What stands in version 3 in the place of a text: of the path in a member that refers, or of
    /// a value that is a reference; `None` where the text stays.
    fn rewrite_value(&mut self, raw: Raw<'_>, is_path: bool) -> Result<Option<String>, String> {
        let text = raw.to_text();
        let mut rewritten = String::new();
        if is_path {
            let name = text.split('.').next().unwrap_or_default();
            rewritten.push('"');
            push_key(self.resolve(name)?, &mut rewritten);
            rewritten.push_str(text.strip_prefix(name).unwrap_or_default());
            rewritten.push('"');
        } else {
            let Some(found) = find(&text)? else {
                return Ok(None);
            };
            let whole = found.before.is_empty() && found.after.is_empty();
            if !whole || found.reference.root != "result" {
                return Err("version 3 refers by whole values, and to results".to_owned());
            }
            rewritten.push_str("{\"$ref\":\"");
            push_key(self.resolve(found.reference.name)?, &mut rewritten);
            for step in found.reference.steps() {
                if has(step, b'.') {
                    return Err("no step of a path of version 3 holds a dot".to_owned());
                }
                rewritten.push('.');
                rewritten.push_str(step);
            }
            rewritten.push_str("\"}");
        }
        match raw.plain() {
            Some(_) => Ok(Some(rewritten)),
            None => Err("a reference of version 3 holds no quote or backslash".to_owned()),
        }
    }
}

/// An open container: how long the path was before its members, the index of its next item where it
/// is a list, and how many values had been written when it opened.
struct Level {
    path: usize,
    next_item: Option<u32>,
    values: usize,
}

/// Writes parameters as a query.
fn write_query(json: &str, references: &mut References<'_>) -> Result<String, Error> {
    let mut reader = Reader::new(json);
    let mut levels: Vec<Level> = Vec::new();
    let mut path = String::new();
    let mut values = 0;
    let mut query = String::with_capacity(json.len());
    loop {
        let event = reader.next().map_err(malformed)?;
        if form::is_value(&event)
            && let Some(level) = levels.last_mut()
            && let Some(index) = &mut level.next_item
        {
            path.truncate(level.path);
            form::push_index(*index, &mut path);
            *index += 1;
        }
        let text = match event {
            Event::MapOpens | Event::ListOpens => {
                if levels.len() >= form::DEEPEST {
                    return Err(wrong(
                        &path,
                        "nests deeper than the 64 levels of a batch: call it alone",
                    ));
                }
                levels.push(Level {
                    path: path.len(),
                    next_item: (event == Event::ListOpens).then_some(0),
                    values,
                });
                continue;
            }
            Event::Closes => {
                let Some(closed) = levels.pop() else { continue };
                let in_list = levels.last().map(|around| around.next_item.is_some());
                let keeps_place =
                    in_list.is_some_and(|in_list| in_list || closed.next_item.is_some());
                if closed.values < values || !keeps_place {
                    continue;
                }
                path.truncate(closed.path);
                Cow::Borrowed("")
            }
            Event::Key(key) => {
                path.truncate(levels.last().map_or(0, |level| level.path));
                push_name(key, &mut path)?;
                continue;
            }
            Event::End => return Ok(query),
            Event::Null => Cow::Borrowed(""),
            Event::Bool(value) => Cow::Borrowed(if value { "1" } else { "0" }),
            Event::Number(number) => Cow::Borrowed(number),
            Event::Text(raw) => {
                let text = match raw.plain() {
                    Some(text) => Cow::Borrowed(text),
                    None => Cow::Owned(raw.to_text()),
                };
                match has(&text, b'$') {
                    true => Cow::Owned(
                        references
                            .rewrite(&text)
                            .map_err(|why| wrong(&path, &why))?,
                    ),
                    false => text,
                }
            }
        };
        values += 1;
        if values > form::MOST_VARIABLES {
            return Err(wrong(
                "",
                "hold more than the 1,000 values of a batch's command: call it alone",
            ));
        }
        form::push_pair(&path, &mut query);
        form::escape(&text, &mut query);
    }
}

/// Adds a member's name to the path, as a form does, unless the portal would change it.
fn push_name(name: Raw<'_>, path: &mut String) -> Result<(), Error> {
    let why = match name.has(b'$') {
        true => "a portal may take `$` in a name for a reference",
        false if form::push_name(name, path).is_err() => {
            "a portal reads another name out of a batch's command"
        }
        false => return Ok(()),
    };
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(&name.to_text());
    Err(wrong(path, &[why, ": call it alone"].concat()))
}

/// Writes parameters, an object, with their references turned into those of version 3.
fn write_object(json: &str, references: &mut References<'_>) -> Result<String, Error> {
    let mut reader = Reader::new(json);
    let mut object = String::with_capacity(json.len());
    let mut copied = 0;
    let mut is_path = false;
    loop {
        let before = reader.position();
        let event = reader.next().map_err(malformed)?;
        let rewritten = match event {
            Event::End => break,
            Event::Key(name) => {
                is_path = name.is("$ref") || name.is("$refArray");
                continue;
            }
            Event::Text(text) => references.rewrite_value(text, is_path),
            _ => Ok(None),
        };
        is_path = false;
        let Some(rewritten) = rewritten.map_err(|why| wrong("", &why))? else {
            continue;
        };
        // Between the event before and the text stand blanks and a comma, and no quote.
        let blanks = json.get(before..).and_then(|rest| rest.find('"'));
        let start = before + blanks.unwrap_or_default();
        object.push_str(json.get(copied..start).unwrap_or_default());
        object.push_str(&rewritten);
        copied = reader.position();
    }
    object.push_str(json.get(copied..).unwrap_or_default());
    Ok(object)
}

/// An error about the member at `path`, which is written as in a query.
fn wrong(path: &str, why: &str) -> Error {
    let mut message = String::from("params");
    if !path.is_empty() {
        message.push('.');
    }
    for c in form::unescape(path).chars() {
        match c {
            '[' => message.push('.'),
            ']' => {}
            other => message.push(other),
        }
    }
    message.push_str(": ");
    message.push_str(why);
    Error::invalid(message)
}

fn malformed(malformed: Malformed) -> Error {
    wrong("", &malformed.in_words())
}
