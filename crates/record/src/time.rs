//! Tells the time of day as the run file writes it: in RFC 3339, in UTC, in whole seconds.

use std::time::SystemTime;

use jiff::Timestamp;

/// Returns the current time.
#[must_use]
pub fn now() -> String {
    format!("{:.0}", Timestamp::now())
}

/// Returns the time that [`now`] wrote; `None` if the text is no time.
#[must_use]
pub fn parsed(text: &str) -> Option<SystemTime> {
    text.parse::<Timestamp>().ok().map(SystemTime::from)
}
