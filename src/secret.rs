//! A string that never prints itself: tokens, webhook secrets, application tokens.

use std::fmt;

use crate::text::replace;

/// A secret text. Its `Debug` form shows nothing of it, it has no `Display`, and two secrets are
/// compared in a time that depends on their lengths alone.
///
/// ```
/// use callgate::secret::Secret;
/// let token = Secret::new("fkp963yuv1ggkfbs5z3f5hy8lilm0iw6");
/// assert_eq!(format!("{token:?}"), "Secret(…)");
/// assert!(token == Secret::new("fkp963yuv1ggkfbs5z3f5hy8lilm0iw6"));
/// ```
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    ///
    /// ```
    /// assert!(callgate::secret::Secret::new("").is_empty());
    /// ```
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that has to write it on the wire.
    ///
    /// ```
    /// assert_eq!(callgate::secret::Secret::new("abc").expose(), "abc");
    /// ```
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to hide.
    ///
    /// ```
    /// assert!(!callgate::secret::Secret::new("abc").is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces every occurrence of this secret in `text`, so that words of others can be shown.
    ///
    /// Secrets under four bytes are left alone: replacing them would only garble the text.
    ///
    /// ```
    /// let secret = callgate::secret::Secret::new("s3cret");
    /// assert_eq!(secret.scrub("auth=s3cret failed"), "auth=… failed");
    /// ```
    pub fn scrub(&self, text: &str) -> String {
        match self.0.len() {
            0..4 => text.to_owned(),
            _ => replace(text, &self.0, "…"),
        }
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.0.as_bytes(), other.0.as_bytes());
        let difference = a.iter().zip(b).fold(0, |seen, (x, y)| seen | (x ^ y));
        a.len() == b.len() && std::hint::black_box(difference) == 0
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}
