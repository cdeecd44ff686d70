//! Counts what a method claims in many tries.

use fanout_stats::Standing;

use crate::made::TRUTH;

/// The counts from many tries.
#[derive(Default)]
pub(crate) struct Counted {
    false_worse: usize,
    false_as_good: usize,
    /// How many of the models that take 5, 10 and 20 % more were called worse.
    found: [usize; 3],
    as_good: usize,
}

impl Counted {
    /// Counts the standings of models that are all identical.
    pub(crate) fn identical(&mut self, standings: &[Standing]) {
        self.false_worse += usize::from(standings.contains(&Standing::Worse));
    }

    /// Counts the standings of models with the true times [`TRUTH`].
    pub(crate) fn different(&mut self, standings: &[Standing]) {
        let is_good = |standing: &Standing| matches!(standing, Standing::Best | Standing::AsGood);
        let takes = |wanted: f64| {
            let with = TRUTH.iter().zip(standings).filter(move |(truth, _)| (**truth - wanted).abs() < 1e-9);
            with.map(|(_, standing)| standing)
        };
        self.false_as_good += usize::from(takes(1.1).chain(takes(1.2)).any(is_good));
        for (found, wanted) in self.found.iter_mut().zip([1.05, 1.1, 1.2]) {
            *found += takes(wanted).filter(|standing| **standing == Standing::Worse).count();
        }
        self.as_good += takes(1.0).filter(|standing| is_good(standing)).count();
    }

    /// Returns a row of the table.
    pub(crate) fn row(&self, name: &str, rounds: usize, disturbed: bool, tries: usize) -> Vec<String> {
        let percent = |n: usize, of: usize| format!("{:.1} %", 100.0 * n as f64 / (of * tries) as f64);
        let [five, ten, twenty] = self.found;
        vec![
            name.into(),
            rounds.to_string(),
            if disturbed { "yes" } else { "no" }.into(),
            percent(self.false_worse, 1),
            percent(self.false_as_good, 1),
            percent(five, 3),
            percent(ten, 3),
            percent(twenty, 4),
            percent(self.as_good, 6),
        ]
    }
}
