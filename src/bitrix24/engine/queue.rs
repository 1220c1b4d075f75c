//! First in, first out, in less wasm than the standard library's `VecDeque` takes.

/// A queue. Each item moves once from one list to the other, however long they are.
#[derive(Debug)]
pub(super) struct Queue<T> {
    coming: Vec<T>,
    /// The one to leave first is the last.
    leaving: Vec<T>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            coming: Vec::new(),
            leaving: Vec::new(),
        }
    }
}

impl<T> Queue<T> {
    pub(super) fn push_back(&mut self, item: T) {
        self.coming.push(item);
    }

    pub(super) fn pop_front(&mut self) -> Option<T> {
        if self.leaving.is_empty() {
            std::mem::swap(&mut self.coming, &mut self.leaving);
            self.leaving.reverse();
        }
        self.leaving.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::Queue;

    #[test]
    fn who_comes_first_leaves_first() {
        let mut queue = Queue::default();
        assert_eq!(queue.pop_front(), None);
        queue.push_back(1);
        queue.push_back(2);
        assert_eq!(queue.pop_front(), Some(1));
        queue.push_back(3);
        queue.push_back(4);
        for left in [Some(2), Some(3), Some(4), None] {
            assert_eq!(queue.pop_front(), left);
        }
    }
}
