//! The inside of a connection: each function takes one call one step further, and what happens is
//! put on the list of outputs. [`settle`](Connection::settle) is the one place where calls end.

use crate::error::{Error, Kind, Ran};
use crate::exchange::{CallId, Exchange};
use crate::one_e::call::Answer;
use crate::one_e::connection::{Connection, Notice, Output};
use crate::one_e::refusal;
use crate::one_e::run::{Run, RunId};
use crate::one_e::wire::{self, Demand};
use crate::one_e::work::{Age, Brought, Next, Work};
use crate::time::Instant;

/// A call that has not ended.
pub(super) struct Running {
    pub(super) id: CallId,
    pub(super) work: Work,
    pub(super) stage: Stage,
    pub(super) attempt: u32,
    /// When its caller gives up.
    pub(super) until: Option<Instant>,
    /// What its last request was called, and whether it only reads.
    pub(super) sent: (String, bool),
    /// The server knew the caller when this call asked it last.
    pub(super) known: bool,
}

pub(super) enum Stage {
    /// Its request is out.
    Sent { deadline: Instant },
    /// A 401 came, and the server is asked who the caller is.
    Doubting { deadline: Instant, refusal: Error },
    /// It looks again at that time.
    Parked { wake_at: Instant },
}

impl Running {
    pub(super) fn wakes_at(&self) -> Instant {
        let (Stage::Sent { deadline: at }
        | Stage::Doubting { deadline: at, .. }
        | Stage::Parked { wake_at: at }) = &self.stage;
        self.until.map_or(*at, |until| until.min(*at))
    }

    fn follows(&self) -> Option<&Run> {
        match &self.work {
            Work::Follow(follow) => Some(&follow.run),
            _ => None,
        }
    }
}

impl Connection {
    /// Takes a call one step further: it begins, or looks again, or was brought something.
    pub(super) fn go_on(&mut self, now: Instant, mut running: Running, brought: Option<Brought>) {
        let before = running.follows().map(Run::state);
        let next = match brought {
            Some(brought) => running.work.told(brought, &mut self.age),
            None => running.work.start(self.age),
        };
        if let Some(run) = running.follows()
            && before.is_some_and(|before| before != run.state())
        {
            let notice = Notice::Run(running.id, run.clone());
            self.outputs.push_back(Output::Notice(notice));
        }
        if self.age == Age::Obsolete && !self.warned {
            self.warned = true;
            self.outputs.push_back(Output::Notice(Notice::Warning(
                "the server is older than API 3.1: it is asked through endpoints that are obsolete \
                 since, and has no approvals of scheduled instructions"
                    .to_owned(),
            )));
        }
        match next {
            Next::Send(demand) => {
                running.stage = Stage::Sent {
                    deadline: now + self.timeout,
                };
                running.sent = (demand.name(), demand.reads);
                self.send(running, &demand);
            }
            Next::Wait(pause) => {
                running.known = false;
                running.stage = Stage::Parked {
                    wake_at: now + pause,
                };
                self.calls.push(running);
            }
            Next::Done(outcome) => {
                if let Ok(Answer::Run(run)) = &outcome {
                    self.wake_followers(now, run.id());
                }
                self.settle(running, outcome);
            }
        }
    }

    /// Asks who the caller is, to know which of its two meanings a 401 has.
    pub(super) fn doubt(&mut self, now: Instant, mut running: Running, refusal: Error) {
        running.stage = Stage::Doubting {
            deadline: now + self.timeout,
            refusal,
        };
        self.send(running, &wire::who_am_i());
    }

    fn send(&mut self, mut running: Running, demand: &Demand) {
        running.attempt += 1;
        let exchange = Exchange {
            call: running.id,
            attempt: running.attempt,
        };
        let request = self.server.request(demand, &self.token);
        self.outputs.push_back(Output::Send(exchange, request));
        self.calls.push(running);
    }

    pub(super) fn take_awaited(&mut self, exchange: Exchange) -> Option<Running> {
        let place = self.calls.iter().position(|running| {
            let out = !matches!(running.stage, Stage::Parked { .. });
            out && running.id == exchange.call && running.attempt == exchange.attempt
        })?;
        Some(self.calls.remove(place))
    }

    /// There was no answer. One to the question who the caller is leaves the 401 unexplained.
    pub(super) fn lost(&mut self, now: Instant, mut running: Running, mut error: Error) {
        error.retryable = running.sent.1 || error.ran == Ran::No;
        let parked = Stage::Parked { wake_at: now };
        if let Stage::Doubting { refusal, .. } = std::mem::replace(&mut running.stage, parked) {
            error = refusal::unexplained(refusal);
        }
        self.go_on(now, running, Some(Err(error)));
    }

    /// A call's time has come: to give up, to look again, or to end an exchange.
    pub(super) fn wake(&mut self, now: Instant, place: usize) {
        if self.calls.get(place).is_none() {
            return;
        }
        let running = self.calls.remove(place);
        let out = !matches!(running.stage, Stage::Parked { .. });
        if out {
            self.abort(&running);
        }
        match running.follows() {
            Some(run) if running.until.is_some_and(|until| until <= now) => {
                let error = refusal::overdue(run);
                self.settle(running, Err(error));
            }
            _ if out => {
                let message = "the server didn't answer in time";
                let error = Error::new("CALLGATE_TIMEOUT", Kind::Timeout, Ran::Unknown, message);
                self.lost(now, running, error);
            }
            _ => self.go_on(now, running, None),
        }
    }

    /// Whoever follows a run hears at once of what another call did to it.
    fn wake_followers(&mut self, now: Instant, id: RunId) {
        for running in &mut self.calls {
            let follows = running.follows().is_some_and(|run| run.id() == id);
            if let (true, Stage::Parked { wake_at }) = (follows, &mut running.stage) {
                *wake_at = now;
            }
        }
    }

    /// Ends a call from this side. A request that nobody has taken yet is not made.
    pub(super) fn end(&mut self, place: usize, mut error: Error) {
        let running = self.calls.remove(place);
        let before = self.outputs.len();
        let id = running.id;
        self.outputs
            .retain(|output| !matches!(output, Output::Send(exchange, _) if exchange.call == id));
        let out = !matches!(running.stage, Stage::Parked { .. });
        let taken = out && self.outputs.len() == before;
        if taken {
            self.abort(&running);
        }
        error.ran = match running.work.ran() {
            Ran::No if taken => Ran::Unknown,
            ran => ran,
        };
        self.settle(running, Err(error));
    }

    fn abort(&mut self, running: &Running) {
        self.outputs.push_back(Output::Abort(Exchange {
            call: running.id,
            attempt: running.attempt,
        }));
    }

    /// The one place where calls end.
    pub(super) fn settle(&mut self, running: Running, mut outcome: Result<Answer, Error>) {
        if let Err(error) = &mut outcome {
            error.method = Some(running.sent.0).filter(|name| !name.is_empty());
        }
        self.outputs.push_back(Output::Done(running.id, outcome));
    }
}

pub(super) fn closed() -> Error {
    let message = "the connection was closed";
    Error::new("CALLGATE_CLOSED", Kind::Aborted, Ran::No, message)
}
