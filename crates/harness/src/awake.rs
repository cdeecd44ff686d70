//! Keeps the processors from sleeping during a measurement. For each processor, there is a process that has nothing
//! to do and gives way to everything else.
//!
//! A processor with nothing to do sleeps. On a virtual machine, it takes up to a millisecond to wake. If requests
//! come one by one, this happens at each end of every exchange. If requests come in a burst, it happens once for all
//! of them. A model is then slower because it spreads its requests, and the same model is fast in one batch and slow
//! in the next. If the processors are awake, only the differences of the models are left. The processors are kept
//! awake only if that is asked for, because the machines that people use do sleep.

use std::env::args_os;
use std::io;
use std::os::unix::process::{CommandExt, parent_id};
use std::process::{Child, Command, Stdio, exit, id};
use std::thread::{available_parallelism, sleep};
use std::time::Duration;

use fanout_worker::role;

/// The first argument of a program in this role; no person types it by accident.
const ROLE: &str = "__fanout-awake";

/// How many turns pass between two checks that the parent still runs. They take some milliseconds at most.
const TURNS: u32 = 100_000;

/// The time after which a process that could not start has ended.
const START_UP: Duration = Duration::from_millis(50);

/// Keeps a processor awake until the parent is gone, and never returns, if this process was started for that.
pub(crate) fn enter() {
    if args_os().nth(1).is_none_or(|argument| argument != ROLE) {
        return;
    }
    let parent = args_os().nth(2).and_then(|pid| pid.to_str()?.parse().ok());
    while parent == Some(parent_id()) {
        for _ in 0..TURNS {
            std::hint::spin_loop();
        }
    }
    exit(0)
}

/// The processes that keep the processors awake. Dropping it ends them and lets the processors sleep.
#[derive(Debug)]
pub struct Awake(Vec<Child>);

impl Awake {
    /// Starts a process for each processor, at the lowest priority (nice(1), 19).
    ///
    /// # Errors
    /// If a process cannot be started. The program must have called [`crate::enter`].
    pub fn start() -> io::Result<Self> {
        Self::spin(available_parallelism().map_or(1, usize::from), "19")
    }

    /// Starts `n` processes that do not give way to other programs. The machine is then busy with something else.
    ///
    /// # Errors
    /// If a process cannot be started. The program must have called [`crate::enter`].
    pub fn busy(n: usize) -> io::Result<Self> {
        Self::spin(n, "0")
    }

    fn spin(n: usize, niceness: &str) -> io::Result<Self> {
        let mut awake = Self(Vec::new());
        let program = role::this_program();
        for _ in 0..n {
            let mut command = Command::new("nice");
            command.args(["-n", niceness, &program, ROLE, &id().to_string()]);
            // Each process has a process group of its own. A Ctrl-C at the terminal then reaches only this program,
            // which ends the processes in order.
            awake.0.push(command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0).spawn()?);
        }
        sleep(START_UP);
        for child in &mut awake.0 {
            if let Some(status) = child.try_wait()? {
                return Err(io::Error::other(format!("`nice` ended at once ({status})")));
            }
        }
        Ok(awake)
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // Killing fails only if the process has ended before, and waiting reaps it.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
