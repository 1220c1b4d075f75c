//! What the portal's page asks the portal, and what a test may set before it opens the page.

use serde_json::{Map, Value, json};

use super::{Outcome, Route, done, fields::Fields, route};
use crate::{
    control::ControlError,
    http::UnixMs,
    page::{self, Change},
    portal::Portal,
};

pub(super) const ROUTES: &[Route] = &[
    route("GET", "/_portal/page/app", &["app", "user"], app),
    route(
        "POST",
        "/_portal/page/app",
        &[
            "app",
            "user",
            "installed",
            "firstRun",
            "appOptions",
            "userOptions",
        ],
        app,
    ),
    route("POST", "/_portal/page/faults", &["command"], faults),
];

/// Sets what is given, and tells what the portal keeps for the application and the user.
fn app(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let app = fields.required_text("app")?;
    let user = fields.number("user")?.unwrap_or(1);
    let change = Change {
        installed: fields.flag("installed")?,
        first_run: fields.flag("firstRun")?,
        app_options: options(fields, "appOptions")?,
        user_options: options(fields, "userOptions")?,
    };
    done(portal.world.pages.change(&app, user, change))
}

fn options(fields: &Fields, name: &str) -> Result<Map<String, Value>, ControlError> {
    match fields.get(name) {
        None => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map.clone()),
        Some(other) => Err(Fields::wrong(name, "an object", other)),
    }
}

/// The faults that strike a command which the page has heard.
fn faults(portal: &mut Portal, _: UnixMs, fields: &Fields) -> Outcome {
    let command = fields.required_text("command")?;
    done(json!(page::struck(&mut portal.world.faults, &command)))
}
