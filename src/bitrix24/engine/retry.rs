//! What to do after a failure: send the call again, and when, or give up. It asks "did it run?"
//! before anything else: what may have run is sent again only if that does no harm.

use std::time::Duration;

use crate::bitrix24::wire::code::{Meaning, Response};
use crate::error::{Kind, Ran};
use crate::http::Failure;
use crate::time::Instant;

/// Why a request did not bring a result, as far as it matters for what comes next.
///
/// ```
/// use callgate::bitrix24::engine::retry::Cause;
/// use callgate::error::Ran;
/// let cause = Cause::of_code("QUERY_LIMIT_EXCEEDED", 503);
/// assert_eq!((cause, cause.ran()), (Cause::Bucket, Ran::No));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The token is stale.
    Token,
    /// The token or webhook isn't taken for another reason, or for one that isn't told.
    Auth,
    /// An administrator has to confirm the method first.
    Confirmation,
    /// The request bucket is full. The budget, once told, holds the call back.
    Bucket,
    /// The method has worked too long. The operating time, once told, holds the call back.
    Method,
    /// The portal could not be reached from where its answers are made; nothing ran.
    OutOfReach,
    /// The request never left.
    Unsent,
    /// The connection broke after the request had left.
    Broken,
    /// No answer came in time.
    Late,
    /// The answer isn't a portal's: no JSON, cut short, empty, with neither result nor error.
    Unreadable,
    /// The portal's last word.
    Final,
}

/// What is done about a cause.
struct Row {
    ran: Ran,
    /// How many repetitions at most; 0 for what another repetition won't change.
    repeats: u8,
    /// Milliseconds before the first of them, doubled for each further one; 0 where a budget of
    /// some sort says when.
    pause: u64,
}

const fn row(ran: Ran, repeats: u8, pause: u64) -> Row {
    Row {
        ran,
        repeats,
        pause,
    }
}

const LONGEST_PAUSE: u64 = 30_000;
/// A portal that asks for more time than this is not waited for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(600);

impl Cause {
    fn row(self) -> Row {
        match self {
            Self::Token | Self::Auth | Self::Confirmation => row(Ran::No, 0, 0),
            Self::Bucket => row(Ran::No, 10, 0),
            Self::Method => row(Ran::No, 3, 0),
            Self::OutOfReach | Self::Unsent => row(Ran::No, 3, 500),
            Self::Broken | Self::Unreadable => row(Ran::Unknown, 3, 500),
            Self::Late => row(Ran::Unknown, 1, 500),
            Self::Final => row(Ran::Unknown, 0, 0),
        }
    }

    /// The cause that an error code of the portal's stands for.
    ///
    /// ```
    /// use callgate::bitrix24::engine::retry::Cause;
    /// assert_eq!(Cause::of_code("OVERLOAD_LIMIT", 503), Cause::Final);
    /// ```
    pub fn of_code(code: &str, status: u16) -> Self {
        let meaning = Meaning::of(code, status);
        match (meaning.response, meaning.kind) {
            (Response::Refresh, _) => Self::Token,
            (Response::Park, _) => Self::Confirmation,
            (Response::GiveUp, Kind::Auth) => Self::Auth,
            (Response::GiveUp, _) if !meaning.retryable => Self::Final,
            (Response::GiveUp, Kind::Limit)
                if code.eq_ignore_ascii_case("QUERY_LIMIT_EXCEEDED") =>
            {
                Self::Bucket
            }
            (Response::GiveUp, Kind::Limit) => Self::Method,
            (Response::GiveUp, _) => Self::OutOfReach,
        }
    }

    /// The cause when an exchange ended without an answer.
    ///
    /// ```
    /// use callgate::bitrix24::engine::retry::Cause;
    /// use callgate::http::Failure;
    /// let refused = Failure { sent: false, reason: "connection refused".into() };
    /// assert_eq!(Cause::of_failure(&refused), Cause::Unsent);
    /// ```
    pub fn of_failure(failure: &Failure) -> Self {
        match failure.sent {
            true => Self::Broken,
            false => Self::Unsent,
        }
    }

    /// The cause when an answer isn't a portal's. There is no code, so the status has to do: what
    /// a server in between says of the request itself it will say again.
    ///
    /// ```
    /// use callgate::bitrix24::engine::retry::Cause;
    /// assert_eq!(Cause::of_unreadable(502), Cause::Unreadable);
    /// assert_eq!(Cause::of_unreadable(403), Cause::Final);
    /// ```
    pub fn of_unreadable(status: u16) -> Self {
        match status {
            408 | 429 => Self::Unreadable,
            300..=499 => Self::Final,
            _ => Self::Unreadable,
        }
    }

    /// How often a call is repeated for it.
    pub(super) fn repeats(self) -> u8 {
        self.row().repeats
    }

    /// Whether the portal carried the call out. For the portal's own errors their
    /// [`Meaning`] knows more.
    ///
    /// ```
    /// use callgate::bitrix24::engine::retry::Cause;
    /// use callgate::error::Ran;
    /// assert_eq!(Cause::Late.ran(), Ran::Unknown);
    /// ```
    pub fn ran(self) -> Ran {
        self.row().ran
    }

    /// Whether the same call may be sent again and may then succeed; `harmless` says that to run
    /// twice does no harm, because the method only reads or the caller said so.
    ///
    /// ```
    /// use callgate::bitrix24::engine::retry::Cause;
    /// assert!(Cause::Unsent.may_repeat(false));
    /// assert!(!Cause::Broken.may_repeat(false));
    /// ```
    pub fn may_repeat(self, harmless: bool) -> bool {
        let Row { ran, repeats, .. } = self.row();
        repeats > 0 && (ran == Ran::No || harmless)
    }
}

/// The call that failed.
///
/// ```
/// use callgate::bitrix24::engine::retry::Situation;
/// let read = Situation { harmless: true, ..Situation::default() };
/// assert!(!read.waits);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// To run it twice does no harm: the method only reads, or the caller said so.
    pub harmless: bool,
    /// It waits for a confirmation, which has a slow rhythm of its own.
    pub waits: bool,
    /// Its REST version hides why a token isn't taken, and by the clock the token has ended.
    pub token_ended: bool,
    /// What the answer's header `Retry-After` asks for.
    pub retry_after: Option<Duration>,
}

/// What to do next.
///
/// ```
/// use callgate::bitrix24::engine::retry::Step;
/// use callgate::time::Instant;
/// assert_ne!(Step::GiveUp, Step::Again { at: Instant::from_millis(0) });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Get a fresh token and send the call again, once.
    Refresh,
    /// Keep the call and its token, and repeat it in the rhythm of a call that waits.
    Park,
    /// Send the call again, not before that time.
    Again {
        /// That time.
        at: Instant,
    },
    /// Hand the error to the caller.
    GiveUp,
}

/// The repetitions of one call so far.
///
/// ```
/// use callgate::bitrix24::engine::retry::{Cause, Jitter, Situation, Step, Tries};
/// use callgate::time::Instant;
/// let (mut tries, mut jitter) = (Tries::default(), Jitter::new(1));
/// let (now, write) = (Instant::from_millis(0), Situation::default());
/// assert_eq!(tries.after(now, Cause::Broken, write, &mut jitter), Step::GiveUp);
/// assert!(matches!(tries.after(now, Cause::Unsent, write, &mut jitter), Step::Again { .. }));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Tries([u8; Cause::Final as usize]);

impl Tries {
    /// How many repetitions there were.
    ///
    /// ```
    /// assert_eq!(callgate::bitrix24::engine::retry::Tries::default().made(), 0);
    /// ```
    pub fn made(&self) -> u32 {
        self.0.iter().map(|made| u32::from(*made)).sum()
    }

    /// What to do after a failure at `now`.
    ///
    /// ```
    /// use callgate::bitrix24::engine::retry::{Cause, Jitter, Situation, Step, Tries};
    /// use callgate::time::Instant;
    /// let mut tries = Tries::default();
    /// let step = tries.after(
    ///     Instant::from_millis(0),
    ///     Cause::Token,
    ///     Situation::default(),
    ///     &mut Jitter::new(1),
    /// );
    /// assert_eq!(step, Step::Refresh);
    /// ```
    pub fn after(
        &mut self,
        now: Instant,
        cause: Cause,
        call: Situation,
        jitter: &mut Jitter,
    ) -> Step {
        match cause {
            Cause::Token => return Step::Refresh,
            Cause::Auth if call.token_ended => return Step::Refresh,
            Cause::Confirmation => return Step::Park,
            _ if !cause.may_repeat(call.harmless) => return Step::GiveUp,
            _ if call.waits => return Step::Park,
            _ => {}
        }
        let asked = call.retry_after.unwrap_or_default();
        let Some(made) = self.0.get_mut(cause as usize) else {
            return Step::GiveUp;
        };
        let Row { repeats, pause, .. } = cause.row();
        if *made >= repeats || asked > LONGEST_RETRY_AFTER {
            return Step::GiveUp;
        }
        let pause = jitter.spread((pause << *made).min(LONGEST_PAUSE));
        *made += 1;
        Step::Again {
            at: now + Duration::from_millis(pause).max(asked),
        }
    }
}

/// Where the chance in pauses comes from: a sequence that its seed determines (SplitMix64).
///
/// ```
/// use callgate::bitrix24::engine::retry::Jitter;
/// assert_eq!(Jitter::new(7).spread(1000), Jitter::new(7).spread(1000));
/// assert!((500..=1000).contains(&Jitter::new(7).spread(1000)));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Jitter(u64);

impl Jitter {
    /// A sequence from a seed, which should differ between clients.
    ///
    /// ```
    /// use callgate::bitrix24::engine::retry::Jitter;
    /// assert_ne!(Jitter::new(1).spread(1 << 40), Jitter::new(2).spread(1 << 40));
    /// ```
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Something between half of a pause and the whole.
    ///
    /// ```
    /// use callgate::bitrix24::engine::retry::Jitter;
    /// assert_eq!(Jitter::new(1).spread(0), 0);
    /// ```
    pub fn spread(&mut self, pause: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let half = pause / 2;
        pause - half + mixed % (half + 1)
    }
}
