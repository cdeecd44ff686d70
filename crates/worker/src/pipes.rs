//! Reads and writes the two pipes between a parent and its worker, with a deadline for every line. A worker may hang
//! at any time, even in the middle of a line, and without reading what it is sent.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::protocol::{parse, write};

/// The longest line that a worker may send, in bytes. Some million outcomes fit into it.
const LONGEST: usize = 1 << 28;

/// How many bytes a pipe takes at once when it takes anything (PIPE_BUF, pipe(7)).
const AT_ONCE: usize = 4096;

/// The longest time between two checks whether somebody wants to give up.
const SLICE: Duration = Duration::from_millis(500);

/// The two pipes of a worker.
#[derive(Debug)]
pub(crate) struct Pipes {
    /// `None` once it is closed.
    requests: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
    give_up: Option<GiveUp>,
}

/// Says when the parent stops waiting.
#[derive(Debug)]
struct GiveUp {
    when: fn() -> bool,
    grace: Duration,
    /// Until when to wait; `None` as long as `when` has not returned true.
    at: Option<Instant>,
}

/// Why a line did not get through.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The line did not get through within this time.
    Late(Duration),
    /// The other end is closed.
    Closed,
    /// Any other reason, in words for a person.
    Other(String),
}

impl Pipes {
    /// Takes the pipes of a child that was started with both.
    pub(crate) fn of(child: &mut Child) -> Self {
        let replies = BufReader::new(child.stdout.take().expect("stdout was asked for as a pipe"));
        Self { requests: child.stdin.take(), replies, give_up: None }
    }

    /// Once `when` returns true, nothing is waited for longer than `grace`.
    pub(crate) fn give_up_when(&mut self, when: fn() -> bool, grace: Duration) {
        self.give_up = Some(GiveUp { when, grace, at: None });
    }

    /// Closes the worker's standard input.
    pub(crate) fn close(&mut self) {
        drop(self.requests.take());
    }

    /// Writes a line, as fast as the worker reads it.
    pub(crate) fn send(&mut self, message: &impl Serialize, timeout: Duration) -> Result<(), Broken> {
        let Some(mut requests) = self.requests.take() else { return Err(Broken::Other("it was dismissed".into())) };
        let sent = self.send_to(&mut requests, message, Instant::now() + timeout);
        self.requests = Some(requests);
        sent
    }

    fn send_to(&mut self, to: &mut ChildStdin, message: &impl Serialize, deadline: Instant) -> Result<(), Broken> {
        let mut line = Vec::new();
        write(&mut line, message).map_err(|error| Broken::Other(error.to_string()))?;
        for piece in line.chunks(AT_ONCE) {
            self.wait(deadline, |_, within| ready(to.as_fd(), PollFlags::POLLOUT, within))?;
            to.write_all(piece).map_err(|error| match error.kind() {
                ErrorKind::BrokenPipe => Broken::Closed,
                _ => Broken::Other(error.to_string()),
            })?;
        }
        Ok(())
    }

    /// Reads a line.
    pub(crate) fn receive<T: DeserializeOwned>(&mut self, timeout: Duration) -> Result<T, Broken> {
        let deadline = Instant::now() + timeout;
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            self.wait(deadline, Self::has_said_something)?;
            match self.replies.fill_buf() {
                Ok([]) if line.is_empty() => return Err(Broken::Closed),
                Ok([]) => break,
                Ok(more) => {
                    let taken = more.iter().position(|byte| *byte == b'\n').map_or(more.len(), |end| end + 1);
                    line.extend_from_slice(&more[..taken]);
                    self.replies.consume(taken);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Broken::Other(error.to_string())),
            }
            if line.len() > LONGEST {
                return Err(Broken::Other(format!("it says more than {LONGEST} bytes in one line")));
            }
        }
        parse(&line).map_err(|error| Broken::Other(error.to_string()))
    }

    /// Returns whether there is something to read, or an end of the output, within this time. A signal ends the
    /// waiting early.
    pub(crate) fn has_said_something(&self, within: Duration) -> bool {
        !self.replies.buffer().is_empty() || ready(self.replies.get_ref().as_fd(), PollFlags::POLLIN, within)
    }

    /// Returns the deadline, or an earlier one if somebody wants to give up.
    pub(crate) fn earlier(&mut self, deadline: Instant) -> Instant {
        let Some(GiveUp { when, grace, at }) = &mut self.give_up else { return deadline };
        if at.is_none() && when() {
            *at = Some(Instant::now() + *grace);
        }
        at.map_or(deadline, |at| at.min(deadline))
    }

    fn wait(&mut self, deadline: Instant, ready: impl Fn(&Self, Duration) -> bool) -> Result<(), Broken> {
        let begun = Instant::now();
        loop {
            let left = self.earlier(deadline).saturating_duration_since(Instant::now());
            if ready(self, left.min(SLICE)) {
                return Ok(());
            }
            if left.is_zero() {
                return Err(Broken::Late(begun.elapsed()));
            }
        }
    }
}

/// Returns whether there is something to do on a pipe within this time. A signal does not count.
fn ready(pipe: BorrowedFd<'_>, what: PollFlags, within: Duration) -> bool {
    let timeout = PollTimeout::try_from(within).unwrap_or(PollTimeout::MAX);
    !matches!(poll(&mut [PollFd::new(pipe, what)], timeout), Ok(0) | Err(Errno::EINTR))
}
