//! The outcome of a request, and the cost of a run.

use std::ops::AddAssign;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Found, RequestError};

/// The outcome of one request. Times are offsets from the start of its batch, so that the wait for its turn
/// (`started`) and its own time (`finished - started`) can be told apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The lane: the index of a process, a thread or a task slot.
    pub lane: usize,
    /// When its turn came.
    #[serde(rename = "started_ns", with = "as_nanoseconds")]
    pub started: Duration,
    /// When its answer was checked, or its failure was known.
    #[serde(rename = "finished_ns", with = "as_nanoseconds")]
    pub finished: Duration,
    /// What the check found in the answer, or why the request failed.
    pub result: Result<Found, RequestError>,
    /// How often the request was sent again, because it had failed in passing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub again: u32,
}

impl Outcome {
    /// A request that was not carried to an end.
    #[must_use]
    pub fn lost(lane: usize, at: Duration, reason: impl Into<String>) -> Self {
        Self { lane, started: at, finished: at, result: Err(RequestError::Lost(reason.into())), again: 0 }
    }

    /// The same outcome on the clock of another batch, which had run for this long when this outcome's batch began.
    #[must_use]
    pub fn later(self, by: Duration) -> Self {
        Self { started: by + self.started, finished: by + self.finished, ..self }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// What a run cost, summed over all threads of the processes that it concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Processor time in user mode.
    #[serde(rename = "user_ns", with = "as_nanoseconds")]
    pub user: Duration,
    /// Processor time in the kernel.
    #[serde(rename = "system_ns", with = "as_nanoseconds")]
    pub system: Duration,
    /// How often a thread gave its processor up to wait.
    pub voluntary_switches: u64,
    /// How often the system took a thread's processor away.
    pub involuntary_switches: u64,
    /// The most memory that was resident at one time, in bytes. With several processes, it is the sum of their
    /// maximums. 0 in runs that were recorded before this was counted.
    #[serde(default)]
    pub peak_memory: u64,
    /// The most threads that were seen at one time, summed likewise. 0 in runs that were recorded before this was
    /// counted.
    #[serde(default)]
    pub threads: u64,
}

impl Usage {
    /// User time and system time together.
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

/// The whole nanoseconds of a duration; the largest number there is for a duration of more than 584 years.
#[must_use]
pub fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Durations as whole nanoseconds, which any language can read back exactly.
mod as_nanoseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(super::nanoseconds(*value))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_nanos)
    }
}
