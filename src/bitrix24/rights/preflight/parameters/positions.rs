//! Parameters that the portal reads by their order, whatever they are called.

use super::names::Level;
use super::{Path, Step, Walk};
use crate::bitrix24::rights::catalogue::{Parameter, Presence};
use crate::decision::Severity;
use crate::json::Event;

impl Walk<'_, '_> {
    /// Parameters that go by their position, whatever they are called.
    pub(super) fn positions(&mut self, level: &Level<'_>, list: bool) {
        // `auth` is documented as one of them, and isn't.
        let places = level.parameters.clone();
        let mut places = places.filter(|parameter| parameter.name() != "auth");
        let known = places.clone();
        loop {
            let owned;
            let name = match (list, self.peek()) {
                (true, b']' | 0) => break,
                (true, _) => None,
                (false, _) => match self.reader.next() {
                    Ok(Event::Key(raw)) => {
                        owned = raw.to_text();
                        Some(owned.as_str())
                    }
                    _ => break,
                },
            };
            if name.is_some_and(|name| name == "start") {
                // Taken out before the method sees them.
                self.skip();
                continue;
            }
            let here = places.next();
            let step = Step::Name(name.or(here.map(|it| it.name())).unwrap_or_default());
            let path = Path { outer: None, step };
            let misplaced = |here: &Parameter<'_>| {
                let is = |one: &Parameter<'_>, name: &str| one.name().eq_ignore_ascii_case(name);
                name.is_some_and(|name| !is(here, name) && known.clone().any(|it| is(&it, name)))
            };
            match here {
                None => {
                    let kind = "one too many: the portal reads these parameters by their order";
                    self.problems.warn(&path, kind, &[]);
                    self.skip();
                }
                Some(here) if misplaced(&here) => {
                    let rest = [here.name(), ": the portal goes by the order"];
                    self.problems.warn(&path, "stands in the place of ", &rest);
                    self.skip();
                }
                Some(here) => {
                    self.value(&here, &path, level);
                }
            }
        }
        for parameter in places {
            if parameter.presence() != Presence::Optional {
                let name = parameter.name();
                self.problems.miss(None, name, Severity::Warning);
            }
        }
    }
}
