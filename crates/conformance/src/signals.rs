//! Signals that this process was started to ignore: a program that it starts would inherit that (execve(2)), and a test
//! that ends the program by the signal would wait for ever.

use std::fs::read_to_string;
use std::sync::Arc;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/// Programs that are started from here on end by a signal as they do by default. This process goes on to ignore what it
/// was started to ignore: `nohup cargo test` and `cargo test &` are what they were.
///
/// # Panics
/// Where the system refuses a signal handler.
pub fn end_what_is_started() {
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    for signal in [SIGINT, SIGTERM, SIGQUIT, SIGHUP] {
        // Bit n - 1 is signal n (proc(5)). What is handled here is not ignored by what is started.
        if ignored >> (signal - 1) & 1 == 1 {
            let handled = signal_hook::flag::register(signal, Arc::default());
            handled.expect("these signals may be handled");
        }
    }
}
