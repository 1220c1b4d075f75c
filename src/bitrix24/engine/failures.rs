//! What becomes of a call whose request brought no result.

use std::sync::Arc;
use std::time::Duration;

use crate::bitrix24::engine::call::{CallId, Stage};
use crate::bitrix24::engine::connection::{Connection, Output};
use crate::bitrix24::engine::machine::DENIED;
use crate::bitrix24::engine::refusal;
use crate::bitrix24::engine::retry::{Cause, Situation, Step};
use crate::bitrix24::engine::token::Held;
use crate::bitrix24::rights::confirmation::Heard;
use crate::bitrix24::rights::method::Version;
use crate::bitrix24::wire::envelope::{Envelope, Payload};
use crate::error::{Error, Kind, Ran};
use crate::text::push_number;
use crate::time::Instant;

impl<B: Payload> Connection<B> {
    /// Sends a call again, lets it wait, or ends it. `retry_after` is when the portal wants to hear
    /// of it again.
    pub(super) fn failed(
        &mut self,
        now: Instant,
        id: CallId,
        error: Error,
        cause: Cause,
        retry_after: Option<Duration>,
    ) {
        let Some(running) = self.calls.get_mut(id) else {
            return;
        };
        let has_ended = |held: &Arc<Held>| held.has_ended(now);
        let situation = Situation {
            harmless: running.call.is_harmless(),
            waits: running.wait.is_some(),
            token_ended: running.version == Version::V3
                && running.token.as_ref().is_some_and(has_ended),
            retry_after,
        };
        running.lost |= error.ran != Ran::No;
        let keeps =
            running.call.form.is_some() && !error.code.eq_ignore_ascii_case("expired_token");
        match running.tries.after(now, cause, situation, &mut self.jitter) {
            Step::Refresh if keeps => self.give_up(now, id, error),
            Step::Refresh => self.stale(now, id, error),
            Step::Park if cause == Cause::Confirmation => {
                self.hear(id, Heard::Waiting, now);
                self.told_to_wait(now, id, error);
            }
            Step::Park => self.park(now, id),
            // The budget knows itself when it opens again.
            Step::Again { at } if at <= now || cause == Cause::Bucket => self.launch(now, id),
            Step::Again { at } => self.move_to(id, Stage::Pausing { until: at }),
            Step::GiveUp => self.give_up(now, id, error),
        }
    }

    fn give_up(&mut self, now: Instant, id: CallId, mut error: Error) {
        if error.code.eq_ignore_ascii_case(DENIED) {
            self.denied(now, id, &error);
        }
        let repetitions = self.calls.get(id).map_or(0, |running| running.tries.made());
        if repetitions > 0 {
            let mut message = String::from("after ");
            push_number(i64::from(repetitions) + 1, &mut message);
            message.push_str(" attempts: ");
            message.push_str(&error.message);
            error.message = message;
        }
        self.fail(id, error);
    }

    /// The portal has moved. The call goes to its new host, once, if the caller agrees to that host.
    pub(super) fn sent_elsewhere(
        &mut self,
        now: Instant,
        id: CallId,
        location: Option<&str>,
        error: Error,
    ) {
        let deadline = now + self.timeout_of(id);
        let origin = location.and_then(refusal::origin_of);
        let (Some(origin), Some(running)) = (origin, self.calls.get_mut(id)) else {
            return self.fail(id, error);
        };
        if std::mem::replace(&mut running.moved, true) {
            return self.fail(id, error);
        }
        if origin == *self.writer.endpoint.origin() {
            return self.launch(now, id);
        }
        match &self.moving {
            Some(asked) if *asked != origin => return self.fail(id, error),
            Some(_) => {}
            None if self.config.asks_when_moved => {
                self.moving = Some(origin.clone());
                self.outputs.push_back(Output::Moved(origin));
            }
            None => return self.fail(id, error),
        }
        self.move_to(id, Stage::AwaitingConsent { deadline });
    }

    /// Tells what the caller said to [`Output::Moved`]. With consent the connection goes by the new
    /// host from now on, and the calls that waited for the answer are sent there.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Call, Config, Connection, Output};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::bitrix24::wire::envelope::{Envelope, Reply};
    /// # use callgate::time::Instant;
    /// # let webhook = Webhook::parse("https://old.example/rest/1/abcdef/").unwrap();
    /// let config = Config { asks_when_moved: true, ..Config::default() };
    /// let mut connection: Connection<serde_json::Value> =
    ///     Connection::with_webhook(config, &webhook);
    /// let now = Instant::from_millis(0);
    /// connection.submit(now, Call::new("profile", "{}").unwrap());
    /// let Some(Output::Send(exchange, _)) = connection.poll(now) else { panic!() };
    /// let location = Some("https://new.example/rest/".to_owned());
    /// let reply = Reply { status: 302, envelope: Envelope::Moved { location }, retry_after: None };
    /// connection.response(now, exchange, reply);
    /// let Some(Output::Moved(origin)) = connection.poll(now) else { panic!() };
    /// assert_eq!(origin.host(), "new.example");
    ///
    /// connection.moved(now, true);
    /// let Some(Output::Send(_, request)) = connection.poll(now) else { panic!() };
    /// assert!(request.url.starts_with("https://new.example/rest/1/"));
    /// ```
    pub fn moved(&mut self, now: Instant, agreed: bool) {
        let Some(origin) = self.moving.take() else {
            return;
        };
        if agreed {
            self.writer.endpoint.move_to(origin.clone());
        }
        let waits = |stage| matches!(stage, Stage::AwaitingConsent { .. });
        for id in self.calls.which(|running| waits(running.stage)) {
            match agreed {
                true => self.launch(now, id),
                false => {
                    let location = Some(origin.as_str().to_owned());
                    let error = self.unreadable(id, &Envelope::Moved { location });
                    self.fail(id, error);
                }
            }
        }
    }

    /// Everything that is due happens.
    pub(super) fn fire(&mut self, now: Instant) {
        let is_due = |stage: Stage| stage.wakes_at().is_some_and(|time| time <= now);
        for id in self.calls.which(|running| is_due(running.stage)) {
            let Some(running) = self.calls.get(id) else {
                continue;
            };
            let waits = running.wait.is_some();
            match running.stage {
                // What came before may have moved it.
                stage if !is_due(stage) => {}
                Stage::Parked { .. } => self.unpark(now, id),
                Stage::Queued { .. } | Stage::Pausing { .. } if waits => self.unpark(now, id),
                Stage::Queued { .. } | Stage::Pausing { .. } => self.launch(now, id),
                Stage::Sent { .. } => {
                    self.abort(id);
                    self.budget.ended(now, id);
                    let error = self.timed_out(id, "no answer came in time", Ran::Unknown);
                    self.failed(now, id, error, Cause::Late, None);
                }
                Stage::AwaitingToken { .. } => {
                    let error = self.timed_out(id, "no fresh token came in time", Ran::No);
                    self.fail(id, error);
                }
                Stage::AwaitingConsent { .. } => {
                    let words = "onMoved did not answer in time";
                    let error = self.timed_out(id, words, Ran::No);
                    self.fail(id, error);
                }
            }
        }
        self.go_on_with_rested(now);
        self.lapse(now);
        let own = self.calls.wake_at();
        self.wake = own.into_iter().chain(self.batches.wake_at()).min();
    }

    fn timed_out(&self, id: CallId, message: &str, ran: Ran) -> Error {
        let mut error = Error::new("CALLGATE_TIMEOUT", Kind::Timeout, ran, message);
        error.retryable = ran == Ran::No || self.may_repeat(id);
        error
    }

    /// Whether to run a call twice does no harm.
    pub(super) fn may_repeat(&self, id: CallId) -> bool {
        let running = self.calls.get(id);
        running.is_some_and(|running| running.call.is_harmless())
    }

    pub(super) fn timeout_of(&self, id: CallId) -> Duration {
        let own = self.calls.get(id).and_then(|running| running.call.timeout);
        own.unwrap_or(self.config.timeout)
    }
}
