//! What two builds are asked to do.

use std::num::NonZeroUsize;
use std::time::Duration;

use fanout_harness::case::Case;
use fanout_model::Protocol;
use mock_server::Engine;

/// Every case; the first two are what is compared unless told otherwise. Batches are long enough for what is around
/// them to take little, and short enough for what disturbs a machine for a tenth of a second to meet all three
/// builds: on two shared cores a session's figure of `busy` scatters by 1.7 % with 2,000 requests a batch and by 1.1
/// % with 500, in the same time.
pub const ALL: [Case; 3] = [
    Case { parameter: "busy", requests: 500, ..COMPARED },
    Case { parameter: "waiting", requests: 100, delay: Duration::from_millis(5), ..COMPARED },
    Case { parameter: "connecting", requests: 200, protocol: Some(Protocol::ConnectionPerRequest), ..COMPARED },
];

/// The hyper engine answers in all: its delays end when they are due.
const COMPARED: Case = Case { concurrency: NonZeroUsize::new(20), engine: Engine::Hyper, ..Case::WARM };

/// What each of [`ALL`] is, in a line.
pub const ABOUT: [&str; ALL.len()] = [
    "500 requests to a server that answers at once, 20 in flight: processor time without waiting",
    "100 requests to a server that takes 5 ms, 20 in flight",
    "200 requests, each on a connection of its own, 20 in flight",
];

/// The case of this name.
///
/// # Errors
/// A message with all names.
pub fn find(name: &str) -> Result<Case, String> {
    let names = || ALL.map(|case| case.parameter).join(", ");
    ALL.into_iter()
        .find(|case| case.parameter == name)
        .ok_or_else(|| format!("no scenario `{name}`; there are {}", names()))
}
