//! All verbs print through these functions, so that neither a closed pipe nor a full disk stops a verb in the middle
//! of its work.
//!
//! - A reader that closes the pipe of standard output, as `head` does, wants no more. The rest is not printed. The
//!   verb completes its work, and its exit code does not change.
//! - If standard output can't be written for another reason, such as a full disk, that is printed once on standard
//!   error, and the verb completes its work. The exit code is then 2 instead of 0; every other code stays, because it
//!   says more.
//! - If standard error can't be written, nothing can be reported, and the exit code does not change.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write, stdout};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use fanout_harness::exit;
use fanout_harness::printing::note;

/// The beginning of the error message if standard output can't be written.
pub(super) const STDOUT_FULL: &str = "cannot write to standard output";

/// Whether printing on standard output has stopped.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Whether some output that the user asked for could not be written.
static LOST: AtomicBool = AtomicBool::new(false);

/// Prints a line on standard output.
pub(crate) fn say(line: impl Display) {
    print(&format!("{line}\n"));
}

/// Prints a text on standard output as it is.
pub(crate) fn print(text: &str) {
    if SILENT.load(Ordering::Relaxed) {
        return;
    }
    let mut out = stdout().lock();
    // Flushed here, because an error at the end of the process would not be reported.
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        SILENT.store(true, Ordering::Relaxed);
        if error.kind() != ErrorKind::BrokenPipe {
            lost(STDOUT_FULL, &error);
        }
    }
}

/// Prints a line on standard error.
pub(crate) fn tell(line: impl Display) {
    note(&line.to_string());
}

/// Reports that some output could not be written. It is for verbs whose exit code also answers another question.
pub(crate) fn lost(what: impl Display, error: &io::Error) {
    tell(format!("error: {what}: {error}"));
    LOST.store(true, Ordering::Relaxed);
}

/// The exit code of the process, if its work ended with `code`.
pub(crate) fn exit_code(code: ExitCode) -> ExitCode {
    if LOST.load(Ordering::Relaxed) && code == ExitCode::SUCCESS { ExitCode::from(exit::CANNOT) } else { code }
}
