//! Batches, as callers write them.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::bitrix24::engine::plan::Item;
use crate::bitrix24::rights::method::MethodName;
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::wire::batch;
use crate::error::Error;
use crate::js::errors::throwable;
use crate::text::push_number;

/// Reads what `batchItems` gave.
pub(super) fn read_items(items: &Array) -> Result<Vec<Item>, Error> {
    let items = items.to_vec();
    let mut commands = Vec::with_capacity(items.len() / 4);
    for item in items.chunks_exact(4) {
        let [name, place, method, params] = item else {
            continue;
        };
        let text = |value: &JsValue| value.as_string().unwrap_or_default();
        let read = || {
            let method = MethodName::parse(&text(method))?;
            let params = Params::written_by_stringify(text(params))?;
            Ok(Item::new(text(name), method, params))
        };
        let command = read().map_err(|error: Error| {
            Error::invalid([text(place).as_str(), ": ", &error.message].concat())
        });
        commands.push(command?);
    }
    Ok(commands)
}

/// The text that refers to what another command of the batch answers.
#[wasm_bindgen(js_name = ref, variadic)]
#[allow(unreachable_pub, reason = "its reader is JavaScript")]
pub fn reference(command: &JsValue, path: Vec<JsValue>) -> Result<String, JsValue> {
    let read = || {
        let command = name_or_index(command)?;
        let steps: Result<Vec<String>, Error> = path.iter().map(name_or_index).collect();
        let steps = steps?;
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        batch::reference(&command, &steps)
    };
    read().map_err(|error| throwable(&error))
}

fn name_or_index(value: &JsValue) -> Result<String, Error> {
    if let Some(text) = value.as_string() {
        return Ok(text);
    }
    let is_index = |number: &f64| number.trunc() == *number && (0.0..9.0e15).contains(number);
    let Some(index) = value.as_f64().filter(is_index) else {
        return Err(Error::invalid(
            "reference: a name is a text or a whole number",
        ));
    };
    let mut text = String::new();
    push_number(index as i64, &mut text);
    Ok(text)
}
