//! Everything that the verbs print goes through here, so that no closed pipe and no full disk ends a verb in its
//! midst.
//!
//! - A reader that closes the pipe of standard output, as `head` does, has seen enough. The rest is not printed; the
//!   work goes on to its end, and the exit code is what it would have been.
//! - Where standard output can't be written for another reason, such as a full disk, that is told once on standard
//!   error, and the work goes on to its end. Then 2 takes the place of the exit code 0; any other code says more, and
//!   stays.
//! - Where standard error can't be written there is nobody to tell: it never changes an exit code.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write, stdout};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use fanout_harness::exit;
use fanout_harness::printing::note;

/// What an error says first where standard output can't be written.
pub(super) const STDOUT_FULL: &str = "cannot write to standard output";

/// Whether standard output takes no more.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Whether something that was asked for could not be written.
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
    // Flushed, for what stays in the buffer is lost without a word at the end of the process.
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

/// Tells that something which was asked for could not be written, where the exit code answers another question as
/// well.
pub(crate) fn lost(what: impl Display, error: &io::Error) {
    tell(format!("error: {what}: {error}"));
    LOST.store(true, Ordering::Relaxed);
}

/// The exit code of the process, where its work ended with `code`.
pub(crate) fn exit_code(code: ExitCode) -> ExitCode {
    if LOST.load(Ordering::Relaxed) && code == ExitCode::SUCCESS { ExitCode::from(exit::CANNOT) } else { code }
}
