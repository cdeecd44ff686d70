//! Workers of a queue, in processes of their own, and a model that ends them.

use std::io::{BufRead, BufReader};
use std::num::NonZeroUsize;
use std::os::unix::process::parent_id;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use clap::Parser;
use fanout_model::{Concurrency, Model, Outcome, Request, Runner, Settings, SetupError};
use fanout_models::find;
use model_nats_queue::{NatsRunner, Server, worker};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The first argument of a process that is a worker of the queue. Its URL and its model follow.
pub(crate) const WORKER: &str = "__queue-worker";

/// The first argument of a process that is a mock server, whose own arguments follow.
pub(crate) const MOCK: &str = "__mock-server";

/// How long a worker may take for what it is waited for. This is a deadline, not a measurement.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// Becomes what this process was started as, if it was started by one of these tests.
pub(crate) fn enter() {
    let arguments: Vec<String> = std::env::args().collect();
    fanout_harness::enter_with(|id| POISON.iter().find(|it| it.id == id).map(|it| it as &dyn Model));
    match arguments.get(1).map(String::as_str) {
        Some(WORKER) => {
            let url = arguments[2].as_str();
            let server = if url.is_empty() { Server::from_env() } else { Server::from_argument(url) }.unwrap();
            let Err(error) = worker::serve(&server, &arguments[3], |text| eprintln!("{text}"));
            eprintln!("{error}");
            std::process::exit(2);
        }
        Some(MOCK) => {
            let _ = mock_server::cli::run(&mock_server::cli::Arguments::parse_from(&arguments[1..]));
            std::process::exit(0);
        }
        _ => {}
    }
}

/// A worker. Dropping it kills it.
pub(crate) struct Worker {
    pub(crate) child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Worker {
    /// Starts a worker that makes its requests with this model, and waits until it is ready.
    pub(crate) fn start(url: &str, model: &str) -> Self {
        let mut worker = Self::of(Command::new("/proc/self/exe").args([WORKER, url, model]));
        worker.says("is ready");
        worker
    }

    /// Starts a worker with this command.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let output = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, said: Vec::new() }
    }

    /// Waits until it says this.
    #[track_caller]
    pub(crate) fn says(&mut self, text: &str) {
        while !self.said.iter().any(|line| line.contains(text)) {
            match self.lines.recv_timeout(TIMEOUT) {
                Ok(line) => self.said.push(line),
                Err(error) => panic!("it did not say {text:?} ({error}), but {:?}", self.said),
            }
        }
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client of this server with so many requests in flight.
pub(crate) fn client(url: &str, in_flight: usize) -> NatsRunner {
    NatsRunner::start(&Server::from_argument(url).unwrap(), &settings(in_flight)).unwrap()
}

/// Why there is no client.
#[track_caller]
pub(crate) fn refusal(url: &str) -> String {
    NatsRunner::start(&Server::from_argument(url).unwrap(), &settings(4)).unwrap_err().to_string()
}

pub(crate) fn settings(in_flight: usize) -> Settings {
    Settings::new(NonZeroUsize::new(in_flight).unwrap()).unwrap()
}

/// A model that ends its process, or also the process that started that, when a request has `poison` in its path.
struct Poison {
    id: &'static str,
    ends_its_parent: bool,
}

const POISON: &[Poison] =
    &[Poison { id: "ends-itself", ends_its_parent: false }, Poison { id: "ends-its-worker", ends_its_parent: true }];

impl Model for Poison {
    fn id(&self) -> &'static str {
        self.id
    }

    fn about(&self) -> &'static str {
        "it ends when it is asked for poison"
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(1)
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let runner = find("tokio-current-thread").unwrap().prepare(settings)?;
        Ok(Box::new(Poisoned { runner, ends_its_parent: self.ends_its_parent }))
    }
}

struct Poisoned {
    runner: Box<dyn Runner>,
    ends_its_parent: bool,
}

impl Runner for Poisoned {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        if requests.iter().any(|request| request.url().path().contains("poison")) {
            if self.ends_its_parent {
                kill(Pid::from_raw(parent_id().cast_signed()), Signal::SIGKILL).unwrap();
            }
            std::process::abort();
        }
        self.runner.run(requests)
    }
}
