//! Short questions to other programs, such as git and rustc, whose objections are kept in their own words.

use std::io::Write;
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
    answered(command, &[])
}

/// What a program prints that is given `question` on its standard input, without the white space at its end. It must
/// read all of that before it prints more than a pipe holds.
///
/// # Errors
/// As [`said`].
pub fn answered(command: &mut Command, question: &[u8]) -> Result<String, Refusal> {
    let program = command.get_program().display().to_string();
    let mut ask = || {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that does not read its question says itself what is wrong.
            let _ = stdin.write_all(question);
        }
        child.wait_with_output()
    };
    let output = match ask() {
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
