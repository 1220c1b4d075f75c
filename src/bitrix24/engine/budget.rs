//! The request budget: how many requests the portal lets us make, and whose turn it is.
//!
//! The portal keeps a leaky bucket for each address: every request adds one, it drains steadily, and
//! a request that finds it full is refused with `QUERY_LIMIT_EXCEEDED`. When a request reaches the
//! portal nobody here knows: some time between its sending and its answer. So a request counts from
//! the moment it is sent and begins to drain only when its answer is in. The sum is never below the
//! portal's own level, whatever the network does, and in the long run nothing is lost by it.

use std::time::Duration;

use crate::bitrix24::engine::call::CallId;
use crate::error::Error;
use crate::time::Instant;

/// One request. Whole numbers keep every run alike.
const ONE: u64 = 1_000_000_000;
/// What drains in a millisecond at one request a second.
const PER_SECOND: f64 = 1_000_000.0;
const MOST: f64 = 1_000_000.0;
/// What the documentation asks for after a refusal.
const PAUSE: Duration = Duration::from_secs(1);
/// How long without a refusal until twice as much is tried again.
const RECOVERY: Duration = Duration::from_secs(10);
/// How often the pace is halved at most.
const SHYEST: u32 = 4;

/// The size of a portal's bucket, and how fast it drains.
///
/// ```
/// use callgate::bitrix24::engine::budget::Rate;
/// assert_eq!(Rate::new(50.0, 2.0).unwrap(), Rate::STANDARD);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    burst: u64,
    per_millisecond: u64,
}

impl Rate {
    /// What ordinary plans have: 50, and 2 a second.
    pub const STANDARD: Self = Self {
        burst: 50 * ONE,
        per_millisecond: 2_000_000,
    };
    /// What the plan Enterprise has: 250, and 5 a second.
    pub const ENTERPRISE: Self = Self {
        burst: 250 * ONE,
        per_millisecond: 5_000_000,
    };

    /// A bucket for `burst` requests of which `per_second` drain.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid` when `burst` isn't a number from 1 to 1,000,000, or `per_second`
    /// none from 0.001 to 1,000,000.
    ///
    /// ```
    /// use callgate::bitrix24::engine::budget::Rate;
    /// let error = Rate::new(0.0, 2.0).unwrap_err();
    /// assert_eq!(error.message, "budget.burst: must be a number from 1 to 1000000");
    /// ```
    pub fn new(burst: f64, per_second: f64) -> Result<Self, Error> {
        if !(1.0..=MOST).contains(&burst) {
            let message = "budget.burst: must be a number from 1 to 1000000";
            return Err(Error::invalid(message));
        }
        if !(0.001..=MOST).contains(&per_second) {
            let message = "budget.perSecond: must be a number from 0.001 to 1000000";
            return Err(Error::invalid(message));
        }
        Ok(Self {
            burst: (burst * ONE as f64) as u64,
            per_millisecond: (per_second * PER_SECOND) as u64,
        })
    }
}

/// What sort of request wants a turn. Each sort has a queue of its own, so that none starves: of
/// five turns that all three want, calls that write get two, calls that read two, and bulk one.
///
/// ```
/// use callgate::bitrix24::engine::budget::Class;
/// assert_ne!(Class::Read, Class::Bulk);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A call that may write.
    Write,
    /// A call that only reads.
    Read,
    /// A piece of something long: a list's page, one of many batches.
    Bulk,
}

/// How far a class's clock goes forward for each turn: the less, the more turns.
const STRIDES: [u64; 3] = [1, 1, 2];

/// The requests of a class that wait, in the order of their calls.
#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<CallId>,
    /// The class's clock: the class whose clock is furthest behind has the next turn.
    clock: u64,
}

/// The bucket as far as answers have told, drained up to a time.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    filled: u64,
    at: Instant,
    /// How often the pace is halved because others drink from the same bucket.
    halvings: u32,
    /// When that changed last.
    since: Instant,
}

impl Bucket {
    fn pace(&self, rate: Rate) -> u64 {
        (rate.per_millisecond >> self.halvings).max(1)
    }

    /// When the present pace ends, where it does.
    fn pace_ends(&self) -> Option<Instant> {
        (self.halvings > 0).then(|| self.since + RECOVERY)
    }

    fn drain(&mut self, rate: Rate, until: Instant) {
        let millis = u64::try_from((until - self.at).as_millis()).unwrap_or(u64::MAX);
        let drained = millis.saturating_mul(self.pace(rate));
        self.filled = self.filled.saturating_sub(drained);
        self.at = self.at.max(until);
    }

    fn quicken(&mut self, at: Instant) {
        self.halvings = self.halvings.saturating_sub(1);
        self.since = at;
    }

    fn pass(&mut self, rate: Rate, now: Instant) {
        while let Some(end) = self.pace_ends().filter(|end| *end <= now) {
            self.drain(rate, end);
            self.quicken(end);
        }
        self.drain(rate, now);
    }

    /// When no more than `target` is left.
    fn falls_to(mut self, target: u64, rate: Rate) -> Instant {
        loop {
            let millis = self.filled.saturating_sub(target).div_ceil(self.pace(rate));
            let time = self.at + Duration::from_millis(millis);
            match self.pace_ends() {
                Some(end) if end < time => {
                    self.drain(rate, end);
                    self.quicken(end);
                }
                _ => return time,
            }
        }
    }
}

/// The budget of one portal.
///
/// ```
/// use callgate::bitrix24::engine::CallId;
/// use callgate::bitrix24::engine::budget::{Budget, Class, Rate};
/// use callgate::time::Instant;
///
/// let mut budget = Budget::new(Rate::new(1.0, 2.0).unwrap());
/// let now = Instant::from_millis(0);
/// budget.ask(CallId(1), Class::Read);
/// budget.ask(CallId(2), Class::Read);
/// assert_eq!(budget.next(now), Some(CallId(1)));
/// assert_eq!(budget.next(now), None);
///
/// budget.ended(now, CallId(1));
/// assert_eq!(budget.wake_at(), Some(Instant::from_millis(500)));
/// assert_eq!(budget.next(Instant::from_millis(500)), Some(CallId(2)));
/// ```
#[derive(Debug)]
pub struct Budget {
    rate: Rate,
    bucket: Bucket,
    /// Requests that are out, and since when.
    out: Vec<(CallId, Instant)>,
    queues: [Queue; 3],
    /// The clock of the class that had the last turn.
    clock: u64,
    /// Which class that was.
    turn: usize,
    /// After a refusal: until when nothing is sent.
    closed_until: Option<Instant>,
    /// Requests that were given up since the bucket was last looked at.
    abandoned: u64,
}

/// What is left to spend, for whoever watches.
///
/// ```
/// use callgate::bitrix24::engine::budget::{Budget, Rate};
/// use callgate::time::Instant;
/// let level = Budget::new(Rate::STANDARD).level(Instant::from_millis(0));
/// assert_eq!((level.filled, level.burst, level.per_second), (0.0, 50.0, 2.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// How many requests the bucket holds at most, those under way included.
    pub filled: f64,
    /// How many it can hold.
    pub burst: f64,
    /// How many drain in a second, as far as others leave it to us.
    pub per_second: f64,
    /// How many requests wait for their turn.
    pub waiting: usize,
}

impl Budget {
    /// A budget of which nothing is spent, as far as we know.
    ///
    /// ```
    /// use callgate::bitrix24::engine::budget::{Budget, Rate};
    /// assert_eq!(Budget::new(Rate::ENTERPRISE).wake_at(), None);
    /// ```
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            bucket: Bucket {
                filled: 0,
                at: Instant::default(),
                halvings: 0,
                since: Instant::default(),
            },
            out: Vec::new(),
            queues: Default::default(),
            clock: 0,
            turn: 0,
            closed_until: None,
            abandoned: 0,
        }
    }

    /// Asks for a turn. Within a class turns go by the order of the calls, so that a call which
    /// asks again stands where it stood. To ask twice is to ask once.
    ///
    /// ```
    /// use callgate::bitrix24::engine::CallId;
    /// use callgate::bitrix24::engine::budget::{Budget, Class, Rate};
    /// let mut budget = Budget::new(Rate::STANDARD);
    /// budget.ask(CallId(7), Class::Write);
    /// assert!(budget.wake_at().is_some());
    /// ```
    pub fn ask(&mut self, call: CallId, class: Class) {
        let Some(queue) = self.queues.get_mut(class as usize) else {
            return;
        };
        // Who had nothing to do meanwhile has saved nothing up.
        if queue.waiting.is_empty() {
            queue.clock = queue.clock.max(self.clock);
        }
        if let Err(place) = queue.waiting.binary_search(&call) {
            queue.waiting.insert(place, call);
        }
    }

    /// Whose request may be sent now. It counts from now on, until [`ended`](Self::ended) is told.
    ///
    /// ```
    /// use callgate::bitrix24::engine::budget::{Budget, Rate};
    /// use callgate::time::Instant;
    /// assert_eq!(Budget::new(Rate::STANDARD).next(Instant::from_millis(0)), None);
    /// ```
    pub fn next(&mut self, now: Instant) -> Option<CallId> {
        self.pass(now);
        let closed = self.closed_until.is_some_and(|until| now < until);
        if closed || self.bucket.filled > self.room()? {
            return None;
        }
        self.closed_until = None;
        let mut turn: Option<(usize, &mut Queue)> = None;
        for (class, queue) in self.queues.iter_mut().enumerate() {
            let behind = turn
                .as_ref()
                .is_none_or(|(_, first)| queue.clock < first.clock);
            if behind && !queue.waiting.is_empty() {
                turn = Some((class, queue));
            }
        }
        let (class, queue) = turn?;
        let stride = STRIDES.get(class)?;
        queue.waiting.first()?;
        let call = queue.waiting.remove(0);
        self.clock = queue.clock;
        self.turn = class;
        queue.clock += stride;
        self.out.push((call, now));
        Some(call)
    }

    /// Takes the last turn back, which was not used: its class is as it was before.
    ///
    /// ```
    /// use callgate::bitrix24::engine::CallId;
    /// use callgate::bitrix24::engine::budget::{Budget, Class, Rate};
    /// use callgate::time::Instant;
    /// let mut budget = Budget::new(Rate::STANDARD);
    /// budget.ask(CallId(1), Class::Read);
    /// budget.next(Instant::from_millis(0));
    /// budget.unused(CallId(1));
    /// assert_eq!(budget.level(Instant::from_millis(0)).filled, 0.0);
    /// ```
    pub fn unused(&mut self, call: CallId) {
        self.take_out(call);
        let queue = self.queues.get_mut(self.turn);
        if let (Some(queue), Some(stride)) = (queue, STRIDES.get(self.turn)) {
            queue.clock -= stride;
        }
    }

    /// Tells that nobody wants a call's request any more, at a time that nobody says. One that still
    /// waited for its turn leaves nothing behind; one that is out counts as over when the time is
    /// next told.
    ///
    /// ```
    /// use callgate::bitrix24::engine::CallId;
    /// use callgate::bitrix24::engine::budget::{Budget, Class, Rate};
    /// let mut budget = Budget::new(Rate::STANDARD);
    /// budget.ask(CallId(1), Class::Read);
    /// budget.abandoned(CallId(1));
    /// assert_eq!(budget.wake_at(), None);
    /// ```
    pub fn abandoned(&mut self, call: CallId) {
        for queue in &mut self.queues {
            if let Ok(place) = queue.waiting.binary_search(&call) {
                queue.waiting.remove(place);
            }
        }
        if self.take_out(call).is_some() {
            self.abandoned += 1;
        }
    }

    /// Tells that a request is over, by an answer or without one, or is no longer wanted. One that
    /// still waited for its turn leaves nothing behind.
    ///
    /// ```
    /// use callgate::bitrix24::engine::CallId;
    /// use callgate::bitrix24::engine::budget::{Budget, Class, Rate};
    /// use callgate::time::Instant;
    /// let mut budget = Budget::new(Rate::STANDARD);
    /// budget.ask(CallId(1), Class::Read);
    /// budget.ended(Instant::from_millis(0), CallId(1));
    /// assert_eq!(budget.wake_at(), None);
    /// ```
    pub fn ended(&mut self, now: Instant, call: CallId) {
        self.abandoned(call);
        self.pass(now);
    }

    /// Tells that the portal refused a request because its bucket was full: somebody else uses the
    /// same address. The bucket counts as full, nothing is sent for a second (or as long as the
    /// answer asks for), and the pace is halved, once for all requests that were out together.
    ///
    /// ```
    /// use callgate::bitrix24::engine::CallId;
    /// use callgate::bitrix24::engine::budget::{Budget, Class, Rate};
    /// use callgate::time::Instant;
    /// let mut budget = Budget::new(Rate::STANDARD);
    /// let now = Instant::from_millis(0);
    /// budget.ask(CallId(1), Class::Read);
    /// budget.next(now);
    /// budget.refused(now, CallId(1), None);
    /// assert_eq!(budget.level(now).filled, 50.0);
    /// assert_eq!(budget.level(now).per_second, 1.0);
    /// ```
    pub fn refused(&mut self, now: Instant, call: CallId, retry_after: Option<Duration>) {
        let Some(sent) = self.take_out(call) else {
            return;
        };
        self.pass(now);
        let bucket = &mut self.bucket;
        let out = ONE.saturating_mul(self.out.len() as u64);
        bucket.filled = bucket.filled.max(self.rate.burst.saturating_sub(out));
        let news = bucket.since <= sent;
        if news && bucket.halvings < SHYEST {
            bucket.halvings += 1;
        }
        bucket.since = now;
        let until = now + retry_after.map_or(PAUSE, |wanted| wanted.max(PAUSE));
        self.closed_until = Some(self.closed_until.map_or(until, |known| known.max(until)));
    }

    /// When the next turn comes although nothing is told: `None` when nobody waits, or when so many
    /// requests are out that only an answer can make room.
    ///
    /// ```
    /// use callgate::bitrix24::engine::budget::{Budget, Rate};
    /// assert_eq!(Budget::new(Rate::STANDARD).wake_at(), None);
    /// ```
    pub fn wake_at(&self) -> Option<Instant> {
        if self.waiting() == 0 {
            return None;
        }
        let time = self.bucket.falls_to(self.room()?, self.rate);
        Some(self.closed_until.map_or(time, |until| until.max(time)))
    }

    /// When the request that asked last has its turn, as things stand: now, or later if it is held
    /// back.
    ///
    /// ```
    /// use callgate::bitrix24::engine::CallId;
    /// use callgate::bitrix24::engine::budget::{Budget, Class, Rate};
    /// use callgate::time::Instant;
    /// let mut budget = Budget::new(Rate::new(1.0, 2.0).unwrap());
    /// let now = Instant::from_millis(0);
    /// budget.ask(CallId(1), Class::Read);
    /// assert_eq!(budget.last_turn(now), now);
    /// budget.ask(CallId(2), Class::Read);
    /// assert_eq!(budget.last_turn(now), Instant::from_millis(500));
    /// ```
    pub fn last_turn(&self, now: Instant) -> Instant {
        let mut bucket = self.bucket;
        bucket.pass(self.rate, now);
        let ahead = self.unfinished() + self.waiting() as u64;
        bucket.filled += ONE.saturating_mul(ahead);
        let time = bucket.falls_to(self.rate.burst, self.rate);
        self.closed_until.map_or(time, |until| until.max(time))
    }

    /// How full the bucket is.
    ///
    /// ```
    /// use callgate::bitrix24::engine::budget::{Budget, Rate};
    /// use callgate::time::Instant;
    /// let budget = Budget::new(Rate::STANDARD);
    /// assert_eq!(budget.level(Instant::from_millis(0)).waiting, 0);
    /// ```
    pub fn level(&self, now: Instant) -> Level {
        let mut bucket = self.bucket;
        bucket.pass(self.rate, now);
        Level {
            filled: bucket.filled as f64 / ONE as f64 + self.unfinished() as f64,
            burst: self.rate.burst as f64 / ONE as f64,
            per_second: bucket.pace(self.rate) as f64 / PER_SECOND,
            waiting: self.waiting(),
        }
    }

    fn waiting(&self) -> usize {
        self.queues.iter().map(|queue| queue.waiting.len()).sum()
    }

    /// The requests that don't drain yet.
    fn unfinished(&self) -> u64 {
        self.out.len() as u64 + self.abandoned
    }

    fn pass(&mut self, now: Instant) {
        self.bucket.pass(self.rate, now);
        self.bucket.filled += ONE.saturating_mul(std::mem::take(&mut self.abandoned));
    }

    /// How much the bucket may hold for one more request to fit beside those that are out.
    fn room(&self) -> Option<u64> {
        let out = ONE.saturating_mul(self.unfinished() + 1);
        self.rate.burst.checked_sub(out)
    }

    fn take_out(&mut self, call: CallId) -> Option<Instant> {
        let place = self.out.iter().position(|(out, _)| *out == call)?;
        Some(self.out.swap_remove(place).1)
    }
}
