//! Batches, as callers write them.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::bitrix24::engine::plan::Item;
use crate::bitrix24::rights::method::MethodName;
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::wire::batch;
use crate::error::Error;
use crate::js::errors::throwable;
use crate::js::glue;
use crate::json::{Event, Reader};
use crate::text::push_number;

/// Reads what `batchItems` gave.
pub(super) fn read_items(items: &Array) -> Result<Vec<Item>, Error> {
    let text = glue::batch_text(items);
    let mut lines = text.split('\n');
    let mut commands: Vec<Item> = Vec::new();
    while let (Some(name), Some(method), Some(params)) = (lines.next(), lines.next(), lines.next())
    {
        let first = 4 * commands.len() as u32;
        let alone = |item: u32| items.get(first + item).as_string().unwrap_or_default();
        let read = || {
            let method = match commands.last() {
                Some(before) if method.is_empty() => before.method.clone(),
                _ => MethodName::parse(&unquoted(method))?,
            };
            let params = match params.is_empty() {
                true => alone(3),
                false => params.to_owned(),
            };
            let params = Params::written_by_stringify(params)?;
            Ok(Item::new(unquoted(name), method, params))
        };
        let command = read().map_err(|error: Error| {
            Error::invalid([alone(1).as_str(), ": ", &error.message].concat())
        });
        commands.push(command?);
    }
    Ok(commands)
}

/// The text that stands there as JSON.
fn unquoted(json: &str) -> String {
    match Reader::new(json).next() {
        Ok(Event::Text(text)) => text.to_text(),
        _ => String::new(),
    }
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
