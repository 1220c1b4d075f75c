//! How a batch is run: which of its commands go in which request, what became of each, and what
//! follows from that for the others.
//!
//! A [`Plan`] is asked for the [`next`](Plan::next) request until it gives none, and told what came
//! of each. It sends nothing and knows no time.
//!
//! - A reference sees nothing outside its own request, so commands connected by references go
//!   together. Apart from that the order is kept.
//! - With `halt` no command runs before an earlier one has succeeded: one request at a time, and
//!   nothing goes ahead of what stands before it.
//! - Without it, of the commands whose method asks an administrator for the same confirmation one
//!   goes first, or each of them would ask; the others follow when it has been answered. Only
//!   references between them hold such commands together all the same.
//! - A method that has worked too long rests, and its commands with it. Those that the portal refused
//!   for that go again later, with all that they are connected with, unless one of these has run and
//!   must not run twice.

mod follow;
mod groups;
mod item;
mod step;

pub use item::{Item, Options};

use crate::bitrix24::engine::call::Answer;
use crate::bitrix24::rights::method::MethodName;
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::wire::batch::{self, Command, MOST};
use crate::error::{Error, Kind, Ran};
use step::{Stage, Step};

/// A request to be made.
///
/// ```
/// # use callgate::bitrix24::engine::plan::{Item, Options, Plan};
/// # use callgate::bitrix24::rights::{method::{MethodName, Version}, params::Params};
/// # let options = Options { version: Version::V2, halt: false, waits: false, idempotent: false };
/// let items = vec![Item::new("me", MethodName::parse("user.current").unwrap(), Params::none())];
/// let mut plan: Plan<serde_json::Value> = Plan::new(options, items).unwrap();
/// let part = plan.next(|_| false).unwrap();
/// assert_eq!(part.params, r#"{"halt":0,"cmd":{"c0":"user.current?"}}"#);
/// assert!(part.places == [0] && part.only_reads);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The places of its commands.
    pub places: Vec<usize>,
    /// The parameters of the call `batch`, as JSON.
    pub params: String,
    /// Whether none of its methods changes anything, so that it may be sent again.
    pub only_reads: bool,
}

/// What became of a command.
///
/// ```
/// use callgate::bitrix24::engine::plan::Outcome;
/// assert_eq!(Outcome::<()>::NotRun, Outcome::NotRun);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<B> {
    /// The portal ran it.
    Executed(Answer<B>),
    /// It failed, before it was sent or in the portal.
    Failed(Error),
    /// One before it failed and halted the batch.
    NotRun,
}

/// What became of a batch.
///
/// ```
/// use callgate::bitrix24::engine::plan::Finished;
/// let finished = Finished::<()> { commands: Vec::new(), warnings: Vec::new() };
/// assert!(finished.commands.is_empty());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Finished<B> {
    /// Each command's name and outcome, in the order in which they were given.
    pub commands: Vec<(String, Outcome<B>)>,
    /// Of commands that ran with something else than they referred to.
    pub warnings: Vec<String>,
}

/// A batch on its way.
///
/// ```
/// use callgate::bitrix24::engine::plan::{Item, Options, Outcome, Plan};
/// use callgate::bitrix24::rights::{method::{MethodName, Version}, params::Params};
/// use callgate::error::{Error, Kind, Ran};
///
/// let options = Options { version: Version::V2, halt: true, waits: false, idempotent: false };
/// let profile = || MethodName::parse("profile").unwrap();
/// let items = ["a", "b"].map(|name| Item::new(name, profile(), Params::none()));
/// let mut plan: Plan<serde_json::Value> = Plan::new(options, items.into()).unwrap();
///
/// let part = plan.next(|_| false).unwrap();
/// let failed = Error::new("ERROR_CORE", Kind::Portal, Ran::Unknown, "…");
/// plan.answered(&part.places, [Some(Err(failed)), None]);
/// assert!(plan.next(|_| false).is_none() && plan.is_done());
/// let [(_, a), (_, b)] = plan.finish().commands.try_into().unwrap();
/// assert!(matches!(a, Outcome::Failed(_)) && b == Outcome::NotRun);
/// ```
#[derive(Debug)]
pub struct Plan<B> {
    options: Options,
    names: Vec<String>,
    steps: Vec<Step<B>>,
}

impl<B> Plan<B> {
    /// Plans a batch. What can't be sent has failed when this returns: what was refused, what has a
    /// reference that the portal would misread, and what refers to one of those.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid`: more commands are connected by references than go in one request.
    /// With `halt` those between them count as well, because none may run before its turn.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::plan::{Item, Options, Plan};
    /// # use callgate::bitrix24::rights::{method::{MethodName, Version}, params::Params};
    /// # let options = Options { version: Version::V2, halt: false, waits: false, idempotent: false };
    /// let profile = || MethodName::parse("profile").unwrap();
    /// let chained = |place: usize| {
    ///     let params = match place {
    ///         0 => Params::none(),
    ///         _ => Params::parse(format!(r#"{{"after":"$result[{}]"}}"#, place - 1)).unwrap(),
    ///     };
    ///     Item::new(place.to_string(), profile(), params)
    /// };
    /// assert!(Plan::<()>::new(options, (0..50).map(chained).collect()).is_ok());
    /// assert!(Plan::<()>::new(options, (0..51).map(chained).collect()).is_err());
    /// ```
    pub fn new(options: Options, items: Vec<Item>) -> Result<Self, Error> {
        let mut names = Vec::with_capacity(items.len());
        let mut steps = Vec::with_capacity(items.len());
        let mut refusals = Vec::with_capacity(items.len());
        for (place, item) in items.into_iter().enumerate() {
            names.push(item.name);
            refusals.push(item.refusal);
            steps.push(Step {
                method: item.method,
                params: item.params,
                asks: item.asks && !options.halt,
                text: String::new(),
                refers_to: Vec::new(),
                group: place,
                size: 1,
                put_back: 0,
                may_have_run: false,
                stage: Stage::Pending,
            });
        }
        for (place, (step, refusal)) in steps.iter_mut().zip(refusals).enumerate() {
            let write =
                || Command::write(options.version, &step.method, &step.params, &names, place);
            match refusal.map_or_else(write, Err) {
                Ok(command) => {
                    step.text = command.text;
                    step.refers_to = command.refers_to;
                }
                Err(error) => step.fail(error),
            }
        }
        let mut plan = Self {
            options,
            names,
            steps,
        };
        plan.fail_dependents();
        plan.follow_up();
        plan.connect()?;
        Ok(plan)
    }

    /// The next request, as far as one can be made now: of commands whose method doesn't rest.
    /// Without `halt` several may be out at once.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::plan::{Options, Plan};
    /// # use callgate::bitrix24::rights::method::Version;
    /// # let options = Options { version: Version::V2, halt: false, waits: false, idempotent: false };
    /// assert!(Plan::<()>::new(options, Vec::new()).unwrap().next(|_| false).is_none());
    /// ```
    #[allow(
        clippy::should_implement_trait,
        reason = "an iterator's end is final, and this one's isn't"
    )]
    pub fn next(&mut self, rests: impl Fn(&MethodName) -> bool) -> Option<Part> {
        if self.options.halt && self.steps.iter().any(Step::is_out) {
            return None;
        }
        let mut room = MOST;
        let mut decided = vec![None; self.steps.len()];
        let mut places = Vec::new();
        for (place, step) in self.steps.iter().enumerate() {
            if !step.is_pending() {
                continue;
            }
            let size = self.steps.get(step.group).map_or(1, |first| first.size);
            let goes = match decided.get(step.group).copied().flatten() {
                Some(goes) => goes,
                None if self.is_held(step.group, size, &decided) => false,
                None if self.members(step.group, size).any(|it| rests(&it.method)) => {
                    if self.options.halt {
                        room = 0;
                    }
                    false
                }
                // What comes later doesn't go ahead of it.
                None if size > room => {
                    room = 0;
                    false
                }
                None => {
                    room -= size;
                    true
                }
            };
            if let Some(decision) = decided.get_mut(step.group) {
                *decision = Some(goes);
            }
            if goes {
                places.push(place);
            }
        }
        if places.is_empty() {
            return None;
        }
        let mut only_reads = true;
        for place in &places {
            if let Some(step) = self.steps.get_mut(*place) {
                step.stage = Stage::Sent;
                only_reads &= step.method.only_reads();
            }
        }
        let text = |place: &usize| Some((*place, self.steps.get(*place)?.text.as_str()));
        let commands = places.iter().filter_map(text);
        let params = batch::body(self.options.version, commands, self.options.halt);
        Some(Part {
            places,
            params,
            only_reads,
        })
    }

    /// A request was answered: `outcomes` has what the answer says of each of its commands, `None`
    /// where it says nothing. Gives the places of commands that are to wait, each as a call by
    /// itself whose end is told to [`ended`](Self::ended).
    ///
    /// ```
    /// # use callgate::bitrix24::engine::plan::{Item, Options, Plan};
    /// # use callgate::bitrix24::rights::{method::{MethodName, Version}, params::Params};
    /// # use callgate::error::{Error, Kind, Ran};
    /// let options = Options { version: Version::V2, halt: false, waits: true, idempotent: false };
    /// let method = MethodName::parse("voximplant.user.get").unwrap();
    /// let mut plan = Plan::<()>::new(options, vec![Item::new("phones", method, Params::none())]).unwrap();
    /// let part = plan.next(|_| false).unwrap();
    /// let waiting = Error::new("METHOD_CONFIRM_WAITING", Kind::Waiting, Ran::No, "…");
    /// assert_eq!(plan.answered(&part.places, [Some(Err(waiting))]), [0]);
    /// ```
    pub fn answered(
        &mut self,
        places: &[usize],
        outcomes: impl IntoIterator<Item = Option<Result<Answer<B>, Error>>>,
    ) -> Vec<usize> {
        let mut outcomes = outcomes.into_iter();
        let mut waiting = Vec::new();
        let mut stopped = false;
        for place in places {
            match outcomes.next().flatten() {
                Some(outcome) => {
                    stopped |= self.options.halt && outcome.is_err();
                    self.end(*place, outcome, &mut waiting);
                }
                None if stopped => self.set(*place, Stage::Pending),
                None => {
                    stopped |= self.options.halt;
                    self.end(*place, Err(unanswered()), &mut waiting);
                }
            }
        }
        self.put_back(places);
        self.follow_up();
        waiting
    }

    /// The methods of the commands that were not sent, or have to be sent again.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::plan::{Item, Options, Plan};
    /// # use callgate::bitrix24::rights::{method::{MethodName, Version}, params::Params};
    /// # let options = Options { version: Version::V2, halt: false, waits: false, idempotent: false };
    /// let method = MethodName::parse("profile").unwrap();
    /// let mut plan = Plan::<()>::new(options, vec![Item::new("me", method, Params::none())]).unwrap();
    /// assert!(plan.next(|_| true).is_none(), "it rests");
    /// assert_eq!(plan.pending().next().unwrap().as_str(), "profile");
    /// ```
    pub fn pending(&self) -> impl Iterator<Item = &MethodName> {
        let pending = self.steps.iter().filter(|step| step.is_pending());
        pending.map(|step| &step.method)
    }

    /// A request failed as a whole: so did its commands.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::plan::{Item, Options, Plan};
    /// # use callgate::bitrix24::rights::{method::{MethodName, Version}, params::Params};
    /// # use callgate::error::{Error, Kind, Ran};
    /// # let options = Options { version: Version::V2, halt: false, waits: true, idempotent: false };
    /// let method = MethodName::parse("profile").unwrap();
    /// let mut plan = Plan::<()>::new(options, vec![Item::new("me", method, Params::none())]).unwrap();
    /// let part = plan.next(|_| false).unwrap();
    /// plan.lost(&part.places, &Error::new("CALLGATE_TIMEOUT", Kind::Timeout, Ran::Unknown, "…"));
    /// assert!(plan.is_done());
    /// ```
    pub fn lost(&mut self, places: &[usize], error: &Error) {
        for place in places {
            self.fail(*place, error.clone());
        }
        self.follow_up();
    }

    /// A command that waited has ended.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::plan::{Item, Options, Plan};
    /// # use callgate::bitrix24::rights::{method::{MethodName, Version}, params::Params};
    /// # use callgate::error::{Error, Kind, Ran};
    /// # let options = Options { version: Version::V2, halt: false, waits: true, idempotent: false };
    /// # let method = MethodName::parse("voximplant.user.get").unwrap();
    /// # let mut plan = Plan::<()>::new(options, vec![Item::new("phones", method, Params::none())]).unwrap();
    /// # let part = plan.next(|_| false).unwrap();
    /// let error = |code, kind| Error::new(code, kind, Ran::No, "…");
    /// plan.answered(&part.places, [Some(Err(error("METHOD_CONFIRM_WAITING", Kind::Waiting)))]);
    /// plan.ended(0, Err(error("METHOD_CONFIRM_DENIED", Kind::Denied)));
    /// assert!(plan.is_done());
    /// ```
    pub fn ended(&mut self, place: usize, outcome: Result<Answer<B>, Error>) {
        match outcome {
            Ok(answer) => self.set(place, Stage::Ended(Outcome::Executed(answer))),
            Err(error) => self.fail(place, error),
        }
        self.follow_up();
    }

    /// The method and parameters of a command, for when it has to be called by itself.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::plan::{Item, Options, Plan};
    /// # use callgate::bitrix24::rights::{method::{MethodName, Version}, params::Params};
    /// # let options = Options { version: Version::V2, halt: false, waits: true, idempotent: false };
    /// # let method = MethodName::parse("profile").unwrap();
    /// let plan = Plan::<()>::new(options, vec![Item::new("me", method, Params::none())]).unwrap();
    /// let (method, _) = plan.command(0).unwrap();
    /// assert_eq!(method.as_str(), "profile");
    /// ```
    pub fn command(&self, place: usize) -> Option<(&MethodName, &Params)> {
        let step = self.steps.get(place)?;
        Some((&step.method, &step.params))
    }

    /// Whether every command has ended.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::plan::{Options, Plan};
    /// # use callgate::bitrix24::rights::method::Version;
    /// # let options = Options { version: Version::V2, halt: false, waits: false, idempotent: false };
    /// assert!(Plan::<()>::new(options, Vec::new()).unwrap().is_done());
    /// ```
    pub fn is_done(&self) -> bool {
        let ended = |step: &Step<B>| matches!(step.stage, Stage::Ended(_));
        self.steps.iter().all(ended)
    }

    /// What became of the commands. Of one whose request is still out nobody knows.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::plan::{Options, Plan};
    /// # use callgate::bitrix24::rights::method::Version;
    /// # let options = Options { version: Version::V2, halt: false, waits: false, idempotent: false };
    /// assert!(Plan::<()>::new(options, Vec::new()).unwrap().finish().warnings.is_empty());
    /// ```
    pub fn finish(self) -> Finished<B> {
        let warnings = self.misled();
        let outcome = |step: Step<B>| match step.stage {
            Stage::Ended(outcome) => outcome,
            Stage::Pending | Stage::Waiting if !step.may_have_run => Outcome::NotRun,
            _ => Outcome::Failed(unanswered()),
        };
        let outcomes = self.steps.into_iter().map(outcome);
        Finished {
            commands: self.names.into_iter().zip(outcomes).collect(),
            warnings,
        }
    }
}

/// The error for a command of which the answer says nothing.
pub(super) fn unanswered() -> Error {
    let message = "the answer says nothing of this command, so nobody knows whether it ran";
    Error::new("CALLGATE_NO_RESULT", Kind::Protocol, Ran::Unknown, message)
}
