//! Keeps the processors from sleeping while something is measured, with one process each that has nothing to do and
//! gives way to everything else.
//!
//! A processor with nothing to do sleeps, and on a virtual machine it takes up to a millisecond to wake: at each end
//! of every exchange, where requests come one by one, and once for all of them, where they come in a burst. Then a
//! model is slower for spreading its requests, and the same model fast and slow from batch to batch. With the
//! processors awake, what is left is the models. It is off unless asked for: a machine that sleeps is also one that
//! people have.

use std::env::args_os;
use std::io;
use std::os::unix::process::{CommandExt, parent_id};
use std::process::{Child, Command, Stdio, exit, id};
use std::thread::{available_parallelism, sleep};
use std::time::Duration;

use fanout_worker::role;

/// The first argument of a program in this role; no person types it by accident.
const ROLE: &str = "__fanout-awake";

/// Turns between two looks for the parent: some milliseconds at most.
const TURNS: u32 = 100_000;

/// A process that could not start has ended by then.
const START_UP: Duration = Duration::from_millis(50);

/// If this process was started to keep a processor awake, do that until the parent is gone, and never return.
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

/// Processors kept awake; dropping it lets them sleep.
#[derive(Debug)]
pub struct Awake(Vec<Child>);

impl Awake {
    /// Starts a process for each processor, at the lowest priority (nice(1), 19).
    ///
    /// # Errors
    /// Where one cannot be started. The program must have called [`crate::enter`].
    pub fn start() -> io::Result<Self> {
        Self::spin(available_parallelism().map_or(1, usize::from), "19")
    }

    /// Starts `n` processes that give way to nothing: a machine that has something else to do.
    ///
    /// # Errors
    /// As [`Awake::start`].
    pub fn busy(n: usize) -> io::Result<Self> {
        Self::spin(n, "0")
    }

    fn spin(n: usize, niceness: &str) -> io::Result<Self> {
        let mut awake = Self(Vec::new());
        let program = role::this_program();
        for _ in 0..n {
            let mut command = Command::new("nice");
            command.args(["-n", niceness, &program, ROLE, &id().to_string()]);
            // A group of its own: a Ctrl-C at the terminal reaches this process only, which then ends it in order.
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
            // Killing fails only where it ended before; waiting reaps it.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
