//! A world for one test: a connection, a portal, the network between them, and a clock that stands
//! still until the test moves it. It builds and records; it proves nothing.

mod network;

use std::collections::VecDeque;
use std::time::Duration;

use callgate::bitrix24::engine::list::Progress;
use callgate::bitrix24::engine::plan::Finished;
use callgate::bitrix24::engine::{
    Answer, Call, CallId, Config, Connection, Exchange, Notice, OnWaiting, RefreshRequest, Rows,
    Token,
};
use callgate::bitrix24::rights::confirmation::State;
use callgate::bitrix24::rights::grant::Source;
use callgate::bitrix24::wire::address::{Origin, Webhook};
use callgate::bitrix24::wire::{event::MethodConfirm, form};
use callgate::error::Error;
use callgate::secret::Secret;
use callgate::time::Instant;
use callgate_portal as portal;
use callgate_portal::{EventPost, Fault, Portal, TokenRequest};
use serde_json::Value;

use network::Arrival;
pub(crate) use network::{Fate, Renewal, Sent};

/// The second in which the documentation's example event was sent.
pub(crate) const START: u64 = 1_478_790_852_000;
/// The one method that an administrator has to confirm.
pub(crate) const PHONES: &str = "voximplant.user.get";

/// Where the portal is.
const ORIGIN: &str = "https://portal.bitrix24.com";

pub(crate) type Outcome = Result<Answer<Value>, Error>;
pub(crate) type BatchOutcome = Result<Finished<Value>, Error>;
pub(crate) type ListOutcome = Result<Progress, Error>;

/// How a world begins.
pub(crate) struct Setup {
    /// The token's scopes, between commas.
    pub(crate) scopes: &'static str,
    /// The token's life in seconds.
    pub(crate) life: u64,
    /// Whether the connection is told when its token ends.
    pub(crate) knows_expiry: bool,
    /// Whether the connection is told the token's scopes.
    pub(crate) knows_scopes: bool,
    /// Whether somebody answers a refresh.
    pub(crate) can_refresh: bool,
    /// Whether events can be checked.
    pub(crate) checks_events: bool,
    pub(crate) config: Config,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            scopes: "telephony,crm,im,user",
            life: 3600,
            knows_expiry: true,
            knows_scopes: false,
            can_refresh: true,
            checks_events: true,
            config: Config::default(),
        }
    }
}

pub(crate) struct World {
    pub(crate) portal: Portal,
    pub(crate) connection: Connection<Value>,
    /// The time, in milliseconds.
    pub(crate) now: u64,
    /// The token with which the world began.
    pub(crate) token: portal::Token,
    pub(crate) sent: Vec<Sent>,
    pub(crate) aborted: Vec<Exchange>,
    pub(crate) refreshes: Vec<RefreshRequest>,
    pub(crate) notices: Vec<Notice>,
    /// The hosts that the caller was asked about, without an answer yet.
    pub(crate) asked_about: Vec<String>,
    /// Every end of a call, and when.
    pub(crate) ends: Vec<(u64, CallId, Outcome)>,
    /// The pages of lists that were handed out.
    pub(crate) rows: VecDeque<(CallId, Rows<Value>)>,
    /// Every end of a list, and when.
    pub(crate) list_ends: Vec<(u64, CallId, ListOutcome)>,
    /// Every end of a batch, and when.
    pub(crate) batch_ends: Vec<(u64, CallId, BatchOutcome)>,
    fates: VecDeque<Fate>,
    renewals: VecDeque<Renewal>,
    arrivals: Vec<(u64, Arrival)>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Setup::default())
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let mut portal = a_portal();
        let token = portal.token(
            START,
            TokenRequest {
                scopes: Some(setup.scopes.split(',').map(str::to_owned).collect()),
                expires_in: setup.life,
                ..TokenRequest::default()
            },
        );
        let handler = format!(
            "auth={}&event=OnAppMethodConfirm&handler=http://127.0.0.1:9/hook",
            token.access_token
        );
        portal.handle(START, &portal::Request::form("/rest/event.bind", handler));
        portal.clear_log();
        let mut config = setup.config;
        if setup.checks_events {
            config.application_token = Some(Secret::new(token.application_token.clone()));
        }
        let held = Token {
            access: Secret::new(token.access_token.clone()),
            refresh: Some(Secret::new(token.refresh_token.clone())),
            expires_at: setup
                .knows_expiry
                .then(|| Instant::from_millis(token.expires * 1000)),
        };
        let origin = Origin::parse(ORIGIN).unwrap();
        let mut connection = Connection::with_token(config, origin, held, setup.can_refresh);
        if setup.knows_scopes {
            connection.learn_scopes(Instant::from_millis(START), &token.scope, Source::Token);
        }
        Self::around(portal, connection, token)
    }

    /// A connection through an inbound webhook; its token stands for nothing.
    pub(crate) fn through_webhook(scopes: &[&str], config: Config) -> (Self, String) {
        let mut portal = a_portal();
        let url = portal.webhook(scopes, 1);
        let connection = Connection::with_webhook(config, &Webhook::parse(&url).unwrap());
        let token = portal.token(START, TokenRequest::default());
        (Self::around(portal, connection, token), url)
    }

    fn around(portal: Portal, connection: Connection<Value>, token: portal::Token) -> Self {
        Self {
            portal,
            connection,
            now: START,
            token,
            sent: Vec::new(),
            aborted: Vec::new(),
            refreshes: Vec::new(),
            notices: Vec::new(),
            asked_about: Vec::new(),
            ends: Vec::new(),
            batch_ends: Vec::new(),
            rows: VecDeque::new(),
            list_ends: Vec::new(),
            fates: VecDeque::new(),
            renewals: VecDeque::new(),
            arrivals: Vec::new(),
        }
    }

    pub(crate) fn at(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    /// Decides what becomes of the next requests, in the order in which they are sent.
    pub(crate) fn fate(&mut self, fates: impl IntoIterator<Item = Fate>) {
        self.fates.extend(fates);
    }

    /// Decides what becomes of the next refreshes.
    pub(crate) fn renewal(&mut self, renewals: impl IntoIterator<Item = Renewal>) {
        self.renewals.extend(renewals);
    }

    /// Switches a fault of the portal on, for every request that it can strike.
    pub(crate) fn fault(&mut self, kind: &str) {
        self.portal.fault(Fault::new(kind)).unwrap();
    }

    /// Switches a fault of the portal on, for the next request that it can strike.
    pub(crate) fn fault_once(&mut self, kind: &str) {
        let fault = Fault {
            times: Some(1),
            ..Fault::new(kind)
        };
        self.portal.fault(fault).unwrap();
    }

    /// Submits a call, and does all that can be done without the clock moving.
    pub(crate) fn submit(&mut self, call: Call) -> CallId {
        let id = self.connection.submit(self.at(), call);
        self.pump();
        id
    }

    /// Submits a call and takes its end, which must come without the clock moving.
    pub(crate) fn run(&mut self, method: &str, params: &str) -> Outcome {
        let id = self.submit(call(method, params));
        self.end(id).clone()
    }

    /// Lets the clock run for so many seconds; everything happens at its own time.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.pass_millis(seconds * 1000);
    }

    pub(crate) fn pass_millis(&mut self, millis: u64) {
        let end = self.now + millis;
        loop {
            self.pump();
            let arrival = self.arrivals.iter().map(|(at, _)| *at).min();
            let wake = self.connection.wake_at().map(Instant::as_millis);
            match arrival.into_iter().chain(wake).min() {
                Some(next) if next <= end => self.now = next,
                _ => break,
            }
        }
        self.now = end;
    }

    /// The administrator's answer about [`PHONES`] and the first token; the events it causes are not
    /// delivered.
    pub(crate) fn decide(&mut self, granted: bool) -> Vec<EventPost> {
        let token = self.token.access_token.clone();
        self.portal
            .decide(self.now, &token, PHONES, granted)
            .unwrap()
    }

    /// Delivers an event; tells whether it woke a wait.
    pub(crate) fn deliver(&mut self, post: &EventPost) -> bool {
        let event = MethodConfirm::read(&form::read(&post.body)).unwrap();
        let woke = self.connection.event(self.at(), &event);
        self.pump();
        woke
    }

    /// The administrator's answer, and the event that tells of it.
    pub(crate) fn decide_and_tell(&mut self, granted: bool) {
        for post in self.decide(granted) {
            self.deliver(&post);
        }
    }

    /// The end of a call that has ended once.
    pub(crate) fn end(&self, id: CallId) -> &Outcome {
        let ends: Vec<&Outcome> = self.ends_of(id).collect();
        match ends.as_slice() {
            [end] => end,
            ends => panic!("{id:?} has ended {} times, not once", ends.len()),
        }
    }

    pub(crate) fn ends_of(&self, id: CallId) -> impl Iterator<Item = &Outcome> {
        self.ends
            .iter()
            .filter(move |(_, ended, _)| *ended == id)
            .map(|(_, _, outcome)| outcome)
    }

    pub(crate) fn has_ended(&self, id: CallId) -> bool {
        self.ends_of(id).next().is_some()
    }

    /// The error of a call that has failed.
    pub(crate) fn error(&self, id: CallId) -> &Error {
        self.end(id).as_ref().unwrap_err()
    }

    /// When the requests for a method went out, in seconds from the start.
    pub(crate) fn times_of(&self, method: &str) -> Vec<u64> {
        let own = self.sent.iter().filter(|sent| sent.method() == method);
        own.map(|sent| (sent.at - START) / 1000).collect()
    }

    /// The tokens that the requests for a method carried.
    pub(crate) fn tokens_of(&self, method: &str) -> Vec<String> {
        let own = self.sent.iter().filter(|sent| sent.method() == method);
        own.map(|sent| sent.token().unwrap()).collect()
    }

    /// How many requests for a method reached the portal.
    pub(crate) fn seen_by_portal(&self, method: &str) -> usize {
        let suffix = format!("/{method}");
        let log = self.portal.log(0);
        log.filter(|entry| entry.url.ends_with(&suffix)).count()
    }

    /// The states that listeners heard of, with their method.
    pub(crate) fn confirmations_told(&self) -> Vec<(String, State)> {
        let told = self.notices.iter().filter_map(|notice| match notice {
            Notice::Confirmation(known) => Some((known.method.to_string(), known.state)),
            _ => None,
        });
        told.collect()
    }

    /// The warnings that listeners heard.
    pub(crate) fn warnings(&self) -> Vec<&str> {
        let told = self.notices.iter().filter_map(|notice| match notice {
            Notice::Warning { message, .. } => Some(message.as_str()),
            _ => None,
        });
        told.collect()
    }

    /// Does all that can be done without the clock moving.
    pub(crate) fn pump(&mut self) {
        loop {
            while let Some(output) = self.connection.poll(self.at()) {
                self.carry_out(output);
            }
            let due = self.arrivals.iter().position(|(at, _)| *at <= self.now);
            let Some(due) = due else { break };
            let at = self.at();
            match self.arrivals.remove(due).1 {
                Arrival::Reply(exchange, reply) => self.connection.response(at, exchange, reply),
                Arrival::Failure(exchange, why) => self.connection.failure(at, exchange, why),
                Arrival::Token(outcome) => self.connection.token(at, outcome),
            }
        }
        let wake = self.connection.wake_at();
        assert!(
            wake.is_none_or(|wake| wake > self.at()),
            "the connection has nothing to do and wants to be woken now"
        );
    }
}

fn a_portal() -> Portal {
    Portal::with_config(portal::Config {
        origin: ORIGIN.to_owned(),
        ..portal::Config::default()
    })
}

pub(crate) fn call(method: &str, params: &str) -> Call {
    Call::new(method, params).unwrap()
}

/// A call of [`PHONES`] that rejects when it has to be confirmed.
pub(crate) fn phones() -> Call {
    call(PHONES, r#"{"USER_ID":1}"#)
}

/// The same call, waiting for the administrator as long as its token lives.
pub(crate) fn waiting_phones() -> Call {
    waiting(phones(), None)
}

/// `call`, waiting for so many seconds at most.
pub(crate) fn waiting(call: Call, seconds: Option<u64>) -> Call {
    let timeout = seconds.map(Duration::from_secs);
    Call {
        on_waiting: OnWaiting::Wait { timeout },
        ..call
    }
}

/// A token that no portal issued.
pub(crate) fn made_up_token(access: &str, refresh: Option<&str>) -> Token {
    Token {
        access: Secret::new(access),
        refresh: refresh.map(Secret::new),
        expires_at: None,
    }
}
