//! Time enough for good requests. Whether a request that never ends becomes a timeout is tested with a short one; a
//! machine that stands still for longer would let the good requests beside it time out as well, and that is no fault
//! of the model.

use std::time::Duration;

use anyhow::Result;
use fanout_model::RequestError;

/// What a check ends with where a request timed out that should not have.
#[derive(Debug, thiserror::Error)]
#[error("a request timed out that should not have")]
struct Starved;

/// Whether a request timed out that should not have: then the check ends, to be made again with a longer timeout.
///
/// # Errors
/// Where that is so.
pub(crate) fn unless<T>(result: &Result<T, RequestError>, may_time_out: bool) -> Result<()> {
    if matches!(result, Err(RequestError::Timeout)) && !may_time_out {
        return Err(Starved.into());
    }
    Ok(())
}

/// The timeout of a first try: long for the good requests, also on a busy machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);

/// Long for a body of some megabytes as well.
pub(crate) const LONG_TIMEOUT: Duration = Duration::from_secs(30);

/// Makes a check with [`TIMEOUT`], and again with longer ones where a request timed out that should not have.
///
/// # Errors
/// What the check found, or that a good request timed out with each of the timeouts.
pub(crate) fn with_time_enough(check: impl Fn(Duration) -> Result<()>) -> Result<()> {
    for timeout in [TIMEOUT, 4 * TIMEOUT] {
        match check(timeout) {
            Err(error) if error.is::<Starved>() => {}
            done => return done,
        }
    }
    check(LONG_TIMEOUT)
}
