//! Keeps what comparisons on a machine can detect, for each machine in `target/fanout/calibrations/`. This is tried
//! with identical builds and with builds that are made slower on purpose.

use std::path::{Path, PathBuf};

use fanout_analysis::verdict::Verdict;
use fanout_record::write;
use serde::{Deserialize, Serialize};

use crate::comparison::PairOutcome;

/// The result of calibrating a machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The machine's id.
    pub machine: String,
    /// When the calibration was made (RFC 3339).
    pub taken: String,
    /// The model that was tried.
    pub model: String,
    /// The scenario that it was tried in.
    pub scenario: String,
    /// How long each comparison was allowed to take, in seconds.
    pub budget_s: f64,
    /// The smallest difference that mattered, in percent.
    pub threshold: f64,
    /// How many processors were kept busy meanwhile.
    #[serde(default)]
    pub busy: usize,
    /// An entry for each slowdown.
    pub tried: Vec<Tried>,
}

/// One slowdown that was tried many times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// How much slower B was made, in percent of its processor time.
    pub slower: f64,
    /// How often it was tried.
    pub tries: usize,
    /// How often the verdict was *regressed*.
    pub regressed: usize,
    /// How often the verdict was *improved*.
    pub improved: usize,
    /// How often the verdict was *equivalent*.
    pub equivalent: usize,
    /// How long a comparison took, in seconds, on average.
    pub took_s: f64,
    /// The share of that time that was on the clock, on average.
    pub on_the_clock: f64,
}

impl Tried {
    /// Returns whether B was not made slower.
    #[must_use]
    pub fn is_identical(&self) -> bool {
        self.slower <= 0.0
    }

    /// Adds the outcome of one try.
    pub fn add(&mut self, outcome: &PairOutcome) {
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

/// The fewest tries that tell how often a slowdown is detected.
pub const LEAST: usize = 10;

impl Calibration {
    /// Returns whether this tells what the machine can detect: identical builds and slower ones were tried often
    /// enough, and no processor was kept busy on purpose.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let tried = |identical| self.tried.iter().any(|it| it.is_identical() == identical && it.tries >= LEAST);
        self.busy == 0 && tried(true) && tried(false)
    }

    /// Returns the smallest slowdown, in percent, that was detected in nine of ten tries, as was every larger one. It
    /// is `None` if the largest one was not.
    #[must_use]
    pub fn smallest_seen(&self) -> Option<f64> {
        let mut slower: Vec<&Tried> =
            self.tried.iter().filter(|tried| !tried.is_identical() && tried.tries > 0).collect();
        slower.sort_by(|a, b| b.slower.total_cmp(&a.slower));
        slower.iter().take_while(|tried| 10 * tried.regressed >= 9 * tried.tries).last().map(|tried| tried.slower)
    }

    /// Returns the threshold that comparisons then use, in percent: the smallest slowdown that was detected. It is
    /// `None` if none was, or if at least one in ten identical builds was called different.
    #[must_use]
    pub fn threshold(&self) -> Option<f64> {
        let (alarms, tries) = self.false_alarms();
        self.smallest_seen().filter(|_| 10 * alarms < tries)
    }

    /// Returns how often identical builds were called regressed or improved, and in how many tries.
    #[must_use]
    pub fn false_alarms(&self) -> (usize, usize) {
        let identical = self.tried.iter().filter(|tried| tried.is_identical());
        identical.fold((0, 0), |(alarms, tries), it| (alarms + it.regressed + it.improved, tries + it.tries))
    }

    /// Writes the calibration to the file of its machine, and returns the path of that file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn keep(&self, derived: &Path) -> std::io::Result<PathBuf> {
        let path = path(derived, &self.machine);
        write::replace(&path, self)?;
        Ok(path)
    }
}

/// Reads what was kept for a machine. It is `None` if nothing was kept, or nothing that can be read.
#[must_use]
pub fn kept(derived: &Path, machine: &str) -> Option<Calibration> {
    serde_json::from_slice(&std::fs::read(path(derived, machine)).ok()?).ok()
}

fn path(derived: &Path, machine: &str) -> PathBuf {
    derived.join("calibrations").join(format!("{machine}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibration(tried: &[(f64, usize, usize)]) -> Calibration {
        let tried = tried.iter().map(|(slower, tries, regressed)| Tried {
            slower: *slower,
            tries: *tries,
            regressed: *regressed,
            ..Tried::default()
        });
        Calibration { machine: "m".into(), tried: tried.collect(), ..Calibration::default() }
    }

    #[test]
    fn the_smallest_that_is_seen_is_one_beyond_which_all_are() {
        let seen = |tried: &[_]| calibration(tried).smallest_seen();
        assert_eq!(seen(&[(0.0, 10, 0), (2.0, 10, 3), (3.0, 10, 9), (5.0, 10, 10)]), Some(3.0));
        assert_eq!(seen(&[(5.0, 10, 10), (2.0, 10, 9), (3.0, 10, 8)]), Some(5.0));
        assert_eq!(seen(&[(0.0, 10, 10), (5.0, 10, 8)]), None);
        assert_eq!(seen(&[(5.0, 0, 0)]), None);
    }

    #[test]
    fn false_alarms_are_differences_of_identical_builds() {
        let mut some = calibration(&[(0.0, 10, 1), (5.0, 10, 10)]);
        some.tried[0].improved = 2;
        assert_eq!((some.false_alarms(), some.threshold()), ((3, 10), None));
        assert_eq!(calibration(&[(0.0, 10, 0), (5.0, 10, 10)]).threshold(), Some(5.0));
    }

    #[test]
    fn what_was_tried_too_little_or_beside_a_busy_process_is_no_threshold() {
        assert!(calibration(&[(0.0, 10, 0), (5.0, 10, 10)]).is_whole());
        assert!(!calibration(&[(0.0, 10, 0), (5.0, 9, 9)]).is_whole());
        assert!(!calibration(&[(0.0, 10, 0)]).is_whole());
        assert!(!calibration(&[(5.0, 10, 10)]).is_whole());
        assert!(!Calibration { busy: 1, ..calibration(&[(0.0, 10, 0), (5.0, 10, 10)]) }.is_whole());
    }

    #[test]
    fn what_is_kept_is_of_its_machine_and_of_no_other() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(kept(folder.path(), "m"), None);
        let calibration = calibration(&[(0.0, 10, 0), (5.0, 10, 10)]);
        let path = calibration.keep(folder.path()).unwrap();
        assert_eq!(kept(folder.path(), "m"), Some(calibration));
        assert_eq!(kept(folder.path(), "other"), None);
        std::fs::write(path, "{ half").unwrap();
        assert_eq!(kept(folder.path(), "m"), None);
    }
}
