//! What a stretch of this process's life cost its processors.
//!
//! Both ends of a measurement use it: the harness for this process, a worker for its own.
//! Source: getrusage(2).

use std::time::Duration;

use fanout_model::Usage;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// A stretch under way. Costs two system calls to start and two to stop.
#[derive(Debug)]
pub struct Meter {
    before: Usage,
}

impl Meter {
    /// Starts counting this process and the children that it reaps from here on.
    #[must_use]
    pub fn start() -> Self {
        Self { before: now() }
    }

    /// What was spent since the start, in all threads of this process and in the children reaped since. A child that
    /// still lives is not in it: it reports for itself.
    #[must_use]
    pub fn stop(self) -> Usage {
        let after = now();
        Usage {
            user: after.user.saturating_sub(self.before.user),
            system: after.system.saturating_sub(self.before.system),
            voluntary_switches: after.voluntary_switches.saturating_sub(self.before.voluntary_switches),
            involuntary_switches: after.involuntary_switches.saturating_sub(self.before.involuntary_switches),
        }
    }
}

fn now() -> Usage {
    let mut sum = Usage::default();
    for who in [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN] {
        let usage = getrusage(who).expect("getrusage fails for an unknown `who` only, and both are known");
        sum += Usage {
            user: duration(usage.user_time()),
            system: duration(usage.system_time()),
            voluntary_switches: count(usage.voluntary_context_switches()),
            involuntary_switches: count(usage.involuntary_context_switches()),
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
}
