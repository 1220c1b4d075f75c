//! What a portal posts to the gate.

use wasm_bindgen::prelude::*;

use crate::bitrix24::wire::{event::MethodConfirm, form};
use crate::js::options::Options;
use crate::js::plain::Plain;
use crate::secret::Secret;

/// Reads an event that tells of an administrator's decision, and whether its application token is
/// that of its portal, by member id. Undefined for another event.
#[wasm_bindgen(js_name = readDecision)]
#[allow(unreachable_pub, reason = "its reader is JavaScript")]
pub fn read_decision(posted: &str, application_tokens: &JsValue) -> JsValue {
    let Some(event) = MethodConfirm::read(&form::read(posted)) else {
        return JsValue::UNDEFINED;
    };
    let tokens = Options::lenient(application_tokens);
    let known = event.member_id.and_then(|member| tokens.get(&member));
    let known = known.and_then(|token| token.as_string()).map(Secret::new);
    let proven = known.is_some_and(|token| token == event.application_token);
    Plain::Object(vec![
        ("method", Plain::Text(event.method.as_str())),
        ("token", proven.then_some(event.token.expose()).into()),
    ])
    .to_js()
}
