//! Counts how many objects could be read, to stop where a server has stopped.

use crate::error::{Kind, StoreError};

/// The number of failed readings after which the other objects are not tried any more, unless more readings succeed
/// than fail. A server that has stopped would otherwise be asked thousands of times.
const FAILURES: usize = 20;

/// How many objects were read, and how many could not be.
#[derive(Default)]
pub(crate) struct Tally {
    read: usize,
    failed: usize,
    first: Option<StoreError>,
}

impl Tally {
    /// Counts one reading. Returns whether the others need not be tried.
    pub(crate) fn add(&mut self, error: Option<&StoreError>) -> bool {
        match error {
            // An object that was deleted after the listing, or is too large, says nothing about the others.
            Some(error) if matches!(error.kind, Kind::NotThere | Kind::TooLarge) => {}
            Some(error) => {
                self.failed += 1;
                self.first.get_or_insert_with(|| error.clone());
            }
            None => self.read += 1,
        }
        self.is_enough()
    }

    fn is_enough(&self) -> bool {
        self.failed >= FAILURES && self.failed > self.read
    }

    /// Returns the error if the others were not tried.
    pub(crate) fn given_up(self) -> Option<StoreError> {
        let (failed, read) = (self.failed, self.read);
        let is_enough = self.is_enough();
        let first = self.first.filter(|_| is_enough)?;
        Some(StoreError {
            reason: format!("{}, and so it was with {failed} objects; {read} were read", first.reason),
            ..first
        })
    }
}
