//! The edge: what would a portal see of an HTTP request, may it go there, and what is answered if not?
//!
//! Pure: no I/O, no clock, no store. [`inspect`] reads a request as the portal would and lists its
//! doubts, [`decide`] asks preflight, [`Answer`] words a refusal as the portal does, [`Hosts`] says
//! where a request may go, [`Lesson`] what a portal's answer tells for the next one. It never guesses: what two readers could read in two ways is a [`Doubt`],
//! and what no portal should ever see is a [`Rejection`].

mod answer;
mod body;
mod caller;
mod commands;
mod decide;
mod headers;
mod hosts;
mod inspected;
mod lesson;
mod multipart;
mod request;
mod target;
mod tree;

pub use answer::Answer;
pub use caller::Caller;
pub use commands::Command;
pub use decide::{Known, Refusal, Ruling, decide};
pub use headers::ending;
pub use hosts::{Hosts, Scheme};
pub use inspected::{Inspected, inspect};
pub use lesson::Lesson;
pub use request::{Doubt, Limits, Rejection, Request};
