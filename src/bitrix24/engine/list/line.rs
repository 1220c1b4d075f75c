//! The pages of a walk in the order in which they are handed out.

use crate::bitrix24::engine::list::PageId;
use crate::bitrix24::wire::page::{Ids, Page};
use crate::error::Error;

/// A place in the order; `T` says what is to be asked there.
#[derive(Debug)]
pub(super) struct Slot<T> {
    pub(super) want: T,
    pub(super) state: State,
}

#[derive(Debug)]
pub(super) enum State {
    /// Not asked yet.
    Todo,
    Asked(PageId),
    /// Whoever holds the rows keeps them until they are handed out.
    Held(PageId, u64, Ids),
    Failed(Error),
}

/// Slots in order.
#[derive(Debug)]
pub(super) struct Line<T>(pub(super) Vec<Slot<T>>);

impl<T> Line<T> {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn push(&mut self, want: T) {
        let state = State::Todo;
        self.0.push(Slot { want, state });
    }

    pub(super) fn take_first(&mut self) -> Option<Slot<T>> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Where the answer to `page` belongs.
    pub(super) fn place(&self, page: PageId) -> Option<usize> {
        let asked = |slot: &Slot<T>| matches!(slot.state, State::Asked(asked) if asked == page);
        self.0.iter().position(asked)
    }

    /// How many pages are held or under way.
    pub(super) fn busy(&self) -> u64 {
        let todo = |slot: &&Slot<T>| !matches!(slot.state, State::Todo);
        self.0.iter().filter(todo).count() as u64
    }

    /// Whether a page can be handed out.
    pub(super) fn is_ready(&self) -> bool {
        let first = self.0.first().map(|slot| &slot.state);
        matches!(first, Some(State::Held(..) | State::Failed(_)))
    }

    pub(super) fn has_failed(&self) -> bool {
        let failed = |slot: &Slot<T>| matches!(slot.state, State::Failed(_));
        self.0.iter().any(failed)
    }

    /// Takes in a page at a place of this line.
    pub(super) fn hold(&mut self, place: usize, id: PageId, page: &Page) {
        if let Some(slot) = self.0.get_mut(place) {
            slot.state = State::Held(id, page.rows, page.ids);
        }
    }

    /// Notes that there is nothing to come from a place on.
    pub(super) fn fail(&mut self, place: usize, error: Error) {
        if let Some(slot) = self.0.get_mut(place) {
            slot.state = State::Failed(error);
        }
    }
}
