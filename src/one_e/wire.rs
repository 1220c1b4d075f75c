//! Where the server is, and what the requests to it look like.
//!
//! | request | below `/Consumer/` | since |
//! |---|---|---|
//! | issue | POST `Instructions`, `Instructions/Targeted`, `ScheduledInstructions`, `ScheduledInstructions/Targeted` | |
//! | read a run | GET `Instructions/{id}`, `ScheduledInstructions/{id}` | |
//! | cancel | POST `Instructions/{id}/cancel/{keepData}`, `ScheduledInstructions/{id}/cancel` | |
//! | submit the code | POST `Authentication/Instruction/Token`, `Authentication/ScheduledInstruction/Token` | 3.1 |
//! | | POST `Authentication/Token` | obsolete |
//! | responses | POST `Responses/{id}` | |
//! | who am I | GET `PrincipalSearch/whoami` | |
//! | pending | GET `Approvals/notifications` | 3.2 |
//! | | GET `Approvals/notifications/instructions`, `Approvals/notifications/scheduledinstructions` | 3.1 |
//! | | GET `Approvals/GetNotifications` | obsolete |
//! | can I approve | GET `Approvals/CanApprove/instruction/{id}`, `Approvals/canapprove/scheduledinstruction/{id}` | 3.1 |
//! | | GET `Approvals/CanApprove/{id}` | obsolete |
//! | decide | POST `Approvals/Instruction`, `Approvals/ScheduledInstruction` | 3.1 |
//! | | POST `Approvals` | obsolete |

use crate::error::Error;
use crate::http::{RestRequest, Verb};
use crate::json::push_text;
use crate::one_e::run::{Kind, RunId};
use crate::origin::Origin;
use crate::secret::Secret;
use crate::text::{cut, push_number};

/// A 1E server, and the consumer in whose name it is called.
///
/// ```
/// use callgate::one_e::Server;
/// let server = Server::parse("https://onee.example", "MyConsumer").unwrap();
/// assert_eq!(server.base(), "https://onee.example/Consumer/");
/// let server = server.with_version("v3.2").unwrap();
/// assert_eq!(server.base(), "https://onee.example/Consumer/v3.2/");
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    base: String,
    consumer: String,
}

impl Server {
    /// Takes the server's address, or the whole address of its Consumer API where that isn't
    /// `/Consumer`, and the name under which the consumer is registered there.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid` for an address that isn't one, for http to another host than the
    /// loopback one, and for a name that can't stand in a header.
    ///
    /// ```
    /// use callgate::one_e::Server;
    /// let server = Server::parse("https://proxy.example/onee/consumer/", "MyConsumer").unwrap();
    /// assert_eq!(server.base(), "https://proxy.example/onee/consumer/");
    /// assert!(Server::parse("http://onee.example", "MyConsumer").is_err());
    /// ```
    pub fn parse(url: &str, consumer: &str) -> Result<Self, Error> {
        let (scheme, rest) = cut(url, "://").unwrap_or(("https", url));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let origin = Origin::read("url", &[scheme, "://", host].concat())?;
        let path = path.trim_end_matches('/');
        if !path
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/-._~".contains(&b))
        {
            let why = "url: the path may hold letters, digits and -._~ only, and no ? or #";
            return Err(Error::invalid(why));
        }
        if consumer.trim().is_empty() || !consumer.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Err(Error::invalid(
                "consumer: the name under which it is registered, in plain letters",
            ));
        }
        let path = if path.is_empty() { "Consumer" } else { path };
        Ok(Self {
            base: [origin.as_str(), "/", path, "/"].concat(),
            consumer: consumer.trim().to_owned(),
        })
    }

    /// The same server by a fixed version of its API, such as `v3.2`.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid` for what isn't `v` and numbers between dots.
    ///
    /// ```
    /// use callgate::one_e::Server;
    /// let server = Server::parse("onee.example", "MyConsumer").unwrap();
    /// assert!(server.with_version("latest").is_err());
    /// ```
    pub fn with_version(mut self, version: &str) -> Result<Self, Error> {
        let numbers = version.strip_prefix(['v', 'V']).unwrap_or_default();
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !numbers.split('.').all(is_number) {
            return Err(Error::invalid("version: v and numbers, such as v3.2"));
        }
        self.base.push_str(version);
        self.base.push('/');
        Ok(self)
    }

    /// What all its addresses begin with.
    ///
    /// ```
    /// use callgate::one_e::Server;
    /// assert!(Server::parse("onee.example", "C").unwrap().base().ends_with("/Consumer/"));
    /// ```
    pub fn base(&self) -> &str {
        &self.base
    }

    pub(super) fn request(&self, demand: &Demand, token: &Secret) -> RestRequest {
        RestRequest {
            verb: demand.verb,
            url: [self.base.as_str(), &demand.path].concat(),
            headers: vec![
                ("Accept", Secret::new("application/json")),
                ("X-Tachyon-Consumer", Secret::new(self.consumer.as_str())),
                ("X-Tachyon-Authenticate", token.clone()),
            ],
            body: demand.body.clone(),
        }
    }
}

/// A request, before it has its server and its headers.
#[derive(Clone)]
pub(super) struct Demand {
    pub(super) verb: Verb,
    /// Below the server's base.
    pub(super) path: String,
    pub(super) body: Option<String>,
    /// Whether it only reads, so that it may be sent again.
    pub(super) reads: bool,
}

impl Demand {
    /// What errors call it.
    pub(super) fn name(&self) -> String {
        [self.verb.as_str(), " /Consumer/", &self.path].concat()
    }
}

fn get(parts: &[&str]) -> Demand {
    Demand {
        verb: Verb::Get,
        path: parts.concat(),
        body: None,
        reads: true,
    }
}

pub(super) fn post(path: &str, body: String) -> Demand {
    Demand {
        verb: Verb::Post,
        path: path.to_owned(),
        body: Some(body),
        reads: false,
    }
}

fn digits(id: RunId) -> String {
    let mut digits = String::new();
    push_number(id.number().into(), &mut digits);
    digits
}

/// `{"name":id`, the beginning of a body.
fn body_about(name: &str, id: RunId) -> String {
    ["{\"", name, "\":", &digits(id)].concat()
}

fn push_member(name: &str, text: &str, out: &mut String) {
    out.push_str(&[",\"", name, "\":"].concat());
    push_text(text, out);
}

pub(super) fn who_am_i() -> Demand {
    get(&["PrincipalSearch/whoami"])
}

/// The room that runs of a kind live in.
pub(super) fn room(kind: Kind) -> &'static str {
    match kind {
        Kind::Instruction => "Instructions",
        Kind::Scheduled => "ScheduledInstructions",
    }
}

pub(super) fn read(id: RunId) -> Demand {
    get(&[room(id.kind()), "/", &digits(id)])
}

pub(super) fn cancel(id: RunId, keep_data: bool) -> Demand {
    let tail = match (id.kind(), keep_data) {
        (Kind::Scheduled, _) => "/cancel",
        (_, true) => "/cancel/true",
        (_, false) => "/cancel/false",
    };
    let path = [room(id.kind()), "/", &digits(id), tail].concat();
    Demand {
        body: None,
        ..post(&path, String::new())
    }
}

pub(super) fn submit_code(id: RunId, code: &Secret, obsolete: bool) -> Demand {
    let (path, name) = match id.kind() {
        Kind::Instruction if obsolete => ("Authentication/Token", "InstructionId"),
        Kind::Instruction => ("Authentication/Instruction/Token", "Id"),
        Kind::Scheduled => ("Authentication/ScheduledInstruction/Token", "Id"),
    };
    let mut body = body_about(name, id);
    push_member("Token", code.expose(), &mut body);
    body.push('}');
    post(path, body)
}

pub(super) fn responses(id: RunId, filter: Option<&str>, start: &str, page_size: u32) -> Demand {
    let mut body = ["{\"Filter\":", filter.unwrap_or("null")].concat();
    push_member("Start", start, &mut body);
    body.push_str(",\"PageSize\":");
    push_number(page_size.into(), &mut body);
    body.push('}');
    Demand {
        reads: true,
        ..post(&["Responses/", &digits(id)].concat(), body)
    }
}

/// The three lists of what waits for an approval, and the obsolete one.
pub(super) fn pending_all() -> Demand {
    get(&["Approvals/notifications"])
}

pub(super) fn pending(kind: Kind) -> Demand {
    get(&[match kind {
        Kind::Instruction => "Approvals/notifications/instructions",
        Kind::Scheduled => "Approvals/notifications/scheduledinstructions",
    }])
}

pub(super) fn pending_obsolete() -> Demand {
    get(&["Approvals/GetNotifications"])
}

pub(super) fn can_approve(id: RunId, obsolete: bool) -> Demand {
    let way = match id.kind() {
        Kind::Instruction if obsolete => "CanApprove/",
        Kind::Instruction => "CanApprove/instruction/",
        Kind::Scheduled => "canapprove/scheduledinstruction/",
    };
    get(&["Approvals/", way, &digits(id)])
}

pub(super) fn decide(id: RunId, approve: bool, comment: &str, obsolete: bool) -> Demand {
    let (path, name) = match id.kind() {
        Kind::Instruction if obsolete => ("Approvals", "InstructionId"),
        Kind::Instruction => ("Approvals/Instruction", "InstructionId"),
        Kind::Scheduled => ("Approvals/ScheduledInstruction", "ScheduledInstructionId"),
    };
    let mut body = body_about(name, id);
    push_member("Comment", comment, &mut body);
    body.push_str(match approve {
        true => ",\"Approved\":true}",
        false => ",\"Approved\":false}",
    });
    post(path, body)
}
