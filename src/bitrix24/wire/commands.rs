//! Reads the commands of a batch out of its parameters, as the portal does.

use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::wire::form;
use crate::text::push_number;
use crate::value::Value;

/// The commands in the parameters of a batch: each with its name, its method and its parameters.
/// What the portal would pass over, or would find no method for, is left out.
///
/// In version 2 `cmd`, in any case, is an object or a list of texts `method?query`; in version 3 the
/// parameters are a list of objects with the members `method`, `query` and `as`.
///
/// ```
/// use callgate::bitrix24::rights::{method::Version, params::Params};
/// use callgate::bitrix24::wire::commands;
/// let params = Params::parse(r#"{"cmd":{"me":"profile","deal":"crm.deal.get?id=5"}}"#).unwrap();
/// let commands = commands::read(&params, Version::V2);
/// assert_eq!(commands[1].0, "deal");
/// assert_eq!(commands[1].1.as_str(), "crm.deal.get");
/// assert_eq!(commands[1].2.as_json(), r#"{"id":"5"}"#);
/// ```
pub fn read(params: &Params, version: Version) -> Vec<(String, MethodName, Params)> {
    let Ok(value) = Value::from_json(params.as_json()) else {
        return Vec::new();
    };
    match (version, value) {
        (Version::V2, Value::Map(members)) => {
            let commands = members.into_iter().rev();
            let mut commands = commands.filter(|(name, _)| name.eq_ignore_ascii_case("cmd"));
            named(commands.next().map(|(_, commands)| commands))
                .filter_map(|(name, command)| match command {
                    Value::Text(text) => {
                        let (method, params) = of_text(&text)?;
                        Some((name, method, params))
                    }
                    _ => None,
                })
                .collect()
        }
        (Version::V3, list) => named(Some(list))
            .filter_map(|(index, command)| {
                let method = MethodName::parse(command.get("method")?.as_text()?).ok()?;
                let params = match command.get("query") {
                    Some(query @ (Value::Map(_) | Value::List(_))) => {
                        Params::parse(query.to_json()).ok()?
                    }
                    _ => Params::none(),
                };
                let name = command.get("as").and_then(Value::as_text);
                let name = name.map_or(index, str::to_owned);
                Some((name, method, params))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The members of a map, or the items of a list under their indices.
fn named(value: Option<Value>) -> impl Iterator<Item = (String, Value)> {
    let (map, list) = match value {
        Some(Value::Map(members)) => (members, Vec::new()),
        Some(Value::List(items)) => (Vec::new(), items),
        _ => (Vec::new(), Vec::new()),
    };
    let list = list.into_iter().enumerate();
    map.into_iter()
        .chain(list.map(|(index, item)| (number(index), item)))
}

fn number(index: usize) -> String {
    let mut text = String::new();
    push_number(i64::try_from(index).unwrap_or(i64::MAX), &mut text);
    text
}

/// `method?query`. The portal reads it as an address, whose part behind a `#` it doesn't look at.
fn of_text(text: &str) -> Option<(MethodName, Params)> {
    let text = text.split('#').next()?;
    let (method, query) = text.split_once('?').unwrap_or((text, ""));
    let params = Params::parse(form::read(query).to_json()).ok()?;
    Some((MethodName::parse(method).ok()?, params))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn texts(params: &str, version: Version) -> Vec<String> {
        let params = Params::parse(params).unwrap();
        let commands = read(&params, version).into_iter();
        commands
            .map(|(name, method, params)| format!("{name} {method} {}", params.as_json()))
            .collect()
    }

    #[test]
    fn commands_are_read_as_the_portal_reads_them() {
        let params =
            r#"{"halt":1,"CMD":["a.b?x[y][]=%26+1&z=\"{[","profile","c?d=1#e=2",7,"","f/g"]}"#;
        assert_eq!(
            texts(params, Version::V2),
            [
                r#"0 a.b {"x":{"y":{"0":"& 1"}},"z":"\"{["}"#,
                "1 profile {}",
                r#"2 c {"d":"1"}"#,
            ]
        );
        for params in ["{}", "[]", r#"{"cmd":1}"#, r#"{"cmd":null}"#] {
            assert!(texts(params, Version::V2).is_empty(), "{params}");
        }
        let twice = r#"{"cmd":["a"],"cmd":{"b":"c"}}"#;
        assert_eq!(texts(twice, Version::V2), ["b c {}"]);
    }

    #[test]
    fn commands_of_version_3_are_objects() {
        let params = r#"[{"method":"a","query":{"b":[1,{"c":null}]},"as":"one"},{"method":"d"},1]"#;
        assert_eq!(
            texts(params, Version::V3),
            [r#"one a {"b":[1,{"c":null}]}"#, "1 d {}"]
        );
    }

    #[test]
    fn a_command_cannot_bring_its_own_authorization_into_the_check() {
        assert!(texts(r#"{"cmd":["a?auth=1"]}"#, Version::V2).is_empty());
    }
}
