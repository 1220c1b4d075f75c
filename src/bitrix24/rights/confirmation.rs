//! What an administrator decided about (token, method), as far as the portal's answers tell.
//!
//! ```text
//! absent ──waiting──▶ waiting ──a result──▶ granted
//!                     │  ▲ └───denied────▶ denied
//!                     │  └── waiting again: the portal forgot a decision
//! any of them ──the token ends──▶ lapsed
//! ```
//!
//! A confirmation covers the method with any parameters, for the life of one token.

use crate::bitrix24::rights::method::MethodName;
use crate::time::Instant;

/// Which of a connection's tokens, in the order in which they came.
///
/// ```
/// use callgate::bitrix24::rights::confirmation::TokenId;
/// assert_eq!(TokenId::default().next(), TokenId::default().next());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenId(u32);

impl TokenId {
    /// The id of the token that comes after this one.
    ///
    /// ```
    /// use callgate::bitrix24::rights::confirmation::TokenId;
    /// assert!(TokenId::default().next() > TokenId::default());
    /// ```
    pub fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// Where a confirmation stands.
///
/// ```
/// assert_eq!(callgate::bitrix24::rights::confirmation::State::Lapsed.as_str(), "lapsed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Administrators have been asked.
    Waiting,
    /// One of them allowed it.
    Granted,
    /// One of them refused it. Final for the token.
    Denied,
    /// The token has ended, and with it the request or the decision.
    Lapsed,
}

impl State {
    /// The name that JavaScript sees.
    ///
    /// ```
    /// assert_eq!(callgate::bitrix24::rights::confirmation::State::Waiting.as_str(), "waiting");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Granted => "granted",
            Self::Denied => "denied",
            Self::Lapsed => "lapsed",
        }
    }
}

/// One confirmation.
///
/// ```
/// use callgate::bitrix24::rights::confirmation::{Confirmations, Heard, State, TokenId};
/// use callgate::bitrix24::rights::method::MethodName;
/// use callgate::time::Instant;
/// let method = MethodName::parse("voximplant.user.get").unwrap();
/// let mut confirmations = Confirmations::default();
/// let now = Instant::from_millis(1);
/// let changed = confirmations.hear(TokenId::default(), &method, Heard::Waiting, now).unwrap();
/// assert_eq!(changed.state, State::Waiting);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The token that it belongs to.
    pub token: TokenId,
    /// The method.
    pub method: MethodName,
    /// Where it stands.
    pub state: State,
    /// Since when it stands there.
    pub since: Instant,
}

/// What a portal's answer to a call says about its confirmation.
///
/// ```
/// use callgate::bitrix24::rights::confirmation::Heard;
/// assert_ne!(Heard::Waiting, Heard::Result);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// `METHOD_CONFIRM_WAITING`.
    Waiting,
    /// `METHOD_CONFIRM_DENIED`.
    Denied,
    /// A result: whatever had to be confirmed has been.
    Result,
}

/// All confirmations that a connection has heard of.
///
/// ```
/// use callgate::bitrix24::rights::confirmation::Confirmations;
/// assert_eq!(Confirmations::default().iter().count(), 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Confirmations(Vec<Confirmation>);

impl Confirmations {
    /// Where the confirmation of a method stands for a token; `None` when it was never asked for.
    ///
    /// ```
    /// use callgate::bitrix24::rights::confirmation::{Confirmations, TokenId};
    /// use callgate::bitrix24::rights::method::MethodName;
    /// let method = MethodName::parse("profile").unwrap();
    /// assert_eq!(Confirmations::default().state(TokenId::default(), &method), None);
    /// ```
    pub fn state(&self, token: TokenId, method: &MethodName) -> Option<State> {
        self.0
            .iter()
            .find(|known| known.token == token && known.method == *method)
            .map(|known| known.state)
    }

    /// Takes in what an answer said; gives the confirmation if that changed it.
    ///
    /// ```
    /// use callgate::bitrix24::rights::confirmation::{Confirmations, Heard, TokenId};
    /// use callgate::bitrix24::rights::method::MethodName;
    /// use callgate::time::Instant;
    /// let method = MethodName::parse("profile").unwrap();
    /// let mut confirmations = Confirmations::default();
    /// let now = Instant::from_millis(1);
    /// assert!(confirmations.hear(TokenId::default(), &method, Heard::Result, now).is_none());
    /// ```
    pub fn hear(
        &mut self,
        token: TokenId,
        method: &MethodName,
        heard: Heard,
        now: Instant,
    ) -> Option<&Confirmation> {
        let known = self
            .0
            .iter()
            .position(|known| known.token == token && known.method == *method);
        let state = match (heard, known) {
            (Heard::Waiting, _) => State::Waiting,
            (Heard::Denied, _) => State::Denied,
            (Heard::Result, Some(_)) => State::Granted,
            (Heard::Result, None) => return None,
        };
        let fresh = Confirmation {
            token,
            method: method.clone(),
            state,
            since: now,
        };
        let Some(place) = known else {
            self.0
                .retain(|old| old.state != State::Lapsed || old.method != *method);
            self.0.push(fresh);
            return self.0.last();
        };
        let slot = self.0.get_mut(place)?;
        if slot.state == state {
            return None;
        }
        *slot = fresh;
        Some(slot)
    }

    /// Takes in that a token has ended; gives the confirmations that lapsed with it.
    ///
    /// ```
    /// use callgate::bitrix24::rights::confirmation::{Confirmations, Heard, TokenId};
    /// use callgate::bitrix24::rights::method::MethodName;
    /// use callgate::time::Instant;
    /// let method = MethodName::parse("profile").unwrap();
    /// let mut confirmations = Confirmations::default();
    /// let now = Instant::from_millis(1);
    /// confirmations.hear(TokenId::default(), &method, Heard::Waiting, now);
    /// assert_eq!(confirmations.token_ended(TokenId::default(), now).len(), 1);
    /// ```
    pub fn token_ended(&mut self, token: TokenId, now: Instant) -> Vec<Confirmation> {
        let ended =
            |known: &&mut Confirmation| known.token == token && known.state != State::Lapsed;
        let lapsing = self.0.iter_mut().filter(ended);
        lapsing
            .map(|known| {
                known.state = State::Lapsed;
                known.since = now;
                known.clone()
            })
            .collect()
    }

    /// All of them, oldest first.
    ///
    /// ```
    /// use callgate::bitrix24::rights::confirmation::Confirmations;
    /// assert!(Confirmations::default().iter().next().is_none());
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &Confirmation> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn the_machine_goes_where_the_picture_says() {
        use Heard::{Denied, Result, Waiting};
        let method = MethodName::parse("voximplant.user.get").unwrap();
        let token = TokenId::default();
        let now = Instant::from_millis;
        for (heard, state, changes) in [
            (&[Waiting][..], Some(State::Waiting), 1),
            (&[Waiting, Waiting], Some(State::Waiting), 1),
            (&[Waiting, Result], Some(State::Granted), 2),
            (&[Waiting, Result, Result], Some(State::Granted), 2),
            (&[Waiting, Denied], Some(State::Denied), 2),
            (&[Waiting, Result, Waiting], Some(State::Waiting), 3),
            (&[Denied], Some(State::Denied), 1),
            (&[Result], None, 0),
        ] {
            let mut confirmations = Confirmations::default();
            let changed = heard
                .iter()
                .zip(1..)
                .filter(|(heard, at)| {
                    confirmations
                        .hear(token, &method, **heard, now(*at))
                        .is_some()
                })
                .count();
            assert_eq!(confirmations.state(token, &method), state, "{heard:?}");
            assert_eq!(changed, changes, "{heard:?}");
        }
    }

    #[test]
    fn tokens_and_methods_have_confirmations_of_their_own() {
        let method = MethodName::parse("voximplant.user.get").unwrap();
        let other = MethodName::parse("profile").unwrap();
        let (old, new) = (TokenId::default(), TokenId::default().next());
        let now = Instant::from_millis(1);
        let mut confirmations = Confirmations::default();
        confirmations.hear(old, &method, Heard::Waiting, now);
        assert_eq!(confirmations.state(new, &method), None);
        assert_eq!(confirmations.state(old, &other), None);
        assert_eq!(confirmations.token_ended(old, now).len(), 1);
        assert_eq!(confirmations.state(old, &method), Some(State::Lapsed));
        confirmations.hear(new, &method, Heard::Waiting, now);
        assert_eq!(confirmations.iter().count(), 1);
    }
}
