//! The way out: the caller's `fetch`, the entry point's, or a request for the runtime's own.
//!
//! Of gloo-net only the headers are used. Its requests bring the standard library's formatting along,
//! and its `send` traps when fetch rejects with something that isn't an error or answers something
//! that isn't a response. The desk calls fetch itself and guards both.

use std::cell::RefCell;

use gloo_net::http::Headers;
use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::{RequestCredentials, RequestInit, RequestRedirect};

use crate::bitrix24::engine::Exchange;
use crate::http::Request;
use crate::js::glue::{Desk, TAKES_CREDENTIALS};
use crate::secret::Secret;

thread_local! {
    /// What the runtime's entry point set for portals that get no `fetch` of their own.
    static DEFAULT_FETCH: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Sets the fetch-shaped function that portals use when they aren't given one. For entry points.
#[wasm_bindgen(js_name = setDefaultFetch)]
#[allow(unreachable_pub, reason = "its reader is JavaScript")]
pub fn set_default_fetch(fetch: Function) {
    DEFAULT_FETCH.with(|slot| slot.replace(Some(fetch)));
}

/// What a portal's caller says of its way out.
pub(super) struct Way {
    /// The caller's own.
    pub(super) fetch: Option<Function>,
    /// Asked for consent when the portal has moved.
    pub(super) on_moved: Option<Function>,
    /// How many bytes an answer may have.
    pub(super) max_body: Option<f64>,
    /// Where a gate tells that an administrator has decided.
    pub(super) relay: Option<String>,
}

/// Sends a request; the desk tells the connection how it ends.
pub(super) fn send(desk: &Desk, own: Option<&Function>, exchange: Exchange, request: &Request) {
    let call = exchange.call.0;
    let fetch = own
        .cloned()
        .or_else(|| DEFAULT_FETCH.with(|slot| slot.borrow().clone()));
    let Some(fetch) = fetch else {
        // A request that can't be built ends like one that can't be sent.
        let built = build(request).unwrap_or_default();
        return desk.send_request(call, exchange.attempt, &built);
    };
    desk.send(
        call,
        exchange.attempt,
        &fetch,
        &request.url,
        request.format.content_type(),
        request.idempotency_key.as_deref(),
        request.bearer.as_ref().map(Secret::expose),
        &request.body,
    );
}

fn build(request: &Request) -> Option<JsValue> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_redirect(RequestRedirect::Manual);
    init.set_body(&request.body.as_str().into());
    if TAKES_CREDENTIALS.with(|takes| *takes) {
        init.set_credentials(RequestCredentials::Omit);
    }
    let built = web_sys::Request::new_with_str_and_init(&request.url, &init).ok()?;
    let headers = Headers::from_raw(built.headers());
    headers.set("Content-Type", request.format.content_type());
    if let Some(key) = &request.idempotency_key {
        headers.set("Idempotency-Key", key);
    }
    if let Some(token) = &request.bearer {
        headers.set("Authorization", &["Bearer ", token.expose()].concat());
    }
    Some(built.into())
}
