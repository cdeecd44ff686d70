//! The clock of one batch, and the collection of its outcomes in the order of the requests.

use std::time::{Duration, Instant};

use crate::Outcome;
use crate::retry::Tried;

/// One running batch: it hands out spans, and collects outcomes in the order of the requests.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    start: Instant,
}

impl Batch {
    /// Starts the clock.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Begins a request, whose turn has come, on `lane`.
    pub fn begin(&self, lane: usize) -> Span {
        Span { batch: *self, lane, started: self.elapsed() }
    }

    /// Puts `(index, outcome)` pairs, which may come in any order, into a list of `n` outcomes. A missing index
    /// becomes a lost request.
    #[must_use]
    pub fn in_order(&self, n: usize, finished: impl IntoIterator<Item = (usize, Outcome)>) -> Vec<Outcome> {
        let mut slots: Vec<Option<Outcome>> = vec![None; n];
        for (index, outcome) in finished {
            if let Some(slot) = slots.get_mut(index) {
                *slot = Some(outcome);
            }
        }
        let lost = || Outcome::lost(0, self.elapsed(), "the thread, process or task that carried it ended");
        slots.into_iter().map(|slot| slot.unwrap_or_else(lost)).collect()
    }

    /// `n` outcomes of a batch that failed as a whole.
    #[must_use]
    pub fn refused(n: usize, reason: &dyn std::error::Error) -> Vec<Outcome> {
        vec![Outcome::lost(0, Duration::ZERO, reason.to_string()); n]
    }
}

/// One request from its turn to its end.
#[derive(Debug)]
#[must_use = "a span that is not ended is a request without an outcome"]
pub struct Span {
    batch: Batch,
    lane: usize,
    started: Duration,
}

impl Span {
    /// The same request, which goes on on another lane.
    pub fn on(self, lane: usize) -> Self {
        Self { lane, ..self }
    }

    /// Ends the request with this result.
    pub fn end(self, tried: impl Into<Tried>) -> Outcome {
        let Tried { result, again } = tried.into();
        Outcome { lane: self.lane, started: self.started, finished: self.batch.elapsed(), result, again }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{Found, RequestError};

    #[test]
    fn outcomes_return_to_the_order_of_their_requests_and_gaps_are_lost_requests() {
        let batch = Batch::start();
        let id = Found::Uuid(Uuid::from_u128(7));
        let outcomes =
            batch.in_order(3, [(2, batch.begin(5).end(Ok(id.clone()))), (9, batch.begin(0).end(Ok(id.clone())))]);
        assert_eq!(outcomes.len(), 3);
        assert!(matches!(outcomes[0].result, Err(RequestError::Lost(_))));
        assert!(matches!(outcomes[1].result, Err(RequestError::Lost(_))));
        assert_eq!((outcomes[2].lane, &outcomes[2].result), (5, &Ok(id)));
    }
}
