//! Reads the load around a measurement from Linux's /proc.

use std::fs;

use serde::{Deserialize, Serialize};

/// How busy the machine was. What cannot be found out is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// How many processes ran or wanted to run, averaged over the last minute.
    pub load: Option<f64>,
    /// Ticks (1/100 s) that the hypervisor kept from this machine since the machine started, over all processors.
    pub steal_ticks: Option<u64>,
    /// The percentage of the last 10 s in which some process waited for a processor (/proc/pressure/cpu).
    pub pressure: Option<f64>,
}

impl Environment {
    /// Reads how busy the machine is now.
    #[must_use]
    pub fn now() -> Self {
        let word = |path, n| fs::read_to_string(path).ok().and_then(|text| nth_word(&text, n));
        Self {
            load: word("/proc/loadavg", 0).and_then(|load| load.parse().ok()),
            // The first line is "cpu user nice system idle iowait irq softirq steal ..." (proc(5)).
            steal_ticks: word("/proc/stat", 8).and_then(|steal| steal.parse().ok()),
            // The first line begins like "some avg10=0.00 ...".
            pressure: word("/proc/pressure/cpu", 1).and_then(|avg| avg.strip_prefix("avg10=")?.parse().ok()),
        }
    }
}

fn nth_word(text: &str, n: usize) -> Option<String> {
    text.split_whitespace().nth(n).map(str::to_owned)
}
