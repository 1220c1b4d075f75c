//! The control plane below `/_portal/`: what no real portal has. It takes and gives JSON, answers
//! every origin, and names the field in every complaint.

mod fields;
mod one_e;
mod page;
mod telecomx;

use serde_json::{Map, Value, json};

use crate::{
    confirmation::Verdict,
    events,
    faults::{self, Fault},
    http::{EventPost, Reply, Request, UnixMs},
    portal::{Portal, TokenRequest, usual_scopes},
    world::World,
};

pub use fields::ControlError;
use fields::Fields;

/// What a request leads to: a JSON answer and perhaps events.
type Outcome = Result<(Value, Vec<EventPost>), ControlError>;

struct Route {
    verb: &'static str,
    path: &'static str,
    /// The fields of its body.
    fields: &'static [&'static str],
    run: fn(&mut Portal, UnixMs, &Fields) -> Outcome,
}

const fn route(
    verb: &'static str,
    path: &'static str,
    fields: &'static [&'static str],
    run: fn(&mut Portal, UnixMs, &Fields) -> Outcome,
) -> Route {
    Route {
        verb,
        path,
        fields,
        run,
    }
}

const ROUTES: &[Route] = &[
    route("POST", "/_portal/reset", &[], reset),
    route(
        "POST",
        "/_portal/tokens",
        &["scopes", "expiresIn", "user", "app", "accessToken"],
        tokens,
    ),
    route("POST", "/_portal/webhooks", &["scopes", "user"], webhooks),
    route("POST", "/_portal/sessions", &["user"], sessions),
    route(
        "POST",
        "/_portal/apps",
        &["app", "scopes", "clientSecret", "applicationToken"],
        apps,
    ),
    route(
        "POST",
        "/_portal/confirmations",
        &["token", "method", "granted"],
        decision,
    ),
    route("GET", "/_portal/confirmations", &[], confirmations),
    route("GET", "/_portal/log", &["after"], log),
    route("DELETE", "/_portal/log", &[], clear_log),
    route(
        "POST",
        "/_portal/faults",
        &["kind", "method", "times", "after", "to"],
        fault,
    ),
    route("GET", "/_portal/faults", &[], fault_table),
    route("DELETE", "/_portal/faults", &[], clear_faults),
    route(
        "POST",
        "/_portal/settings",
        &[
            "latency",
            "work",
            "budget",
            "strictStatuses",
            "frontCors",
            "time",
            "escapeUnicode",
            "operatingLimit",
        ],
        change_settings,
    ),
    route("GET", "/_portal/settings", &[], settings),
    route("POST", "/_portal/clock", &["advance"], clock),
    route("GET", "/_portal/clock", &[], clock),
    route("POST", "/_portal/data", &["entity", "rows"], data),
    route("GET", "/_portal/data", &["entity"], rows),
    route("GET", "/_portal/demo", &[], demo),
];

/// Whether a path belongs to the control plane.
pub(crate) fn owns(path: &str) -> bool {
    path == "/_portal" || path.starts_with("/_portal/")
}

/// Answers a request of the control plane.
pub(crate) fn answer(portal: &mut Portal, now: UnixMs, request: &Request) -> Reply {
    let reply = if request.method == "OPTIONS" {
        Reply {
            status: 204,
            ..Reply::default()
        }
    } else {
        match dispatch(portal, now, request) {
            Ok((value, effects)) => Reply {
                effects,
                ..Reply::new(200, "application/json", value.to_string())
            },
            Err(error) => {
                let body = json!({"error": error.to_string(), "field": error.field()});
                Reply::new(400, "application/json", body.to_string())
            }
        }
    };
    reply
        .with_header("Access-Control-Allow-Origin", "*")
        .with_header("Access-Control-Allow-Headers", "*")
        .with_header("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS")
        .with_header("Cache-Control", "no-store")
}

fn dispatch(portal: &mut Portal, now: UnixMs, request: &Request) -> Outcome {
    let path = request.path().trim_end_matches('/');
    let routes = || {
        ROUTES
            .iter()
            .chain(one_e::ROUTES)
            .chain(page::ROUTES)
            .chain(telecomx::ROUTES)
    };
    let Some(route) = routes().find(|route| route.verb == request.method && route.path == path)
    else {
        let known: Vec<String> = routes()
            .map(|route| format!("{} {}", route.verb, route.path))
            .collect();
        let text = format!(
            "the control plane has no {} {path}; it has {}",
            request.method,
            known.join(", ")
        );
        return Err(ControlError::new("", text));
    };
    let fields = Fields::read(request, route.fields)?;
    (route.run)(portal, now, &fields)
}

fn done(value: Value) -> Outcome {
    Ok((value, Vec::new()))
}

fn reset(portal: &mut Portal, _: UnixMs, _: &Fields) -> Outcome {
    portal.reset();
    done(json!({"reset": true}))
}

fn tokens(portal: &mut Portal, now: UnixMs, fields: &Fields) -> Outcome {
    let usual = TokenRequest::default();
    let token = portal.token(
        now,
        TokenRequest {
            scopes: fields.scopes()?,
            expires_in: fields.number("expiresIn")?.unwrap_or(usual.expires_in),
            user: fields.number("user")?.unwrap_or(usual.user),
            app: fields.text("app")?.unwrap_or(usual.app),
            access_token: fields.text("accessToken")?,
        },
    );
    done(json!({
        "access_token": token.access_token,
        "refresh_token": token.refresh_token,
        "expires": token.expires,
        "expires_in": token.expires_in,
        "member_id": token.member_id,
        "application_token": token.application_token,
        "scope": token.scope,
    }))
}

fn webhooks(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let scopes = fields.scopes()?.unwrap_or_else(usual_scopes);
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let url = portal.webhook(&scopes, fields.number("user")?.unwrap_or(1));
    done(json!({"url": url}))
}

fn sessions(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let (cookie, sessid) = portal.session(fields.number("user")?.unwrap_or(1));
    done(json!({"cookie": format!("PHPSESSID={cookie}"), "sessid": sessid}))
}

fn apps(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let name = fields.required_text("app")?;
    let (scopes, secret, token) = (
        fields.scopes()?,
        fields.text("clientSecret")?,
        fields.text("applicationToken")?,
    );
    let app = portal.world.app(&name);
    app.scopes = scopes.or_else(|| app.scopes.take());
    app.secret = secret.or_else(|| app.secret.take());
    if let Some(token) = token {
        app.application_token = token;
    }
    done(json!({"app": name, "scopes": app.scopes, "application_token": app.application_token}))
}

/// Writes the administrator's answer and makes the events. A record that is gone, or whose token has
/// expired, takes no answer any more; the event is sent all the same.
pub(crate) fn decide(
    world: &mut World,
    now: UnixMs,
    token: &str,
    method: &str,
    granted: bool,
) -> Result<Vec<EventPost>, ControlError> {
    let method = method.to_ascii_lowercase();
    let Some(record) = world.access.tokens.get_mut(token) else {
        return Err(ControlError::new(
            "token",
            format!("token: {token:?} was never issued"),
        ));
    };
    let Some(notice) = world.notices.find(token, &method) else {
        let text =
            format!("method: nobody was asked about {method:?} with this token; call it first");
        return Err(ControlError::new("method", text));
    };
    if let Some(earlier) = notice.answer {
        let text = format!(
            "granted: the administrator has answered already ({earlier}); the first answer counts"
        );
        return Err(ControlError::new("granted", text));
    }
    notice.answer = Some(granted);
    if world.faults.asks("late-approval", &method) {
        record.states.remove(&method);
    } else if record.alive(now) && record.states.get(&method, now).is_some() {
        let verdict = if granted {
            Verdict::Granted
        } else {
            Verdict::Denied
        };
        record.states.write(&method, verdict, now);
    }
    let app = record.app.clone();
    Ok(events::method_confirm(
        world,
        now,
        (&app, token, &method),
        granted,
    ))
}

fn decision(portal: &mut Portal, now: UnixMs, fields: &Fields) -> Outcome {
    let (token, method) = (
        fields.required_text("token")?,
        fields.required_text("method")?,
    );
    let granted = fields
        .flag("granted")?
        .ok_or_else(|| Fields::missing("granted", "true or false"))?;
    let posts = portal.decide(now, &token, &method, granted)?;
    let events: Value = posts
        .iter()
        .map(|post| json!({"handler": post.url, "body": post.body}))
        .collect();
    let state = if granted { "granted" } else { "denied" };
    Ok((
        json!({"token": token, "method": method.to_ascii_lowercase(), "state": state, "events": events}),
        posts,
    ))
}

/// Every notification, with the state that its method has for its token now.
fn confirmations(portal: &mut Portal, now: UnixMs, _: &Fields) -> Outcome {
    let now = portal.at(now);
    let world = &portal.world;
    let shown = world.notices.iter().map(|notice| {
        let record = world.access.tokens.get(&notice.token);
        let verdict = record
            .filter(|record| record.alive(now))
            .and_then(|record| record.states.get(&notice.method, now));
        let state = match (verdict, notice.answer) {
            (Some(Verdict::Waiting), None) => "waiting",
            (Some(Verdict::Granted), Some(_)) => "granted",
            (Some(Verdict::Denied), Some(_)) => "denied",
            _ => "lapsed",
        };
        json!({
            "token": notice.token,
            "method": notice.method,
            "state": state,
            "since": notice.since,
            "notifications": notice.notifications,
            "app": record.map(|record| record.app.as_str()),
            "user": record.map(|record| record.user),
        })
    });
    done(shown.collect())
}

fn log(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let after = fields.number("after")?.unwrap_or(0);
    done(
        portal
            .log(after)
            .map(crate::portal::LogEntry::to_value)
            .collect(),
    )
}

fn clear_log(portal: &mut Portal, _: UnixMs, _: &Fields) -> Outcome {
    portal.clear_log();
    done(json!({"cleared": true}))
}

fn fault(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let fault = Fault {
        kind: fields.required_text("kind")?,
        method: fields.text("method")?,
        times: fields.number("times")?,
        after: fields.number("after")?.unwrap_or(0),
        to: fields.text("to")?,
    };
    done(
        portal
            .world
            .faults
            .add(fault)
            .map_err(|kind| ControlError::unknown_kind(&kind))?,
    )
}

fn fault_table(portal: &mut Portal, _: UnixMs, _: &Fields) -> Outcome {
    done(json!({"kinds": faults::described(), "active": portal.world.faults.active()}))
}

fn clear_faults(portal: &mut Portal, _: UnixMs, _: &Fields) -> Outcome {
    portal.clear_faults();
    done(json!({"cleared": true}))
}

fn settings(portal: &mut Portal, _: UnixMs, _: &Fields) -> Outcome {
    done(portal.settings().to_value())
}

/// Sets what is given and leaves the rest. `budget` and `operatingLimit` are switched off with null.
fn change_settings(portal: &mut Portal, now: UnixMs, fields: &Fields) -> Outcome {
    let mut new = portal.settings().clone();
    if let Some(latency) = fields.number("latency")? {
        new.latency = latency;
    }
    if let Some(work) = fields.number("work")? {
        new.work = work;
    }
    for (name, flag) in [
        ("strictStatuses", &mut new.strict_statuses),
        ("frontCors", &mut new.front_cors),
        ("time", &mut new.time),
        ("escapeUnicode", &mut new.escape_unicode),
    ] {
        if let Some(given) = fields.flag(name)? {
            *flag = given;
        }
    }
    if fields.map.contains_key("operatingLimit") {
        new.operating_limit = fields.number("operatingLimit")?;
    }
    if let Some(budget) = fields.map.get("budget") {
        new.budget = fields::budget(budget)?;
    }
    portal.set(new);
    settings(portal, now, fields)
}

fn clock(portal: &mut Portal, now: UnixMs, fields: &Fields) -> Outcome {
    if let Some(seconds) = fields.float("advance")? {
        // Not negative and below 1e12, so the milliseconds fit.
        portal.advance((seconds * 1000.0) as UnixMs);
    }
    done(json!({"now": portal.at(now)}))
}

/// What the portal page has to know of the app that it shows.
fn demo(portal: &mut Portal, _: UnixMs, _: &Fields) -> Outcome {
    done(json!({"app": portal.world.config.app}))
}

fn data(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    const WANTED: &str = "a number of rows to generate, 1000000 at most, or a list of objects";
    let given = fields.required_text("entity")?;
    let entity = portal.world.tables.meant(&given);
    let entity = entity.ok_or_else(|| ControlError::unknown_entity(&portal.world, &given))?;
    let Some(rows) = fields.get("rows") else {
        return Err(Fields::missing("rows", WANTED));
    };
    let table = portal.world.tables.get_mut(entity);
    match (rows.as_u64(), rows) {
        (Some(rows @ ..=1_000_000), _) => table.generate(rows),
        (None, Value::Array(rows)) => {
            let given: Option<Vec<Map<String, Value>>> =
                rows.iter().map(|row| row.as_object().cloned()).collect();
            let stranger =
                || Fields::wrong("rows", WANTED, &json!("a list with other things in it"));
            table.fill(given.ok_or_else(stranger)?);
        }
        _ => return Err(Fields::wrong("rows", WANTED, rows)),
    }
    done(json!({"entity": entity, "rows": table.count(0..=u64::MAX - 1)}))
}

/// The first rows of a table.
fn rows(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    const PAGE: usize = 50;
    let given = fields.required_text("entity")?;
    let tables = &portal.world.tables;
    let entity = tables.meant(&given);
    let entity = entity.ok_or_else(|| ControlError::unknown_entity(&portal.world, &given))?;
    let table = tables.get(entity);
    let ids = table.ids(0..=u64::MAX - 1).take(PAGE);
    done(
        ids.filter_map(|id| table.row(id))
            .map(Value::Object)
            .collect(),
    )
}
