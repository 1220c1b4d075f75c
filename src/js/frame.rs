//! The channel to the portal's page, which the application's window is framed in.
//!
//! Only the parent window with the portal's origin is heard, and only to it is anything sent. A
//! command that is never answered ends in a timeout.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MessageEvent, Window};

use crate::bitrix24::engine::{Token, TokenUpdate};
use crate::bitrix24::wire::address::Origin;
use crate::bitrix24::wire::frame::{self, FrameAuth, FrameName};
use crate::error::{Error, Kind, Ran};
use crate::js::driver::now;
use crate::js::glue;
use crate::js::options;
use crate::value::Value;

/// How long the portal's page may take to answer, unless the caller says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An open channel.
pub(super) struct Frame {
    window: Window,
    parent: Window,
    name: FrameName,
    /// Commands without an answer: their ids, and the functions that settle them.
    waiting: RefCell<Vec<(String, Function)>>,
    commands: Cell<u32>,
    listener: Closure<dyn Fn(MessageEvent)>,
}

impl Frame {
    /// Opens the channel that `window.name` speaks of. `allowed` is a list of portals' hosts or
    /// origins, separated by commas; without one any portal is taken.
    pub(super) fn open(allowed: Option<&str>) -> Result<Rc<Self>, Error> {
        let outside = |message: &str| {
            let code = "CALLGATE_NOT_IN_FRAME";
            Error::new(code, Kind::Invalid, Ran::No, message)
        };
        let window = web_sys::window().ok_or_else(|| {
            outside("there is no window here: Portal.frame works in a page that a portal frames")
        })?;
        let name = FrameName::parse(&window.name().unwrap_or_default())?;
        let parent = window
            .parent()
            .ok()
            .flatten()
            .filter(|parent| *parent != window);
        let parent = parent.ok_or_else(|| {
            outside("the page isn't framed: open the application from the portal")
        })?;
        if let Some(allowed) = allowed {
            let parse = |portal: &str| {
                Origin::parse(portal).map_err(|error| {
                    let why = error.message.trim_start_matches("domain: ");
                    options::wrong("allowedPortals", why)
                })
            };
            let portals = allowed.split(',').map(str::trim);
            let mut origins = portals.filter(|portal| !portal.is_empty()).map(parse);
            let matches = |known: Origin| (known == name.origin).then_some(());
            let found = origins.try_fold(false, |found, origin| {
                Ok::<_, Error>(found || matches(origin?).is_some())
            });
            if !found? {
                let words = [name.origin.as_str(), " is not among allowedPortals"];
                let code = "CALLGATE_PORTAL_NOT_ALLOWED";
                let words = words.concat();
                return Err(Error::new(code, Kind::Invalid, Ran::No, words));
            }
        }
        let frame = Rc::new_cyclic(|weak: &Weak<Self>| {
            let weak = weak.clone();
            let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event| {
                if let Some(frame) = weak.upgrade() {
                    frame.hear(&event);
                }
            });
            Self {
                window,
                parent,
                name,
                waiting: RefCell::new(Vec::new()),
                commands: Cell::new(0),
                listener,
            }
        });
        let listener = frame.listener.as_ref().unchecked_ref();
        let listening = frame
            .window
            .add_event_listener_with_callback("message", listener);
        listening.map_err(|_| outside("the window takes no listener"))?;
        Ok(frame)
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.name.origin
    }

    /// Asks for the authorization with which the application was opened.
    pub(super) async fn handshake(
        &self,
        timeout: Option<Duration>,
    ) -> Result<(FrameAuth, Token), Error> {
        let reply = self
            .ask("getInitData", "", timeout.unwrap_or(TIMEOUT))
            .await?;
        read_auth(&reply)
    }

    /// Asks for a new token.
    pub(super) async fn refresh(&self) -> Result<TokenUpdate, String> {
        let reply = self.ask("refreshAuth", "{}", TIMEOUT).await;
        let (_, token) = reply
            .and_then(|reply| read_auth(&reply))
            .map_err(|error| error.message.clone())?;
        Ok(TokenUpdate { token, scope: None })
    }

    /// Ends the channel. Commands under way end in their timeouts.
    pub(super) fn close(&self) {
        let listener = self.listener.as_ref().unchecked_ref();
        // The listener was added, so it can be removed.
        let _ = self
            .window
            .remove_event_listener_with_callback("message", listener);
    }

    async fn ask(&self, command: &str, json: &str, timeout: Duration) -> Result<Value, Error> {
        self.commands.set(self.commands.get() + 1);
        let id = ["callgate", &self.commands.get().to_string()].concat();
        let message = frame::command(command, json, &id, &self.name.sid);
        let mut timer = JsValue::UNDEFINED;
        let answer = Promise::new(&mut |resolve, _| {
            let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
            timer = glue::set_timeout(&resolve, millis);
            self.waiting.borrow_mut().push((id.clone(), resolve));
        });
        let sent = self
            .parent
            .post_message(&message.into(), self.name.origin.as_str());
        let answer = JsFuture::from(answer).await.ok().filter(|_| sent.is_ok());
        glue::clear_timeout(&timer);
        self.waiting
            .borrow_mut()
            .retain(|(waiting, _)| *waiting != id);
        let Some(text) = answer.and_then(|answer| answer.as_string()) else {
            let words = ["the portal's page didn't answer ", command, " in time"].concat();
            let mut error = Error::new("CALLGATE_FRAME_SILENT", Kind::Timeout, Ran::No, words);
            error.retryable = true;
            return Err(error);
        };
        Value::from_json(&text).map_err(|malformed| unexpected(&malformed.to_string()))
    }

    fn hear(&self, event: &MessageEvent) {
        let from_portal = event.origin() == self.name.origin.as_str()
            && event.source().is_some_and(|source| {
                AsRef::<JsValue>::as_ref(&source) == AsRef::<JsValue>::as_ref(&self.parent)
            });
        let Some(text) = event.data().as_string().filter(|_| from_portal) else {
            return;
        };
        let Some((id, json)) = frame::reply(&text) else {
            return;
        };
        let waiting = self.waiting.borrow();
        let resolve = waiting.iter().find(|(waiting, _)| waiting == id);
        let resolve = resolve.map(|(_, resolve)| resolve.clone());
        drop(waiting);
        if let Some(resolve) = resolve {
            // A promise's resolve throws nothing.
            let _ = resolve.call1(&JsValue::UNDEFINED, &json.into());
        }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        self.close();
    }
}

fn read_auth(reply: &Value) -> Result<(FrameAuth, Token), Error> {
    let auth = FrameAuth::read(reply).ok_or_else(|| unexpected("has no AUTH_ID"))?;
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
