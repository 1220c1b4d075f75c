//! What a catalogue says of one method. An entry borrows from its catalogue, and unpacks nothing.

use std::fmt;

use super::Catalogue;
use super::details::Details;
use super::form::{BLOCK, Pieces, is_mark};
use crate::bitrix24::rights::method::Version;

/// What the catalogue knows of one method in one REST version.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) index: usize,
    pub(super) version: Version,
    /// 1: a missing scope may deny; 2: to be confirmed; 4: positional.
    pub(super) flags: u8,
    /// Groups joined by `&`, codes by `|`; `?`: not known.
    pub(super) needed: &'a str,
    /// Each behind its mark.
    pub(super) required: &'a str,
}

impl<'a> Entry<'a> {
    /// Appends the method's name, spelled as its documentation does.
    ///
    /// The name isn't stored in one piece, so it can't be lent.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::Catalogue;
    /// let mut name = String::new();
    /// Catalogue::bundled().get("crm.item.gettypes", None).map(|entry| entry.write_name(&mut name));
    /// Catalogue::bundled().get("user.GET", None).unwrap().write_name(&mut name);
    /// assert_eq!(name, "user.get");
    /// ```
    pub fn write_name(&self, out: &mut String) {
        let start = out.len();
        for record in self.catalogue.walk(self.index / BLOCK) {
            let name = out.get(start..).unwrap_or_default().bytes();
            let dots = name.enumerate().filter(|(_, byte)| *byte == b'.');
            let ends = dots
                .map(|(position, _)| position)
                .chain([out.len() - start]);
            let kept = ends.take(record.keep).last();
            out.truncate(start + kept.unwrap_or(0));
            if kept.is_some() {
                out.push('.');
            }
            let end = record.start + record.name_length();
            out.push_str(self.catalogue.part(record.start, end));
            if record.index == self.index {
                return;
            }
        }
    }

    /// The REST version that this entry is about.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::{catalogue::Catalogue, method::Version};
    /// let entry = Catalogue::bundled().get("note.file.get", None).unwrap();
    /// assert_eq!(entry.version(), Version::V3);
    /// ```
    pub fn version(&self) -> Version {
        self.version
    }

    /// The scopes that a token needs: one code of each group. No groups: any token will do.
    ///
    /// A code that starts with `$` is a variable, which depends on the parameters. `None` where the
    /// documentation doesn't say.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::Catalogue;
    /// let entry = Catalogue::bundled().get("user.get", None).unwrap();
    /// let groups: Vec<Vec<&str>> = entry.needed().unwrap().map(Iterator::collect).collect();
    /// assert_eq!(groups, [["user", "user_basic", "user_brief"]]);
    /// ```
    pub fn needed(&self) -> Option<impl Iterator<Item = Pieces<'a>> + use<'a>> {
        if self.needed == "?" {
            return None;
        }
        Some(groups(self.needed))
    }

    /// Whether a token that lacks a needed scope may be refused on the catalogue's word.
    ///
    /// Not so where the documentation leaves the scope to be inferred, names a variable, or is about
    /// REST version 3: such a lack only warns.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::Catalogue;
    /// # let catalogue = Catalogue::bundled();
    /// assert!(catalogue.get("crm.deal.add", None).unwrap().scope_may_deny());
    /// assert!(!catalogue.get("placement.bind", None).unwrap().scope_may_deny());
    /// ```
    pub fn scope_may_deny(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether an administrator has to confirm this method for each token.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::Catalogue;
    /// # let catalogue = Catalogue::bundled();
    /// assert!(catalogue.get("voximplant.user.get", None).unwrap().needs_confirmation());
    /// ```
    pub fn needs_confirmation(&self) -> bool {
        self.flags & 2 != 0
    }

    /// Whether the portal goes by the order of the parameters, whatever they are called.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::Catalogue;
    /// # let catalogue = Catalogue::bundled();
    /// assert!(catalogue.get("task.commentitem.get", None).unwrap().is_positional());
    /// ```
    pub fn is_positional(&self) -> bool {
        self.flags & 4 != 0
    }

    /// The parameters that must be there, outermost ones only, in the documented order.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::Catalogue;
    /// let entry = Catalogue::bundled().get("imbot.register", None).unwrap();
    /// let certain = entry.required().filter(|parameter| parameter.may_deny);
    /// assert!(certain.count() < entry.required().count());
    /// ```
    pub fn required(&self) -> impl Iterator<Item = Required<'a>> + use<'a> {
        let mut rest = self.required;
        std::iter::from_fn(move || {
            let (mark, tail) = rest.split_at_checked(1)?;
            let end = tail.bytes().position(is_mark).unwrap_or(tail.len());
            let (name, after) = tail.split_at_checked(end)?;
            rest = after;
            Some(Required {
                name,
                may_deny: mark == "!",
            })
        })
    }

    /// What the second tier says of the method. `None`: the catalogue has no second tier.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::Catalogue;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("app.info", None).unwrap().details().unwrap();
    /// assert!(details.wants_application());
    /// assert!(Catalogue::bundled().get("app.info", None).unwrap().details().is_none());
    /// ```
    pub fn details(&self) -> Option<Details<'a>> {
        let thing = self.catalogue.second.as_ref()?.record(self.index)?;
        Some(Details {
            entry: *self,
            thing,
        })
    }
}

/// The groups of scopes that a text has: between `&`, the codes of a group between `|`.
pub(super) fn groups(needed: &str) -> impl Iterator<Item = Pieces<'_>> {
    let groups = Pieces::of(needed, b'&').filter(|group| !group.is_empty());
    groups.map(|group| Pieces::of(group, b'|'))
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut name = String::new();
        self.write_name(&mut name);
        f.write_str(&name)
    }
}

/// A parameter that a method requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Required<'a> {
    /// Its documented spelling.
    pub name: &'a str,
    /// Whether its lack may refuse a call. Not so where the documentation makes it depend on a
    /// condition, leaves it out in an example of its own, or gives it a second name.
    pub may_deny: bool,
}
