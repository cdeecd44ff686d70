//! Starts a program and takes the time until it says that it is ready.

use std::io::{BufRead, BufReader};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use fanout_harness::interrupt;
use fanout_model::Url;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::program::READY;

/// How long a program may take, whatever it does. It is a deadline, and not a measurement.
const DEADLINE: Duration = Duration::from_secs(30);

/// The longest time between two checks whether somebody asked to end, in milliseconds.
const LOOK: u16 = 100;

/// Starts the program, and returns the time from before its start until it was ready. With a `url`, the program then
/// makes a request.
///
/// # Errors
/// If the program does not start, does not say that it is ready, or fails; or if somebody asked to end.
pub(crate) fn started(program: &Path, url: Option<&Url>) -> anyhow::Result<Duration> {
    let mut command = Command::new(program);
    command.args(url.map(Url::as_str)).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let begun = Instant::now();
    let mut child = Ending(command.spawn().context("the program that was built does not start")?);
    let mut out = BufReader::new(child.0.stdout.take().context("the program has no standard output")?);
    child.wait_for(&out, begun)?;
    let mut line = String::new();
    out.read_line(&mut line).context("cannot read what the program says")?;
    let took = begun.elapsed();
    // Its standard output ends when it does.
    while child.wait_for(&out, begun).and_then(|()| Ok(out.read_line(&mut String::new())?))? > 0 {}
    let status = child.0.wait()?;
    let mut said = String::new();
    if let Some(stderr) = child.0.stderr.take() {
        // What cannot be read is not quoted.
        let _ = BufReader::new(stderr).read_line(&mut said);
    }
    ensure!(status.success(), "the program that was built failed: {}", said.trim());
    ensure!(line.trim_end() == READY, "the program that was built said {line:?} in place of {READY:?}");
    Ok(took)
}

/// A program that is killed and reaped when this is dropped.
struct Ending(Child);

impl Ending {
    /// Waits until there is something to read, or the program is gone.
    fn wait_for(&self, out: &BufReader<ChildStdout>, begun: Instant) -> anyhow::Result<()> {
        if !out.buffer().is_empty() {
            return Ok(());
        }
        loop {
            let mut fds = [PollFd::new(out.get_ref().as_fd(), PollFlags::POLLIN)];
            if poll(&mut fds, PollTimeout::from(LOOK)).is_ok_and(|ready| ready > 0) {
                return Ok(());
            }
            if interrupt::asked() {
                bail!("interrupted");
            }
            ensure!(
                begun.elapsed() < DEADLINE,
                "the program that was built did nothing for {} s",
                DEADLINE.as_secs()
            );
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        // If it has ended already, there is nothing to kill.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
