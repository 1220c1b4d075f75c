//! What a connection knows of the user's rights, and since when: answers may overtake each other,
//! and what was asked earlier must not replace what was asked later.

use crate::decision::Decision;
use crate::error::Error;
use crate::telecomx::check::{self, Context};
use crate::telecomx::permissions::Permissions;
use crate::value::Value;

#[derive(Default)]
pub(super) struct Knowledge {
    map: Permissions,
    /// Whether the whole map was read, so that what isn't in it isn't granted.
    whole: bool,
    asked: u32,
    /// Which of the questions after the whole map was answered last.
    whole_at: u32,
    /// The same for single extensions, where that was later.
    singles_at: Vec<(String, u32)>,
}

impl Knowledge {
    /// The number of a question that goes out now.
    pub(super) fn ask(&mut self) -> u32 {
        self.asked += 1;
        self.asked
    }

    /// The map, once it was read whole.
    pub(super) fn whole(&self) -> Option<&Permissions> {
        self.whole.then_some(&self.map)
    }

    /// The map as far as it is known.
    pub(super) fn map(&self) -> &Permissions {
        &self.map
    }

    /// Takes in the whole map. Gives whether anything is another now.
    pub(super) fn learn(&mut self, asked: u32, mut map: Permissions) -> bool {
        if asked <= self.whole_at {
            return false;
        }
        self.singles_at.retain(|(_, at)| *at > asked);
        for (extension, _) in &self.singles_at {
            if let Some(later) = self.map.rights(extension) {
                // It is an object, so it is taken.
                let _ = map.merge(extension, later.clone());
            }
        }
        let changed = !self.whole || self.map != map;
        self.map = map;
        self.whole = true;
        self.whole_at = asked;
        changed
    }

    /// Takes in the rights on one extension. Gives whether anything is another now.
    pub(super) fn learn_single(
        &mut self,
        asked: u32,
        extension: &str,
        mut shown: Value,
    ) -> Result<bool, Error> {
        // The object itself, or under the extension's id as in the map.
        if let Some(own @ Value::Map(_)) = shown.get(extension) {
            shown = own.clone();
        }
        let mut map = self.map.clone();
        map.merge(extension, shown)?;
        let later = |(one, at): &(String, u32)| one == extension && *at > asked;
        if asked <= self.whole_at || self.singles_at.iter().any(later) {
            return Ok(false);
        }
        self.singles_at.retain(|(one, _)| one != extension);
        self.singles_at.push((extension.to_owned(), asked));
        let changed = self.map != map;
        self.map = map;
        Ok(changed)
    }

    /// Takes in the overrides in a list of employees.
    pub(super) fn learn_overrides(&mut self, employees: &Value) {
        let Value::List(employees) = employees else {
            return;
        };
        for employee in employees {
            let named = employee.get("viewOtherPartyOverride");
            let (Some(Value::Text(named)), Some(Value::List(extensions))) =
                (named, employee.get("extensions"))
            else {
                continue;
            };
            for extension in extensions {
                let id = extension.get("_id").unwrap_or(extension);
                if let Some(id) = id.as_text() {
                    self.map.set_override(id, named);
                }
            }
        }
    }

    /// Forgets everything, what is under way too: it is about another user, or no longer true.
    pub(super) fn forget(&mut self) {
        self.map = Permissions::default();
        self.whole = false;
        self.whole_at = self.asked;
        self.singles_at.clear();
    }

    pub(super) fn check(&self, extension: &str, action: &str, context: &Context) -> Decision {
        if self.whole || self.map.rights(extension).is_some() {
            return self.map.check(extension, action, context);
        }
        match check::level(action, context.level) {
            Ok(_) => check::unknown("Read the permission map first: nothing is known yet."),
            Err(decision) => *decision,
        }
    }
}
