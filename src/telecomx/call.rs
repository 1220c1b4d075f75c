//! What callers want of a server, and what they get.

use crate::decision::Mode;
use crate::telecomx::action::Action;
use crate::telecomx::permissions::Permissions;
use crate::telecomx::session::{Login, Session};
use crate::value::Value;

/// What a caller wants. It ends with an [`Answer`] of the kind that stands behind it, or an error.
///
/// ```
/// use callgate::telecomx::{Action, Call};
/// let action = Action::parse("hangup", r#"{"target": "pbx1.telecomx.dk:1.2"}"#).unwrap();
/// assert!(matches!(Call::Act(action, None), Call::Act(_, None)));
/// ```
#[derive(Clone, Debug)]
pub enum Call {
    /// Log in: [`Answer::Session`]. The connection uses the token from then on.
    Login(Login),
    /// Is the token good, and whose is it? [`Answer::Session`], or an error of kind `auth`.
    Validate {
        /// The address that the user comes from; the token must have been given to the same.
        ip: Option<String>,
        /// Whether to tell the user's name, language and the like too.
        extend: bool,
        /// Whether the token goes into the URL, where logs may keep it. The documentation knows no
        /// other way; without this it goes as a header, as with all other requests.
        token_in_url: bool,
    },
    /// End **all** tokens of the user: [`Answer::Result`].
    Logout,
    /// Read the permission map: [`Answer::Permissions`]. A user without extensions has an empty one.
    Permissions,
    /// Read the rights on one extension and merge them into what is known:
    /// [`Answer::Permissions`].
    PermissionsOn(String),
    /// Do something, if it may be done: [`Answer::Result`]. Where the right is looked up on an
    /// extension and no map was read yet, that is read first. Nothing is ever sent twice by itself.
    Act(
        Action,
        /// What the map's "no" does to it, where that isn't the connection's mode.
        Option<Mode>,
    ),
}

/// What a call brought.
///
/// ```
/// use callgate::telecomx::{Answer, Session};
/// assert!(matches!(Answer::Session(Session::default()), Answer::Session(_)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Whose token it is.
    Session(Session),
    /// The permission map, as far as it is known now.
    Permissions(Permissions),
    /// What the server answered.
    Result(Value),
}
