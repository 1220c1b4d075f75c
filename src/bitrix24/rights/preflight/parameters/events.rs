//! What `event.bind` is told to bind to.

use super::super::Question;
use super::super::nearest::nearest;
use super::{Path, Step, Walk};

impl Walk<'_, '_> {
    /// Whether a handler can be bound to an event, and hears of it.
    pub(super) fn event(&mut self, path: &Path<'_>, name: &str) {
        let catalogue = self.question.catalogue;
        let Some(event) = catalogue.event(name) else {
            if let Some(meant) = nearest(name, catalogue.events().map(|event| event.name())) {
                let rest = [meant, "?"];
                let kind = "not a documented event; did you mean ";
                self.problems.warn(path, kind, &rest);
            }
            return;
        };
        let (Some(needed), Some(granted)) = (event.needed(), self.question.grant.scopes()) else {
            return;
        };
        for mut group in needed {
            let mut codes = group.clone();
            if !group.any(|code| granted.meets(code)) {
                let code = codes.next().unwrap_or_default();
                let kind = "the application hears of this event with the scope ";
                self.problems.warn(path, kind, &[code]);
            }
        }
    }
}

pub(super) fn is_event(question: &Question<'_>, path: &Path<'_>) -> bool {
    let named = matches!(path.step, Step::Name(name) if name.eq_ignore_ascii_case("event"));
    let binds = question.method.as_str().eq_ignore_ascii_case("event.bind");
    named && path.outer.is_none() && binds
}
