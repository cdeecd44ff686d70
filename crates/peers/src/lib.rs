//! Programs in other languages that make the same requests. They take part as models, and speak the worker protocol.
//!
//! [`NOTEBOOK`] holds the notebook's four systems in Python, with the libraries that it used. They need a Python with
//! `requests` and `aiohttp`; [`Python::check`] says what is missing and how to install it.
//!
//! Python's process pool counts the processor time that its children spend on requests, but not what they spend on
//! pipes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fanout_model::{Batch, Concurrency, Model, Outcome, Request, Runner, Settings, SetupError, Usage, runtime};
use fanout_needs::interpreter;
use fanout_worker::Worker;

/// The notebook's systems, with its settings: one session, one process for each core, 20 threads, aiohttp's 100
/// connections.
pub static NOTEBOOK: [Python; 4] = [
    Python {
        id: "python-sequential",
        about: "requests.Session, one after another",
        system: "sequential",
        limit: Some(1),
    },
    Python {
        id: "python-process-pool",
        about: "multiprocessing.Pool and requests",
        system: "process-pool",
        limit: None,
    },
    Python {
        id: "python-thread-pool",
        about: "ThreadPoolExecutor and requests",
        system: "thread-pool",
        limit: Some(20),
    },
    Python { id: "python-asyncio", about: "asyncio.gather and aiohttp", system: "asyncio", limit: Some(100) },
];

/// One of the notebook's systems.
#[derive(Debug)]
pub struct Python {
    id: &'static str,
    about: &'static str,
    system: &'static str,
    /// How many are in flight; `None` for as many as there are cores.
    limit: Option<usize>,
}

/// The peer with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Model> {
    NOTEBOOK.iter().find(|peer| peer.id == id).map(|peer| peer as &dyn Model)
}

impl Python {
    /// Checks whether the interpreter has the modules that the peers import.
    ///
    /// # Errors
    /// What is missing, and how to install it.
    pub fn check() -> Result<(), String> {
        let interpreter = interpreter();
        let how = "pip install requests aiohttp, and name the interpreter with FANOUT_PYTHON";
        let import =
            Command::new(&interpreter).args(["-c", "import aiohttp, requests"]).stdin(Stdio::null()).output();
        match import {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                Err(format!("{interpreter}: {}; {how}", said.lines().last().unwrap_or("it failed")))
            }
            Err(error) => Err(format!("{interpreter}: {error}; {how}")),
        }
    }

    fn program(&self) -> Command {
        let mut program = Command::new(interpreter());
        program.arg(script()).arg(self.system);
        program
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join("notebook.py")
}

impl Model for Python {
    fn id(&self) -> &'static str {
        self.id
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn concurrency(&self) -> Concurrency {
        match self.limit {
            Some(1) => Concurrency::One,
            Some(limit) => Concurrency::chosen(limit),
            None => Concurrency::chosen(std::thread::available_parallelism().map_or(1, usize::from)),
        }
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        runtime::refuse()?;
        let mut worker = Worker::start(self.program())?;
        worker.ask_to_prepare(self.id, settings)?;
        worker.prepared()?;
        Ok(Box::new(Peer { worker, usage: Usage::default() }))
    }
}

struct Peer {
    worker: Worker,
    usage: Usage,
}

impl Runner for Peer {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse() {
            return Batch::refused(requests.len(), &error);
        }
        let batch = Batch::start();
        match self.worker.run(requests) {
            Ok((outcomes, usage)) => {
                self.usage = usage;
                outcomes
            }
            Err(reason) => {
                self.usage = Usage::default();
                vec![Outcome::lost(0, batch.elapsed(), reason); requests.len()]
            }
        }
    }

    fn usage_elsewhere(&self) -> Usage {
        self.usage
    }
}
