//! The parent's handle of one worker process.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fanout_model::{Outcome, Settings, SetupError, Url, Usage};
use fanout_usage::Footprint;

use crate::child::LISTENERS;
use crate::pipes::{Broken, Pipes};
use crate::protocol::{Cold, MeasuredBatch, Reply, Request, VERSION};

/// How long a worker may take to start up and to prepare, and to take what it is sent.
const START_UP: Duration = Duration::from_secs(60);

/// How much longer than the timeouts of its requests a worker may take to answer a run.
const MARGIN: Duration = Duration::from_secs(5);

/// Longer than anybody waits; a clock does not overflow by it.
const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long a worker may take to end after its standard input did, before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// When the threads of a worker are first counted while it measures; each further look comes after twice the time, up
/// to [`LAST_LOOK`].
const FIRST_LOOK: Duration = Duration::from_millis(1);

/// The longest time between two looks.
const LAST_LOOK: Duration = Duration::from_millis(8);

/// A worker process. Dropping it closes its standard input, waits, and kills it where it does not end by itself.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    /// The longest that one of its requests may take.
    timeout: Duration,
    /// The longest that all of them may take, however many they are.
    most: Duration,
    shook_hands: bool,
    pipes: Pipes,
}

impl Worker {
    /// Starts `program`, which speaks the protocol on its standard input and output. It gets a process group of its
    /// own, so that a Ctrl-C at the terminal reaches the parent only, which then ends it in order.
    ///
    /// # Errors
    /// [`SetupError::Worker`] where it cannot be started.
    pub fn start(mut program: Command) -> Result<Self, SetupError> {
        let mut child = program
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| SetupError::Worker(format!("cannot start {:?}: {error}", program.get_program())))?;
        let pipes = Pipes::of(&mut child);
        Ok(Self { child, timeout: Settings::TIMEOUT, most: Duration::MAX, shook_hands: false, pipes })
    }

    /// Its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Once `when` says so, it is waited for no longer than `grace`: one that never answers must not keep a program
    /// that is asked to end.
    pub fn give_up_when(&mut self, when: fn() -> bool, grace: Duration) {
        self.pipes.give_up_when(when, grace);
    }

    /// From here on a run is waited for no longer than this, where it might take longer as its requests are.
    pub fn wait_at_most(&mut self, most: Duration) {
        self.most = most;
    }

    /// Waits until it said hello.
    ///
    /// # Errors
    /// [`SetupError::Worker`] where it says something else, speaks another version, ends, or is silent for so long.
    pub fn shake_hands(&mut self, timeout: Duration) -> Result<(), SetupError> {
        self.handshake(timeout).map_err(SetupError::Worker)
    }

    /// Asks it to prepare a model, without waiting, so that several workers can prepare at the same time.
    ///
    /// # Errors
    /// [`SetupError::Worker`] where it is gone.
    pub fn ask_to_prepare(&mut self, model: &str, settings: &Settings) -> Result<(), SetupError> {
        self.timeout = settings.timeout;
        let request = Request::Prepare { model: model.into(), settings: settings.clone() };
        self.send(&request).map_err(SetupError::Worker)
    }

    /// Waits until it said hello and prepared what it was asked for.
    ///
    /// # Errors
    /// [`SetupError::Worker`] with its reason, or where it ended or speaks another version.
    pub fn prepared(&mut self) -> Result<(), SetupError> {
        self.shake_hands(START_UP)?;
        match self.receive(START_UP).map_err(SetupError::Worker)? {
            Reply::Prepared => Ok(()),
            Reply::Refused { reason } => Err(SetupError::Worker(reason)),
            other => Err(SetupError::Worker(format!("it answered {other:?} to prepare"))),
        }
    }

    fn handshake(&mut self, timeout: Duration) -> Result<(), String> {
        if self.shook_hands {
            return Ok(());
        }
        match self.receive(timeout)? {
            Reply::Hello { protocol: VERSION } => {
                self.shook_hands = true;
                Ok(())
            }
            Reply::Hello { protocol } => {
                Err(format!("it speaks version {protocol} of the protocol, this program version {VERSION}"))
            }
            other => Err(format!("it answered {other:?} instead of hello")),
        }
    }

    /// Makes these requests there.
    ///
    /// # Errors
    /// Why there are no outcomes: it died, or did not answer as agreed.
    pub fn run(&mut self, urls: &[Url]) -> Result<(Vec<Outcome>, Usage), String> {
        let answered = self.exchange(urls);
        if answered.is_err() {
            self.abandon();
        }
        answered
    }

    fn exchange(&mut self, urls: &[Url]) -> Result<(Vec<Outcome>, Usage), String> {
        let deadline = Instant::now() + self.timeout(urls, MARGIN);
        self.send_before(&Request::Run { urls: urls.to_vec() }, deadline)?;
        match self.receive(deadline.saturating_duration_since(Instant::now()))? {
            Reply::Outcomes { outcomes, usage } if outcomes.len() == urls.len() => Ok((outcomes, usage)),
            Reply::Outcomes { outcomes, .. } => {
                Err(format!("it answered {} outcomes for {} requests", outcomes.len(), urls.len()))
            }
            Reply::Refused { reason } => Err(reason),
            other => Err(format!("it answered {other:?} to run")),
        }
    }

    /// Makes these requests there, on a clock of its own: with what is prepared, or with `cold`, prepared and ended
    /// on the clock. `counted` says whether to count what it costs; its threads are counted from here, every few
    /// milliseconds.
    ///
    /// # Errors
    /// Why there are no outcomes: it could not be prepared, it died, or it did not answer as agreed.
    pub fn measure(&mut self, cold: Option<Cold>, urls: &[Url], counted: bool) -> Result<MeasuredBatch, String> {
        let answered = self.exchange_measured(cold, urls, counted);
        if answered.is_err() {
            self.abandon();
        }
        answered
    }

    fn exchange_measured(
        &mut self,
        cold: Option<Cold>,
        urls: &[Url],
        counted: bool,
    ) -> Result<MeasuredBatch, String> {
        self.handshake(START_UP)?;
        if let Some(cold) = &cold {
            self.timeout = cold.settings.timeout;
        }
        let deadline = Instant::now() + self.timeout(urls, START_UP);
        self.send_before(&Request::Measure { cold, urls: urls.to_vec(), counted }, deadline)?;
        let (mut threads, mut look) = (0, FIRST_LOOK);
        while counted && Instant::now() < self.pipes.earlier(deadline) && !self.pipes.has_said_something(look) {
            threads = threads.max(Footprint::of(self.child.id()).threads);
            look = LAST_LOOK.min(2 * look);
        }
        match self.receive(deadline.saturating_duration_since(Instant::now()))? {
            Reply::MeasuredBatch(mut measured) => {
                let seen = measured.own.threads.max(threads);
                measured.own.threads = seen.saturating_sub(LISTENERS);
                Ok(measured)
            }
            Reply::Refused { reason } => Err(reason),
            other => Err(format!("it answered {other:?} to measure")),
        }
    }

    /// Closes its standard input, which tells it to end; waiting for that is left to dropping it.
    pub fn dismiss(&mut self) {
        self.pipes.close();
    }

    /// A worker that did not answer as agreed is not asked again: its late answer would be taken for the next one's.
    fn abandon(&mut self) {
        self.dismiss();
        // Fails only where it ended; dropping reaps it in any case.
        let _ = self.child.kill();
    }

    fn send(&mut self, request: &Request) -> Result<(), String> {
        self.send_before(request, Instant::now() + START_UP)
    }

    fn send_before(&mut self, request: &Request, deadline: Instant) -> Result<(), String> {
        let sent = self.pipes.send(request, deadline.saturating_duration_since(Instant::now()));
        sent.map_err(|broken| self.told("take what it was sent", broken))
    }

    fn receive(&mut self, timeout: Duration) -> Result<Reply, String> {
        let received = self.pipes.receive(timeout);
        received.map_err(|broken| self.told("answer", broken))
    }

    /// How long a run may take: at worst one request after another, each as long as it may, and `margin`; but no
    /// longer than [`Worker::wait_at_most`] says, and than a clock can tell.
    fn timeout(&self, urls: &[Url], margin: Duration) -> Duration {
        let each = self.timeout.saturating_mul(u32::try_from(urls.len()).unwrap_or(u32::MAX));
        each.saturating_add(margin).min(self.most).min(A_YEAR)
    }

    fn told(&mut self, what: &str, broken: Broken) -> String {
        match broken {
            Broken::Late(waited) => format!("process {} did not {what} within {waited:.1?}", self.child.id()),
            Broken::Closed => self.end(),
            Broken::Other(reason) => reason,
        }
    }

    /// How it ended, for a message.
    fn end(&mut self) -> String {
        match self.wait() {
            Some(status) => format!("process {} ended ({status})", self.child.id()),
            None => format!("process {} closed its output", self.child.id()),
        }
    }

    fn wait(&mut self) -> Option<std::process::ExitStatus> {
        let deadline = Instant::now() + GRACE;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < deadline => sleep(Duration::from_micros(200)),
                _ => return None,
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.dismiss();
        if self.wait().is_none() {
            // Fails only where it ended in the meantime; waiting then reaps it.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
