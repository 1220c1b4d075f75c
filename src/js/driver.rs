//! Carries out what a connection wants.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use js_sys::{Date, Function, Promise, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::bitrix24::engine::{
    Call, CallId, Connection, Exchange, Notice, Output, RefreshRequest, Token, TokenUpdate,
};
use crate::bitrix24::rights::confirmation::Confirmation;
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::wire::envelope::{Envelope, Payload, Reply};
use crate::decision::Decision;
use crate::error::Error;
use crate::http::Failure;
use crate::js::errors::{plain, throwable};
use crate::js::frame::Frame;
use crate::js::glue::{self, Desk};
use crate::js::options::{self, Options};
use crate::js::transport;
use crate::time::Instant;

/// A parsed body, which stays where it is.
pub(super) struct Body(JsValue);

impl Payload for Body {
    fn scopes(&self) -> Option<Vec<String>> {
        let result = Reflect::get(&self.0, &"result".into()).ok()?;
        let list = match js_sys::Array::is_array(&result) {
            true => result,
            false => Reflect::get(&result, &"SCOPE".into()).ok()?,
        };
        let list = list.dyn_ref::<js_sys::Array>()?;
        list.iter().map(|code| code.as_string()).collect()
    }
}

/// Who gets a new token.
pub(super) enum Refresher {
    /// The caller's function.
    Function(Function),
    /// The portal's page.
    Frame(Rc<Frame>),
    Nobody,
}

/// A portal's connection and all that moves it.
pub(super) struct Driver {
    connection: RefCell<Connection<Body>>,
    desk: Desk,
    fetch: Option<Function>,
    refresher: Refresher,
    /// The timer that is set, and for when.
    timer: RefCell<Option<(Instant, JsValue)>>,
    tick: Closure<dyn Fn()>,
    /// What the desk calls, kept alive as long as the desk.
    _hooks: Hooks,
}

type Ended = dyn Fn(u32, u32, u16, u8, JsValue, JsValue, JsValue);
type Again = dyn Fn(JsValue, JsValue, JsValue, f64) -> Promise;

struct Hooks {
    _ended: Closure<Ended>,
    _cancel: Closure<dyn Fn(u32)>,
    _again: Closure<Again>,
}

pub(super) fn now() -> Instant {
    Instant::from_millis(Date::now() as u64)
}

impl Driver {
    pub(super) fn new(
        connection: Connection<Body>,
        fetch: Option<Function>,
        refresher: Refresher,
    ) -> Rc<Self> {
        Rc::new_cyclic(|weak: &Weak<Self>| {
            let with = |weak: &Weak<Self>| weak.clone();
            let driver = with(weak);
            let ended = Closure::<Ended>::new(move |call, attempt, status, what, body, a, b| {
                if let Some(driver) = driver.upgrade() {
                    let call = CallId(call);
                    driver.ended(Exchange { call, attempt }, status, what, body, &a, &b);
                }
            });
            let driver = with(weak);
            let cancel = Closure::<dyn Fn(u32)>::new(move |call| {
                if let Some(driver) = driver.upgrade() {
                    driver.step(|connection, _| connection.cancel(CallId(call)));
                }
            });
            let driver = with(weak);
            let again = Closure::<Again>::new(move |method, text: JsValue, options, start| {
                match driver.upgrade() {
                    Some(driver) => driver.call(&method, text, &options, Some(start as i64)),
                    None => Promise::reject(&throwable(&Error::invalid("the portal is gone"))),
                }
            });
            let driver = with(weak);
            let tick = Closure::<dyn Fn()>::new(move || {
                if let Some(driver) = driver.upgrade() {
                    driver.timer.take();
                    driver.step(|_, _| ());
                }
            });
            Self {
                connection: RefCell::new(connection),
                desk: Desk::new(ended.as_ref(), cancel.as_ref(), again.as_ref()),
                fetch,
                refresher,
                timer: RefCell::new(None),
                tick,
                _hooks: Hooks {
                    _ended: ended,
                    _cancel: cancel,
                    _again: again,
                },
            }
        })
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Tells the connection something, then carries out all that it wants.
    pub(super) fn step<T>(
        self: &Rc<Self>,
        tell: impl FnOnce(&mut Connection<Body>, Instant) -> T,
    ) -> T {
        let now = now();
        let told = tell(&mut self.connection.borrow_mut(), now);
        self.drain(now);
        told
    }

    /// Looks at the connection without letting it act.
    pub(super) fn look<T>(&self, look: impl FnOnce(&mut Connection<Body>, Instant) -> T) -> T {
        look(&mut self.connection.borrow_mut(), now())
    }

    /// Makes a call: the promise of its answer.
    pub(super) fn call(
        self: &Rc<Self>,
        method: &JsValue,
        text: JsValue,
        options: &JsValue,
        start: Option<i64>,
    ) -> Promise {
        match read_call(method, &text, options, start) {
            Ok(call) => self.submit(call, method, &text, options),
            Err(error) => Promise::reject(&throwable(&error)),
        }
    }

    pub(super) fn submit(
        self: &Rc<Self>,
        call: Call,
        method: &JsValue,
        text: &JsValue,
        options: &JsValue,
    ) -> Promise {
        let now = now();
        let id = self.connection.borrow_mut().submit(now, call);
        let promise = self.desk.open(id.0, method, text, options);
        // A signal that has fired already tells nobody any more.
        let fired = |signal: JsValue| {
            Reflect::get(&signal, &"aborted".into()).is_ok_and(|aborted| aborted.is_truthy())
        };
        if Options::signal(options).is_some_and(fired) {
            self.connection.borrow_mut().cancel(id);
        }
        self.drain(now);
        promise
    }

    fn ended(
        self: &Rc<Self>,
        exchange: Exchange,
        status: u16,
        what: u8,
        body: JsValue,
        a: &JsValue,
        b: &JsValue,
    ) {
        let text = |value: &JsValue| value.as_string().unwrap_or_default();
        let envelope = match what {
            0 => Envelope::Result {
                body: Body(body),
                next: whole(a),
                total: whole(b),
            },
            1 => Envelope::Error {
                code: text(a),
                description: text(b),
            },
            2 => Envelope::Foreign,
            3 => Envelope::NotJson { empty: false },
            4 => Envelope::NotJson { empty: true },
            5 => Envelope::Moved {
                location: a.as_string(),
            },
            _ => {
                let sent = b.is_truthy();
                let failure = Failure {
                    sent,
                    reason: text(a),
                };
                return self.step(|connection, now| connection.failure(now, exchange, failure));
            }
        };
        let reply = Reply { status, envelope };
        self.step(|connection, now| connection.response(now, exchange, reply));
    }

    fn drain(self: &Rc<Self>, now: Instant) {
        loop {
            let output = self.connection.borrow_mut().poll(now);
            match output {
                Some(output) => self.carry_out(output),
                None => break,
            }
        }
        self.set_timer(now);
    }

    fn carry_out(self: &Rc<Self>, output: Output<Body>) {
        match output {
            Output::Send(exchange, request) => {
                transport::send(&self.desk, self.fetch.as_ref(), exchange, &request);
            }
            Output::Abort(exchange) => self.desk.abort(exchange.call.0),
            Output::Done(CallId(call), outcome) => {
                let number = |value: Option<u64>| value.map(|value| value as f64);
                match outcome {
                    Ok(answer) => self.desk.resolve(
                        call,
                        &answer.body.0,
                        answer.status,
                        number(answer.next),
                        number(answer.total),
                    ),
                    Err(error) => self.desk.reject(call, &throwable(&error)),
                }
            }
            Output::Refresh(request) => spawn_local(Rc::clone(self).refresh(request)),
            Output::Notice(notice) => {
                let (kind, event) = describe(notice);
                self.desk.emit(kind, &event);
            }
        }
    }

    async fn refresh(self: Rc<Self>, request: RefreshRequest) {
        let outcome = match &self.refresher {
            Refresher::Function(function) => ask(function, &request).await,
            Refresher::Frame(frame) => frame.refresh().await,
            Refresher::Nobody => Err("nobody was set to refresh it".to_owned()),
        };
        self.step(|connection, now| connection.token(now, outcome));
    }

    fn set_timer(&self, now: Instant) {
        let wake = self.connection.borrow().wake_at();
        let mut timer = self.timer.borrow_mut();
        if let (Some((set_for, _)), Some(wake)) = (timer.as_ref(), wake)
            && *set_for <= wake
        {
            return;
        }
        if let Some((_, old)) = timer.take() {
            glue::clear_timeout(&old);
        }
        if let Some(wake) = wake {
            let millis = i32::try_from((wake - now).as_millis()).unwrap_or(i32::MAX);
            let set = glue::set_timeout(self.tick.as_ref().unchecked_ref(), millis);
            *timer = Some((wake, set));
        }
    }

    /// Ends all calls and the channel to the portal's page.
    pub(super) fn close(self: &Rc<Self>) {
        self.step(|connection, _| connection.close());
        if let Refresher::Frame(frame) = &self.refresher {
            frame.close();
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some((_, timer)) = self.timer.get_mut().take() {
            glue::clear_timeout(&timer);
        }
    }
}

fn read_call(
    method: &JsValue,
    text: &JsValue,
    options: &JsValue,
    start: Option<i64>,
) -> Result<Call, Error> {
    let method = options::method(method)?;
    let params = Params::written_by_stringify(text.as_string().unwrap_or_default())?;
    let mut call = Call::of(method, params);
    options::read_call(&mut call, options)?;
    call.start = start.or(call.start);
    Ok(call)
}

/// A whole number, which portals send as a number or as a text.
fn whole(value: &JsValue) -> Option<u64> {
    match value.as_f64() {
        Some(number) if number >= 0.0 && number.trunc() == number => Some(number as u64),
        Some(_) => None,
        None => value.as_string()?.parse().ok(),
    }
}

/// Asks the caller's function for a new token.
async fn ask(refresh: &Function, request: &RefreshRequest) -> Result<TokenUpdate, String> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Current<'a> {
        access_token: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        refresh_token: Option<&'a str>,
    }
    let current = plain(&Current {
        access_token: request.access.expose(),
        refresh_token: request.refresh.as_ref().map(|secret| secret.expose()),
    });
    let thrown = |error: JsValue| match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => "refresh threw something that is no error".to_owned(),
    };
    let promise = refresh
        .call1(&JsValue::UNDEFINED, &current)
        .map_err(thrown)?;
    let answer = JsFuture::from(Promise::resolve(&promise))
        .await
        .map_err(thrown)?;
    read_update(&answer).map_err(|error| ["what refresh gave: ", &error.message].concat())
}

fn read_update(answer: &JsValue) -> Result<TokenUpdate, Error> {
    if !answer.is_object() {
        return Err(Error::invalid("an object with accessToken is wanted"));
    }
    let answer = Options::lenient(answer);
    let access = answer
        .secret("accessToken")?
        .ok_or_else(|| options::wrong("accessToken", "is missing"))?;
    let token = Token {
        access,
        refresh: answer.secret("refreshToken")?,
        expires_at: answer.instant("expiresAt")?,
    };
    let scope = answer.texts("scope")?;
    Ok(TokenUpdate { token, scope })
}

/// A confirmation as JavaScript sees it.
#[derive(Serialize)]
pub(super) struct ConfirmationView<'a> {
    method: &'a str,
    state: &'static str,
    since: f64,
}

impl<'a> From<&'a Confirmation> for ConfirmationView<'a> {
    fn from(confirmation: &'a Confirmation) -> Self {
        Self {
            method: confirmation.method.as_str(),
            state: confirmation.state.as_str(),
            since: confirmation.since.as_millis() as f64,
        }
    }
}

fn describe(notice: Notice) -> (&'static str, JsValue) {
    #[derive(Serialize)]
    struct Warning<'a> {
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        method: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        decision: Option<&'a Decision>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Renewed {
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<f64>,
    }
    match notice {
        Notice::Confirmation(confirmation) => (
            "confirmation",
            plain(&ConfirmationView::from(&confirmation)),
        ),
        Notice::Warning {
            method,
            message,
            decision,
        } => {
            let method = method.as_ref().map(|method| method.as_str());
            let decision = decision.as_ref();
            let warning = Warning {
                message: &message,
                method,
                decision,
            };
            ("warning", plain(&warning))
        }
        Notice::Token { expires_at } => {
            let expires_at = expires_at.map(|at| at.as_millis() as f64);
            ("token", plain(&Renewed { expires_at }))
        }
    }
}
