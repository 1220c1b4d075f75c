//! A call on its way through a connection.

use std::sync::Arc;
use std::time::Duration;

use crate::bitrix24::engine::budget::Class;
use crate::bitrix24::engine::list::PageId;
use crate::bitrix24::engine::retry::Tries;
use crate::bitrix24::engine::token::Held;
use crate::bitrix24::engine::waiting::Wait;
use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::params::Params;
use crate::error::{Error, Ran};
use crate::time::Instant;

pub use crate::exchange::{CallId, Exchange};

/// What a caller wants: a method, its parameters, and how to go about it.
///
/// ```
/// use callgate::bitrix24::engine::{Call, OnWaiting};
/// let mut call = Call::new("voximplant.user.get", r#"{"USER_ID":1}"#).unwrap();
/// call.on_waiting = OnWaiting::Wait { timeout: None };
/// ```
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: MethodName,
    /// Its parameters.
    pub params: Params,
    /// The same parameters as a form, which version 2 then gets as it stands. It is how the portal's
    /// own library calls, and as there a token that the portal refuses without its having expired
    /// (`invalid_token`) isn't replaced: the caller hears of it.
    pub form: Option<String>,
    /// The REST version; without one the catalogue's, and 2 for a method that it doesn't know.
    pub version: Option<Version>,
    /// Which row of a list to begin with. It replaces a `start` among the parameters.
    pub start: Option<i64>,
    /// What to do when an administrator has to confirm the call first.
    pub on_waiting: OnWaiting,
    /// How long one HTTP exchange may take; without it the connection's own limit.
    pub timeout: Option<Duration>,
    /// Whether the call may be sent again when nobody knows whether it ran.
    pub idempotent: bool,
    /// A key under which the portal itself recognises a repetition (version 3).
    pub idempotency_key: Option<String>,
    /// Whether it is a piece of something long, which leaves most of the request budget to others.
    pub bulk: bool,
}

impl Call {
    /// A call with the defaults: it rejects when it has to be confirmed, and is not idempotent.
    ///
    /// # Errors
    ///
    /// As [`MethodName::parse`] and [`Params::parse`].
    ///
    /// ```
    /// use callgate::bitrix24::engine::Call;
    /// assert!(Call::new("", "{}").is_err());
    /// ```
    pub fn new(method: &str, params: &str) -> Result<Self, crate::error::Error> {
        Ok(Self::of(MethodName::parse(method)?, Params::parse(params)?))
    }

    pub(crate) fn of(method: MethodName, params: Params) -> Self {
        Self {
            method,
            params,
            form: None,
            version: None,
            start: None,
            on_waiting: OnWaiting::Reject,
            timeout: None,
            idempotent: false,
            idempotency_key: None,
            bulk: false,
        }
    }

    /// Whether to run it twice does no harm.
    pub(super) fn is_harmless(&self) -> bool {
        self.idempotent || self.method.only_reads()
    }

    pub(super) fn class(&self) -> Class {
        match (self.bulk, self.method.only_reads()) {
            (true, _) => Class::Bulk,
            (false, true) => Class::Read,
            (false, false) => Class::Write,
        }
    }
}

/// What to do when an administrator has to confirm a call first.
///
/// ```
/// use callgate::bitrix24::engine::OnWaiting;
/// assert_ne!(OnWaiting::Reject, OnWaiting::Wait { timeout: None });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnWaiting {
    /// End with an error of kind `waiting`.
    #[default]
    Reject,
    /// Keep the token, and repeat the call until it gets another answer or its token ends.
    Wait {
        /// How long at most, from the first answer on; without it, as long as the token lives.
        timeout: Option<Duration>,
    },
}

/// What a call brought.
///
/// ```
/// use callgate::bitrix24::engine::Answer;
/// let answer = Answer { body: "…", status: 200, next: Some(50), total: Some(120) };
/// assert!(answer.next.is_some());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<B> {
    /// The whole body; its member `result` is the result.
    pub body: B,
    /// The HTTP status.
    pub status: u16,
    /// Where the next page begins.
    pub next: Option<u64>,
    /// How many rows there are in all.
    pub total: Option<u64>,
}

/// A call that has not ended.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) call: Call,
    pub(super) version: Version,
    pub(super) stage: Stage,
    /// The token of its last request; `None` before the first, and for a webhook.
    pub(super) token: Option<Arc<Held>>,
    /// Its exchanges so far.
    pub(super) attempts: u32,
    /// A fresh token has been asked for on its behalf.
    pub(super) refreshed: bool,
    /// Its repetitions after failures.
    pub(super) tries: Tries,
    /// A request of it got no answer that says what happened, so it may have run.
    pub(super) lost: bool,
    /// Its listeners were told that it is held back.
    pub(super) throttled: bool,
    /// It was sent again because the portal had moved.
    pub(super) moved: bool,
    /// Once it has been told to wait for a confirmation, and does.
    pub(super) wait: Option<Wait>,
    pub(super) owner: Owner,
}

impl Running {
    pub(super) fn new(call: Call, version: Version, owner: Owner) -> Self {
        Self {
            call,
            version,
            stage: Stage::Queued { until: None },
            token: None,
            attempts: 0,
            refreshed: false,
            tries: Tries::default(),
            lost: false,
            throttled: false,
            moved: false,
            wait: None,
            owner,
        }
    }

    /// When its wait for a confirmation ends, if nobody decides before.
    pub(super) fn waits_until(&self) -> Option<Instant> {
        let token = self.token.as_ref();
        let token_ends = token.and_then(|held| held.token.expires_at);
        self.wait?.until.into_iter().chain(token_ends).min()
    }

    /// Its error, without the word that it didn't run if it may have before: an answer of the
    /// portal's speaks for its own request alone.
    pub(super) fn owns_up(&self, mut error: Error) -> Error {
        if self.lost && error.ran == Ran::No {
            error.ran = Ran::Unknown;
        }
        error
    }

    /// The method by whose confirmation its token is chosen.
    pub(super) fn confirmed_method(&self) -> &MethodName {
        match &self.owner {
            Owner::Request { confirmed, .. } => confirmed.as_ref().unwrap_or(&self.call.method),
            _ => self.method(),
        }
    }

    /// The method that it is about: a batch of a list's pages is about the list's.
    pub(super) fn method(&self) -> &MethodName {
        match &self.owner {
            Owner::Pages { method, .. } => method,
            _ => &self.call.method,
        }
    }
}

/// Whom a call's end concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Caller,
    /// Nobody: it is a question of the connection's own.
    Connection,
    /// A batch, of which it carries the commands at these places.
    Request {
        batch: CallId,
        places: Vec<usize>,
        /// Of their methods the first that is confirmed for an older token.
        confirmed: Option<MethodName>,
    },
    /// A batch, of which it is the command at this place.
    Command {
        batch: CallId,
        place: usize,
    },
    /// A list of this method, for which it asks for these pages with these parameters.
    Pages {
        list: CallId,
        method: MethodName,
        pages: Vec<(PageId, Params)>,
    },
}

impl Owner {
    pub(super) fn batch(&self) -> Option<CallId> {
        match self {
            Self::Request { batch, .. } | Self::Command { batch, .. } => Some(*batch),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> Option<CallId> {
        match self {
            Self::Pages { list, .. } => Some(*list),
            _ => None,
        }
    }
}

/// Where a running call stands, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It waits for its turn by the request budget; at that time its wait for a confirmation ends.
    Queued { until: Option<Instant> },
    /// It waits for a fresh token.
    AwaitingToken { deadline: Instant },
    /// It waits for its caller's word about the portal's new host.
    AwaitingConsent { deadline: Instant },
    /// Its request is out.
    Sent { deadline: Instant },
    /// It waits for a time: to be sent again, or for its method to be let work again.
    Pausing { until: Instant },
    /// It waits for a confirmation; at that time it is repeated, or its wait ends.
    Parked { wake_at: Instant },
}

impl Stage {
    pub(super) fn wakes_at(self) -> Option<Instant> {
        match self {
            Self::Queued { until } => until,
            Self::AwaitingToken { deadline }
            | Self::AwaitingConsent { deadline }
            | Self::Sent { deadline } => Some(deadline),
            Self::Pausing { until } => Some(until),
            Self::Parked { wake_at } => Some(wake_at),
        }
    }
}
