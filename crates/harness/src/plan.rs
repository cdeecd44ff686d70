//! Defines a plan: a scenario with its arms and its number of rounds, ready to be measured.

use fanout_record::run::{Exchange, Scenario, Start};
use mock_server::Engine;

use crate::arm::Entrant;
use crate::schedule::Schedule;

/// A scenario with its arms and its number of rounds, ready to be measured.
#[derive(Clone)]
pub struct Plan {
    /// The scenario that each arm is asked to carry out.
    pub scenario: Scenario,
    /// The engine of the mock server that answers, if no other server was named.
    pub engine: Engine,
    /// The congestion control of TCP in the network that is made for it; `None` for the system's own.
    pub congestion: Option<String>,
    /// The participants.
    pub entrants: Vec<Entrant>,
    /// How many rounds there are.
    pub schedule: Schedule,
}

impl Plan {
    /// Returns the batches that are sent at most, those of the warm-up included: the length of each, and how often it
    /// is sent.
    #[must_use]
    pub fn batches(&self) -> Vec<(usize, u64)> {
        let (n, waits, rounds) = (self.scenario.requests, waits(&self.scenario), self.schedule.most as u64);
        let of_an_arm = |entrant: &Entrant| {
            let n = entrant.requests(n);
            let warm_up = match self.scenario.start {
                Start::Warm => entrant.requests_to_warm_up(n, waits),
                Start::Cold => 0,
            };
            [(n, rounds), (warm_up, rounds * warm_ups(&self.scenario) as u64)]
        };
        self.entrants.iter().flat_map(of_an_arm).collect()
    }
}

/// Returns whether the server takes some time for each answer. A server whose delay is not known is not the mock
/// server, and takes some time. The user's own requests may go to many servers, and all of them are to be connected
/// to before the clock runs, as if they answered at once.
pub(crate) fn waits(scenario: &Scenario) -> bool {
    !scenario.is_answered_at_once() && scenario.exchange != Exchange::Own
}

/// The length from which a body is large, in bytes. From here on, glibc takes memory for each allocation from the
/// system and returns it, until it has seen some of them freed (`M_MMAP_THRESHOLD` in mallopt(3)).
const LARGE: u64 = 128 * 1024;

/// Returns how many batches a process sends before the first one on the clock. Large bodies need three: with one, the
/// first batch on the clock took up to twice as much processor time as the third. The likely reason is that the
/// process was still getting memory from the system.
pub(crate) fn warm_ups(scenario: &Scenario) -> usize {
    match scenario.exchange {
        Exchange::Download { bytes, .. } | Exchange::Upload { bytes } if bytes >= LARGE => 3,
        Exchange::Download { .. } | Exchange::Upload { .. } | Exchange::Uuid | Exchange::Own => 1,
    }
}
