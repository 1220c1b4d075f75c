//! Deeds: a code, a cancellation, a decision. Each is posted once; what became of it is read from
//! the run afterwards, because the statuses with which servers refuse them are not public and two
//! approvers may act at once.

use crate::decision::{Layer, Verdict};
use crate::error::{Error, Kind as ErrorKind, Ran};
use crate::one_e::Answer;
use crate::one_e::approvals;
use crate::one_e::reading::flag;
use crate::one_e::refusal::{code_refused, decided_already, out_of_sight};
use crate::one_e::run::{Kind, Run, RunId};
use crate::one_e::state::State;
use crate::one_e::wire;
use crate::one_e::work::{Age, Brought, Next, is_missing, read_again};
use crate::secret::Secret;

pub(super) struct Act {
    id: RunId,
    deed: Deed,
    stage: Stage,
}

pub(super) enum Deed {
    Code(Secret),
    Cancel { keep_data: bool },
    Decide { approve: bool, comment: String },
}

enum Stage {
    Posting {
        obsolete: bool,
    },
    /// The decision was refused; who may decide?
    Asking(Error),
    /// What became of it. The result of the post: for a code whether it was taken.
    Reading(Result<Option<bool>, Error>),
}

impl Act {
    pub(super) fn new(id: RunId, deed: Deed) -> Self {
        let stage = Stage::Posting { obsolete: false };
        Self { id, deed, stage }
    }

    pub(super) fn needs(&self) -> &'static [&'static str] {
        match self.deed {
            Deed::Decide { .. } => &["Approver"],
            Deed::Code(_) | Deed::Cancel { .. } => &[],
        }
    }

    /// Whether the deed is done, as far as its own request told.
    pub(super) fn ran(&self) -> Ran {
        match &self.stage {
            Stage::Posting { .. } => Ran::No,
            Stage::Asking(refusal) | Stage::Reading(Err(refusal)) => refusal.ran,
            Stage::Reading(Ok(_)) => Ran::Yes,
        }
    }

    pub(super) fn start(&mut self, age: Age) -> Next {
        self.post(age == Age::Obsolete)
    }

    fn post(&mut self, obsolete: bool) -> Next {
        self.stage = Stage::Posting { obsolete };
        Next::Send(match &self.deed {
            Deed::Code(code) => wire::submit_code(self.id, code, obsolete),
            Deed::Cancel { keep_data } => wire::cancel(self.id, *keep_data),
            Deed::Decide { approve, comment } => wire::decide(self.id, *approve, comment, obsolete),
        })
    }

    fn read(&mut self, posted: Result<Option<bool>, Error>) -> Next {
        self.stage = Stage::Reading(posted);
        Next::Send(wire::read(self.id))
    }

    pub(super) fn told(&mut self, brought: Brought, age: Age) -> Next {
        let stage = std::mem::replace(&mut self.stage, Stage::Posting { obsolete: false });
        match stage {
            Stage::Posting { obsolete } => self.posted(obsolete, brought, age),
            Stage::Asking(refusal) => self.answered(refusal, brought),
            Stage::Reading(posted) => Next::Done(self.end(posted, brought).map(Answer::Run)),
        }
    }

    fn posted(&mut self, obsolete: bool, mut brought: Brought, age: Age) -> Next {
        if let (Deed::Code(code), Err(error)) = (&self.deed, &mut brought) {
            error.message = code.scrub(&error.message);
            error.code = code.scrub(&error.code);
        }
        let decides = matches!(self.deed, Deed::Decide { .. });
        match brought {
            Ok(body) => self.read(Ok(flag(&body, "Successful"))),
            // A server without this endpoint has done nothing, so another one may be tried.
            Err(error)
                if is_missing(&error)
                    && !obsolete
                    && age == Age::Unknown
                    && self.has_obsolete_endpoint() =>
            {
                self.post(true)
            }
            Err(error) if error.status.is_none() && error.ran == Ran::No => Next::Done(Err(error)),
            Err(error) if matches!(error.status, Some(300..400 | 429)) => Next::Done(Err(error)),
            Err(error) if decides && error.ran == Ran::No => {
                let obsolete = obsolete && !is_missing(&error);
                self.stage = Stage::Asking(error);
                Next::Send(wire::can_approve(self.id, obsolete))
            }
            Err(error) => self.read(Err(error)),
        }
    }

    fn has_obsolete_endpoint(&self) -> bool {
        self.id.kind() == Kind::Instruction && !matches!(self.deed, Deed::Cancel { .. })
    }

    /// A decision was refused, and this is what CanApprove says to that.
    fn answered(&mut self, mut refusal: Error, brought: Brought) -> Next {
        let Ok(body) = brought else {
            return self.read(Err(refusal));
        };
        let decision = approvals::can_approve(&body);
        let by_state = decision.layer == Some(Layer::Approval);
        if decision.verdict == Verdict::Denied && by_state {
            return self.read(Err(refusal));
        }
        if decision.verdict == Verdict::Denied {
            refusal.kind = ErrorKind::Denied;
            refusal.decision = Some(Box::new(decision));
        }
        Next::Done(Err(refusal))
    }

    /// What became of the deed, by the run that was read after it.
    fn end(&self, posted: Result<Option<bool>, Error>, brought: Brought) -> Result<Run, Error> {
        let run = match (read_again(self.id, brought), posted.as_ref()) {
            (Ok(run), _) => run,
            (Err(mut error), Ok(_)) => {
                error.ran = Ran::Yes;
                return Err(error);
            }
            (Err(error), Err(refusal)) => {
                let refusal = refusal.clone();
                let unseen = matches!(error.status, Some(400..429)) && refusal.ran == Ran::No;
                return Err(if unseen {
                    out_of_sight(refusal)
                } else {
                    refusal
                });
            }
        };
        let state = run.state();
        let lost = |refusal: &Error| refusal.ran == Ran::Unknown;
        match (&self.deed, posted) {
            (Deed::Code(_), Ok(Some(true))) => Ok(run),
            (Deed::Code(_), Err(error)) if lost(&error) && state == State::NeedsCode => Err(error),
            // Nobody said no, and the run has gone on.
            (Deed::Code(_), posted)
                if !matches!(state, State::NeedsCode | State::Rejected)
                    && posted.as_ref().map_or_else(lost, Option::is_none) =>
            {
                Ok(run)
            }
            (Deed::Code(_), posted) => Err(code_refused(&run, posted.err())),
            (Deed::Cancel { .. }, Ok(_)) => Ok(run),
            (Deed::Cancel { .. }, Err(_)) if state.is_final() || state == State::Cancelling => {
                Ok(run)
            }
            (Deed::Cancel { .. }, Err(error)) => Err(error),
            (Deed::Decide { approve, .. }, posted) => {
                let undecided = state.is_pending() || matches!(state, State::Unknown(_));
                let as_wished = match state {
                    State::Rejected => !approve,
                    State::Cancelling | State::Cancelled => false,
                    _ => *approve,
                };
                match posted {
                    Err(error) if lost(&error) && undecided => Err(error),
                    Err(error) if lost(&error) && as_wished => Ok(run),
                    Err(error) if undecided && state != State::NeedsCode => Err(error),
                    Err(error) => Err(decided_already(&run, Some(error))),
                    Ok(_) if undecided || as_wished => Ok(run),
                    Ok(_) => Err(decided_already(&run, None)),
                }
            }
        }
    }
}
