//! The load limiter: the run time of each method, per app or webhook, over ten minutes.

use std::collections::{BTreeMap, HashMap};

use crate::http::UnixMs;

const MINUTE: UnixMs = 60_000;
const MINUTES: u64 = 10;
/// Calls up to this many milliseconds are not counted.
const UNCOUNTED: u64 = 100;

/// Milliseconds of work by (who, method), in buckets of a minute.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limiter {
    buckets: HashMap<(String, String), BTreeMap<u64, u64>>,
}

impl Limiter {
    /// Adds a call's run time.
    pub(crate) fn record(&mut self, who: &str, method: &str, work: u64, now: UnixMs) {
        if work > UNCOUNTED {
            let minutes = self
                .buckets
                .entry((who.to_owned(), method.to_owned()))
                .or_default();
            *minutes.entry(now / MINUTE).or_default() += work;
        }
    }

    /// Seconds of work in the last ten minutes, and when (Unix seconds) the oldest bucket leaves.
    pub(crate) fn operating(&mut self, who: &str, method: &str, now: UnixMs) -> (f64, u64) {
        let minute = now / MINUTE;
        let Some(minutes) = self.buckets.get_mut(&(who.to_owned(), method.to_owned())) else {
            return (0.0, (minute + MINUTES) * 60);
        };
        minutes.retain(|at, _| at + MINUTES > minute);
        let oldest = minutes.keys().next().copied().unwrap_or(minute);
        (
            minutes.values().sum::<u64>() as f64 / 1000.0,
            (oldest + MINUTES) * 60,
        )
    }
}
