//! The state machine: what it is told, what it wants done.

use std::collections::VecDeque;
use std::time::Duration;

use crate::decision::{Decision, Mode};
use crate::error::{Error, Kind, Ran};
use crate::exchange::{self, CallId, Exchange};
use crate::http::{Failure, Response};
use crate::secret::Secret;
use crate::telecomx::call::{Answer, Call};
use crate::telecomx::check::Context;
use crate::telecomx::knowledge::Knowledge;
use crate::telecomx::machine::Running;
use crate::telecomx::permissions::Permissions;
use crate::telecomx::refusal;
use crate::telecomx::session::{self, Session};
use crate::telecomx::wire::Server;
use crate::time::Instant;

/// What a connection wants done.
pub type Output = exchange::Output<Answer, Notice>;

/// Something that listeners may want to know.
///
/// ```
/// use callgate::telecomx::Notice;
/// assert_ne!(Notice::Permissions, Notice::TokenEnded);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The user's rights are others than before, or known for the first time.
    Permissions,
    /// The server doesn't take the token any longer: log in again. Told once for each token.
    TokenEnded,
    /// The map stands against a call, and it goes out all the same.
    Warning {
        /// What its errors are called too.
        method: String,
        /// What stands against it, in words.
        message: String,
        /// The same as a decision.
        decision: Box<Decision>,
    },
}

/// One user's dealings with the server. See the [module](super) for how to drive it.
///
/// ```
/// use callgate::decision::Verdict;
/// use callgate::http::Response;
/// use callgate::telecomx::{Action, Call, Connection, Context, Output, Server};
/// use callgate::time::Instant;
///
/// let now = Instant::from_millis(0);
/// let mut connection = Connection::new(Server::default());
/// connection.set_token("token".to_owned().into()).unwrap();
///
/// connection.submit(now, Call::Permissions);
/// let Some(Output::Send(exchange, request)) = connection.poll(now) else { panic!() };
/// assert_eq!(request.url, "https://api.telecomx.dk/pbx/app/permissions");
/// let body = r#"{"5c5a9dea83a3bc74d5891c95": {"pickup": true}}"#.to_owned();
/// connection.response(now, exchange, &Response { status: 200, body });
///
/// let check = |action| connection.check("5c5a9dea83a3bc74d5891c95", action, &Context::default());
/// assert_eq!(check("pickup").verdict, Verdict::Allowed);
/// assert_eq!(check("spy").verdict, Verdict::Denied);
/// ```
pub struct Connection {
    pub(super) server: Server,
    pub(super) token: Option<Secret>,
    /// Which token it is. What was sent with an earlier one says nothing about this one.
    pub(super) generation: u32,
    pub(super) token_ended: bool,
    pub(super) session: Option<Session>,
    pub(super) knowledge: Knowledge,
    pub(super) mode: Mode,
    pub(super) timeout: Duration,
    pub(super) calls: Vec<Running>,
    last_call: u32,
    pub(super) outputs: VecDeque<Output>,
    closed: bool,
}

impl Connection {
    /// A connection that has no token yet, enforces what the map says, and gives an exchange a
    /// minute.
    ///
    /// ```
    /// use callgate::telecomx::{Connection, Server};
    /// assert!(Connection::new(Server::default()).token().is_none());
    /// ```
    pub fn new(server: Server) -> Self {
        Self {
            server,
            token: None,
            generation: 0,
            token_ended: false,
            session: None,
            knowledge: Knowledge::default(),
            mode: Mode::Enforce,
            timeout: Duration::from_secs(60),
            calls: Vec::new(),
            last_call: 0,
            outputs: VecDeque::new(),
            closed: false,
        }
    }

    /// Says how long one exchange may take.
    ///
    /// ```
    /// # use callgate::telecomx::{Call, Connection, Server};
    /// # use callgate::time::Instant;
    /// # let mut connection = Connection::new(Server::default());
    /// # connection.set_token("token".to_owned().into()).unwrap();
    /// connection.set_timeout(std::time::Duration::from_secs(5));
    /// connection.submit(Instant::from_millis(0), Call::Permissions);
    /// assert_eq!(connection.wake_at(), Some(Instant::from_millis(5_000)));
    /// ```
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Says what the map's "no" does to an action.
    ///
    /// ```
    /// # use callgate::telecomx::{Connection, Server};
    /// # let mut connection = Connection::new(Server::default());
    /// connection.set_mode(callgate::decision::Mode::Warn);
    /// ```
    pub fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
    }

    /// Uses another token from now on. What was known of rights is forgotten, for it may be another
    /// user's.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid` for one that can't stand in a header; nothing changes then.
    ///
    /// ```
    /// # use callgate::telecomx::{Connection, Server};
    /// # let mut connection = Connection::new(Server::default());
    /// assert!(connection.set_token("to\nken".to_owned().into()).is_err());
    /// ```
    pub fn set_token(&mut self, token: Secret) -> Result<(), Error> {
        session::usable(&token)?;
        self.use_token(Some(token), None);
        Ok(())
    }

    /// The token, to keep it for the next start if it doesn't end by itself.
    ///
    /// ```
    /// # use callgate::telecomx::{Connection, Server};
    /// # let mut connection = Connection::new(Server::default());
    /// connection.set_token("token".to_owned().into()).unwrap();
    /// assert_eq!(connection.token().unwrap().expose(), "token");
    /// ```
    pub fn token(&self) -> Option<&Secret> {
        self.token.as_ref()
    }

    /// Whose token it is, after a login or a validation.
    ///
    /// ```
    /// # use callgate::telecomx::{Connection, Server};
    /// assert!(Connection::new(Server::default()).session().is_none());
    /// ```
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The permission map, once it was read.
    ///
    /// ```
    /// # use callgate::telecomx::{Connection, Server};
    /// assert!(Connection::new(Server::default()).permissions().is_none());
    /// ```
    pub fn permissions(&self) -> Option<&Permissions> {
        self.knowledge.whole()
    }

    /// May the user do this with the extension now? By what is known: the map, and the level that
    /// the login told. See [`Permissions::check`]. Before the map was read the verdict is `unknown`.
    ///
    /// ```
    /// # use callgate::telecomx::{Connection, Context, Server};
    /// # let connection = Connection::new(Server::default());
    /// let decision = connection.check("5c5a9dea83a3bc74d5891c95", "spy", &Context::default());
    /// assert_eq!(decision.verdict, callgate::decision::Verdict::Unknown);
    /// ```
    pub fn check(&self, extension: &str, action: &str, context: &Context) -> Decision {
        let known = self.session.as_ref().and_then(|session| session.level);
        let context = Context {
            level: context.level.or(known),
            ..context.clone()
        };
        self.knowledge.check(extension, action, &context)
    }

    /// Takes a call. It ends with exactly one [`Output::Done`].
    ///
    /// ```
    /// # use callgate::telecomx::{Call, Connection, Output, Server};
    /// # use callgate::time::Instant;
    /// # let mut connection = Connection::new(Server::default());
    /// let now = Instant::from_millis(0);
    /// connection.submit(now, Call::Permissions);
    /// let Some(Output::Done(_, Err(error))) = connection.poll(now) else { panic!() };
    /// assert_eq!(error.code, "CALLGATE_NO_TOKEN");
    /// ```
    pub fn submit(&mut self, now: Instant, call: Call) -> CallId {
        self.last_call = self.last_call.wrapping_add(1);
        let id = CallId(self.last_call);
        let begun = match self.closed {
            true => Err(refusal::closed()),
            false => self.begin(now, id, call),
        };
        if let Err(error) = begun {
            self.outputs.push_back(Output::Done(id, Err(error)));
        }
        id
    }

    /// Tells that an exchange brought an answer.
    ///
    /// ```
    /// # use callgate::exchange::{CallId, Exchange};
    /// # use callgate::http::Response;
    /// # use callgate::telecomx::{Connection, Server};
    /// # use callgate::time::Instant;
    /// # let mut connection = Connection::new(Server::default());
    /// let late = Exchange { call: CallId(9), attempt: 1 };
    /// let now = Instant::from_millis(0);
    /// connection.response(now, late, &Response { status: 200, body: String::new() });
    /// assert!(connection.poll(now).is_none());
    /// ```
    pub fn response(&mut self, now: Instant, exchange: Exchange, response: &Response) {
        if let Some(running) = self.take_awaited(exchange) {
            let brought = self.read(&running, response);
            self.go_on(now, running, brought);
        }
    }

    /// Tells that an exchange ended without an answer.
    ///
    /// ```
    /// # use callgate::error::Ran;
    /// # use callgate::http::Failure;
    /// # use callgate::telecomx::{Action, Call, Connection, Output, Server};
    /// # use callgate::time::Instant;
    /// # let mut connection = Connection::new(Server::default());
    /// # connection.set_token("token".to_owned().into()).unwrap();
    /// let now = Instant::from_millis(0);
    /// let hangup = Action::parse("hangup", r#"{"target": "pbx1.telecomx.dk:1.2"}"#).unwrap();
    /// connection.submit(now, Call::Act(hangup, None));
    /// let Some(Output::Send(exchange, _)) = connection.poll(now) else { panic!() };
    /// connection.failure(now, exchange, &Failure { sent: true, reason: "reset".into() });
    /// let Some(Output::Done(_, Err(error))) = connection.poll(now) else { panic!() };
    /// assert_eq!((error.ran, error.retryable), (Ran::Unknown, false));
    /// ```
    pub fn failure(&mut self, now: Instant, exchange: Exchange, failure: &Failure) {
        let Some(running) = self.take_awaited(exchange) else {
            return;
        };
        let reason = refusal::scrub(&failure.reason, &self.secrets(&running));
        let message = ["the request got no answer: ", &reason].concat();
        let ran = if failure.sent { Ran::Unknown } else { Ran::No };
        let error = Error::new("CALLGATE_NETWORK", Kind::Network, ran, message);
        self.lost(now, running, error);
    }

    /// Ends a call at its caller's wish. A request that is out may have its effect all the same.
    ///
    /// ```
    /// # use callgate::telecomx::{Call, Connection, Output, Server};
    /// # use callgate::time::Instant;
    /// # let mut connection = Connection::new(Server::default());
    /// # connection.set_token("token".to_owned().into()).unwrap();
    /// let now = Instant::from_millis(0);
    /// let call = connection.submit(now, Call::Permissions);
    /// connection.cancel(call);
    /// assert!(matches!(connection.poll(now), Some(Output::Done(_, Err(_)))));
    /// ```
    pub fn cancel(&mut self, call: CallId) {
        let message = "the caller ended the call";
        let error = Error::new("CALLGATE_ABORTED", Kind::Aborted, Ran::No, message);
        if let Some(place) = self.calls.iter().position(|running| running.id == call) {
            self.end(place, error);
        }
    }

    /// Ends every call, and refuses all later ones.
    ///
    /// ```
    /// # use callgate::telecomx::{Call, Connection, Output, Server};
    /// # use callgate::time::Instant;
    /// # let mut connection = Connection::new(Server::default());
    /// connection.close();
    /// let now = Instant::from_millis(0);
    /// connection.submit(now, Call::Permissions);
    /// let Some(Output::Done(_, Err(error))) = connection.poll(now) else { panic!() };
    /// assert_eq!(error.code, "CALLGATE_CLOSED");
    /// ```
    pub fn close(&mut self) {
        self.closed = true;
        while !self.calls.is_empty() {
            self.end(0, refusal::closed());
        }
    }

    /// What to do next; `None` when there is nothing until [`wake_at`](Self::wake_at) or until
    /// something is told.
    ///
    /// ```
    /// # use callgate::telecomx::{Connection, Server};
    /// # let mut connection = Connection::new(Server::default());
    /// assert!(connection.poll(callgate::time::Instant::from_millis(0)).is_none());
    /// ```
    pub fn poll(&mut self, now: Instant) -> Option<Output> {
        while let Some(place) = self
            .calls
            .iter()
            .position(|running| running.deadline <= now)
        {
            self.overdue(now, place);
        }
        self.outputs.pop_front()
    }

    /// When to poll again although nothing happened.
    ///
    /// ```
    /// # use callgate::telecomx::{Connection, Server};
    /// assert!(Connection::new(Server::default()).wake_at().is_none());
    /// ```
    pub fn wake_at(&self) -> Option<Instant> {
        self.calls.iter().map(|running| running.deadline).min()
    }
}
