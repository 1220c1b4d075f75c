//! Commands of a batch: the first line is a method, the second names of commands between `|`, of
//! which the last is the one that is written; the rest are its parameters. What a portal reads out
//! of the command is what was given, and references lead to commands before it and nowhere else.

use callgate::bitrix24::rights::method::{MethodName, Version};
use callgate::bitrix24::rights::params::Params;
use callgate::bitrix24::wire::batch::{self, Command, reference};
use callgate::bitrix24::wire::commands;
use callgate::error::Kind;
use callgate::json::{Event, Reader};
use callgate::value::Value;

use super::form::{in_php, repeats_a_name};

/// The request around a command nests too, and may not nest too deep.
const DEEPEST: usize = 100;

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut lines = text.splitn(3, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (method, names, json) = (line(), line(), line());
    let (Ok(method), Ok(params)) = (MethodName::parse(method), Params::parse(json)) else {
        return;
    };
    if depth(json) > DEEPEST {
        return;
    }
    let names: Vec<String> = names.split('|').map(str::to_owned).collect();
    for version in [Version::V2, Version::V3] {
        is_written_as_it_is_read(version, &method, &params, &names);
        for (name, method, params) in commands::read(&params, version) {
            is_written_as_it_is_read(version, &method, &params, &[name]);
        }
    }
    leads_to_its_command(&method, &names);
}

fn depth(json: &str) -> usize {
    let (mut reader, mut depth, mut deepest) = (Reader::new(json), 0_usize, 0);
    loop {
        match reader.next().unwrap() {
            Event::MapOpens | Event::ListOpens => depth += 1,
            Event::Closes => depth -= 1,
            Event::End => return deepest,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
}

fn is_written_as_it_is_read(
    version: Version,
    method: &MethodName,
    params: &Params,
    names: &[String],
) {
    let place = names.len() - 1;
    let command = match Command::write(version, method, params, names, place) {
        Ok(command) => command,
        Err(error) => {
            assert_eq!(error.kind, Kind::Invalid);
            return;
        }
    };
    let mut earlier = command.refers_to.clone();
    earlier.sort_unstable();
    earlier.dedup();
    assert_eq!(earlier.len(), command.refers_to.len());
    assert!(earlier.iter().all(|earlier| *earlier < place));

    let body = batch::body(version, [(place, command.text.as_str())], true);
    let body = Params::parse(body).unwrap();
    let read = commands::read(&body, version);
    let [(key, same, read)] = read.as_slice() else {
        panic!("{read:?} of {}", body.as_json());
    };
    assert_eq!(*key, format!("c{place}"));
    assert_eq!(same.as_str(), method.as_str());

    let given = Value::from_json(params.as_json()).unwrap();
    let read = Value::from_json(read.as_json()).unwrap();
    if !earlier.is_empty() {
        refers_to_keys(version, &read, &earlier);
    } else if !repeats_a_name(&given) {
        let expected = match version {
            Version::V2 => in_php(&given).filter(|it| matches!(it, Value::Map(_))),
            Version::V3 => Some(given),
        };
        assert_eq!(read, expected.unwrap_or(Value::Map(Vec::new())));
    }
}

/// In whatever the portal would take for a reference, the command is one of those known by key.
fn refers_to_keys(version: Version, value: &Value, earlier: &[usize]) {
    let is_known = |key: &str| {
        let place = key.strip_prefix('c').unwrap().parse().unwrap();
        assert!(earlier.contains(&place), "{key}");
    };
    match value {
        Value::Text(text) if version == Version::V2 => {
            for root in ["$result[", "$next[", "$total[", "$time["] {
                for (at, _) in text.match_indices(root) {
                    let (key, _) = text[at + root.len()..].split_once(']').unwrap();
                    is_known(key);
                }
            }
        }
        Value::List(items) => items
            .iter()
            .for_each(|it| refers_to_keys(version, it, earlier)),
        Value::Map(members) => {
            for (name, value) in members {
                match value {
                    Value::Text(path) if matches!(name.as_str(), "$ref" | "$refArray") => {
                        is_known(path.split('.').next().unwrap());
                    }
                    other => refers_to_keys(version, other, earlier),
                }
            }
        }
        _ => {}
    }
}

/// A reference that can be built leads to the command that it names.
fn leads_to_its_command(method: &MethodName, names: &[String]) {
    let Some((_, before)) = names.split_last() else {
        return;
    };
    for name in before {
        let step = method.as_str();
        let Ok(text) = reference(name, &[step]) else {
            assert!(name.is_empty() || name.contains(']') || step.contains(['[', ']', '$']));
            continue;
        };
        let params = Params::parse(Value::Map(vec![("id".into(), Value::Text(text))]).to_json());
        let get = MethodName::parse("crm.deal.get").unwrap();
        let place = names.len() - 1;
        let command = Command::write(Version::V2, &get, &params.unwrap(), names, place).unwrap();
        let meant = before.iter().rposition(|known| known == name).unwrap();
        assert_eq!(command.refers_to, [meant]);
        let read = callgate_portal::read_form(command.text.split_once('?').unwrap().1);
        assert_eq!(read["id"], format!("$result[c{meant}][{step}]"));
    }
}
