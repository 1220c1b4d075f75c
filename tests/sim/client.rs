//! A client: one connection, what its callers wanted from it, and what it was told.

use std::collections::{BTreeMap, BTreeSet};

use callgate::bitrix24::engine::Connection;
use callgate::error::Ran;
use serde_json::Value;

/// How a client is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A token with a refresh token.
    Refreshing,
    /// A token alone.
    Fixed,
    /// A page in the portal's frame: the portal's page gives new tokens, forms are sent, and the
    /// scopes have to be asked for.
    Frame,
    Webhook,
}

pub(crate) struct Client {
    pub(crate) name: char,
    pub(crate) app: String,
    pub(crate) kind: Kind,
    pub(crate) connection: Connection<Value>,
    pub(crate) asleep_until: Option<u64>,
    pub(crate) closed: bool,
    /// The hosts to which the token may go.
    pub(crate) hosts: Vec<String>,
    /// The host of which the caller was asked.
    pub(crate) asked_about: Option<String>,
    /// Access tokens, in the order in which they came, with their scopes.
    pub(crate) tokens: Vec<Token>,
    /// Everything that must not be seen.
    pub(crate) secrets: Vec<String>,
    pub(crate) application_token: String,
    pub(crate) member_id: String,
    pub(crate) cases: BTreeMap<u32, Case>,
    pub(crate) flights: BTreeMap<(u32, u32), Flight>,
    pub(crate) refreshing: bool,
    pub(crate) spent: BTreeSet<String>,
    pub(crate) shadow: Shadow,
    /// Methods that the portal refused to the present token, whatever its reason.
    pub(crate) refused: BTreeSet<String>,
    /// Methods that have worked too long, as the portal said.
    pub(crate) limited: BTreeSet<String>,
    /// Until when the client may be shy after a refusal of the bucket's.
    pub(crate) shy_until: u64,
    pub(crate) cause: Cause,
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) access: String,
    pub(crate) scopes: Vec<String>,
    /// When it ends as the client was told.
    pub(crate) ends: Option<u64>,
}

/// What the client is told right now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cause {
    /// Its time has come, or its caller wants something.
    Own,
    Reply(u32, Told),
    /// An answer that nobody waits for any more.
    Stale,
    Event,
}

/// What callers want.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Call(Want),
    Batch(Vec<Want>, BatchWant),
    List(crate::lists::ListWant),
    /// Bad input, whose error has to have these words.
    Bad(&'static str),
    /// A call that the connection makes by itself.
    Inner,
}

#[derive(Clone, Debug)]
pub(crate) struct Want {
    pub(crate) method: &'static Method,
    pub(crate) mark: Option<usize>,
    pub(crate) waits: bool,
    pub(crate) bulk: bool,
    /// In a batch, its name.
    pub(crate) name: String,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchWant {
    pub(crate) halt: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) what: What,
    pub(crate) ended: bool,
    /// The code, in small letters, and the kind of the error that it ended with.
    pub(crate) error: Option<(String, callgate::error::Kind)>,
    pub(crate) attempts: u32,
    /// The token with which it waits for a confirmation.
    pub(crate) pinned: Option<String>,
    /// Something else than the budget may hold it back.
    pub(crate) excused: bool,
    /// Turns that its own class had since, and others.
    pub(crate) own_turns: u64,
    pub(crate) other_turns: u64,
}

impl Case {
    pub(crate) fn new(what: What) -> Self {
        Self {
            what,
            ended: false,
            error: None,
            attempts: 0,
            pinned: None,
            excused: false,
            own_turns: 0,
            other_turns: 0,
        }
    }

    /// 0 for what may write, 1 for what reads, 2 for bulk.
    pub(crate) fn class(&self) -> Option<u8> {
        match &self.what {
            What::Call(want) if want.bulk => Some(2),
            What::Call(want) => Some(u8::from(want.method.reads)),
            _ => None,
        }
    }
}

/// A request under way.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    pub(crate) methods: Vec<String>,
    pub(crate) token: Option<String>,
    pub(crate) marks: Vec<usize>,
    pub(crate) state: State,
    pub(crate) request: callgate_portal::Request,
    pub(crate) host: String,
    pub(crate) fate: crate::network::Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// On its way to the portal.
    Out,
    /// The portal has seen it, or never will.
    Back,
    /// The client knows how it went, or no longer cares; since when.
    Over(u64),
}

/// What the client learned of an exchange.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    Result,
    /// The portal's code, in small letters.
    Code(String),
    Moved,
    /// No answer of a portal's.
    Unreadable,
    Unsent,
    Broken,
}

/// A call that can be told from all others, so that its runs can be counted.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) harmless: bool,
    pub(crate) runs: u32,
    /// A request that carried it may have been carried out, as far as the client knows.
    pub(crate) may_have_run: bool,
    /// What the caller was told of it in the end.
    pub(crate) told: Option<Ran>,
}

/// The portal's request bucket, as if this client alone used it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shadow {
    pub(crate) burst: f64,
    pub(crate) per_second: f64,
    pub(crate) level: f64,
    pub(crate) at: u64,
}

impl Shadow {
    /// Takes a request in; false when the portal would have refused it.
    pub(crate) fn take(&mut self, now: u64) -> bool {
        let seconds = (now - self.at) as f64 / 1000.0;
        self.level = (self.level - seconds * self.per_second).max(0.0) + 1.0;
        self.at = now;
        self.level <= self.burst + 1e-6
    }
}

/// A method as the portal has it.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: &'static str,
    /// One of these is needed.
    pub(crate) scopes: &'static [&'static str],
    pub(crate) reads: bool,
    /// The members of its parameters; `MARK` stands for the call's own number.
    pub(crate) params: &'static str,
}

const fn method(
    name: &'static str,
    scopes: &'static [&'static str],
    reads: bool,
    params: &'static str,
) -> Method {
    Method {
        name,
        scopes,
        reads,
        params,
    }
}

/// What callers call. The first one has to be confirmed by an administrator.
#[rustfmt::skip]
pub(crate) const METHODS: &[Method] = &[
    method("voximplant.user.get", &["telephony"], true, r#""USER_ID":1"#),
    method("crm.deal.add", &["crm"], false, r#""fields":{"TITLE":"MARK"}"#),
    method("crm.contact.add", &["crm"], false, r#""fields":{"NAME":"MARK"}"#),
    method("tasks.task.add", &["task"], false, r#""fields":{"TITLE":"MARK","RESPONSIBLE_ID":1}"#),
    method("crm.deal.list", &["crm"], true, r#""filter":{">ID":0},"start":-1"#),
    method("crm.deal.get", &["crm"], true, r#""id":1"#),
    method("user.current", &["user", "user_basic", "user_brief"], true, ""),
    method("profile", &[], true, ""),
    method("im.notify", &["im"], false, r#""to":1,"message":"so it is""#),
    method("im.department.managers.get", &["im"], true, r#""ID":[1,2],"USER_DATA":"Y""#),
    method("calendar.event.get", &["calendar"], true, r#""type":"user","ownerId":1"#),
    method("nobody.knows.this", &[], false, r#""a":1"#),
    method("scope", &[], true, ""),
    method("app.info", &[], true, ""),
    method("method.get", &[], true, r#""name":"crm.deal.list""#),
    method("method.get", &[], true, r#""name":"nobody.knows.this""#),
];
