//! A sample as its JSON has it: all members side by side. Samples are most of a run file, and this reads them at once,
//! where serde's `flatten` would put each aside first, and take a server's count of the wrong type for none.

use std::time::Duration;

use fanout_model::Usage;
use serde::Deserialize;

use crate::run::{Counted, Sample};

#[derive(Deserialize)]
pub(crate) struct Flat {
    round: usize,
    wall_ns: u64,
    user_ns: u64,
    system_ns: u64,
    voluntary_switches: u64,
    involuntary_switches: u64,
    #[serde(default)]
    peak_memory: u64,
    #[serde(default)]
    threads: u64,
    peak_in_flight: Option<u64>,
    connections: Option<u64>,
}

impl TryFrom<Flat> for Sample {
    type Error = &'static str;

    fn try_from(flat: Flat) -> Result<Self, Self::Error> {
        let server = match (flat.peak_in_flight, flat.connections) {
            (Some(peak_in_flight), connections) => Some(Counted { peak_in_flight, connections }),
            (None, None) => None,
            (None, Some(_)) => return Err("`connections` without `peak_in_flight`"),
        };
        let usage = Usage {
            user: Duration::from_nanos(flat.user_ns),
            system: Duration::from_nanos(flat.system_ns),
            voluntary_switches: flat.voluntary_switches,
            involuntary_switches: flat.involuntary_switches,
            peak_memory: flat.peak_memory,
            threads: flat.threads,
        };
        Ok(Self { round: flat.round, wall_ns: flat.wall_ns, usage, server })
    }
}
