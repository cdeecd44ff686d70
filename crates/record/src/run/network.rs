//! Defines the network between the client and the server of a scenario, where it was made for the scenario, and how
//! it carried what was sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The link between two ends of a network that was made on this machine (`cargo fanout netlab`). Both directions are
/// alike.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// The time of a round trip of a small packet.
    pub round_trip_ns: u64,
    /// The share of packets that each direction loses, from 0 to 1.
    pub loss: f64,
    /// The seed of the loss: in each direction, the same packets are lost with the same seed.
    pub seed: u64,
}

impl Network {
    /// Returns the time of a round trip.
    #[must_use]
    pub fn round_trip(&self) -> Duration {
        Duration::from_nanos(self.round_trip_ns)
    }
}

/// How a network that was made carried what was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transport {
    /// Who carried the packets.
    pub carrier: Carrier,
    /// The congestion control of TCP at both ends, as Linux names it, such as `cubic`; `None` if it is not known. It
    /// says how much a sender sends before it has an answer (RFC 5681).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub congestion: Option<String>,
}

/// Who carries the packets of a network that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// The kernel's netem.
    Netem,
    /// The relay, which is a part of fanout.
    Relay,
}
