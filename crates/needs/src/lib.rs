//! What a machine may lack. A test, a bench or a model that needs it is skipped with a word, or fails where the
//! environment variable `FANOUT_REQUIRE` names it: `.ci/run` requires all of it.

use std::io::Write;

/// Tells on standard error what was skipped and why; where `FANOUT_REQUIRE` names it, or what it lacks ("io_uring:
/// refused" lacks `io_uring`), that is a failure.
///
/// # Errors
/// What was skipped, where it may not be.
pub fn skip(what: &str, why: &str) -> Result<(), String> {
    let required = std::env::var("FANOUT_REQUIRE").unwrap_or_default();
    let message = format!("skipped: {what}: {why}");
    let named = |required: &str| required == what || why.split(": ").any(|part| part == required);
    if required.split(',').map(str::trim).any(|required| !required.is_empty() && named(required)) {
        return Err(message);
    }
    // A test's captured output would hide it; a failure to write is no reason to fail.
    let _ = writeln!(std::io::stderr().lock(), "{message}");
    Ok(())
}

/// The Python to use: `FANOUT_PYTHON`, or else what the path has.
#[must_use]
pub fn interpreter() -> String {
    std::env::var("FANOUT_PYTHON").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "python3".into())
}
