//! What starts a peer: a program with its arguments. A program is looked for once in a process.

use std::ffi::OsString;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Instant;

use fanout_model::answer;
use fanout_record::paths::derived;

/// A program that can run here.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// The interpreter, or the program itself.
    pub(crate) path: PathBuf,
    /// What stands between the interpreter and the arguments of all peers.
    pub(crate) arguments: Vec<OsString>,
    /// The version of the language, in short: `3.11`.
    pub(crate) version: String,
    /// The whole version of the language, and those of its libraries: `Python 3.11.7, requests 2.34.2`.
    pub(crate) versions: String,
}

impl Program {
    /// Returns the command that starts the peer as a worker.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments).arg(format!("{:.4}", *STEP));
        command
    }

    /// The same program with one more argument.
    pub(crate) fn with(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }
}

/// How many nanoseconds the models' work takes for each time that it hashes. It is the fastest of several tries.
static STEP: LazyLock<f64> = LazyLock::new(|| {
    const TIMES: u32 = 200_000;
    let measure = |_| {
        let begun = Instant::now();
        black_box(answer::work(black_box(b"calibration"), TIMES));
        begun.elapsed().as_secs_f64() * 1e9 / f64::from(TIMES)
    };
    (0..10).map(measure).fold(f64::INFINITY, f64::min)
});

/// Returns the folder of everything that a language's peers need, below cargo's target folder.
pub(crate) fn made(what: &str) -> PathBuf {
    derived().join("peers").join(what)
}

/// Returns the folder with the programs of a language.
pub(crate) fn sources(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(language)
}

/// Returns the program that a variable names, or `otherwise` if the variable is not set.
pub(crate) fn named(variable: &str, otherwise: &str) -> PathBuf {
    set(variable).unwrap_or_else(|| otherwise.into())
}

/// Returns the program that a variable names; `None` if it is not set. An empty variable counts as not set.
pub(crate) fn set(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|name| !name.is_empty()).map(PathBuf::from)
}

/// Runs a program to its end, and returns what it printed.
///
/// # Errors
/// What went wrong, with the last line that it said about it.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it failed");
            Err(format!("{program}: {}", last.trim()))
        }
        Err(error) => Err(format!("{program}: {error}")),
    }
}

/// Returns a version without what comes behind its second number: `3.11.7` becomes `3.11`.
pub(crate) fn short(version: &str) -> String {
    version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_program_is_named_with_its_last_words() {
        let error = output(Command::new("sh").args(["-c", "echo first >&2; echo last >&2; exit 1"])).unwrap_err();
        assert_eq!(error, "sh: last");
        assert!(output(&mut Command::new("/no/such/program")).unwrap_err().starts_with("/no/such/program: "));
    }

    #[test]
    fn a_short_version_has_two_numbers() {
        assert_eq!(["3.11.7", "20.20.2", "1.19"].map(short), ["3.11", "20.20", "1.19"]);
    }
}
