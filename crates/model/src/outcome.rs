//! What a request became, and what a run cost.

use std::ops::AddAssign;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::RequestError;

/// What one request became. Times are offsets from the start of its batch, so that waiting for a turn (`started`) and
/// being served (`finished - started`) can be told apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Who carried it: the index of a process, a thread or a task slot.
    pub lane: usize,
    /// When its turn came.
    #[serde(rename = "started_ns", with = "nanoseconds")]
    pub started: Duration,
    /// When its answer was whole, or its failure known.
    #[serde(rename = "finished_ns", with = "nanoseconds")]
    pub finished: Duration,
    /// The UUID, or why there is none.
    pub result: Result<Uuid, RequestError>,
}

impl Outcome {
    /// A request that nobody carried to an end.
    #[must_use]
    pub fn lost(lane: usize, at: Duration, reason: impl Into<String>) -> Self {
        Self { lane, started: at, finished: at, result: Err(RequestError::Lost(reason.into())) }
    }

    /// The same on the clock of a batch that had run for so long when this one's began.
    #[must_use]
    pub fn later(self, by: Duration) -> Self {
        Self { started: by + self.started, finished: by + self.finished, ..self }
    }
}

/// What a run cost the machine, over all threads of the processes it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Time on a processor in user mode.
    #[serde(rename = "user_ns", with = "nanoseconds")]
    pub user: Duration,
    /// Time on a processor in the kernel.
    #[serde(rename = "system_ns", with = "nanoseconds")]
    pub system: Duration,
    /// Times a thread gave its processor up, to wait.
    pub voluntary_switches: u64,
    /// Times a thread's processor was taken away.
    pub involuntary_switches: u64,
    /// The most memory that was resident at one time, in bytes: for several processes, the sum of each one's most. 0
    /// in runs that were recorded before it was counted.
    #[serde(default)]
    pub peak_memory: u64,
    /// The most threads that were seen at one time, summed likewise. 0 in runs that were recorded before.
    #[serde(default)]
    pub threads: u64,
}

impl Usage {
    /// User and system time together.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        self.user + self.system
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.user += other.user;
        self.system += other.system;
        self.voluntary_switches += other.voluntary_switches;
        self.involuntary_switches += other.involuntary_switches;
        self.peak_memory += other.peak_memory;
        self.threads += other.threads;
    }
}

/// Durations as whole nanoseconds, which any language reads back exactly.
mod nanoseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(value.as_nanos()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_nanos)
    }
}
