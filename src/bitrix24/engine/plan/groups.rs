//! Which commands of a batch go in one request, and which of those groups wait for another.

use super::Plan;
use super::step::Step;
use crate::bitrix24::wire::batch::MOST;
use crate::error::Error;

impl<B> Plan<B> {
    /// Puts what has to go in one request into one group.
    pub(super) fn connect(&mut self) -> Result<(), Error> {
        for place in 0..self.steps.len() {
            let Some(step) = self.steps.get(place).filter(|step| step.is_pending()) else {
                continue;
            };
            let others = match (self.options.halt, step.refers_to.iter().min()) {
                (true, Some(first)) => (*first..place).rev().collect(),
                _ => step.refers_to.clone(),
            };
            for other in others {
                if self.join(place, other) > MOST {
                    return Err(self.too_long(place));
                }
            }
        }
        for place in 0..self.steps.len() {
            let group = self.first_of(place);
            if let Some(step) = self.steps.get_mut(place) {
                step.group = group;
            }
        }
        Ok(())
    }

    /// Whether a group is to wait until another's question for the same confirmation is answered.
    pub(super) fn is_held(&self, group: usize, size: usize, decided: &[Option<bool>]) -> bool {
        let goes = |step: &Step<B>| {
            step.is_pending() && decided.get(step.group).copied().flatten() == Some(true)
        };
        let asked = |member: &Step<B>| {
            self.steps.iter().any(|other| {
                let asks = other.asks && other.group != group && other.method == member.method;
                asks && (other.is_out() || goes(other))
            })
        };
        self.members(group, size)
            .filter(|member| member.asks)
            .any(asked)
    }

    /// The commands of a group that are to be sent.
    pub(super) fn members(&self, group: usize, size: usize) -> impl Iterator<Item = &Step<B>> {
        let own = move |step: &&Step<B>| step.is_pending() && step.group == group;
        self.steps.iter().skip(group).filter(own).take(size)
    }

    /// Makes one group of two, and says how many are in it.
    fn join(&mut self, left: usize, right: usize) -> usize {
        let (left, right) = (self.first_of(left), self.first_of(right));
        let (first, second) = (left.min(right), left.max(right));
        let mut size = 0;
        if second != first
            && let Some(joined) = self.steps.get_mut(second)
        {
            joined.group = first;
            size = joined.size;
        }
        if let Some(first) = self.steps.get_mut(first) {
            first.size += size;
            size = first.size;
        }
        size
    }

    fn first_of(&self, place: usize) -> usize {
        let mut first = place;
        while let Some(step) = self.steps.get(first).filter(|step| step.group != first) {
            first = step.group;
        }
        first
    }

    fn too_long(&self, place: usize) -> Error {
        let name = self.names.get(place).map_or("", String::as_str);
        let between = match self.options.halt {
            true => ", with halt also those between them",
            false => "",
        };
        let why = " are more than the 50 that one request takes";
        let what = [
            "calls: those with which `",
            name,
            "` is connected by references",
        ];
        Error::invalid([what.concat().as_str(), between, why].concat())
    }
}
