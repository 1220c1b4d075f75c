//! What follows for a batch's commands from what became of one.

use super::step::{Stage, Step};
use super::{Outcome, Plan};
use crate::bitrix24::engine::call::Answer;
use crate::bitrix24::rights::method::MethodName;
use crate::error::{Error, Ran};

impl<B> Plan<B> {
    pub(super) fn set(&mut self, place: usize, stage: Stage<B>) {
        if let Some(step) = self.steps.get_mut(place) {
            step.stage = stage;
        }
    }

    pub(super) fn fail(&mut self, place: usize, error: Error) {
        if let Some(step) = self.steps.get_mut(place) {
            step.fail(error);
        }
    }

    /// A command was answered. What the portal says of its confirmation holds for all commands of
    /// its method; the others of them need not be sent to hear it.
    pub(super) fn end(
        &mut self,
        place: usize,
        outcome: Result<Answer<B>, Error>,
        waiting: &mut Vec<usize>,
    ) {
        let Some(step) = self.steps.get(place) else {
            return;
        };
        let error = match outcome {
            Ok(answer) => {
                let confirmed = step.asks.then(|| step.method.clone());
                self.set(place, Stage::Ended(Outcome::Executed(answer)));
                if let Some(method) = confirmed {
                    self.answer_question(&method);
                }
                return;
            }
            Err(error) => error,
        };
        let method = step.method.clone();
        let is = |code: &str| error.code.eq_ignore_ascii_case(code);
        let asked = is("METHOD_CONFIRM_WAITING");
        self.wait_or_fail(place, asked, &error, waiting);
        if self.options.halt || !(asked || is("METHOD_CONFIRM_DENIED")) {
            return;
        }
        let alike = |step: &Step<B>| step.is_pending() && step.method == method;
        for other in 0..self.steps.len() {
            if self.steps.get(other).is_some_and(alike) {
                self.wait_or_fail(other, asked, &error, waiting);
            }
        }
    }

    /// The method is confirmed: its commands ask nobody any more.
    fn answer_question(&mut self, method: &MethodName) {
        for step in self.steps.iter_mut().filter(|step| step.method == *method) {
            step.asks = false;
        }
    }

    fn wait_or_fail(&mut self, place: usize, asked: bool, error: &Error, waiting: &mut Vec<usize>) {
        let alone = |step: &Step<B>| step.group == place && step.size == 1;
        let can_wait = asked && self.options.waits;
        if can_wait && self.steps.get(place).is_some_and(alone) {
            self.set(place, Stage::Waiting);
            waiting.push(place);
        } else {
            self.fail(place, error.clone());
        }
    }

    /// Of an answered request, the commands whose method rests are to be sent again.
    pub(super) fn put_back(&mut self, places: &[usize]) {
        for place in places {
            let refused = self.steps.get(*place).filter(|step| step.was_stopped());
            let Some(group) = refused.map(|step| step.group) else {
                continue;
            };
            let mut goes_again = true;
            for member in self.steps.iter().filter(|step| step.group == group) {
                goes_again &= member.may_go_again(self.options.idempotent);
            }
            if !goes_again {
                continue;
            }
            for member in self.steps.iter_mut().filter(|step| step.group == group) {
                member.put_back += u8::from(member.was_stopped());
                member.may_have_run |= member.has_run();
                member.stage = Stage::Pending;
            }
        }
    }

    /// What failed ends others: with `halt` all behind it, else those that refer to it.
    pub(super) fn follow_up(&mut self) {
        if !self.options.halt {
            return self.fail_dependents();
        }
        let mut halted = false;
        for step in &mut self.steps {
            halted |= step.failure().is_some();
            if halted && step.is_pending() {
                step.leave();
            }
        }
    }

    pub(super) fn fail_dependents(&mut self) {
        for place in 0..self.steps.len() {
            let Some(step) = self.steps.get(place).filter(|step| step.is_pending()) else {
                continue;
            };
            let Some((name, cause)) = self.failed_among(&step.refers_to) else {
                continue;
            };
            let message = ["refers to `", name, "`, which failed: ", &cause.message].concat();
            let mut error = Error::new("CALLGATE_REFERENCE", cause.kind, Ran::No, message);
            error.retryable = cause.retryable;
            self.fail(place, error);
        }
    }

    /// The name of the first that has failed, and its failure.
    fn failed_among(&self, places: &[usize]) -> Option<(&str, &Error)> {
        places.iter().find_map(|place| {
            let failure = self.steps.get(*place)?.failure()?;
            Some((self.names.get(*place)?.as_str(), failure))
        })
    }

    /// In words, which commands ran although one failed to which they refer.
    pub(super) fn misled(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for (step, name) in self.steps.iter().zip(&self.names) {
            let ran = matches!(step.stage, Stage::Ended(Outcome::Executed(_)));
            let Some((cause, _)) = self.failed_among(&step.refers_to).filter(|_| ran) else {
                continue;
            };
            let why = ", which failed, so the portal put all its answers so far in the place of the \
                       reference: halt prevents that";
            warnings.push(["`", name, "` ran and refers to `", cause, "`", why].concat());
        }
        warnings
    }
}
