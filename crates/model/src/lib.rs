//! The vocabulary that every other crate speaks; no HTTP library, no concurrency.
//!
//! Read it in this order:
//! - [`Model`] is one way of making N requests at once; [`Model::prepare`] does everything costly.
//! - [`Runner`] is a prepared model; [`Runner::run`] is the only thing that is ever on the clock.
//! - [`Settings`] is what all models are given alike; [`Outcome`] is what each request became.
//! - [`Batch`] is the clock and the order that a model fills its outcomes into; [`Lanes`] says who carried them.
//! - [`split`] splits a batch evenly among those who carry it in parts.
//! - [`names`] looks names up; [`answer::uuid`] reads an answer; [`runtime::refuse`] guards blocking code from event
//!   loops; [`OwnThread`] is the runner of a model that is bound to a thread.
//! - [`redacted`] is a URL as it may be shown.

pub mod answer;
mod batch;
mod error;
mod lanes;
pub mod names;
mod outcome;
mod own_thread;
mod redact;
pub mod runtime;
mod settings;
pub mod split;

use std::num::NonZeroUsize;

pub use batch::{Batch, Span};
pub use error::{BodyError, RequestError, SetupError};
pub use lanes::{Lane, Lanes};
pub use outcome::{Outcome, Usage};
pub use own_thread::OwnThread;
pub use redact::{redacted, redacted_within};
pub use settings::{Protocol, Roots, Settings};
pub use url::Url;
pub use uuid::Uuid;

/// One concurrency model: a way of making N requests.
pub trait Model: Sync {
    /// The name in kebab-case. It is the key of the recorded history: never reuse one for another model.
    fn id(&self) -> &'static str;

    /// One line for a person who chooses.
    fn about(&self) -> &'static str;

    /// How many requests the model keeps in flight.
    fn concurrency(&self) -> Concurrency;

    /// What it speaks, the protocol it is made for first. Never empty.
    fn protocols(&self) -> &'static [Protocol] {
        Protocol::HTTP1
    }

    /// Whether it can use https.
    fn speaks_tls(&self) -> bool {
        true
    }

    /// Whether it can run on this machine at all. Where it cannot, tests and benches leave it out, with the reason.
    ///
    /// # Errors
    /// What the machine lacks, as `prepare` says it too.
    fn available(&self) -> Result<(), SetupError> {
        Ok(())
    }

    /// [`Settings::new`] with the protocol that the model is made for.
    ///
    /// # Errors
    /// As [`Settings::new`].
    fn settings(&self, concurrency: NonZeroUsize) -> Result<Settings, SetupError> {
        let protocol = self.protocols().first().copied().unwrap_or_default();
        Ok(Settings { protocol, ..Settings::new(concurrency)? })
    }

    /// Does everything costly: client, runtime, threads, child processes and their handshake.
    ///
    /// # Errors
    /// Whatever keeps the model from running here, before any request is sent.
    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError>;
}

/// A prepared model. Dropping it ends and reaps what it started: no thread, child or socket stays behind.
pub trait Runner: Send {
    /// Makes one request per URL and waits for all. Outcome i belongs to URL i, whatever breaks.
    fn run(&mut self, urls: &[Url]) -> Vec<Outcome>;

    /// What the last run cost in other processes; zero for a model that lives in this one.
    fn usage_elsewhere(&self) -> Usage {
        Usage::default()
    }
}

/// How many requests a model keeps in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concurrency {
    /// One, by its nature; [`Settings::concurrency`] is not used.
    One,
    /// As many as [`Settings::concurrency`] says; this many by default.
    Chosen(NonZeroUsize),
}

impl Concurrency {
    /// The most in flight when `wanted` is asked for.
    #[must_use]
    pub fn limit(self, wanted: NonZeroUsize) -> NonZeroUsize {
        match self {
            Self::One => NonZeroUsize::MIN,
            Self::Chosen(_) => wanted,
        }
    }

    /// The most in flight when nothing is asked for.
    #[must_use]
    pub fn default_limit(self) -> NonZeroUsize {
        match self {
            Self::One => NonZeroUsize::MIN,
            Self::Chosen(default) => default,
        }
    }

    /// `n` in flight unless told otherwise.
    ///
    /// # Panics
    /// Where `n` is 0; it is a constant of the model's.
    #[must_use]
    pub const fn chosen(n: usize) -> Self {
        Self::Chosen(NonZeroUsize::new(n).expect("a model has at least one request in flight"))
    }
}
