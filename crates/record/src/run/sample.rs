//! A sample: what one verified batch of one arm took and cost.

use fanout_model::Usage;

pub(super) mod columns;

/// One verified batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The round it was taken in, from 0.
    pub round: usize,
    /// Time on the clock.
    pub wall_ns: u64,
    /// What it cost the processors on the client's side, worker processes included.
    pub usage: Usage,
    /// What the server counted, where it is ours.
    pub server: Option<Counted>,
}

/// What the server counted of one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The most requests waiting for their answer at one time; never more than the truth.
    pub peak_in_flight: u64,
    /// Connections that carried a request; `None` for HTTP/2 on wiremock, which does not tell streams from
    /// connections.
    pub connections: Option<u64>,
}
