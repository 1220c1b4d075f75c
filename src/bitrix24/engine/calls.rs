//! The calls that have not ended, found by their ids.

use crate::bitrix24::engine::call::{CallId, Running};

/// Calls in the order of their ids. Ids ascend and most calls end in the order in which they began,
/// so a list does, and takes kilobytes less wasm than a tree.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<(CallId, Box<Running>)>);

impl Calls {
    pub(super) fn insert(&mut self, id: CallId, running: Running) {
        let place = self.0.partition_point(|(other, _)| *other < id);
        self.0.insert(place, (id, Box::new(running)));
    }

    pub(super) fn remove(&mut self, id: CallId) -> Option<Box<Running>> {
        let place = self.place(id)?;
        Some(self.0.remove(place).1)
    }

    pub(super) fn get(&self, id: CallId) -> Option<&Running> {
        let (_, running) = self.0.get(self.place(id)?)?;
        Some(running)
    }

    pub(super) fn get_mut(&mut self, id: CallId) -> Option<&mut Running> {
        let place = self.place(id)?;
        let (_, running) = self.0.get_mut(place)?;
        Some(running)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (CallId, &Running)> {
        self.0.iter().map(|(id, running)| (*id, &**running))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Running> {
        self.0.iter_mut().map(|(_, running)| &mut **running)
    }

    /// The ids of the calls of which something holds.
    pub(super) fn which(&self, holds: impl Fn(&Running) -> bool) -> Vec<CallId> {
        let mut ids = Vec::new();
        for (id, running) in self.iter() {
            if holds(running) {
                ids.push(id);
            }
        }
        ids
    }

    /// When the first of them wakes.
    pub(super) fn wake_at(&self) -> Option<crate::time::Instant> {
        self.iter()
            .filter_map(|(_, running)| running.stage.wakes_at())
            .min()
    }

    fn place(&self, id: CallId) -> Option<usize> {
        self.0.binary_search_by_key(&id, |(other, _)| *other).ok()
    }
}
