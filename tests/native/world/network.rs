//! What lies between a connection and its portal: it carries requests and answers, late, broken or
//! not at all, as the test decided.

use std::time::Duration;

use callgate::bitrix24::engine::{Exchange, Output, RefreshRequest, Token, TokenUpdate};
use callgate::bitrix24::wire::envelope::{Envelope, Reply};
use callgate::http::{BodyFormat, Failure, Request};
use callgate::secret::Secret;
use callgate::time::Instant;
use callgate_portal as portal;
use serde_json::Value;

use super::World;

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fate {
    /// The portal answers at once.
    Answered,
    /// The portal runs it at once; the answer takes so many seconds.
    Late(u64),
    /// It certainly never left.
    Refused,
    /// The connection breaks before the portal saw it.
    BrokenBefore,
    /// The connection breaks after the portal ran it.
    BrokenAfter,
    /// The portal runs it, and nothing ever comes back.
    Silence,
    /// Something else answers in the portal's place: a status and a body.
    Instead(u16, String),
    /// A redirect, with its `Location`.
    Moved(Option<String>),
    /// The connection breaks, and the environment says this.
    BreaksSaying(String),
}

/// What becomes of a refresh.
#[derive(Clone, Debug)]
pub(crate) enum Renewal {
    /// The portal's token endpoint answers at once.
    Answered,
    /// The same, so many seconds later.
    Late(u64),
    /// Nobody ever says how it went.
    Never,
    /// It fails, with this reason.
    Fails(String),
    /// It gives this.
    Gives(TokenUpdate),
}

/// A request that the connection sent.
pub(crate) struct Sent {
    pub(crate) at: u64,
    pub(crate) exchange: Exchange,
    pub(crate) request: Request,
}

impl Sent {
    /// The method in its address.
    pub(crate) fn method(&self) -> &str {
        self.request.url.rsplit('/').next().unwrap()
    }

    /// The token in its header or body.
    pub(crate) fn token(&self) -> Option<String> {
        if let Some(token) = &self.request.bearer {
            return Some(token.expose().to_owned());
        }
        let body: Value = serde_json::from_str(&self.request.body).unwrap();
        Some(body.get("auth")?.as_str()?.to_owned())
    }
}

/// What comes back, sooner or later.
pub(super) enum Arrival {
    Reply(Exchange, Reply<Value>),
    Failure(Exchange, Failure),
    Token(Result<TokenUpdate, String>),
}

impl World {
    pub(super) fn carry_out(&mut self, output: Output<Value>) {
        match output {
            Output::Send(exchange, request) => self.send(exchange, request),
            Output::Abort(exchange) => self.aborted.push(exchange),
            Output::Refresh(request) => self.refresh(request),
            Output::Done(id, outcome) => self.ends.push((self.now, id, outcome)),
            Output::BatchDone(id, outcome) => self.batch_ends.push((self.now, id, outcome)),
            Output::Moved(origin) => self.asked_about.push(origin.host().to_owned()),
            Output::Rows(id, rows) => self.rows.push_back((id, rows)),
            Output::ListDone(id, outcome) => self.list_ends.push((self.now, id, outcome)),
            Output::Notice(notice) => self.notices.push(notice),
        }
    }

    fn send(&mut self, exchange: Exchange, request: Request) {
        let fate = self.fates.pop_front().unwrap_or(Fate::Answered);
        let reached = !matches!(
            fate,
            Fate::Refused
                | Fate::BrokenBefore
                | Fate::Instead(..)
                | Fate::Moved(_)
                | Fate::BreaksSaying(_)
        );
        let reply = reached.then(|| self.portal.handle(self.now, &as_portal_sees(&request)));
        let broken = |sent, reason: &str| {
            Some(Arrival::Failure(
                exchange,
                Failure {
                    sent,
                    reason: reason.to_owned(),
                },
            ))
        };
        let mut delay = reply.as_ref().map_or(Duration::ZERO, |reply| reply.delay);
        let answer = |reply: Option<portal::Reply>| {
            reply.map(|reply| Arrival::Reply(exchange, as_driver_reads(&reply)))
        };
        let arrival = match fate {
            Fate::Answered => answer(reply),
            Fate::Late(seconds) => {
                delay += Duration::from_secs(seconds);
                answer(reply)
            }
            Fate::Silence => None,
            Fate::Refused => broken(false, "connection refused"),
            Fate::BrokenBefore | Fate::BrokenAfter => broken(true, "connection reset"),
            Fate::BreaksSaying(reason) => broken(true, &reason),
            Fate::Instead(status, body) => {
                Some(Arrival::Reply(exchange, Reply::read(status, &body)))
            }
            Fate::Moved(location) => Some(Arrival::Reply(exchange, moved(302, location))),
        };
        let millis = u64::try_from(delay.as_millis()).unwrap();
        if let Some(arrival) = arrival {
            self.arrivals.push((self.now + millis, arrival));
        }
        self.sent.push(Sent {
            at: self.now,
            exchange,
            request,
        });
    }

    fn refresh(&mut self, request: RefreshRequest) {
        let renewal = self.renewals.pop_front().unwrap_or(Renewal::Answered);
        let (seconds, outcome) = match renewal {
            Renewal::Never => (0, None),
            Renewal::Answered => (0, Some(self.ask_for_token(&request))),
            Renewal::Late(seconds) => (seconds, Some(self.ask_for_token(&request))),
            Renewal::Fails(reason) => (0, Some(Err(reason))),
            Renewal::Gives(update) => (0, Some(Ok(update))),
        };
        if let Some(outcome) = outcome {
            let at = self.now + seconds * 1000;
            self.arrivals.push((at, Arrival::Token(outcome)));
        }
        self.refreshes.push(request);
    }

    /// What a driver does: asks the token endpoint, and reads its answer.
    fn ask_for_token(&mut self, request: &RefreshRequest) -> Result<TokenUpdate, String> {
        let refresh = request.refresh.as_ref().map_or("", Secret::expose);
        let body = format!("grant_type=refresh_token&client_id=local.app&refresh_token={refresh}");
        let request = portal::Request::form("/oauth/token/", body);
        let reply = self.portal.handle(self.now, &request);
        let value = reply.value();
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let Some(access) = text("access_token") else {
            return Err(reply.body);
        };
        let expires = value.get("expires").and_then(Value::as_u64);
        Ok(TokenUpdate {
            token: Token {
                access: Secret::new(access),
                refresh: text("refresh_token").map(Secret::new),
                expires_at: expires.map(|seconds| Instant::from_millis(seconds * 1000)),
            },
            scope: text("scope").map(str::to_owned),
        })
    }
}

fn as_portal_sees(request: &Request) -> portal::Request {
    let (_, address) = request.url.split_once("://").unwrap();
    let path = &address[address.find('/').unwrap()..];
    let mut seen = portal::Request::new("POST", path)
        .with_header("Content-Type", request.format.content_type())
        .with_body(request.body.clone());
    if let Some(token) = &request.bearer {
        seen = seen.with_header("Authorization", ["Bearer ", token.expose()].concat());
    }
    assert_eq!(
        request.format == BodyFormat::Json,
        request.body.starts_with(['{', '['])
    );
    match &request.idempotency_key {
        Some(key) => seen.with_header("Idempotency-Key", key.clone()),
        None => seen,
    }
}

fn as_driver_reads(reply: &portal::Reply) -> Reply<Value> {
    match reply.status {
        300..400 => moved(reply.status, reply.header("location").map(str::to_owned)),
        status => Reply::read(status, &reply.body),
    }
}

fn moved(status: u16, location: Option<String>) -> Reply<Value> {
    Reply {
        status,
        envelope: Envelope::Moved { location },
        retry_after: None,
    }
}
