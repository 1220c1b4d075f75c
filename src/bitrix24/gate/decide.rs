//! May a request go to the portal? The same preflight as in a client, with the grant of its token.

use super::caller::Caller;
use super::inspected::Inspected;
use crate::bitrix24::rights::catalogue::Catalogue;
use crate::bitrix24::rights::confirmation::State;
use crate::bitrix24::rights::grant::Grant;
use crate::bitrix24::rights::method::MethodName;
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::rights::preflight::{Mode, Modes, Question};
use crate::bitrix24::rights::standing::Standing;
use crate::decision::{Decision, Layer, Problem, Severity, Verdict};

/// What is known of a request's caller.
///
/// ```
/// use callgate::bitrix24::gate::Known;
/// use callgate::bitrix24::rights::{catalogue::Catalogue, grant::Grant};
/// let grant = Grant::unknown();
/// let known = Known::new(Catalogue::bundled(), &grant);
/// assert!(known.grant.scopes().is_none());
/// ```
pub struct Known<'a> {
    /// What is known of methods.
    pub catalogue: &'a Catalogue,
    /// What this very token, or webhook, is known to carry.
    pub grant: &'a Grant,
    /// Where the confirmation of a method stands for this very token.
    pub confirmation: &'a dyn Fn(&MethodName) -> Option<State>,
    /// What the portal itself said about a method to this very token.
    pub standing: &'a dyn Fn(&MethodName) -> Option<Standing>,
}

impl<'a> Known<'a> {
    /// A caller of whom no more is known than what was granted.
    ///
    /// ```
    /// # use callgate::bitrix24::gate::Known;
    /// # use callgate::bitrix24::rights::{catalogue::Catalogue, grant::Grant, method::MethodName};
    /// let grant = Grant::unknown();
    /// let known = Known::new(Catalogue::bundled(), &grant);
    /// assert!((known.standing)(&MethodName::parse("profile").unwrap()).is_none());
    /// ```
    pub fn new(catalogue: &'a Catalogue, grant: &'a Grant) -> Self {
        Self {
            catalogue,
            grant,
            confirmation: &|_| None,
            standing: &|_| None,
        }
    }
}

/// A decision, and whether the request is refused for it.
///
/// ```
/// use callgate::bitrix24::gate::Ruling;
/// use callgate::decision::{Decision, Evidence, Verdict};
/// # use callgate::bitrix24::rights::preflight::Mode;
/// let decision = Decision::new(Verdict::Unknown, Evidence::None);
/// let ruling = Ruling { decision, refusal: None, wants_grant: Mode::Off };
/// assert!(ruling.refusal.is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Ruling {
    /// What preflight says, whatever the modes. The doubts are among its problems.
    pub decision: Decision,
    /// Why the request is refused; `None` where it goes on.
    pub refusal: Option<Refusal>,
    /// How much it matters that nobody knows what was granted: with `Off` it makes no difference,
    /// with `Warn` to what is said, with `Enforce` to whether the request goes on.
    pub wants_grant: Mode,
}

/// Why a request is refused.
///
/// ```
/// use callgate::bitrix24::gate::Refusal;
/// assert_ne!(Refusal::Doubt, Refusal::Nobody);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It can be read in two ways.
    Doubt,
    /// It carries no authorization at all.
    Nobody,
    /// A layer of preflight refuses it, or one of its commands.
    Layer(Layer),
}

/// Decides about a request. A batch with one refused command is refused whole.
///
/// Doubts are refused as soon as anything at all is enforced: a mode of a single method is no help
/// while it isn't sure which method is called.
///
/// ```
/// use callgate::bitrix24::gate::{Known, Limits, Refusal, Request, decide, inspect};
/// use callgate::bitrix24::rights::grant::{Grant, Source};
/// use callgate::bitrix24::rights::{catalogue::Catalogue, preflight::Modes, scope::ScopeSet};
/// use callgate::decision::Layer;
/// use callgate::time::Instant;
/// let mut grant = Grant::unknown();
/// grant.learn(ScopeSet::parse("im"), Source::Given, Instant::default());
/// let known = Known::new(Catalogue::bundled(), &grant);
/// let request = Request { verb: "GET", target: "/rest/crm.deal.list?auth=TOK", headers: &[], body: b"" };
/// let seen = inspect(&request, &Limits::default()).unwrap();
/// let ruling = decide(&seen, &known, &Modes::default());
/// assert_eq!(ruling.refusal, Some(Refusal::Layer(Layer::Scope)));
/// assert!(ruling.decision.is_denied());
/// ```
pub fn decide(seen: &Inspected, known: &Known<'_>, modes: &Modes) -> Ruling {
    let webhook = matches!(seen.caller, Caller::Webhook { .. });
    let question =
        |method, params, batched| question(seen, known, (method, params), (webhook, batched));
    let whole = question(&seen.method, &seen.params, false);
    let mut refusal = refused_by(&whole, modes);
    let mut wants_grant = grant_wanted(&whole, modes);
    let mut commands = Vec::with_capacity(seen.commands.len());
    for command in &seen.commands {
        let own = question(&command.method, &command.params, true);
        refusal = refusal.or(refused_by(&own, modes));
        wants_grant = stricter(wants_grant, grant_wanted(&own, modes));
        commands.push((command.name.clone(), own.check()));
    }
    let mut decision = match commands.is_empty() {
        true => whole.check(),
        false => whole.check_batch(commands),
    };
    let mode = strictest(modes);
    if seen.caller == Caller::Nobody && !seen.signed_link && mode == Mode::Enforce {
        refusal = Some(Refusal::Nobody);
    }
    if mode != Mode::Off && !seen.doubts.is_empty() {
        let severity = match mode {
            Mode::Enforce => Severity::Error,
            _ => Severity::Warning,
        };
        let doubts = seen.doubts.iter().map(|doubt| Problem {
            path: doubt.what.clone(),
            reason: doubt.why.to_owned(),
            severity,
        });
        decision.problems.splice(0..0, doubts);
        if mode == Mode::Enforce {
            refusal = Some(Refusal::Doubt);
            decision.layer = Some(Layer::Parameters);
            decision.remedy = Some("Send a request that can be read in one way only.".to_owned());
        }
    }
    if refusal.is_some() {
        decision.verdict = Verdict::Denied;
        wants_grant = Mode::Off;
    }
    Ruling {
        decision,
        refusal,
        wants_grant,
    }
}

fn question<'a>(
    seen: &Inspected,
    known: &Known<'a>,
    (method, params): (&'a MethodName, &'a Params),
    (webhook, batched): (bool, bool),
) -> Question<'a> {
    let entry = known.catalogue.get(method.as_str(), Some(seen.version));
    Question {
        confirmation: (known.confirmation)(method),
        standing: (known.standing)(method),
        webhook,
        batched,
        ..Question::new(known.catalogue, entry, known.grant, method, params)
    }
}

fn refused_by(question: &Question<'_>, modes: &Modes) -> Option<Refusal> {
    let objection = question.objection(modes)?;
    (objection.mode == Mode::Enforce).then_some(Refusal::Layer(objection.layer))
}

fn grant_wanted(question: &Question<'_>, modes: &Modes) -> Mode {
    match question.lacks_grant() {
        true => modes.of(Layer::Scope, question.method),
        false => Mode::Off,
    }
}

fn stricter(one: Mode, other: Mode) -> Mode {
    match (one, other) {
        (Mode::Enforce, _) | (_, Mode::Off) => one,
        _ => other,
    }
}

/// The strictest mode that anything has.
fn strictest(modes: &Modes) -> Mode {
    let has = |wanted| {
        let mut own = modes.methods.iter();
        modes.scope == wanted || modes.parameters == wanted || own.any(|(_, it)| *it == wanted)
    };
    match (has(Mode::Enforce), has(Mode::Warn)) {
        (true, _) => Mode::Enforce,
        (false, true) => Mode::Warn,
        (false, false) => Mode::Off,
    }
}
