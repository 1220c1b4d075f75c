//! Calls that wait for a confirmation: how long until they are repeated, and what wakes them before.

use std::time::Duration;

use crate::bitrix24::engine::call::Stage;
use crate::bitrix24::engine::connection::Connection;
use crate::bitrix24::rights::method::MethodName;
use crate::bitrix24::wire::envelope::Payload;
use crate::bitrix24::wire::event::MethodConfirm;
use crate::secret::Secret;
use crate::time::Instant;

/// The finding that an event could not be checked.
const UNCHECKED_EVENT: u64 = 0;

/// Seconds between one repetition and the next; the last goes on. A person has to read a message
/// and decide, so it starts slow; the portal's budget is shared, so it slows down.
const SECONDS: [u64; 6] = [5, 8, 13, 21, 34, 60];

/// The wait of one call for its confirmation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    repeats: usize,
    /// When the caller gives up.
    pub(super) until: Option<Instant>,
    /// An event said that the decision is there.
    pub(super) woken: bool,
}

impl Wait {
    pub(super) fn until(until: Option<Instant>) -> Self {
        Self {
            repeats: 0,
            until,
            woken: false,
        }
    }

    /// When to repeat the call that was just told to wait.
    pub(super) fn next_repeat(&mut self, now: Instant) -> Instant {
        if std::mem::take(&mut self.woken) {
            return now;
        }
        let [.., slowest] = SECONDS;
        let seconds = SECONDS.get(self.repeats).copied().unwrap_or(slowest);
        self.repeats += 1;
        now + Duration::from_secs(seconds)
    }
}

/// A confirmation that calls wait for.
///
/// ```
/// use callgate::bitrix24::engine::Awaited;
/// use callgate::bitrix24::rights::method::MethodName;
/// use callgate::secret::Secret;
/// let method = MethodName::parse("voximplant.user.get").unwrap();
/// let awaited = Awaited { token: Secret::new("tok"), method };
/// assert_eq!(awaited.clone(), awaited);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The token whose confirmation it is.
    pub token: Secret,
    /// The method.
    pub method: MethodName,
}

impl<B: Payload> Connection<B> {
    /// The confirmations that calls wait for at present, each once.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Config, Connection};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// assert!(connection.awaits().is_empty());
    /// ```
    pub fn awaits(&self) -> Vec<Awaited> {
        let mut awaited = Vec::new();
        for (_, running) in self.calls.iter() {
            if let (Some(_), Some(held)) = (&running.wait, &running.token) {
                let it = Awaited {
                    token: held.token.access.clone(),
                    method: running.call.method.clone(),
                };
                if !awaited.contains(&it) {
                    awaited.push(it);
                }
            }
        }
        awaited
    }

    /// Tells of an administrator's decision. Nothing is believed: a wait that it concerns repeats
    /// its call at once, and the portal's answer decides. True when it woke a wait; false for an
    /// event with another application token, or for a token or method that nobody waits for.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Config, Connection, Notice, Output, Token};
    /// # use callgate::bitrix24::wire::{address::Origin, event::MethodConfirm, form};
    /// # use callgate::secret::Secret;
    /// # use callgate::time::Instant;
    /// # let token = Token { access: Secret::new("tok"), refresh: None, expires_at: None };
    /// # let origin = Origin::parse("portal.example").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_token(Config::default(), origin, token, false);
    /// let event = MethodConfirm::read(&form::read(
    ///     "event=ONAPPMETHODCONFIRM&data[TOKEN]=tok&data[METHOD]=voximplant.user.get\
    ///      &data[CONFIRMED]=1&auth[application_token]=app",
    /// ));
    /// let now = Instant::from_millis(0);
    /// assert!(!connection.event(now, &event.unwrap()));
    /// assert!(matches!(connection.poll(now), Some(Output::Notice(Notice::Warning { .. }))));
    /// ```
    pub fn event(&mut self, now: Instant, event: &MethodConfirm) -> bool {
        if self.config.application_token.is_none() {
            let message = "an event came, but no applicationToken is set to check it with: it is \
                           ignored";
            self.warn(UNCHECKED_EVENT, None, message.to_owned(), None);
            return false;
        }
        if !self.is_from_portal(&event.application_token, event.member_id.as_deref()) {
            return false;
        }
        let awaited = Awaited {
            token: event.token.clone(),
            method: event.method.clone(),
        };
        self.decided(now, &awaited)
    }

    /// Tells that somebody says that an administrator has decided. Nothing is believed: the calls
    /// that wait for it are repeated at once. True when there are any.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Awaited, Config, Connection};
    /// # use callgate::bitrix24::rights::method::MethodName;
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::secret::Secret;
    /// # use callgate::time::Instant;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// # let method = MethodName::parse("voximplant.user.get").unwrap();
    /// let awaited = Awaited { token: Secret::new("tok"), method };
    /// assert!(!connection.decided(Instant::from_millis(0), &awaited));
    /// ```
    pub fn decided(&mut self, now: Instant, awaited: &Awaited) -> bool {
        let mut woken = false;
        for running in self.calls.values_mut() {
            let (Some(wait), Some(held)) = (&mut running.wait, &running.token) else {
                continue;
            };
            if running.call.method != awaited.method || held.token.access != awaited.token {
                continue;
            }
            woken = true;
            match running.stage {
                Stage::Parked { .. } => running.stage = Stage::Parked { wake_at: now },
                _ => wait.woken = true,
            }
        }
        if woken {
            self.wake_by(now);
        }
        woken
    }
}
