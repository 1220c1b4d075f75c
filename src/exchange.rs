//! The names of calls and of their HTTP exchanges, between a connection and its driver; and what a
//! connection wants done whose server goes by verbs and headers.

use crate::error::Error;
use crate::http::RestRequest;

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

/// What a connection to a server that goes by verbs and headers wants done: 1E's and TelecomX'.
///
/// ```
/// use callgate::exchange::{CallId, Exchange, Output};
/// let abort: Output<(), ()> = Output::Abort(Exchange { call: CallId(1), attempt: 1 });
/// assert!(matches!(abort, Output::Abort(exchange) if exchange.attempt == 1));
/// ```
pub enum Output<Answer, Notice> {
    /// Make this request, once, past all caches, and tell the connection's `response` or `failure`.
    Send(Exchange, RestRequest),
    /// This exchange's answer is no longer wanted.
    Abort(Exchange),
    /// A call has ended.
    Done(CallId, Result<Answer, Error>),
    /// Something to tell whoever listens.
    Notice(Notice),
}
