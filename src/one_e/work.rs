//! The caller's side of the engine: what each call does next, given what its last request brought.

use std::time::Duration;

use crate::error::{Error, Ran};
use crate::one_e::act::Act;
use crate::one_e::approvals::unreadable;
use crate::one_e::lists::{Check, Lists};
use crate::one_e::reading::{member, take_items};
use crate::one_e::refusal::out_of_sight;
use crate::one_e::run::{Kind, Run, RunId};
use crate::one_e::wire::{self, Demand};
use crate::one_e::{Answer, Page};
use crate::value::Value;

/// Seconds between one look at a run and the next; the last goes on. A person has to read a message
/// and decide. A run that has changed is looked at more often again.
const PAUSES: [u64; 5] = [5, 10, 20, 40, 60];

/// What a request brought: the body of a 2xx answer, or why there is none.
pub(super) type Brought = Result<Value, Error>;

/// What a call does next.
pub(super) enum Next {
    Send(Demand),
    /// Look again after so long.
    Wait(Duration),
    Done(Result<Answer, Error>),
}

/// What is known of the server's age. Only its lists tell: elsewhere a 404 may be about an id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Age {
    /// Not tried yet.
    #[default]
    Unknown,
    /// 3.2 and later: one list of all that is pending.
    Combined,
    /// 3.1: one list for each kind.
    Split,
    /// Before 3.1: the endpoints that are obsolete now, and no scheduled instructions.
    Obsolete,
}

/// Whether an error may mean that the server has no such endpoint.
pub(super) fn is_missing(error: &Error) -> bool {
    matches!(error.status, Some(404 | 405))
}

/// A call in progress.
pub(super) enum Work {
    /// Issuing; sent once, whatever happens.
    Issue(Kind, Demand),
    Read(RunId),
    Follow(Follow),
    Page {
        start: String,
        demand: Demand,
    },
    Act(Act),
    Lists(Lists),
    Check(Check),
}

impl Work {
    pub(super) fn start(&mut self, age: Age) -> Next {
        match self {
            Self::Issue(_, demand) | Self::Page { demand, .. } => Next::Send(demand.clone()),
            Self::Read(id) => Next::Send(wire::read(*id)),
            Self::Follow(follow) => follow.look(),
            Self::Act(act) => act.start(age),
            Self::Lists(lists) => lists.start(age),
            Self::Check(check) => check.start(age),
        }
    }

    pub(super) fn told(&mut self, brought: Brought, age: &mut Age) -> Next {
        match self {
            Self::Issue(kind, _) => Next::Done(brought.and_then(|body| {
                let wanted = "an instruction, so nobody knows the id of what was issued";
                Run::read(*kind, body)
                    .map(Answer::Run)
                    .ok_or_else(|| unreadable(wanted))
            })),
            Self::Read(id) => Next::Done(read_again(*id, brought).map(Answer::Run)),
            Self::Follow(follow) => follow.told(brought),
            Self::Page { start, .. } => {
                let page = brought.map_err(hidden).and_then(|body| page(start, body));
                Next::Done(page.map(Answer::Page))
            }
            Self::Act(act) => act.told(brought, *age),
            Self::Lists(lists) => lists.told(brought, age),
            Self::Check(check) => check.told(brought, *age),
        }
    }

    /// Whether it had its effect already, before the request that is out.
    pub(super) fn ran(&self) -> Ran {
        match self {
            Self::Act(act) => act.ran(),
            _ => Ran::No,
        }
    }

    /// The operations on the instruction set of which it needs one.
    pub(super) fn needs(&self) -> &'static [&'static str] {
        match self {
            Self::Issue(..) => &["Questioner", "Actioner"],
            Self::Act(act) => act.needs(),
            Self::Lists(_) | Self::Check(_) => &["Approver"],
            Self::Read(_) | Self::Follow(_) | Self::Page { .. } => &["Viewer"],
        }
    }
}

/// A run in the body of an answer to a GET of this run.
pub(super) fn read_again(id: RunId, brought: Brought) -> Result<Run, Error> {
    let run = Run::read(id.kind(), brought.map_err(hidden)?);
    run.filter(|run| run.id() == id)
        .ok_or_else(|| unreadable("the instruction that was asked for"))
}

fn hidden(error: Error) -> Error {
    match error.status {
        Some(404) => out_of_sight(error),
        _ => error,
    }
}

/// Looks at a run until it stays as it is.
pub(super) struct Follow {
    pub(super) run: Run,
    pauses: usize,
}

impl Follow {
    pub(super) fn new(run: Run) -> Self {
        Self { run, pauses: 0 }
    }

    pub(super) fn look(&self) -> Next {
        match self.run.state().is_final() {
            true => Next::Done(Ok(Answer::Run(self.run.clone()))),
            false => Next::Send(wire::read(self.run.id())),
        }
    }

    fn told(&mut self, brought: Brought) -> Next {
        match read_again(self.run.id(), brought) {
            Ok(run) => {
                if run.state() != self.run.state() {
                    self.pauses = 0;
                }
                self.run = run;
            }
            Err(error) if error.retryable => {}
            Err(error) => return Next::Done(Err(error)),
        }
        if self.run.state().is_final() {
            return self.look();
        }
        let [.., longest] = PAUSES;
        let pause = PAUSES.get(self.pauses).copied().unwrap_or(longest);
        self.pauses += 1;
        Next::Wait(Duration::from_secs(pause))
    }
}

/// One page of responses. The server may make pages smaller than asked for, so a short one is not
/// the last one: that is one without rows, or one whose range doesn't move on.
fn page(start: &str, mut body: Value) -> Result<Page, Error> {
    if !matches!(member(&body, "Responses"), Some(Value::List(_))) {
        let mut error = unreadable("a page of responses");
        error.ran = Ran::No;
        return Err(error);
    }
    let range = member(&body, "Range")
        .and_then(Value::as_text)
        .map(str::to_owned);
    let rows = take_items(&mut body, "Responses");
    let next = range.filter(|range| !rows.is_empty() && !range.is_empty() && range != start);
    Ok(Page { rows, next })
}
