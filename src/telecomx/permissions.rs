//! The permission map: which rights a user has on which extensions, as the server told last.

use crate::error::{Error, Kind, Ran};
use crate::telecomx::right::Right;
use crate::value::Value;

const OVERRIDE: &str = "viewOtherPartyOverride";

/// What a user may do with which extension.
///
/// Extensions and keys that aren't in it grant nothing, and neither does a value that isn't `true`.
/// What the server sent beside the documented keys is kept and grants nothing either.
///
/// ```
/// use callgate::telecomx::{Context, Permissions, Right};
/// let map = r#"{"5c5a9dea83a3bc74d5891c95": {"pickup": true, "spy": false}}"#;
/// let permissions = Permissions::parse(map).unwrap();
/// assert!(permissions.grants("5c5a9dea83a3bc74d5891c95", Right::Pickup));
/// assert!(!permissions.grants("5c5a9dea83a3bc74d5891c95", Right::Spy));
/// assert!(!permissions.grants("5beaa1574a7caf17c958ed3a", Right::Pickup));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// By id, so that one is found without looking at all.
    extensions: Vec<Extension>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Extension {
    /// In small letters: ids are hexadecimal, and both sorts of letters are about.
    id: String,
    rights: Value,
}

impl Permissions {
    /// Reads what `GET /pbx/app/permissions` answers.
    ///
    /// # Errors
    ///
    /// An error of kind `protocol` for what isn't an object, or isn't JSON.
    ///
    /// ```
    /// use callgate::telecomx::Permissions;
    /// assert!(Permissions::parse("{}").unwrap().is_empty());
    /// assert!(Permissions::parse("null").is_err());
    /// ```
    pub fn parse(json: &str) -> Result<Self, Error> {
        Self::read(Value::from_json(json).unwrap_or(Value::Null))
    }

    pub(super) fn read(body: Value) -> Result<Self, Error> {
        let Value::Map(members) = body else {
            return Err(unreadable("a permission map"));
        };
        let mut map = Self::default();
        for (id, rights) in members {
            if let Value::Map(_) = rights {
                map.put(&id, rights);
            }
        }
        Ok(map)
    }

    /// Takes in what `GET /pbx/app/grouppermissions?target=` answers about one extension: it takes
    /// the place of what was known. That form lacks the override, so a known one stays; where none
    /// is known, nobody's other party is shown until [`set_override`](Self::set_override).
    ///
    /// # Errors
    ///
    /// An error of kind `protocol` for what isn't an object.
    ///
    /// ```
    /// use callgate::telecomx::{Permissions, Right};
    /// use callgate::value::Value;
    /// let map = r#"{"a": {"spy": true, "viewOtherPartyOverride": "HIDE"}}"#;
    /// let mut permissions = Permissions::parse(map).unwrap();
    /// permissions.merge("a", Value::from_json(r#"{"pickup": true}"#).unwrap()).unwrap();
    /// assert!(permissions.grants("a", Right::Pickup) && !permissions.grants("a", Right::Spy));
    /// assert_eq!(permissions.override_of("a"), Some("HIDE"));
    /// ```
    pub fn merge(&mut self, extension: &str, mut shown: Value) -> Result<(), Error> {
        let Value::Map(rights) = &mut shown else {
            return Err(unreadable("the rights on one extension"));
        };
        let told = rights.iter().any(|(key, _)| key == OVERRIDE);
        if let (false, Some(known)) = (told, self.override_of(extension)) {
            rights.push((OVERRIDE.to_owned(), Value::Text(known.to_owned())));
        }
        self.put(extension, shown);
        Ok(())
    }

    /// Takes in an override that was read elsewhere, in the list of employees. It grants nothing to
    /// an extension that isn't in the map.
    ///
    /// ```
    /// use callgate::telecomx::Permissions;
    /// let mut permissions = Permissions::parse(r#"{"a": {}}"#).unwrap();
    /// permissions.set_override("a", "NONE");
    /// assert_eq!(permissions.override_of("a"), Some("NONE"));
    /// ```
    pub fn set_override(&mut self, extension: &str, named: &str) {
        let Ok(place) = self.place(&extension.to_ascii_lowercase()) else {
            return;
        };
        let known = self.extensions.get_mut(place);
        if let Some(Value::Map(rights)) = known.map(|known| &mut known.rights) {
            rights.retain(|(key, _)| key != OVERRIDE);
            rights.push((OVERRIDE.to_owned(), Value::Text(named.to_owned())));
        }
    }

    /// Whether the map says `true` for this right on this extension. For
    /// [`Right::ViewOtherParty`] that is half of the answer: see
    /// [`check`](Self::check).
    ///
    /// ```
    /// use callgate::telecomx::{Permissions, Right};
    /// let permissions = Permissions::parse(r#"{"a": {"pickup": "true"}}"#).unwrap();
    /// assert!(!permissions.grants("a", Right::Pickup));
    /// ```
    pub fn grants(&self, extension: &str, right: Right) -> bool {
        let rights = self.rights(extension);
        rights.and_then(|rights| rights.get(right.as_str())) == Some(&Value::Bool(true))
    }

    /// The override of the extension's employee, as the server wrote it.
    ///
    /// ```
    /// use callgate::telecomx::Permissions;
    /// assert_eq!(Permissions::default().override_of("a"), None);
    /// ```
    pub fn override_of(&self, extension: &str) -> Option<&str> {
        match self.rights(extension)?.get(OVERRIDE)? {
            Value::Text(named) => Some(named),
            _ => None,
        }
    }

    /// What the server said about an extension; `None` where it said nothing.
    ///
    /// ```
    /// use callgate::telecomx::Permissions;
    /// let permissions = Permissions::parse(r#"{"5C5A": {"teleport": true}}"#).unwrap();
    /// assert!(permissions.rights("5c5a").unwrap().get("teleport").is_some());
    /// ```
    pub fn rights(&self, extension: &str) -> Option<&Value> {
        let place = self.place(&extension.to_ascii_lowercase()).ok()?;
        self.extensions.get(place).map(|known| &known.rights)
    }

    /// The ids of the extensions, ascending.
    ///
    /// ```
    /// use callgate::telecomx::Permissions;
    /// let permissions = Permissions::parse(r#"{"b": {}, "a": {}}"#).unwrap();
    /// assert!(permissions.extensions().eq(["a", "b"]));
    /// ```
    pub fn extensions(&self) -> impl Iterator<Item = &str> {
        self.extensions.iter().map(|known| known.id.as_str())
    }

    /// Whether there is no extension that the user has any right on.
    ///
    /// ```
    /// assert!(callgate::telecomx::Permissions::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.extensions.is_empty()
    }

    fn put(&mut self, id: &str, rights: Value) {
        let id = id.to_ascii_lowercase();
        match self.place(&id) {
            Ok(place) => {
                if let Some(known) = self.extensions.get_mut(place) {
                    known.rights = rights;
                }
            }
            Err(place) => self.extensions.insert(place, Extension { id, rights }),
        }
    }

    fn place(&self, id: &str) -> Result<usize, usize> {
        self.extensions
            .binary_search_by(|known| known.id.as_str().cmp(id))
    }
}

/// The error for a 2xx answer that isn't what was asked for.
pub(super) fn unreadable(wanted: &str) -> Error {
    let message = ["the answer isn't ", wanted].concat();
    Error::new("CALLGATE_NO_RESULT", Kind::Protocol, Ran::Yes, message)
}
