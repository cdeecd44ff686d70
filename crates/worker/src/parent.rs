//! Provides the parent's handle of one worker process.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fanout_model::{Outcome, Request, Settings, SetupError, Usage};
use fanout_usage::Footprint;

use crate::child::LISTENERS;
use crate::pipes::{Broken, Pipes};
use crate::protocol::{Batch, Cold, MeasuredBatch, OLDEST, Order, REPEATING, Reply, VERSION};

/// How long a worker may take to start up and to prepare, and to take what it is sent.
const START_UP: Duration = Duration::from_secs(60);

/// How much longer than the timeouts of its requests a worker may take to answer a run.
const MARGIN: Duration = Duration::from_secs(5);

/// A time that is longer than anybody waits, but does not make a clock overflow.
const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long a worker may take to end after its standard input is closed, before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// When the threads of a worker are first counted while it measures. Each further look comes after twice the time, up
/// to [`LAST_LOOK`].
const FIRST_LOOK: Duration = Duration::from_millis(1);

/// The longest time between two looks.
const LAST_LOOK: Duration = Duration::from_millis(8);

/// A worker process. Dropping it closes the worker's standard input, waits, and kills the worker if it does not end
/// by itself.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    /// The longest that one of its requests may take, with all of its attempts.
    timeout: Duration,
    /// Whether it is asked to send requests again.
    repeats: bool,
    /// The longest that a run may take, however many requests it has.
    most: Duration,
    /// The version of the protocol that the worker speaks; `None` until it has said hello.
    version: Option<u32>,
    pipes: Pipes,
}

impl Worker {
    /// Starts `program`, which speaks the worker protocol on its standard input and output. It gets a process group
    /// of its own, so that a Ctrl-C at the terminal reaches only the parent, which then ends the worker in order.
    ///
    /// # Errors
    /// [`SetupError::Worker`] if the program cannot be started.
    pub fn start(mut program: Command) -> Result<Self, SetupError> {
        let mut child = program
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| SetupError::Worker(format!("cannot start {:?}: {error}", program.get_program())))?;
        let pipes = Pipes::of(&mut child);
        Ok(Self { child, timeout: Settings::TIMEOUT, repeats: false, most: Duration::MAX, version: None, pipes })
    }

    /// Returns the number of the worker's process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Once `when` returns true, the parent waits for the worker no longer than `grace`. A worker that never answers
    /// must not hold up a program that is asked to end.
    pub fn give_up_when(&mut self, when: fn() -> bool, grace: Duration) {
        self.pipes.give_up_when(when, grace);
    }

    /// From here on, the parent waits for a run no longer than `most`, even if its requests might take longer.
    pub fn wait_at_most(&mut self, most: Duration) {
        self.most = most;
    }

    /// Waits until the worker has said hello.
    ///
    /// # Errors
    /// [`SetupError::Worker`] if the worker says something else, speaks another version, ends, or is silent for
    /// `timeout`.
    pub fn shake_hands(&mut self, timeout: Duration) -> Result<(), SetupError> {
        self.handshake(timeout).map_err(SetupError::Worker)
    }

    /// Asks the worker to prepare a model, without waiting, so that several workers can prepare at the same time.
    ///
    /// # Errors
    /// [`SetupError::Worker`] if the worker is gone.
    pub fn ask_to_prepare(&mut self, model: &str, settings: &Settings) -> Result<(), SetupError> {
        self.expect(settings);
        let order = Order::Prepare { model: model.into(), settings: settings.clone() };
        self.send(&order).map_err(SetupError::Worker)
    }

    /// Waits until the worker has said hello and has prepared what it was asked for.
    ///
    /// # Errors
    /// [`SetupError::Worker`] with the worker's reason, or if the worker ended or speaks another version.
    pub fn prepared(&mut self) -> Result<(), SetupError> {
        self.shake_hands(START_UP)?;
        match self.receive(START_UP).map_err(SetupError::Worker)? {
            Reply::Prepared => Ok(()),
            Reply::Refused { reason } => Err(SetupError::Worker(reason)),
            other => Err(SetupError::Worker(format!("it answered {other:?} to prepare"))),
        }
    }

    /// Notes how long a request with these settings may take, and whether it may be sent again.
    fn expect(&mut self, settings: &Settings) {
        self.timeout = settings.retry.longest_request(settings.timeout);
        self.repeats = !settings.retry.is_never();
    }

    fn handshake(&mut self, timeout: Duration) -> Result<(), String> {
        if self.version.is_none() {
            self.hello(timeout)?;
        }
        match self.version {
            Some(version @ ..REPEATING) if self.repeats => Err(format!(
                "it speaks version {version} of the worker protocol, which has no retries; version {REPEATING} has \
                 them"
            )),
            _ => Ok(()),
        }
    }

    fn hello(&mut self, timeout: Duration) -> Result<(), String> {
        match self.receive(timeout)? {
            Reply::Hello { protocol: version @ OLDEST..=VERSION } => {
                self.version = Some(version);
                Ok(())
            }
            Reply::Hello { protocol } => {
                let age = if protocol < OLDEST { "an older" } else { "a newer" };
                Err(format!(
                    "it speaks {age} version of the worker protocol, {protocol}; this program speaks {OLDEST} to \
                     {VERSION}"
                ))
            }
            other => Err(format!("it answered {other:?} instead of hello")),
        }
    }

    /// Lets the worker make these requests.
    ///
    /// # Errors
    /// If there are no outcomes. The error says why: the worker died, or did not answer as agreed.
    pub fn run(&mut self, requests: &[Request]) -> Result<(Vec<Outcome>, Usage), String> {
        let answered = self.exchange(requests);
        if answered.is_err() {
            self.abandon();
        }
        answered
    }

    fn exchange(&mut self, requests: &[Request]) -> Result<(Vec<Outcome>, Usage), String> {
        let batch = self.batch(requests)?;
        let deadline = Instant::now() + self.timeout(requests, MARGIN);
        self.send_before(&Order::Run { batch }, deadline)?;
        match self.receive(deadline.saturating_duration_since(Instant::now()))? {
            Reply::Outcomes { outcomes, usage } if outcomes.len() == requests.len() => Ok((outcomes, usage)),
            Reply::Outcomes { outcomes, .. } => {
                Err(format!("it answered {} outcomes for {} requests", outcomes.len(), requests.len()))
            }
            Reply::Refused { reason } => Err(reason),
            other => Err(format!("it answered {other:?} to run")),
        }
    }

    /// Lets the worker make these requests on its own clock. It uses what is prepared, or `cold`, which it prepares
    /// and ends on the clock. `counted` says whether to count the usage. The parent counts the worker's threads from
    /// outside, every few milliseconds.
    ///
    /// # Errors
    /// If there are no outcomes. The error says why: the model could not be prepared, the worker died, or it did not
    /// answer as agreed.
    pub fn measure(
        &mut self,
        cold: Option<Cold>,
        requests: &[Request],
        counted: bool,
    ) -> Result<MeasuredBatch, String> {
        let answered = self.exchange_measured(cold, requests, counted);
        if answered.is_err() {
            self.abandon();
        }
        answered
    }

    fn exchange_measured(
        &mut self,
        cold: Option<Cold>,
        requests: &[Request],
        counted: bool,
    ) -> Result<MeasuredBatch, String> {
        if let Some(cold) = &cold {
            self.expect(&cold.settings);
        }
        self.handshake(START_UP)?;
        let batch = self.batch(requests)?;
        let deadline = Instant::now() + self.timeout(requests, START_UP);
        self.send_before(&Order::Measure { cold, batch, counted }, deadline)?;
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

    /// Returns the requests in the words of the worker's version.
    fn batch(&self, requests: &[Request]) -> Result<Batch, String> {
        Batch::of(requests, self.version.unwrap_or(VERSION))
    }

    /// Closes the worker's standard input, which tells it to end. Only dropping the handle waits for that.
    pub fn dismiss(&mut self) {
        self.pipes.close();
    }

    /// Gives up a worker that did not answer as agreed. It is not asked again, because its late answer would be taken
    /// for the next one's.
    fn abandon(&mut self) {
        self.dismiss();
        // This fails only if the worker has ended. Dropping the handle reaps it in any case.
        let _ = self.child.kill();
    }

    fn send(&mut self, order: &Order) -> Result<(), String> {
        self.send_before(order, Instant::now() + START_UP)
    }

    fn send_before(&mut self, order: &Order, deadline: Instant) -> Result<(), String> {
        let sent = self.pipes.send(order, deadline.saturating_duration_since(Instant::now()));
        sent.map_err(|broken| self.told("take what it was sent", broken))
    }

    fn receive(&mut self, timeout: Duration) -> Result<Reply, String> {
        let received = self.pipes.receive(timeout);
        received.map_err(|broken| self.told("answer", broken))
    }

    /// Returns how long a run may take. At worst, it makes one request after another, and each takes as long as it
    /// may; `margin` comes on top. The result is no longer than [`Worker::wait_at_most`] says, and than a clock can
    /// tell.
    fn timeout(&self, requests: &[Request], margin: Duration) -> Duration {
        let each = self.timeout.saturating_mul(u32::try_from(requests.len()).unwrap_or(u32::MAX));
        each.saturating_add(margin).min(self.most).min(A_YEAR)
    }

    fn told(&mut self, what: &str, broken: Broken) -> String {
        match broken {
            Broken::Late(waited) => format!("process {} did not {what} within {waited:.1?}", self.child.id()),
            Broken::Closed => self.end(),
            Broken::Other(reason) => reason,
        }
    }

    /// Says how the worker ended, for a message.
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
            // This fails only if the worker ended in the meantime. Waiting then reaps it.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
