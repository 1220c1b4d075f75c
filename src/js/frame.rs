//! The channel to the portal's page, which the application's window is framed in.
//!
//! Only the parent window with the portal's origin is heard, and only to it is anything sent.
//! `channel.js` listens, posts and waits; how messages are written stands in `wire/frame.rs`.

use js_sys::{Array, JSON, Promise};
use wasm_bindgen::prelude::*;

use crate::bitrix24::engine::{Config, Connection, Token, TokenUpdate};
use crate::bitrix24::wire::address::{Endpoint, Origin};
use crate::bitrix24::wire::frame::{self, Command, FrameAuth, FrameName};
use crate::error::{Error, Kind, Ran};
use crate::js::driver::{Driver, Refresher, now};
use crate::js::errors::throwable;
use crate::js::face::once;
use crate::js::glue::{self, Channel};
use crate::js::options::Options;
use crate::js::portal::{Portal, hand_over};
use crate::js::portal_options::{self, with_common};
use crate::js::transport::Way;
use crate::value::Value;

/// Whom an application in a frame speaks to, and how it is written. Not for callers.
#[wasm_bindgen]
#[derive(Clone)]
pub struct FrameLink(FrameName);

#[wasm_bindgen]
impl FrameLink {
    /// Reads `window.name`. Of the options it takes `allowedPortals`: hosts or origins, as a list or
    /// as a text with commas; without them any portal is taken.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue) -> Result<FrameLink, JsValue> {
        Self::open(&Options::lenient(options)).map_err(|error| throwable(&error))
    }

    /// The portal's origin.
    #[wasm_bindgen(getter)]
    pub fn origin(&self) -> String {
        self.0.origin.as_str().to_owned()
    }

    /// A command as it is posted.
    pub fn write(&self, command: &str, json: &str, callback: &str) -> Result<JsValue, JsValue> {
        match frame::command(command, json, callback, &self.0.sid) {
            Command::Text(text) => Ok(text.into()),
            Command::Object(json) => JSON::parse(&json),
        }
    }

    /// The callback that a message answers, and the JSON.
    pub fn read(&self, message: &str) -> Option<Array> {
        let (callback, json) = frame::answer(message)?;
        Some(Array::of2(&callback.into(), &json.into()))
    }

    /// The portal behind a channel, by what its page says of itself.
    pub fn portal(&self, channel: Channel, init: &str) -> Result<JsValue, JsValue> {
        read_how(&Options::lenient(&JsValue::UNDEFINED))
            .and_then(|how| self.connect(channel, init, how))
            .map_err(|error| throwable(&error))
    }

    /// Has a portal's token replaced, unless that is being done.
    pub fn renew(portal: &Portal) {
        portal.renew();
    }
}

/// How the portal behind a channel is dealt with.
type How = (Config, Way);

impl FrameLink {
    fn open(options: &Options<'_>) -> Result<Self, Error> {
        let outside = |message: &str| {
            let code = "CALLGATE_NOT_IN_FRAME";
            Err(Error::new(code, Kind::Invalid, Ran::No, message))
        };
        let allowed = options.texts("allowedPortals")?;
        let Some(name) = glue::window_name() else {
            return outside(
                "there is no window here: an application in a frame is a page that a portal frames",
            );
        };
        let name = FrameName::parse(&name)?;
        if !glue::is_framed() {
            return outside("the page isn't framed: open the application from the portal");
        }
        let mut is_allowed = allowed.is_none();
        for portal in allowed.iter().flat_map(|list| list.split(',')) {
            let portal = portal.trim();
            if !is_allowed && !portal.is_empty() {
                is_allowed = Origin::read("allowedPortals", portal)? == name.origin;
            }
        }
        if !is_allowed {
            let words = [name.origin.as_str(), " is not among allowedPortals"].concat();
            let code = "CALLGATE_PORTAL_NOT_ALLOWED";
            return Err(Error::new(code, Kind::Invalid, Ran::No, words));
        }
        Ok(Self(name))
    }

    fn connect(&self, channel: Channel, init: &str, how: How) -> Result<JsValue, Error> {
        let frame = Frame {
            channel: channel.clone(),
        };
        let (auth, token) = read_auth(init)?;
        let endpoint = Endpoint::at_path(self.0.origin.clone(), &auth.path);
        let (mut config, way) = how;
        config.member_id = auth.member_id;
        let connection = Connection::at_endpoint(config, endpoint, token, true);
        let refresher = Refresher::Frame(frame);
        let portal = hand_over(Driver::new(connection, way, refresher));
        glue::attach(&portal, &channel, init);
        Ok(portal)
    }
}

/// `Portal.frame`.
pub(super) fn open(options: &JsValue) -> Result<Promise, Error> {
    let options = Options::new(
        options,
        with_common!(
            "allowedPortals",
            "handshakeTimeout",
            "applicationToken",
            "relay"
        ),
    )?;
    let how = read_how(&options)?;
    let timeout = options.millis("handshakeTimeout")?;
    let link = FrameLink::open(&options)?;
    let channel = Channel::new(&link.clone().into());
    let told = channel.handshake(timeout.map(|millis| millis as f64));
    let opened = once(Box::new(move |told| {
        let Some(init) = told.as_string() else {
            channel.close();
            return Err(told);
        };
        link.connect(channel, &init, how)
            .map_err(|error| throwable(&error))
    }));
    Ok(glue::then(&told, &opened))
}

fn read_how(options: &Options<'_>) -> Result<How, Error> {
    let mut config = portal_options::read_config(options)?;
    config.asks_for_scopes = true;
    Ok((config, portal_options::read_way(options)?))
}

/// The portal's page, to those who have its portal.
pub(super) struct Frame {
    channel: Channel,
}

impl Frame {
    /// Asks for a new token: [`read_refresh`](Self::read_refresh) takes what comes.
    pub(super) fn refresh(&self) -> Promise {
        self.channel.refresh()
    }

    pub(super) fn read_refresh(told: &JsValue) -> Result<TokenUpdate, Error> {
        let (_, token) = read_auth(&told.as_string().unwrap_or_default())?;
        Ok(TokenUpdate { token, scope: None })
    }

    /// Ends the channel.
    pub(super) fn close(&self) {
        self.channel.close();
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        self.close();
    }
}

/// Reads the JSON text that the page answered.
fn read_auth(text: &str) -> Result<(FrameAuth, Token), Error> {
    let reply = Value::from_json(text).map_err(|malformed| unexpected(&malformed.in_words()))?;
    let auth = FrameAuth::read(&reply).ok_or_else(|| unexpected("has no AUTH_ID"))?;
    let life = auth.expires_in.map(std::time::Duration::from_secs);
    let token = Token {
        access: auth.access.clone(),
        refresh: None,
        expires_at: life.map(|life| now() + life),
    };
    Ok((auth, token))
}

fn unexpected(what: &str) -> Error {
    let words = ["the answer of the portal's page ", what].concat();
    Error::new("CALLGATE_FRAME_ANSWER", Kind::Protocol, Ran::No, words)
}
