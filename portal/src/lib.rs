//! The test portal: it behaves like a Bitrix24 portal's REST server, so that clients can be tested
//! against the rules instead of against their own idea of them.
//!
//! It follows what is known of the portals' own server: the forms of its URLs, the order of its
//! checks, its error codes and their statuses, the confirmation of calls by an administrator, its
//! batches, lists and JSON. It shares no code with any client.
//!
//! The core is pure: [`Portal::handle`] takes a time and a [`Request`] and gives a [`Reply`], which
//! holds the delay and the event POSTs as data. The program `callgate-portal` puts a server
//! around it.
//!
//! ```
//! use callgate_portal::{Portal, Request, TokenRequest};
//!
//! let now = 1_700_000_000_000;
//! let mut portal = Portal::new();
//! let token = portal.token(now, TokenRequest { scopes: Some(vec!["telephony".into()]), ..TokenRequest::default() });
//! let call = Request::get(format!("/rest/voximplant.user.get?USER_ID=1&auth={}", token.access_token));
//!
//! let reply = portal.handle(now, &call);
//! assert_eq!(reply.status, 401);
//! assert_eq!(reply.value()["error"], "METHOD_CONFIRM_WAITING");
//!
//! portal.decide(now, &token.access_token, "voximplant.user.get", true).unwrap();
//! assert_eq!(portal.handle(now, &call).status, 200);
//! ```

mod auth;
mod batch;
mod confirmation;
mod control;
mod dates;
mod events;
mod failure;
mod faults;
mod front;
mod http;
mod ids;
mod limiter;
mod lists;
mod methods;
mod oauth;
mod one_e;
mod page;
mod php;
mod php_form;
mod php_json;
mod portal;
mod reading;
mod replays;
mod request;
mod rest;
mod settings;
mod tables;
mod telecomx;
mod v3;
mod world;
mod xml;

pub use control::ControlError;
pub use faults::Fault;
pub use http::{EventPost, MAX_BODY, Reply, Request, UnixMs};
pub use one_e::{ErrorForm, Mail, OneE, OneESettings, OneEUser};
pub use php_form::{decode_path, parse as read_form};
pub use portal::{LogEntry, Portal, Token, TokenRequest};
pub use reading::{Reading, read_request};
pub use settings::{Budget, Settings};
pub use telecomx::{
    Container, TelecomX, TelecomXGroup, TelecomXQueue, TelecomXSettings, TelecomXUser,
};
pub use world::Config;
