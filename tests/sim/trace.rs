//! What happened, line by line, for whoever has to understand a failure.

use std::cell::RefCell;
use std::fmt::Arguments;
use std::rc::Rc;

use crate::world::START;

/// The lines of one run. Nothing is written unless somebody wants to read it.
#[derive(Clone, Default)]
pub(crate) struct Trace(Option<Rc<RefCell<Vec<String>>>>);

impl Trace {
    pub(crate) fn kept() -> Self {
        Self(Some(Rc::default()))
    }

    pub(crate) fn write(&self, now: u64, line: Arguments<'_>) {
        if let Some(lines) = &self.0 {
            let millis = now - START;
            let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
            let (seconds, millis) = (millis / 1000 % 60, millis % 1000);
            let time = format!("{hours:02}:{minutes:02}:{seconds:02}.{millis:03}");
            lines.borrow_mut().push(format!("{time}  {line}"));
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let lines = self.0.as_ref();
        lines.map_or_else(Vec::new, |lines| lines.borrow().clone())
    }
}
