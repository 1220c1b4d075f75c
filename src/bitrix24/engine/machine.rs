//! The inside of a connection: each function takes one call one step further, and what happens is
//! put on the list of outputs. [`settle`](Connection::settle) is the one place where calls end.

use std::sync::Arc;

use crate::bitrix24::engine::call::{
    Answer, Call, CallId, Exchange, OnWaiting, Owner, Running, Stage,
};
use crate::bitrix24::engine::connection::{Connection, Notice, Output};
use crate::bitrix24::engine::refusal;
use crate::bitrix24::engine::token::{Held, NoRefresh, Tokens};
use crate::bitrix24::engine::waiting::Wait;
use crate::bitrix24::rights::catalogue::Entry;
use crate::bitrix24::rights::confirmation::{Heard, State};
use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::rights::preflight::{Mode, Objection, Question};
use crate::bitrix24::wire::envelope::Payload;
use crate::decision::Layer;
use crate::error::{Error, Kind, Ran};
use crate::time::Instant;

/// The portal's code for what an administrator refused.
pub(super) const DENIED: &str = "METHOD_CONFIRM_DENIED";

impl<B: Payload> Connection<B> {
    pub(super) fn accept(&mut self, now: Instant, mut call: Call, owner: Owner) -> CallId {
        let version = self.look_up(&mut call.method, call.version);
        self.lapse(now);
        let id = self.enter(Running::new(call, version, owner));
        match self.objection(now, id) {
            Some(error) => self.fail(id, error),
            None => self.launch(now, id),
        }
        id
    }

    pub(super) fn enter(&mut self, running: Running) -> CallId {
        let id = self.next_id();
        self.calls.insert(id, running);
        id
    }

    pub(super) fn next_id(&mut self) -> CallId {
        self.last_call = self.last_call.wrapping_add(1);
        CallId(self.last_call)
    }

    /// Spells a method as the catalogue does, and says in which version it is called.
    pub(super) fn look_up(&self, method: &mut MethodName, version: Option<Version>) -> Version {
        let version = version.or(self.config.version);
        let entry = self.catalogue.get(method.as_str(), version);
        if let Some(entry) = &entry {
            let mut name = String::new();
            entry.write_name(&mut name);
            *method = MethodName::known(name);
        }
        version
            .or(entry.map(|entry| entry.version()))
            .unwrap_or(Version::V2)
    }

    /// Why a call isn't sent at all, if so. Warnings go to whoever listens.
    fn objection(&mut self, now: Instant, id: CallId) -> Option<Error> {
        if self.closed {
            return Some(refusal::closed());
        }
        let running = self.calls.get(id)?;
        let call = &running.call;
        if !matches!(running.owner, Owner::Caller | Owner::Connection) {
            return None;
        }
        if call.start.is_some() && running.version == Version::V3 {
            let message = "start: version 3 pages by the parameter `pagination` or `cursor`";
            return Some(Error::invalid(message));
        }
        let question = self.question(now, &call.method, &call.params, Some(running.version));
        let objection = self.examine(&question)?;
        let method = call.method.clone();
        self.heed(&method, objection)
    }

    /// What preflight has against a call, in words, unless that has been warned of.
    pub(super) fn examine(&self, question: &Question<'_>) -> Option<(Objection, Error)> {
        let objection = question.objection(&self.config.modes)?;
        if objection.mode == Mode::Warn && self.warned.contains(&objection.finding) {
            return None;
        }
        let decision = question.check();
        let message = refusal::sentence(question.method, objection.layer, &decision);
        let code = match objection.layer {
            Layer::Method => "ERROR_METHOD_NOT_FOUND",
            Layer::Scope => "insufficient_scope",
            Layer::Confirmation => "METHOD_CONFIRM_DENIED",
            _ => "CALLGATE_PARAMETERS",
        };
        let mut error = Error::new(code, Kind::Denied, Ran::No, message);
        error.decision = Some(Box::new(decision));
        Some((objection, error))
    }

    /// Warns, or gives the error with which the call ends.
    pub(super) fn heed(
        &mut self,
        method: &MethodName,
        (objection, mut error): (Objection, Error),
    ) -> Option<Error> {
        if objection.mode != Mode::Warn {
            return Some(error);
        }
        let message = std::mem::take(&mut error.message);
        let decision = error.decision.take().map(|decision| *decision);
        self.warn(objection.finding, Some(method.clone()), message, decision);
        None
    }

    /// The token for a method: an older one that lives and has the method's confirmation, granted
    /// or asked for, else the current one.
    pub(super) fn token_for(&self, method: &MethodName) -> Option<Arc<Held>> {
        let useful = |held: &&Arc<Held>| {
            let state = self.confirmations.state(held.id, method);
            matches!(state, Some(State::Waiting | State::Granted))
        };
        self.retired.iter().find(useful).or(self.current()).cloned()
    }

    pub(super) fn current(&self) -> Option<&Arc<Held>> {
        self.tokens.as_ref().map(Tokens::current)
    }

    pub(super) fn start_refresh(&mut self) -> Result<(), NoRefresh> {
        let tokens = self.tokens.as_mut().ok_or(NoRefresh::Impossible)?;
        if let Some(request) = tokens.start_refresh()? {
            self.outputs.push_back(Output::Refresh(request));
        }
        Ok(())
    }

    /// An administrator refused: that ends all calls that wait for the same confirmation.
    pub(super) fn denied(&mut self, now: Instant, id: CallId, error: &Error) {
        for sibling in self.waiting_like(id) {
            if !self.is_sent(sibling) {
                self.fail(sibling, error.clone());
            }
        }
        self.hear(id, Heard::Denied, now);
    }

    /// The portal said that the call has to be confirmed first.
    pub(super) fn told_to_wait(&mut self, now: Instant, id: CallId, error: Error) {
        let Some(running) = self.calls.get_mut(id) else {
            return;
        };
        let OnWaiting::Wait { timeout } = running.call.on_waiting else {
            return self.fail(id, error);
        };
        running
            .wait
            .get_or_insert_with(|| Wait::until(timeout.map(|timeout| now + timeout)));
        self.park(now, id);
    }

    /// Lets a waiting call wait for its next repetition.
    pub(super) fn park(&mut self, now: Instant, id: CallId) {
        let Some(running) = self.calls.get_mut(id) else {
            return;
        };
        let Some(wait) = &mut running.wait else {
            return;
        };
        let repeat_at = wait.next_repeat(now);
        let ends = running.waits_until();
        let wake_at = ends.map_or(repeat_at, |ends| ends.min(repeat_at));
        self.move_to(id, Stage::Parked { wake_at });
        // One repetition at a time speaks for all calls that wait for the same confirmation.
        for sibling in self.parked_like(id) {
            let Some(other) = self.calls.get(sibling) else {
                continue;
            };
            let ends = other.wait.and_then(|wait| wait.until);
            let later = ends.map_or(wake_at, |ends| ends.min(wake_at));
            let earlier = other.stage.wakes_at();
            if earlier.is_some_and(|earlier| now < earlier && earlier < later) {
                self.move_to(sibling, Stage::Parked { wake_at: later });
            }
        }
    }

    /// A waiting call's time has come: to end, or to be repeated.
    pub(super) fn unpark(&mut self, now: Instant, id: CallId) {
        let Some(running) = self.calls.get(id) else {
            return;
        };
        let ended = running.token.clone().filter(|held| held.has_ended(now));
        if let Some(held) = ended {
            self.token_ended(&held, now);
            let message = "the token ended before an administrator decided: call again to ask anew";
            let code = "CALLGATE_CONFIRMATION_LAPSED";
            let mut error = Error::new(code, Kind::Waiting, Ran::No, message);
            error.retryable = true;
            return self.fail(id, error);
        }
        let overdue = |wait: Wait| wait.until.is_some_and(|until| until <= now);
        if running.wait.is_some_and(overdue) {
            let message = "no administrator decided within confirmationTimeout";
            let code = "CALLGATE_CONFIRMATION_TIMEOUT";
            let mut error = Error::new(code, Kind::Timeout, Ran::No, message);
            error.retryable = true;
            return self.fail(id, error);
        }
        let asks = |sibling: &CallId| {
            let stage = self.stage_of(*sibling);
            matches!(stage, Some(Stage::Queued { .. } | Stage::Sent { .. }))
        };
        let asking = self.waiting_like(id).iter().any(asks);
        if asking && !self.is_granted(id) {
            return self.park(now, id);
        }
        self.launch(now, id);
    }

    /// The portal no longer takes the token of this call.
    pub(super) fn stale(&mut self, now: Instant, id: CallId, mut error: Error) {
        let Some(running) = self.calls.get_mut(id) else {
            return;
        };
        let Some(held) = running.token.clone() else {
            return self.fail(id, error);
        };
        if running.wait.is_some() {
            self.token_ended(&held, now);
            return self.fail(id, error);
        }
        if std::mem::replace(&mut running.refreshed, true) {
            return self.fail(id, error);
        }
        let deadline = now + self.timeout_of(id);
        let is_current = |current: &Arc<Held>| current.id == held.id;
        if !self.current().is_some_and(is_current) {
            self.token_ended(&held, now);
            return self.launch(now, id);
        }
        // A call that waits with this token hears for itself whether it has ended.
        let waits = |other: &Running| {
            let same = other.token.as_ref().is_some_and(|own| own.id == held.id);
            other.wait.is_some() && same
        };
        if self.calls.which(waits).is_empty() {
            self.token_ended(&held, now);
        }
        match self.start_refresh() {
            Ok(()) => self.move_to(id, Stage::AwaitingToken { deadline }),
            Err(NoRefresh::Impossible) => self.fail(id, error),
            Err(NoRefresh::Spent) => {
                let message = "the token has ended and its refresh token was used already: \
                               make a new portal with fresh tokens";
                error.message = message.to_owned();
                self.fail(id, error);
            }
        }
    }

    /// What belongs to tokens that have ended by the clock lapses.
    pub(super) fn lapse(&mut self, now: Instant) {
        let ended: Vec<Arc<Held>> = self
            .current()
            .into_iter()
            .chain(&self.retired)
            .filter(|held| held.has_ended(now))
            .cloned()
            .collect();
        for held in ended {
            self.token_ended(&held, now);
        }
    }

    /// The token is of no more use: what was asked or granted for it lapses.
    pub(super) fn token_ended(&mut self, held: &Held, now: Instant) {
        self.retired.retain(|retired| retired.id != held.id);
        for lapsed in self.confirmations.token_ended(held.id, now) {
            self.outputs
                .push_back(Output::Notice(Notice::Confirmation(lapsed)));
        }
    }

    /// Takes in what an answer says about its method's confirmation.
    pub(super) fn hear(&mut self, id: CallId, heard: Heard, now: Instant) {
        let Some(running) = self.calls.get(id) else {
            return;
        };
        let Some(held) = &running.token else {
            return;
        };
        let changed = self
            .confirmations
            .hear(held.id, &running.call.method, heard, now);
        let Some(changed) = changed.cloned() else {
            return;
        };
        let granted = changed.state == State::Granted;
        self.outputs
            .push_back(Output::Notice(Notice::Confirmation(changed)));
        if granted {
            for sibling in self.parked_like(id) {
                self.move_to(sibling, Stage::Parked { wake_at: now });
            }
        }
    }

    pub(super) fn is_granted(&self, id: CallId) -> bool {
        let granted = |running: &Running| {
            let held = running.token.as_ref()?;
            let state = self.confirmations.state(held.id, &running.call.method)?;
            (state == State::Granted).then_some(())
        };
        self.calls.get(id).and_then(granted).is_some()
    }

    /// The other calls that wait for the same confirmation.
    pub(super) fn waiting_like(&self, id: CallId) -> Vec<CallId> {
        let key = |running: &Running| {
            let token = running.token.as_ref()?.id;
            Some((token, running.call.method.clone()))
        };
        let wanted = self.calls.get(id).and_then(key);
        let alike = |other: &Running| other.wait.is_some() && key(other) == wanted;
        let mut alike = self.calls.which(alike);
        alike.retain(|other| *other != id);
        alike
    }

    /// Those of them that wait for the time of their next repetition.
    fn parked_like(&self, id: CallId) -> Vec<CallId> {
        let mut alike = self.waiting_like(id);
        alike.retain(|id| matches!(self.stage_of(*id), Some(Stage::Parked { .. })));
        alike
    }

    fn stage_of(&self, id: CallId) -> Option<Stage> {
        self.calls.get(id).map(|running| running.stage)
    }

    fn is_sent(&self, id: CallId) -> bool {
        matches!(self.stage_of(id), Some(Stage::Sent { .. }))
    }

    /// Ends a call from this side.
    pub(super) fn end(&mut self, id: CallId, code: &str, message: &str) {
        let ran = match self.is_sent(id) {
            true => {
                self.abort(id);
                Ran::Unknown
            }
            false => Ran::No,
        };
        self.fail(id, Error::new(code, Kind::Aborted, ran, message));
    }

    pub(super) fn abort(&mut self, id: CallId) {
        if let Some(running) = self.calls.get(id).filter(|_| self.is_sent(id)) {
            let attempt = running.attempts;
            self.outputs
                .push_back(Output::Abort(Exchange { call: id, attempt }));
        }
    }

    pub(super) fn fail(&mut self, id: CallId, error: Error) {
        self.settle(id, Err(error));
    }

    /// The one place where calls end.
    pub(super) fn settle(&mut self, id: CallId, mut outcome: Result<Answer<B>, Error>) {
        let Some(running) = self.calls.remove(id) else {
            return;
        };
        self.budget.abandoned(id);
        self.calm_down();
        outcome = outcome.map_err(|error| {
            let mut error = running.owns_up(error);
            error.method = Some(running.call.method.as_str().to_owned());
            error
        });
        match running.owner {
            Owner::Caller => self.outputs.push_back(Output::Done(id, outcome)),
            Owner::Connection => {}
            Owner::Request { .. } | Owner::Command { .. } => {
                self.batches.ended.push_back((running, outcome));
            }
            Owner::Pages { .. } => self.lists.ended.push_back((running, outcome)),
        }
    }

    pub(super) fn move_to(&mut self, id: CallId, stage: Stage) {
        if let Some(running) = self.calls.get_mut(id) {
            running.stage = stage;
            if let Some(time) = stage.wakes_at() {
                self.wake_by(time);
            }
        }
    }

    /// Without calls nothing happens by itself but what rests.
    pub(super) fn calm_down(&mut self) {
        if self.calls.is_empty() {
            self.wake = self.batches.wake_at();
        }
    }

    pub(super) fn wake_by(&mut self, time: Instant) {
        self.wake = Some(self.wake.map_or(time, |wake| wake.min(time)));
    }

    pub(super) fn awaited(&self, exchange: Exchange) -> Option<&Running> {
        self.calls.get(exchange.call).filter(|running| {
            matches!(running.stage, Stage::Sent { .. }) && running.attempts == exchange.attempt
        })
    }

    /// A method as preflight sees it, by the catalogue and what is known of the token.
    pub(super) fn question<'a>(
        &'a self,
        now: Instant,
        method: &'a MethodName,
        params: &'a Params,
        version: Option<Version>,
    ) -> Question<'a> {
        let entry = self.catalogue.get(method.as_str(), version);
        self.question_by(now, entry, method, params, version)
    }

    /// The same by what is known to be the method's entry.
    pub(super) fn question_by<'a>(
        &'a self,
        now: Instant,
        entry: Option<Entry<'a>>,
        method: &'a MethodName,
        params: &'a Params,
        version: Option<Version>,
    ) -> Question<'a> {
        let held = self.token_for(method);
        // What the portal said, it said of version 2.
        let standing = match version {
            Some(Version::V3) => None,
            _ => self.standings.of(method, now),
        };
        Question {
            confirmation: held.and_then(|held| self.confirmations.state(held.id, method)),
            standing,
            webhook: self.tokens.is_none(),
            ..Question::new(&self.catalogue, entry, &self.grant, method, params)
        }
    }
}
