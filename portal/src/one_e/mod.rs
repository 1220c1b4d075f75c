//! The 1E server: instructions that wait for an approval, below `/Consumer`.
//!
//! What its documentation tells is followed; what it leaves open, above all the statuses of refusals,
//! is a [setting](OneESettings), so that clients can be tried against each possibility.

mod answer;
mod approvals;
mod instructions;
mod item;
mod settings;

use serde_json::{Value, json};

use crate::{
    http::{Reply, Request, UnixMs},
    ids::Ids,
};

use answer::{Refusal, Told};
pub use item::Mail;
use item::{Item, Kind};
pub use settings::{ErrorForm, OneESettings, OneEUser};

/// A 1E server's state: its users, its instructions, the codes that it mailed.
///
/// ```
/// use callgate_portal::{OneEUser, Portal, Request};
/// let mut portal = Portal::new();
/// let token = portal.one_e().user(OneEUser::named("ann"));
/// let request = Request::get("/Consumer/PrincipalSearch/whoami")
///     .with_header("X-Tachyon-Consumer", "Callgate")
///     .with_header("X-Tachyon-Authenticate", token);
/// assert_eq!(portal.handle(0, &request).value()["PrincipalName"], "ann");
/// ```
#[derive(Debug, Default)]
pub struct OneE {
    /// What may be set.
    pub settings: OneESettings,
    users: Vec<OneEUser>,
    items: Vec<Item>,
    mail: Vec<Mail>,
    devices: Vec<Value>,
    ids: Ids,
}

impl OneE {
    /// Adds a user, or puts another in the place of the one with this name. Gives his token.
    pub fn user(&mut self, mut user: OneEUser) -> String {
        if user.token.is_empty() {
            user.token = self.ids.token();
        }
        let token = user.token.clone();
        self.users.retain(|other| other.name != user.name);
        self.users.push(user);
        token
    }

    /// A user whom the administrator may change: his groups, his operations, his token.
    pub fn user_mut(&mut self, name: &str) -> Option<&mut OneEUser> {
        self.users.iter_mut().find(|user| user.name == name)
    }

    /// The one-time codes that were mailed, oldest first.
    pub fn mail(&self) -> &[Mail] {
        &self.mail
    }

    /// Sets an item's `Status` and, if given, its `WorkflowState`. False when there is no such item.
    pub fn set_status(
        &mut self,
        scheduled: bool,
        id: u64,
        status: i64,
        workflow: Option<i64>,
    ) -> bool {
        let kind = if scheduled {
            Kind::Scheduled
        } else {
            Kind::Instruction
        };
        let found = self
            .items
            .iter_mut()
            .find(|item| item.kind == kind && item.id == id);
        let Some(item) = found else {
            return false;
        };
        item.status = status;
        item.workflow = workflow.unwrap_or(item.workflow);
        item.held = true;
        true
    }

    /// Adds a device that asks to be let in.
    pub fn device(&mut self, details: Value) {
        self.devices.push(details);
    }

    /// Answers a request below `/Consumer`.
    pub(crate) fn answer(&mut self, now: UnixMs, request: &Request) -> Reply {
        if request.method == "OPTIONS" {
            return self.cors(Reply {
                status: 204,
                ..Reply::default()
            });
        }
        self.pass(now);
        let path = request.path().to_ascii_lowercase();
        let parts: Vec<&str> = path
            .split('/')
            .filter(|part| !part.is_empty())
            .skip(1)
            .filter(|part| !is_version(part))
            .collect();
        let reply = match self.dispatch(now, request, &parts) {
            Ok(told) => told.reply(&self.settings),
            Err(refusal) => refusal.reply(&self.settings),
        };
        self.cors(reply)
    }

    fn dispatch(&mut self, now: UnixMs, request: &Request, parts: &[&str]) -> Told {
        if parts == ["information"] {
            let (major, minor) = self.settings.version;
            return Ok(json!({"Version": format!("{major}.{minor}.0.0")}).into());
        }
        let consumer = request.header("x-tachyon-consumer").unwrap_or_default();
        let known = |name: &String| name.eq_ignore_ascii_case(consumer);
        if !self.settings.consumers.iter().any(known) {
            return Err(Refusal::new(
                self.settings.status_consumer,
                "Consumer.NotAllowed",
                "the consumer is not allowed",
            ));
        }
        let token = request.header("x-tachyon-authenticate").unwrap_or_default();
        let user = self
            .users
            .iter()
            .find(|user| !token.is_empty() && user.token == token);
        let Some(user) = user.cloned() else {
            return Err(Refusal::new(
                401,
                "Authentication.Required",
                "there is no valid authentication token",
            ));
        };
        let body = || serde_json::from_slice::<Value>(&request.body).unwrap_or(Value::Null);
        match (request.method.as_str(), parts) {
            ("GET", ["principalsearch", "whoami"]) => Ok(json!({
                "PrincipalName": user.name, "ExternalId": "", "Email": format!("{}@acme.example", user.name),
                "DisplayName": user.name, "Photo": null,
            })
            .into()),
            (verb, ["approvals", rest @ ..]) => self.approvals(now, &user, verb, rest, &body()),
            ("POST", ["authentication", rest @ ..]) => self.code(now, &user, rest, &body()),
            (verb, ["instructions", rest @ ..]) => {
                self.instructions(now, &user, Kind::Instruction, verb, rest, &body())
            }
            (verb, ["scheduledinstructions", rest @ ..]) => {
                self.instructions(now, &user, Kind::Scheduled, verb, rest, &body())
            }
            ("POST", ["responses", id]) => self.responses(&user, id, &body()),
            _ => Err(Refusal::no_endpoint()),
        }
    }

    /// What happens by itself in time.
    fn pass(&mut self, now: UnixMs) {
        for item in &mut self.items {
            item.pass(now, &self.settings);
        }
    }

    /// Whether a user sees an item: all groups that its issuer has now must be his as well.
    fn sees(&self, user: &OneEUser, item: &Item) -> bool {
        let issuer = self
            .users
            .iter()
            .find(|other| other.name == item.created_by);
        self.settings.version < (8, 0)
            || issuer.is_none_or(|issuer| {
                issuer
                    .groups
                    .iter()
                    .all(|group| user.groups.contains(group))
            })
    }

    /// The place of an item that the user sees.
    fn place(&self, user: &OneEUser, kind: Kind, id: u64) -> Result<usize, Refusal> {
        let there = |item: &Item| item.kind == kind && item.id == id && self.sees(user, item);
        self.items.iter().position(there).ok_or_else(|| {
            Refusal::new(
                self.settings.status_invisible,
                "Instruction.NotFound",
                "no such instruction",
            )
        })
    }

    fn cors(&self, reply: Reply) -> Reply {
        if !self.settings.cors {
            return reply;
        }
        reply
            .with_header("Access-Control-Allow-Origin", "*")
            .with_header("Access-Control-Allow-Headers", "*")
            .with_header("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS")
    }
}

/// Whether a path is the 1E server's. Case is not looked at.
pub(crate) fn owns(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next();
    first.is_some_and(|first| first.eq_ignore_ascii_case("consumer"))
}

/// `v3.2`, the optional segment behind `/Consumer`.
fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|numbers| {
        numbers.starts_with(|c: char| c.is_ascii_digit())
            && numbers.chars().all(|c| c.is_ascii_digit() || c == '.')
    })
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}
