//! What the cores of 1E and TelecomX share. A core is a connection as JavaScript holds it: told what
//! happened and asked what to do. `pkg/systems/driver.js` carries that out.

use js_sys::{Array, Date};
use wasm_bindgen::prelude::*;

use crate::error::Error;
use crate::exchange::Output;
use crate::http::RestRequest;
use crate::js::errors::throwable;
use crate::js::options::{Options, wrong};
use crate::js::plain::Plain;
use crate::secret::Secret;
use crate::time::Instant;
use crate::value::Value;

/// Gives a core the functions by which it is driven. `$shown` makes JavaScript of an answer, `$told`
/// of a notice what the driver has to do about it.
macro_rules! driven {
    ($core:ident, $shown:ident, $told:ident) => {
        #[wasm_bindgen]
        impl $core {
            /// Tells that an exchange brought an answer.
            pub fn response(&self, call: u32, attempt: u32, status: u16, body: String) {
                let call = CallId(call);
                let response = Response { status, body };
                let mut connection = self.0.borrow_mut();
                connection.response(now(), Exchange { call, attempt }, &response);
            }

            /// Tells that an exchange ended without an answer.
            pub fn failure(&self, call: u32, attempt: u32, sent: bool, reason: String) {
                let call = CallId(call);
                let failure = Failure { sent, reason };
                let mut connection = self.0.borrow_mut();
                connection.failure(now(), Exchange { call, attempt }, &failure);
            }

            /// Ends a call.
            pub fn cancel(&self, call: u32) {
                self.0.borrow_mut().cancel(CallId(call));
            }

            /// Ends all calls.
            pub fn close(&self) {
                self.0.borrow_mut().close();
            }

            /// What to do next: a word, and what goes with it.
            pub fn poll(&self) -> Option<Array> {
                let output = self.0.borrow_mut().poll(now());
                output.map(|output| systems::in_words(output, $shown, $told))
            }

            /// For how many milliseconds there is nothing to do.
            #[wasm_bindgen(js_name = wakeIn)]
            pub fn wake_in(&self) -> Option<i32> {
                let millis = (self.0.borrow().wake_at()? - now()).as_millis();
                Some(i32::try_from(millis).unwrap_or(i32::MAX))
            }
        }
    };
}
pub(super) use driven;

pub(super) fn now() -> Instant {
    Instant::from_millis(Date::now() as u64)
}

pub(super) fn in_words<Answer, Notice>(
    output: Output<Answer, Notice>,
    shown: fn(&Answer) -> JsValue,
    told: fn(&Notice) -> Array,
) -> Array {
    match output {
        Output::Send(exchange, request) => Array::of4(
            &"send".into(),
            &exchange.call.0.into(),
            &exchange.attempt.into(),
            &in_js(&request),
        ),
        Output::Abort(exchange) => Array::of2(&"abort".into(), &exchange.call.0.into()),
        Output::Done(call, Ok(answer)) => {
            Array::of3(&"resolve".into(), &call.0.into(), &shown(&answer))
        }
        Output::Done(call, Err(error)) => {
            Array::of3(&"reject".into(), &call.0.into(), &throwable(&error))
        }
        Output::Notice(notice) => told(&notice),
    }
}

fn in_js(request: &RestRequest) -> JsValue {
    let mut headers = Vec::with_capacity(request.headers.len() + 1);
    for (name, value) in &request.headers {
        headers.push((*name, Plain::Text(value.expose())));
    }
    if request.body.is_some() {
        headers.push(("Content-Type", Plain::Text("application/json")));
    }
    Plain::Object(vec![
        ("method", Plain::Text(request.verb.as_str())),
        ("url", Plain::Text(&request.url)),
        ("headers", Plain::Object(headers)),
        ("body", request.body.as_deref().into()),
    ])
    .to_js()
}

/// What is told to all who listen to events of this type.
pub(super) fn event(kind: &str, event: &Plain<'_>) -> Array {
    Array::of3(&"emit".into(), &kind.into(), &event.to_js())
}

/// A value that a server sent, as its text: JavaScript's own parser makes values of that.
pub(super) fn json(value: &Value) -> JsValue {
    value.to_json().into()
}

/// Reads the options of a call. All calls take a signal, which stays in JavaScript.
pub(super) fn read_options<T>(
    object: &JsValue,
    known: &[&str],
    read: impl FnOnce(&Options<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let options = Options::new(object, &[known, &["signal"]].concat())?;
    options.check_signal()?;
    read(&options)
}

/// A token that can stand in a header.
pub(super) fn read_token(value: &JsValue) -> Result<Secret, Error> {
    let token = value.as_string().unwrap_or_default();
    match !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(token.into()),
        false => Err(wrong(
            "token",
            "a text is wanted that can stand in a header",
        )),
    }
}

/// Throws what went wrong.
pub(super) fn or_throw<T>(made: Result<T, Error>) -> Result<T, JsValue> {
    made.map_err(|error| throwable(&error))
}
