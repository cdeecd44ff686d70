//! The types that every other crate uses. There is no HTTP library here, and no concurrency.
//!
//! Read it in this order:
//! - [`Model`] is one way of making N requests at once; [`Model::prepare`] does everything costly.
//! - [`Description`] is what a model says of itself to a person who must choose.
//! - [`Runner`] is a prepared model; [`Runner::run`] is the only thing that is ever on the clock.
//! - [`Request`] is what is sent, and [`Check`] is what makes its answer good. [`answer`] reads and checks answers.
//! - [`Settings`] is what all models are given alike; [`Outcome`] is the result of one request.
//! - [`Batch`] measures a model's batch and puts its outcomes in order; [`Lanes`] hands out the lanes.
//! - [`retry`] sends a request again that failed in passing, if the settings allow it.
//! - [`split`] splits a batch evenly into parts.
//! - [`names`] looks names up, and [`dial`] says which address is tried when. [`runtime::refuse`] keeps blocking code
//!   out of event loops. [`OwnThread`] is the runner of a model that is bound to one thread.
//! - [`redacted`] makes a URL safe to show.

pub mod answer;
mod batch;
mod check;
mod description;
pub mod dial;
mod error;
mod lanes;
pub mod names;
mod outcome;
mod own_thread;
mod redact;
mod request;
pub mod retry;
pub mod runtime;
mod settings;
pub mod split;

use std::num::NonZeroUsize;
use std::process::Command;

pub use batch::{Batch, Span};
pub use check::{Check, Content, Found, Kept};
pub use description::{Called, Description, Family, excerpt};
pub use error::{BodyError, RequestError, SetupError};
pub use lanes::{Lane, Lanes};
pub use outcome::{Outcome, Usage, nanoseconds};
pub use own_thread::OwnThread;
pub use redact::{redacted, redacted_within};
pub use request::Request;
pub use retry::Retry;
pub use settings::{Protocol, Roots, Settings};
pub use url::Url;
pub use uuid::Uuid;

/// One concurrency model: a way of making N requests.
pub trait Model: Sync {
    /// The name in kebab-case. It is the key in the recorded history: never use it again for another model.
    fn id(&self) -> &'static str;

    /// One line that helps a person to choose.
    fn about(&self) -> &'static str;

    /// What it says of itself to a person who must choose. Every model of the roster has one.
    fn description(&self) -> Option<Description> {
        None
    }

    /// How many requests the model keeps in flight.
    fn concurrency(&self) -> Concurrency;

    /// The protocols that it speaks, first the one that it is made for. Never empty.
    fn protocols(&self) -> &'static [Protocol] {
        Protocol::HTTP1
    }

    /// Whether it can use https.
    fn speaks_tls(&self) -> bool {
        true
    }

    /// Checks whether the model can run on this machine at all. If not, tests and benches skip it and print the
    /// reason.
    ///
    /// # Errors
    /// What the machine lacks. `prepare` returns the same error.
    fn available(&self) -> Result<(), SetupError> {
        Ok(())
    }

    /// The program that carries the model out as a worker, for a model in another language; `None` for a model that
    /// a worker of this project carries out.
    ///
    /// # Errors
    /// What the machine lacks, as for [`available`](Self::available).
    fn program(&self) -> Option<Result<Command, SetupError>> {
        None
    }

    /// The settings of [`Settings::new`], with the protocol that the model is made for.
    ///
    /// # Errors
    /// The same as for [`Settings::new`].
    fn settings(&self, concurrency: NonZeroUsize) -> Result<Settings, SetupError> {
        let protocol = self.protocols().first().copied().unwrap_or_default();
        Ok(Settings { protocol, ..Settings::new(concurrency)? })
    }

    /// Does everything that is costly: it makes the client, the runtime, the threads, and the child processes with
    /// their handshake.
    ///
    /// # Errors
    /// Any reason why the model cannot run here. No request has been sent.
    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError>;
}

/// A prepared model. Dropping it ends and reaps everything that it started: no thread, child or socket is left.
pub trait Runner: Send {
    /// Makes all requests and waits for them. Outcome i belongs to request i, even if something breaks.
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome>;

    /// What the last run cost in other processes. Zero for a model that runs in this process only.
    fn usage_elsewhere(&self) -> Usage {
        Usage::default()
    }

    /// How many workers elsewhere carry the requests; `None` for a model whose requests no worker elsewhere carries.
    /// They are not the model's own, so that their number is a condition of what is measured.
    fn workers_elsewhere(&self) -> Option<usize> {
        None
    }
}

/// How many requests a model keeps in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concurrency {
    /// One, by the nature of the model; [`Settings::concurrency`] is not used.
    One,
    /// As many as [`Settings::concurrency`] says; the default is this many.
    Chosen(NonZeroUsize),
    /// As many as the model finds to be right, and at most [`Settings::concurrency`]; by default, at most this many.
    Found(NonZeroUsize),
}

impl Concurrency {
    /// The most in flight if the user asks for `wanted`.
    #[must_use]
    pub fn limit(self, wanted: NonZeroUsize) -> NonZeroUsize {
        match self {
            Self::One => NonZeroUsize::MIN,
            Self::Chosen(_) | Self::Found(_) => wanted,
        }
    }

    /// The most in flight if the user asks for no number.
    #[must_use]
    pub fn default_limit(self) -> NonZeroUsize {
        match self {
            Self::One => NonZeroUsize::MIN,
            Self::Chosen(default) | Self::Found(default) => default,
        }
    }

    /// `n` in flight by default.
    ///
    /// # Panics
    /// If `n` is 0. It is a constant of the model.
    #[must_use]
    pub const fn chosen(n: usize) -> Self {
        Self::Chosen(NonZeroUsize::new(n).expect("a model has at least one request in flight"))
    }

    /// As many in flight as the model finds to be right, and at most `n` by default.
    ///
    /// # Panics
    /// If `n` is 0. It is a constant of the model.
    #[must_use]
    pub const fn found(n: usize) -> Self {
        Self::Found(NonZeroUsize::new(n).expect("a model has at least one request in flight"))
    }
}
