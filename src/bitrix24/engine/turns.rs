//! When a call's request is made: at its turn by the request budget, unless its method is stopped or
//! its token has ended.

use std::sync::Arc;

use crate::bitrix24::engine::call::{CallId, Exchange, Stage};
use crate::bitrix24::engine::connection::{Connection, Notice, Output};
use crate::bitrix24::wire::envelope::Payload;
use crate::error::Error;
use crate::time::Instant;

impl<B: Payload> Connection<B> {
    /// Lets a call wait for its turn.
    pub(super) fn launch(&mut self, now: Instant, id: CallId) {
        let Some(running) = self.calls.get(id) else {
            return;
        };
        self.budget.ask(id, running.call.class());
        let until = running.waits_until();
        self.move_to(id, Stage::Queued { until });
        let turn = self.budget.last_turn(now);
        if now < turn {
            self.tell_of_throttle(id, turn);
        }
    }

    /// What to do next. A request is made when somebody takes it, and not before.
    pub(super) fn next_output(&mut self, now: Instant) -> Option<Output<B>> {
        loop {
            self.go_on_with_batches(now);
            self.go_on_with_lists(now);
            if let Some(output) = self.outputs.pop_front() {
                return Some(output);
            }
            let id = self.budget.next(now)?;
            match self.take_turn(now, id) {
                Some(Ok(request)) => return Some(request),
                unused => {
                    self.budget.unused(id);
                    if let Some(Err(error)) = unused {
                        self.fail(id, error);
                    }
                }
            }
        }
    }

    /// A call's request, if nothing has to happen before.
    fn take_turn(&mut self, now: Instant, id: CallId) -> Option<Result<Output<B>, Error>> {
        if let Some(stage) = self.obstacle(now, id) {
            self.move_to(id, stage);
            return None;
        }
        let running = self.calls.get(id)?;
        let held = match (&running.wait, &running.token) {
            (Some(_), Some(pinned)) => Some(Arc::clone(pinned)),
            // The portal didn't take an older one.
            _ if running.refreshed => self.current().cloned(),
            _ => self.token_for(running.confirmed_method()),
        };
        let access = held.as_ref().map(|held| &held.token.access);
        let request = match self.writer.write(&running.call, running.version, access) {
            Ok(request) => request,
            Err(error) => return Some(Err(error)),
        };
        let ends = now + self.timeout_of(id);
        let until = running.wait.and_then(|wait| wait.until);
        let deadline = until.map_or(ends, |until| until.min(ends));
        let running = self.calls.get_mut(id)?;
        running.token = held;
        running.attempts += 1;
        let attempt = running.attempts;
        self.move_to(id, Stage::Sent { deadline });
        Some(Ok(Output::Send(Exchange { call: id, attempt }, request)))
    }

    /// Where a call waits whose turn has come too early.
    fn obstacle(&mut self, now: Instant, id: CallId) -> Option<Stage> {
        let running = self.calls.get(id)?;
        if let Some(until) = self.operating.paused_until(now, running.method()) {
            let wait_ends = running.waits_until();
            self.tell_of_throttle(id, until);
            let until = wait_ends.map_or(until, |ends| ends.min(until));
            return Some(Stage::Pausing { until });
        }
        // Once: by a clock that is wrong every token may have ended, the fresh one too.
        if running.wait.is_some() || running.refreshed {
            return None;
        }
        let held = self.token_for(running.confirmed_method());
        if !held?.has_ended(now) || self.start_refresh().is_err() {
            return None;
        }
        self.calls.get_mut(id)?.refreshed = true;
        let deadline = now + self.timeout_of(id);
        Some(Stage::AwaitingToken { deadline })
    }

    /// Tells, once for each call, that it is held back.
    fn tell_of_throttle(&mut self, id: CallId, until: Instant) {
        let Some(running) = self.calls.get_mut(id) else {
            return;
        };
        if !std::mem::replace(&mut running.throttled, true) {
            let method = running.method().clone();
            let notice = Notice::Throttle { method, until };
            self.outputs.push_back(Output::Notice(notice));
        }
    }
}
