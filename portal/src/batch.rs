//! `batch`: up to fifty commands in one call, run one after another, the later ones referring to the
//! answers of the earlier. Authorization was checked once; the scope of each command is checked here.

use serde_json::{Map, Value, json};

use crate::{
    auth::Identity,
    failure::Failure,
    http::UnixMs,
    php, php_form, rest,
    rest::{Job, Stop},
    world::World,
};

/// Commands in a batch.
const LENGTH: usize = 50;

/// A reference is left as it stands when its value has more parts than this: chains of references
/// to everything would double the answer at each step.
pub(crate) const HEAVIEST: usize = 20_000;

/// The answers so far, by their top-level keys and then by command: what references look into.
struct Answered(Map<String, Value>);

impl Answered {
    fn new() -> Self {
        Self(
            ["result", "next", "total", "time", "error"]
                .map(|root| (root.to_owned(), json!({})))
                .into_iter()
                .collect(),
        )
    }

    fn record(&mut self, key: &str, answer: &Map<String, Value>) {
        for (root, value) in answer {
            let by_key = self.0.entry(root.clone()).or_insert_with(|| json!({}));
            if let Some(by_key) = by_key.as_object_mut() {
                by_key.insert(key.to_owned(), value.clone());
            }
        }
    }
}

/// The failure of a command that may not stand in a batch.
pub(crate) fn not_allowed() -> Failure {
    Failure::new(
        405,
        "ERROR_BATCH_METHOD_NOT_ALLOWED",
        "Method is not allowed for batch usage",
    )
}

/// Runs the commands; the result has all five maps, empty or not.
pub(crate) fn run(
    world: &mut World,
    now: UnixMs,
    who: &Identity,
    verb: &str,
    parameters: &Map<String, Value>,
    depth: u8,
) -> Result<Value, Stop> {
    let parameter = |name: &str| {
        parameters
            .iter()
            .rev()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    let commands = parameter("cmd").and_then(php::entries).unwrap_or_default();
    let halt = parameter("halt").is_some_and(php::truthy);
    // Every command gets a copy of the token's record as it was, so none sees what another asked.
    let frozen = who
        .app()
        .and_then(|(_, token)| world.access.tokens.get(token))
        .map(|token| token.states.clone());
    let mut answered = Answered::new();
    let mut maps = [
        "result",
        "result_error",
        "result_total",
        "result_next",
        "result_time",
    ]
    .map(|name| (name, Map::<String, Value>::new()));
    for (place, (key, command)) in commands.into_iter().enumerate() {
        let Value::String(command) = command else {
            continue;
        };
        let start = now.saturating_add(world.worked());
        let outcome = item(
            world,
            now,
            Item {
                place,
                command,
                who,
                verb,
                depth,
            },
            &answered,
            frozen.as_ref(),
        );
        let finish = now.saturating_add(world.worked());
        let answer = match outcome {
            Ok((name, answer)) => {
                let mut body = rest::envelope(world, who, name, answer, (start, finish));
                if let (false, Some(body)) = (world.settings.time, body.as_object_mut()) {
                    body.insert("time".to_owned(), world.time(start, finish, None));
                }
                body
            }
            Err(Stop::Fail(failure)) => failure.body(),
            Err(raw) => return Err(raw),
        };
        let Value::Object(answer) = answer else {
            continue;
        };
        answered.record(&key, &answer);
        let failed = answer.contains_key("error");
        for (name, map) in &mut maps {
            let value = match (*name, failed) {
                ("result_error", true) => Some(Value::Object(answer.clone())),
                ("result", false) => answer.get("result").cloned(),
                ("result_total", false) => answer.get("total").cloned(),
                ("result_next", false) => answer.get("next").cloned(),
                ("result_time", false) => answer.get("time").cloned(),
                _ => None,
            };
            if let Some(value) = value {
                map.insert(key.clone(), value);
            }
        }
        if failed && halt {
            break;
        }
    }
    Ok(Value::Object(
        maps.into_iter()
            .map(|(name, map)| (name.to_owned(), Value::Object(map)))
            .collect(),
    ))
}

struct Item<'a> {
    place: usize,
    command: &'a str,
    who: &'a Identity,
    verb: &'a str,
    depth: u8,
}

fn item(
    world: &mut World,
    now: UnixMs,
    item: Item<'_>,
    answered: &Answered,
    frozen: Option<&crate::confirmation::States>,
) -> Result<(&'static str, crate::methods::Answer), Stop> {
    let Item {
        place,
        command,
        who,
        verb,
        depth,
    } = item;
    if place >= LENGTH {
        return Err(Failure::new(
            400,
            "ERROR_BATCH_LENGTH_EXCEEDED",
            "Max batch length exceeded",
        )
        .into());
    }
    // The command is read as a URL: what follows an unencoded # is lost.
    let command = command.split('#').next().unwrap_or_default();
    let (name, query) = command.split_once('?').unwrap_or((command, ""));
    if matches!(name, "batch" | "download" | "upload") {
        return Err(not_allowed().into());
    }
    let method = rest::resolve(name)
        .method
        .ok_or_else(Failure::method_not_found)?;
    if !who.may(method.scopes) || world.faults.asks("insufficient-scope", method.name) {
        return Err(Failure::new(401, "insufficient_scope", "").into());
    }
    let mut parameters = php_form::parse(query);
    for value in parameters.values_mut() {
        resolve_references(value, answered);
    }
    // The outer call's authorization is forced on the command.
    for key in ["auth", "access_token", "auth_connector", "sessid"] {
        parameters.shift_remove(key);
    }
    let job = Job {
        who,
        method,
        verb,
        parameters,
        frozen,
        depth: depth + 1,
    };
    Ok((method.name, rest::perform(world, now, job)?))
}

/// Replaces references in values at any depth. Keys are left alone: a portal touches them in a way
/// that nobody can rely on.
fn resolve_references(value: &mut Value, answered: &Answered) {
    match value {
        Value::String(text) => {
            if let Some(replaced) = substitute(text, answered) {
                *value = replaced;
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| resolve_references(item, answered)),
        Value::Object(map) => map
            .values_mut()
            .for_each(|item| resolve_references(item, answered)),
        _ => {}
    }
}

/// One text with its references replaced; `None` when it has none.
fn substitute(text: &str, answered: &Answered) -> Option<Value> {
    let mut out = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some(at) = rest.find('$') {
        let (before, reference) = rest.split_at(at);
        let end = reference
            .find(|character: char| character.is_ascii_whitespace())
            .unwrap_or(reference.len());
        let (reference, after) = reference.split_at(end);
        let Some(value) = look_up(reference, answered) else {
            out.push_str(before);
            out.push('$');
            rest = rest.get(at + 1..).unwrap_or_default();
            continue;
        };
        found = true;
        if before.is_empty() && out.is_empty() && after.is_empty() {
            return (weight(&value) <= HEAVIEST).then_some(value);
        }
        out.push_str(before);
        match &value {
            Value::String(inserted) => out.push_str(inserted),
            Value::Number(_) => out.push_str(&php::text(&value).unwrap_or_default()),
            _ => out.push_str(reference),
        }
        rest = after;
    }
    out.push_str(rest);
    found.then_some(Value::String(out))
}

/// What a reference leads to: as deep as its path goes, even if that is everything. The root is
/// recognised in any case and looked up in its own; null counts as not found.
fn look_up(reference: &str, answered: &Answered) -> Option<Value> {
    let (root, path) = reference.strip_prefix('$')?.split_once('[')?;
    if path.is_empty()
        || !answered
            .0
            .keys()
            .any(|known| known.eq_ignore_ascii_case(root))
    {
        return None;
    }
    let Some(mut value) = answered.0.get(root) else {
        return Some(Value::Object(answered.0.clone()));
    };
    let steps = format!("[{path}");
    let steps = steps
        .split('[')
        .skip(1)
        .filter_map(|step| step.split_once(']'))
        .map(|(step, _)| step);
    for step in steps.filter(|step| !step.is_empty()) {
        match php::element(value, step).filter(|value| !value.is_null()) {
            Some(deeper) => value = deeper,
            None => break,
        }
    }
    Some(value.clone())
}

/// How many parts a value has.
pub(crate) fn weight(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(weight).sum::<usize>(),
        _ => 1,
    }
}
