//! The option `preflight`, of clients and of the gate.

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

use crate::bitrix24::rights::method::MethodName;
use crate::bitrix24::rights::preflight::Modes;
use crate::error::Error;
use crate::js::options::{Options, read_mode, wrong};

/// A method's name as callers give it.
pub(super) fn method(value: &JsValue) -> Result<MethodName, Error> {
    let text = value
        .as_string()
        .ok_or_else(|| wrong("method", "a text is wanted"))?;
    MethodName::parse(&text)
}

/// Reads the modes; what isn't said is as in `modes`.
pub(super) fn read_modes(options: &Options<'_>, mut modes: Modes) -> Result<Modes, Error> {
    let Some(value) = options.get("preflight") else {
        return Ok(modes);
    };
    if value.is_string() {
        let mode = read_mode("preflight", &value)?;
        modes.scope = mode;
        modes.parameters = mode;
        return Ok(modes);
    }
    let layers = Options::new(&value, &["scope", "parameters", "methods"])
        .map_err(|error| Error::invalid(["preflight: ", &error.message].concat()))?;
    if let Some(mode) = layers.get("scope") {
        modes.scope = read_mode("preflight.scope", &mode)?;
    }
    if let Some(mode) = layers.get("parameters") {
        modes.parameters = read_mode("preflight.parameters", &mode)?;
    }
    if let Some(methods) = layers.get("methods") {
        if !methods.is_object() {
            return Err(wrong("preflight.methods", "an object of modes is wanted"));
        }
        for entry in Object::entries(methods.unchecked_ref::<Object>()).iter() {
            let pair = Array::from(&entry);
            let mode = read_mode("preflight.methods", &pair.get(1))?;
            modes.methods.push((method(&pair.get(0))?, mode));
        }
    }
    Ok(modes)
}
