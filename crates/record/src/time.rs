//! Times of day, as the run file writes them: RFC 3339, in UTC, in whole seconds.

use jiff::Timestamp;

/// The time that it is now.
#[must_use]
pub fn now() -> String {
    format!("{:.0}", Timestamp::now())
}
