//! The walk by ids: the range between the smallest and the largest is cut into pieces that are asked
//! for side by side. Each piece is complete by itself, so rows that come and go elsewhere can't
//! shift it: no row comes twice, and none that was there throughout is missed.
//!
//! How wide a piece may be is learned from the pieces before; one that turns out to hold more than a
//! page is cut again behind its last row. The rows are counted once, with the first page, and only
//! for whoever watches: a count costs the portal no request, but it costs it time.

use crate::bitrix24::engine::list::PageId;
use crate::bitrix24::engine::list::line::{Line, Slot, State};
use crate::bitrix24::engine::list::query::{Piece, Query, V2_ROWS};
use crate::bitrix24::rights::method::Version;
use crate::bitrix24::wire::page::{Ids, Page};
use crate::error::{Error, Kind, Ran};

/// Above all ids: the largest whole number that JavaScript and the portal both read exactly.
const TOP: u64 = 9_007_199_254_740_991;
/// How much of a page a piece is meant to fill where rows lie scattered. Fuller, and too many pieces
/// hold more than a page.
const FILL: f64 = 0.8;
/// What remains of the older pieces' word with each new one.
const MEMORY: f64 = 0.9;

/// Ids as the walk meets them: its keys always rise. Where it goes from the greatest id down, a key
/// is what the id lacks to the top.
fn key(id: u64, descends: bool) -> u64 {
    match descends {
        true => TOP.saturating_sub(id),
        false => id,
    }
}

/// The keys of a page's first and last row, if they rise.
fn keys(ids: Ids, descends: bool) -> Option<(u64, u64)> {
    match (ids, descends) {
        (Ids::Rising(first, last), false) | (Ids::Falling(first, last), true) => {
            Some((key(first, descends), key(last, descends)))
        }
        (Ids::Rising(first, last), true) if first == last => {
            Some((key(first, true), key(last, true)))
        }
        _ => None,
    }
}

/// The keys above the first and not above the second.
#[derive(Clone, Copy, Debug)]
struct Range {
    above: u64,
    up_to: u64,
}

/// A question of the first request.
#[derive(Debug)]
enum Probe {
    Unasked(Piece),
    Asked(Piece, PageId),
    Told(Piece, Page),
}

/// What became of an answer.
pub(super) enum Told {
    Fine,
    /// The method doesn't go by ids: it has to be walked in another way, from the start.
    OtherWay,
}

#[derive(Debug)]
pub(super) struct Ranges {
    /// The questions that come first; empty once they are answered.
    probes: Vec<Probe>,
    line: Line<Range>,
    descends: bool,
    /// Rows on a full page.
    pub(super) size: u64,
    /// How many rows there were at first.
    pub(super) total: Option<u64>,
    /// How many ids the last pieces covered, and how many rows they held.
    covered: f64,
    found: f64,
}

impl Ranges {
    pub(super) fn new(query: &Query, version: Version) -> Self {
        let mut first = vec![
            Piece::Edge { reversed: false },
            Piece::Edge { reversed: true },
        ];
        // Version 3 names a field that it can't filter by; the older methods drop the condition.
        if version == Version::V2 {
            first.push(Piece::Between(TOP, TOP));
        }
        Self {
            probes: first.into_iter().map(Probe::Unasked).collect(),
            line: Line::new(),
            descends: query.descends,
            size: match version {
                Version::V2 => V2_ROWS,
                Version::V3 => query.limit,
            },
            total: None,
            covered: 0.0,
            found: 0.0,
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.probes.is_empty() && self.line.is_ready()
    }

    pub(super) fn is_over(&self) -> bool {
        self.probes.is_empty() && self.line.0.is_empty()
    }

    pub(super) fn has_failed(&self) -> bool {
        self.line.has_failed()
    }

    pub(super) fn busy(&self) -> u64 {
        self.line.busy()
    }

    pub(super) fn hand_out(&mut self) -> Option<State> {
        let slot = self.is_ready().then(|| self.line.take_first())??;
        Some(slot.state)
    }

    /// A page that is held in vain.
    pub(super) fn give_up(&mut self) -> Option<PageId> {
        loop {
            if let State::Held(page, ..) = self.line.take_first()?.state {
                return Some(page);
            }
        }
    }

    /// How wide a piece may be.
    fn width(&self) -> u64 {
        let scattered = self.covered / self.found.max(1e-6) * self.size as f64 * FILL;
        // A piece of as many ids as a page has rows can't hold more than a page.
        (scattered as u64).clamp(self.size.max(1), TOP)
    }

    /// How many pieces could be asked for, up to a limit, and whether these are all.
    pub(super) fn available(&self, most: u64) -> (u64, bool) {
        let unasked = |probe: &&Probe| matches!(probe, Probe::Unasked(_));
        let mut count = self.probes.iter().filter(unasked).count() as u64;
        let width = self.width();
        for slot in &self.line.0 {
            if let State::Todo = slot.state {
                count += slot
                    .want
                    .up_to
                    .saturating_sub(slot.want.above)
                    .div_ceil(width);
            }
            if count > most {
                return (most, false);
            }
        }
        (count.min(most), count <= most)
    }

    /// Takes the next pieces, which are under way from now on.
    pub(super) fn take(&mut self, most: u64, mut id: impl FnMut() -> PageId) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for probe in &mut self.probes {
            if let Probe::Unasked(piece) = *probe
                && (pieces.len() as u64) < most
            {
                *probe = Probe::Asked(piece, id());
                pieces.push(piece);
            }
        }
        let width = self.width();
        let mut place = 0;
        while let Some(slot) = self.line.0.get_mut(place)
            && (pieces.len() as u64) < most
        {
            if let State::Todo = slot.state {
                let Range { above, up_to } = slot.want;
                let cut = above.saturating_add(width).min(up_to);
                slot.want.up_to = cut;
                slot.state = State::Asked(id());
                pieces.push(self.piece(above, cut));
                if cut < up_to {
                    self.cut_off(place, cut, up_to);
                }
            }
            place += 1;
        }
        pieces
    }

    fn piece(&self, above: u64, up_to: u64) -> Piece {
        match self.descends {
            // Ids from the piece's end up to, and without, its beginning.
            true => {
                let below = |key: u64| TOP.saturating_sub(key).saturating_sub(1);
                Piece::Between(below(up_to), below(above))
            }
            false => Piece::Between(above, up_to),
        }
    }

    fn cut_off(&mut self, place: usize, above: u64, up_to: u64) {
        let want = Range { above, up_to };
        let state = State::Todo;
        self.line.0.insert(place + 1, Slot { want, state });
    }

    /// Takes in an answer. Pages whose rows nobody needs are added to `dropped`.
    pub(super) fn told(
        &mut self,
        id: PageId,
        reply: Result<Page, Error>,
        dropped: &mut Vec<PageId>,
    ) -> Told {
        if !self.probes.is_empty() {
            return self.probed(id, reply, dropped);
        }
        let Some(place) = self.line.place(id) else {
            dropped.push(id);
            return Told::Fine;
        };
        let Some(range) = self.line.0.get(place).map(|slot| slot.want) else {
            return Told::Fine;
        };
        let page = match reply {
            Ok(page) => page,
            Err(error) => {
                self.line.fail(place, error);
                return Told::Fine;
            }
        };
        if page.rows == 0 {
            self.learn(range.up_to - range.above, 0);
            self.line.0.remove(place);
            dropped.push(id);
            return Told::Fine;
        }
        let keys = keys(page.ids, self.descends);
        let within = |(first, last): &(u64, u64)| *first > range.above && *last <= range.up_to;
        let Some((_, last)) = keys.filter(within) else {
            let message = "rows came that were not asked for: the method's filter by id can't be \
                           relied on";
            let code = "CALLGATE_LIST_UNRELIABLE";
            let error = Error::new(code, Kind::Protocol, Ran::Yes, message);
            self.line.fail(place, error);
            dropped.push(id);
            return Told::Fine;
        };
        self.line.hold(place, id, &page);
        if page.rows >= self.size && last < range.up_to {
            self.learn(last - range.above, page.rows);
            self.cut_off(place, last, range.up_to);
        } else {
            self.learn(range.up_to - range.above, page.rows);
        }
        Told::Fine
    }

    fn learn(&mut self, covered: u64, found: u64) {
        self.covered = self.covered * MEMORY + covered as f64;
        self.found = self.found * MEMORY + found as f64;
    }

    fn probed(
        &mut self,
        id: PageId,
        reply: Result<Page, Error>,
        dropped: &mut Vec<PageId>,
    ) -> Told {
        let asked = |probe: &&mut Probe| matches!(probe, Probe::Asked(_, asked) if *asked == id);
        let Some(probe) = self.probes.iter_mut().find(asked) else {
            dropped.push(id);
            return Told::Fine;
        };
        let Probe::Asked(piece, _) = *probe else {
            return Told::Fine;
        };
        let page = match reply {
            Ok(page) => page,
            // A field that it can't sort or filter by; or it would fail in any way, and does again.
            Err(error) if error.kind == Kind::Portal => return Told::OtherWay,
            Err(error) => {
                self.probes.clear();
                let want = Range { above: 0, up_to: 0 };
                let state = State::Failed(error);
                self.line.0.insert(0, Slot { want, state });
                return Told::Fine;
            }
        };
        *probe = Probe::Told(piece, page);
        if (piece == Piece::Edge { reversed: false }) {
            let want = Range { above: 0, up_to: 0 };
            let state = State::Held(id, page.rows, page.ids);
            self.line.0.push(Slot { want, state });
        } else {
            dropped.push(id);
        }
        self.judge()
    }

    /// Once all is told: whether the method goes by ids, and what there is to walk.
    fn judge(&mut self) -> Told {
        let mut first = None;
        let mut last = None;
        for probe in &self.probes {
            match probe {
                Probe::Told(Piece::Edge { reversed: false }, page) => first = Some(*page),
                Probe::Told(Piece::Edge { reversed: true }, page) => last = Some(*page),
                Probe::Told(_, beyond) if beyond.rows > 0 => return Told::OtherWay,
                Probe::Told(..) => {}
                _ => return Told::Fine,
            }
        }
        let (Some(first), Some(last)) = (first, last) else {
            return Told::OtherWay;
        };
        // Some methods say 0 where they did not count.
        self.total = first.total.filter(|total| *total >= first.rows);
        let descends = self.descends;
        if first.rows > 0 && last.rows > 0 {
            let Some(((low, end), _)) = keys(first.ids, descends).zip(keys(last.ids, !descends))
            else {
                return Told::OtherWay;
            };
            let top = last.ids.first().map_or(end, |id| key(id, descends));
            if end < top {
                self.size = first.rows;
                self.learn(end - low + 1, first.rows);
                let want = Range {
                    above: end,
                    up_to: top,
                };
                self.line.push(want);
            }
        }
        self.probes.clear();
        Told::Fine
    }
}
