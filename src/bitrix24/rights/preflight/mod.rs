//! The check before anything is sent. Pure: no I/O, no clock.
//!
//! Layers are asked in order: method, scope, confirmation, parameters. Warn by what is documented,
//! deny by what is proven, and let pass what nobody knows.

mod batch;
mod modes;
mod nearest;
mod parameters;
mod problems;
mod remedy;

use crate::bitrix24::rights::catalogue::{Catalogue, Details, Entry};
use crate::bitrix24::rights::confirmation::State;
use crate::bitrix24::rights::grant::Grant;
use crate::bitrix24::rights::method::MethodName;
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::rights::standing::Standing;
use crate::decision::{Decision, Deprecation, Evidence, Layer, Severity, Verdict};
use crate::text::is_any_of;
pub use modes::{Mode, Modes};
pub use nearest::nearest_method;
use problems::{Problems, hash};

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
/// let params = Params::none();
/// let catalogue = Catalogue::bundled();
/// let entry = catalogue.get(method.as_str(), None);
/// let decision = Question::new(catalogue, entry, &grant, &method, &params).check();
/// assert_eq!((decision.verdict, decision.layer), (Verdict::Denied, Some(Layer::Scope)));
/// assert_eq!(decision.needed.unwrap(), [["telephony"]]);
/// ```
pub struct Question<'a> {
    /// What is known of methods.
    pub catalogue: &'a Catalogue,
    /// What it knows of this method, in the REST version of the call.
    pub entry: Option<Entry<'a>>,
    /// What the token is known to carry.
    pub grant: &'a Grant,
    /// The method.
    pub method: &'a MethodName,
    /// The parameters.
    pub params: &'a Params,
    /// Where the method's confirmation stands for the token.
    pub confirmation: Option<State>,
    /// What the portal itself said about the method.
    pub standing: Option<Standing>,
    /// Whether the call goes through a webhook rather than with a token.
    pub webhook: bool,
    /// Whether the call is one command of a batch.
    pub batched: bool,
}

/// What stands against a call, by the modes.
///
/// ```
/// use callgate::bitrix24::rights::preflight::{Mode, Objection};
/// use callgate::decision::Layer;
/// let objection = Objection { layer: Layer::Scope, mode: Mode::Warn, finding: 1 };
/// assert_ne!(objection.mode, Mode::Off);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The layer that objects.
    pub layer: Layer,
    /// What is to be done about it: to warn or to refuse.
    pub mode: Mode,
    /// What was found, so that each finding is told of once: the same for the same method, layers,
    /// paths and reasons, whatever the values and however many rows have them.
    pub finding: u64,
}

/// In the order in which they are asked.
const LAYERS: [Layer; 4] = [
    Layer::Method,
    Layer::Scope,
    Layer::Confirmation,
    Layer::Parameters,
];

/// Where the scope layer stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scopes {
    Met,
    Unknown,
    /// It looks as if one were missing, on word that isn't good enough to deny.
    Doubtful,
    Missing,
}

impl<'a> Question<'a> {
    /// A call with a token, of which the portal has said nothing yet.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::{catalogue::Catalogue, grant::Grant, method::MethodName};
    /// # use callgate::bitrix24::rights::{params::Params, preflight::Question};
    /// let (grant, params) = (Grant::unknown(), Params::none());
    /// let method = MethodName::parse("profile").unwrap();
    /// let question = Question {
    ///     webhook: true,
    ///     ..Question::new(Catalogue::bundled(), None, &grant, &method, &params)
    /// };
    /// assert!(question.standing.is_none());
    /// ```
    pub fn new(
        catalogue: &'a Catalogue,
        entry: Option<Entry<'a>>,
        grant: &'a Grant,
        method: &'a MethodName,
        params: &'a Params,
    ) -> Self {
        Self {
            catalogue,
            entry,
            grant,
            method,
            params,
            confirmation: None,
            standing: None,
            webhook: false,
            batched: false,
        }
    }

    /// What stands against the call, going by `modes`: layers that are off aren't asked, and of
    /// the others the first that refuses comes before one that warns.
    ///
    /// Where nothing is wrong it costs no allocation, so that it can stand before every call.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::{catalogue::Catalogue, grant::Grant, method::MethodName};
    /// # use callgate::bitrix24::rights::{params::Params, preflight::Question};
    /// use callgate::bitrix24::rights::preflight::{Mode, Modes};
    /// use callgate::decision::Layer;
    /// let (grant, params) = (Grant::unknown(), Params::none());
    /// let method = MethodName::parse("crm.item.add").unwrap();
    /// let catalogue = Catalogue::bundled();
    /// let entry = catalogue.get("crm.item.add", None);
    /// let question = Question::new(catalogue, entry, &grant, &method, &params);
    /// let objection = question.objection(&Modes::default()).unwrap();
    /// assert_eq!((objection.layer, objection.mode), (Layer::Parameters, Mode::Warn));
    /// ```
    pub fn objection(&self, modes: &Modes) -> Option<Objection> {
        let of = |layer| modes.of(layer, self.method);
        let mut warned = None;
        let mut finding = 0;
        for layer in LAYERS {
            let (proven, mode, found) = match layer {
                _ if self.refuses(layer) => (true, of(layer), 1),
                Layer::Method => match self.notes() & !DEPRECATED {
                    0 => continue,
                    // By the documentation alone, so it goes by the mode of its warnings.
                    notes => (false, of(Layer::Parameters), u64::from(notes)),
                },
                Layer::Scope if self.scopes() == Scopes::Doubtful => (false, of(layer), 1),
                Layer::Parameters if of(layer) != Mode::Off => {
                    let problems = self.problems();
                    if problems.is_empty() {
                        continue;
                    }
                    (problems.deny(), of(layer), problems.finding())
                }
                _ => continue,
            };
            match mode {
                Mode::Off => {}
                Mode::Enforce if proven => {
                    let finding = hash(found ^ layer as u64, self.method.as_str());
                    return Some(Objection {
                        layer,
                        mode,
                        finding,
                    });
                }
                _ => {
                    warned = warned.or(Some(layer));
                    finding = hash(finding ^ found ^ layer as u64, self.method.as_str());
                }
            }
        }
        if self.notes() & DEPRECATED != 0 && of(Layer::Parameters) != Mode::Off {
            warned = warned.or(Some(Layer::Method));
            finding = hash(finding, self.method.as_str());
        }
        warned.map(|layer| Objection {
            layer,
            mode: Mode::Warn,
            finding,
        })
    }

    /// The whole decision, whatever the modes.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::{catalogue::Catalogue, grant::Grant, method::MethodName};
    /// # use callgate::bitrix24::rights::{params::Params, preflight::Question};
    /// use callgate::decision::Verdict;
    /// let (grant, params) = (Grant::unknown(), Params::none());
    /// let method = MethodName::parse("vendor.method").unwrap();
    /// let question = Question::new(Catalogue::bundled(), None, &grant, &method, &params);
    /// assert_eq!(question.check().verdict, Verdict::Unknown);
    /// ```
    pub fn check(&self) -> Decision {
        let scopes = self.scopes();
        let problems = self.problems();
        let told = self.standing.map(|standing| standing.evidence);
        let asks = self.entry.as_ref().is_some_and(Entry::needs_confirmation);

        let refusing = LAYERS.into_iter().find(|layer| self.refuses(*layer));
        let (verdict, layer, evidence) = if let Some(layer) = refusing {
            let evidence = match layer {
                Layer::Confirmation => Evidence::Server,
                _ => told.unwrap_or(Evidence::Grant),
            };
            (Verdict::Denied, Some(layer), evidence)
        } else if problems.deny() {
            let layer = Some(Layer::Parameters);
            (Verdict::Denied, layer, Evidence::Catalogue)
        } else if self.confirmation == Some(State::Waiting) {
            let layer = Some(Layer::Confirmation);
            (Verdict::Pending, layer, Evidence::Server)
        } else if self.entry.is_none() && told.is_none() {
            (Verdict::Unknown, Some(Layer::Method), Evidence::None)
        } else if matches!(scopes, Scopes::Unknown | Scopes::Doubtful) {
            (Verdict::Unknown, Some(Layer::Scope), Evidence::Catalogue)
        } else {
            let (layer, evidence) = match self.confirmation {
                Some(State::Granted) => (Some(Layer::Confirmation), Some(Evidence::Server)),
                _ if asks => (Some(Layer::Confirmation), told),
                _ if self.notes() & !DEPRECATED != 0 => (Some(Layer::Method), told),
                _ if !problems.is_empty() => (Some(Layer::Parameters), told),
                _ if self.notes() != 0 => (Some(Layer::Method), told),
                _ => (None, told),
            };
            let known = match self.grant.scopes() {
                Some(_) => Evidence::Grant,
                None => Evidence::Catalogue,
            };
            (Verdict::Allowed, layer, evidence.unwrap_or(known))
        };
        self.explain(verdict, layer, evidence, problems)
    }

    /// Whether, by all that is known, the portal will refuse the call for its method or scope.
    /// A result in spite of that is worth [hearing].
    ///
    /// [hearing]: crate::bitrix24::rights::standing::Standings::hear
    ///
    /// ```
    /// # use callgate::bitrix24::rights::{catalogue::Catalogue, grant::Grant, method::MethodName};
    /// # use callgate::bitrix24::rights::{params::Params, preflight::Question};
    /// let (grant, params) = (Grant::unknown(), Params::none());
    /// let method = MethodName::parse("profile").unwrap();
    /// let question = Question::new(Catalogue::bundled(), None, &grant, &method, &params);
    /// assert!(!question.expects_refusal());
    /// ```
    pub fn expects_refusal(&self) -> bool {
        self.refuses(Layer::Method) || matches!(self.scopes(), Scopes::Missing | Scopes::Doubtful)
    }

    /// Whether the scopes of the token would decide, if somebody knew them.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::{catalogue::Catalogue, grant::Grant, method::MethodName};
    /// # use callgate::bitrix24::rights::{params::Params, preflight::Question};
    /// let (catalogue, grant, params) = (Catalogue::bundled(), Grant::unknown(), Params::none());
    /// let lacks_grant = |name: &str| {
    ///     let (method, entry) = (MethodName::parse(name).unwrap(), catalogue.get(name, None));
    ///     Question::new(catalogue, entry, &grant, &method, &params).lacks_grant()
    /// };
    /// assert!(lacks_grant("crm.deal.list"));
    /// assert!(!lacks_grant("profile") && !lacks_grant("vendor.method"));
    /// ```
    pub fn lacks_grant(&self) -> bool {
        let needed = self.entry.as_ref().and_then(Entry::needed);
        let unknown = self.standing.is_none() && self.grant.scopes().is_none();
        unknown && needed.is_some_and(|mut groups| groups.next().is_some())
    }

    /// The decision that stands behind the portal's own refusal in `layer`.
    pub(crate) fn refused_by_portal(&self, verdict: Verdict, layer: Layer) -> Decision {
        self.explain(verdict, Some(layer), Evidence::Server, Problems::default())
    }

    /// Whether the layer is proven to refuse.
    fn refuses(&self, layer: Layer) -> bool {
        match (layer, self.standing) {
            (Layer::Method | Layer::Scope, Some(said)) => !said.allowed && said.layer == layer,
            (Layer::Scope, None) => self.scopes() == Scopes::Missing,
            (Layer::Confirmation, _) => self.confirmation == Some(State::Denied),
            _ => false,
        }
    }

    fn scopes(&self) -> Scopes {
        if let Some(said) = self.standing {
            return match said.allowed {
                true => Scopes::Met,
                false => Scopes::Missing,
            };
        }
        let Some(entry) = self.entry.as_ref() else {
            return Scopes::Unknown;
        };
        let Some(mut needed) = entry.needed().map(Iterator::peekable) else {
            return Scopes::Unknown;
        };
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

    fn details(&self) -> Option<Details<'a>> {
        self.entry.as_ref().and_then(Entry::details)
    }

    /// What is to be said about the way in which the method is called, one bit each.
    fn notes(&self) -> u8 {
        let Some(details) = self.details() else {
            return 0;
        };
        let mut notes = 0;
        if self.webhook && details.wants_application() {
            notes |= NO_WEBHOOK;
        }
        if self.batched && details.is_unbatched() {
            notes |= NO_BATCH;
        }
        if details.deprecation().is_some() {
            notes |= DEPRECATED;
        }
        notes
    }

    fn problems(&self) -> Problems {
        let Some(entry) = self.entry.as_ref() else {
            return Problems::default();
        };
        match entry.details() {
            Some(details) => parameters::check(self, entry, &details),
            None => self.missing(entry),
        }
    }

    /// What of the required parameters is missing, which is all that the first tier knows.
    fn missing(&self, entry: &Entry<'_>) -> Problems {
        let mut problems = Problems::default();
        // Where parameters go by position there are no names to look for.
        if entry.is_positional() || self.params.are_positional() {
            return problems;
        }
        let any_case = takes_any_case(self.method);
        for required in entry.required() {
            let there = match any_case {
                true => self.params.has_in_any_case(required.name),
                false => self.params.has(required.name),
            };
            if !there {
                let severity = match required.may_deny {
                    true => Severity::Error,
                    false => Severity::Warning,
                };
                problems.miss(None, required.name, severity);
            }
        }
        problems
    }

    fn explain(
        &self,
        verdict: Verdict,
        layer: Option<Layer>,
        evidence: Evidence,
        problems: Problems,
    ) -> Decision {
        let needed = self.entry.as_ref().and_then(Entry::needed).map(|groups| {
            groups
                .map(|group| group.map(str::to_owned).collect())
                .collect()
        });
        let provided = self
            .grant
            .scopes()
            .map(|granted| granted.iter().map(str::to_owned).collect());
        let details = self.details();
        let deprecation = details.and_then(|details| details.deprecation());
        let mut decision = Decision {
            layer,
            needed,
            provided,
            problems: problems.into_list(self.notes()),
            docs: details.and_then(|details| details.page()),
            deprecated: deprecation.map(|replacements| Deprecation {
                replacements: replacements.map(str::to_owned).collect(),
            }),
            ..Decision::new(verdict, evidence)
        };
        decision.remedy = self.remedy(&decision);
        decision
    }
}

/// The notes of [`Question::notes`].
const NO_WEBHOOK: u8 = 1;
const NO_BATCH: u8 = 2;
const DEPRECATED: u8 = 4;

/// Whether the portal reads the method's own parameters in any case: it does so for its oldest
/// ones, and for others nobody knows.
fn takes_any_case(method: &MethodName) -> bool {
    let name = method.as_str();
    let module = name.split('.').next().unwrap_or_default();
    module.eq_ignore_ascii_case("event") || is_any_of(name, &["batch", "scope", "methods"])
}
