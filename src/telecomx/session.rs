//! Logging in, and what a login gives.

use std::time::Duration;

use crate::error::Error;
use crate::secret::Secret;
use crate::telecomx::action::wrong;
use crate::telecomx::permissions::unreadable;
use crate::telecomx::right::Level;
use crate::telecomx::wire::{self, Demand};
use crate::time::Instant;
use crate::value::Value;

/// What somebody logs in with.
///
/// A second factor takes two logins: the first, without a code, is refused, and where the factor is
/// an SMS the server sends it then; the second one brings the code. With which error code the first
/// is refused isn't documented, so one can't tell it from a wrong password.
///
/// ```
/// use callgate::telecomx::Login;
/// let login = Login {
///     sms_key: Some("1563".to_owned().into()),
///     ..Login::new("user@domain.example", "a password".to_owned().into())
/// };
/// assert!(!login.persist && login.authenticator_token.is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The address of the user's mail, or his name where the account has none.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// The code from the SMS.
    pub sms_key: Option<Secret>,
    /// The code from the authenticator.
    pub authenticator_token: Option<Secret>,
    /// Whether the token shall live until the user logs out, in place of 15 minutes.
    pub persist: bool,
}

impl Login {
    /// A login without a second factor, for 15 minutes.
    ///
    /// ```
    /// use callgate::telecomx::Login;
    /// assert!(Login::new("ann", "secret".to_owned().into()).sms_key.is_none());
    /// ```
    pub fn new(username: &str, password: Secret) -> Self {
        Self {
            username: username.to_owned(),
            password,
            sms_key: None,
            authenticator_token: None,
            persist: false,
        }
    }

    pub(super) fn demand(&self) -> Result<Demand, Error> {
        if self.username.trim().is_empty() {
            return Err(wrong("username", "it is empty"));
        }
        if self.password.is_empty() {
            return Err(wrong("password", "it is empty"));
        }
        let mut texts = vec![
            ("username", self.username.trim()),
            ("password", self.password.expose()),
        ];
        for (name, code) in self.codes() {
            let code = code.expose().trim();
            if code.is_empty() {
                return Err(wrong(name, "it is empty"));
            }
            texts.push((name, code));
        }
        Ok(wire::login(&texts, self.persist))
    }

    fn codes(&self) -> impl Iterator<Item = (&'static str, &Secret)> {
        let codes = [
            ("smsKey", &self.sms_key),
            ("authenticatorToken", &self.authenticator_token),
        ];
        codes
            .into_iter()
            .filter_map(|(name, code)| Some((name, code.as_ref()?)))
    }

    pub(super) fn has_code(&self) -> bool {
        self.codes().next().is_some()
    }

    /// What must not be shown.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        let mut secrets = vec![self.password.clone()];
        secrets.extend(self.codes().map(|(_, code)| code.clone()));
        secrets
    }
}

/// Whose token it is, and for how long.
///
/// ```
/// use callgate::telecomx::{Expiry, Session};
/// let session = Session::default();
/// assert_eq!((session.level, session.expiry), (None, Expiry::Unknown));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// The user's id.
    pub employee: Option<String>,
    /// His customer's id.
    pub customer: Option<String>,
    /// His access level.
    pub level: Option<Level>,
    /// When the token ends.
    pub expiry: Expiry,
    /// All that the server said but the token itself.
    pub details: Option<Value>,
}

/// When a token ends. Whether its use prolongs it isn't documented, so the server has the last word.
///
/// ```
/// use callgate::telecomx::Expiry;
/// assert_eq!(Expiry::default(), Expiry::Unknown);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    /// The server didn't say.
    #[default]
    Unknown,
    /// When the user logs out.
    Never,
    /// Then, if not later.
    At(Instant),
}

/// Reads the answer to a login that was sent `at`: the token, and whose it is.
pub(super) fn logged_in(body: Value, at: Instant) -> Result<(Secret, Session), Error> {
    let token = text(&body, "token").map(Secret::new);
    let token = token.filter(|token| usable(token).is_ok());
    let token = token.ok_or_else(|| unreadable("a login's, with a token"))?;
    let expiry = match text(&body, "expiresInMinutes").map(|minutes| minutes.parse::<i64>()) {
        Some(Ok(-1)) => Expiry::Never,
        Some(Ok(minutes @ 1..=1_000_000)) => {
            Expiry::At(at + Duration::from_secs(minutes.unsigned_abs() * 60))
        }
        _ => Expiry::Unknown,
    };
    Ok((token, read(body, expiry)))
}

pub(super) fn read(mut body: Value, expiry: Expiry) -> Session {
    if let Value::Map(members) = &mut body {
        members.retain(|(name, _)| name != "token");
    }
    Session {
        employee: text(&body, "employee"),
        customer: text(&body, "customer"),
        level: text(&body, "accessLevel").map(|name| Level::parse(&name)),
        expiry,
        details: Some(body),
    }
}

/// Whether a token can stand in a header.
pub(super) fn usable(token: &Secret) -> Result<(), Error> {
    let text = token.expose();
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(()),
        false => Err(wrong(
            "token",
            "it is empty, or has what can't stand in a header",
        )),
    }
}

fn text(body: &Value, name: &str) -> Option<String> {
    let text = body.get(name)?.as_text()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
