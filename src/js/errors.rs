//! Errors and small typed objects on their way to JavaScript.

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use crate::error::Error;
use crate::js::glue;

/// The `CallgateError` that an error becomes.
pub(super) fn throwable(error: &Error) -> JsValue {
    let decision = match &error.decision {
        Some(decision) => plain(decision.as_ref()),
        None => JsValue::UNDEFINED,
    };
    glue::make_error(
        &error.message,
        &error.code,
        error.kind.as_str(),
        error.ran.as_str(),
        error.retryable,
        error.status,
        error.method.as_deref(),
        &decision,
    )
}

/// A plain object with the fields of `value`, absent ones as null.
pub(super) fn plain(value: &impl Serialize) -> JsValue {
    value
        .serialize(&Serializer::json_compatible())
        .unwrap_or(JsValue::UNDEFINED)
}
