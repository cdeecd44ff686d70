//! Decides how many rounds a scenario gets, and when there are enough.

use std::time::{Duration, Instant};

use fanout_record::run::{Ended, Sample};

/// The fewest processes that an arm has, if there are as many rounds.
const FEWEST_PROCESSES: usize = 6;

/// The most rounds for which an arm keeps a process.
const MOST_ROUNDS_EACH: usize = 3;

/// How many rounds a scenario gets, and how many of them an arm runs in the same process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The number of rounds that are measured in any case.
    pub least: usize,
    /// The number of rounds after which there are no more.
    pub most: usize,
    /// How long measuring may take once there are the least rounds and processes; `None` for as long as it takes.
    pub time: Option<Duration>,
}

impl Schedule {
    /// Returns a schedule of exactly this many rounds, whatever they show.
    #[must_use]
    pub fn exactly(rounds: usize) -> Self {
        Self { least: rounds, most: rounds, time: None }
    }

    /// Returns for how many rounds an arm keeps each of its processes, if starting the processes of all arms takes
    /// `start`, and a round takes `round`: for as many rounds as take as long as the start, three at most. There are
    /// fewer if [`FEWEST_PROCESSES`] would need more rounds than there may be.
    ///
    /// A round in a fresh process tells more than another round in the same process, but it costs a start. In
    /// recorded runs, the variance between processes was 0.00 to 0.12 of that between the batches of a process. By
    /// the formula for repetition counts of Kalibera & Jones, "Rigorous Benchmarking in Reasonable Time" (ISMM 2013),
    /// three or more rounds are best even where starting takes no longer than a round. There are fewer here, because
    /// an interval from few processes has few degrees of freedom.
    pub(crate) fn rounds_each(&self, start: Duration, round: Duration) -> usize {
        let filled = start.as_nanos().div_ceil(round.as_nanos().max(1));
        let filled = usize::try_from(filled).unwrap_or(MOST_ROUNDS_EACH).clamp(1, MOST_ROUNDS_EACH);
        // If results decide when the rounds end, there may be more than the least, but they may also end there.
        let rounds = if self.least == self.most { self.most } else { MOST_ROUNDS_EACH * self.least };
        filled.min(rounds / FEWEST_PROCESSES).max(1)
    }

    /// Returns whether there are as many rounds and processes as there are in any case.
    #[must_use]
    pub fn has_least(&self, rounds: usize, processes: usize) -> bool {
        rounds >= self.least && processes >= FEWEST_PROCESSES.min(self.least)
    }

    /// Returns why the rounds end after so many of them, in so many processes of each arm, or `None` if they go on.
    /// `next` is how long those of the next process may take.
    pub(crate) fn ended(
        &self,
        rounds: usize,
        processes: usize,
        begun: Instant,
        next: Duration,
        settled: bool,
    ) -> Option<Ended> {
        if rounds >= self.most {
            // If the results of rounds do not decide when they end, their number was asked for.
            return Some(Ended::Rounds);
        }
        if !self.has_least(rounds, processes) {
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
        assert_eq!(schedule.ended(9, 9, now, soon, true), None);
        assert_eq!(schedule.ended(15, 5, now, soon, true), None);
        assert_eq!(schedule.ended(12, 6, now, soon, true), Some(Ended::Settled));
        assert_eq!(schedule.ended(10, 10, now, soon, false), None);
        assert_eq!(schedule.ended(10, 10, now, Duration::from_secs(3_601), false), Some(Ended::Budget));
        assert_eq!(schedule.ended(20, 10, now, soon, false), Some(Ended::Rounds));
        assert_eq!(Schedule::exactly(10).ended(9, 9, now, Duration::MAX, true), None);
        let coarse = Schedule { least: 3, ..schedule };
        assert_eq!(
            (coarse.ended(2, 2, now, soon, true), coarse.ended(3, 3, now, soon, true)),
            (None, Some(Ended::Settled))
        );
    }

    #[test]
    fn an_arm_keeps_its_process_for_as_long_as_starting_it_took_and_has_six_if_there_are_as_many_rounds() {
        let schedule = Schedule { least: 10, most: 400, time: None };
        let each = |schedule: Schedule, start: u64, round: u64| {
            schedule.rounds_each(Duration::from_millis(start), Duration::from_millis(round))
        };
        let found = [(10, 100), (100, 100), (101, 100), (300, 100), (1_000, 100), (1, 0)];
        assert_eq!(found.map(|(start, round)| each(schedule, start, round)), [1, 1, 2, 3, 3, 3]);
        // Rounds that were asked for, and the fewest rounds of a given time.
        assert_eq!([3, 10, 15, 30].map(|rounds| each(Schedule::exactly(rounds), 1_000, 100)), [1, 1, 2, 3]);
        assert_eq!(each(Schedule { least: 3, ..schedule }, 1_000, 100), 1);
    }
}
