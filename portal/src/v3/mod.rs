//! Version 3 of the REST server, below `/rest/api/`: exact names, JSON only, an error that is an
//! object, its own order of checks.

mod batch;
mod methods;
mod query;

use serde_json::{Map, Value, json};

use crate::{
    auth::{self, Identity},
    faults::{On, Stage, Struck, What},
    front,
    http::{Reply, Request, UnixMs},
    php_json::{self, Unicode},
    replays::Replay,
    request::{self, Body, Endpoint},
    rest,
    world::World,
};
use methods::{Method, Run};

/// A failure of version 3. Its code is a class of the server, written in capitals.
#[derive(Debug, Clone, PartialEq)]
struct Problem {
    status: u16,
    /// The class's last parts.
    class: &'static str,
    message: String,
    /// What is wrong with which field, where a request was looked at.
    validation: Vec<(String, String)>,
}

impl Problem {
    fn new(status: u16, class: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            class,
            message: message.into(),
            validation: Vec::new(),
        }
    }

    fn unknown_method(name: &str) -> Self {
        Self::new(
            404,
            "METHODNOTFOUNDEXCEPTION",
            format!("Method \"{name}\" not found"),
        )
    }

    /// A refusal. At authorization its reason is thrown away.
    fn denied(status: u16) -> Self {
        Self::new(status, "ACCESSDENIEDEXCEPTION", "Access denied")
    }

    fn scope(name: &str) -> Self {
        let message = format!("The request requires higher privileges to call \"{name}\"");
        Self::new(403, "INSUFFICIENTSCOPEEXCEPTION", message)
    }

    fn limit() -> Self {
        Self::new(
            429,
            "RATELIMITEXCEPTION",
            "Method is blocked due to operation time limit",
        )
    }

    fn bad_json() -> Self {
        Self::new(
            400,
            "INVALIDJSONEXCEPTION",
            "Invalid JSON in the request body",
        )
    }

    /// A field that is missing or wrong.
    fn field(name: &str, message: impl Into<String>) -> Self {
        Self {
            validation: vec![(name.to_owned(), message.into())],
            ..Self::new(
                400,
                "VALIDATION_REQUESTVALIDATIONEXCEPTION",
                "Request validation failed",
            )
        }
    }

    fn unknown_field(name: &str) -> Self {
        Self::new(
            400,
            "UNKNOWNDTOPROPERTYEXCEPTION",
            format!("Unknown field \"{name}\""),
        )
    }

    /// How version 3 shows a fault that versions 1 and 2 word themselves.
    fn from_fault(struck: &Struck) -> Self {
        match struck.row.failure() {
            Some(failure) => match failure.status {
                403 => Self::denied(403),
                429 => Self::limit(),
                400 => Self::field("id", failure.text),
                _ => Self::new(500, "INTERNAL_INTERNALEXCEPTION", "Internal error"),
            },
            None => Self::new(500, "INTERNAL_INTERNALEXCEPTION", "Internal error"),
        }
    }

    fn body(&self) -> Value {
        let mut error = Map::new();
        error.insert(
            "code".to_owned(),
            json!(format!("BITRIX_REST_V3_EXCEPTION_{}", self.class)),
        );
        error.insert("message".to_owned(), json!(self.message));
        if !self.validation.is_empty() {
            let shown =
                |(field, message): &(String, String)| json!({"message": message, "field": field});
            error.insert(
                "validation".to_owned(),
                self.validation.iter().map(shown).collect(),
            );
        }
        json!({"error": error})
    }
}

/// Answers one request of version 3.
pub(crate) fn answer(
    world: &mut World,
    now: UnixMs,
    request: &Request,
    endpoint: &Endpoint,
) -> Reply {
    let name = endpoint.method.as_str();
    let reply = match run(world, now, request, endpoint) {
        Ok(reply) => reply,
        Err(problem) => return respond(world, problem.status, &problem.body()),
    };
    match world.faults.take(Stage::Sent, On::Any, name) {
        None => reply,
        Some(struck) if matches!(struck.row.what, What::Raw(..)) => {
            front::reply(world, request, &struck, &reply.body)
        }
        Some(struck) => {
            let problem = Problem::from_fault(&struck);
            respond(world, problem.status, &problem.body())
        }
    }
}

fn respond(world: &World, status: u16, body: &Value) -> Reply {
    let unicode = if world.settings.escape_unicode {
        Unicode::Escaped
    } else {
        Unicode::Raw
    };
    front::with_cors(Reply::new(
        status,
        "application/json; charset=utf-8",
        php_json::encode(body, unicode),
    ))
}

fn fault(world: &mut World, stage: Stage, on: On, name: &str) -> Result<(), Problem> {
    world
        .faults
        .take(stage, on, name)
        .map_or(Ok(()), |struck| Err(Problem::from_fault(&struck)))
}

fn run(
    world: &mut World,
    now: UnixMs,
    request: &Request,
    endpoint: &Endpoint,
) -> Result<Reply, Problem> {
    let name = endpoint.method.as_str();
    fault(world, Stage::Server, On::Any, name)?;
    if world.faults.take(Stage::Lookup, On::Any, name).is_some() {
        return Err(Problem::unknown_method(name));
    }
    let method = methods::find(name).ok_or_else(|| Problem::unknown_method(name))?;
    fault(world, Stage::Switch, On::Any, name)?;
    let body = request::body(request);
    let bad_json = body == Body::BadJson;
    let (list, body) = match body {
        Body::List(items) => (Some(items), Body::Nothing),
        other => (None, other),
    };
    let mut parameters = request::parameters(request, body);
    let who = auth::authenticate(
        world,
        now,
        request,
        endpoint.webhook.as_ref(),
        &mut parameters,
        (name, &[]),
    )
    .map_err(|failure| {
        if failure.code == "insufficient_scope" {
            Problem::scope(name)
        } else {
            Problem::denied(401)
        }
    })?;
    admit(world, now, &who, name)?;
    if !method.allowed(&who) {
        return Err(Problem::scope(name));
    }
    if bad_json {
        return Err(Problem::bad_json());
    }
    let keyed = keyed(request, &who, name);
    if let Some((key, caller, same)) = &keyed {
        match world.replays.find(key, caller, same, now) {
            Replay::New => {}
            Replay::Again(reply) => return Ok(reply),
            Replay::Reused => {
                let message = "The idempotency key was used for another request";
                return Err(Problem::new(422, "IDEMPOTENCYKEYREUSEDEXCEPTION", message));
            }
            Replay::Invalid => {
                return Err(Problem::new(
                    400,
                    "INVALIDIDEMPOTENCYKEYEXCEPTION",
                    "Invalid idempotency key",
                ));
            }
        }
    }
    if let Some(struck) = world.faults.take(Stage::Method, who.on(), name) {
        return match struck.row.what {
            What::Raw(..) => Ok(front::reply(world, request, &struck, "")),
            _ => Err(Problem::from_fault(&struck)),
        };
    }
    let result = match method.run {
        Run::Batch => batch::run(world, now, &who, &list.ok_or_else(Problem::bad_json)?)?,
        _ => methods::run(world, now, &method, &who, &parameters)?,
    };
    let body = envelope(world, now, &method, &who, result);
    let reply = respond(world, 200, &body);
    if let Some((key, caller, same)) = &keyed {
        world.replays.keep(key, caller, same, &reply, now);
    }
    Ok(reply)
}

fn envelope(
    world: &mut World,
    now: UnixMs,
    method: &Method<'_>,
    who: &Identity,
    result: Value,
) -> Value {
    if matches!(method.run, Run::OpenApi) {
        return result;
    }
    let mut body = Map::from_iter([("result".to_owned(), result)]);
    if world.settings.time {
        let finish = now.saturating_add(world.worked());
        body.insert(
            "time".to_owned(),
            rest::time(world, who, method.name, (now, finish)),
        );
    }
    Value::Object(body)
}

/// The limiter's word, and the count of a command. A batch itself is neither limited nor counted.
fn admit(world: &mut World, now: UnixMs, who: &Identity, name: &str) -> Result<(), Problem> {
    if name != "batch" {
        rest::limit(world, now, who, name).map_err(|_| Problem::limit())?;
        world.commands += 1;
    }
    Ok(())
}

/// The idempotency key of a POST, the caller to whom it belongs, and what has to be the same for an
/// answer to be given again.
fn keyed(request: &Request, who: &Identity, name: &str) -> Option<(String, String, String)> {
    let key = request
        .header("idempotency-key")
        .filter(|_| request.method == "POST")?;
    let same = format!("{name}\n{}", String::from_utf8_lossy(&request.body));
    Some((
        key.to_owned(),
        who.budget_key().unwrap_or("session").to_owned(),
        same,
    ))
}
