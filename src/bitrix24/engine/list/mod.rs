//! A walk over all rows of a list method, as a pure state machine: it is asked what to ask for next,
//! told the facts of each page, and asked which page is to be handed out.
//!
//! The rows stay with whoever drives it. What holds whatever happens:
//!
//! - Pages are handed out in the order of the list, no row twice.
//! - By ids: no row is missed that was there throughout, whatever is inserted and deleted meanwhile.
//! - By offsets, where a method knows no better: the list is walked again when it has shrunk, and
//!   [`Walk::may_lack_rows`] says when even that was not enough.
//! - The caller's filter and order stay; an order other than by id is walked by offsets.
//! - No more rows are held or under way than the [`Limits`] say, however slow the consumer, but for
//!   one batch when everything waits for a page in front of those that are held.

mod ask;
mod line;
mod listing;
mod pages;
mod query;
mod ranges;

use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::params::Params;
pub use crate::bitrix24::wire::page::{Ids, Page};
#[cfg(not(target_arch = "wasm32"))]
pub use crate::bitrix24::wire::page::{id, rows};
use crate::error::Error;
pub use ask::{Ask, Limits, PageId, Progress, Turn};
use line::State;
use listing::Listing;
use pages::Pages;
use query::Query;
use ranges::{Ranges, Told};

/// Commands in a batch, at most.
const COMMANDS: u64 = 50;

#[derive(Debug)]
enum Way {
    ById(Ranges),
    ByPage(Pages),
}

/// A walk over a list.
///
/// ```
/// use callgate::bitrix24::engine::list::{Limits, Page, PageId, Turn, Walk};
/// use callgate::bitrix24::rights::method::{MethodName, Version};
/// use callgate::bitrix24::rights::params::Params;
///
/// let method = MethodName::parse("user.get").unwrap();
/// let mut walk = Walk::new(&method, Version::V2, &Params::none(), Limits::default()).unwrap();
/// let ask = walk.ask().unwrap();
/// assert_eq!(ask.commands[0].as_json(), r#"{"start":0}"#);
///
/// let result = serde_json::json!([{"ID": "1"}, {"ID": "2"}]);
/// let page = PageId { request: ask.request, place: 0 };
/// walk.told(page, Ok(Page::read(&result, None, Some(2)).unwrap()));
/// assert_eq!(walk.next(), Ok(Turn::Page { page, only_new: true }));
/// assert_eq!(walk.next(), Ok(Turn::End));
/// ```
#[derive(Debug)]
pub struct Walk {
    query: Query,
    version: Version,
    way: Way,
    limits: Limits,
    /// The requests under way, and how many of their pages haven't been told.
    open: Vec<(u32, usize)>,
    dropped: Vec<PageId>,
    progress: Progress,
    ended: bool,
}

impl Walk {
    /// A walk over the rows that a method gives for these parameters.
    ///
    /// # Errors
    ///
    /// Of kind `invalid`: parameters without names; one that a walk sets itself (`start`, `cursor`,
    /// `pagination` other than its limit); `filter`, `order` or `select` in two spellings at once,
    /// of which nobody knows which one counts.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::list::{Limits, Walk};
    /// # use callgate::bitrix24::rights::method::{MethodName, Version};
    /// # use callgate::bitrix24::rights::params::Params;
    /// # let method = MethodName::parse("user.get").unwrap();
    /// let params = Params::parse(r#"{"filter":{},"FILTER":{}}"#).unwrap();
    /// let error = Walk::new(&method, Version::V2, &params, Limits::default()).unwrap_err();
    /// assert!(error.message.starts_with("params.FILTER: "));
    /// ```
    pub fn new(
        method: &MethodName,
        version: Version,
        params: &Params,
        limits: Limits,
    ) -> Result<Self, Error> {
        let listing = Listing::of(method, version);
        let id = match listing {
            Listing::Ids(id) => Some(id),
            Listing::Offsets | Listing::Cursor => None,
        };
        let query = Query::read(params, version, id)?;
        let way = match query.goes_by_id() {
            true => Way::ById(Ranges::new(&query, version)),
            false => Way::ByPage(Pages::new(&query, version, listing == Listing::Cursor)),
        };
        let batches = limits.batches && version == Version::V2;
        Ok(Self {
            query,
            version,
            way,
            limits: Limits { batches, ..limits },
            open: Vec::new(),
            dropped: Vec::new(),
            progress: Progress::default(),
            ended: false,
        })
    }

    /// What to ask for next; `None` until something is told or handed out. A request that fails as
    /// a whole is told for each of its pages.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::list::{Limits, Walk};
    /// # use callgate::bitrix24::rights::method::{MethodName, Version};
    /// # use callgate::bitrix24::rights::params::Params;
    /// let method = MethodName::parse("crm.deal.list").unwrap();
    /// let mut walk =
    ///     Walk::new(&method, Version::V2, &Params::none(), Limits::default()).unwrap();
    /// assert_eq!(walk.ask().unwrap().commands.len(), 3);
    /// assert_eq!(walk.ask(), None);
    /// ```
    pub fn ask(&mut self) -> Option<Ask> {
        let count = self.worth_asking();
        if count == 0 {
            return None;
        }
        let request = self.progress.requests + 1;
        let mut place = 0;
        let id = || {
            place += 1;
            PageId {
                request,
                place: place - 1,
            }
        };
        let pieces = match &mut self.way {
            Way::ById(ranges) => ranges.take(count, id),
            Way::ByPage(pages) => pages.take(count, id),
        };
        self.progress.requests = request;
        self.open.push((request, pieces.len()));
        let mut commands = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            match self.query.page(*piece) {
                Ok(params) => commands.push(params),
                Err(error) => {
                    for (place, _) in (0..).zip(&pieces) {
                        self.told(PageId { request, place }, Err(error.clone()));
                    }
                    return None;
                }
            }
        }
        Some(Ask { request, commands })
    }

    /// How many commands to ask for now. A batch that isn't full costs as much of the request budget
    /// as one that is, so it waits for company while there is something else to wait for.
    fn worth_asking(&self) -> u64 {
        let (busy, is_ready, has_failed, size) = match &self.way {
            Way::ById(it) => (it.busy(), it.is_ready(), it.has_failed(), it.size),
            Way::ByPage(it) => (it.busy(), it.is_ready(), it.has_failed(), it.size),
        };
        if self.ended || has_failed || self.open.len() >= self.limits.requests {
            return 0;
        }
        let most = match self.limits.batches {
            true => COMMANDS,
            false => 1,
        };
        let idle = self.open.is_empty();
        let pages = self.limits.rows / size.max(1);
        let starves = idle && !is_ready;
        let limit = match (starves, busy <= pages) {
            (true, true) => most,
            (true, false) => 1,
            (false, _) => most.min(pages.saturating_sub(busy)),
        };
        let (count, is_all) = match &self.way {
            Way::ById(it) => it.available(limit),
            Way::ByPage(it) => it.available(limit),
        };
        let worth = count == most || starves || (is_all && (idle || count * 2 >= most));
        if worth { count } else { 0 }
    }

    /// Tells a page's facts, or why it didn't come: an error that repeating won't mend.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::list::{Limits, PageId, Walk};
    /// # use callgate::bitrix24::rights::method::{MethodName, Version};
    /// # use callgate::bitrix24::rights::params::Params;
    /// # use callgate::error::Error;
    /// # let method = MethodName::parse("user.get").unwrap();
    /// # let mut walk = Walk::new(&method, Version::V2, &Params::none(), Limits::default()).unwrap();
    /// let request = walk.ask().unwrap().request;
    /// walk.told(PageId { request, place: 0 }, Err(Error::invalid("…")));
    /// assert!(walk.next().is_err());
    /// ```
    pub fn told(&mut self, page: PageId, reply: Result<Page, Error>) {
        let Some(open) = self.open.iter_mut().find(|(open, _)| *open == page.request) else {
            return self.dropped.push(page);
        };
        open.1 = open.1.saturating_sub(1);
        self.open.retain(|(_, left)| *left > 0);
        match &mut self.way {
            Way::ByPage(pages) => pages.told(page, reply, &mut self.dropped),
            Way::ById(ranges) => {
                if let Told::OtherWay = ranges.told(page, reply, &mut self.dropped) {
                    self.go_by_pages();
                }
            }
        }
    }

    fn go_by_pages(&mut self) {
        if let Way::ById(ranges) = &mut self.way {
            while let Some(held) = ranges.give_up() {
                self.dropped.push(held);
            }
        }
        self.open.clear();
        self.query.forget_ids();
        self.way = Way::ByPage(Pages::new(&self.query, self.version, false));
    }

    /// What the consumer gets next. Not to be asked before the consumer wants it: what isn't handed
    /// out is what keeps the walk from running ahead.
    ///
    /// # Errors
    ///
    /// The error that a page met, once all pages before it were handed out; later calls say that
    /// the walk is at its end. `CALLGATE_LIST_STALLED` where the portal gives a page again, and
    /// `CALLGATE_LIST_UNRELIABLE` where it gives rows that weren't asked for.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::list::{Limits, Turn, Walk};
    /// # use callgate::bitrix24::rights::method::{MethodName, Version};
    /// # use callgate::bitrix24::rights::params::Params;
    /// # let method = MethodName::parse("user.get").unwrap();
    /// # let mut walk = Walk::new(&method, Version::V2, &Params::none(), Limits::default()).unwrap();
    /// assert_eq!(walk.next(), Ok(Turn::Wait));
    /// ```
    #[allow(
        clippy::should_implement_trait,
        reason = "an iterator could not say that it has to be waited for"
    )]
    pub fn next(&mut self) -> Result<Turn, Error> {
        while !self.ended {
            let (state, only_new) = match &mut self.way {
                Way::ById(ranges) if ranges.is_over() => break,
                Way::ByPage(pages) if pages.is_over() => break,
                Way::ById(ranges) => (ranges.hand_out(), false),
                Way::ByPage(pages) => (pages.hand_out(), true),
            };
            match state {
                Some(State::Held(page, 0, _)) => self.dropped.push(page),
                Some(State::Held(page, rows, _)) => {
                    self.progress.rows += rows;
                    return Ok(Turn::Page { page, only_new });
                }
                Some(State::Failed(error)) => {
                    self.ended = true;
                    return Err(error);
                }
                _ => return Ok(Turn::Wait),
            }
        }
        self.ended = true;
        Ok(Turn::End)
    }

    /// A page whose rows need not be kept any longer, although it was never handed out.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::list::{Limits, Walk};
    /// # use callgate::bitrix24::rights::method::{MethodName, Version};
    /// # use callgate::bitrix24::rights::params::Params;
    /// # let method = MethodName::parse("user.get").unwrap();
    /// # let mut walk = Walk::new(&method, Version::V2, &Params::none(), Limits::default()).unwrap();
    /// assert_eq!(walk.dropped(), None);
    /// ```
    pub fn dropped(&mut self) -> Option<PageId> {
        self.dropped.pop()
    }

    /// How far it has come.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::list::{Limits, Walk};
    /// # use callgate::bitrix24::rights::method::{MethodName, Version};
    /// # use callgate::bitrix24::rights::params::Params;
    /// # let method = MethodName::parse("user.get").unwrap();
    /// # let walk = Walk::new(&method, Version::V2, &Params::none(), Limits::default()).unwrap();
    /// assert_eq!(walk.progress().rows, 0);
    /// ```
    pub fn progress(&self) -> Progress {
        let total = match &self.way {
            Way::ById(ranges) => ranges.total,
            Way::ByPage(pages) => pages.total,
        };
        Progress {
            total,
            ..self.progress
        }
    }

    /// Whether rows may be missing: the list kept shrinking while it was walked by offsets.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::list::{Limits, Walk};
    /// # use callgate::bitrix24::rights::method::{MethodName, Version};
    /// # use callgate::bitrix24::rights::params::Params;
    /// # let method = MethodName::parse("user.get").unwrap();
    /// # let walk = Walk::new(&method, Version::V2, &Params::none(), Limits::default()).unwrap();
    /// assert!(!walk.may_lack_rows());
    /// ```
    pub fn may_lack_rows(&self) -> bool {
        match &self.way {
            Way::ById(_) => false,
            Way::ByPage(pages) => pages.may_lack_rows(),
        }
    }
}
