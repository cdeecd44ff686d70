//! Standard output and standard error that cannot be written to: whoever read them is gone, or the disk is full.
//!
//! `println!` panics there, and Criterion prints with nothing else. A program then ends in order: with a message
//! where there is somebody to read it, and with a code.

use std::fs::File;
use std::io::{self, Write, stderr, stdout};
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::process::exit;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
use nix::unistd::{dup2_stderr, dup2_stdout};

/// What cannot be done, as everywhere.
const FAILED: u8 = 2;

/// With what to end where the reader of standard output is gone.
static CODE: AtomicU8 = AtomicU8::new(FAILED);

/// From here on a `print!` or `eprint!` that fails ends the program instead of panicking.
pub(crate) fn end_where_printing_fails() {
    let panics = take_hook();
    set_hook(Box::new(move |info| {
        speak_again();
        match failure(info) {
            Some(error) => exit(i32::from(code(error))),
            None => panics(info),
        }
    }));
}

/// Says that all is done and kept: where the reader of standard output goes away from here on, this is the code to
/// end with.
pub fn when_nobody_reads_end_with(code: u8) {
    CODE.store(code, Ordering::Relaxed);
}

/// Prints a text on standard output. That nobody reads it is no failure.
///
/// # Errors
/// Where it cannot be written for another reason, such as a full disk.
pub fn say(text: &str) -> io::Result<()> {
    let mut out = stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if nobody_reads(error.raw_os_error()) => Ok(()),
        said => said,
    }
}

/// Prints a line on standard error. Where that cannot be written, there is nobody to tell.
pub fn note(text: &str) {
    // One write: the lines of several processes don't mix.
    let _ = stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// Standard output and standard error while they are silenced.
static SILENCED: Mutex<Option<(OwnedFd, OwnedFd)>> = Mutex::new(None);

/// Does something while all that this program prints is dropped. Why it panics, if it does, is printed all the same.
pub fn silently<T>(act: impl FnOnce() -> T) -> T {
    let before =
        stdout().as_fd().try_clone_to_owned().and_then(|out| Ok((out, stderr().as_fd().try_clone_to_owned()?)));
    if let (Ok(before), Ok(null)) = (before, File::create("/dev/null")) {
        let _ = stdout().flush();
        *SILENCED.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        // It fails for no descriptor that is open.
        let _ = (dup2_stdout(&null), dup2_stderr(&null));
    }
    let done = act();
    speak_again();
    done
}

fn speak_again() {
    if let Some((out, err)) = SILENCED.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // What is still in the buffer was to be dropped.
        let _ = stdout().flush();
        // It fails for no descriptor that is open.
        let _ = (dup2_stdout(out), dup2_stderr(err));
    }
}

/// What std says when a print fails (`std::io::stdio::print_to`): "failed printing to stdout: Broken pipe (os error
/// 32)".
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

/// EPIPE: the pipe is closed. EIO: the terminal is gone.
fn nobody_reads(number: Option<i32>) -> bool {
    number.is_some_and(|number| matches!(Errno::from_raw(number), Errno::EPIPE | Errno::EIO))
}
