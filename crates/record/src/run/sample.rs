//! Defines a sample: what one verified batch of one arm took and cost.

use std::time::Duration;

use fanout_model::Usage;

pub(super) mod columns;

/// One verified batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The round it was taken in, from 0.
    pub round: usize,
    /// Which of the arm's processes it was taken in, from 0. `None` in runs before version 3, in which an arm had one
    /// process for all rounds.
    pub process: Option<usize>,
    /// Time on the clock.
    pub wall_ns: u64,
    /// How many times as many requests as the scenario says the batch had. It is 1, unless the arm has a number of
    /// requests of its own.
    pub share: f64,
    /// What the batch used on the client's side, worker processes included.
    pub usage: Usage,
    /// What the server counted; `None` if the server is not the mock server.
    pub server: Option<Counted>,
}

impl Sample {
    /// Returns the time of a batch with as many requests as the scenario says, if each takes as long as in this
    /// batch.
    #[must_use]
    pub fn time(&self) -> Duration {
        Duration::from_nanos((self.wall_ns as f64 / self.share) as u64)
    }

    /// Returns the processor time of a batch with as many requests as the scenario says, likewise.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        self.usage.cpu().div_f64(self.share)
    }
}

/// What the server counted of one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The most requests that waited for their answers at one time. It is never more than the truth.
    pub peak_in_flight: u64,
    /// How many connections carried a request; `None` for HTTP/2 on the wiremock engine, which cannot tell
    /// connections from streams.
    pub connections: Option<u64>,
    /// How many requests it refused. 0 in runs before it had limits.
    pub refused: u64,
    /// How many requests waited for their turn, because the server's capacity was used up. 0 in runs before it was
    /// recorded.
    pub queued: u64,
    /// The most requests that waited for their turn at one time. 0 in runs before it was recorded.
    pub longest_queue: u64,
}
