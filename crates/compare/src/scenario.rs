//! What two builds are asked to do.

use std::num::NonZeroUsize;
use std::time::Duration;

use fanout_model::{Model, Protocol};
use fanout_record::run::{Scenario, Start};

/// One scenario to compare in. The hyper engine answers in all: its delays end when they are due.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    requests: usize,
    concurrency: usize,
    delay: Duration,
    protocol: Option<Protocol>,
}

/// Every scenario; the first two are what is compared unless told otherwise. Batches are long enough for what is around
/// them to take little, and short enough for what disturbs a machine for a tenth of a second to meet all three builds: on
/// two shared cores a session's figure of `busy` scatters by 1.7 % with 2,000 requests a batch and by 1.1 % with 500, in
/// the same time.
pub const ALL: [Kind; 3] = [
    Kind {
        name: "busy",
        about: "500 requests to a server that answers at once, 20 in flight: the work alone",
        requests: 500,
        concurrency: 20,
        delay: Duration::ZERO,
        protocol: None,
    },
    Kind {
        name: "waiting",
        about: "100 requests to a server that takes 5 ms, 20 in flight",
        requests: 100,
        concurrency: 20,
        delay: Duration::from_millis(5),
        protocol: None,
    },
    Kind {
        name: "connecting",
        about: "200 requests on a connection each, 20 in flight",
        requests: 200,
        concurrency: 20,
        delay: Duration::ZERO,
        protocol: Some(Protocol::ConnectionPerRequest),
    },
];

impl Kind {
    /// Whether a model can take part.
    #[must_use]
    pub fn admits(&self, model: &dyn Model) -> bool {
        self.protocol.is_none_or(|protocol| model.protocols().contains(&protocol))
    }

    /// The most in flight.
    #[must_use]
    pub fn concurrency(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.concurrency).unwrap_or(NonZeroUsize::MIN)
    }

    /// How requests share connections, where that is asked for.
    #[must_use]
    pub fn protocol(&self) -> Option<Protocol> {
        self.protocol
    }

    /// As a run file has it.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        Scenario {
            parameter: self.name.into(),
            requests: self.requests,
            delay_ns: u64::try_from(self.delay.as_nanos()).ok(),
            protocol: self.protocol,
            tls: false,
            start: Start::Warm,
        }
    }
}

/// The scenario of this name.
///
/// # Errors
/// A message with all names.
pub fn find(name: &str) -> Result<Kind, String> {
    let names = || ALL.map(|kind| kind.name).join(", ");
    ALL.into_iter()
        .find(|kind| kind.name == name)
        .ok_or_else(|| format!("no scenario `{name}`; there are {}", names()))
}
