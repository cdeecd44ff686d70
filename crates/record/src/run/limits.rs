//! Defines the limits of the mock server in a scenario, and has the words for them.

use std::fmt;

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

/// Says how many requests the server allows, exactly, as it follows "the server allows".
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { capacity, then, queue, rate } = self;
        let capacity = capacity.map(|capacity| format!("{capacity} at once"));
        let then = then.map(|(after, capacity)| format!("{capacity} after {after} requests"));
        let queue = queue.map(|queue| format!("{queue} waiting"));
        let rate = rate.map(|(rate, burst)| format!("{rate} a second, {burst} of them at one moment"));
        let parts: Vec<String> = [capacity, then, queue, rate].into_iter().flatten().collect();
        if parts.is_empty() { f.write_str("as many as are sent") } else { f.write_str(&parts.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_limits_are_told() {
        let all = Limits { capacity: Some(100), then: Some((2_000, 20)), queue: Some(5), rate: Some((500, 50)) };
        let told = "100 at once, 20 after 2000 requests, 5 waiting, 500 a second, 50 of them at one moment";
        assert_eq!(all.to_string(), told);
        assert_eq!(Limits { capacity: Some(20), ..Limits::NONE }.to_string(), "20 at once");
        assert_eq!(Limits::NONE.to_string(), "as many as are sent");
    }
}
