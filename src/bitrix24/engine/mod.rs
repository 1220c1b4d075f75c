//! How is it run? One deterministic state machine per client and portal.
//!
//! A [`Connection`] is told what happened ([`submit`](Connection::submit),
//! [`response`](Connection::response), [`failure`](Connection::failure),
//! [`token`](Connection::token), [`event`](Connection::event), [`cancel`](Connection::cancel)) and
//! asked what to do ([`poll`](Connection::poll) until it gives nothing, then
//! [`wake_at`](Connection::wake_at)). It has no clock, no network and no randomness.
//!
//! What holds whatever happens:
//!
//! 1. A confirmation belongs to one token: a waiting call keeps the token that it was made with.
//! 2. Codes decide, never a status alone.
//! 3. A call that may have run is not sent again, unless it only reads or the caller said that it
//!    is idempotent.
//! 4. Unknown is not denied.
//! 5. The portal's word is worth more than the catalogue's; an event only wakes a wait.
//! 6. One refresh at a time, and no refresh token is handed out twice.
//! 7. The request budget is never overspent.
//! 8. Every submitted call ends exactly once.

mod batches;
pub mod budget;
mod call;
mod calls;
mod connection;
mod failures;
mod learning;
pub mod list;
mod lists;
mod machine;
pub mod operating;
pub mod plan;
mod queue;
mod refusal;
mod request;
pub mod retry;
mod token;
mod turns;
mod waiting;

pub use batches::BatchOptions;
pub use call::{Answer, Call, CallId, Exchange, OnWaiting};
pub use connection::{Config, Connection, Notice, Output};
pub use lists::Rows;
pub use token::{RefreshRequest, Token, TokenUpdate};
pub use waiting::Awaited;
