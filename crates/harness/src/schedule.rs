//! How many rounds a scenario gets, in how many processes of each arm, and when there are enough.

use std::time::{Duration, Instant};

use fanout_record::run::{Ended, Sample};

/// Each arm runs in this many fresh processes at least, so that the interval is over processes. With fewer, what a
/// process happens to be would decide.
pub const LEAST_PROCESSES: usize = 5;

/// Each process runs this many rounds. More processes tell more than more rounds of one; but starting a process and
/// warming it up costs about as much as a round.
pub const ROUNDS_PER_PROCESS: usize = 2;

/// How many rounds a scenario gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Rounds that are measured in any case.
    pub least: usize,
    /// Rounds after which there are no more.
    pub most: usize,
    /// How long measuring may take once `least` is reached; `None` for as long as it takes.
    pub time: Option<Duration>,
}

impl Schedule {
    /// So many rounds, whatever they show.
    #[must_use]
    pub fn exactly(rounds: usize) -> Self {
        Self { least: rounds, most: rounds, time: None }
    }

    /// The process of each of the most rounds: as many processes as there must be, with rounds split evenly.
    #[must_use]
    pub fn processes(&self) -> Vec<usize> {
        let processes = self.most.div_ceil(ROUNDS_PER_PROCESS).max(LEAST_PROCESSES).clamp(1, self.most.max(1));
        let parts = (0..processes).map(|process| {
            let rounds = self.most / processes + usize::from(process < self.most % processes);
            std::iter::repeat_n(process, rounds)
        });
        parts.flatten().collect()
    }

    /// Why there are enough rounds after `done` of them, where there are; asked between two processes of the arms.
    /// `next` is how long the rounds of the next process may take.
    pub(crate) fn ended(&self, done: usize, begun: Instant, next: Duration, settled: bool) -> Option<Ended> {
        if done >= self.most {
            // Where rounds are not bounded by what they show, their number was asked for.
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

/// What the samples so far show of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progressed {
    /// Whether more rounds would tell nothing that matters.
    pub settled: bool,
    /// The arms that need not run any more, by their places.
    pub resting: Vec<usize>,
}

/// Says what the samples of each arm show so far; `None` stands for an arm that failed. It may look at widths and at
/// what is settled, and not at who wins.
pub type Judge<'a> = dyn Fn(&[Option<&[Sample]>]) -> Progressed + 'a;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_split_evenly_among_five_processes_at_least() {
        let counts = |rounds: usize| {
            let processes = Schedule::exactly(rounds).processes();
            assert_eq!(processes.len(), rounds);
            processes.chunk_by(|a, b| a == b).map(<[usize]>::len).collect::<Vec<_>>()
        };
        assert_eq!(counts(1), [1]);
        assert_eq!(counts(10), [2; 5]);
        assert_eq!(counts(12), [2; 6]);
        assert_eq!(counts(13), [2, 2, 2, 2, 2, 2, 1]);
        assert_eq!(counts(8), [2, 2, 2, 1, 1]);
        assert!(counts(0).is_empty());
    }

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
