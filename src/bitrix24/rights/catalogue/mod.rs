//! The catalogue: what is known of the documented methods before anything is sent.
//!
//! Its first tier, read here, is a method's name, its REST version, the scopes that it needs and the
//! parameters that it requires. The second tier, for those who ask for it, is all else that helps a
//! developer with a call, and the events. The facts stand readable in `catalogue/`; `cargo xtask
//! catalogue` makes `first.bin` and `details.bin` of them, and `catalogue/README.md` describes both.
//!
//! Reading works on the bytes as they lie: nothing is unpacked, a look-up allocates nothing. Every
//! access is checked, so no content whatever can make the reader panic; what [`Catalogue::from_bytes`]
//! took is whole and sound besides. A method that is not in the catalogue is unknown, never denied.

mod details;
mod entry;
mod form;
mod parameter;
mod second;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use super::method::Version;
pub use details::{Details, Event};
pub use entry::{Entry, Required};
use form::{BLOCK, DATE, HEADER, Layout, MAGIC, Query, Record, Walk, intact, is_of_name, number};
pub use form::{CatalogueError, Pieces};
pub use parameter::{Kind, Parameter, Parameters, Presence};
use second::Second;

/// Laid out while compiling: a bundled file that isn't one stops the build, not a caller.
static BUNDLED: Catalogue = {
    let text = include_str!("../../../../catalogue/first.bin");
    match Layout::read(text.as_bytes()) {
        Ok(layout) => layout.over(Cow::Borrowed(text)),
        #[allow(clippy::panic, reason = "evaluated by the compiler")]
        Err(_) => panic!("catalogue/first.bin is no catalogue: run `cargo xtask catalogue`"),
    }
};

/// The facts about the known methods.
///
/// ```
/// use callgate::bitrix24::rights::catalogue::Catalogue;
///
/// let entry = Catalogue::bundled().get("CRM.Item.Add", None).unwrap();
/// assert!(entry.required().any(|parameter| parameter.name == "fields"));
/// assert!(Catalogue::bundled().get("no.such.method", None).is_none());
/// ```
#[derive(Clone)]
pub struct Catalogue {
    /// Header, class of each entry, start of each block, start of each class, classes, records,
    /// checksum; all of it ASCII.
    text: Cow<'static, str>,
    layout: Layout,
    second: Option<Second>,
}

impl Catalogue {
    /// The catalogue that came with this build.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::Catalogue;
    /// assert_eq!(Catalogue::bundled().date(), "2026-08");
    /// ```
    pub fn bundled() -> &'static Catalogue {
        &BUNDLED
    }

    /// Takes a catalogue from the bytes of files such as `cargo xtask catalogue` writes: `first.bin`,
    /// or `first.bin` and right behind it `details.bin`.
    ///
    /// # Errors
    ///
    /// [`CatalogueError`] says why the bytes are none: another file, another form, cut, changed on
    /// the way, or wrong in itself. A catalogue is taken as a whole or not at all.
    ///
    /// ```
    /// use callgate::bitrix24::rights::catalogue::{Catalogue, CatalogueError};
    ///
    /// let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/first.bin"));
    /// assert_eq!(Catalogue::from_bytes(bytes.to_vec()).unwrap().len(), Catalogue::bundled().len());
    /// let error = Catalogue::from_bytes(b"<html>".to_vec()).err();
    /// assert_eq!(error, Some(CatalogueError::Foreign));
    /// ```
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Catalogue, CatalogueError> {
        let (first, second) = second::part(bytes);
        let layout = Layout::read(&first)?;
        let catalogue = layout.over(Cow::Owned(intact(first)?));
        if !catalogue.is_sound() {
            return Err(CatalogueError::Unsound);
        }
        match second {
            Some(second) => catalogue.with_details(second),
            None => Ok(catalogue),
        }
    }

    /// This catalogue with its second tier, from the bytes of the `details.bin` that was made with
    /// it. A second tier that it had is replaced.
    ///
    /// # Errors
    ///
    /// [`CatalogueError`] says why the bytes are none, or that they belong to another first tier.
    /// Details are taken as a whole or not at all.
    ///
    /// ```
    /// use callgate::bitrix24::rights::catalogue::{Catalogue, CatalogueError};
    ///
    /// let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// let catalogue = Catalogue::bundled().with_details(bytes.to_vec()).unwrap();
    /// assert!(catalogue.get("crm.deal.add", None).unwrap().details().is_some());
    /// let error = catalogue.with_details(b"<html>".to_vec()).err();
    /// assert_eq!(error, Some(CatalogueError::Foreign));
    /// ```
    pub fn with_details(&self, bytes: Vec<u8>) -> Result<Catalogue, CatalogueError> {
        Ok(Catalogue {
            text: self.text.clone(),
            layout: self.layout,
            second: Some(Second::read(bytes, &self.text, self.len())?),
        })
    }

    /// Whether there is a second tier.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::Catalogue;
    /// assert!(!Catalogue::bundled().has_details());
    /// ```
    pub fn has_details(&self) -> bool {
        self.second.is_some()
    }

    /// Looks an event up by its name, or by another spelling that the documentation uses, without
    /// regard to ASCII case. Without the second tier no event is known.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::Catalogue;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// assert_eq!(catalogue.event("ONTASKADD").unwrap().name(), "OnTaskAdd");
    /// assert!(catalogue.event("onNothing").is_none());
    /// assert!(Catalogue::bundled().event("OnTaskAdd").is_none());
    /// ```
    pub fn event(&self, name: &str) -> Option<Event<'_>> {
        let is_it = |own: &str| own.eq_ignore_ascii_case(name);
        self.events()
            .find(|event| is_it(event.name()) || event.also().any(is_it))
    }

    /// The events that a handler can be bound to, ordered by name. Without the second tier none is
    /// known.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::Catalogue;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// assert!(catalogue.events().count() > 150);
    /// ```
    pub fn events(&self) -> impl Iterator<Item = Event<'_>> {
        let second = self.second.iter();
        second.flat_map(|second| {
            (self.len()..)
                .map_while(|index| second.record(index))
                .map(Event)
        })
    }

    /// How many entries there are. A method known in both REST versions has two.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::Catalogue;
    /// assert!(Catalogue::bundled().len() > 1_600);
    /// ```
    #[allow(
        clippy::len_without_is_empty,
        reason = "nobody asks whether a catalogue is empty"
    )]
    pub fn len(&self) -> usize {
        self.layout.count
    }

    /// The year and month in which the facts were taken, such as `2026-08`.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::Catalogue;
    /// assert!(Catalogue::bundled().date() >= "2026-08");
    /// ```
    pub fn date(&self) -> &str {
        self.part(MAGIC.len(), MAGIC.len() + DATE)
    }

    /// Looks a method up by its name, without regard to ASCII case.
    ///
    /// `version` chooses among the entries of a name; `None` is version 2 where the name exists
    /// there, else version 3. `None` comes back for a method that is not in the catalogue.
    ///
    /// ```
    /// use callgate::bitrix24::rights::{catalogue::Catalogue, method::Version};
    ///
    /// let catalogue = Catalogue::bundled();
    /// assert_eq!(catalogue.get("tasks.task.get", None).unwrap().version(), Version::V2);
    /// assert!(catalogue.get("tasks.task.get", Some(Version::V3)).is_some());
    /// assert!(catalogue.get("crm.deal.add", Some(Version::V3)).is_none());
    /// ```
    pub fn get(&self, name: &str, version: Option<Version>) -> Option<Entry<'_>> {
        let query = Query::of(name)?;
        // How many segments the query shares with the present record, and where they end in it.
        let (mut shared, mut from) = (0, 0);
        for record in self.walk(self.block_before(&query)) {
            if record.keep > shared {
                continue;
            }
            if record.keep < shared {
                (shared, from) = (record.keep, query.after(record.keep));
            }
            let (order, same) = query.compare(from, record.text);
            match order {
                Ordering::Less => return None,
                Ordering::Equal if version.is_none_or(|wanted| wanted == record.version) => {
                    return self.entry(&record);
                }
                _ => {
                    // Where the record's name ends, a dot in the query ends a shared segment too.
                    let ended = !record.text.get(same).is_some_and(|byte| is_of_name(*byte));
                    let (more, next) = query.segments(from, from + same + usize::from(ended));
                    (shared, from) = (shared + more, next);
                }
            }
        }
        None
    }

    /// All entries, ordered by name and then by version.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::Catalogue;
    /// let confirmed = Catalogue::bundled().entries().filter(|entry| entry.needs_confirmation());
    /// assert!(confirmed.count() > 0);
    /// ```
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.walk(0).filter_map(|record| self.entry(&record))
    }

    fn entry(&self, record: &Record<'_>) -> Option<Entry<'_>> {
        let bytes = self.text.as_bytes();
        let class = usize::from(bytes.get(HEADER + record.index)?.checked_sub(b' ')?);
        let classes = self.layout.classes + 3 * class;
        let start = self.layout.table + self.number(classes);
        let end = self.layout.table + self.number(classes + 3);
        let body = (
            record.start + record.name_length(),
            record.start + record.length,
        );
        Some(Entry {
            catalogue: self,
            index: record.index,
            version: record.version,
            flags: *bytes.get(start)?,
            needed: self.text.get(start + 1..end)?,
            required: self.text.get(body.0..body.1)?,
        })
    }

    /// The last block whose first name comes before the query, or the first of all.
    fn block_before(&self, query: &Query) -> usize {
        let (mut low, mut high) = (0, self.layout.count.div_ceil(BLOCK));
        // What the query shares with both ends, it shares with all between.
        let (mut low_same, mut high_same) = (0, 0);
        let bytes = self.text.as_bytes();
        while high - low > 1 {
            let middle = low.midpoint(high);
            let same = low_same.min(high_same);
            let head = bytes
                .get(self.start(middle) + 1 + same..)
                .unwrap_or_default();
            let (order, more) = query.compare(same, head);
            if order.is_gt() {
                (low, low_same) = (middle, same + more);
            } else {
                (high, high_same) = (middle, same + more);
            }
        }
        low
    }

    /// The records from the start of a block to the end.
    fn walk(&self, block: usize) -> Walk<'_> {
        Walk {
            bytes: self.text.as_bytes(),
            start: self.start(block),
            index: block * BLOCK,
        }
    }

    /// Where the records of a block start.
    fn start(&self, block: usize) -> usize {
        self.layout.records + self.number(HEADER + self.layout.count + 3 * block)
    }

    /// The number at a place. Nothing lies as far as the one that stands for none.
    fn number(&self, at: usize) -> usize {
        self.text
            .as_bytes()
            .get(at..at + 3)
            .map_or(usize::MAX >> 1, |digits| number(digits) as usize)
    }

    fn part(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// Whether every entry is found under its own name, version 2 before version 3, and there are as
    /// many as there should be.
    fn is_sound(&self) -> bool {
        let mut name = String::new();
        let mut found = 0;
        for record in self.walk(0) {
            let Some(entry) = self.entry(&record) else {
                return false;
            };
            name.clear();
            entry.write_name(&mut name);
            let version = Some(entry.version).filter(|version| *version == Version::V3);
            match self.get(&name, version) {
                Some(same) if same.index == found => found += 1,
                _ => return false,
            }
        }
        found == self.layout.count
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Catalogue of ")?;
        f.write_str(self.date())
    }
}
