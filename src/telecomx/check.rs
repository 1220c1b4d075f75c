//! May it be done? Pure: the map, the level and what the caller knows of this moment go in, a
//! decision comes out. Nothing is remembered, because one right depends on the moment.

use crate::decision::{Decision, Evidence, Layer, Problem, Severity, Verdict};
use crate::telecomx::permissions::Permissions;
use crate::telecomx::right::{Level, Levels, Right};
use crate::telecomx::table;
use crate::text::is_any_of;

/// What a check needs to know beside the map.
///
/// Presence and phonebook matter for [`Right::ViewOtherParty`] alone. Where one is needed and isn't
/// known, the other party is hidden.
///
/// ```
/// use callgate::telecomx::Context;
/// let context = Context { presence: Some("AVAILABLE".into()), ..Context::default() };
/// assert_eq!(context.in_phonebook, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The presence of the extension's employee now.
    pub presence: Option<String>,
    /// Whether the other party's number is in that employee's personal phonebook.
    pub in_phonebook: Option<bool>,
    /// The user's access level, where it is known.
    pub level: Option<Level>,
}

impl Permissions {
    /// May the user do this with the extension, at this moment? `action` is the key of a right or
    /// the name of an [`Action`](super::Action).
    ///
    /// The verdict about `viewOtherParty` holds for this context alone: ask anew each time.
    ///
    /// ```
    /// use callgate::decision::Verdict;
    /// use callgate::telecomx::{Context, Permissions};
    /// let map = r#"{"a": {"viewOtherParty": true, "viewOtherPartyOverride": "HIDE_OFF_WORK"}}"#;
    /// let permissions = Permissions::parse(map).unwrap();
    /// let verdict = |presence: &str| {
    ///     let presence = Some(presence.to_owned());
    ///     let context = Context { presence, ..Context::default() };
    ///     permissions.check("a", "viewOtherParty", &context).verdict
    /// };
    /// assert_eq!(verdict("AVAILABLE"), Verdict::Allowed);
    /// assert_eq!(verdict("HOLIDAY"), Verdict::Denied);
    /// ```
    pub fn check(&self, extension: &str, action: &str, context: &Context) -> Decision {
        let (right, exempt) = match level(action, context.level) {
            Ok(rule) => rule,
            Err(decision) => return *decision,
        };
        let Some(right) = right else {
            return unknown("The map doesn't tell this: the server alone decides.");
        };
        let mut decision = Decision::new(Verdict::Denied, Evidence::Grant);
        decision.layer = Some(Layer::Right);
        decision.needed = Some(vec![vec![right.as_str().to_owned()]]);
        decision.provided = Some(self.provided(extension));
        if !self.grants(extension, right) {
            problem(&mut decision, "extension", self.gap(extension, right));
            decision.remedy = Some(
                "Ask an administrator for a PBX group with this right, of which the extension is a \
                 member and one of the user's own a controller."
                    .to_owned(),
            );
            if context.level.is_some_and(|level| exempt.contains(level)) {
                decision.verdict = Verdict::Unknown;
                decision.remedy = Some(
                    "On this level it needs no right where the extension belongs to a customer of \
                     the user's: the server knows."
                        .to_owned(),
                );
            }
            return decision;
        }
        if right == Right::ViewOtherParty
            && let Some((path, why)) = hidden(self.override_of(extension), context)
        {
            problem(&mut decision, path, why);
            decision.remedy = Some("Show the call without its other party.".to_owned());
            return decision;
        }
        decision.verdict = match context.level {
            Some(Level::Unknown) => Verdict::Unknown,
            _ => Verdict::Allowed,
        };
        if decision.verdict == Verdict::Unknown {
            problem(&mut decision, "level", UNKNOWN_LEVEL);
        }
        decision
    }

    pub(super) fn provided(&self, extension: &str) -> Vec<String> {
        let mut provided = Vec::new();
        for right in Right::ALL {
            if self.grants(extension, right) {
                provided.push(right.as_str().to_owned());
            }
        }
        provided
    }

    /// Why a right isn't granted.
    fn gap(&self, extension: &str, right: Right) -> &'static str {
        use crate::value::Value::{Bool, Null};
        match self.rights(extension).map(|it| it.get(right.as_str())) {
            None => "the map doesn't know this extension, so nothing is granted on it",
            Some(None | Some(Null | Bool(_))) => "the map doesn't grant this right on it",
            Some(Some(_)) => "what the map says of this right is neither true nor false",
        }
    }
}

const UNKNOWN_LEVEL: &str = "the access level isn't a documented one, so nothing is known of it";

/// The right that an action takes, if the level may do it at all, and the levels that need none.
pub(super) fn level(
    action: &str,
    level: Option<Level>,
) -> Result<(Option<Right>, Levels), Box<Decision>> {
    let Some((right, levels, exempt)) = table::rule(action) else {
        let mut decision = Decision::new(Verdict::Denied, Evidence::None);
        decision.layer = Some(Layer::Right);
        problem(
            &mut decision,
            "action",
            "there is no such right and no such action, so it isn't granted",
        );
        return Err(Box::new(decision));
    };
    match level {
        Some(level) if level != Level::Unknown && !levels.contains(level) => {
            let mut decision = Decision::new(Verdict::Denied, Evidence::Catalogue);
            decision.layer = Some(Layer::Right);
            decision.needed = Some(vec![levels.names()]);
            decision.provided = Some(vec![level.as_str().to_owned()]);
            problem(
                &mut decision,
                "level",
                "the server doesn't open this to the user's access level",
            );
            decision.remedy = Some("A user on another access level can do it.".to_owned());
            Err(Box::new(decision))
        }
        _ => Ok((right, exempt)),
    }
}

/// Why the other party is hidden although the right is there, and which input says so.
fn hidden(named: Option<&str>, context: &Context) -> Option<(&'static str, &'static str)> {
    let (phonebook, off_work) = match named {
        Some("NONE") => (false, false),
        Some("HIDE_PERSONAL_PHONEBOOK") => (true, false),
        Some("HIDE_OFF_WORK") => (false, true),
        Some("HIDE_PERSONAL_PHONEBOOK_AND_OFF_WORK") => (true, true),
        Some("HIDE") => return Some(("override", "the employee's override always hides it")),
        Some(_) => {
            let why =
                "the employee's override isn't a documented one, so the other party is hidden";
            return Some(("override", why));
        }
        None => {
            let why = "the employee's override isn't known, so the other party is hidden";
            return Some(("override", why));
        }
    };
    if phonebook {
        match context.in_phonebook {
            Some(false) => {}
            Some(true) => {
                return Some(("inPhonebook", "the number is in the personal phonebook"));
            }
            None => {
                let why = "whether the number is in the personal phonebook isn't known";
                return Some(("inPhonebook", why));
            }
        }
    }
    if off_work {
        match context.presence.as_deref().map(str::trim) {
            None | Some("") => return Some(("presence", "the presence isn't known")),
            Some(presence) if is_any_of(presence, &["OFF_WORK", "HOLIDAY"]) => {
                return Some(("presence", "the employee is off work"));
            }
            Some(_) => {}
        }
    }
    None
}

/// The decision where nothing is known that speaks for or against it.
pub(super) fn unknown(remedy: &str) -> Decision {
    let mut decision = Decision::new(Verdict::Unknown, Evidence::None);
    decision.layer = Some(Layer::Right);
    decision.remedy = Some(remedy.to_owned());
    decision
}

fn problem(decision: &mut Decision, path: &str, reason: &str) {
    decision.problems.push(Problem {
        path: path.to_owned(),
        reason: reason.to_owned(),
        severity: Severity::Error,
    });
}
