//! The names of calls and of their HTTP exchanges, between a connection and its driver.

/// A submitted call.
///
/// ```
/// use callgate::exchange::CallId;
/// assert_eq!(CallId(3), CallId(3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

/// One HTTP exchange of a call. An answer to an exchange that is no longer awaited is ignored.
///
/// ```
/// use callgate::exchange::{CallId, Exchange};
/// assert_ne!(Exchange { call: CallId(1), attempt: 1 }, Exchange { call: CallId(1), attempt: 2 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Exchange {
    /// The call.
    pub call: CallId,
    /// Which of its exchanges.
    pub attempt: u32,
}
