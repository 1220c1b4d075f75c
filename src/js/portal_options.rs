//! The options of a portal, of its calls, batches and lists.

use js_sys::Math;
use wasm_bindgen::prelude::*;

use crate::bitrix24::engine::budget::Rate;
use crate::bitrix24::engine::{BatchOptions, Call, Config, OnWaiting};
use crate::bitrix24::rights::method::Version;
use crate::bitrix24::rights::preflight::Modes;
use crate::error::Error;
use crate::http::BodyFormat;
use crate::js::glue;
use crate::js::modes::read_modes;
use crate::js::options::{Options, wrong};
use crate::js::transport::Way;
use crate::origin::Origin;
use crate::text::cut;

impl Options<'_> {
    fn on_waiting(&self) -> Result<OnWaiting, Error> {
        let timeout = self.duration("confirmationTimeout")?;
        match self.text("confirmation")?.as_deref() {
            None | Some("reject") => Ok(OnWaiting::Reject),
            Some("wait") => Ok(OnWaiting::Wait { timeout }),
            Some(_) => Err(wrong("confirmation", "'reject' or 'wait' is wanted")),
        }
    }

    fn version(&self, name: &str) -> Result<Option<Version>, Error> {
        self.get(name)
            .map(|value| version(name, &value))
            .transpose()
    }
}

/// A REST version as callers give it.
pub(super) fn version(name: &str, value: &JsValue) -> Result<Version, Error> {
    match value.as_f64() {
        Some(2.0) => Ok(Version::V2),
        Some(3.0) => Ok(Version::V3),
        _ => Err(wrong(name, "2 or 3 is wanted")),
    }
}

/// The members that all three ways to a portal have.
macro_rules! with_common {
    ($($own:literal),*) => {
        &[
            "fetch", "version", "timeout", "preflight", "budget", "onMoved", "maxBody", $($own),*
        ]
    };
}
pub(super) use with_common;

/// The members of a single call's options.
const CALL: &[&str] = &[
    "signal",
    "timeout",
    "version",
    "start",
    "idempotent",
    "confirmation",
    "confirmationTimeout",
];

/// Reads the options of a single call into it. The signal stays in JavaScript.
pub(super) fn read_call(call: &mut Call, object: &JsValue) -> Result<(), Error> {
    let options = Options::new(object, CALL)?;
    if !object.is_object() {
        return Ok(());
    }
    call.timeout = options.duration("timeout")?;
    call.version = options.version("version")?;
    options.check_signal()?;
    if let Some(start) = options.get("start") {
        let start = start
            .as_f64()
            .filter(|start| start.trunc() == *start && start.abs() < 9.0e15);
        call.start = Some(start.ok_or_else(|| wrong("start", "a whole number is wanted"))? as i64);
    }
    if let Some(idempotent) = options.get("idempotent") {
        call.idempotency_key = idempotent.as_string();
        let key = call.idempotency_key.as_deref().unwrap_or("true");
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong(
                "idempotent",
                "a key is made of visible ASCII characters",
            ));
        }
        call.idempotent = call.idempotency_key.is_some() || options.flag("idempotent")?;
    }
    call.on_waiting = options.on_waiting()?;
    Ok(())
}

/// Reads the options of a batch. The signal stays in JavaScript.
pub(super) fn read_batch(object: &JsValue) -> Result<BatchOptions, Error> {
    let options = Options::new(
        object,
        &[
            "signal",
            "timeout",
            "version",
            "halt",
            "idempotent",
            "confirmation",
            "confirmationTimeout",
        ],
    )?;
    options.check_signal()?;
    Ok(BatchOptions {
        version: options.version("version")?,
        halt: options.flag("halt")?,
        on_waiting: options.on_waiting()?,
        timeout: options.duration("timeout")?,
        idempotent: options.flag("idempotent")?,
    })
}

/// Reads the options of a list into the call by which it asks. The signal and `onProgress` stay in
/// JavaScript.
pub(super) fn read_list(call: &mut Call, object: &JsValue) -> Result<(), Error> {
    let options = Options::new(
        object,
        &[
            "signal",
            "timeout",
            "version",
            "confirmation",
            "confirmationTimeout",
            "onProgress",
        ],
    )?;
    options.check_signal()?;
    options.function("onProgress")?;
    call.timeout = options.duration("timeout")?;
    call.version = options.version("version")?;
    call.on_waiting = options.on_waiting()?;
    Ok(())
}

/// Reads what a connection's behaviour depends on.
pub(super) fn read_config(options: &Options<'_>) -> Result<Config, Error> {
    let in_browser = glue::runs_in_browser();
    let defaults = Config::default();
    Ok(Config {
        version: options.version("version")?,
        modes: read_modes(options, Modes::default())?,
        timeout: options.duration("timeout")?.unwrap_or(defaults.timeout),
        format: match in_browser {
            true => BodyFormat::Form,
            false => BodyFormat::Json,
        },
        custom_headers: !in_browser,
        application_token: options.secret("applicationToken")?,
        member_id: options.text("memberId")?,
        asks_for_scopes: false,
        budget: read_budget(options)?,
        seed: (Math::random() * 9.0e15) as u64,
        asks_when_moved: options.function("onMoved")?.is_some(),
    })
}

/// Reads what the driver's way out depends on.
pub(super) fn read_way(options: &Options<'_>) -> Result<Way, Error> {
    let max_body = options.get("maxBody").map(|value| {
        let bytes = value.as_f64().filter(|bytes| *bytes >= 1.0);
        bytes.ok_or_else(|| wrong("maxBody", "a number of bytes is wanted"))
    });
    Ok(Way {
        fetch: options.function("fetch")?,
        on_moved: options.function("onMoved")?,
        max_body: max_body.transpose()?,
        relay: read_relay(options)?,
    })
}

/// The address of a relay. A token goes there, so it is as safe as a portal's.
fn read_relay(options: &Options<'_>) -> Result<Option<String>, Error> {
    let Some(url) = options.text("relay")? else {
        return Ok(None);
    };
    let (scheme, rest) = cut(&url, "://").unwrap_or_default();
    let scheme = match scheme {
        "https" | "wss" => "https",
        "http" | "ws" => "http",
        _ => return Err(wrong("relay", "it must begin with https:// or wss://")),
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    Origin::read("relay", &[scheme, "://", host].concat())?;
    Ok(Some(url))
}

fn read_budget(options: &Options<'_>) -> Result<Rate, Error> {
    let Some(value) = options.get("budget") else {
        return Ok(Rate::STANDARD);
    };
    if value.as_string().as_deref() == Some("enterprise") {
        return Ok(Rate::ENTERPRISE);
    }
    if !value.is_object() {
        return Err(wrong("budget", "an object or 'enterprise' is wanted"));
    }
    let rate = Options::new(&value, &["burst", "perSecond"])
        .map_err(|error| Error::invalid(["budget: ", &error.message].concat()))?;
    let number = |name: &str, usual: f64| match rate.get(name) {
        Some(number) => number.as_f64().unwrap_or(f64::NAN),
        None => usual,
    };
    Rate::new(number("burst", 50.0), number("perSecond", 2.0))
}
