//! Asks other programs, such as git and rustc, short questions, and keeps their objections in their own words.

use std::io::Write;
use std::process::{Command, Stdio};

/// Why a program gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The program could not be started.
    #[error("cannot run {program}: {reason}")]
    NotRun {
        /// The program's name.
        program: String,
        /// What the system says.
        reason: String,
    },
    /// The program objected, with these words on its standard error.
    #[error("{0}")]
    Objected(String),
    /// The program failed and said nothing. git says "no" in this way.
    #[error("{program} ended with {status} and said nothing")]
    Silent {
        /// The program's name.
        program: String,
        /// How the program ended.
        status: String,
    },
}

/// Returns what a program prints, without the white space at its end.
///
/// # Errors
/// If the program cannot be run, or fails.
pub fn said(command: &mut Command) -> Result<String, Refusal> {
    answered(command, &[])
}

/// Returns what a program prints when it is given `question` on its standard input, without the white space at its
/// end. The program must read all of the question before it prints more than a pipe holds.
///
/// # Errors
/// The errors of [`said`].
pub fn answered(command: &mut Command, question: &[u8]) -> Result<String, Refusal> {
    let program = command.get_program().display().to_string();
    let mut ask = || {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read its question says itself what is wrong.
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
