//! What the JavaScript files beside this one provide.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;

// Nothing here calls these four, but the files above import them: naming them makes wasm-bindgen
// bring them along wherever the crate is linked, its wasm tests among others.
#[wasm_bindgen(module = "/src/js/decode.js")]
extern "C" {
    #[allow(dead_code, reason = "named for its file")]
    fn decode();
}

#[wasm_bindgen(module = "/src/js/listeners.js")]
extern "C" {
    #[allow(dead_code, reason = "named for its file")]
    #[wasm_bindgen(js_name = tellOne)]
    fn tell_one();
}

#[wasm_bindgen(module = "/src/js/shapes.js")]
extern "C" {
    #[allow(dead_code, reason = "named for its file")]
    #[wasm_bindgen(js_name = shapeOf)]
    fn shape_of();
}

#[wasm_bindgen(module = "/src/js/values.js")]
extern "C" {
    #[allow(dead_code, reason = "named for its file")]
    #[wasm_bindgen(js_name = strict)]
    fn values();
}

#[wasm_bindgen(module = "/src/js/relay.js")]
extern "C" {
    #[allow(dead_code, reason = "named for its file")]
    fn listen();
}

#[wasm_bindgen(module = "/src/js/text.js")]
extern "C" {
    /// Throws a `CallgateError`.
    #[wasm_bindgen(catch, js_name = paramsText)]
    pub(super) fn params_text(params: &JsValue) -> Result<JsValue, JsValue>;

    /// The calls of a batch, four items for each: its name, where it stands in words, its method,
    /// and its parameters as text. Throws a `CallgateError`.
    #[wasm_bindgen(catch, js_name = batchItems)]
    pub(super) fn batch_items(calls: &JsValue) -> Result<Array, JsValue>;

    /// The same as one text, as that file describes it.
    #[wasm_bindgen(js_name = batchText)]
    pub(super) fn batch_text(items: &Array) -> String;

    /// Throws a `CallgateError`.
    #[wasm_bindgen(catch, js_name = eventText)]
    pub(super) fn event_text(event: &JsValue) -> Result<String, JsValue>;

    #[wasm_bindgen(js_name = runsInBrowser)]
    pub(super) fn runs_in_browser() -> bool;
}

#[wasm_bindgen(module = "/src/js/list.js")]
extern "C" {
    /// Of a page: how many rows, how their ids lie, the first id and the last.
    #[wasm_bindgen(js_name = readPage)]
    pub(super) fn read_page(body: &JsValue) -> Option<Array>;

    /// A list as its reader knows it.
    pub(super) type Walk;

    #[wasm_bindgen(method, getter)]
    pub(super) fn options(this: &Walk) -> JsValue;

    #[wasm_bindgen(method, getter, js_name = takesAll)]
    pub(super) fn takes_all(this: &Walk) -> bool;

    #[wasm_bindgen(method)]
    pub(super) fn reject(this: &Walk, error: &JsValue);
}

#[wasm_bindgen(module = "/src/js/exchange.js")]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = takesCredentials)]
    pub(super) static TAKES_CREDENTIALS: bool;
}

#[wasm_bindgen(module = "/src/js/desk.js")]
extern "C" {
    /// The promise of what `next` makes of what is promised.
    pub(super) fn then(promise: &Promise, next: &JsValue) -> Promise;

    /// What the answer of a batch says of its commands: five numbers for each, and in `bodies` what
    /// belongs to them, as that file describes it.
    #[wasm_bindgen(js_name = readBatch)]
    pub(super) fn read_batch(
        body: &JsValue,
        places: &[u32],
        is_list: bool,
        bodies: &Array,
    ) -> Vec<f64>;

    /// Promises, listeners and exchanges of one portal.
    pub(super) type Desk;

    #[wasm_bindgen(constructor)]
    pub(super) fn new(
        tell: &JsValue,
        answered: &JsValue,
        again: &JsValue,
        max_body: Option<f64>,
    ) -> Desk;

    #[wasm_bindgen(method, js_name = belongTo)]
    pub(super) fn belong_to(this: &Desk, portal: &JsValue);

    #[wasm_bindgen(method)]
    pub(super) fn open(
        this: &Desk,
        call: u32,
        method: &JsValue,
        text: &JsValue,
        options: &JsValue,
    ) -> Promise;

    #[wasm_bindgen(method)]
    pub(super) fn resolve(
        this: &Desk,
        call: u32,
        body: &JsValue,
        status: u16,
        next: Option<f64>,
        total: Option<f64>,
    );

    #[wasm_bindgen(method)]
    pub(super) fn hear(this: &Desk, call: u32, heard: &JsValue);

    #[wasm_bindgen(method, js_name = openBatch)]
    pub(super) fn open_batch(this: &Desk, batch: u32, items: &Array, options: &JsValue) -> Promise;

    #[wasm_bindgen(method)]
    pub(super) fn executed(
        this: &Desk,
        batch: u32,
        place: u32,
        body: &JsValue,
        status: u16,
        next: Option<f64>,
        total: Option<f64>,
    );

    #[wasm_bindgen(method)]
    pub(super) fn failed(this: &Desk, batch: u32, place: u32, error: &JsValue);

    #[wasm_bindgen(method, js_name = resolveBatch)]
    pub(super) fn resolve_batch(this: &Desk, batch: u32);

    #[wasm_bindgen(method)]
    pub(super) fn list(
        this: &Desk,
        method: &JsValue,
        params: &JsValue,
        options: &JsValue,
    ) -> JsValue;

    #[wasm_bindgen(method, js_name = openList)]
    pub(super) fn open_list(this: &Desk, list: u32, walk: &Walk);

    #[wasm_bindgen(method)]
    pub(super) fn page(
        this: &Desk,
        list: u32,
        body: &JsValue,
        only_new: bool,
        total: Option<f64>,
        requests: u32,
    );

    #[wasm_bindgen(method, js_name = endList)]
    pub(super) fn end_list(this: &Desk, list: u32, total: Option<f64>, requests: u32);

    #[wasm_bindgen(method)]
    pub(super) fn reject(this: &Desk, call: u32, error: &JsValue);

    #[wasm_bindgen(method)]
    #[allow(
        clippy::too_many_arguments,
        reason = "one crossing is cheaper than an object"
    )]
    pub(super) fn send(
        this: &Desk,
        call: u32,
        attempt: u32,
        fetch: &Function,
        url: &str,
        content_type: &str,
        idempotency_key: Option<&str>,
        bearer: Option<&str>,
        body: &str,
    );

    #[wasm_bindgen(method, js_name = sendRequest)]
    pub(super) fn send_request(this: &Desk, call: u32, attempt: u32, request: &JsValue);

    #[wasm_bindgen(method)]
    pub(super) fn abort(this: &Desk, call: u32);

    #[wasm_bindgen(method)]
    pub(super) fn wake(this: &Desk, millis: Option<i32>);

    #[wasm_bindgen(method)]
    pub(super) fn listen(this: &Desk, ear: u32, relay: &str, token: &str, method: &str);

    #[wasm_bindgen(method)]
    pub(super) fn unlisten(this: &Desk, ear: u32);

    #[wasm_bindgen(method)]
    pub(super) fn renew(this: &Desk, refresh: &Promise);

    #[wasm_bindgen(method)]
    pub(super) fn consent(this: &Desk, asked: &Promise);

    #[wasm_bindgen(method, catch)]
    pub(super) fn on(this: &Desk, kind: &JsValue, listener: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method)]
    pub(super) fn emit(this: &Desk, kind: &str, event: &JsValue);
}

#[wasm_bindgen(module = "/src/js/channel.js")]
extern "C" {
    #[wasm_bindgen(js_name = windowName)]
    pub(super) fn window_name() -> Option<String>;

    #[wasm_bindgen(js_name = isFramed)]
    pub(super) fn is_framed() -> bool;

    /// Messages to the portal's page and back.
    #[derive(Clone)]
    pub type Channel;

    #[wasm_bindgen(constructor)]
    pub(super) fn new(link: &JsValue) -> Channel;

    #[wasm_bindgen(method)]
    pub(super) fn handshake(this: &Channel, millis: Option<f64>) -> Promise;

    #[wasm_bindgen(method)]
    pub(super) fn refresh(this: &Channel) -> Promise;

    #[wasm_bindgen(method)]
    pub(super) fn close(this: &Channel);
}

#[wasm_bindgen(module = "/src/js/frame.js")]
extern "C" {
    /// Gives a portal the page around it.
    pub(super) fn attach(portal: &JsValue, channel: &Channel, init: &str);
}
