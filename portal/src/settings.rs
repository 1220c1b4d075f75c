//! What a user of the test portal may set, apart from faults; and the request budget.

use serde_json::{Value, json};

use crate::http::UnixMs;

/// Switches that last until they are set again or the portal is reset.
///
/// ```
/// use callgate_portal::{Budget, Portal, Settings};
/// let mut portal = Portal::new();
/// portal.set(Settings { budget: Some(Budget { burst: 50.0, per_second: 2.0 }), ..Settings::default() });
/// assert_eq!(portal.settings().latency, 0);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Milliseconds before each answer of the REST and OAuth servers.
    pub latency: u64,
    /// Milliseconds of work for each command, an hour at most; a batch works for each of its commands.
    pub work: u64,
    /// The request bucket of the cloud's front end; none by default.
    pub budget: Option<Budget>,
    /// Statuses as the documentation has them where the wire differs.
    pub strict_statuses: bool,
    /// CORS headers on answers that PHP did not make (503, 302, HTML); off by default.
    pub front_cors: bool,
    /// Whether successes carry `time`; on by default.
    pub time: bool,
    /// Other characters than ASCII as `\uXXXX`, as older portals write them.
    pub escape_unicode: bool,
    /// Seconds of work in ten minutes after which a method is blocked; off by default, and then
    /// `time` has no `operating` keys.
    pub operating_limit: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            latency: 0,
            work: 0,
            budget: None,
            strict_statuses: false,
            front_cors: false,
            time: true,
            escape_unicode: false,
            operating_limit: None,
        }
    }
}

/// A leaky bucket: every request adds one, it drains steadily, and at `burst` it is full.
/// Ordinary plans have 50 and 2 per second, Enterprise 250 and 5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// How many requests the bucket holds.
    pub burst: f64,
    /// How many drain in a second.
    pub per_second: f64,
}

impl Settings {
    /// The work of a command, an hour at most, so that no sum of it can overflow.
    pub(crate) fn work(&self) -> u64 {
        self.work.min(3_600_000)
    }

    pub(crate) fn to_value(&self) -> Value {
        json!({
            "latency": self.latency,
            "work": self.work,
            "budget": self.budget.map(|budget| json!({"burst": budget.burst, "perSecond": budget.per_second})),
            "strictStatuses": self.strict_statuses,
            "frontCors": self.front_cors,
            "time": self.time,
            "escapeUnicode": self.escape_unicode,
            "operatingLimit": self.operating_limit,
        })
    }
}

/// The bucket's level. All callers share it: they all come from one address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bucket {
    level: f64,
    at: UnixMs,
}

impl Bucket {
    /// Takes a place in the bucket; a refused request takes none.
    pub(crate) fn admit(&mut self, budget: Budget, now: UnixMs) -> bool {
        let seconds = now.saturating_sub(self.at) as f64 / 1000.0;
        self.level = (self.level - seconds * budget.per_second).max(0.0);
        self.at = now;
        let fits = self.level + 1.0 <= budget.burst + 1e-9;
        if fits {
            self.level += 1.0;
        }
        fits
    }
}
