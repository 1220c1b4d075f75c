//! What somebody may do with an extension, and on which access levels anything may be done at all.

/// One of the eleven rights of the permission map.
///
/// ```
/// use callgate::telecomx::Right;
/// assert_eq!(Right::parse("viewOtherParty"), Some(Right::ViewOtherParty));
/// assert_eq!(Right::parse("teleport"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Take a call that rings there.
    Pickup,
    /// Take over a call.
    Steal,
    /// Listen in.
    Spy,
    /// Set the presence of its employee, and its redirection.
    SetPresence,
    /// Add it to a queue, and remove it.
    QueueMember,
    /// See whom it talks to. The employee's override may narrow this.
    ViewOtherParty,
    /// Read its employee's calendar.
    ReadCalendar,
    /// Write in it.
    WriteCalendar,
    /// Read its employee's personal phonebook.
    ReadPhonebook,
    /// Write in it.
    WritePhonebook,
    /// Call, hang up and the like with its SIP devices.
    ControlSipDevices,
}

impl Right {
    /// All of them, in the documentation's order.
    ///
    /// ```
    /// assert_eq!(callgate::telecomx::Right::ALL.len(), 11);
    /// ```
    pub const ALL: [Self; 11] = [
        Self::Pickup,
        Self::Steal,
        Self::Spy,
        Self::SetPresence,
        Self::QueueMember,
        Self::ViewOtherParty,
        Self::ReadCalendar,
        Self::WriteCalendar,
        Self::ReadPhonebook,
        Self::WritePhonebook,
        Self::ControlSipDevices,
    ];

    /// The right with this key, spelled as the map spells it.
    ///
    /// ```
    /// use callgate::telecomx::Right;
    /// assert_eq!(Right::parse("setPresence."), None);
    /// ```
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.as_str() == key)
    }

    /// Its key in the map.
    ///
    /// ```
    /// assert_eq!(callgate::telecomx::Right::SetPresence.as_str(), "setPresence");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pickup => "pickup",
            Self::Steal => "steal",
            Self::Spy => "spy",
            Self::SetPresence => "setPresence",
            Self::QueueMember => "queueMember",
            Self::ViewOtherParty => "viewOtherParty",
            Self::ReadCalendar => "readCalendar",
            Self::WriteCalendar => "writeCalendar",
            Self::ReadPhonebook => "readPhonebook",
            Self::WritePhonebook => "writePhonebook",
            Self::ControlSipDevices => "controlSipDevices",
        }
    }
}

/// The access level of a user. They ascend, but no request goes by "this level or higher": each
/// names the [`Levels`] that may make it.
///
/// ```
/// use callgate::telecomx::Level;
/// assert_eq!(Level::parse("RESELLER_ADMIN"), Level::ResellerAdmin);
/// assert_eq!(Level::parse("SUPERVISOR"), Level::Unknown);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// `NO_LOGIN`
    NoLogin,
    /// `PERSONAL`
    Personal,
    /// `VIEWER`
    Viewer,
    /// `MANAGER`
    Manager,
    /// `OWNER`
    Owner,
    /// `RESELLER`
    Reseller,
    /// `RESELLER_ADMIN`
    ResellerAdmin,
    /// `ADMIN`
    Admin,
    /// One that isn't documented. It is in no set.
    Unknown,
}

impl Level {
    const KNOWN: [Self; 8] = [
        Self::NoLogin,
        Self::Personal,
        Self::Viewer,
        Self::Manager,
        Self::Owner,
        Self::Reseller,
        Self::ResellerAdmin,
        Self::Admin,
    ];

    /// The level with this name, [`Unknown`](Self::Unknown) where there is none.
    ///
    /// ```
    /// use callgate::telecomx::Level;
    /// assert_eq!(Level::parse("PERSONAL"), Level::Personal);
    /// ```
    pub fn parse(name: &str) -> Self {
        let mut known = Self::KNOWN.into_iter();
        known
            .find(|level| level.as_str() == name)
            .unwrap_or(Self::Unknown)
    }

    /// Its name; empty for an unknown one.
    ///
    /// ```
    /// assert_eq!(callgate::telecomx::Level::NoLogin.as_str(), "NO_LOGIN");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoLogin => "NO_LOGIN",
            Self::Personal => "PERSONAL",
            Self::Viewer => "VIEWER",
            Self::Manager => "MANAGER",
            Self::Owner => "OWNER",
            Self::Reseller => "RESELLER",
            Self::ResellerAdmin => "RESELLER_ADMIN",
            Self::Admin => "ADMIN",
            Self::Unknown => "",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::NoLogin => 1,
            Self::Personal => 2,
            Self::Viewer => 4,
            Self::Manager => 8,
            Self::Owner => 16,
            Self::Reseller => 32,
            Self::ResellerAdmin => 64,
            Self::Admin => 128,
            Self::Unknown => 0,
        }
    }
}

/// A set of access levels.
///
/// ```
/// use callgate::telecomx::{Level, Levels};
/// let levels = Levels::of(&[Level::Personal, Level::Manager]);
/// assert!(levels.contains(Level::Manager) && !levels.contains(Level::Admin));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels(u8);

impl Levels {
    /// No level.
    pub(super) const NONE: Self = Self(0);
    /// All known ones that can log in.
    pub(super) const ANY: Self = Self(!Level::NoLogin.bit());

    /// The set of these levels.
    ///
    /// ```
    /// use callgate::telecomx::{Level, Levels};
    /// assert!(!Levels::of(&[Level::Unknown]).contains(Level::Unknown));
    /// ```
    pub fn of(levels: &[Level]) -> Self {
        let mut bits = 0;
        for level in levels {
            bits |= level.bit();
        }
        Self(bits)
    }

    pub(super) const fn without(self, level: Level) -> Self {
        Self(self.0 & !level.bit())
    }

    /// Whether a level is in it. An unknown one never is.
    ///
    /// ```
    /// use callgate::telecomx::{Level, Levels};
    /// assert!(Levels::of(&[Level::Owner]).contains(Level::Owner));
    /// ```
    pub fn contains(self, level: Level) -> bool {
        self.0 & level.bit() != 0
    }

    /// The names of its levels, ascending.
    ///
    /// ```
    /// use callgate::telecomx::{Level, Levels};
    /// assert_eq!(Levels::of(&[Level::Admin, Level::Viewer]).names(), ["VIEWER", "ADMIN"]);
    /// ```
    pub fn names(self) -> Vec<String> {
        let mut names = Vec::new();
        for level in Level::KNOWN {
            if self.contains(level) {
                names.push(level.as_str().to_owned());
            }
        }
        names
    }
}
