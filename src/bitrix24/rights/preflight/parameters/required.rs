//! What is missing: required parameters, and alternatives of which none was chosen.

use super::names::{Given, Level};
use super::{Path, Walk};
use crate::bitrix24::rights::catalogue::{Details, Pieces, Presence};
use crate::decision::Severity;

impl Walk<'_, '_> {
    /// Says which required parameters are missing.
    pub(super) fn required(&mut self, at: Option<&Path<'_>>, level: &Level<'_>, given: &Given) {
        for (place, parameter) in level.all() {
            if !given.present.has(place) && !parameter.is_pattern() {
                match parameter.presence() {
                    Presence::Required => {
                        self.problems.miss(at, parameter.name(), Severity::Error);
                    }
                    Presence::Doubtful if !given.spelled.has(place) => {
                        self.problems.miss(at, parameter.name(), Severity::Warning);
                    }
                    _ => {}
                }
            }
            for group in parameter.one_of() {
                self.one_of(at, level, given, group);
            }
        }
    }

    /// Says which alternatives at the top level aren't met.
    pub(super) fn alternatives(&mut self, level: &Level<'_>, given: &Given, details: &Details<'_>) {
        for group in details.one_of() {
            self.one_of(None, level, given, group);
        }
        let mut any = false;
        for mut set in details.sets() {
            if set.all(|name| is_given(level, given, name)) {
                return;
            }
            any = true;
        }
        if !any {
            return;
        }
        let mut needs = String::new();
        for set in details.sets() {
            needs.push_str(if needs.is_empty() { "needs " } else { "; or " });
            write_names(set, " and ", &mut needs);
        }
        self.call(&needs, "");
    }

    fn one_of(
        &mut self,
        at: Option<&Path<'_>>,
        level: &Level<'_>,
        given: &Given,
        group: Pieces<'_>,
    ) {
        if group.clone().any(|name| is_given(level, given, name)) {
            return;
        }
        let mut needs = String::from("needs one of ");
        write_names(group, " or ", &mut needs);
        match at {
            Some(path) => self.problems.warn(path, &needs, &[]),
            None => self.call(&needs, ""),
        }
    }
}

/// Whether a parameter is there, under any of its names.
fn is_given(level: &Level<'_>, given: &Given, name: &str) -> bool {
    let mut all = level.parameters.clone();
    let place = all.position(|parameter| parameter.name() == name);
    place.is_none_or(|place| given.present.has(place) || given.spelled.has(place))
}

fn write_names(names: Pieces<'_>, between: &str, out: &mut String) {
    for (index, name) in names.enumerate() {
        if index > 0 {
            out.push_str(between);
        }
        out.push_str(name);
    }
}
