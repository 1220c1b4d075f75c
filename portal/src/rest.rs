//! Versions 1 and 2 of the REST server: the order of checks, and the envelope of the answer.

use serde_json::{Map, Value, json};

use crate::{
    auth::{self, Identity},
    batch,
    confirmation::States,
    failure::Failure,
    faults::{On, Stage, Struck, What},
    front,
    http::{Reply, Request, UnixMs},
    methods::{self, Answer, Call, Method},
    php, php_json,
    php_json::Unicode,
    request::{self, Endpoint, Transport},
    world::World,
    xml,
};

/// Why a call has no result.
pub(crate) enum Stop {
    /// The server says so.
    Fail(Failure),
    /// PHP fell over, and the web server answers.
    Raw(Struck),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Fail(failure)
    }
}

/// Where a method's name led.
pub(crate) struct Resolved {
    pub(crate) transport: Transport,
    pub(crate) method: Option<&'static Method>,
}

/// Looks a name up: in small letters first, and if that finds nothing as it was sent. The suffix is
/// cut off at each try.
pub(crate) fn resolve(sent: &str) -> Resolved {
    let lower = sent.to_ascii_lowercase();
    let attempt = |name: &str| {
        let (method, transport) = request::split_suffix(name);
        Resolved {
            transport,
            method: methods::find(method),
        }
    };
    let found = attempt(&lower);
    if found.method.is_some() {
        found
    } else {
        attempt(sent)
    }
}

/// The name by which faults know a call, whether its method exists or not.
pub(crate) fn fault_name(endpoint: Option<&Endpoint>) -> String {
    let sent = endpoint
        .map(|endpoint| endpoint.method.to_ascii_lowercase())
        .unwrap_or_default();
    request::split_suffix(&sent).0.to_owned()
}

/// Answers one request of versions 1 and 2.
pub(crate) fn answer(
    world: &mut World,
    now: UnixMs,
    request: &Request,
    endpoint: Option<&Endpoint>,
) -> Reply {
    let resolved = resolve(endpoint.map_or("", |endpoint| endpoint.method.as_str()));
    let name = fault_name(endpoint);
    let outcome = run(world, now, request, endpoint, (&resolved, &name));
    let reply = |world: &World, status: u16, body: &Value| {
        let unicode = if world.settings.escape_unicode {
            Unicode::Escaped
        } else {
            Unicode::Raw
        };
        front::with_cors(match resolved.transport {
            Transport::Json => Reply::new(
                status,
                "application/json; charset=utf-8",
                php_json::encode(body, unicode),
            ),
            Transport::Xml => Reply::new(status, "text/xml; charset=utf-8", xml::encode(body)),
        })
    };
    let failed = |world: &World, failure: &Failure| {
        reply(
            world,
            failure.status(world.settings.strict_statuses),
            &failure.body(),
        )
    };
    match outcome {
        Ok(body) => {
            let true_answer = reply(world, 200, &body);
            match world.faults.take(Stage::Sent, On::Any, &name) {
                None => true_answer,
                Some(struck) => match struck.row.failure() {
                    Some(failure) => failed(world, &failure),
                    None => front::reply(world, request, &struck, &true_answer.body),
                },
            }
        }
        Err(Stop::Fail(failure)) => failed(world, &failure),
        Err(Stop::Raw(struck)) => front::reply(world, request, &struck, ""),
    }
}

fn run(
    world: &mut World,
    now: UnixMs,
    request: &Request,
    endpoint: Option<&Endpoint>,
    (resolved, name): (&Resolved, &str),
) -> Result<Value, Stop> {
    world.faults.fail(Stage::Server, On::Any, name)?;
    world.faults.fail(Stage::Lookup, On::Any, name)?;
    let method = resolved.method.ok_or_else(Failure::method_not_found)?;
    let mut parameters = request::parameters(request, request::body(request));
    if parameters.contains_key("token") || matches!(method.name, "download" | "upload") {
        return Err(Failure::access_denied("Link check failed").into());
    }
    let webhook = endpoint.and_then(|endpoint| endpoint.webhook.as_ref());
    let who = auth::authenticate(
        world,
        now,
        request,
        webhook,
        &mut parameters,
        (method.name, method.scopes),
    )?;
    world.faults.fail(Stage::Licence, who.on(), name)?;
    let job = Job {
        who: &who,
        method,
        verb: &request.method,
        parameters,
        frozen: None,
        depth: 0,
    };
    let answer = perform(world, now, job)?;
    let finish = now.saturating_add(world.worked());
    Ok(envelope(world, &who, method.name, answer, (now, finish)))
}

/// One command: a call of its own, or an item of a batch.
pub(crate) struct Job<'a> {
    pub(crate) who: &'a Identity,
    pub(crate) method: &'static Method,
    pub(crate) verb: &'a str,
    pub(crate) parameters: Map<String, Value>,
    /// The token's states when the batch began.
    pub(crate) frozen: Option<&'a States>,
    /// How many batches stand around it.
    pub(crate) depth: u8,
}

/// Runs a command behind authorization: the limiter, a controller's own checks, the method.
pub(crate) fn perform(world: &mut World, now: UnixMs, job: Job<'_>) -> Result<Answer, Stop> {
    let Job {
        who,
        method,
        verb,
        mut parameters,
        frozen,
        depth,
    } = job;
    let name = method.name;
    if name == "batch" && depth < 2 {
        return Ok(batch::run(world, now, who, verb, &parameters, depth)?.into());
    }
    limit(world, now, who, name)?;
    world.commands += 1;
    if let Some(struck) = world.faults.take(Stage::Method, who.on(), name) {
        return Err(match struck.row.what {
            What::Raw(..) => Stop::Raw(struck),
            _ => Stop::Fail(struck.row.failure().unwrap_or_else(|| Failure::plain(""))),
        });
    }
    let mut take = |key: &str| {
        let name = parameters
            .keys()
            .find(|have| have.eq_ignore_ascii_case(key))?
            .clone();
        parameters.shift_remove(&name)
    };
    let start = take("start").as_ref().map(php::int);
    let state = take("state")
        .as_ref()
        .and_then(php::text)
        .map(|text| text.into_owned());
    if let Some(arguments) = method.controller {
        if !matches!(verb, "GET" | "POST") {
            return Err(Failure::new(
                400,
                "invalid_http_method",
                "Wrong method for current action",
            )
            .into());
        }
        let given = |argument: &str| {
            parameters
                .keys()
                .any(|have| have.eq_ignore_ascii_case(argument))
        };
        if let Some(missing) = arguments.iter().find(|argument| !given(argument)) {
            let text = format!("Could not find value for parameter {{{missing}}}");
            return Err(Failure::new(400, "100", text).into());
        }
    }
    let mut call = Call {
        world,
        now,
        who,
        name,
        parameters,
        start,
        state,
        frozen,
    };
    Ok((method.run)(&mut call)?)
}

/// The load limiter: refuses a method that worked too long, and adds this call's work.
pub(crate) fn limit(
    world: &mut World,
    now: UnixMs,
    who: &Identity,
    name: &str,
) -> Result<(), Failure> {
    world.faults.fail(Stage::Limiter, who.on(), name)?;
    if let (Some(limit), Some(key)) = (world.settings.operating_limit, who.budget_key()) {
        if world.limiter.operating(key, name, now).0 > limit as f64 {
            return Err(Failure::operation_time_limit());
        }
        world.limiter.record(key, name, world.settings.work(), now);
    }
    Ok(())
}

/// A success's body: the result, what was lifted out of it, the time.
pub(crate) fn envelope(
    world: &mut World,
    who: &Identity,
    name: &str,
    answer: Answer,
    (start, finish): (UnixMs, UnixMs),
) -> Value {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("result", answer.result);
    for (key, value) in [("total", answer.total), ("next", answer.next)] {
        if let Some(value) = value {
            put(key, json!(value));
        }
    }
    if let Some(signature) = answer.signature {
        put("signature", json!(signature));
    }
    if world.settings.time {
        put("time", time(world, who, name, (start, finish)));
    }
    Value::Object(body)
}

/// The object `time` of a command, with the limiter's account where the limiter is on.
pub(crate) fn time(
    world: &mut World,
    who: &Identity,
    name: &str,
    (start, finish): (UnixMs, UnixMs),
) -> Value {
    let operating = match (world.settings.operating_limit, who.budget_key()) {
        (Some(_), Some(key)) => Some(world.limiter.operating(key, name, start)),
        _ => None,
    };
    world.time(start, finish, operating)
}
