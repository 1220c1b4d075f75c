//! What is known to be granted: the scopes of a token, where that is known from, and since when.

use crate::bitrix24::rights::scope::ScopeSet;
use crate::time::Instant;

/// The scopes that a token is known to carry.
///
/// ```
/// use callgate::bitrix24::rights::grant::{Grant, Source};
/// use callgate::bitrix24::rights::scope::ScopeSet;
/// use callgate::time::Instant;
/// let mut grant = Grant::unknown();
/// grant.learn(ScopeSet::parse("crm,im"), Source::Token, Instant::from_millis(1));
/// assert!(grant.scopes().unwrap().meets("crm"));
/// grant.learn(ScopeSet::parse("app"), Source::Token, Instant::from_millis(2));
/// assert_eq!(grant.as_of(), Instant::from_millis(1));
/// ```
#[derive(Clone, Debug)]
pub struct Grant {
    scopes: Option<ScopeSet>,
    source: Source,
    as_of: Instant,
}

impl Grant {
    /// Nothing is known.
    ///
    /// ```
    /// assert!(callgate::bitrix24::rights::grant::Grant::unknown().scopes().is_none());
    /// ```
    pub fn unknown() -> Self {
        Self {
            scopes: None,
            source: Source::None,
            as_of: Instant::default(),
        }
    }

    /// Takes the scopes that `source` named at `now`, in place of what was known before. A list
    /// that is empty or says only `app`, as some refresh answers do, proves nothing and replaces
    /// nothing; the method's answer tells whether it was taken.
    ///
    /// ```
    /// use callgate::bitrix24::rights::grant::{Grant, Source};
    /// use callgate::bitrix24::rights::scope::ScopeSet;
    /// use callgate::time::Instant;
    /// let mut grant = Grant::unknown();
    /// assert!(!grant.learn(ScopeSet::parse("app"), Source::Token, Instant::from_millis(1)));
    /// ```
    pub fn learn(&mut self, scopes: ScopeSet, source: Source, now: Instant) -> bool {
        if !scopes.proves_anything() {
            return false;
        }
        *self = Self {
            scopes: Some(scopes),
            source,
            as_of: now,
        };
        true
    }

    /// The scopes, if they are known.
    ///
    /// ```
    /// assert!(callgate::bitrix24::rights::grant::Grant::unknown().scopes().is_none());
    /// ```
    pub fn scopes(&self) -> Option<&ScopeSet> {
        self.scopes.as_ref()
    }

    /// Where they are known from.
    ///
    /// ```
    /// use callgate::bitrix24::rights::grant::{Grant, Source};
    /// assert_eq!(Grant::unknown().source(), Source::None);
    /// ```
    pub fn source(&self) -> Source {
        self.source
    }

    /// Since when they are known.
    ///
    /// ```
    /// assert_eq!(callgate::bitrix24::rights::grant::Grant::unknown().as_of().as_millis(), 0);
    /// ```
    pub fn as_of(&self) -> Instant {
        self.as_of
    }
}

/// Where a grant is known from.
///
/// ```
/// assert_eq!(callgate::bitrix24::rights::grant::Source::AppInfo.as_str(), "app.info");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The answer with which the token came.
    Token,
    /// An event, or the request that opened a placement, with this very token in it.
    Event,
    /// The method `scope`.
    Scope,
    /// The method `app.info`, for a webhook.
    AppInfo,
    /// The caller.
    Given,
    /// Nowhere.
    None,
}

impl Source {
    /// The name that JavaScript sees.
    ///
    /// ```
    /// assert_eq!(callgate::bitrix24::rights::grant::Source::Given.as_str(), "given");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Event => "event",
            Self::Scope => "scope",
            Self::AppInfo => "app.info",
            Self::Given => "given",
            Self::None => "none",
        }
    }
}
