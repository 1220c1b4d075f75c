//! Who has which right on which extension: the groups say so.

use serde_json::{Map, Value, json};

use super::{APP, Refusal, TelecomX, TelecomXUser, Told, invalid, is_id, text};

const RIGHTS: [&str; 11] = [
    "pickup",
    "steal",
    "spy",
    "setPresence",
    "queueMember",
    "viewOtherParty",
    "readCalendar",
    "writeCalendar",
    "readPhonebook",
    "writePhonebook",
    "controlSipDevices",
];

impl TelecomX {
    /// Whether some group gives a user a right on an extension.
    pub(super) fn grants(&self, user: &TelecomXUser, extension: &str, right: &str) -> bool {
        self.groups.iter().any(|group| {
            let has = |list: &[String], one: &str| list.iter().any(|it| it == one);
            has(&group.rights, right)
                && has(&group.members, extension)
                && user
                    .extensions
                    .iter()
                    .any(|own| has(&group.controllers, own))
        })
    }

    /// Refuses who neither owns an extension nor has the right on it.
    pub(super) fn may(
        &self,
        user: &TelecomXUser,
        extension: &str,
        right: &str,
    ) -> Result<(), Refusal> {
        let own = user.extensions.iter().any(|own| own == extension);
        match own || self.grants(user, extension, right) {
            true => Ok(()),
            false => Err(self.denied()),
        }
    }

    /// The employee who has an extension.
    pub(super) fn owner(&self, extension: &str) -> Option<&TelecomXUser> {
        let has = |user: &&TelecomXUser| user.extensions.iter().any(|own| own == extension);
        self.users.iter().find(has)
    }

    /// Whether a user has a right on some extension of an employee, or is that employee.
    pub(super) fn may_about(
        &self,
        user: &TelecomXUser,
        employee: &str,
        right: &str,
    ) -> Result<(), Refusal> {
        let target = self.users.iter().find(|other| other.employee == employee);
        let extensions = target.map_or(&[][..], |target| &target.extensions);
        let granted = extensions.iter().any(|it| self.grants(user, it, right));
        match granted || user.employee == employee {
            true => Ok(()),
            false => Err(self.denied()),
        }
    }

    pub(super) fn permissions(&self, user: &TelecomXUser) -> Told {
        let mut levels = APP.to_vec();
        levels.push("RESELLER_ADMIN");
        self.has_level(user, &levels)?;
        if user.extensions.is_empty() {
            return Err(Refusal::new(404, "extension", "You have no extensions"));
        }
        let mut map = Map::new();
        for extension in self.groups.iter().flat_map(|group| &group.members) {
            let mut rights = self.rights(user, extension);
            if rights.values().any(|right| *right == json!(true)) {
                let hides = self.owner(extension).map_or("NONE", |owner| &owner.hides);
                rights.insert("viewOtherPartyOverride".to_owned(), json!(hides));
                map.insert(extension.clone(), Value::Object(rights));
            }
        }
        Ok(Value::Object(map))
    }

    pub(super) fn permissions_on(&self, user: &TelecomXUser, query: &Map<String, Value>) -> Told {
        self.has_level(user, APP)?;
        let target = text(query, "target");
        if !is_id(target) {
            return Err(invalid("target"));
        }
        let rights = Value::Object(self.rights(user, target));
        Ok(match self.settings.keyed_single {
            true => json!({target: rights}),
            false => rights,
        })
    }

    fn rights(&self, user: &TelecomXUser, extension: &str) -> Map<String, Value> {
        let right = |key: &str| (key.to_owned(), json!(self.grants(user, extension, key)));
        RIGHTS.iter().map(|key| right(key)).collect()
    }
}
