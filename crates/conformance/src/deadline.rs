//! Waiting for what must come, with a deadline against hanging.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long anything may take that a test waits for. Not a measurement: far longer than it ever takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Waits until `is_so`.
///
/// # Panics
/// Where that takes a minute; `what` says what was waited for.
pub fn soon(what: &str, is_so: impl FnMut() -> bool) {
    soon_or(|| what.to_owned(), is_so);
}

/// The same, with a message that is made where it is needed.
///
/// # Panics
/// Where that takes a minute.
pub fn soon_or(what: impl Fn() -> String, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < deadline, "{}: not within {} s", what(), TIMEOUT.as_secs());
        sleep(Duration::from_millis(10));
    }
}
