//! Tells the time of day as the run file writes it: in RFC 3339, in UTC, in whole seconds.

use jiff::Timestamp;

/// Returns the current time.
#[must_use]
pub fn now() -> String {
    format!("{:.0}", Timestamp::now())
}
