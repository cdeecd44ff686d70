//! What tests need. What a machine may lack comes first: if it is missing, the test, bench or model that needs it is
//! skipped with a message. If the environment variable `FANOUT_REQUIRE` names it, that is a failure instead;
//! `.ci/run` requires everything. Beside that, [`recorded_run`] is a run that tests read.

mod recorded;

use std::io::Write;

pub use recorded::recorded_run;

/// Writes on standard error what was skipped and why. It is a failure if `FANOUT_REQUIRE` names `what`, or names what
/// is missing ("io_uring: refused" is about `io_uring`).
///
/// # Errors
/// The message, if this may not be skipped.
pub fn skip(what: &str, why: &str) -> Result<(), String> {
    let required = std::env::var("FANOUT_REQUIRE").unwrap_or_default();
    let message = format!("skipped: {what}: {why}");
    let named = |required: &str| required == what || why.split(": ").any(|part| part == required);
    if required.split(',').map(str::trim).any(|required| !required.is_empty() && named(required)) {
        return Err(message);
    }
    // A test's captured output would hide what a macro prints. A failed write is no reason to fail.
    let _ = writeln!(std::io::stderr().lock(), "{message}");
    Ok(())
}

/// The Python to use: `FANOUT_PYTHON`, or else the one on the path.
#[must_use]
pub fn interpreter() -> String {
    std::env::var("FANOUT_PYTHON").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "python3".into())
}
