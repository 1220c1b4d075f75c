//! The walk by offsets, for methods whose rows can't be asked for by id: side by side once a total is
//! known, else one page after the other, as each names the next.
//!
//! When a row is deleted while this goes on, those behind it move up, and one may slip into a page
//! that was read already. The total tells: where it has fallen and rows have ids, the list is walked
//! once more, and only rows that are new are handed out.

use crate::bitrix24::engine::list::PageId;
use crate::bitrix24::engine::list::line::{Line, Slot, State};
use crate::bitrix24::engine::list::query::{Piece, Query, V2_ROWS};
use crate::bitrix24::rights::method::Version;
use crate::bitrix24::wire::page::{Ids, Page};
use crate::error::{Error, Kind, Ran};

/// How often a list is walked at most.
const PASSES: u8 = 3;

#[derive(Debug)]
pub(super) struct Pages {
    line: Line<Piece>,
    version: Version,
    /// Rows on a full page.
    pub(super) size: u64,
    /// The most rows that any page had.
    fullest: u64,
    /// What the first page said.
    pub(super) total: Option<u64>,
    /// A page said that there are fewer rows than at first.
    shrunk: bool,
    /// Some row had an id.
    has_ids: bool,
    passes: u8,
    /// The ids of the page that was handed out last.
    last: Ids,
}

impl Pages {
    pub(super) fn new(query: &Query, version: Version, by_cursor: bool) -> Self {
        let mut line = Line::new();
        line.push(match by_cursor {
            true => Piece::Cursor(None),
            false => Piece::Offset(0),
        });
        Self {
            line,
            version,
            size: match version {
                Version::V2 => V2_ROWS,
                Version::V3 => query.limit,
            },
            fullest: 0,
            total: None,
            shrunk: false,
            has_ids: false,
            passes: 1,
            last: Ids::Unknown,
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.line.is_ready()
    }

    pub(super) fn is_over(&self) -> bool {
        self.line.0.is_empty()
    }

    pub(super) fn has_failed(&self) -> bool {
        self.line.has_failed()
    }

    pub(super) fn busy(&self) -> u64 {
        self.line.busy()
    }

    /// Whether rows may be missing although the list was walked to its end.
    pub(super) fn may_lack_rows(&self) -> bool {
        self.shrunk
    }

    pub(super) fn available(&self, most: u64) -> (u64, bool) {
        let todo = |state: &State| matches!(state, State::Todo);
        let count = self.line.0.iter().filter(|slot| todo(&slot.state)).count() as u64;
        (count.min(most), count <= most)
    }

    /// Takes the next pieces. Inside a batch they are asked for from the last to the first: what is
    /// deleted meanwhile moves rows to where nobody has read yet.
    pub(super) fn take(&mut self, most: u64, mut id: impl FnMut() -> PageId) -> Vec<Piece> {
        let todo = |state: &State| matches!(state, State::Todo);
        let mut next = Vec::new();
        for (place, slot) in self.line.0.iter().enumerate() {
            if todo(&slot.state) && (next.len() as u64) < most {
                next.push(place);
            }
        }
        let mut pieces = Vec::with_capacity(next.len());
        for place in next.into_iter().rev() {
            if let Some(slot) = self.line.0.get_mut(place) {
                slot.state = State::Asked(id());
                pieces.push(slot.want);
            }
        }
        pieces
    }

    pub(super) fn told(
        &mut self,
        id: PageId,
        reply: Result<Page, Error>,
        dropped: &mut Vec<PageId>,
    ) {
        let Some(place) = self.line.place(id) else {
            return dropped.push(id);
        };
        let Some(want) = self.line.0.get(place).map(|slot| slot.want) else {
            return;
        };
        let page = match reply {
            Ok(page) => page,
            Err(error) => return self.line.fail(place, error),
        };
        self.line.hold(place, id, &page);
        self.fullest = self.fullest.max(page.rows);
        self.has_ids |= page.ids != Ids::Unknown;
        match (self.total, page.total) {
            (None, total) => self.total = total,
            (Some(first), Some(now)) => self.shrunk |= now < first,
            _ => {}
        }
        let was_last = place + 1 == self.line.0.len();
        if was_last && let Err(error) = self.go_on(want, &page) {
            let state = State::Failed(error);
            self.line.0.push(Slot { want, state });
        }
        let is_open = |state: &State| !matches!(state, State::Held(..));
        let open = self.line.0.iter().any(|slot| is_open(&slot.state));
        if !open && self.shrunk && self.has_ids && self.passes < PASSES {
            self.passes += 1;
            self.shrunk = false;
            self.total = None;
            self.line.push(Piece::Offset(0));
        }
    }

    /// Notes what comes behind the last page that was asked for.
    fn go_on(&mut self, want: Piece, page: &Page) -> Result<(), Error> {
        match (want, self.version) {
            (Piece::Cursor(after), _) if self.may_go_on(page) => {
                let beyond = |last: &u64| after.is_none_or(|after| *last > after);
                let last = page.ids.last().filter(beyond).ok_or_else(stalled)?;
                self.line.push(Piece::Cursor(Some(last)));
            }
            (Piece::Offset(start), Version::V3) if self.may_go_on(page) => {
                self.line.push(Piece::Offset(start + page.rows));
            }
            (Piece::Offset(start), Version::V2) => {
                let Some(next) = page.next else {
                    return Ok(());
                };
                if next <= start {
                    return Err(stalled());
                }
                let step = next - start;
                self.size = step;
                let total = page.total.unwrap_or(0);
                let mut next = next;
                self.line.push(Piece::Offset(next));
                while next + step < total {
                    next += step;
                    self.line.push(Piece::Offset(next));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Version 3 says nothing of what comes, and a server may give fewer rows than it was asked for:
    /// only a page that is emptier than another must be the last.
    fn may_go_on(&self, page: &Page) -> bool {
        page.rows > 0 && (page.rows >= self.size || page.rows >= self.fullest)
    }

    /// The next page, or the error that stands in its place.
    pub(super) fn hand_out(&mut self) -> Option<State> {
        let slot = self.is_ready().then(|| self.line.take_first())??;
        if let State::Held(_, rows, ids) = slot.state {
            let first = matches!(slot.want, Piece::Offset(0) | Piece::Cursor(None));
            if !first && rows > 0 && ids == self.last && ids != Ids::Unknown {
                self.line.0.clear();
                return Some(State::Failed(stalled()));
            }
            self.last = ids;
        }
        Some(slot.state)
    }
}

fn stalled() -> Error {
    let message = "the portal gives the same page again, so the list would never end";
    Error::new("CALLGATE_LIST_STALLED", Kind::Protocol, Ran::Yes, message)
}
