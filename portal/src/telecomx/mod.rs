//! The TelecomX server: rights on extensions, given by groups, and the actions that take them.
//!
//! What its documentation tells is followed; what it leaves open, above all codes and statuses of
//! refusals, is a [setting](TelecomXSettings). An administrator's edits hold from the next request.

mod actions;
mod answer;
mod auth;
mod rights;
mod rooms;
mod settings;

use serde_json::{Map, Value};

use crate::{
    http::{Reply, Request, UnixMs},
    ids::Ids,
    php_form,
};

use answer::{Refusal, Told};
use auth::Login;
pub use settings::{Container, TelecomXGroup, TelecomXQueue, TelecomXSettings, TelecomXUser};

/// A TelecomX server's state: users, groups, queues, calls, and what was done.
///
/// ```
/// use callgate_portal::{Portal, Request, TelecomXUser};
/// use serde_json::json;
/// let mut portal = Portal::new();
/// portal.telecomx().user(TelecomXUser::named("ann"));
/// let login = json!({"username": "ann", "password": "password"});
/// let reply = portal.handle(0, &Request::json("/auth/login", &login));
/// assert_eq!(reply.value()["expiresInMinutes"], 15);
/// ```
#[derive(Debug, Default)]
pub struct TelecomX {
    /// What may be set.
    pub settings: TelecomXSettings,
    users: Vec<TelecomXUser>,
    groups: Vec<TelecomXGroup>,
    queues: Vec<TelecomXQueue>,
    /// Calls under way, and the extension that each is at.
    calls: Vec<(String, String)>,
    logins: Vec<Login>,
    sms: Vec<(String, String)>,
    events: Vec<Value>,
    contacts: Vec<Value>,
    done: Vec<String>,
    ids: Ids,
}

impl TelecomX {
    /// Adds a user, or puts another in the place of the one with this name.
    pub fn user(&mut self, user: TelecomXUser) {
        self.users.retain(|other| other.username != user.username);
        self.users.push(user);
    }

    /// A user, to change him.
    pub fn user_mut(&mut self, name: &str) -> Option<&mut TelecomXUser> {
        self.users.iter_mut().find(|user| user.username == name)
    }

    /// Adds a group, or puts another in the place of the one with this name.
    pub fn group(&mut self, group: TelecomXGroup) {
        self.groups.retain(|other| other.name != group.name);
        self.groups.push(group);
    }

    /// Adds a queue.
    pub fn queue(&mut self, queue: TelecomXQueue) {
        self.queues.retain(|other| other.id != queue.id);
        self.queues.push(queue);
    }

    /// Starts a call at an extension. Gives its id.
    pub fn call(&mut self, extension: &str) -> String {
        let id = format!("pbx1.telecomx.dk:{}.1", self.calls.len() + 1);
        self.calls.push((id.clone(), extension.to_owned()));
        id
    }

    /// Ends a call.
    pub fn end_call(&mut self, id: &str) {
        self.calls.retain(|(call, _)| call != id);
    }

    /// The codes that were sent by SMS: to whom, and which.
    pub fn sms(&self) -> &[(String, String)] {
        &self.sms
    }

    /// The actions that were carried out, in order: each is what it was called and what it was about.
    pub fn done(&self) -> &[String] {
        &self.done
    }

    /// Answers a request.
    pub(crate) fn answer(&mut self, now: UnixMs, request: &Request) -> Reply {
        let reply = if request.method == "OPTIONS" {
            Reply {
                status: 204,
                ..Reply::default()
            }
        } else {
            match self.dispatch(now, request) {
                Ok(body) => answer::success(&body),
                Err(refusal) => refusal.reply(&self.settings),
            }
        };
        if !self.settings.cors {
            return reply;
        }
        reply
            .with_header("Access-Control-Allow-Origin", "*")
            .with_header("Access-Control-Allow-Headers", "*, Authorization")
            .with_header("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS")
    }

    fn dispatch(&mut self, now: UnixMs, request: &Request) -> Told {
        let verb = request.method.as_str();
        let query = query(request.query());
        let path: Vec<&str> = request
            .path()
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        let body = || serde_json::from_slice::<Value>(&request.body).unwrap_or(Value::Null);
        match (verb, path.as_slice()) {
            ("POST", ["auth", "login"]) => return self.login(now, &body()),
            ("GET", ["auth", "login"]) => return self.login(now, &Value::Object(query)),
            ("GET", ["auth", "validateToken"]) => return self.validate(now, request, &query),
            _ => {}
        }
        let user = self.who(now, request)?;
        match (verb, path.as_slice()) {
            ("GET", ["auth", "logout"]) => Ok(self.logout(&user)),
            ("GET", ["pbx", "app", "permissions"]) => self.permissions(&user),
            ("GET", ["pbx", "app", "grouppermissions"]) => self.permissions_on(&user, &query),
            ("GET", ["pbx", "app", "employees"]) => self.employees(&user, request.query()),
            ("GET", ["pbx", "app", "action", action]) => self.action(&user, action, &query),
            ("POST", ["employee", id]) => self.set_presence(&user, id, &body()),
            ("GET", ["pbx", "extension", id, "redirect"]) => self.redirect(&user, id, &query),
            (_, ["pbx", "queue", id, "member", rest @ ..]) => {
                self.members(&user, verb, id, rest, &query, &body())
            }
            (_, ["pbx", "calendar", rest @ ..]) => self.calendar(&user, verb, rest, &query, body()),
            (_, ["pbx", "phonebook", rest @ ..]) => {
                self.phonebook(&user, verb, rest, &query, body())
            }
            _ => Err(Refusal::no_endpoint()),
        }
    }

    fn denied(&self) -> Refusal {
        let status = self.settings.status_denied;
        Refusal::new(status, "access_denied", "Insufficient access level")
    }

    fn has_level(&self, user: &TelecomXUser, levels: &[&str]) -> Result<(), Refusal> {
        match levels.contains(&user.level.as_str()) {
            true => Ok(()),
            false => Err(self.denied()),
        }
    }

    /// An action was carried out.
    fn did(&mut self, what: &str, about: &str) {
        self.done.push(format!("{what} {about}"));
    }
}

const APP: &[&str] = &[
    "PERSONAL", "VIEWER", "MANAGER", "OWNER", "RESELLER", "ADMIN",
];

/// Whether a path is the TelecomX server's.
pub(crate) fn owns(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next();
    matches!(first, Some("auth" | "pbx" | "employee"))
}

fn query(text: &str) -> Map<String, Value> {
    php_form::parse(text)
}

/// A text among parameters.
fn text<'v>(given: &'v Map<String, Value>, name: &str) -> &'v str {
    given.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn is_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The error for a parameter.
fn invalid(name: &str) -> Refusal {
    Refusal::new(422, name, "Invalid value")
}
