//! Handles standard output and standard error that cannot be written to, because the reader is gone or the disk is
//! full.
//!
//! `println!` panics then, and Criterion prints with nothing else. Instead, this module ends the program in order:
//! with an exit code, and with a message if somebody can read it.

use std::fs::File;
use std::io::{self, Write, stderr, stdout};
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
use nix::unistd::{dup2_stderr, dup2_stdout};

use crate::ending::end;

/// The exit code for work that cannot be done, as in all programs of this project.
const FAILED: u8 = 2;

/// The exit code if the reader of standard output is gone.
static CODE: AtomicU8 = AtomicU8::new(FAILED);

/// Makes every later `print!` or `eprint!` that fails end the program instead of panicking.
pub(crate) fn end_where_printing_fails() {
    let panics = take_hook();
    set_hook(Box::new(move |info| {
        speak_again();
        match failure(info) {
            Some(error) => end(code(error)),
            None => panics(info),
        }
    }));
}

/// Sets the exit code with which the program ends if the reader of standard output goes away from now on. A program
/// calls this when its results are kept, so that nothing is lost then.
pub fn when_nobody_reads_end_with(code: u8) {
    CODE.store(code, Ordering::Relaxed);
}

/// Prints a text on standard output. If the reader is gone, that is not an error.
///
/// # Errors
/// If the text cannot be written for another reason, such as a full disk.
pub fn say(text: &str) -> io::Result<()> {
    let mut out = stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if nobody_reads(error.raw_os_error()) => Ok(()),
        said => said,
    }
}

/// Prints a line on standard error. If that fails, the error cannot be reported, and is ignored.
pub fn note(text: &str) {
    // The line is a single write, so that the lines of several processes do not mix.
    let _ = stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// The original standard output and standard error, while both are silenced.
static SILENCED: Mutex<Option<(OwnedFd, OwnedFd)>> = Mutex::new(None);

/// Calls `act`, and drops everything that this program prints meanwhile. If `act` panics, the reason is printed all
/// the same.
pub fn silently<T>(act: impl FnOnce() -> T) -> T {
    let before =
        stdout().as_fd().try_clone_to_owned().and_then(|out| Ok((out, stderr().as_fd().try_clone_to_owned()?)));
    if let (Ok(before), Ok(null)) = (before, File::create("/dev/null")) {
        let _ = stdout().flush();
        *SILENCED.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        // This cannot fail, because the descriptors are open.
        let _ = (dup2_stdout(&null), dup2_stderr(&null));
    }
    let done = act();
    speak_again();
    done
}

fn speak_again() {
    if let Some((out, err)) = SILENCED.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // The text that is still in the buffer is to be dropped as well.
        let _ = stdout().flush();
        // This cannot fail, because the descriptors are open.
        let _ = (dup2_stdout(out), dup2_stderr(err));
    }
}

/// Returns the stream and the error if a print failed, and `None` for any other panic. The message of std for such a
/// failure (`std::io::stdio::print_to`) is like "failed printing to stdout: Broken pipe (os error 32)".
fn failure<'a>(info: &'a PanicHookInfo<'_>) -> Option<&'a str> {
    info.payload_as_str()?.strip_prefix("failed printing to ")
}

fn code(error: &str) -> u8 {
    let (stream, reason) = error.split_once(": ").unwrap_or(("standard output", error));
    let number = reason.rsplit_once("(os error ").and_then(|(_, number)| number.trim_end_matches(')').parse().ok());
    if nobody_reads(number) || stream == "stderr" {
        return CODE.load(Ordering::Relaxed);
    }
    note(&format!("error: cannot write to standard output: {reason}; free some space, or write elsewhere"));
    FAILED
}

/// Returns whether this error number means that the reader is gone. EPIPE means that the pipe is closed, and EIO that
/// the terminal is gone.
fn nobody_reads(number: Option<i32>) -> bool {
    number.is_some_and(|number| matches!(Errno::from_raw(number), Errno::EPIPE | Errno::EIO))
}
