//! What comparisons on a machine can see: tried with identical builds and with builds made slower on purpose, kept for each
//! machine in `target/fanout/calibrations/`.

use std::path::{Path, PathBuf};

use fanout_record::file;
use serde::{Deserialize, Serialize};

use crate::compare::Outcome;
use crate::verdict::Verdict;

/// What came out of calibrating a machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Of which machine.
    pub machine: String,
    /// When it was taken (RFC 3339).
    pub taken: String,
    /// The model that was tried.
    pub model: String,
    /// The scenario that it was tried in.
    pub scenario: String,
    /// How long each comparison was allowed to take, in seconds.
    pub budget_s: f64,
    /// The smallest difference that mattered, in percent.
    pub threshold: f64,
    /// One for each slowdown.
    pub tried: Vec<Tried>,
}

/// One slowdown, tried many times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// How much slower B was made, in percent of its processor time.
    pub slower: f64,
    /// How often it was tried.
    pub tries: usize,
    /// Called regressed.
    pub regressed: usize,
    /// Called improved.
    pub improved: usize,
    /// Called equivalent.
    pub equivalent: usize,
    /// How long a comparison took, in seconds, on average.
    pub took_s: f64,
    /// The part of it that was on the clock.
    pub on_the_clock: f64,
}

impl Tried {
    /// Adds one try.
    pub fn add(&mut self, outcome: &Outcome) {
        let before = self.tries as f64;
        self.tries += 1;
        match outcome.verdict {
            Verdict::Regressed => self.regressed += 1,
            Verdict::Improved => self.improved += 1,
            Verdict::Equivalent => self.equivalent += 1,
            Verdict::Inconclusive => {}
        }
        let took = outcome.took.as_secs_f64();
        let mean = |mean: f64, value: f64| (mean * before + value) / (before + 1.0);
        self.took_s = mean(self.took_s, took);
        self.on_the_clock = mean(self.on_the_clock, outcome.on_the_clock.as_secs_f64() / took.max(f64::MIN_POSITIVE));
    }
}

impl Calibration {
    /// The smallest slowdown, in percent, that was seen nine times out of ten; `None` where none was.
    #[must_use]
    pub fn smallest_seen(&self) -> Option<f64> {
        let seen = self.tried.iter().filter(|tried| tried.slower > 0.0 && tried.tries > 0);
        let seen = seen.filter(|tried| 10 * tried.regressed >= 9 * tried.tries);
        seen.map(|tried| tried.slower).min_by(f64::total_cmp)
    }

    /// How often identical builds were called regressed or improved, and of how many tries.
    #[must_use]
    pub fn false_alarms(&self) -> (usize, usize) {
        let identical = self.tried.iter().filter(|tried| tried.slower == 0.0);
        identical.fold((0, 0), |(alarms, tries), it| (alarms + it.regressed + it.improved, tries + it.tries))
    }

    /// Keeps it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn keep(&self, derived: &Path) -> std::io::Result<PathBuf> {
        let path = path(derived, &self.machine);
        file::replace(&path, self)?;
        Ok(path)
    }
}

/// The threshold of a machine, in percent: the smallest slowdown that its calibration saw. `None` where it has none, or saw
/// none.
#[must_use]
pub fn threshold(derived: &Path, machine: &str) -> Option<f64> {
    let bytes = std::fs::read(path(derived, machine)).ok()?;
    serde_json::from_slice::<Calibration>(&bytes).ok()?.smallest_seen()
}

fn path(derived: &Path, machine: &str) -> PathBuf {
    derived.join("calibrations").join(format!("{machine}.json"))
}
