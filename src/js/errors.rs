//! Errors on their way to JavaScript.

use wasm_bindgen::prelude::*;

use crate::error::Error;
use crate::js::face;
use crate::js::plain::Plain;

/// The `CallgateError` that an error becomes.
pub(super) fn throwable(error: &Error) -> JsValue {
    let decision = match &error.decision {
        Some(decision) => Plain::from(&**decision).to_js(),
        None => JsValue::UNDEFINED,
    };
    face::make_error(
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
