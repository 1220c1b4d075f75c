//! The check before anything is sent. Pure: no I/O, no clock.
//!
//! Layers are asked in order: method, scope, confirmation, parameters. Warn by what is documented,
//! deny by what is proven, and let pass what nobody knows.

use crate::bitrix24::rights::catalogue::Entry;
use crate::bitrix24::rights::confirmation::State;
use crate::bitrix24::rights::grant::Grant;
use crate::bitrix24::rights::method::MethodName;
use crate::bitrix24::rights::params::Params;
use crate::decision::{Decision, Evidence, Layer, Problem, Severity, Verdict};

/// What a layer's "no" does to a call.
///
/// ```
/// use callgate::bitrix24::rights::preflight::Mode;
/// assert_ne!(Mode::Warn, Mode::Enforce);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The layer isn't asked.
    Off,
    /// The call goes out; the caller is told.
    Warn,
    /// The call is refused.
    Enforce,
}

/// The modes of a connection.
///
/// ```
/// use callgate::bitrix24::rights::preflight::{Mode, Modes};
/// assert_eq!(Modes::default().scope, Mode::Enforce);
/// assert_eq!(Modes::default().parameters, Mode::Warn);
/// ```
#[derive(Clone, Debug)]
pub struct Modes {
    /// For scopes that the grant proves missing.
    pub scope: Mode,
    /// For parameters that the catalogue calls required.
    pub parameters: Mode,
    /// For single methods, in all layers.
    pub methods: Vec<(MethodName, Mode)>,
}

impl Default for Modes {
    fn default() -> Self {
        Self {
            scope: Mode::Enforce,
            parameters: Mode::Warn,
            methods: Vec::new(),
        }
    }
}

impl Modes {
    /// The mode of a layer for a method. The layer `confirmation` enforces unless the method is
    /// set otherwise: a refusal there is the portal's own word, and final for the token.
    ///
    /// ```
    /// use callgate::bitrix24::rights::method::MethodName;
    /// use callgate::bitrix24::rights::preflight::{Mode, Modes};
    /// use callgate::decision::Layer;
    /// let method = MethodName::parse("user.get").unwrap();
    /// let modes = Modes { methods: vec![(method.clone(), Mode::Off)], ..Modes::default() };
    /// assert_eq!(modes.of(Layer::Scope, &method), Mode::Off);
    /// ```
    pub fn of(&self, layer: Layer, method: &MethodName) -> Mode {
        let own = self.methods.iter().find(|(name, _)| name == method);
        match (own, layer) {
            (Some((_, mode)), _) => *mode,
            (None, Layer::Scope) => self.scope,
            (None, Layer::Parameters) => self.parameters,
            (None, _) => Mode::Enforce,
        }
    }
}

/// A call as preflight sees it, beside what is known.
///
/// ```
/// use callgate::bitrix24::rights::catalogue::Catalogue;
/// use callgate::bitrix24::rights::grant::{Grant, Source};
/// use callgate::bitrix24::rights::method::MethodName;
/// use callgate::bitrix24::rights::preflight::Question;
/// use callgate::bitrix24::rights::scope::ScopeSet;
/// use callgate::bitrix24::rights::params::Params;
/// use callgate::decision::{Layer, Verdict};
/// use callgate::time::Instant;
///
/// let mut grant = Grant::unknown();
/// grant.learn(ScopeSet::parse("crm"), Source::Given, Instant::default());
/// let method = MethodName::parse("voximplant.user.get").unwrap();
/// let decision = Question {
///     entry: Catalogue::bundled().get(method.as_str(), None),
///     grant: &grant,
///     method: &method,
///     params: &Params::none(),
///     confirmation: None,
/// }
/// .check();
/// assert_eq!((decision.verdict, decision.layer), (Verdict::Denied, Some(Layer::Scope)));
/// assert_eq!(decision.needed.unwrap(), [["telephony"]]);
/// ```
pub struct Question<'a> {
    /// What the catalogue knows of the method, in the REST version of the call.
    pub entry: Option<Entry<'a>>,
    /// What the token is known to carry.
    pub grant: &'a Grant,
    /// The method.
    pub method: &'a MethodName,
    /// The parameters.
    pub params: &'a Params,
    /// Where the method's confirmation stands for the token.
    pub confirmation: Option<State>,
}

/// Where the scope layer stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scopes {
    Met,
    Unknown,
    /// It looks as if one were missing, on word that isn't good enough to deny.
    Doubtful,
    Missing,
}

impl Question<'_> {
    /// The first layer that says no, going by `modes`: those that are off aren't asked, and of
    /// the others the first that enforces comes before one that warns.
    ///
    /// It costs no allocation, so that it can stand before every call.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::{catalogue::Catalogue, grant::Grant, method::MethodName};
    /// # use callgate::bitrix24::rights::{params::Params, preflight::Question};
    /// use callgate::bitrix24::rights::preflight::{Mode, Modes};
    /// use callgate::decision::Layer;
    /// let question = Question {
    ///     entry: Catalogue::bundled().get("crm.item.add", None),
    ///     grant: &Grant::unknown(),
    ///     method: &MethodName::parse("crm.item.add").unwrap(),
    ///     params: &Params::none(),
    ///     confirmation: None,
    /// };
    /// assert_eq!(question.objection(&Modes::default()), Some((Layer::Parameters, Mode::Warn)));
    /// ```
    pub fn objection(&self, modes: &Modes) -> Option<(Layer, Mode)> {
        let entry = self.entry.as_ref();
        let mut warning = None;
        for layer in [Layer::Scope, Layer::Confirmation, Layer::Parameters] {
            let proven = match layer {
                Layer::Scope => match self.scopes(entry) {
                    Scopes::Missing => true,
                    Scopes::Doubtful => false,
                    Scopes::Met | Scopes::Unknown => continue,
                },
                Layer::Confirmation if self.confirmation == Some(State::Denied) => true,
                Layer::Parameters if entry.is_some_and(|entry| self.lacks_required(entry)) => true,
                _ => continue,
            };
            match modes.of(layer, self.method) {
                Mode::Enforce if proven => return Some((layer, Mode::Enforce)),
                Mode::Warn | Mode::Enforce => warning = warning.or(Some((layer, Mode::Warn))),
                Mode::Off => {}
            }
        }
        warning
    }

    /// The whole decision, whatever the modes.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::{grant::Grant, method::MethodName};
    /// # use callgate::bitrix24::rights::preflight::Question;
    /// # use callgate::bitrix24::rights::params::Params;
    /// use callgate::decision::Verdict;
    /// let decision = Question {
    ///     entry: None,
    ///     grant: &Grant::unknown(),
    ///     method: &MethodName::parse("vendor.method").unwrap(),
    ///     params: &Params::none(),
    ///     confirmation: None,
    /// }
    /// .check();
    /// assert_eq!(decision.verdict, Verdict::Unknown);
    /// ```
    pub fn check(&self) -> Decision {
        let entry = self.entry.as_ref();
        let scopes = self.scopes(entry);
        let problems = entry.map_or_else(Vec::new, |entry| self.problems(entry));
        let incomplete = problems.iter().any(|it| it.severity == Severity::Error);
        let asks = entry.is_some_and(Entry::needs_confirmation);

        let (verdict, layer, evidence) = if scopes == Scopes::Missing {
            (Verdict::Denied, Some(Layer::Scope), Evidence::Grant)
        } else if self.confirmation == Some(State::Denied) {
            (Verdict::Denied, Some(Layer::Confirmation), Evidence::Server)
        } else if incomplete {
            (
                Verdict::Denied,
                Some(Layer::Parameters),
                Evidence::Catalogue,
            )
        } else if self.confirmation == Some(State::Waiting) {
            (
                Verdict::Pending,
                Some(Layer::Confirmation),
                Evidence::Server,
            )
        } else if entry.is_none() {
            (Verdict::Unknown, Some(Layer::Method), Evidence::None)
        } else if matches!(scopes, Scopes::Unknown | Scopes::Doubtful) {
            (Verdict::Unknown, Some(Layer::Scope), Evidence::Catalogue)
        } else if self.confirmation == Some(State::Granted) {
            (
                Verdict::Allowed,
                Some(Layer::Confirmation),
                Evidence::Server,
            )
        } else {
            let evidence = match self.grant.scopes() {
                Some(_) => Evidence::Grant,
                None => Evidence::Catalogue,
            };
            (
                Verdict::Allowed,
                asks.then_some(Layer::Confirmation),
                evidence,
            )
        };
        self.explain(entry, verdict, layer, evidence, problems)
    }

    /// The decision that stands behind the portal's own refusal in `layer`.
    pub(crate) fn refused_by_portal(&self, verdict: Verdict, layer: Layer) -> Decision {
        let entry = self.entry.as_ref();
        self.explain(entry, verdict, Some(layer), Evidence::Server, Vec::new())
    }

    fn scopes(&self, entry: Option<&Entry<'_>>) -> Scopes {
        let Some((entry, needed)) = entry.and_then(|entry| Some((entry, entry.needed()?))) else {
            return Scopes::Unknown;
        };
        let mut needed = needed.peekable();
        if needed.peek().is_none() {
            return Scopes::Met;
        }
        let Some(granted) = self.grant.scopes() else {
            return Scopes::Unknown;
        };
        let met = needed.all(|mut group| group.any(|code| granted.meets(code)));
        match (met, entry.scope_may_deny()) {
            (true, _) => Scopes::Met,
            (false, true) => Scopes::Missing,
            (false, false) => Scopes::Doubtful,
        }
    }

    fn lacks_required(&self, entry: &Entry<'_>) -> bool {
        entry
            .required()
            .any(|required| required.may_deny && !self.has(entry, required.name))
    }

    /// Where parameters go by position there are no names to look for.
    fn has(&self, entry: &Entry<'_>, name: &str) -> bool {
        entry.is_positional() || self.params.are_positional() || self.params.has(name)
    }

    fn problems(&self, entry: &Entry<'_>) -> Vec<Problem> {
        entry
            .required()
            .filter(|required| !self.has(entry, required.name))
            .map(|required| Problem {
                path: required.name.to_owned(),
                reason: "required, and missing".to_owned(),
                severity: match required.may_deny {
                    true => Severity::Error,
                    false => Severity::Warning,
                },
            })
            .collect()
    }

    fn explain(
        &self,
        entry: Option<&Entry<'_>>,
        verdict: Verdict,
        layer: Option<Layer>,
        evidence: Evidence,
        problems: Vec<Problem>,
    ) -> Decision {
        let needed = entry.and_then(Entry::needed).map(|groups| {
            groups
                .map(|group| group.map(str::to_owned).collect())
                .collect()
        });
        let provided = self
            .grant
            .scopes()
            .map(|granted| granted.iter().map(str::to_owned).collect());
        let mut decision = Decision {
            layer,
            needed,
            provided,
            problems,
            ..Decision::new(verdict, evidence)
        };
        decision.remedy = self.remedy(&decision);
        decision
    }

    fn remedy(&self, decision: &Decision) -> Option<String> {
        let text = match (decision.verdict, decision.layer?) {
            (Verdict::Denied, Layer::Scope) => self.scope_remedy(decision),
            (Verdict::Unknown, Layer::Scope) if self.grant.scopes().is_some() => {
                ["If the portal refuses it: ", &self.scope_remedy(decision)].concat()
            }
            (Verdict::Denied, Layer::Parameters) => {
                let missing = decision
                    .problems
                    .iter()
                    .map(|problem| problem.path.as_str());
                ["Add ", &join(missing, " and "), " to the parameters."].concat()
            }
            (Verdict::Denied, Layer::Confirmation) => {
                "An administrator refused this method for this token; it can be asked for again \
                 with the next token."
                    .to_owned()
            }
            (Verdict::Pending, Layer::Confirmation) => {
                "An administrator has been asked in the portal: repeat the call with the same \
                 token once that request is answered, or call with confirmation: 'wait'."
                    .to_owned()
            }
            (Verdict::Allowed, Layer::Confirmation) if self.confirmation.is_none() => {
                "The first call asks an administrator in the portal to confirm it.".to_owned()
            }
            (Verdict::Denied, Layer::Right) => {
                "The user behind the token lacks the right in the portal: let an administrator \
                 give it, or call for another user."
                    .to_owned()
            }
            (Verdict::Denied, Layer::Plan) => {
                "The portal's plan doesn't include this; the portal's owner can change the plan."
                    .to_owned()
            }
            _ => return None,
        };
        Some(text)
    }

    /// Names the scopes to add: of each group that isn't met, any one.
    fn scope_remedy(&self, decision: &Decision) -> String {
        let met = |code: &String| {
            self.grant
                .scopes()
                .is_some_and(|granted| granted.meets(code))
        };
        let groups = decision.needed.iter().flatten();
        let missing: Vec<String> = groups
            .filter(|group| !group.iter().any(met))
            .map(|group| join(group.iter().map(String::as_str), " or "))
            .collect();
        if missing.is_empty() {
            return "Give the application the scope that this method needs, then let it get a new \
                    token."
                .to_owned();
        }
        let missing = join(missing.iter().map(String::as_str), " and ");
        let parts = ["Give the application the scope ", &missing];
        parts.concat() + " in the portal, then let it get a new token."
    }
}

fn join<'t>(parts: impl Iterator<Item = &'t str>, between: &str) -> String {
    let mut text = String::new();
    for part in parts {
        if !text.is_empty() {
            text.push_str(between);
        }
        text.push_str(part);
    }
    text
}
