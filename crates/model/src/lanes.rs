//! The lanes of a batch, for concurrency models that do not number their carriers themselves.

use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// As many lanes as requests may be in flight. Clones share them.
#[derive(Clone, Debug)]
pub struct Lanes(Arc<(Mutex<Vec<usize>>, Condvar)>);

/// A lane that is in use. Dropping it makes the lane free again.
#[derive(Debug)]
pub struct Lane {
    lanes: Lanes,
    index: usize,
}

impl Lanes {
    /// All lanes, free and numbered from 0.
    #[must_use]
    pub fn new(limit: NonZeroUsize) -> Self {
        // The last number in the list is taken first, so lane 0 is used most.
        Self(Arc::new((Mutex::new((0..limit.get()).rev().collect()), Condvar::new())))
    }

    /// Takes a free lane; `None` if there is none.
    #[must_use]
    pub fn take(&self) -> Option<Lane> {
        self.free().pop().map(|index| Lane { lanes: self.clone(), index })
    }

    /// Takes a free lane, and waits for one if necessary. It blocks the calling thread.
    #[must_use]
    pub fn wait(&self) -> Lane {
        let mut free = self.free();
        loop {
            if let Some(index) = free.pop() {
                return Lane { lanes: self.clone(), index };
            }
            free = self.0.1.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A thread that panicked left a valid list, because a push or a pop is never half done.
    fn free(&self) -> MutexGuard<'_, Vec<usize>> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    /// The number of the lane.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.lanes.free().push(self.index);
        self.lanes.0.1.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_one_at_a_time_and_free_again_when_dropped_or_lost_to_a_panic() {
        let lanes = Lanes::new(NonZeroUsize::new(2).unwrap());
        let (first, second) = (lanes.take().unwrap(), lanes.wait());
        assert_eq!((first.index(), second.index()), (0, 1));
        assert!(lanes.take().is_none());
        let carrier = std::thread::spawn(move || {
            let _lane = second;
            panic!("on purpose");
        });
        assert_eq!(lanes.wait().index(), 1);
        assert!(carrier.join().is_err());
    }
}
