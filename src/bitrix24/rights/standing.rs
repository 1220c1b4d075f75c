//! What the portal itself said about methods on this connection: worth more than any grant and any
//! catalogue.

use std::time::Duration;

use crate::bitrix24::rights::method::MethodName;
use crate::decision::{Evidence, Layer};
use crate::time::Instant;

/// What the portal said about one method.
///
/// ```
/// use callgate::bitrix24::rights::standing::Standing;
/// use callgate::decision::Layer;
/// assert!(!Standing::denied(Layer::Scope).allowed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it may be called.
    pub allowed: bool,
    /// What stands against it: its scope, or that there is no such method.
    pub layer: Layer,
    /// [`Evidence::Server`] or [`Evidence::MethodGet`].
    pub evidence: Evidence,
}

impl Standing {
    /// A call was answered with a result.
    ///
    /// ```
    /// assert!(callgate::bitrix24::rights::standing::Standing::allowed().allowed);
    /// ```
    pub fn allowed() -> Self {
        Self {
            allowed: true,
            layer: Layer::Scope,
            evidence: Evidence::Server,
        }
    }

    /// A call was refused, in `layer`.
    ///
    /// ```
    /// use callgate::bitrix24::rights::standing::Standing;
    /// use callgate::decision::{Evidence, Layer};
    /// assert_eq!(Standing::denied(Layer::Method).evidence, Evidence::Server);
    /// ```
    pub fn denied(layer: Layer) -> Self {
        Self {
            allowed: false,
            layer,
            ..Self::allowed()
        }
    }

    /// What the answer of `method.get` says, which knows of methods and scopes alone.
    ///
    /// ```
    /// use callgate::bitrix24::rights::standing::Standing;
    /// use callgate::decision::Layer;
    /// assert_eq!(Standing::by_method_get(false, false).layer, Layer::Method);
    /// ```
    pub fn by_method_get(exists: bool, available: bool) -> Self {
        Self {
            allowed: exists && available,
            layer: match exists {
                true => Layer::Scope,
                false => Layer::Method,
            },
            evidence: Evidence::MethodGet,
        }
    }
}

/// Portals look a webhook up anew after so long: a scope that was added shows by then.
const LIFE_FOR_A_WEBHOOK: Duration = Duration::from_secs(10 * 60);

/// All that the portal said about methods, for the present token or webhook.
///
/// ```
/// use callgate::bitrix24::rights::method::MethodName;
/// use callgate::bitrix24::rights::standing::{Standing, Standings};
/// use callgate::decision::Layer;
/// use callgate::time::Instant;
/// let method = MethodName::parse("crm.deal.list").unwrap();
/// let mut standings = Standings::of_token();
/// let now = Instant::from_millis(1);
/// standings.hear(&method, Standing::denied(Layer::Scope), now);
/// assert!(!standings.of(&method, now).unwrap().allowed);
/// standings.forget_all();
/// assert_eq!(standings.of(&method, now), None);
/// ```
#[derive(Clone, Debug)]
pub struct Standings {
    heard: Vec<(MethodName, Standing, Instant)>,
    life: Option<Duration>,
}

impl Standings {
    /// For a token: what was heard goes for as long as the token.
    ///
    /// ```
    /// use callgate::bitrix24::rights::method::MethodName;
    /// use callgate::bitrix24::rights::standing::Standings;
    /// use callgate::time::Instant;
    /// let method = MethodName::parse("profile").unwrap();
    /// assert_eq!(Standings::of_token().of(&method, Instant::default()), None);
    /// ```
    pub fn of_token() -> Self {
        Self {
            heard: Vec::new(),
            life: None,
        }
    }

    /// For a webhook: what was heard is forgotten after ten minutes.
    ///
    /// ```
    /// use callgate::bitrix24::rights::method::MethodName;
    /// use callgate::bitrix24::rights::standing::{Standing, Standings};
    /// use callgate::decision::Layer;
    /// use callgate::time::Instant;
    /// let method = MethodName::parse("crm.deal.list").unwrap();
    /// let mut standings = Standings::of_webhook();
    /// standings.hear(&method, Standing::denied(Layer::Scope), Instant::from_millis(0));
    /// assert!(standings.of(&method, Instant::from_millis(599_999)).is_some());
    /// assert!(standings.of(&method, Instant::from_millis(600_000)).is_none());
    /// ```
    pub fn of_webhook() -> Self {
        Self {
            heard: Vec::new(),
            life: Some(LIFE_FOR_A_WEBHOOK),
        }
    }

    /// Takes in what the portal said at `now`. The latest word goes, but that of `method.get`
    /// doesn't replace that of an answer to the method itself.
    ///
    /// A result that nobody doubted ([`expects_refusal`]) isn't worth keeping.
    ///
    /// [`expects_refusal`]: crate::bitrix24::rights::preflight::Question::expects_refusal
    ///
    /// ```
    /// use callgate::bitrix24::rights::method::MethodName;
    /// use callgate::bitrix24::rights::standing::{Standing, Standings};
    /// use callgate::decision::Layer;
    /// use callgate::time::Instant;
    /// let method = MethodName::parse("crm.deal.list").unwrap();
    /// let mut standings = Standings::of_token();
    /// let now = Instant::from_millis(1);
    /// standings.hear(&method, Standing::denied(Layer::Scope), now);
    /// standings.hear(&method, Standing::by_method_get(true, true), now);
    /// assert!(!standings.of(&method, now).unwrap().allowed);
    /// standings.hear(&method, Standing::allowed(), now);
    /// assert!(standings.of(&method, now).unwrap().allowed);
    /// ```
    pub fn hear(&mut self, method: &MethodName, standing: Standing, now: Instant) {
        let life = self.life;
        self.heard
            .retain(|(_, _, since)| life.is_none_or(|life| now < *since + life));
        let known = self.heard.iter_mut().find(|(name, ..)| name == method);
        match known {
            Some((_, old, _))
                if old.evidence == Evidence::Server && standing.evidence != Evidence::Server => {}
            Some((_, old, since)) => (*old, *since) = (standing, now),
            None => self.heard.push((method.clone(), standing, now)),
        }
    }

    /// What the portal said about a method, as far as that still goes at `now`.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::{method::MethodName, standing::Standings};
    /// # use callgate::time::Instant;
    /// let method = MethodName::parse("profile").unwrap();
    /// assert!(Standings::of_webhook().of(&method, Instant::default()).is_none());
    /// ```
    pub fn of(&self, method: &MethodName, now: Instant) -> Option<Standing> {
        let (_, standing, since) = self.heard.iter().find(|(name, ..)| name == method)?;
        let goes = self.life.is_none_or(|life| now < *since + life);
        goes.then_some(*standing)
    }

    /// Forgets everything: there is a new token, or something new was granted.
    ///
    /// ```
    /// callgate::bitrix24::rights::standing::Standings::of_token().forget_all();
    /// ```
    pub fn forget_all(&mut self) {
        self.heard.clear();
    }
}
