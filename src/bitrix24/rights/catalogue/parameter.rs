//! What the second tier says of a parameter.

use super::form::Pieces;
use super::second::{ALSO, DEFAULT, ITEM_VALUES, ONE_OF, Thing, Things, VALUES};

/// Parameters one after the other, in the documented order.
#[derive(Clone, Debug)]
pub struct Parameters<'a>(pub(super) Things<'a>);

impl<'a> Iterator for Parameters<'a> {
    type Item = Parameter<'a>;

    fn next(&mut self) -> Option<Parameter<'a>> {
        self.0.next().map(Parameter)
    }
}

/// What is known of one parameter.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'a>(Thing<'a>);

impl<'a> Parameter<'a> {
    /// Its documented spelling, or the pattern of it.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("batch", None).unwrap().details().unwrap();
    /// let parameter = details.parameters().find(|one| one.name() == "cmd").unwrap();
    /// assert_eq!(parameter.name(), "cmd");
    /// ```
    pub fn name(&self) -> &'a str {
        self.0.name()
    }

    /// Whether it must be there; if it is nested, then where the outer one is there.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("timeman.timecontrol.report.add", None).unwrap().details().unwrap();
    /// let parameter = details.parameters().find(|one| one.name() == "REPORT_ID").unwrap();
    /// assert_eq!(parameter.presence(), Presence::Doubtful);
    /// ```
    pub fn presence(&self) -> Presence {
        match self.0.traits() {
            [b'!', ..] => Presence::Required,
            [b'?', ..] => Presence::Doubtful,
            _ => Presence::Optional,
        }
    }

    /// Whether a value of this kind is among the documented ones. Where the documentation names no
    /// kind, or names what isn't one (`crm_status`, `user.id`), every kind is.
    ///
    /// The documentation is loose about kinds: be lenient with this.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("batch", None).unwrap().details().unwrap();
    /// let parameter = details.parameters().find(|one| one.name() == "halt").unwrap();
    /// assert!(parameter.accepts(Kind::Flag) && !parameter.accepts(Kind::List));
    /// ```
    pub fn accepts(&self, kind: Kind) -> bool {
        let letter = match kind {
            Kind::Text => b't',
            Kind::Integer => b'i',
            Kind::Number => b'n',
            Kind::Flag => b'b',
            Kind::Date => b'd',
            Kind::DateTime => b'm',
            Kind::Object => b'o',
            Kind::List => b'l',
            Kind::File => b'f',
        };
        let traits = self.0.traits();
        traits.contains(&letter) || !traits.iter().any(u8::is_ascii_lowercase)
    }

    /// The values that it may have, if they are documented.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("lists.field.get", None).unwrap().details().unwrap();
    /// let parameter = details.parameters().find(|one| one.name() == "IBLOCK_TYPE_ID").unwrap();
    /// let values = parameter.values().unwrap();
    /// assert!(values.eq(["lists", "bitrix_processes", "lists_socnet"]));
    /// ```
    pub fn values(&self) -> Option<Pieces<'a>> {
        self.0.words(VALUES)
    }

    /// The values that the items of its list may have, if they are documented.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("user.userfield.list", None).unwrap().details().unwrap();
    /// let parameter = details.parameters().find(|one| one.name() == "order").unwrap();
    /// assert!(parameter.item_values().unwrap().eq(["asc", "desc"]));
    /// ```
    pub fn item_values(&self) -> Option<Pieces<'a>> {
        self.0.words(ITEM_VALUES)
    }

    /// What it is if it is left out, as the documentation writes it.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("batch", None).unwrap().details().unwrap();
    /// let parameter = details.parameters().find(|one| one.name() == "halt").unwrap();
    /// assert_eq!(parameter.default(), Some("false"));
    /// ```
    pub fn default(&self) -> Option<&'a str> {
        self.0.said(DEFAULT)
    }

    /// Its other names.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("timeman.timecontrol.report.add", None).unwrap().details().unwrap();
    /// let parameter = details.parameters().find(|one| one.name() == "REPORT_ID").unwrap();
    /// assert!(parameter.also().eq(["ID"]));
    /// ```
    pub fn also(&self) -> Pieces<'a> {
        self.0.words(ALSO).unwrap_or_default()
    }

    /// Whether its name is a pattern, such as `UF_*`, `PARENT_ID_...` or `<siteId>`.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("log.blogpost.add", None).unwrap().details().unwrap();
    /// let parameter = details.parameters().find(|one| one.name() == "UF_*").unwrap();
    /// assert!(parameter.is_pattern());
    /// ```
    pub fn is_pattern(&self) -> bool {
        self.0.traits().contains(&b'P')
    }

    /// Whether it is not to be used any more.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("log.blogpost.add", None).unwrap().details().unwrap();
    /// let parameter = details.parameters().find(|one| one.name() == "SPERM").unwrap();
    /// assert!(parameter.is_deprecated());
    /// ```
    pub fn is_deprecated(&self) -> bool {
        self.0.traits().contains(&b'D')
    }

    /// Groups of parameters beside this one; of each group one is needed.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("documentgenerator.template.add", None).unwrap().details().unwrap();
    /// let outer = details.parameters().find(|one| one.name() == "fields").unwrap();
    /// let parameter = outer.nested().find(|one| one.name() == "name").unwrap();
    /// assert!(parameter.one_of().next().unwrap().eq(["fileId", "file"]));
    /// ```
    pub fn one_of(&self) -> impl Iterator<Item = Pieces<'a>> + use<'a> {
        self.0.groups(ONE_OF)
    }

    /// The parameters that nest in this one, in the documented order.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("ai.engine.list", None).unwrap().details().unwrap();
    /// let parameter = details.parameters().find(|one| one.name() == "filter").unwrap();
    /// assert_eq!(parameter.nested().next().unwrap().name(), "ID");
    /// ```
    pub fn nested(&self) -> Parameters<'a> {
        Parameters(self.0.inside())
    }
}

/// Whether a parameter must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Its lack may refuse a call.
    Required,
    /// It is documented as required, but there is a doubt: its lack may only warn.
    Doubtful,
    /// It may be left out.
    Optional,
}

/// A kind of value that a parameter may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// Yes or no, in any of the forms that portals take.
    Flag,
    /// A day.
    Date,
    /// A moment.
    DateTime,
    /// Names with values.
    Object,
    /// Values in a row, of whatever kind.
    List,
    /// The content of a file.
    File,
}
