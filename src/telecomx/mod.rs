//! TelecomX PBX: who may do what with whose extension.
//!
//! A right here is a flag for an extension and an action. Nobody is asked and nothing waits: an
//! administrator edits a PBX group, and from then on the flag is another. So there is a map, read
//! with [`Call::Permissions`], and a check against it that asks nobody:
//!
//! ```
//! use callgate::decision::{Layer, Verdict};
//! use callgate::telecomx::{Context, Permissions};
//! let map = r#"{"5c5a9dea83a3bc74d5891c95": {"pickup": true, "steal": false}}"#;
//! let permissions = Permissions::parse(map).unwrap();
//! let decision = permissions.check("5c5a9dea83a3bc74d5891c95", "steal", &Context::default());
//! assert_eq!((decision.verdict, decision.layer), (Verdict::Denied, Some(Layer::Right)));
//! ```
//!
//! An extension, a right, a level or an override that isn't known grants nothing, and the decision
//! says which it was. One right depends on the moment: whether the other party is shown. Its override
//! is the employee's, and goes before the flag:
//!
//! | override | shown, where `viewOtherParty` is true |
//! |---|---|
//! | `NONE` | always |
//! | `HIDE` | never |
//! | `HIDE_PERSONAL_PHONEBOOK` | when the number isn't in the employee's personal phonebook |
//! | `HIDE_OFF_WORK` | when the presence is neither `OFF_WORK` nor `HOLIDAY` |
//! | `HIDE_PERSONAL_PHONEBOOK_AND_OFF_WORK` | when neither hides it |
//! | another, or none | never |
//!
//! The server is always the authority. A map may be old: the server's `access_denied` has it read
//! again, and so should the program after a reconnection and when it hears that groups, extensions or
//! employees were changed, for there is no event about rights.
//!
//! A [`Connection`] does no I/O. It is told what happened ([`submit`](Connection::submit),
//! [`response`](Connection::response), [`failure`](Connection::failure),
//! [`cancel`](Connection::cancel)) and asked what to do ([`poll`](Connection::poll) until it gives
//! nothing, then [`wake_at`](Connection::wake_at)). No request is ever repeated by itself, for most
//! of the server's GETs change something; whoever carries them out must not repeat or cache them
//! either.
//!
//! # What nobody outside knows
//!
//! The codes with which a login is refused that lacks a second factor; whether using a token prolongs
//! it; the statuses for a call that is over or not permitted; whether higher levels need group rights
//! to pick up, steal or spy; whether one's own extension is in the map; how several errors stand in
//! one body. So codes decide and not statuses, the server's own are kept, and what concerns the
//! user's own extension is sent without a check when no `extension` is named.
//!
//! # Slips of the documentation
//!
//! The table of the map prints two keys with a dot at the end, `setPresence.` and `queueMember.`; the
//! example below it hasn't got it, and such a key would grant nothing here. That example isn't JSON,
//! for an object without a key stands in it. `…_AND_OFF_WORK` says "and", its text "or": either one
//! hides. The page about removing calendar events names `readCalendar`, which is read as
//! `writeCalendar`. One example hangs up an id in place of a call; both are taken. Numbers stand with
//! a bare `+` in the examples' URLs, which would be a blank; it is escaped here.

mod action;
mod answers;
mod call;
mod check;
mod connection;
mod knowledge;
mod machine;
mod permissions;
mod refusal;
mod right;
mod session;
mod table;
mod wire;

pub use action::Action;
pub use call::{Answer, Call};
pub use check::Context;
pub use connection::{Connection, Notice, Output};
pub use permissions::Permissions;
pub use right::{Level, Levels, Right};
pub use session::{Expiry, Login, Session};
pub use wire::Server;
