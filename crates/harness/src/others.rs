//! Measures how much of the processors' time other programs, and the hypervisor, take during a round.

use std::fs;
use std::time::Duration;

use fanout_record::run::Disturbance;
use fanout_usage::{Stat, TICK};

use crate::server::Server;

/// The share of the processors' time above which a round is called disturbed. The work of the workers between two
/// batches counts as well, and is a few percent.
const DISTURBED: f64 = 0.15;

/// The figures in /proc at one moment, in ticks.
#[derive(Debug)]
pub(crate) struct Others {
    /// The time of all processors together.
    all: u64,
    /// The part of `all` in which a processor was used, the hypervisor's use included.
    busy: u64,
    /// The part of `busy` that this process and the server used.
    own: u64,
}

impl Others {
    /// Reads the figures of this moment; `None` if /proc does not hold them.
    pub(crate) fn now(server: Option<&Server>) -> Option<Self> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let (all, busy) = processors(&stat)?;
        let server = server.and_then(Server::process).map_or(Some(0), |process| Some(Stat::of(process)?.used))?;
        Some(Self { all, busy, own: Stat::of("self")?.used + server })
    }

    /// Returns the disturbance of the round that began with these figures, if others took much of the processors'
    /// time. `arms` is the processor time of the round's batches.
    pub(crate) fn disturbance(&self, server: Option<&Server>, round: usize, arms: Duration) -> Option<Disturbance> {
        let now = Self::now(server)?;
        let share = self.share(&now, arms)?;
        (share > DISTURBED).then_some(Disturbance { round, share })
    }

    fn share(&self, now: &Self, arms: Duration) -> Option<f64> {
        let since = |of: fn(&Self) -> u64| of(now).saturating_sub(of(self)) as f64;
        let all = since(|it| it.all);
        let others = since(|it| it.busy) - since(|it| it.own) - arms.as_secs_f64() / TICK.as_secs_f64();
        // With fewer ticks, the share would show little but the rounding of each figure.
        (all >= 20.0).then(|| (others / all).clamp(0.0, 1.0))
    }
}

/// Returns the ticks of all processors, and how many of them were busy ones. The first line of /proc/stat is "cpu
/// user nice system idle iowait irq softirq steal guest guest_nice", and the time of guests is included in `user`
/// (proc(5)).
fn processors(stat: &str) -> Option<(u64, u64)> {
    let ticks: Vec<u64> = stat.lines().next()?.split_whitespace().skip(1).take(8).flat_map(str::parse).collect();
    let all: u64 = ticks.iter().sum();
    let idle = ticks.get(3)? + ticks.get(4)?;
    (ticks.len() == 8).then(|| (all, all.saturating_sub(idle)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_read_as_proc_writes_them() {
        let stat = "cpu  10 2 30 400 50 6 7 8 3 1\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
        assert_eq!(processors(stat), Some((513, 63)));
        assert_eq!(processors("cpu 1 2 3\n"), None);
    }

    #[test]
    fn what_neither_this_program_nor_an_arm_used_is_the_others() {
        let before = Others { all: 1_000, busy: 500, own: 100 };
        let now = Others { all: 1_200, busy: 650, own: 130 };
        let share = before.share(&now, Duration::from_millis(400)).unwrap();
        assert!((share - 0.4).abs() < 1e-12, "{share}");
        assert_eq!(before.share(&Others { all: 1_019, busy: 519, own: 100 }, Duration::ZERO), None);
        assert_eq!(before.share(&now, Duration::from_secs(9)), Some(0.0));
    }

    #[test]
    fn this_machine_says_it() {
        let before = Others::now(None).unwrap();
        assert!(before.all > before.busy && before.busy >= before.own);
    }
}
