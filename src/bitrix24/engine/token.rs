//! A connection's token, and when it may be refreshed.

use std::fmt;
use std::sync::Arc;

use crate::bitrix24::rights::confirmation::TokenId;
use crate::secret::Secret;
use crate::time::Instant;

/// An access token and what came with it.
///
/// ```
/// use callgate::bitrix24::engine::Token;
/// use callgate::secret::Secret;
/// let token = Token { access: Secret::new("a"), refresh: None, expires_at: None };
/// assert!(format!("{token:?}").contains("Secret(…)"));
/// ```
#[derive(Clone, Debug)]
pub struct Token {
    /// What calls carry.
    pub access: Secret,
    /// What a refresh is asked with, where the client holds it.
    pub refresh: Option<Secret>,
    /// When the access token ends, where that is known.
    pub expires_at: Option<Instant>,
}

/// What a refresh brought.
///
/// ```
/// use callgate::bitrix24::engine::{Token, TokenUpdate};
/// use callgate::secret::Secret;
/// let token = Token { access: Secret::new("b"), refresh: None, expires_at: None };
/// let _ = TokenUpdate { token, scope: Some("crm,im".into()) };
/// ```
#[derive(Clone, Debug)]
pub struct TokenUpdate {
    /// The new token.
    pub token: Token,
    /// The scopes that it carries, separated by commas or blanks, where the answer named them.
    pub scope: Option<String>,
}

/// The token that a refresh replaces.
///
/// ```
/// use callgate::bitrix24::engine::RefreshRequest;
/// use callgate::secret::Secret;
/// let request = RefreshRequest { access: Secret::new("a"), refresh: Some(Secret::new("r")) };
/// assert_eq!(format!("{:?}", request.refresh), "Some(Secret(…))");
/// ```
#[derive(Clone, Debug)]
pub struct RefreshRequest {
    /// The access token in use.
    pub access: Secret,
    /// The refresh token. It is handed out once.
    pub refresh: Option<Secret>,
}

/// A token in use, shared by the calls that were made with it.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) id: TokenId,
    pub(super) token: Token,
}

impl Held {
    pub(super) fn has_ended(&self, now: Instant) -> bool {
        self.token.expires_at.is_some_and(|end| end <= now)
    }
}

/// Whether and how the token can be refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refresh {
    /// Nobody offered to.
    Impossible,
    Possible,
    UnderWay,
    /// The refresh token was used and no new one came.
    Spent,
}

/// The token that new calls take, and its renewal.
pub(super) struct Tokens {
    current: Arc<Held>,
    refresh: Refresh,
}

/// Why no refresh can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRefresh {
    Impossible,
    Spent,
}

impl Tokens {
    pub(super) fn new(token: Token, can_refresh: bool) -> Self {
        let id = TokenId::default();
        Self {
            current: Arc::new(Held { id, token }),
            refresh: match can_refresh {
                true => Refresh::Possible,
                false => Refresh::Impossible,
            },
        }
    }

    pub(super) fn current(&self) -> &Arc<Held> {
        &self.current
    }

    /// Asks for a refresh: `Some` the first time, `None` while one is under way.
    pub(super) fn start_refresh(&mut self) -> Result<Option<RefreshRequest>, NoRefresh> {
        match self.refresh {
            Refresh::Impossible => Err(NoRefresh::Impossible),
            Refresh::Spent => Err(NoRefresh::Spent),
            Refresh::UnderWay => Ok(None),
            Refresh::Possible => {
                self.refresh = Refresh::UnderWay;
                let token = &self.current.token;
                Ok(Some(RefreshRequest {
                    access: token.access.clone(),
                    refresh: token.refresh.clone(),
                }))
            }
        }
    }

    /// Takes the new token; gives the one that it replaces.
    pub(super) fn replace(&mut self, token: Token) -> Arc<Held> {
        let used = self.current.token.refresh.as_ref();
        let same_again = used.is_some() && used == token.refresh.as_ref();
        self.refresh = match self.refresh {
            Refresh::Impossible => Refresh::Impossible,
            Refresh::UnderWay | Refresh::Spent if same_again => Refresh::Spent,
            _ => Refresh::Possible,
        };
        let id = self.current.id.next();
        std::mem::replace(&mut self.current, Arc::new(Held { id, token }))
    }

    /// Notes that the refresh under way failed. Its refresh token may have been used.
    pub(super) fn refresh_failed(&mut self) {
        self.refresh = match self.current.token.refresh {
            Some(_) => Refresh::Spent,
            None => Refresh::Possible,
        };
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tokens").finish_non_exhaustive()
    }
}
