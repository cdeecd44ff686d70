//! Gives good requests enough time. Whether an endless request becomes a timeout is tested with a short timeout. If
//! the machine stands still for longer than that, the good requests beside it time out as well, which is not the
//! model's fault.

use std::time::Duration;

use anyhow::Result;
use fanout_model::RequestError;

/// The error of a check in which a request timed out that should not have.
#[derive(Debug, thiserror::Error)]
#[error("a request timed out that should not have")]
struct Starved;

/// Returns an error if a request timed out that should not have. The check then ends and is repeated with a longer
/// timeout.
///
/// # Errors
/// If the request timed out and `may_time_out` is false.
pub(crate) fn unless<T>(result: &Result<T, RequestError>, may_time_out: bool) -> Result<()> {
    if matches!(result, Err(RequestError::Timeout)) && !may_time_out {
        return Err(Starved.into());
    }
    Ok(())
}

/// The timeout of the first try. It is long for the good requests, even on a busy machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);

/// A timeout that is long even for a body of some megabytes.
pub(crate) const LONG_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs a check with [`TIMEOUT`], and repeats it with longer timeouts while a request times out that should not.
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
