//! How long to wait before a waiting call is repeated.

use std::time::Duration;

use crate::time::Instant;

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
