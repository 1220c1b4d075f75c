//! Answers that PHP did not make: the request bucket, a portal that moved, pages of web servers,
//! bodies that got lost on the way. They have no CORS headers, unless a setting says so.

use std::time::Duration;

use serde_json::json;

use crate::{
    faults::{On, Raw, Stage, Struck, What},
    http::{Reply, Request, UnixMs},
    php_json::{self, Unicode},
    settings::Settings,
    world::World,
};

/// How long the gateway waits for PHP.
const GATEWAY: Duration = Duration::from_secs(60);

/// The headers that every answer of PHP carries.
const CORS: &[(&str, &str)] = &[
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Allow-Headers",
        "origin, content-type, accept",
    ),
    ("X-Content-Type-Options", "nosniff"),
];

/// Marks a reply as made by PHP.
pub(crate) fn with_cors(reply: Reply) -> Reply {
    CORS.iter().fold(reply, |reply, (name, value)| {
        reply.with_header(name, *value)
    })
}

/// What the front end answers in PHP's place, if it does.
pub(crate) fn intercept(
    world: &mut World,
    now: UnixMs,
    request: &Request,
    method: &str,
) -> Option<Reply> {
    if let Some(struck) = world.faults.take(Stage::Front, On::Any, method) {
        return Some(reply(world, request, &struck, ""));
    }
    let budget = world.settings.budget?;
    (!world.bucket.admit(budget, now)).then(|| {
        made(
            &world.settings,
            Reply::new(
                503,
                JSON,
                error_body("QUERY_LIMIT_EXCEEDED", "Too many requests"),
            ),
        )
    })
}

const JSON: &str = "application/json; charset=utf-8";

fn error_body(code: &str, text: &str) -> String {
    php_json::encode(
        &json!({"error": code, "error_description": text}),
        Unicode::Raw,
    )
}

/// The reply that a fault puts in the place of the true answer.
pub(crate) fn reply(world: &World, request: &Request, struck: &Struck, answer: &str) -> Reply {
    let What::Raw(status, raw) = struck.row.what else {
        return Reply::new(500, JSON, "");
    };
    let reply = match raw {
        Raw::Html(title) => Reply::html(status, title),
        Raw::Json(code, text) => Reply::new(status, JSON, error_body(code, text)),
        Raw::Redirect => {
            let to = struck
                .to
                .clone()
                .unwrap_or_else(|| renamed(&world.config.origin));
            Reply::html(status, "Found").with_header(
                "Location",
                format!("{}{}", to.trim_end_matches('/'), request.url),
            )
        }
        Raw::Empty => Reply::new(status, JSON, ""),
        Raw::NotJson => Reply::html(status, "OK"),
        Raw::Half => {
            let half = answer
                .char_indices()
                .nth(answer.chars().count() / 2)
                .map_or(0, |(at, _)| at);
            Reply::new(status, JSON, answer.get(..half).unwrap_or_default())
        }
        Raw::Late(title) => Reply {
            delay: GATEWAY,
            ..Reply::html(status, title)
        },
    };
    made(&world.settings, reply)
}

fn made(settings: &Settings, reply: Reply) -> Reply {
    if settings.front_cors {
        with_cors(reply)
    } else {
        reply
    }
}

/// Another name for the same portal where there is one, else a name that leads nowhere.
fn renamed(origin: &str) -> String {
    match origin.split_once("://") {
        Some((scheme, host)) if host.starts_with("127.0.0.1") => {
            format!("{scheme}://{}", host.replacen("127.0.0.1", "localhost", 1))
        }
        Some((scheme, host)) => format!("{scheme}://renamed-{host}"),
        None => origin.to_owned(),
    }
}
