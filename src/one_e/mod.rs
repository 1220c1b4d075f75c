//! 1E Platform (formerly Tachyon): instructions that wait for an approval, and the approver's side.
//!
//! What Bitrix24 asks of a call, 1E asks of each run of an instruction: somebody has to approve it.
//! The difference that matters: the server has **taken** the instruction then and parked it. So an
//! instruction is posted once and [followed](Call::Follow); to post it again would ask anew.
//!
//! ```text
//! Issue ─▶ needs-code ──code──▶ waiting ──approved──▶ approved ─▶ running ─▶ complete | expired | failed
//!              │ 600 s             │ no deadline                     │
//!              └──▶ rejected ◀─────┘ rejected        Cancel ─▶ cancelling ─▶ cancelled
//! ```
//!
//! Never is it assumed which of these steps there are: a question may need no approval, a schedule
//! needs one always, the second factor may be off. The [`State`] that the server tells decides.
//!
//! A [`Connection`] does no I/O. It is told what happened ([`submit`](Connection::submit),
//! [`response`](Connection::response), [`failure`](Connection::failure),
//! [`cancel`](Connection::cancel)) and asked what to do ([`poll`](Connection::poll) until it gives
//! nothing, then [`wake_at`](Connection::wake_at)).
//!
//! # What nobody outside knows
//!
//! The server's documentation leaves open with which status it refuses a second decision, a wrong
//! code, an item that can't be seen or one's own; which numbers `WorkflowState` has beside 11; in
//! which order CanApprove looks for reasons. So a deed's outcome is read from the run after it, a
//! status is never taken for more than "refused", and an unknown number is never a grant. A 401 means
//! two things, so the server is asked who the caller is: if it knows, a permission is missing.
//!
//! The documentation's table gives one sample payload. It isn't JSON as printed, for comments stand in
//! it; the blank at the end of its `RequestGuid` is dropped, and names are read in any case. It says
//! "instruction" where it means scheduled ones; each kind goes to its own endpoint here. Requests to
//! approve *persistent* instructions, which the newest servers have, are not read.

mod act;
mod approvals;
mod call;
mod connection;
mod instruction;
mod lists;
mod machine;
mod reading;
mod refusal;
mod run;
mod state;
mod wire;
mod work;

pub use approvals::{Device, Pending};
pub use call::{Answer, Call, Page};
pub use connection::{Connection, Notice, Output};
pub use instruction::Instruction;
pub use run::{Kind, Run, RunId};
pub use state::State;
pub use wire::Server;
