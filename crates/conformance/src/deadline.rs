//! Waits for an event, with a deadline against hanging.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long any event may take that a test waits for. This is no measurement; it is far longer than any event takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Waits until `is_so`.
///
/// # Panics
/// If that takes a minute. The message contains `what`.
pub fn soon(what: &str, is_so: impl FnMut() -> bool) {
    soon_or(|| what.to_owned(), is_so);
}

/// Waits until `is_so`, with a message that is made only when it is needed.
///
/// # Panics
/// If that takes a minute.
pub fn soon_or(what: impl Fn() -> String, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < deadline, "{}: not within {} s", what(), TIMEOUT.as_secs());
        sleep(Duration::from_millis(10));
    }
}
