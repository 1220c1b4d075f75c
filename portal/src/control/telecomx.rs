//! The TelecomX server's part of the control plane.

use serde_json::{Value, json};

use super::{Outcome, Route, done, fields::Fields, one_e::texts, route};
use crate::{
    control::ControlError,
    http::UnixMs,
    portal::Portal,
    telecomx::{Container, TelecomXGroup, TelecomXQueue, TelecomXUser},
};

pub(super) const ROUTES: &[Route] = &[
    route(
        "POST",
        "/_portal/telecomx/users",
        &[
            "name",
            "level",
            "extensions",
            "sms",
            "authenticator",
            "presence",
            "override",
            "phonebook",
        ],
        user,
    ),
    route("GET", "/_portal/telecomx/sms", &[], sms),
    route(
        "POST",
        "/_portal/telecomx/groups",
        &["name", "members", "controllers", "rights"],
        group,
    ),
    route(
        "POST",
        "/_portal/telecomx/queues",
        &["dynamic", "lockLastMember"],
        queue,
    ),
    route("POST", "/_portal/telecomx/calls", &["extension"], call),
    route("DELETE", "/_portal/telecomx/calls", &["id"], end_call),
    route("GET", "/_portal/telecomx/done", &[], what_was_done),
    route(
        "POST",
        "/_portal/telecomx/settings",
        &[
            "errors",
            "wrongLogin",
            "secondFactor",
            "denied",
            "noCall",
            "foreignCall",
            "minutes",
            "sliding",
            "keyedSingle",
            "validatesHeader",
            "cors",
        ],
        settings,
    ),
];

/// A new user, or a change of one: what isn't given stays.
fn user(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let name = fields.required_text("name")?;
    let server = portal.telecomx();
    let mut user = match server.user_mut(&name) {
        Some(user) => user.clone(),
        None => TelecomXUser::named(&name),
    };
    user.level = fields.text("level")?.unwrap_or(user.level);
    user.extensions = texts(fields, "extensions")?.unwrap_or(user.extensions);
    user.sms = fields.flag("sms")?.unwrap_or(user.sms);
    user.authenticator = fields.text("authenticator")?.or(user.authenticator);
    user.presence = fields.text("presence")?.unwrap_or(user.presence);
    user.hides = fields.text("override")?.unwrap_or(user.hides);
    user.phonebook = texts(fields, "phonebook")?.unwrap_or(user.phonebook);
    let devices: Vec<String> = user
        .extensions
        .iter()
        .map(|extension| TelecomXUser::device(extension))
        .collect();
    let told = json!({"name": name, "password": "password", "employee": user.employee,
        "extensions": user.extensions, "devices": devices});
    server.user(user);
    done(told)
}

fn sms(portal: &mut Portal, _: UnixMs, _: &Fields) -> Outcome {
    let sent = portal.telecomx().sms().iter();
    done(
        sent.map(|(to, code)| json!({"to": to, "code": code}))
            .collect(),
    )
}

fn group(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let list = |name| texts(fields, name).map(Option::unwrap_or_default);
    let group = TelecomXGroup {
        name: fields.required_text("name")?,
        members: list("members")?,
        controllers: list("controllers")?,
        rights: list("rights")?,
    };
    let told = json!({"name": group.name});
    portal.telecomx().group(group);
    done(told)
}

fn queue(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let mut queue = TelecomXQueue::default();
    queue.dynamic = fields.flag("dynamic")?.unwrap_or(queue.dynamic);
    let lock = fields.flag("lockLastMember")?;
    queue.lock_last_member = lock.unwrap_or(queue.lock_last_member);
    let told = json!({"id": queue.id});
    portal.telecomx().queue(queue);
    done(told)
}

fn call(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let extension = fields.required_text("extension")?;
    done(json!({"id": portal.telecomx().call(&extension)}))
}

fn end_call(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let id = fields.required_text("id")?;
    portal.telecomx().end_call(&id);
    done(json!({"id": id}))
}

fn what_was_done(portal: &mut Portal, _: UnixMs, _: &Fields) -> Outcome {
    done(json!(portal.telecomx().done()))
}

/// What isn't given stays.
fn settings(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let mut new = portal.telecomx().settings.clone();
    if let Some(form) = fields.text("errors")? {
        new.container = match form.as_str() {
            "object" => Container::Object,
            "list" => Container::List,
            "errors" => Container::Errors,
            _ => {
                return Err(Fields::wrong(
                    "errors",
                    "object, list or errors",
                    &json!(form),
                ));
            }
        };
    }
    for (name, place) in [
        ("wrongLogin", &mut new.wrong_login),
        ("secondFactor", &mut new.second_factor),
        ("noCall", &mut new.no_call),
        ("foreignCall", &mut new.foreign_call),
    ] {
        if let Some(given) = fields.get(name) {
            *place = refusal(name, given)?;
        }
    }
    if let Some(given) = fields.get("denied") {
        new.status_denied = status("denied", given)?;
    }
    for (name, place) in [
        ("sliding", &mut new.sliding),
        ("keyedSingle", &mut new.keyed_single),
        ("validatesHeader", &mut new.validates_header),
        ("cors", &mut new.cors),
    ] {
        *place = fields.flag(name)?.unwrap_or(*place);
    }
    let minutes = fields.number("minutes")?.unwrap_or(new.minutes);
    new.minutes = minutes.min(1_000_000);
    portal.telecomx().settings = new;
    done(json!({"set": true}))
}

/// `{status, code}`
fn refusal(name: &str, given: &Value) -> Result<(u16, String), ControlError> {
    match (
        given.get("status"),
        given.get("code").and_then(Value::as_str),
    ) {
        (Some(number), Some(code)) => Ok((status(name, number)?, code.to_owned())),
        _ => Err(Fields::wrong(name, "{status, code}", given)),
    }
}

fn status(name: &str, given: &Value) -> Result<u16, ControlError> {
    let number = given.as_u64().and_then(|number| u16::try_from(number).ok());
    number
        .filter(|status| (200..600).contains(status))
        .ok_or_else(|| Fields::wrong(name, "an HTTP status", given))
}
