//! The commands of a batch, each as the portal would read it.

use super::caller;
use super::request::{Doubts, Limits, Rejection};
use super::target::{is_odd, without_suffix};
use super::tree::{self, Members};
use crate::bitrix24::rights::method::MethodName;
use crate::bitrix24::rights::params::Params;
use crate::text::{is_any_of, push_number};
use crate::value::Value;

/// One command of a batch.
///
/// ```
/// use callgate::bitrix24::gate::{Limits, Request, inspect};
/// let target = "/rest/batch?auth=TOK&cmd[me]=profile&cmd[deal]=crm.deal.get%3Fid%3D5";
/// let request = Request { verb: "GET", target, headers: &[], body: b"" };
/// let seen = inspect(&request, &Limits::default()).unwrap();
/// assert_eq!(seen.commands[1].name, "deal");
/// assert_eq!(seen.commands[1].params.as_json(), r#"{"id":"5"}"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its name, or its number where it has none.
    pub name: String,
    /// The method.
    pub method: MethodName,
    /// The parameters.
    pub params: Params,
}

/// The commands in the parameters of a batch of version 2.
pub(super) fn read(
    parameters: &Members,
    limits: &Limits,
    doubts: &mut Doubts,
) -> Result<Vec<Command>, Rejection> {
    let cmd = parameters.iter().rev();
    let cmd = cmd
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("cmd"));
    let entries: Vec<(String, &Value)> = match cmd {
        Some((_, Value::Map(members))) => members
            .iter()
            .map(|(name, it)| (name.clone(), it))
            .collect(),
        Some((_, Value::List(items))) => numbered(items).collect(),
        Some(_) => {
            doubts.add("cmd", "is no list of commands");
            Vec::new()
        }
        None => Vec::new(),
    };
    at_most(entries.len(), limits)?;
    let mut commands = Vec::with_capacity(entries.len());
    for (name, command) in entries {
        let Value::Text(text) = command else {
            doubts.add(&name, "a command that is no text, which the portal skips");
            continue;
        };
        doubts.add_if(text.contains('#'), &name, "a command with a fragment");
        let text = text.split('#').next().unwrap_or_default();
        let (method, query) = text.split_once('?').unwrap_or((text, ""));
        let method = without_suffix(method, doubts).0;
        let Some(method) = named(&name, method, doubts)? else {
            continue;
        };
        let mut members = tree::merge(tree::read(query, limits, doubts)?, Vec::new(), doubts);
        let given = caller::take(&mut members, doubts);
        let own = given.iter().any(Option::is_some);
        doubts.add_if(own, &name, "a command with an authorization of its own");
        let params = params(members)?;
        commands.push(Command {
            name,
            method,
            params,
        });
    }
    Ok(commands)
}

/// The commands of a batch of version 3.
pub(super) fn read_objects(
    items: &[Value],
    limits: &Limits,
    doubts: &mut Doubts,
) -> Result<Vec<Command>, Rejection> {
    at_most(items.len(), limits)?;
    let mut commands = Vec::with_capacity(items.len());
    for (number, item) in numbered(items) {
        let name = item.get("as").and_then(Value::as_text);
        let name = name.map_or(number, str::to_owned);
        let Some(Value::Text(method)) = item.get("method") else {
            doubts.add(&name, "a command without a method");
            continue;
        };
        let Some(method) = named(&name, method, doubts)? else {
            continue;
        };
        let members = match item.get("query") {
            Some(Value::Map(members)) => members.clone(),
            None | Some(Value::Null) => Vec::new(),
            Some(_) => {
                doubts.add(&name, "a command whose query is no object");
                Vec::new()
            }
        };
        let mut members = tree::merge(members, Vec::new(), doubts);
        let given = caller::take(&mut members, doubts);
        let own = given.iter().any(Option::is_some);
        doubts.add_if(own, &name, "a command with an authorization of its own");
        let params = params(members)?;
        commands.push(Command {
            name,
            method,
            params,
        });
    }
    Ok(commands)
}

fn at_most(number: usize, limits: &Limits) -> Result<(), Rejection> {
    match number > limits.commands {
        true => Err(Rejection::too_many_commands()),
        false => Ok(()),
    }
}

/// The method of a command; `None`, and a doubt, where no method is called so.
fn named(name: &str, method: &str, doubts: &mut Doubts) -> Result<Option<MethodName>, Rejection> {
    // The portal compares these as they are spelled and so lets `BATCH` through. Nothing that the
    // gate didn't read goes behind it.
    if is_any_of(method.trim(), &["batch", "download", "upload"]) {
        return Err(Rejection::not_in_batch(name));
    }
    // PHP reads a command as an address: a colon or slashes would make a scheme or host of its start.
    let parsed = MethodName::parse(method).ok();
    let odd = |name: &str| is_odd(name) || name.contains([':', '"', '[', ']', '@']);
    let method = parsed.filter(|method| !odd(method.as_str()));
    doubts.add_if(method.is_none(), name, "a command whose method is no name");
    Ok(method)
}

fn numbered(items: &[Value]) -> impl Iterator<Item = (String, &Value)> {
    (0..).zip(items).map(|(place, item)| {
        let mut name = String::new();
        push_number(place, &mut name);
        (name, item)
    })
}

/// The parameters as preflight reads them: what has the names 0, 1, … is a list.
pub(super) fn params(members: Members) -> Result<Params, Rejection> {
    let mut number = String::new();
    let list = !members.is_empty()
        && (0..).zip(&members).all(|(place, (name, _))| {
            number.clear();
            push_number(place, &mut number);
            *name == number
        });
    let tree = match list {
        true => Value::List(members.into_iter().map(|(_, value)| value).collect()),
        false => Value::Map(members),
    };
    Params::written_by_stringify(tree.to_json())
        .map_err(|error| Rejection::limit("parameters", &error.message))
}
