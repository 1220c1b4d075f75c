//! One command of a batch, and where it stands.

use super::{Outcome, unanswered};
use crate::bitrix24::engine::retry::Cause;
use crate::bitrix24::rights::method::MethodName;
use crate::bitrix24::rights::params::Params;
use crate::error::{Error, Ran};

#[derive(Debug)]
pub(super) struct Step<B> {
    pub(super) method: MethodName,
    pub(super) params: Params,
    pub(super) asks: bool,
    pub(super) text: String,
    pub(super) refers_to: Vec<usize>,
    /// The first of the commands with which it has to go.
    pub(super) group: usize,
    /// How many were put in the group that begins here.
    pub(super) size: usize,
    /// How often it was put back because its method rests.
    pub(super) put_back: u8,
    /// It may have run before it was put back.
    pub(super) may_have_run: bool,
    pub(super) stage: Stage<B>,
}

#[derive(Debug)]
pub(super) enum Stage<B> {
    /// To be sent.
    Pending,
    /// Its request is out.
    Sent,
    /// It waits by itself for an administrator.
    Waiting,
    Ended(Outcome<B>),
}

impl<B> Step<B> {
    pub(super) fn is_pending(&self) -> bool {
        matches!(self.stage, Stage::Pending)
    }

    pub(super) fn is_out(&self) -> bool {
        matches!(self.stage, Stage::Sent | Stage::Waiting)
    }

    pub(super) fn failure(&self) -> Option<&Error> {
        match &self.stage {
            Stage::Ended(Outcome::Failed(error)) => Some(error),
            _ => None,
        }
    }

    pub(super) fn fail(&mut self, mut error: Error) {
        error.method = Some(self.method.as_str().to_owned());
        if self.may_have_run && error.ran == Ran::No {
            error.ran = Ran::Unknown;
        }
        self.stage = Stage::Ended(Outcome::Failed(error));
    }

    /// It is not sent any more.
    pub(super) fn leave(&mut self) {
        match self.may_have_run {
            true => self.fail(unanswered()),
            false => self.stage = Stage::Ended(Outcome::NotRun),
        }
    }

    /// The portal didn't run it because its method has worked too long.
    pub(super) fn was_stopped(&self) -> bool {
        let error = self.failure();
        error.is_some_and(|error| error.code.eq_ignore_ascii_case("OPERATION_TIME_LIMIT"))
    }

    /// Whether it ran, as far as anybody knows.
    pub(super) fn has_run(&self) -> bool {
        match &self.stage {
            Stage::Pending => false,
            Stage::Ended(Outcome::Failed(error)) => error.ran != Ran::No,
            _ => true,
        }
    }

    /// Whether to send it again does no harm, and may help.
    pub(super) fn may_go_again(&self, idempotent: bool) -> bool {
        let repeats = self.put_back < Cause::Method.repeats() || !self.was_stopped();
        repeats && (!self.has_run() || idempotent || self.method.only_reads())
    }
}
