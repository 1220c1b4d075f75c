//! The class `Portal`. Its documentation for callers stands in `pkg/index.d.ts`.

use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::bitrix24::engine::{Call, Connection, Token};
use crate::bitrix24::rights::confirmation::Confirmation;
use crate::bitrix24::rights::grant::{Grant, Source};
use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::wire::address::{Origin, Webhook};
use crate::bitrix24::wire::event::{MethodConfirm, TokenScopes};
use crate::bitrix24::wire::form;
use crate::error::{Error, Kind, Ran};
use crate::js::driver::{Driver, Refresher, now};
use crate::js::errors::throwable;
use crate::js::face;
use crate::js::frame;
use crate::js::glue;
use crate::js::modes;
use crate::js::options::{self, Options};
use crate::js::plain::Plain;
use crate::js::portal_options::{self, with_common};
use crate::js::scopes::Scopes;
use crate::value::Value;

/// One client's dealings with one portal.
#[wasm_bindgen]
pub struct Portal(Rc<Driver>);

#[wasm_bindgen]
impl Portal {
    /// Through the portal's page, inside its frame.
    pub fn frame(options: &JsValue) -> Promise {
        frame::open(options).unwrap_or_else(|error| Promise::reject(&throwable(&error)))
    }

    /// With a token that the caller holds.
    pub fn token(options: &JsValue) -> Result<JsValue, JsValue> {
        with_token(options)
            .map(hand_over)
            .map_err(|error| throwable(&error))
    }

    /// Through an inbound webhook.
    pub fn webhook(url: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
        with_webhook(url, options)
            .map(hand_over)
            .map_err(|error| throwable(&error))
    }

    /// May it be called?
    pub fn check(
        &self,
        method: &JsValue,
        params: &JsValue,
        version: &JsValue,
    ) -> Result<JsValue, JsValue> {
        self.question(method, params, version)?.decide()
    }

    /// Asks the portal whether it may be called.
    pub fn ask(&self, method: &JsValue, params: &JsValue, version: &JsValue) -> Promise {
        match self.question(method, params, version) {
            Ok(question) => {
                let told = self.0.ask_about(&question.method);
                let decided = face::once(Box::new(move |_| question.decide()));
                glue::then(&told, &decided)
            }
            Err(error) => Promise::reject(&error),
        }
    }

    /// Calls a method.
    pub fn call(&self, method: &JsValue, params: &JsValue, options: &JsValue) -> Promise {
        match glue::params_text(params) {
            Ok(text) => self.0.call(method, text, options, None),
            Err(error) => Promise::reject(&error),
        }
    }

    /// Runs many calls in few requests.
    pub fn batch(&self, calls: &JsValue, options: &JsValue) -> Promise {
        match glue::batch_items(calls) {
            Ok(items) => self.0.batch(&items, options),
            Err(error) => Promise::reject(&error),
        }
    }

    /// All rows of a list.
    pub fn list(&self, method: &JsValue, params: &JsValue, options: &JsValue) -> JsValue {
        self.0.desk().list(method, params, options)
    }

    /// What is known to be granted.
    #[wasm_bindgen(getter)]
    pub fn grant(&self) -> JsValue {
        grant_view(&self.0)
    }

    /// What is granted beside what is required.
    #[wasm_bindgen(getter)]
    pub fn scopes(&self) -> Scopes {
        Scopes::of(&self.0)
    }

    /// Asks the portal what is granted.
    #[wasm_bindgen(js_name = loadGrant)]
    pub fn load_grant(&self) -> Promise {
        let driver = Rc::clone(&self.0);
        let question = driver.look(|connection, _| connection.grant_question());
        let method = question.method.as_str().into();
        let text = question.params.as_json().into();
        let (_, answer) = driver.submit(question, &method, &text, &JsValue::UNDEFINED);
        let learnt = face::once(Box::new(move |_| Ok(grant_view(&driver))));
        glue::then(&answer, &learnt)
    }

    /// How much of the request budget is used.
    #[wasm_bindgen(getter)]
    pub fn budget(&self) -> JsValue {
        let level = self.0.look(|connection, now| connection.budget(now));
        Plain::Object(vec![
            ("filled", Plain::Number(level.filled)),
            ("burst", Plain::Number(level.burst)),
            ("perSecond", Plain::Number(level.per_second)),
            ("waiting", Plain::Number(level.waiting as f64)),
        ])
        .to_js()
    }

    /// The confirmations heard of.
    #[wasm_bindgen(getter)]
    pub fn confirmations(&self) -> JsValue {
        self.0.look(|connection, now| {
            let known = connection.confirmations(now).iter();
            Plain::List(known.map(Plain::from).collect()).to_js()
        })
    }

    /// Takes in an OnAppMethodConfirm event.
    #[wasm_bindgen(js_name = applyEvent)]
    pub fn apply_event(&self, event: &JsValue) -> Result<bool, JsValue> {
        let text = glue::event_text(event)?;
        let value = match text.starts_with('{') {
            true => Value::from_json(&text).map_err(|malformed| {
                throwable(&Error::invalid(["event: ", &malformed.in_words()].concat()))
            })?,
            false => form::read(&text),
        };
        if let Some(told) = TokenScopes::read(&value) {
            self.0
                .step(|connection, now| connection.token_scopes(now, &told));
        }
        Ok(MethodConfirm::read(&value)
            .is_some_and(|event| self.0.step(|connection, now| connection.event(now, &event))))
    }

    /// Listens to what happens.
    pub fn on(&self, kind: &JsValue, listener: &JsValue) -> Result<JsValue, JsValue> {
        self.0.desk().on(kind, listener)
    }

    /// Ends all calls.
    pub fn close(&self) {
        self.0.close();
    }
}

/// A call as `BX24` makes it: with its parameters as a form. `heard` gets the status and the parsed
/// body of every answer, as far as there are any.
#[wasm_bindgen(js_name = callForm)]
#[allow(unreachable_pub, reason = "its reader is JavaScript")]
pub fn call_form(
    portal: &Portal,
    method: &JsValue,
    form: String,
    options: &JsValue,
    heard: &JsValue,
) -> Promise {
    let read = || {
        let (params, fits) = form::read_whole(&form);
        let params = Params::written_by_stringify(params.to_json())?;
        let mut call = Call::of(modes::method(method)?, params);
        portal_options::read_call(&mut call, options)?;
        call.version = call.version.or(Some(Version::V2));
        // What PHP would drop of a form arrives as JSON.
        call.form = fits.then_some(form);
        Ok(call)
    };
    match read() {
        Ok(call) => {
            let text = JsValue::UNDEFINED;
            let (id, answer) = portal.0.submit(call, method, &text, options);
            portal.0.desk().hear(id.0, heard);
            answer
        }
        Err(error) => Promise::reject(&throwable(&error)),
    }
}

/// What a caller wants a decision about.
struct Question {
    driver: Rc<Driver>,
    method: MethodName,
    params: Params,
    version: Option<Version>,
}

impl Question {
    fn decide(&self) -> Result<JsValue, JsValue> {
        let decide = |connection: &mut Connection<_>, now| {
            connection.check(now, &self.method, &self.params, self.version)
        };
        Ok(Plain::from(&self.driver.look(decide)).to_js())
    }
}

impl Portal {
    /// Has the token replaced, unless that is being done.
    pub(super) fn renew(&self) {
        self.0.step(|connection, _| connection.refresh());
    }

    fn question(
        &self,
        method: &JsValue,
        params: &JsValue,
        version: &JsValue,
    ) -> Result<Question, JsValue> {
        let text = glue::params_text(params)?;
        let read = || {
            Ok(Question {
                driver: Rc::clone(&self.0),
                method: modes::method(method)?,
                params: Params::written_by_stringify(text.as_string().unwrap_or_default())?,
                version: match version.is_undefined() || version.is_null() {
                    true => None,
                    false => Some(portal_options::version("version", version)?),
                },
            })
        };
        read().map_err(|error: Error| throwable(&error))
    }
}

/// Makes the object that the caller gets. The desk knows it, to keep it alive while calls need it.
pub(super) fn hand_over(driver: Rc<Driver>) -> JsValue {
    let portal = JsValue::from(Portal(Rc::clone(&driver)));
    driver.desk().belong_to(&portal);
    portal
}

fn grant_view(driver: &Driver) -> JsValue {
    driver.look(|connection, _| Plain::from(connection.grant()).to_js())
}

fn with_token(object: &JsValue) -> Result<Rc<Driver>, Error> {
    let options = Options::of(
        "Portal.token",
        object,
        with_common!(
            "domain",
            "accessToken",
            "refreshToken",
            "expiresAt",
            "memberId",
            "scope",
            "applicationToken",
            "refresh",
            "relay"
        ),
    )?;
    let origin = Origin::parse(&options.required("domain")?)?;
    let token = Token {
        access: options
            .secret("accessToken")?
            .ok_or_else(|| options::wrong("accessToken", "is missing"))?,
        refresh: options.secret("refreshToken")?,
        expires_at: options.instant("expiresAt")?,
    };
    let refresher = match options.function("refresh")? {
        Some(function) => Refresher::Function(function),
        None => Refresher::Nobody,
    };
    let can_refresh = matches!(refresher, Refresher::Function(_));
    let config = portal_options::read_config(&options)?;
    let mut connection = Connection::with_token(config, origin, token, can_refresh);
    if let Some(scope) = options.texts("scope")? {
        connection.learn_scopes(now(), &scope, Source::Given);
    }
    let way = portal_options::read_way(&options)?;
    Ok(Driver::new(connection, way, refresher))
}

fn with_webhook(url: &JsValue, object: &JsValue) -> Result<Rc<Driver>, Error> {
    let options = Options::new(object, with_common!("exposeSecretInBrowser"))?;
    if glue::runs_in_browser() && !options.flag("exposeSecretInBrowser")? {
        let message = "a webhook's secret would be in the hands of everybody who opens the page: \
                       call from a server, or set exposeSecretInBrowser";
        return Err(Error::new(
            "CALLGATE_WEBHOOK_IN_BROWSER",
            Kind::Invalid,
            Ran::No,
            message,
        ));
    }
    let url = url
        .as_string()
        .ok_or_else(|| options::wrong("url", "a text is wanted"))?;
    let webhook = Webhook::parse(&url)?;
    let connection = Connection::with_webhook(portal_options::read_config(&options)?, &webhook);
    let way = portal_options::read_way(&options)?;
    Ok(Driver::new(connection, way, Refresher::Nobody))
}

impl<'a> From<&'a Confirmation> for Plain<'a> {
    fn from(confirmation: &'a Confirmation) -> Self {
        Self::Object(vec![
            ("method", Self::Text(confirmation.method.as_str())),
            ("state", Self::Text(confirmation.state.as_str())),
            ("since", Self::Number(confirmation.since.as_millis() as f64)),
        ])
    }
}

impl<'a> From<&'a Grant> for Plain<'a> {
    fn from(grant: &'a Grant) -> Self {
        let scopes = grant.scopes().map_or(Self::Null, |scopes| {
            Self::List(scopes.iter().map(Self::Text).collect())
        });
        Self::Object(vec![
            ("scopes", scopes),
            ("source", Self::Text(grant.source().as_str())),
            ("asOf", Self::Number(grant.as_of().as_millis() as f64)),
        ])
    }
}
