//! Defines the limits of the mock server in a scenario.

use serde::{Deserialize, Serialize};

/// How much the mock server takes in a scenario. Without limits, it takes whatever comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// How many requests it serves at once. The others wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// How many requests it serves at once later in a batch: after so many requests, and how many then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<(u64, u32)>,
    /// How many requests may wait, or `None` for any number. It answers 503 to the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<u32>,
    /// How many requests it takes in a second, and how many of them at one moment after a pause. It answers 429 to
    /// the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<(u32, u32)>,
}

impl Limits {
    /// No limits.
    pub const NONE: Self = Self { capacity: None, then: None, queue: None, rate: None };

    /// Returns whether there are no limits.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}
