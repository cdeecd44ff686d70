//! Defines a peer: one program of another language, as a model.

use std::num::NonZeroUsize;
use std::process::Command;
use std::thread::available_parallelism;

use fanout_model::{Concurrency, Model, Protocol, Runner, Settings, SetupError, runtime};
use fanout_worker::Worker;

use crate::Language;
use crate::program::Program;
use crate::runner::Prepared;

/// The variable that tells a peer's worker that it need not warm its language up, which takes Node some seconds.
const UNMEASURED: &str = "PEER_IS_UNMEASURED";

/// One program in another language.
#[derive(Debug)]
pub struct Peer {
    pub(crate) id: &'static str,
    pub(crate) about: &'static str,
    /// The language that it is written in.
    pub language: Language,
    pub(crate) limit: Limit,
    /// The id of the model that does the same in Rust, for the notebook's own programs.
    pub twin: Option<&'static str>,
    /// Finds the program and what it needs.
    pub(crate) program: fn() -> Result<Program, String>,
}

/// How many requests a peer has in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// One.
    One,
    /// As many as it is told, and this many by default.
    Default(usize),
    /// As many as it is told, and by default as many as there are processors.
    Processors,
    /// All of a batch.
    None,
}

impl Peer {
    /// Returns whether it keeps a limit. If not, it has its whole batch in flight, whatever it is told.
    #[must_use]
    pub fn keeps_a_limit(&self) -> bool {
        self.limit != Limit::None
    }

    /// Returns its name in tables and pictures, which says that it is a peer, and of which version its language is:
    /// `python-asyncio (peer, 3.11)`.
    ///
    /// # Errors
    /// What this machine lacks, and how to install it.
    pub fn label(&self) -> Result<String, String> {
        Ok(format!("{} (peer, {})", self.id, (self.program)()?.version))
    }

    /// Returns what it is, with the versions of its language and its libraries.
    ///
    /// # Errors
    /// What this machine lacks, and how to install it.
    pub fn described(&self) -> Result<String, String> {
        Ok(format!("{} (a peer, not a model: {})", self.about, (self.program)()?.versions))
    }

    fn command(&self) -> Result<Command, SetupError> {
        Ok((self.program)().map_err(SetupError::Worker)?.command())
    }
}

impl Model for Peer {
    fn id(&self) -> &'static str {
        self.id
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn concurrency(&self) -> Concurrency {
        match self.limit {
            Limit::One => Concurrency::One,
            Limit::Default(limit) => Concurrency::chosen(limit),
            Limit::Processors => Concurrency::Chosen(available_parallelism().unwrap_or(NonZeroUsize::MIN)),
            // The notebook's batch. A harness tells such a peer how many requests its batches have.
            Limit::None => Concurrency::chosen(100),
        }
    }

    fn protocols(&self) -> &'static [Protocol] {
        &[Protocol::KeepAlive]
    }

    fn speaks_tls(&self) -> bool {
        false
    }

    fn available(&self) -> Result<(), SetupError> {
        self.command().map(drop)
    }

    fn program(&self) -> Option<Result<Command, SetupError>> {
        Some(self.command())
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        runtime::refuse()?;
        settings.refuse_beyond(self.protocols())?;
        settings.refuse_https()?;
        settings.refuse_retries()?;
        let mut command = self.command()?;
        // This runner is tried and not measured. What measures starts `program` itself.
        command.env(UNMEASURED, "1");
        let mut worker = Worker::start(command)?;
        worker.ask_to_prepare(self.id, settings)?;
        worker.prepared()?;
        Ok(Box::new(Prepared::new(worker)))
    }
}
