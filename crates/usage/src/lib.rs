//! Counts what this process uses in a stretch of its life: processor time, context switches, memory and threads.
//! [`Stat`] is what the system says of any process.
//!
//! The sources are getrusage(2) for time and switches, and `VmHWM` and `Threads` of /proc/PID/status for memory and
//! threads. Writing 5 to /proc/PID/clear_refs starts `VmHWM` anew (proc(5)). `ru_maxrss` would do for memory if it
//! did not survive exec: a small child reports its parent's.

mod stat;

use std::fs;
use std::time::Duration;

use fanout_model::Usage;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

pub use stat::{Stat, TICK};

/// Counts a stretch that is under way. It costs some ten microseconds, before the stretch begins and after it ends.
#[derive(Debug)]
pub struct Meter {
    before: Usage,
}

impl Meter {
    /// Starts counting this process and the children that it reaps from here on.
    #[must_use]
    pub fn start() -> Self {
        // If this is not allowed, the peak is that of the process's whole life, which may be more than the truth but
        // never less.
        let _ = fs::write("/proc/self/clear_refs", "5");
        Self { before: spent() }
    }

    /// Returns what was spent since the start, in all threads of this process and in the children that it reaped
    /// since. A child that still lives is not in it, because it reports for itself. Memory and threads are those of
    /// this process alone.
    #[must_use]
    pub fn stop(self) -> Usage {
        let after = spent();
        let Footprint { peak_memory, threads } = Footprint::of("self");
        Usage {
            user: after.user.saturating_sub(self.before.user),
            system: after.system.saturating_sub(self.before.system),
            voluntary_switches: after.voluntary_switches.saturating_sub(self.before.voluntary_switches),
            involuntary_switches: after.involuntary_switches.saturating_sub(self.before.involuntary_switches),
            peak_memory,
            threads,
        }
    }
}

/// The memory and the threads of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// The most memory that was resident, in bytes, since the process started or since a [`Meter`] started in it.
    pub peak_memory: u64,
    /// The number of threads now.
    pub threads: u64,
}

impl Footprint {
    /// Reads the footprint of a process, by its number or `self`. All is zero if the process is gone.
    #[must_use]
    pub fn of(process: impl std::fmt::Display) -> Self {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let field = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            value.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or_default()
        };
        Self { peak_memory: field("VmHWM:") * 1024, threads: field("Threads:") }
    }
}

fn spent() -> Usage {
    let mut sum = Usage::default();
    for who in [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN] {
        let usage = getrusage(who).expect("getrusage fails for an unknown `who` only, and both are known");
        sum += Usage {
            user: duration(usage.user_time()),
            system: duration(usage.system_time()),
            voluntary_switches: count(usage.voluntary_context_switches()),
            involuntary_switches: count(usage.involuntary_context_switches()),
            ..Usage::default()
        };
    }
    sum
}

fn duration(time: TimeVal) -> Duration {
    Duration::from_secs(count(time.tv_sec())) + Duration::from_micros(count(time.tv_usec()))
}

fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows_as_processor_time_and_a_reaped_child_is_counted() {
        let meter = Meter::start();
        let status = std::process::Command::new("sh")
            .args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"])
            .status()
            .unwrap();
        assert!(status.success());
        assert!(meter.stop().cpu() > Duration::from_millis(10));
    }

    #[test]
    fn memory_is_the_peak_of_the_stretch_alone() {
        let touch = |megabytes: usize| drop(std::hint::black_box(vec![1_u8; megabytes << 20]));
        touch(64);
        let small = Meter::start().stop().peak_memory;
        let meter = Meter::start();
        touch(32);
        let usage = meter.stop();
        let grown = usage.peak_memory.saturating_sub(small) >> 20;
        assert!((28..48).contains(&grown), "{grown} MB more than {small} bytes");
        assert!(usage.threads >= 1, "{usage:?}");
    }
}
