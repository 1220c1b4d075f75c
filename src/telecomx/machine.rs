//! The inside of a connection: each function takes one call one step further, and what happens is
//! put on the list of outputs. [`settle`](Connection::settle) is the one place where calls end.

use crate::decision::{Decision, Mode};
use crate::error::{Error, Kind, Ran};
use crate::exchange::{CallId, Exchange};
use crate::http::Response;
use crate::secret::Secret;
use crate::telecomx::action::{Action, is_id, wrong};
use crate::telecomx::call::{Answer, Call};
use crate::telecomx::check::{self, Context};
use crate::telecomx::connection::{Connection, Notice, Output};
use crate::telecomx::permissions::unreadable;
use crate::telecomx::refusal;
use crate::telecomx::session::Login;
use crate::telecomx::wire::{self, Demand};
use crate::time::Instant;
use crate::value::Value;

/// A call whose request is out.
pub(super) struct Running {
    pub(super) id: CallId,
    work: Work,
    attempt: u32,
    pub(super) sent_at: Instant,
    pub(super) deadline: Instant,
    pub(super) generation: u32,
    /// The number of its question about rights.
    pub(super) asked: u32,
    /// What its request is called, and whether it only reads.
    name: String,
    reads: bool,
}

enum Work {
    Login(Login),
    Validate {
        ip: bool,
        in_url: bool,
    },
    Logout,
    Permissions,
    PermissionsOn(String),
    /// The map is read, so that the action can be checked.
    Before(Action, Mode),
    Act(Action),
    /// The server denied the action, and the map is read again.
    After(Action, Error),
}

/// What a request brought: the body of a success, or why there is none.
pub(super) type Brought = Result<Value, Error>;

impl Connection {
    pub(super) fn begin(&mut self, now: Instant, id: CallId, call: Call) -> Result<(), Error> {
        if !matches!(call, Call::Login(_)) && self.token.is_none() {
            return Err(refusal::no_token());
        }
        let (work, demand) = match call {
            Call::Login(login) => {
                let demand = login.demand()?;
                (Work::Login(login), demand)
            }
            Call::Validate {
                ip,
                extend,
                token_in_url,
            } => {
                let token = self.token.as_ref().filter(|_| token_in_url);
                let demand = wire::validate(token, ip.as_deref(), extend);
                let (ip, in_url) = (ip.is_some(), token_in_url);
                (Work::Validate { ip, in_url }, demand)
            }
            Call::Logout => (Work::Logout, wire::logout()),
            Call::Permissions => (Work::Permissions, wire::permissions()),
            Call::PermissionsOn(extension) => {
                let extension = extension.trim().to_ascii_lowercase();
                if !is_id(&extension) {
                    return Err(wrong(
                        "extension",
                        "an id of 24 hexadecimal digits is wanted",
                    ));
                }
                let demand = wire::permissions_on(&extension);
                (Work::PermissionsOn(extension), demand)
            }
            Call::Act(action, mode) => {
                return self.begin_act(now, id, action, mode.unwrap_or(self.mode));
            }
        };
        self.send(now, id, 0, work, &demand);
        Ok(())
    }

    fn begin_act(
        &mut self,
        now: Instant,
        id: CallId,
        action: Action,
        mode: Mode,
    ) -> Result<(), Error> {
        let looks_up = action.right().is_some() && action.extension().is_some();
        if mode != Mode::Off && looks_up && self.knowledge.whole().is_none() {
            self.send(now, id, 0, Work::Before(action, mode), &wire::permissions());
            return Ok(());
        }
        self.act(now, id, 0, action, mode)
    }

    /// Sends an action, unless what is known stands against it.
    fn act(
        &mut self,
        now: Instant,
        id: CallId,
        attempt: u32,
        action: Action,
        mode: Mode,
    ) -> Result<(), Error> {
        if mode != Mode::Off {
            let decision = self.preflight(&action);
            if decision.is_denied() && mode == Mode::Enforce {
                let mut error = refusal::refused_by_map(decision);
                error.method = Some(action.demand().name());
                return Err(error);
            }
            if decision.is_denied() {
                let warning = Notice::Warning {
                    method: action.demand().name(),
                    message: refusal::in_words(&decision),
                    decision: Box::new(decision),
                };
                self.outputs.push_back(Output::Notice(warning));
            }
        }
        let demand = action.demand().clone();
        self.send(now, id, attempt, Work::Act(action), &demand);
        Ok(())
    }

    fn preflight(&self, action: &Action) -> Decision {
        if let Some(extension) = action.extension() {
            return self.check(extension, action.name(), &Context::default());
        }
        let level = self.session.as_ref().and_then(|session| session.level);
        match check::level(action.name(), level) {
            Ok(_) => check::unknown("Name the extension that it concerns, unless it is one's own."),
            Err(decision) => *decision,
        }
    }

    fn send(&mut self, now: Instant, id: CallId, before: u32, work: Work, demand: &Demand) {
        let token = match work {
            Work::Login(_) => None,
            _ => self.token.as_ref(),
        };
        let request = self.server.request(demand, token);
        let running = Running {
            id,
            work,
            attempt: before + 1,
            sent_at: now,
            deadline: now + self.timeout,
            generation: self.generation,
            asked: self.knowledge.ask(),
            name: demand.name(),
            reads: demand.reads,
        };
        let exchange = running.exchange();
        self.outputs.push_back(Output::Send(exchange, request));
        self.calls.push(running);
    }

    pub(super) fn take_awaited(&mut self, exchange: Exchange) -> Option<Running> {
        let mut calls = self.calls.iter();
        let place = calls.position(|running| running.exchange() == exchange)?;
        Some(self.calls.remove(place))
    }

    /// What must not be shown in what comes back to a call.
    pub(super) fn secrets(&self, running: &Running) -> Vec<Secret> {
        let mut secrets = match &running.work {
            Work::Login(login) => login.secrets(),
            _ => Vec::new(),
        };
        secrets.extend(self.token.clone());
        secrets
    }

    pub(super) fn read(&mut self, running: &Running, response: &Response) -> Brought {
        let body = refusal::body(response);
        if response.is_success() && refusal::errors(&body).is_empty() {
            return Ok(body);
        }
        let secrets = self.secrets(running);
        let error = refusal::refused(response, &body, running.reads, &secrets);
        let of_token = !matches!(running.work, Work::Login(_));
        if of_token && running.generation == self.generation && refusal::ends_token(&error) {
            self.tell_token_ended();
        }
        Err(error)
    }

    fn tell_token_ended(&mut self) {
        if !self.token_ended {
            self.token_ended = true;
            self.outputs.push_back(Output::Notice(Notice::TokenEnded));
        }
    }

    /// There was no answer.
    pub(super) fn lost(&mut self, now: Instant, running: Running, mut error: Error) {
        error.retryable = running.reads || error.ran == Ran::No;
        if let Work::Before(..) = running.work {
            error.ran = Ran::No;
            return self.settle(&running, Err(error));
        }
        self.go_on(now, running, Err(error));
    }

    /// An exchange took too long.
    pub(super) fn overdue(&mut self, now: Instant, place: usize) {
        if self.calls.get(place).is_none() {
            return;
        }
        let running = self.calls.remove(place);
        self.outputs.push_back(Output::Abort(running.exchange()));
        let message = "the server didn't answer in time";
        let error = Error::new("CALLGATE_TIMEOUT", Kind::Timeout, Ran::Unknown, message);
        self.lost(now, running, error);
    }

    /// Takes a call one step further, with what its request brought.
    pub(super) fn go_on(&mut self, now: Instant, mut running: Running, brought: Brought) {
        let work = std::mem::replace(&mut running.work, Work::Permissions);
        let outcome = match work {
            Work::Login(login) => self.logged_in(&running, &login, brought),
            Work::Validate { ip, in_url } => self.validated(&running, brought, (ip, in_url)),
            Work::Logout => done(brought).inspect(|_| {
                if running.generation == self.generation {
                    self.use_token(None, None);
                }
            }),
            Work::Permissions => self.learn(&running, brought).map(Answer::Permissions),
            Work::PermissionsOn(extension) => self.learn_on(&running, &extension, brought),
            Work::Before(action, mode) => {
                match self.learn(&running, brought) {
                    Err(mut error) if error.kind == Kind::Auth => {
                        error.ran = Ran::No;
                        return self.settle(&running, Err(error));
                    }
                    // Without a map nothing is known, and that is no reason to refuse.
                    Ok(_) | Err(_) => {}
                }
                match self.act(now, running.id, running.attempt, action, mode) {
                    Ok(()) => return,
                    Err(error) => Err(error),
                }
            }
            Work::Act(action) => match done(brought) {
                Err(error) if self.is_worth_asking(&running, &error) => {
                    let mut error = error;
                    error.method = Some(action.demand().name());
                    let work = Work::After(action, error);
                    return self.send(now, running.id, running.attempt, work, &wire::permissions());
                }
                outcome => {
                    if let (true, Ok(Answer::Result(body))) =
                        (running.generation == self.generation, &outcome)
                    {
                        self.knowledge.learn_overrides(body);
                    }
                    outcome
                }
            },
            Work::After(action, error) => {
                let map = self.learn(&running, brought).ok();
                if map.is_none() && running.generation == self.generation {
                    self.knowledge.forget();
                }
                Err(refusal::denied_by_server(error, &action, map.as_ref()))
            }
        };
        self.settle(&running, outcome);
    }

    /// Whether the map is to be read again for this refusal.
    fn is_worth_asking(&self, running: &Running, error: &Error) -> bool {
        running.generation == self.generation
            && self.token.is_some()
            && refusal::is_access_denied(error)
    }

    /// Ends a call from this side. A request that nobody has taken yet is not made.
    pub(super) fn end(&mut self, place: usize, mut error: Error) {
        let running = self.calls.remove(place);
        let before = self.outputs.len();
        let exchange = running.exchange();
        self.outputs
            .retain(|output| !matches!(output, Output::Send(sent, _) if *sent == exchange));
        if self.outputs.len() == before {
            self.outputs.push_back(Output::Abort(exchange));
            if !matches!(running.work, Work::Before(..)) {
                error.ran = Ran::Unknown;
            }
        }
        match running.work {
            // What became of it is known already.
            Work::After(_, refusal) => self
                .outputs
                .push_back(Output::Done(running.id, Err(refusal))),
            _ => self.settle(&running, Err(error)),
        }
    }

    /// The one place where calls end.
    fn settle(&mut self, running: &Running, mut outcome: Result<Answer, Error>) {
        if let Err(error) = &mut outcome
            && error.method.is_none()
        {
            error.method = Some(running.name.clone());
        }
        self.outputs.push_back(Output::Done(running.id, outcome));
    }
}

impl Running {
    fn exchange(&self) -> Exchange {
        Exchange {
            call: self.id,
            attempt: self.attempt,
        }
    }
}

/// The result of something that was done, unless the body says that it wasn't.
fn done(brought: Brought) -> Result<Answer, Error> {
    let body = brought?;
    if let Value::Text(_) = body {
        let mut error = unreadable("the server's own: it isn't JSON");
        error.ran = Ran::Unknown;
        return Err(error);
    }
    match body.get("success") {
        Some(Value::Bool(false)) => Err(refusal::unsuccessful()),
        _ => Ok(Answer::Result(body)),
    }
}
