//! What a walk and whoever drives it say to each other.

use crate::bitrix24::rights::params::Params;

/// How much a walk may take.
///
/// ```
/// use callgate::bitrix24::engine::list::Limits;
/// assert_eq!(Limits::default().requests, 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests under way at a time.
    pub requests: usize,
    /// Rows held and under way.
    pub rows: u64,
    /// Whether commands may be put into batches: for version 2, where the method allows it.
    pub batches: bool,
}

impl Limits {
    /// For who takes all rows at once, and so has to hold them anyway.
    pub const ALL: Self = Self {
        requests: 20,
        rows: 50_000,
        batches: true,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 10,
            rows: 25_000,
            batches: true,
        }
    }
}

/// One page, by the request that asked for it and its place there.
///
/// ```
/// use callgate::bitrix24::engine::list::PageId;
/// assert_ne!(PageId { request: 1, place: 0 }, PageId { request: 1, place: 1 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PageId {
    /// The request, from 1 on.
    pub request: u32,
    /// The command in it.
    pub place: u8,
}

/// A request to be made: a batch of commands of the walk's method, or a call where there is one.
///
/// ```
/// use callgate::bitrix24::engine::list::Ask;
/// assert!(Ask { request: 1, commands: Vec::new() }.commands.is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Its number, from 1 on.
    pub request: u32,
    /// The parameters of each command; the first is [`PageId`]'s place 0.
    pub commands: Vec<Params>,
}

/// What comes to the consumer next.
///
/// ```
/// use callgate::bitrix24::engine::list::Turn;
/// assert_ne!(Turn::Wait, Turn::End);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The rows of this page.
    Page {
        /// The page.
        page: PageId,
        /// Only those of its rows whose ids were not handed out before.
        only_new: bool,
    },
    /// Nothing yet.
    Wait,
    /// All pages were handed out.
    End,
}

/// How far a walk has come.
///
/// ```
/// use callgate::bitrix24::engine::list::Progress;
/// assert_eq!(Progress::default().requests, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows on the pages handed out.
    pub rows: u64,
    /// How many there were when the portal counted them, with the first page; version 3 doesn't.
    pub total: Option<u64>,
    /// Requests so far.
    pub requests: u32,
}
