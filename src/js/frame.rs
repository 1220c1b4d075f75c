//! The channel to the portal's page, which the application's window is framed in.
//!
//! Only the parent window with the portal's origin is heard, and only to it is anything sent. A
//! command that is never answered ends in a timeout.

use std::cell::Cell;
use std::time::Duration;

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::bitrix24::engine::{Token, TokenUpdate};
use crate::bitrix24::wire::address::Origin;
use crate::bitrix24::wire::frame::{self, FrameAuth, FrameName};
use crate::error::{Error, Kind, Ran};
use crate::js::driver::now;
use crate::js::glue::{self, Channel};
use crate::text::push_number;
use crate::value::Value;

/// How long the portal's page may take to answer, unless the caller says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What asks the portal's page for the authorization with which the application was opened.
const HANDSHAKE: &str = "getInitData";

/// What asks it for a new token.
const REFRESH: &str = "refreshAuth";

/// An open channel.
pub(super) struct Frame {
    channel: Channel,
    name: FrameName,
    commands: Cell<u32>,
}

impl Frame {
    /// Opens the channel that `window.name` speaks of. `allowed` is a list of portals' hosts or
    /// origins, separated by commas; without one any portal is taken.
    pub(super) fn open(allowed: Option<&str>) -> Result<Self, Error> {
        let outside = |message: &str| {
            let code = "CALLGATE_NOT_IN_FRAME";
            Err(Error::new(code, Kind::Invalid, Ran::No, message))
        };
        let Some(name) = glue::window_name() else {
            return outside(
                "there is no window here: Portal.frame works in a page that a portal frames",
            );
        };
        let name = FrameName::parse(&name)?;
        if !glue::is_framed() {
            return outside("the page isn't framed: open the application from the portal");
        }
        let mut is_allowed = allowed.is_none();
        for portal in allowed.into_iter().flat_map(|list| list.split(',')) {
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
        Ok(Self {
            channel: Channel::new(name.origin.as_str()),
            name,
            commands: Cell::new(0),
        })
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.name.origin
    }

    /// Asks for the authorization with which the application was opened:
    /// [`read_handshake`](Self::read_handshake) takes what comes.
    pub(super) fn handshake(&self, timeout: Option<Duration>) -> Promise {
        self.ask(HANDSHAKE, "", timeout.unwrap_or(TIMEOUT))
    }

    pub(super) fn read_handshake(answer: &JsValue) -> Result<(FrameAuth, Token), Error> {
        read_auth(HANDSHAKE, answer)
    }

    /// Asks for a new token: [`read_refresh`](Self::read_refresh) takes what comes.
    pub(super) fn refresh(&self) -> Promise {
        self.ask(REFRESH, "{}", TIMEOUT)
    }

    pub(super) fn read_refresh(answer: &JsValue) -> Result<TokenUpdate, Error> {
        let (_, token) = read_auth(REFRESH, answer)?;
        Ok(TokenUpdate { token, scope: None })
    }

    /// Ends the channel. Commands under way end in their timeouts.
    pub(super) fn close(&self) {
        self.channel.close();
    }

    fn ask(&self, command: &str, json: &str, timeout: Duration) -> Promise {
        self.commands.set(self.commands.get() + 1);
        let mut id = "callgate".to_owned();
        push_number(self.commands.get().into(), &mut id);
        let message = frame::command(command, json, &id, &self.name.sid);
        let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        self.channel.ask(&message, &id, millis)
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        self.close();
    }
}

/// Reads the JSON text that answered a command, or undefined, if nothing did.
fn read_auth(command: &str, answer: &JsValue) -> Result<(FrameAuth, Token), Error> {
    let Some(text) = answer.as_string() else {
        let words = ["the portal's page didn't answer ", command, " in time"].concat();
        let mut error = Error::new("CALLGATE_FRAME_SILENT", Kind::Timeout, Ran::No, words);
        error.retryable = true;
        return Err(error);
    };
    let reply = Value::from_json(&text).map_err(|malformed| unexpected(&malformed.in_words()))?;
    let auth = FrameAuth::read(&reply).ok_or_else(|| unexpected("has no AUTH_ID"))?;
    let life = auth.expires_in.map(Duration::from_secs);
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
