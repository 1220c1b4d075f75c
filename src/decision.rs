//! The answer of a check, the same type for every system behind the gate.

/// Whether a call may be made, which layer said so, and what to do about it.
///
/// ```
/// use callgate::decision::{Decision, Evidence, Verdict};
/// let decision = Decision::new(Verdict::Unknown, Evidence::None);
/// assert!(!decision.is_denied());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What was decided.
    pub verdict: Verdict,
    /// The layer that decided, or that has something to note.
    pub layer: Option<Layer>,
    /// What the call needs, in conjunctive form: all of the lists, any one of each.
    pub needed: Option<Vec<Vec<String>>>,
    /// What the application has been granted, as far as that is known.
    pub provided: Option<Vec<String>>,
    /// What the decision rests on.
    pub evidence: Evidence,
    /// What is wrong, mostly with the parameters.
    pub problems: Vec<Problem>,
    /// For a batch, the decision about each of its commands, under its name.
    pub commands: Vec<(String, Decision)>,
    /// One sentence that says what to do.
    pub remedy: Option<String>,
    /// The address of the method's documentation.
    pub docs: Option<String>,
    /// Whether the method is deprecated, and what to use instead.
    pub deprecated: Option<Deprecation>,
}

impl Decision {
    /// A decision with nothing but its verdict and evidence.
    ///
    /// ```
    /// use callgate::decision::{Decision, Evidence, Verdict};
    /// assert!(Decision::new(Verdict::Denied, Evidence::Grant).is_denied());
    /// ```
    pub fn new(verdict: Verdict, evidence: Evidence) -> Self {
        Self {
            verdict,
            layer: None,
            needed: None,
            provided: None,
            evidence,
            problems: Vec::new(),
            commands: Vec::new(),
            remedy: None,
            docs: None,
            deprecated: None,
        }
    }

    /// Whether the verdict is [`Verdict::Denied`].
    ///
    /// ```
    /// use callgate::decision::{Decision, Evidence, Verdict};
    /// assert!(!Decision::new(Verdict::Pending, Evidence::Server).is_denied());
    /// ```
    pub fn is_denied(&self) -> bool {
        self.verdict == Verdict::Denied
    }
}

/// A method that is on its way out.
///
/// ```
/// use callgate::decision::Deprecation;
/// let deprecation = Deprecation { replacements: vec!["crm.item.list".to_owned()] };
/// assert_eq!(deprecation.replacements.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deprecation {
    /// The methods to use instead, as far as the documentation names any.
    pub replacements: Vec<String>,
}

/// What a check concluded. Unknown is not denied: it passes.
///
/// ```
/// use callgate::decision::Verdict;
/// assert_ne!(Verdict::Unknown, Verdict::Denied);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing known stands against the call.
    Allowed,
    /// Something known stands against it.
    Denied,
    /// Somebody was asked and has not decided yet.
    Pending,
    /// Not enough is known.
    Unknown,
}

impl Verdict {
    /// The name that JavaScript sees.
    ///
    /// ```
    /// assert_eq!(callgate::decision::Verdict::Pending.as_str(), "pending");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
        }
    }
}

/// The layers of a check, in the order in which they are asked.
///
/// ```
/// use callgate::decision::Layer;
/// assert_ne!(Layer::Scope, Layer::Right);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Is there such a method, and is it one to call in this way?
    Method,
    /// Does the token carry the scope?
    Scope,
    /// Are the parameters complete, and such as the method takes?
    Parameters,
    /// Has an administrator confirmed the call?
    Confirmation,
    /// Has somebody approved what was instructed?
    Approval,
    /// May the user behind the token do it?
    Right,
    /// Does the portal's plan include it?
    Plan,
}

impl Layer {
    /// The name that JavaScript sees.
    ///
    /// ```
    /// assert_eq!(callgate::decision::Layer::Right.as_str(), "right");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Scope => "scope",
            Self::Parameters => "parameters",
            Self::Confirmation => "confirmation",
            Self::Approval => "approval",
            Self::Right => "right",
            Self::Plan => "plan",
        }
    }
}

/// What a decision rests on, strongest first.
///
/// ```
/// use callgate::decision::Evidence;
/// assert_ne!(Evidence::Server, Evidence::Catalogue);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The server said so on this connection.
    Server,
    /// The portal's method `method.get` said so.
    MethodGet,
    /// The scopes that the token is known to carry.
    Grant,
    /// The bundled facts about documented methods.
    Catalogue,
    /// Nothing.
    None,
}

impl Evidence {
    /// The name that JavaScript sees.
    ///
    /// ```
    /// assert_eq!(callgate::decision::Evidence::Grant.as_str(), "grant");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::MethodGet => "method.get",
            Self::Grant => "grant",
            Self::Catalogue => "catalogue",
            Self::None => "none",
        }
    }
}

/// One thing that is wrong with a call.
///
/// ```
/// use callgate::decision::{Problem, Severity};
/// let problem = Problem { path: "ID".into(), reason: "required".into(), severity: Severity::Error };
/// assert_eq!(problem.path, "ID");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands in the parameters, such as `fields.TITLE`; empty for the call as a whole.
    pub path: String,
    /// What is wrong, in words.
    pub reason: String,
    /// How sure that is.
    pub severity: Severity,
}

/// How sure it is that a [`Problem`] makes the call fail.
///
/// ```
/// use callgate::decision::Severity;
/// assert_ne!(Severity::Error, Severity::Warning);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Documented as required: the portal will refuse the call.
    Error,
    /// It goes against the documentation, which may be wrong.
    Warning,
}

impl Severity {
    /// The name that JavaScript sees.
    ///
    /// ```
    /// assert_eq!(callgate::decision::Severity::Warning.as_str(), "warning");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// What a layer's "no" does to a call.
///
/// ```
/// use callgate::decision::Mode;
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
