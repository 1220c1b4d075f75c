//! The 1E server's part of the control plane.

use serde_json::{Value, json};

use super::{Outcome, Route, done, fields::Fields, route};
use crate::{
    control::ControlError,
    http::UnixMs,
    one_e::{ErrorForm, OneESettings, OneEUser},
    portal::Portal,
};

pub(super) const ROUTES: &[Route] = &[
    route(
        "POST",
        "/_portal/one-e/users",
        &["name", "token", "groups", "operations", "overrides"],
        user,
    ),
    route("GET", "/_portal/one-e/mail", &[], mail),
    route(
        "POST",
        "/_portal/one-e/status",
        &["id", "scheduled", "status", "workflowState"],
        status,
    ),
    route("POST", "/_portal/one-e/settings", SETTINGS, settings),
];

const SETTINGS: &[&str] = &[
    "version",
    "consumers",
    "errors",
    "camelCase",
    "bareCanApprove",
    "bareNotifications",
    "secondFactor",
    "cors",
    "decided",
    "consumer",
    "permission",
    "invisible",
    "ownership",
    "workflow",
    "code",
    "codeLife",
    "runTime",
    "responses",
    "page",
];

/// A new user, or a change of one: what isn't given stays.
fn user(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let name = fields.required_text("name")?;
    let one_e = portal.one_e();
    let mut user = match one_e.user_mut(&name) {
        Some(user) => user.clone(),
        None => OneEUser::named(&name),
    };
    user.token = fields.text("token")?.unwrap_or(user.token);
    user.groups = texts(fields, "groups")?.unwrap_or(user.groups);
    user.operations = texts(fields, "operations")?.unwrap_or(user.operations);
    user.overrides = fields.flag("overrides")?.unwrap_or(user.overrides);
    done(json!({"name": name, "token": one_e.user(user)}))
}

fn mail(portal: &mut Portal, _: UnixMs, _: &Fields) -> Outcome {
    let mail = portal.one_e().mail().iter().map(|mail| {
        json!({"to": mail.to, "id": mail.id, "scheduled": mail.scheduled, "code": mail.code})
    });
    done(mail.collect())
}

fn status(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let number = |name| fields.number(name).map(Option::unwrap_or_default);
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let (id, scheduled) = (number("id")?, fields.flag("scheduled")?.unwrap_or(false));
    let workflow = fields.number("workflowState")?.map(signed);
    if portal
        .one_e()
        .set_status(scheduled, id, signed(number("status")?), workflow)
    {
        done(json!({"id": id}))
    } else {
        Err(ControlError::new(
            "id",
            format!("id: there is no instruction {id}"),
        ))
    }
}

/// What isn't given stays.
fn settings(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let mut new = portal.one_e().settings.clone();
    if let Some(version) = fields.text("version")? {
        new.version = read_version(&version).ok_or_else(|| {
            Fields::wrong("version", "two numbers with a dot", &Value::from(version))
        })?;
    }
    new.consumers = texts(fields, "consumers")?.unwrap_or(new.consumers);
    if let Some(form) = fields.text("errors")? {
        new.error_form = match form.as_str() {
            "array" => ErrorForm::Array,
            "object" => ErrorForm::Object,
            "html" => ErrorForm::Html,
            "empty" => ErrorForm::Empty,
            _ => {
                return Err(Fields::wrong(
                    "errors",
                    "array, object, html or empty",
                    &Value::from(form),
                ));
            }
        };
    }
    let OneESettings {
        camel_case,
        bare_can_approve,
        bare_notifications,
        second_factor,
        cors,
        status_decided,
        status_consumer,
        status_permission,
        status_invisible,
        status_ownership,
        status_workflow,
        status_code,
        code_life,
        run_time,
        responses,
        page,
        ..
    } = &mut new;
    for (name, place) in [
        ("camelCase", camel_case),
        ("bareCanApprove", bare_can_approve),
        ("bareNotifications", bare_notifications),
        ("secondFactor", second_factor),
        ("cors", cors),
    ] {
        *place = fields.flag(name)?.unwrap_or(*place);
    }
    for (name, place) in [
        ("decided", status_decided),
        ("consumer", status_consumer),
        ("permission", status_permission),
        ("invisible", status_invisible),
        ("ownership", status_ownership),
        ("workflow", status_workflow),
        ("code", status_code),
    ] {
        if let Some(status) = fields.number(name)? {
            *place = u16::try_from(status)
                .ok()
                .filter(|status| (200..600).contains(status))
                .ok_or_else(|| Fields::wrong(name, "an HTTP status", &Value::from(status)))?;
        }
    }
    for (name, place) in [
        ("codeLife", code_life),
        ("runTime", run_time),
        ("responses", responses),
        ("page", page),
    ] {
        *place = fields.number(name)?.unwrap_or(*place).min(1_000_000);
    }
    portal.one_e().settings = new;
    done(json!({"set": true}))
}

fn read_version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

pub(super) fn texts(fields: &Fields, name: &str) -> Result<Option<Vec<String>>, ControlError> {
    let Some(value) = fields.get(name) else {
        return Ok(None);
    };
    let text = |item: &Value| item.as_str().map(str::to_owned);
    let texts = value
        .as_array()
        .and_then(|items| items.iter().map(text).collect());
    texts
        .map(Some)
        .ok_or_else(|| Fields::wrong(name, "a list of texts", value))
}
