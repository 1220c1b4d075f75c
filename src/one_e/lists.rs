//! The approver's questions: what is pending, and may I decide this one? Servers before 3.2 and 3.1
//! have other endpoints for them; which a server has is found out once.

use crate::error::Error;
use crate::one_e::Answer;
use crate::one_e::approvals::{Pending, can_approve};
use crate::one_e::refusal::out_of_sight;
use crate::one_e::run::{Kind, RunId};
use crate::one_e::wire;
use crate::one_e::work::{Age, Brought, Next, is_missing};

/// Which list is being read.
#[derive(Clone, Copy)]
enum List {
    Combined,
    Instructions,
    Scheduled,
    Obsolete,
}

/// Reads all that is pending.
pub(super) struct Lists {
    list: List,
    pending: Pending,
}

impl Lists {
    pub(super) fn new() -> Self {
        Self {
            list: List::Combined,
            pending: Pending::default(),
        }
    }

    pub(super) fn start(&mut self, age: Age) -> Next {
        self.ask(match age {
            Age::Unknown | Age::Combined => List::Combined,
            Age::Split => List::Instructions,
            Age::Obsolete => List::Obsolete,
        })
    }

    fn ask(&mut self, list: List) -> Next {
        self.list = list;
        Next::Send(match list {
            List::Combined => wire::pending_all(),
            List::Instructions => wire::pending(Kind::Instruction),
            List::Scheduled => wire::pending(Kind::Scheduled),
            List::Obsolete => wire::pending_obsolete(),
        })
    }

    pub(super) fn told(&mut self, brought: Brought, age: &mut Age) -> Next {
        match (self.list, brought) {
            (List::Combined, Ok(body)) => {
                *age = Age::Combined;
                Next::Done(Pending::read_all(body).map(Answer::Pending))
            }
            (List::Instructions, Ok(body)) => {
                *age = Age::Split;
                match self.pending.add(Kind::Instruction, body) {
                    Ok(()) => self.ask(List::Scheduled),
                    Err(error) => Next::Done(Err(error)),
                }
            }
            (List::Scheduled, Ok(body)) => self.end(Kind::Scheduled, body),
            (List::Obsolete, Ok(body)) => {
                *age = Age::Obsolete;
                self.end(Kind::Instruction, body)
            }
            (List::Combined, Err(error)) if is_missing(&error) => self.ask(List::Instructions),
            (List::Instructions, Err(error)) if is_missing(&error) => self.ask(List::Obsolete),
            (_, Err(error)) => Next::Done(Err(error)),
        }
    }

    fn end(&mut self, kind: Kind, body: crate::value::Value) -> Next {
        let added = self.pending.add(kind, body);
        Next::Done(added.map(|()| Answer::Pending(std::mem::take(&mut self.pending))))
    }
}

/// Asks whether the caller may decide a run.
pub(super) struct Check {
    id: RunId,
    stage: Asking,
}

enum Asking {
    Now,
    /// By the obsolete endpoint.
    Obsolete,
    /// Nobody answered; can the run be seen at all?
    Looking(Error),
}

impl Check {
    pub(super) fn new(id: RunId) -> Self {
        let stage = Asking::Now;
        Self { id, stage }
    }

    pub(super) fn start(&mut self, age: Age) -> Next {
        self.ask(age == Age::Obsolete)
    }

    fn ask(&mut self, obsolete: bool) -> Next {
        self.stage = if obsolete {
            Asking::Obsolete
        } else {
            Asking::Now
        };
        Next::Send(wire::can_approve(self.id, obsolete))
    }

    pub(super) fn told(&mut self, brought: Brought, age: Age) -> Next {
        match (std::mem::replace(&mut self.stage, Asking::Now), brought) {
            (Asking::Looking(error), Ok(_)) => Next::Done(Err(error)),
            (Asking::Looking(error), Err(unseen)) => Next::Done(Err(match unseen.status {
                Some(400..429) => out_of_sight(error),
                _ => error,
            })),
            (_, Ok(body)) => Next::Done(Ok(Answer::Decision(can_approve(&body)))),
            (Asking::Now, Err(error))
                if is_missing(&error)
                    && age == Age::Unknown
                    && self.id.kind() == Kind::Instruction =>
            {
                self.ask(true)
            }
            (_, Err(error)) if matches!(error.status, Some(400..429)) => {
                self.stage = Asking::Looking(error);
                Next::Send(wire::read(self.id))
            }
            (_, Err(error)) => Next::Done(Err(error)),
        }
    }
}
