//! What every class needs of the JavaScript beside it.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/js/face.js")]
extern "C" {
    #[wasm_bindgen(js_name = makeError)]
    #[allow(
        clippy::too_many_arguments,
        reason = "one crossing is cheaper than an object"
    )]
    pub(super) fn make_error(
        words: &str,
        code: &str,
        kind: &str,
        ran: &str,
        retryable: bool,
        status: Option<u16>,
        method: Option<&str>,
        decision: &JsValue,
    ) -> JsValue;
}

/// A function for JavaScript to call once.
pub(super) fn once(next: Box<dyn FnOnce(JsValue) -> Result<JsValue, JsValue>>) -> JsValue {
    Closure::once_into_js(next)
}
