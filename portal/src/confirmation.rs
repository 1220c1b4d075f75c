//! Method calls that an administrator has to confirm: the state kept for (access token, method),
//! the notification that asks for it, and the event that tells the app.
//!
//! The state is part of the portal's record of the token. It is written before the event is sent,
//! so a call that comes in from the event's handler sees it. The notification is another thing: it
//! stays in the administrator's chat even when the record is gone.

use indexmap::IndexMap;

use crate::{failure::Failure, http::UnixMs};

/// How long the portal keeps the record of a token, counted from its last change.
const RECORD_LIFE: UnixMs = 3_600_000;

/// What the record of a token says of one method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Waiting,
    Granted,
    Denied,
}

/// The states of one token, by method.
#[derive(Debug, Clone, Default)]
pub(crate) struct States {
    by_method: IndexMap<String, (Verdict, UnixMs)>,
}

impl States {
    /// The state of a method, unless its record has gone.
    pub(crate) fn get(&self, method: &str, now: UnixMs) -> Option<Verdict> {
        self.by_method
            .get(method)
            .filter(|(_, written)| now.saturating_sub(*written) <= RECORD_LIFE)
            .map(|(verdict, _)| *verdict)
    }

    pub(crate) fn write(&mut self, method: &str, verdict: Verdict, now: UnixMs) {
        self.by_method.insert(method.to_owned(), (verdict, now));
    }

    pub(crate) fn remove(&mut self, method: &str) {
        self.by_method.shift_remove(method);
    }

    /// What a flush of the portal's cache does.
    pub(crate) fn forget(&mut self) {
        self.by_method.clear();
    }
}

/// The notification in the administrator's chat.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) token: String,
    pub(crate) method: String,
    pub(crate) since: UnixMs,
    /// How often the administrators were asked.
    pub(crate) notifications: u32,
    pub(crate) answer: Option<bool>,
}

/// All notifications, in the order in which they were first sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notices {
    sent: Vec<Notice>,
}

impl Notices {
    /// Sends a notification; one that is still unanswered is sent again, an answered one anew.
    pub(crate) fn send(&mut self, token: &str, method: &str, now: UnixMs) {
        match self.find(token, method) {
            Some(notice) if notice.answer.is_none() => notice.notifications += 1,
            Some(notice) => {
                *notice = Notice {
                    since: now,
                    notifications: 1,
                    answer: None,
                    ..notice.clone()
                }
            }
            None => self.sent.push(Notice {
                token: token.to_owned(),
                method: method.to_owned(),
                since: now,
                notifications: 1,
                answer: None,
            }),
        }
    }

    /// The notification about this token and method.
    pub(crate) fn find(&mut self, token: &str, method: &str) -> Option<&mut Notice> {
        self.sent
            .iter_mut()
            .find(|notice| notice.token == token && notice.method == method)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Notice> {
        self.sent.iter()
    }
}

/// The answer while nobody has decided.
pub(crate) fn waiting() -> Failure {
    Failure::new(401, "METHOD_CONFIRM_WAITING", "Waiting for confirmation")
}

/// The answer after an administrator said no, for the rest of the token's life.
pub(crate) fn denied() -> Failure {
    Failure::new(403, "METHOD_CONFIRM_DENIED", "Method call denied")
}
