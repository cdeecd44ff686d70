//! Short questions to other programs, such as git and rustc, whose objections are kept in their own words.

use std::process::{Command, Stdio};

/// Why a program gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It could not be started.
    #[error("cannot run {program}: {reason}")]
    NotRun {
        /// Its name.
        program: String,
        /// What the system says.
        reason: String,
    },
    /// It objected, with these words on its standard error.
    #[error("{0}")]
    Objected(String),
    /// It ended as a program does that objects, and said nothing. git says "no" in this way.
    #[error("{program} ended with {status} and said nothing")]
    Silent {
        /// Its name.
        program: String,
        /// How it ended.
        status: String,
    },
}

/// What a program prints, without the white space at its end.
///
/// # Errors
/// Where it cannot be run, or ends otherwise than well.
pub fn said(command: &mut Command) -> Result<String, Refusal> {
    let program = command.get_program().display().to_string();
    let output = match command.stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) => return Err(Refusal::NotRun { program, reason: error.to_string() }),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    match text(&output.stderr) {
        _ if output.status.success() => Ok(text(&output.stdout)),
        words if words.is_empty() => Err(Refusal::Silent { program, status: output.status.to_string() }),
        words => Err(Refusal::Objected(words)),
    }
}
