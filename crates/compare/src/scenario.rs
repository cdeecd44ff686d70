//! Defines the scenarios of a comparison: what the two builds are asked to do.

use std::num::NonZeroUsize;
use std::time::Duration;

use fanout_harness::case::Case;
use fanout_model::Protocol;
use mock_server::Engine;

/// All cases. A comparison measures the first two unless it is told otherwise. A batch is long enough that what
/// surrounds it takes little of the time, and short enough that a disturbance of a tenth of a second affects all
/// three workers. On two shared cores, the figure of a session of `busy` scatters by 1.7 % with 2,000 requests a
/// batch and by 1.1 % with 500, in the same time.
pub const ALL: [Case; 3] = [
    Case { parameter: "busy", requests: 500, ..COMPARED },
    Case { parameter: "waiting", requests: 100, delay: Duration::from_millis(5), ..COMPARED },
    Case { parameter: "connecting", requests: 200, protocol: Some(Protocol::ConnectionPerRequest), ..COMPARED },
];

/// The lean server engine answers in all cases, because its delays end when they are due.
const COMPARED: Case = Case { concurrency: NonZeroUsize::new(20), engine: Engine::Hyper, ..Case::WARM };

/// One line about each of [`ALL`].
pub const ABOUT: [&str; ALL.len()] = [
    "500 requests to a server that answers at once, 20 in flight: processor time without waiting",
    "100 requests to a server that takes 5 ms, 20 in flight",
    "200 requests, each on a connection of its own, 20 in flight",
];

/// Finds the case of this name.
///
/// # Errors
/// If there is no such case. The message has the names of all cases.
pub fn find(name: &str) -> Result<Case, String> {
    let names = || ALL.map(|case| case.parameter).join(", ");
    ALL.into_iter()
        .find(|case| case.parameter == name)
        .ok_or_else(|| format!("no scenario `{name}`; there are {}", names()))
}
