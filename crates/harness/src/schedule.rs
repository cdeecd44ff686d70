//! Decides how many rounds a scenario gets, and when there are enough.

use std::time::{Duration, Instant};

use fanout_record::run::{Ended, Sample};

/// How many rounds a scenario gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The number of rounds that are measured in any case.
    pub least: usize,
    /// The number of rounds after which there are no more.
    pub most: usize,
    /// How long measuring may take once `least` is reached; `None` for as long as it takes.
    pub time: Option<Duration>,
}

impl Schedule {
    /// Returns a schedule of exactly this many rounds, whatever they show.
    #[must_use]
    pub fn exactly(rounds: usize) -> Self {
        Self { least: rounds, most: rounds, time: None }
    }

    /// Returns why the rounds end after `done` of them, or `None` if they go on. `next` is how long the next round
    /// may take.
    pub(crate) fn ended(&self, done: usize, begun: Instant, next: Duration, settled: bool) -> Option<Ended> {
        if done >= self.most {
            // If the results of rounds do not decide when they end, their number was asked for.
            return Some(Ended::Rounds);
        }
        if done < self.least {
            return None;
        }
        let late = self.time.is_some_and(|time| begun.elapsed() + next > time);
        match (settled, late) {
            (true, _) => Some(Ended::Settled),
            (false, true) => Some(Ended::Budget),
            (false, false) => None,
        }
    }
}

/// The progress of a scenario, as its samples so far show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progressed {
    /// Whether more rounds would show nothing that matters.
    pub settled: bool,
    /// The arms that need not run any more, by their places.
    pub resting: Vec<usize>,
}

/// Judges the samples of each arm so far; `None` stands for an arm that failed. It may look at the widths of
/// intervals and at what is settled, but not at which arm wins.
pub type Judge<'a> = dyn Fn(&[Option<&[Sample]>]) -> Progressed + Sync + 'a;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_end_when_all_is_settled_or_the_time_is_used_and_never_before_the_least() {
        let schedule = Schedule { least: 10, most: 20, time: Some(Duration::from_secs(3_600)) };
        let (now, soon) = (Instant::now(), Duration::from_millis(1));
        assert_eq!(schedule.ended(9, now, soon, true), None);
        assert_eq!(schedule.ended(10, now, soon, true), Some(Ended::Settled));
        assert_eq!(schedule.ended(10, now, soon, false), None);
        assert_eq!(schedule.ended(10, now, Duration::from_secs(3_601), false), Some(Ended::Budget));
        assert_eq!(schedule.ended(20, now, soon, false), Some(Ended::Rounds));
        assert_eq!(Schedule::exactly(10).ended(9, now, Duration::MAX, true), None);
    }
}
