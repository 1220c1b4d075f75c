//! Carries out what a connection wants.

use std::cell::{Cell, RefCell, RefMut};
use std::rc::{Rc, Weak};
use std::time::Duration;

use js_sys::{Date, Function, Promise, Reflect};
use wasm_bindgen::prelude::*;

use crate::bitrix24::engine::list::Limits;
use crate::bitrix24::engine::plan::{Finished, Outcome};
use crate::bitrix24::engine::{
    Answer, Awaited, Call, CallId, Connection, Exchange, Notice, Output, RefreshRequest, Token,
    TokenUpdate,
};
use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::wire::envelope::{Availability, Envelope, Payload, Reply, Worked};
use crate::bitrix24::wire::page::{Ids, Page};
use crate::error::Error;
use crate::http::Failure;
use crate::js::errors::throwable;
use crate::js::frame::Frame;
use crate::js::glue::{self, Desk, Walk};
use crate::js::modes;
use crate::js::options::{self, Options};
use crate::js::plain::Plain;
use crate::js::portal_options;
use crate::js::transport::{self, Way};
use crate::js::{batch, catalogue};
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

    fn availability(&self) -> Option<Availability> {
        let result = Reflect::get(&self.0, &"result".into()).ok()?;
        let flag = |name: &str| Reflect::get(&result, &name.into()).ok()?.as_bool();
        Some(Availability {
            exists: flag("isExisting")?,
            available: flag("isAvailable")?,
        })
    }

    fn into_commands(self, version: Version, places: &[usize]) -> Vec<Envelope<Self>> {
        let places: Vec<u32> = places.iter().map(|place| *place as u32).collect();
        let bodies = js_sys::Array::new();
        let told = glue::read_batch(&self.0, &places, version == Version::V3, &bodies);
        let mut envelopes = Vec::with_capacity(places.len());
        for (command, place) in told.chunks_exact(5).zip(0..) {
            if let [what, next, total, operating, reset_at] = *command {
                let body = bodies.get(place);
                envelopes.push(match what as u8 {
                    0 => result(body, next, total, operating, reset_at),
                    what => {
                        let words: &js_sys::Array = body.unchecked_ref();
                        let envelope = read_envelope(what, &words.get(0), &words.get(1));
                        envelope.unwrap_or(Envelope::Foreign)
                    }
                });
            }
        }
        envelopes
    }

    fn page(&self, next: Option<u64>, total: Option<u64>) -> Option<Page> {
        let told = glue::read_page(&self.0)?;
        let number = |place: u32| told.get(place).as_f64().unwrap_or_default() as u64;
        let (first, last) = (number(2), number(3));
        Some(Page {
            rows: number(0),
            ids: match number(1) {
                1 => Ids::Rising(first, last),
                2 => Ids::Falling(first, last),
                _ => Ids::Unknown,
            },
            next,
            total,
        })
    }
}

/// A result, with numbers that are NaN where they are missing.
fn result(body: JsValue, next: f64, total: f64, operating: f64, reset_at: f64) -> Envelope<Body> {
    Envelope::Result {
        body: Body(body),
        next: whole(next),
        total: whole(total),
        worked: Worked::read(Some(operating), whole(reset_at)),
    }
}

/// What a body is that is no result, by the numbers of `desk.js`; `None` for what isn't about a body.
fn read_envelope(what: u8, a: &JsValue, b: &JsValue) -> Option<Envelope<Body>> {
    let text = |value: &JsValue| value.as_string().unwrap_or_default();
    Some(match what {
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
        6 => Envelope::TooLong,
        _ => return None,
    })
}

/// Who gets a new token.
pub(super) enum Refresher {
    /// The caller's function.
    Function(Function),
    /// The portal's page.
    Frame(Frame),
    Nobody,
}

/// A portal's connection and all that moves it.
pub(super) struct Driver {
    connection: RefCell<Connection<Body>>,
    desk: Desk,
    way: Way,
    refresher: Refresher,
    /// The questions about methods that were asked last.
    asked: RefCell<Vec<(MethodName, CallId, Promise)>>,
    /// The decisions that the relay was asked for, and the number of the last.
    listening: RefCell<(Vec<(u32, Awaited)>, u32)>,
    /// For when the desk's timer is set.
    wakes_at: Cell<Option<Instant>>,
    /// What the desk calls, kept alive as long as the desk.
    _hooks: (Closure<Tell>, Closure<Answered>, Closure<Again>),
}

/// Takes in what happened: what, call, attempt, status, body, a, b, retryAfter.
type Tell = dyn Fn(u8, u32, u32, u16, JsValue, JsValue, JsValue, f64);
/// Takes in a result: call, attempt, status, body, next, total, operating, operatingResetAt.
type Answered = dyn Fn(u32, u32, u16, JsValue, f64, f64, f64, f64);
type Again = dyn Fn(JsValue, JsValue, JsValue, f64) -> Promise;

pub(super) fn now() -> Instant {
    Instant::from_millis(Date::now() as u64)
}

impl Driver {
    pub(super) fn new(connection: Connection<Body>, way: Way, refresher: Refresher) -> Rc<Self> {
        Rc::new_cyclic(|weak: &Weak<Self>| {
            let driver = weak.clone();
            let tell = Closure::<Tell>::new(
                move |what, call, attempt, status, body: JsValue, a: JsValue, b: JsValue, after| {
                    if let Some(driver) = driver.upgrade() {
                        let call = CallId(call);
                        let exchange = Exchange { call, attempt };
                        driver.told(what, exchange, status, &body, &a, &b, after);
                    }
                },
            );
            let driver = weak.clone();
            let answered = Closure::<Answered>::new(
                move |call, attempt, status, body, next, total, operating, reset_at| {
                    if let Some(driver) = driver.upgrade() {
                        let call = CallId(call);
                        let envelope = result(body, next, total, operating, reset_at);
                        driver.heard(Exchange { call, attempt }, status, envelope, None);
                    }
                },
            );
            let driver = weak.clone();
            let again = Closure::<Again>::new(move |method, text: JsValue, options, start| {
                match driver.upgrade() {
                    Some(driver) => driver.call(&method, text, &options, Some(start as i64)),
                    None => Promise::reject(&throwable(&Error::invalid("the portal is gone"))),
                }
            });
            Self {
                connection: RefCell::new(connection),
                desk: Desk::new(
                    tell.as_ref(),
                    answered.as_ref(),
                    again.as_ref(),
                    way.max_body,
                ),
                way,
                refresher,
                asked: RefCell::default(),
                listening: RefCell::default(),
                wakes_at: Cell::new(None),
                _hooks: (tell, answered, again),
            }
        })
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The connection, going by the catalogue that is in use.
    fn connection(&self) -> RefMut<'_, Connection<Body>> {
        let mut connection = self.connection.borrow_mut();
        connection.use_catalogue(catalogue::current());
        connection
    }

    /// Tells the connection something, then carries out all that it wants.
    pub(super) fn step<T>(&self, tell: impl FnOnce(&mut Connection<Body>, Instant) -> T) -> T {
        let now = now();
        let told = tell(&mut self.connection(), now);
        self.drain(now);
        told
    }

    /// Looks at the connection without letting it act.
    pub(super) fn look<T>(&self, look: impl FnOnce(&mut Connection<Body>, Instant) -> T) -> T {
        look(&mut self.connection(), now())
    }

    /// Makes a call: the promise of its answer.
    pub(super) fn call(
        &self,
        method: &JsValue,
        text: JsValue,
        options: &JsValue,
        start: Option<i64>,
    ) -> Promise {
        match read_call(method, &text, options, start) {
            Ok(call) => self.submit(call, method, &text, options).1,
            Err(error) => Promise::reject(&throwable(&error)),
        }
    }

    pub(super) fn submit(
        &self,
        call: Call,
        method: &JsValue,
        text: &JsValue,
        options: &JsValue,
    ) -> (CallId, Promise) {
        let now = now();
        let id = self.connection().submit(now, call);
        let promise = self.desk.open(id.0, method, text, options);
        self.set_out(now, id, options);
        (id, promise)
    }

    /// Runs a batch: the promise of its answer.
    pub(super) fn batch(&self, items: &js_sys::Array, options: &JsValue) -> Promise {
        let read = || {
            Ok((
                batch::read_items(items)?,
                portal_options::read_batch(options)?,
            ))
        };
        let (commands, how) = match read() {
            Ok(read) => read,
            Err(error) => return Promise::reject(&throwable(&error)),
        };
        let now = now();
        let id = self.connection().submit_batch(now, commands, how);
        let promise = self.desk.open_batch(id.0, items, options);
        self.set_out(now, id, options);
        promise
    }

    /// Takes a list, or rejects it.
    fn begin_list(&self, walk: &Walk, method: &JsValue, text: &JsValue) {
        let options = walk.options();
        let read = || {
            let mut call = read_method(method, text)?;
            portal_options::read_list(&mut call, &options)?;
            Ok(call)
        };
        match read() {
            Ok(call) => {
                let now = now();
                let limits = match walk.takes_all() {
                    true => Limits::ALL,
                    false => Limits::default(),
                };
                let id = self.connection().submit_list(now, call, limits);
                self.desk.open_list(id.0, walk);
                self.set_out(now, id, &options);
            }
            Err(error) => walk.reject(&throwable(&error)),
        }
    }

    /// Carries out what the connection wants of a new call.
    fn set_out(&self, now: Instant, id: CallId, options: &JsValue) {
        // A signal that has fired already tells nobody any more.
        let fired = |signal: JsValue| {
            Reflect::get(&signal, &"aborted".into()).is_ok_and(|aborted| aborted.is_truthy())
        };
        if Options::signal(options).is_some_and(fired) {
            self.connection.borrow_mut().cancel(id);
        }
        self.drain(now);
    }

    /// Asks the portal about a method, unless it has said already: the promise that it has. Who
    /// asks while the question is out gets the same promise.
    pub(super) fn ask_about(&self, method: &MethodName) -> Promise {
        let question = self.look(|connection, now| connection.availability_question(now, method));
        let Some(question) = question else {
            return Promise::resolve(&JsValue::UNDEFINED);
        };
        let mut asked = self.asked.borrow_mut();
        asked.retain(|(_, call, _)| self.look(|connection, _| connection.is_under_way(*call)));
        if let Some((.., promise)) = asked.iter().find(|(name, ..)| name == method) {
            return promise.clone();
        }
        let name = question.method.as_str().into();
        let text = question.params.as_json().into();
        let (call, promise) = self.submit(question, &name, &text, &JsValue::UNDEFINED);
        asked.push((method.clone(), call, promise.clone()));
        promise
    }

    /// Takes in what the desk tells, by the numbers of `desk.js`.
    #[allow(
        clippy::too_many_arguments,
        reason = "one crossing is cheaper than an object"
    )]
    fn told(
        &self,
        what: u8,
        exchange: Exchange,
        status: u16,
        body: &JsValue,
        a: &JsValue,
        b: &JsValue,
        retry_after: f64,
    ) {
        match what {
            7 => {
                let failure = Failure {
                    sent: b.is_truthy(),
                    reason: a.as_string().unwrap_or_default(),
                };
                self.step(|connection, now| connection.failure(now, exchange, failure));
            }
            8 => self.step(|connection, _| connection.cancel(exchange.call)),
            9 => {
                let outcome = match a.as_string() {
                    Some(failed) => Err(failed),
                    None => self.read_renewed(body),
                };
                self.step(|connection, now| connection.token(now, outcome));
            }
            10 => self.step(|connection, now| connection.moved(now, a.is_truthy())),
            11 => self.begin_list(body.unchecked_ref(), a, b),
            14 => self.step(|connection, now| {
                let (listening, _) = &*self.listening.borrow();
                let heard = listening.iter().find(|(ear, _)| *ear == exchange.call.0);
                if let Some((_, awaited)) = heard {
                    connection.decided(now, awaited);
                }
            }),
            12 => self.step(|connection, now| connection.want_rows(now, exchange.call)),
            _ => match read_envelope(what, a, b) {
                Some(envelope) => {
                    let retry_after = Duration::try_from_secs_f64(retry_after).ok();
                    self.heard(exchange, status, envelope, retry_after);
                }
                None => {
                    self.wakes_at.set(None);
                    self.step(|_, _| ());
                }
            },
        }
    }

    fn heard(
        &self,
        exchange: Exchange,
        status: u16,
        envelope: Envelope<Body>,
        retry_after: Option<Duration>,
    ) {
        let reply = Reply {
            status,
            envelope,
            retry_after,
        };
        self.step(|connection, now| connection.response(now, exchange, reply));
    }

    fn drain(&self, now: Instant) {
        loop {
            let output = self.connection.borrow_mut().poll(now);
            match output {
                Some(output) => self.carry_out(output),
                None => break,
            }
        }
        self.set_timer(now);
        self.listen();
    }

    /// Listens for the decisions that calls wait for, and for no others.
    fn listen(&self) {
        let Some(relay) = &self.way.relay else {
            return;
        };
        let awaited = self.connection.borrow().awaits();
        let (listening, last) = &mut *self.listening.borrow_mut();
        listening.retain(|(ear, known)| {
            let wanted = awaited.contains(known);
            if !wanted {
                self.desk.unlisten(*ear);
            }
            wanted
        });
        for it in awaited {
            if listening.iter().all(|(_, known)| *known != it) {
                *last += 1;
                let (token, method) = (it.token.expose(), it.method.as_str());
                self.desk.listen(*last, relay, token, method);
                listening.push((*last, it));
            }
        }
    }

    fn carry_out(&self, output: Output<Body>) {
        match output {
            Output::Send(exchange, request) => {
                transport::send(&self.desk, self.way.fetch.as_ref(), exchange, &request);
            }
            Output::Abort(exchange) => self.desk.abort(exchange.call.0),
            Output::Done(CallId(call), outcome) => match outcome {
                Ok(Answer {
                    body,
                    status,
                    next,
                    total,
                }) => self
                    .desk
                    .resolve(call, &body.0, status, number(next), number(total)),
                Err(error) => self.desk.reject(call, &throwable(&error)),
            },
            Output::BatchDone(CallId(batch), outcome) => match outcome {
                Ok(finished) => self.tell_batch(batch, finished),
                Err(error) => self.desk.reject(batch, &throwable(&error)),
            },
            Output::Rows(CallId(list), rows) => {
                let (total, requests) = (number(rows.progress.total), rows.progress.requests);
                self.desk
                    .page(list, &rows.body.0, rows.only_new, total, requests);
            }
            Output::ListDone(CallId(list), outcome) => match outcome {
                Ok(progress) => {
                    let total = number(progress.total);
                    self.desk.end_list(list, total, progress.requests);
                }
                Err(error) => self.desk.reject(list, &throwable(&error)),
            },
            Output::Refresh(request) => self.refresh(&request),
            Output::Moved(origin) => {
                if let Some(on_moved) = &self.way.on_moved {
                    let host = Promise::resolve(&JsValue::from(origin.host()));
                    self.desk.consent(&glue::then(&host, on_moved));
                }
            }
            Output::Notice(notice) => {
                let (kind, event) = describe(&notice);
                self.desk.emit(kind, &event);
            }
        }
    }

    fn tell_batch(&self, batch: u32, finished: Finished<Body>) {
        for ((_, outcome), place) in finished.commands.into_iter().zip(0..) {
            match outcome {
                Outcome::Executed(Answer {
                    body,
                    status,
                    next,
                    total,
                }) => {
                    let (next, total) = (number(next), number(total));
                    self.desk
                        .executed(batch, place, &body.0, status, next, total);
                }
                Outcome::Failed(error) => self.desk.failed(batch, place, &throwable(&error)),
                Outcome::NotRun => {}
            }
        }
        self.desk.resolve_batch(batch);
    }

    /// Asks for a new token; the desk tells what came of it.
    fn refresh(&self, request: &RefreshRequest) {
        let renewed = match &self.refresher {
            Refresher::Function(function) => {
                glue::then(&Promise::resolve(&current(request)), function)
            }
            Refresher::Frame(frame) => frame.refresh(),
            Refresher::Nobody => return,
        };
        self.desk.renew(&renewed);
    }

    fn read_renewed(&self, given: &JsValue) -> Result<TokenUpdate, String> {
        match &self.refresher {
            Refresher::Frame(_) => {
                Frame::read_refresh(given).map_err(|error| error.message.clone())
            }
            _ => {
                read_update(given).map_err(|error| ["what refresh gave: ", &error.message].concat())
            }
        }
    }

    fn set_timer(&self, now: Instant) {
        let wake = self.connection.borrow().wake_at();
        let set = self.wakes_at.get();
        if set == wake || set.is_some_and(|set| wake.is_some_and(|wake| set <= wake)) {
            return;
        }
        self.wakes_at.set(wake);
        let millis = |wake: Instant| i32::try_from((wake - now).as_millis()).unwrap_or(i32::MAX);
        self.desk.wake(wake.map(millis));
    }

    /// Ends all calls and the channel to the portal's page.
    pub(super) fn close(&self) {
        self.step(|connection, _| connection.close());
        if let Refresher::Frame(frame) = &self.refresher {
            frame.close();
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.desk.wake(None);
    }
}

fn read_call(
    method: &JsValue,
    text: &JsValue,
    options: &JsValue,
    start: Option<i64>,
) -> Result<Call, Error> {
    let mut call = read_method(method, text)?;
    portal_options::read_call(&mut call, options)?;
    call.start = start.or(call.start);
    Ok(call)
}

fn read_method(method: &JsValue, text: &JsValue) -> Result<Call, Error> {
    let method = modes::method(method)?;
    let params = Params::written_by_stringify(text.as_string().unwrap_or_default())?;
    Ok(Call::of(method, params))
}

fn number(value: Option<u64>) -> Option<f64> {
    value.map(|value| value as f64)
}

fn whole(number: f64) -> Option<u64> {
    (number >= 0.0 && number.trunc() == number).then_some(number as u64)
}

/// The token in use, as the caller's function gets it.
fn current(request: &RefreshRequest) -> JsValue {
    let refresh = request.refresh.as_ref().map(|secret| secret.expose());
    Plain::Object(vec![
        ("accessToken", Plain::Text(request.access.expose())),
        ("refreshToken", refresh.into()),
    ])
    .to_js()
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

/// What listeners get: the kind of event, and the event.
fn describe(notice: &Notice) -> (&'static str, JsValue) {
    let (kind, event) = match notice {
        Notice::Confirmation(confirmation) => ("confirmation", confirmation.into()),
        Notice::Warning {
            method,
            message,
            decision,
        } => {
            let method = method.as_ref().map(|method| method.as_str());
            let decision = decision.as_ref().map_or(Plain::Absent, Plain::from);
            let members = vec![
                ("message", Plain::Text(message)),
                ("method", method.into()),
                ("decision", decision),
            ];
            ("warning", Plain::Object(members))
        }
        Notice::Throttle { method, until } => {
            let members = vec![
                ("method", Plain::Text(method.as_str())),
                ("until", Plain::Number(until.as_millis() as f64)),
            ];
            ("throttle", Plain::Object(members))
        }
        Notice::Token { expires_at } => {
            let number = |at: Instant| Plain::Number(at.as_millis() as f64);
            let expires_at = expires_at.map_or(Plain::Absent, number);
            ("token", Plain::Object(vec![("expiresAt", expires_at)]))
        }
    };
    (kind, event.to_js())
}
