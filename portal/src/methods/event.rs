//! Binding of event handlers. Only an app's token may.

use serde_json::{Value, json};

use super::{Answer, Call};
use crate::{
    events::{Binding, KNOWN, host_of, is_loopback},
    failure::Failure,
    php,
};

fn app(call: &Call<'_>) -> Result<String, Failure> {
    call.who
        .app()
        .map(|(app, _)| app.to_owned())
        .ok_or_else(Failure::wrong_auth_type)
}

pub(super) fn events(call: &mut Call<'_>) -> Result<Answer, Failure> {
    app(call)?;
    Ok(json!(KNOWN).into())
}

/// What a call says about a handler: event, address, offline.
struct Wanted {
    event: String,
    handler: String,
    offline: bool,
}

fn wanted(call: &Call<'_>) -> Result<Wanted, Failure> {
    let missing =
        |name: &str| Failure::argument(name, format!("Argument '{name}' is null or empty"));
    let event = call.text("event").to_ascii_uppercase();
    if event.is_empty() {
        return Err(missing("EVENT"));
    }
    let offline = match call.text("event_type").as_str() {
        "" | "online" => false,
        "offline" => true,
        _ => {
            return Err(Failure::argument(
                "EVENT_TYPE",
                "Value must be one of {online|offline}",
            ));
        }
    };
    let handler = if offline {
        String::new()
    } else {
        call.text("handler")
    };
    if handler.is_empty() && !offline {
        return Err(missing("HANDLER"));
    }
    Ok(Wanted {
        event,
        handler,
        offline,
    })
}

/// Binds a handler. A real portal wants an address that the internet can reach; this one, its one
/// deviation, takes plain HTTP for addresses of the loopback interface, and POSTs only there.
pub(super) fn bind(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let app = app(call)?;
    let Wanted {
        event,
        handler,
        offline,
    } = wanted(call)?;
    if !KNOWN.contains(&event.as_str()) {
        return Err(Failure::new(
            400,
            "ERROR_EVENT_NOT_FOUND",
            "Event not found",
        ));
    }
    if !offline {
        check_handler(&handler)?;
    }
    let auth_type = call.any_case("auth_type").map_or(0, php::int);
    if auth_type != 0 && !super::user::is_admin(call.who.user) {
        return Err(Failure::access_denied(""));
    }
    if !call.world.bindings.add(Binding {
        id: 0,
        app,
        event,
        handler,
        auth_type,
        offline,
    }) {
        return Err(Failure::new(
            400,
            "ERROR_CORE",
            "Unable to set event handler: Handler already binded",
        ));
    }
    Ok(json!(true).into())
}

fn check_handler(handler: &str) -> Result<(), Failure> {
    let protocol = handler
        .split_once("://")
        .map_or(String::new(), |(protocol, _)| protocol.to_ascii_lowercase());
    let host = host_of(handler).unwrap_or_default();
    match protocol.as_str() {
        "https" => {}
        "http" if is_loopback(host) || !host.contains('.') => {}
        _ => {
            return Err(Failure::new(
                400,
                "ERROR_UNSUPPORTED_PROTOCOL",
                "Unsupported event handler protocol",
            ));
        }
    }
    if host.contains('.') {
        Ok(())
    } else {
        Err(Failure::new(
            400,
            "ERROR_WRONG_HANDLER_URL",
            "Wrong handler URL",
        ))
    }
}

/// Removes handlers; tells how many there were.
pub(super) fn unbind(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let app = app(call)?;
    let Wanted {
        event,
        handler,
        offline,
    } = wanted(call)?;
    let auth_type = call.any_case("auth_type").map(php::int);
    let bound = &mut call.world.bindings.bound;
    let before = bound.len();
    bound.retain(|binding| {
        !(binding.app == app
            && binding.event == event
            && binding.handler == handler
            && binding.offline == offline
            && auth_type.is_none_or(|auth_type| auth_type == binding.auth_type))
    });
    Ok(json!({"count": before - bound.len()}).into())
}

/// The app's handlers.
pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Failure> {
    let app = app(call)?;
    let shown = |binding: &Binding| {
        if binding.offline {
            json!({"event": binding.event, "connector_id": "", "offline": 1})
        } else {
            json!({
                "event": binding.event,
                "handler": binding.handler,
                "auth_type": binding.auth_type.to_string(),
                "offline": 0,
            })
        }
    };
    let handlers: Vec<Value> = call
        .world
        .bindings
        .bound
        .iter()
        .filter(|binding| binding.app == app)
        .map(shown)
        .collect();
    Ok(Value::Array(handlers).into())
}
