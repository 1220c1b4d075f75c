//! The operating time: how long each method has worked in the last ten minutes, as the portal's
//! answers tell it, and which methods it has stopped for that. A method that is stopped waits alone.

use std::time::Duration;

use crate::bitrix24::rights::method::MethodName;
use crate::time::Instant;

pub use crate::bitrix24::wire::envelope::Worked;

/// Seconds of work in ten minutes after which the portal stops a method.
const LIMIT: f64 = 480.0;
/// How long to wait where nobody said: the portal counts by the minute.
const MINUTE: Duration = Duration::from_secs(60);
/// No count goes further back, so no wait is longer.
const WINDOW: Duration = Duration::from_secs(600);

#[derive(Debug)]
struct Record {
    method: MethodName,
    worked: Worked,
    /// The portal said that the method is stopped, whatever it had counted.
    stopped: bool,
}

impl Record {
    fn is_paused(&self) -> bool {
        self.stopped || self.worked.seconds >= LIMIT
    }
}

/// The operating time of the methods of one connection.
///
/// ```
/// use callgate::bitrix24::engine::operating::{Operating, Worked};
/// use callgate::bitrix24::rights::method::MethodName;
/// use callgate::time::Instant;
///
/// let (deals, users) = (MethodName::parse("crm.deal.list").unwrap(), MethodName::parse("user.get").unwrap());
/// let now = Instant::from_millis(0);
/// let mut operating = Operating::default();
/// operating.heard(now, &deals, Worked { seconds: 480.0, resets_at: Instant::from_millis(90_000) });
/// assert_eq!(operating.paused_until(now, &deals), Some(Instant::from_millis(90_000)));
/// assert_eq!(operating.paused_until(now, &users), None);
/// ```
#[derive(Debug, Default)]
pub struct Operating(Vec<Record>);

impl Operating {
    /// Takes in what an answer said of its method; in a batch, what each command's part of
    /// `result_time` said.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::operating::{Operating, Worked};
    /// # use callgate::bitrix24::rights::method::MethodName;
    /// # use callgate::time::Instant;
    /// # let method = MethodName::parse("user.get").unwrap();
    /// let mut operating = Operating::default();
    /// let worked = Worked { seconds: 3.0, resets_at: Instant::from_millis(60_000) };
    /// operating.heard(Instant::from_millis(0), &method, worked);
    /// assert_eq!(operating.of(Instant::from_millis(0), &method), Some(worked));
    /// ```
    pub fn heard(&mut self, now: Instant, method: &MethodName, worked: Worked) {
        self.note(now, method, worked, false);
    }

    /// Takes in `OPERATION_TIME_LIMIT` for a method, which says nothing of when it ends. Gives that
    /// time: the reset that was heard of before, else a minute from now.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::operating::Operating;
    /// # use callgate::bitrix24::rights::method::MethodName;
    /// # use callgate::time::Instant;
    /// # let method = MethodName::parse("user.get").unwrap();
    /// let mut operating = Operating::default();
    /// let until = operating.stopped(Instant::from_millis(0), &method);
    /// assert_eq!(until, Instant::from_millis(60_000));
    /// ```
    pub fn stopped(&mut self, now: Instant, method: &MethodName) -> Instant {
        let known = self.of(now, method);
        let worked = known.unwrap_or(Worked {
            seconds: LIMIT,
            resets_at: now + MINUTE,
        });
        self.note(now, method, worked, true)
    }

    /// Until when a method has to wait; `None` when it need not.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::operating::Operating;
    /// # use callgate::bitrix24::rights::method::MethodName;
    /// # use callgate::time::Instant;
    /// # let method = MethodName::parse("user.get").unwrap();
    /// assert_eq!(Operating::default().paused_until(Instant::from_millis(0), &method), None);
    /// ```
    pub fn paused_until(&self, now: Instant, method: &MethodName) -> Option<Instant> {
        let record = self.find(now, method).filter(|record| record.is_paused())?;
        Some(record.worked.resets_at)
    }

    /// What is known of a method, until it is forgotten.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::operating::Operating;
    /// # use callgate::bitrix24::rights::method::MethodName;
    /// # use callgate::time::Instant;
    /// # let method = MethodName::parse("user.get").unwrap();
    /// assert_eq!(Operating::default().of(Instant::from_millis(0), &method), None);
    /// ```
    pub fn of(&self, now: Instant, method: &MethodName) -> Option<Worked> {
        self.find(now, method).map(|record| record.worked)
    }

    fn find(&self, now: Instant, method: &MethodName) -> Option<&Record> {
        let of_now = |record: &&Record| record.worked.resets_at > now && record.method == *method;
        self.0.iter().find(of_now)
    }

    fn note(
        &mut self,
        now: Instant,
        method: &MethodName,
        worked: Worked,
        stopped: bool,
    ) -> Instant {
        // What was under way when the portal stopped the method may still succeed.
        let stopped = stopped || self.find(now, method).is_some_and(|record| record.stopped);
        self.0
            .retain(|record| record.worked.resets_at > now && record.method != *method);
        // By a wrong clock, here or there, it would seem longer than the portal ever counts.
        let worked = Worked {
            resets_at: worked.resets_at.min(now + WINDOW),
            ..worked
        };
        if worked.resets_at > now {
            self.0.push(Record {
                method: method.clone(),
                worked,
                stopped,
            });
        }
        worked.resets_at
    }
}
