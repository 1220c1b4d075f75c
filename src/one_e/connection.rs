//! The state machine: what it is told, what it wants done.

use std::collections::VecDeque;
use std::time::Duration;

use crate::error::{Error, Kind, Ran};
use crate::exchange::{self, CallId, Exchange};
use crate::http::{Failure, Response};
use crate::one_e::call::{Answer, Call};
use crate::one_e::machine::{Running, Stage, closed};
use crate::one_e::reading;
use crate::one_e::refusal;
use crate::one_e::run::Run;
use crate::one_e::wire::Server;
use crate::one_e::work::Age;
use crate::secret::Secret;
use crate::time::Instant;

/// What a connection wants done.
pub type Output = exchange::Output<Answer, Notice>;

/// Something that listeners may want to know.
///
/// ```
/// use callgate::one_e::Notice;
/// let notice = Notice::Warning("old".into());
/// assert!(matches!(notice, Notice::Warning(_)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A run that this call follows has changed its state.
    Run(CallId, Run),
    /// Something is not as it should be.
    Warning(String),
}

/// One client's dealings with one 1E server. See the [module](super) for how to drive it.
///
/// ```
/// use callgate::http::Response;
/// use callgate::one_e::{Answer, Call, Connection, Instruction, Output, Server, State};
/// use callgate::secret::Secret;
/// use callgate::time::Instant;
///
/// let now = Instant::from_millis(0);
/// let server = Server::parse("https://onee.example", "MyConsumer").unwrap();
/// let mut connection = Connection::new(server, Secret::new("token"));
///
/// let instruction = Instruction::parse(r#"{"definitionId": 7}"#).unwrap();
/// let call = connection.submit(now, Call::Issue(instruction));
/// let Some(Output::Send(exchange, request)) = connection.poll(now) else { panic!() };
/// assert_eq!(request.url, "https://onee.example/Consumer/Instructions");
/// assert_eq!(request.body.as_deref(), Some(r#"{"DefinitionId":7}"#));
///
/// let body = r#"{"Id": 4, "Status": 1}"#.to_owned();
/// connection.response(now, exchange, &Response { status: 200, body });
/// let Some(Output::Done(ended, Ok(Answer::Run(run)))) = connection.poll(now) else { panic!() };
/// assert_eq!((ended, run.state()), (call, State::Waiting));
/// ```
pub struct Connection {
    pub(super) server: Server,
    pub(super) token: Secret,
    pub(super) timeout: Duration,
    pub(super) age: Age,
    pub(super) warned: bool,
    pub(super) calls: Vec<Running>,
    last_call: u32,
    pub(super) outputs: VecDeque<Output>,
    closed: bool,
}

impl Connection {
    /// A connection that calls with this token. An exchange may take a minute.
    ///
    /// ```
    /// use callgate::one_e::{Connection, Server};
    /// let server = Server::parse("https://onee.example", "MyConsumer").unwrap();
    /// let connection = Connection::new(server, "token".to_owned().into());
    /// assert!(connection.wake_at().is_none());
    /// ```
    pub fn new(server: Server, token: Secret) -> Self {
        Self {
            server,
            token,
            timeout: Duration::from_secs(60),
            age: Age::default(),
            warned: false,
            calls: Vec::new(),
            last_call: 0,
            outputs: VecDeque::new(),
            closed: false,
        }
    }

    /// Says how long one exchange may take.
    ///
    /// ```
    /// # use callgate::one_e::{Call, Connection, Server};
    /// # use callgate::time::Instant;
    /// # let server = Server::parse("onee.example", "C").unwrap();
    /// # let mut connection = Connection::new(server, "token".to_owned().into());
    /// connection.set_timeout(std::time::Duration::from_secs(5));
    /// connection.submit(Instant::from_millis(0), Call::Pending);
    /// assert_eq!(connection.wake_at(), Some(Instant::from_millis(5_000)));
    /// ```
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Uses another token from now on. Runs belong to the user, not to the token, so what is
    /// followed goes on.
    ///
    /// ```
    /// # use callgate::one_e::{Call, Connection, Output, Server};
    /// # use callgate::time::Instant;
    /// # let server = Server::parse("onee.example", "C").unwrap();
    /// # let mut connection = Connection::new(server, "token".to_owned().into());
    /// connection.set_token("younger".to_owned().into());
    /// let now = Instant::from_millis(0);
    /// connection.submit(now, Call::Pending);
    /// let Some(Output::Send(_, request)) = connection.poll(now) else { panic!() };
    /// assert_eq!(request.headers[2].1.expose(), "younger");
    /// ```
    pub fn set_token(&mut self, token: Secret) {
        self.token = token;
    }

    /// Takes a call. It ends with exactly one [`Output::Done`].
    ///
    /// ```
    /// # use callgate::one_e::{Call, Connection, Output, Server};
    /// # use callgate::time::Instant;
    /// # let server = Server::parse("onee.example", "C").unwrap();
    /// # let mut connection = Connection::new(server, "token".to_owned().into());
    /// let now = Instant::from_millis(0);
    /// connection.submit(now, Call::Pending);
    /// assert!(matches!(connection.poll(now), Some(Output::Send(..))));
    /// ```
    pub fn submit(&mut self, now: Instant, call: Call) -> CallId {
        self.last_call = self.last_call.wrapping_add(1);
        let id = CallId(self.last_call);
        let until = match &call {
            Call::Follow { timeout, .. } => timeout.map(|timeout| now + timeout),
            _ => None,
        };
        let work = match self.closed {
            true => Err(closed()),
            false => call.begin(),
        };
        match work {
            Ok(work) => {
                let running = Running {
                    id,
                    work,
                    stage: Stage::Parked { wake_at: now },
                    attempt: 0,
                    until,
                    sent: (String::new(), true),
                    known: false,
                };
                self.go_on(now, running, None);
            }
            Err(error) => self.outputs.push_back(Output::Done(id, Err(error))),
        }
        id
    }

    /// Tells that an exchange brought an answer.
    ///
    /// ```
    /// # use callgate::exchange::{CallId, Exchange};
    /// # use callgate::http::Response;
    /// # use callgate::one_e::{Connection, Server};
    /// # use callgate::time::Instant;
    /// # let server = Server::parse("onee.example", "C").unwrap();
    /// # let mut connection = Connection::new(server, "token".to_owned().into());
    /// let late = Exchange { call: CallId(9), attempt: 1 };
    /// let now = Instant::from_millis(0);
    /// connection.response(now, late, &Response { status: 200, body: String::new() });
    /// assert!(connection.poll(now).is_none());
    /// ```
    pub fn response(&mut self, now: Instant, exchange: Exchange, response: &Response) {
        let Some(mut running) = self.take_awaited(exchange) else {
            return;
        };
        let parked = Stage::Parked { wake_at: now };
        let brought = match std::mem::replace(&mut running.stage, parked) {
            Stage::Doubting { refusal, .. } => {
                if response.status == 401 {
                    let mut error = refusal::token_is_dead(refusal);
                    error.ran = running.work.ran();
                    return self.settle(running, Err(error));
                }
                running.known = response.is_success();
                Err(match running.known {
                    true => refusal::lacks_permission(refusal, running.work.needs()),
                    false => refusal::unexplained(refusal),
                })
            }
            _ if response.is_success() => Ok(reading::body(&response.body)),
            _ => {
                let error = refusal::refused(response, running.sent.1, &self.token);
                match (response.status, running.known) {
                    (401, true) => Err(refusal::lacks_permission(error, running.work.needs())),
                    (401, false) => return self.doubt(now, running, error),
                    _ => Err(error),
                }
            }
        };
        self.go_on(now, running, Some(brought));
    }

    /// Tells that an exchange ended without an answer.
    ///
    /// ```
    /// # use callgate::http::Failure;
    /// # use callgate::one_e::{Call, Connection, Instruction, Output, Server};
    /// # use callgate::time::Instant;
    /// # let server = Server::parse("onee.example", "C").unwrap();
    /// # let mut connection = Connection::new(server, "token".to_owned().into());
    /// use callgate::error::Ran;
    /// let now = Instant::from_millis(0);
    /// connection.submit(now, Call::Issue(Instruction::parse(r#"{"definitionId": 7}"#).unwrap()));
    /// let Some(Output::Send(exchange, _)) = connection.poll(now) else { panic!() };
    /// connection.failure(now, exchange, &Failure { sent: true, reason: "reset".into() });
    /// let Some(Output::Done(_, Err(error))) = connection.poll(now) else { panic!() };
    /// assert_eq!((error.ran, error.retryable), (Ran::Unknown, false));
    /// ```
    pub fn failure(&mut self, now: Instant, exchange: Exchange, failure: &Failure) {
        let Some(running) = self.take_awaited(exchange) else {
            return;
        };
        let reason = self.token.scrub(&failure.reason);
        let message = ["the request got no answer: ", &reason].concat();
        let ran = if failure.sent { Ran::Unknown } else { Ran::No };
        let error = Error::new("CALLGATE_NETWORK", Kind::Network, ran, message);
        self.lost(now, running, error);
    }

    /// Ends a call at its caller's wish. A request that is out may have its effect all the same; a
    /// run that was issued goes on until it is cancelled by [`Call::Cancel`].
    ///
    /// ```
    /// # use callgate::one_e::{Call, Connection, Output, Server};
    /// # use callgate::time::Instant;
    /// # let server = Server::parse("onee.example", "C").unwrap();
    /// # let mut connection = Connection::new(server, "token".to_owned().into());
    /// let now = Instant::from_millis(0);
    /// let call = connection.submit(now, Call::Pending);
    /// connection.cancel(call);
    /// assert!(matches!(connection.poll(now), Some(Output::Done(_, Err(_)))));
    /// ```
    pub fn cancel(&mut self, call: CallId) {
        let error = Error::new(
            "CALLGATE_ABORTED",
            Kind::Aborted,
            Ran::No,
            "the caller ended the call",
        );
        if let Some(place) = self.calls.iter().position(|running| running.id == call) {
            self.end(place, error);
        }
    }

    /// Ends every call, and refuses all later ones.
    ///
    /// ```
    /// # use callgate::one_e::{Call, Connection, Output, Server};
    /// # use callgate::time::Instant;
    /// # let server = Server::parse("onee.example", "C").unwrap();
    /// # let mut connection = Connection::new(server, "token".to_owned().into());
    /// connection.close();
    /// let now = Instant::from_millis(0);
    /// connection.submit(now, Call::Pending);
    /// let Some(Output::Done(_, Err(error))) = connection.poll(now) else { panic!() };
    /// assert_eq!(error.code, "CALLGATE_CLOSED");
    /// ```
    pub fn close(&mut self) {
        self.closed = true;
        while !self.calls.is_empty() {
            self.end(0, closed());
        }
    }

    /// What to do next; `None` when there is nothing until [`wake_at`](Self::wake_at) or until
    /// something is told.
    ///
    /// ```
    /// # use callgate::one_e::{Connection, Server};
    /// # let server = Server::parse("onee.example", "C").unwrap();
    /// # let mut connection = Connection::new(server, "token".to_owned().into());
    /// assert!(connection.poll(callgate::time::Instant::from_millis(0)).is_none());
    /// ```
    pub fn poll(&mut self, now: Instant) -> Option<Output> {
        while let Some(place) = self
            .calls
            .iter()
            .position(|running| running.wakes_at() <= now)
        {
            self.wake(now, place);
        }
        self.outputs.pop_front()
    }

    /// When to poll again although nothing happened.
    ///
    /// ```
    /// # use callgate::one_e::{Call, Connection, Server};
    /// # use callgate::time::Instant;
    /// # let server = Server::parse("onee.example", "C").unwrap();
    /// # let mut connection = Connection::new(server, "token".to_owned().into());
    /// connection.submit(Instant::from_millis(0), Call::Pending);
    /// assert_eq!(connection.wake_at(), Some(Instant::from_millis(60_000)));
    /// ```
    pub fn wake_at(&self) -> Option<Instant> {
        self.calls.iter().map(Running::wakes_at).min()
    }
}
