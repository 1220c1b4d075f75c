//! What may be set, who the users are, and what an administrator edits.

/// How several errors stand in a body; which of these is right isn't documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Container {
    /// `{"error": {…}}`
    #[default]
    Object,
    /// `{"error": [{…}]}`
    List,
    /// `{"errors": [{…}]}`
    Errors,
}

/// What may be set of a TelecomX server: above all what nobody outside knows.
///
/// ```
/// use callgate_portal::{Portal, TelecomXSettings};
/// let mut portal = Portal::new();
/// portal.telecomx().settings = TelecomXSettings { sliding: true, ..TelecomXSettings::default() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelecomXSettings {
    /// The body of refusals.
    pub container: Container,
    /// Status and code of a login with a wrong name, password or code.
    pub wrong_login: (u16, String),
    /// Status and code of a login that lacks its second factor.
    pub second_factor: (u16, String),
    /// The status of `access_denied`.
    pub status_denied: u16,
    /// Status and code for a call that is over, or never was.
    pub no_call: (u16, String),
    /// Status and code for a call of an extension on which the right is missing.
    pub foreign_call: (u16, String),
    /// Minutes that a token lives.
    pub minutes: u64,
    /// Each use of a token begins its minutes anew.
    pub sliding: bool,
    /// The rights on one extension stand under its id, as in the map.
    pub keyed_single: bool,
    /// A token can be validated as a header, beside the documented parameter.
    pub validates_header: bool,
    /// CORS headers; whether a real server has them is not known.
    pub cors: bool,
}

impl Default for TelecomXSettings {
    fn default() -> Self {
        Self {
            container: Container::Object,
            wrong_login: (401, "credentials_invalid".to_owned()),
            second_factor: (401, "credentials_invalid".to_owned()),
            status_denied: 403,
            no_call: (422, "target".to_owned()),
            foreign_call: (403, "access_denied".to_owned()),
            minutes: 15,
            sliding: false,
            keyed_single: false,
            validates_header: true,
            cors: true,
        }
    }
}

/// An employee with a login.
///
/// ```
/// let user = callgate_portal::TelecomXUser::named("ann");
/// assert_eq!((user.level.as_str(), user.employee.len()), ("PERSONAL", 24));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelecomXUser {
    /// What he logs in with; his password is `password`.
    pub username: String,
    /// His access level.
    pub level: String,
    /// His id.
    pub employee: String,
    /// His extensions. Each has one device, whose id is [`TelecomXUser::device`].
    pub extensions: Vec<String>,
    /// Whether a login takes a code that is sent by SMS.
    pub sms: bool,
    /// The code of his authenticator, where a login takes one.
    pub authenticator: Option<String>,
    /// His presence.
    pub presence: String,
    /// His `viewOtherPartyOverride`.
    pub hides: String,
    /// The numbers in his personal phonebook.
    pub phonebook: Vec<String>,
}

impl TelecomXUser {
    /// A user of the level PERSONAL, with one extension and without a second factor. His ids depend
    /// on his name alone.
    pub fn named(name: &str) -> Self {
        Self {
            username: name.to_owned(),
            level: "PERSONAL".to_owned(),
            employee: Self::id(&["employee", name]),
            extensions: vec![Self::id(&["extension", name])],
            sms: false,
            authenticator: None,
            presence: "AVAILABLE".to_owned(),
            hides: "NONE".to_owned(),
            phonebook: Vec::new(),
        }
    }

    /// The device of an extension.
    pub fn device(extension: &str) -> String {
        Self::id(&["device", extension])
    }

    pub(super) fn id(parts: &[&str]) -> String {
        crate::ids::digest(parts).chars().take(24).collect()
    }
}

/// A PBX group: it gives its controllers rights on its members.
///
/// ```
/// use callgate_portal::TelecomXGroup;
/// let group = TelecomXGroup::new("team", &["a"], &["b"], &["pickup"]);
/// assert_eq!(group.rights, ["pickup"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TelecomXGroup {
    /// Its name; another group of this name is replaced.
    pub name: String,
    /// Extensions on which it gives rights.
    pub members: Vec<String>,
    /// Extensions whose users get them.
    pub controllers: Vec<String>,
    /// The keys of the rights.
    pub rights: Vec<String>,
}

impl TelecomXGroup {
    /// A group of these extensions.
    pub fn new(name: &str, members: &[&str], controllers: &[&str], rights: &[&str]) -> Self {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            name: name.to_owned(),
            members: owned(members),
            controllers: owned(controllers),
            rights: owned(rights),
        }
    }
}

/// A queue, and the rules by which it lets nobody go.
///
/// ```
/// let queue = callgate_portal::TelecomXQueue::default();
/// assert!(queue.dynamic && !queue.lock_last_member);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelecomXQueue {
    /// Its id.
    pub id: String,
    /// Whether members may come and go.
    pub dynamic: bool,
    /// Whether its last member must stay.
    pub lock_last_member: bool,
    /// Its members: their id there, and their extension or number.
    pub members: Vec<(String, String)>,
}

impl Default for TelecomXQueue {
    fn default() -> Self {
        Self {
            id: TelecomXUser::id(&["queue"]),
            dynamic: true,
            lock_last_member: false,
            members: Vec::new(),
        }
    }
}
