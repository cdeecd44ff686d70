//! Checks whether a build can be measured at all: it must be a worker that speaks a version of the worker
//! protocol that this program speaks.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use fanout_harness::interrupt;
use fanout_worker::protocol::{OLDEST, VERSION};
use fanout_worker::{Worker, role};

/// How long a build may take to say hello.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// Starts `program` as a worker, waits until it says hello, and ends it.
///
/// # Errors
/// What the program did instead, with what it said on standard error. A build from before there were workers takes
/// the role for a wrong argument.
pub fn shake_hands(program: &Path, timeout: Duration) -> anyhow::Result<()> {
    let mut said = tempfile::tempfile().context("cannot keep what it says")?;
    let mut command = role::of(program);
    command.stderr(said.try_clone()?);
    let mut worker = Worker::start(command)?;
    worker.give_up_when(interrupt::asked, Duration::ZERO);
    let shaken = worker.shake_hands(timeout);
    drop(worker);
    let Err(reason) = shaken else { return Ok(()) };
    if interrupt::asked() {
        bail!("interrupted");
    }
    Err(anyhow!(
        "{reason}{}\nonly builds that speak version {OLDEST} to {VERSION} of the worker protocol can be compared: \
         name later revisions, or run `compare` from a checkout of that time",
        quoted(&mut said)
    ))
}

/// Returns the beginning of a file, on lines of its own, or nothing if the file is empty.
fn quoted(file: &mut File) -> String {
    let mut bytes = Vec::new();
    // What can't be read is not quoted.
    let _ = file.rewind().and_then(|()| file.take(1_000).read_to_end(&mut bytes));
    let text = String::from_utf8_lossy(&bytes);
    if text.trim().is_empty() { String::new() } else { format!(":\n{}", text.trim()) }
}
