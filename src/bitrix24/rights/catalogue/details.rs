//! What the second tier says of a method and of an event. All of it borrows from the catalogue, and
//! unpacks nothing.

use super::entry::{Entry, groups};
use super::form::Pieces;
use super::parameter::Parameters;
use super::second::{ALSO, ERRORS, ONE_OF, PAGING, SCOPES, SET, Thing};

/// Where the pages of the documentation are.
const SITE: &str = "https://apidocs.bitrix24.com/";

/// What the second tier knows of one method.
#[derive(Clone, Copy, Debug)]
pub struct Details<'a> {
    pub(super) entry: Entry<'a>,
    pub(super) thing: Thing<'a>,
}

impl<'a> Details<'a> {
    /// The address of the documentation's page. `None`: not known.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let page = catalogue.get("crm.deal.add", None).unwrap().details().unwrap().page();
    /// assert_eq!(page.unwrap(), "https://apidocs.bitrix24.com/api-reference/crm/deals/crm-deal-add.html");
    /// ```
    pub fn page(&self) -> Option<String> {
        let (own, file) = split(self.thing.name());
        let second = self.entry.catalogue.second.as_ref()?;
        // What is the folder of the method before isn't written again.
        let mut before = (0..self.entry.index).rev();
        let folder =
            own.or_else(|| before.find_map(|index| split(second.record(index)?.name()).0))?;
        let derived = self.file();
        let file = if file.is_empty() { &derived } else { file };
        Some([SITE, folder, "/", file, ".html"].concat())
    }

    /// What a page is called unless the record says so: `crm.item.getTypes` has `crm-item-get-types`.
    fn file(&self) -> String {
        let (mut name, mut file) = (String::new(), String::new());
        self.entry.write_name(&mut name);
        let mut before = '.';
        for letter in name.chars() {
            if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
                file.push('-');
            }
            file.push(if letter == '.' {
                '-'
            } else {
                letter.to_ascii_lowercase()
            });
            before = letter;
        }
        file
    }

    /// Whether the method is deprecated, and then what to use instead: perhaps nothing. A
    /// replacement may end in `*` for all methods that start so.
    ///
    /// A method is deprecated if its page says so, or stands among the outdated ones.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("crm.deal.list", None).unwrap().details().unwrap();
    /// assert!(details.deprecation().unwrap().eq(["crm.item.list"]));
    /// ```
    pub fn deprecation(&self) -> Option<Pieces<'a>> {
        self.thing.deprecation()
    }

    /// The documented error codes, those met in examples only left out.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("app.info", None).unwrap().details().unwrap();
    /// assert!(details.errors().eq(["ACCESS_DENIED"]));
    /// ```
    pub fn errors(&self) -> Pieces<'a> {
        self.thing.words(ERRORS).unwrap_or_default()
    }

    /// How the method pages, in the words of the readable catalogue, such as `start+next+total`.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("crm.deal.list", None).unwrap().details().unwrap();
    /// assert_eq!(details.paging(), Some("start+next+total"));
    /// ```
    pub fn paging(&self) -> Option<&'a str> {
        self.thing.said(PAGING)
    }

    /// Whether it is sure that the method works with an application's token only, and not through
    /// a webhook.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("app.info", None).unwrap().details().unwrap();
    /// assert!(details.wants_application());
    /// ```
    pub fn wants_application(&self) -> bool {
        self.thing.traits().contains(&b'a')
    }

    /// Whether a batch may not contain the method.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("batch", None).unwrap().details().unwrap();
    /// assert!(details.is_unbatched());
    /// ```
    pub fn is_unbatched(&self) -> bool {
        self.thing.traits().contains(&b'u')
    }

    /// Whether the method has no parameters.
    ///
    /// Where the documentation lists none and doesn't say that there are none, it is not known.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("app.info", None).unwrap().details().unwrap();
    /// assert!(details.is_parameterless());
    /// ```
    pub fn is_parameterless(&self) -> bool {
        self.thing.traits().contains(&b'p')
    }

    /// Whether the method takes the parameters of any list, besides its own: `order`, `filter`,
    /// `select`, `start`.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("crm.measure.list", None).unwrap().details().unwrap();
    /// assert!(details.takes_list_parameters());
    /// ```
    pub fn takes_list_parameters(&self) -> bool {
        self.thing.traits().contains(&b'l')
    }

    /// Groups of parameters; of each group one is needed.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("calendar.event.add", None).unwrap().details().unwrap();
    /// let groups: Vec<Vec<&str>> = details.one_of().map(Iterator::collect).collect();
    /// assert_eq!(groups, [["from", "from_ts"], ["to", "to_ts"]]);
    /// ```
    pub fn one_of(&self) -> impl Iterator<Item = Pieces<'a>> + use<'a> {
        self.thing.groups(ONE_OF)
    }

    /// Alternative sets of required parameters: if there are any, one whole set is needed.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("vote.AttachedVote.get", None).unwrap().details().unwrap();
    /// let sizes: Vec<usize> = details.sets().map(Iterator::count).collect();
    /// assert_eq!(sizes, [1, 3, 1]);
    /// ```
    pub fn sets(&self) -> impl Iterator<Item = Pieces<'a>> + use<'a> {
        self.thing.groups(SET)
    }

    /// The parameters, outermost ones, in the documented order.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let details = catalogue.get("access.name", None).unwrap().details().unwrap();
    /// assert!(details.parameters().map(|one| one.name()).eq(["ACCESS"]));
    /// ```
    pub fn parameters(&self) -> Parameters<'a> {
        Parameters(self.thing.inside())
    }
}

/// The folder and the file of a page, as far as its record names them.
fn split(page: &str) -> (Option<&str>, &str) {
    match page.rsplit_once('/') {
        Some((folder, file)) => (Some(folder), file),
        None => (None, page),
    }
}

/// What is known of an event that a handler can be bound to.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a>(pub(super) Thing<'a>);

impl<'a> Event<'a> {
    /// Its documented spelling.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// assert_eq!(catalogue.event("ONCRMDEALADD").unwrap().name(), "onCrmDealAdd");
    /// ```
    pub fn name(&self) -> &'a str {
        self.0.name()
    }

    /// Other spellings that the documentation uses.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let event = catalogue.event("onLeadDelete").unwrap();
    /// assert_eq!(event.name(), "onCrmLeadDelete");
    /// assert!(event.also().eq(["onLeadDelete"]));
    /// ```
    pub fn also(&self) -> Pieces<'a> {
        self.0.words(ALSO).unwrap_or_default()
    }

    /// The scopes that a token needs to be told of it: one code of each group. `None` where the
    /// documentation doesn't say.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let event = catalogue.event("onCrmDealAdd").unwrap();
    /// let groups: Vec<Vec<&str>> = event.needed().unwrap().map(Iterator::collect).collect();
    /// assert_eq!(groups, [["crm"]]);
    /// ```
    pub fn needed(&self) -> Option<impl Iterator<Item = Pieces<'a>> + use<'a>> {
        self.0.said(SCOPES).map(groups)
    }

    /// Whether the event is deprecated, and then what to use instead: perhaps nothing.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::catalogue::*;
    /// # let details = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/details.bin"));
    /// # let catalogue = Catalogue::bundled().with_details(details.to_vec()).unwrap();
    /// let event = catalogue.event("onImBotDelete").unwrap();
    /// assert!(event.deprecation().unwrap().eq(["ONIMBOTV2DELETE"]));
    /// ```
    pub fn deprecation(&self) -> Option<Pieces<'a>> {
        self.0.deprecation()
    }
}
