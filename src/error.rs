//! The one error that callers see, natively and, as `CallgateError`, in JavaScript.

use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::Serialize;

use crate::decision::Decision;

/// Why a call did not give a result: its [`Facts`], which are this error's own fields.
///
/// It is no larger than a pointer, because most results hold none.
///
/// ```
/// use callgate::error::{Error, Kind, Ran};
/// let mut error = Error::new("CALLGATE_TIMEOUT", Kind::Timeout, Ran::Unknown, "no answer in 60 s");
/// error.retryable = true;
/// assert_eq!(error.code, "CALLGATE_TIMEOUT");
/// assert_eq!(error.to_string(), "CALLGATE_TIMEOUT: no answer in 60 s");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Facts>);

/// What is known of an [`Error`].
///
/// The `code` is the portal's own where it gave one, unchanged; codes of this crate begin with
/// `CALLGATE_`. Codes are an open set: decide by [`Kind`] where a code is not known.
///
/// ```
/// use callgate::error::{Error, Facts};
/// let error = Error::invalid("method: the name is empty");
/// let Facts { code, status, .. } = &*error;
/// assert_eq!((code.as_str(), *status), ("CALLGATE_INVALID", None));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The portal's code, or one of `CALLGATE_…`.
    pub code: String,
    /// What sort of failure it is.
    pub kind: Kind,
    /// The HTTP status of the answer, if there was one.
    pub status: Option<u16>,
    /// The method that was called.
    pub method: Option<String>,
    /// Whether the portal carried the call out.
    pub ran: Ran,
    /// Whether the same call may succeed later without anybody changing anything else.
    pub retryable: bool,
    /// What happened, in words, without secrets.
    pub message: String,
    /// Where a permission is the cause: the decision.
    pub decision: Option<Box<Decision>>,
}

impl Error {
    /// An error that is not retryable and knows no status, method or decision.
    ///
    /// ```
    /// use callgate::error::{Error, Kind, Ran};
    /// let error = Error::new("CALLGATE_CLOSED", Kind::Aborted, Ran::No, "the portal was closed");
    /// assert!(!error.retryable);
    /// ```
    pub fn new(code: &str, kind: Kind, ran: Ran, message: impl Into<String>) -> Self {
        Self(Box::new(Facts {
            code: code.to_owned(),
            kind,
            status: None,
            method: None,
            ran,
            retryable: false,
            message: message.into(),
            decision: None,
        }))
    }

    /// An error about input that was refused before anything was sent.
    ///
    /// ```
    /// use callgate::error::{Error, Kind};
    /// let error = Error::invalid("method: the name is empty");
    /// assert_eq!(error.kind, Kind::Invalid);
    /// ```
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new("CALLGATE_INVALID", Kind::Invalid, Ran::No, message)
    }
}

impl Deref for Error {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Facts {
        &mut self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.code)?;
        formatter.write_str(": ")?;
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// What sort of failure an [`Error`] is.
///
/// ```
/// use callgate::error::Kind;
/// assert_eq!(Kind::Denied.as_str(), "denied");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A permission is missing and asking again will not change that.
    Denied,
    /// An administrator has been asked and has not decided.
    Waiting,
    /// The portal refused or failed for a reason of its own.
    Portal,
    /// The token or webhook is not accepted.
    Auth,
    /// Too many requests or too much operating time.
    Limit,
    /// The connection failed.
    Network,
    /// Time ran out on this side.
    Timeout,
    /// The caller ended it.
    Aborted,
    /// The caller's input is wrong.
    Invalid,
    /// The answer is not one that a portal gives.
    Protocol,
}

impl Kind {
    /// The name that JavaScript sees.
    ///
    /// ```
    /// assert_eq!(callgate::error::Kind::Protocol.as_str(), "protocol");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Waiting => "waiting",
            Self::Portal => "portal",
            Self::Auth => "auth",
            Self::Limit => "limit",
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::Aborted => "aborted",
            Self::Invalid => "invalid",
            Self::Protocol => "protocol",
        }
    }
}

/// Whether the portal carried a call out. `Unknown` is an honest answer.
///
/// ```
/// assert_eq!(callgate::error::Ran::Unknown.as_str(), "unknown");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ran {
    /// It did.
    Yes,
    /// It did not.
    No,
    /// It may have.
    Unknown,
}

impl Ran {
    /// The name that JavaScript sees.
    ///
    /// ```
    /// assert_eq!(callgate::error::Ran::No.as_str(), "no");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}
