//! What the benches that are no questions have in common. Each runs by its name, and a plain `cargo bench` leaves
//! them out.

use std::process::ExitCode;

/// Returns whether the bench makes a short trial run, whose figures mean nothing: with `--test`, as Criterion has it.
#[must_use]
pub fn is_tried() -> bool {
    std::env::args().any(|argument| argument == "--test")
}

/// Returns how the process ends. If the bench failed, this prints why.
#[must_use]
pub fn ended(bench: &str, done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{bench}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
