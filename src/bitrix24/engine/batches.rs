//! Runs batches by their [plans](super::plan).
//!
//! Each request of a batch is a call of the method `batch`, and each of its commands that waits for
//! an administrator is a call of its own method: tokens, time, the budget and repetitions know no
//! batches. Such calls end on a list, from which they are taken when the connection is polled.

use std::sync::Arc;
use std::time::Duration;

use crate::bitrix24::engine::call::{Answer, Call, CallId, OnWaiting, Owner, Running, Stage};
use crate::bitrix24::engine::connection::{Connection, Notice, Output};
use crate::bitrix24::engine::machine::DENIED;
use crate::bitrix24::engine::plan::{self, Item, Options, Outcome, Part, Plan};
use crate::bitrix24::engine::queue::Queue;
use crate::bitrix24::engine::refusal;
use crate::bitrix24::engine::retry::Cause;
use crate::bitrix24::engine::token::Held;
use crate::bitrix24::engine::waiting::Wait;
use crate::bitrix24::rights::catalogue::Entry;
use crate::bitrix24::rights::confirmation::{Heard, State};
use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::rights::preflight::Question;
use crate::bitrix24::wire::code::{Meaning, Response};
use crate::bitrix24::wire::envelope::{Envelope, Payload};
use crate::error::{Error, Kind, Ran};
use crate::time::Instant;

/// How to go about a batch, beside what its commands say.
///
/// ```
/// use callgate::bitrix24::engine::{BatchOptions, OnWaiting};
/// let options = BatchOptions { halt: true, ..BatchOptions::default() };
/// assert_eq!(options.on_waiting, OnWaiting::Reject);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchOptions {
    /// The REST version of all commands; without one the catalogue's, which then has to be the same
    /// for all of them.
    pub version: Option<Version>,
    /// Whether nothing runs behind a command that failed.
    pub halt: bool,
    /// What becomes of a command that has to be confirmed first. One that others are connected with
    /// by references never waits.
    pub on_waiting: OnWaiting,
    /// How long one HTTP exchange may take; without it the connection's own limit.
    pub timeout: Option<Duration>,
    /// Whether the commands may be sent again when nobody knows whether they ran. Those that only
    /// read are sent again anyway.
    pub idempotent: bool,
}

/// A call of a batch, and how it ended.
type Ended<B> = (Box<Running>, Result<Answer<B>, Error>);

/// The batches that have not ended.
#[derive(Debug)]
pub(super) struct Batches<B> {
    running: Vec<Batch<B>>,
    /// Those of their calls that have ended since.
    pub(super) ended: Queue<Ended<B>>,
}

impl<B> Default for Batches<B> {
    fn default() -> Self {
        Self {
            running: Vec::new(),
            ended: Queue::default(),
        }
    }
}

impl<B> Batches<B> {
    pub(super) fn has(&self, id: CallId) -> bool {
        self.running.iter().any(|batch| batch.id == id)
    }

    pub(super) fn take(&mut self, id: CallId) -> Option<Batch<B>> {
        let place = self.running.iter().position(|batch| batch.id == id)?;
        Some(self.running.remove(place))
    }

    pub(super) fn take_first(&mut self) -> Option<Batch<B>> {
        (!self.running.is_empty()).then(|| self.running.remove(0))
    }

    /// When the first of those goes on whose commands rest.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        let resting = self.running.iter().filter_map(|batch| batch.rests_until);
        resting.min()
    }
}

#[derive(Debug)]
pub(super) struct Batch<B> {
    id: CallId,
    plan: Plan<B>,
    version: Version,
    options: BatchOptions,
    /// A request of it is out. The next one waits for its end.
    asking: bool,
    /// All that could be sent rests until then.
    rests_until: Option<Instant>,
    /// Its listeners were told of that.
    throttled: bool,
}

impl<B> Batch<B> {
    /// A command as a call by itself.
    fn command(&self, place: usize, request: &Running) -> Option<Running> {
        let (method, params) = self.plan.command(place)?;
        let mut call = Call::of(method.clone(), params.clone());
        call.timeout = self.options.timeout;
        call.idempotent = self.options.idempotent;
        call.on_waiting = self.options.on_waiting;
        let owner = Owner::Command {
            batch: self.id,
            place,
        };
        Some(Running {
            token: request.token.clone(),
            lost: request.lost,
            ..Running::new(call, self.version, owner)
        })
    }

    /// A call of it has ended without an answer that says something of its commands.
    fn lost(&mut self, owner: &Owner, error: Error) {
        match owner {
            Owner::Request { places, .. } => {
                self.asking = false;
                self.plan.lost(places, &of_each(self.version, error));
            }
            Owner::Command { place, .. } => self.plan.ended(*place, Err(error)),
            _ => {}
        }
    }
}

impl<B: Payload> Connection<B> {
    pub(super) fn begin_batch(
        &mut self,
        now: Instant,
        items: Vec<Item>,
        options: BatchOptions,
    ) -> CallId {
        let id = self.next_id();
        self.lapse(now);
        match self.plan(now, items, &options) {
            Ok((version, plan)) => {
                let batch = Batch {
                    id,
                    plan,
                    version,
                    options,
                    asking: false,
                    rests_until: None,
                    throttled: false,
                };
                self.go_on(now, batch);
            }
            Err(error) => self.outputs.push_back(Output::BatchDone(id, Err(error))),
        }
        id
    }

    /// Checks each command, and plans the requests.
    fn plan(
        &mut self,
        now: Instant,
        mut items: Vec<Item>,
        options: &BatchOptions,
    ) -> Result<(Version, Plan<B>), Error> {
        if self.closed {
            return Err(refusal::closed());
        }
        let version = self.common_version(&mut items, options.version)?;
        if version == Version::V3 && self.tokens.is_some() && !self.writer.custom_headers {
            let message = "calls: a browser can't send a batch of version 3, whose token would have \
                           to go in a header: call one by one";
            return Err(Error::invalid(message));
        }
        // Mostly all commands are of one method, which then is looked up once.
        let catalogue = Arc::clone(&self.catalogue);
        let mut last: Option<(MethodName, Option<Entry<'_>>)> = None;
        for item in &mut items {
            let entry = match &last {
                Some((method, entry)) if *method == item.method => *entry,
                _ => {
                    let entry = catalogue.get(item.method.as_str(), Some(version));
                    last = Some((item.method.clone(), entry));
                    entry
                }
            };
            let question = Question {
                batched: true,
                ..self.question_by(now, entry, &item.method, &item.params, Some(version))
            };
            let confirmed = question.entry.as_ref().map(Entry::needs_confirmation);
            let unheard = matches!(question.confirmation, None | Some(State::Lapsed));
            item.asks = confirmed == Some(true) && unheard;
            let objection = self.examine(&question);
            item.refusal = objection.and_then(|objection| self.heed(&item.method, objection));
        }
        let options = Options {
            version,
            halt: options.halt,
            waits: options.on_waiting != OnWaiting::Reject,
            idempotent: options.idempotent,
        };
        Ok((version, Plan::new(options, items)?))
    }

    /// The version in which all commands are called. Their methods are spelled as the catalogue does.
    fn common_version(
        &self,
        items: &mut [Item],
        wanted: Option<Version>,
    ) -> Result<Version, Error> {
        let mut common = None;
        let mut last: Option<(MethodName, MethodName, Version)> = None;
        for item in items {
            let given = item.method.as_str();
            let version = match &last {
                Some((before, spelled, version)) if before.as_str() == given => {
                    item.method.clone_from(spelled);
                    *version
                }
                _ => {
                    let given = item.method.clone();
                    let version = self.look_up(&mut item.method, wanted);
                    last = Some((given, item.method.clone(), version));
                    version
                }
            };
            if *common.get_or_insert(version) != version {
                let message = [
                    "calls: `",
                    &item.name,
                    "` is called in another version than those before it, and a batch mixes none: \
                     call it apart, or choose a version",
                ];
                return Err(Error::invalid(message.concat()));
            }
        }
        Ok(common.or(wanted).unwrap_or(Version::V2))
    }

    /// Takes in which calls of batches have ended.
    pub(super) fn go_on_with_batches(&mut self, now: Instant) {
        while let Some((running, outcome)) = self.batches.ended.pop_front() {
            let batch = running.owner.batch();
            let Some(mut batch) = batch.and_then(|id| self.batches.take(id)) else {
                continue;
            };
            match (&running.owner, outcome) {
                (Owner::Request { places, .. }, Ok(answer)) => {
                    batch.asking = false;
                    self.answered(now, &mut batch, places, &running, answer);
                }
                (Owner::Command { place, .. }, Ok(answer)) => batch.plan.ended(*place, Ok(answer)),
                (owner, Err(error)) => batch.lost(owner, error),
                _ => {}
            }
            self.go_on(now, batch);
        }
    }

    /// Makes the next request of a batch, or ends it.
    fn go_on(&mut self, now: Instant, mut batch: Batch<B>) {
        let rest = |method: &MethodName| self.operating.paused_until(now, method);
        batch.rests_until = None;
        if !batch.asking {
            if let Some(part) = batch.plan.next(|method| rest(method).is_some()) {
                batch.asking = true;
                self.request(now, &batch, part);
            } else if let Some(until) = batch.plan.pending().filter_map(rest).min() {
                self.let_rest(&mut batch, now, until);
            }
        }
        if batch.asking || !batch.plan.is_done() {
            return self.batches.running.push(batch);
        }
        let finished = batch.plan.finish();
        for message in &finished.warnings {
            self.outputs.push_back(Output::Notice(Notice::Warning {
                method: None,
                message: message.clone(),
                decision: None,
            }));
        }
        let done = Output::BatchDone(batch.id, Ok(finished));
        self.outputs.push_back(done);
    }

    fn let_rest(&mut self, batch: &mut Batch<B>, now: Instant, until: Instant) {
        batch.rests_until = Some(until);
        self.wake_by(until);
        if std::mem::replace(&mut batch.throttled, true) {
            return;
        }
        let rests = |method: &&MethodName| self.operating.paused_until(now, method) == Some(until);
        if let Some(method) = batch.plan.pending().find(rests).cloned() {
            let notice = Notice::Throttle { method, until };
            self.outputs.push_back(Output::Notice(notice));
        }
    }

    /// Goes on with the batches whose commands have rested.
    pub(super) fn go_on_with_rested(&mut self, now: Instant) {
        let rested = |batch: &Batch<B>| batch.rests_until.is_some_and(|until| until <= now);
        while let Some(place) = self.batches.running.iter().position(rested) {
            let batch = self.batches.running.remove(place);
            self.go_on(now, batch);
        }
    }

    fn request(&mut self, now: Instant, batch: &Batch<B>, part: Part) {
        let mut call = Call::of(MethodName::known("batch"), Params::known(part.params));
        call.version = Some(batch.version);
        call.timeout = batch.options.timeout;
        call.idempotent = part.only_reads || batch.options.idempotent;
        let mut confirmed = None;
        for place in &part.places {
            let Some((method, _)) = batch.plan.command(*place) else {
                continue;
            };
            let token = |held: Option<&Arc<Held>>| held.map(|held| held.id);
            if token(self.token_for(method).as_ref()) != token(self.current()) {
                confirmed = Some(method.clone());
                break;
            }
        }
        let owner = Owner::Request {
            batch: batch.id,
            places: part.places,
            confirmed,
        };
        self.accept(now, call, owner);
    }

    /// A request was answered: each command as if it had been called by itself.
    fn answered(
        &mut self,
        now: Instant,
        batch: &mut Batch<B>,
        places: &[usize],
        request: &Running,
        answer: Answer<B>,
    ) {
        let status = answer.status;
        let told = answer.body.into_commands(batch.version, places);
        let mut outcomes = Vec::with_capacity(places.len());
        for (place, envelope) in places.iter().zip(told) {
            let heard = |running| self.command_answered(now, running, status, envelope);
            let outcome = batch.command(*place, request).and_then(heard);
            // Where it halted now, an earlier request may have come further.
            let unknown = || request.lost.then(|| Err(plan::unanswered()));
            outcomes.push(outcome.or_else(unknown));
        }
        for place in batch.plan.answered(places, outcomes) {
            if let Some(mut running) = batch.command(place, request) {
                if let OnWaiting::Wait { timeout } = running.call.on_waiting {
                    running.wait = Some(Wait::until(timeout.map(|timeout| now + timeout)));
                }
                let id = self.enter(running);
                self.park(now, id);
            }
        }
    }

    /// What the answer says of one command, and what it teaches.
    pub(super) fn command_answered(
        &mut self,
        now: Instant,
        mut running: Running,
        status: u16,
        envelope: Envelope<B>,
    ) -> Option<Result<Answer<B>, Error>> {
        running.stage = Stage::Sent { deadline: now };
        let id = self.enter(running);
        let outcome = match envelope {
            Envelope::Result {
                body,
                next,
                total,
                worked,
            } => {
                self.worked(now, id, worked);
                self.learn_from(now, id, &body);
                self.hear(id, Heard::Result, now);
                Some(Ok(Answer {
                    body,
                    status,
                    next,
                    total,
                }))
            }
            Envelope::Error { code, description } => {
                let meaning = Meaning::of(&code, status);
                self.learn_limit(now, id, Cause::of_code(&code, status));
                let mut error = self.portal_error(now, id, status, code, &description, meaning);
                // The status is that of the batch.
                error.status = None;
                // A method that lends the portal's code gives words of its own.
                if description.is_empty() {
                    self.learn_refusal(now, id, &error);
                }
                if meaning.response == Response::Park {
                    self.hear(id, Heard::Waiting, now);
                } else if error.code.eq_ignore_ascii_case(DENIED) {
                    self.denied(now, id, &error);
                }
                Some(Err(error))
            }
            _ => None,
        };
        let running = self.calls.remove(id)?;
        Some(outcome?.map_err(|error| running.owns_up(error)))
    }

    /// Ends a batch from this side, and with it all its calls.
    pub(super) fn end_batch(&mut self, mut batch: Batch<B>, code: &str, message: &str) {
        let own = Some(batch.id);
        for id in self.calls.which(|running| running.owner.batch() == own) {
            self.end(id, code, message);
        }
        let mut ended = std::mem::take(&mut self.batches.ended);
        while let Some((running, outcome)) = ended.pop_front() {
            match outcome {
                Err(error) if running.owner.batch() == own => batch.lost(&running.owner, error),
                outcome => self.batches.ended.push_back((running, outcome)),
            }
        }
        let commands = batch.plan.finish().commands;
        let may_have_run = |outcome: &Outcome<B>| match outcome {
            Outcome::Executed(_) => true,
            Outcome::Failed(error) => error.ran != Ran::No,
            Outcome::NotRun => false,
        };
        let ran = match commands.iter().any(|(_, outcome)| may_have_run(outcome)) {
            true => Ran::Unknown,
            false => Ran::No,
        };
        let error = Error::new(code, Kind::Aborted, ran, message);
        let done = Output::BatchDone(batch.id, Err(error));
        self.outputs.push_back(done);
        self.calm_down();
    }
}

/// The error of each command of a request that failed as a whole. In version 3 the first command
/// that fails fails them all, and those before it may have run: unless the portal looked for
/// something that no command has run without.
fn of_each(version: Version, mut error: Error) -> Error {
    let answered = error.status.is_some() && matches!(error.kind, Kind::Denied | Kind::Portal);
    let no_method = error.code.ends_with("METHODNOTFOUNDEXCEPTION");
    if version == Version::V3 && answered && !no_method {
        error.ran = Ran::Unknown;
        error.decision = None;
    }
    error
}
