//! A batch as the command line describes it: the model, the number of requests, and the server.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use fanout_harness::config;
use fanout_harness::named::Named;
use fanout_harness::own::Own;
use fanout_harness::server::{Server, Serving};
use fanout_harness::target::Target;
use fanout_model::{Model, Request, Retry, Roots, Runner, Settings};
use mock_server::Engine;
use mock_server::duration;

use super::say::tell;

#[derive(Args)]
pub(super) struct Batch {
    /// The model; `cargo fanout models` lists them.
    #[arg(long, short, value_name = "ID", value_parser = fanout_models::find_or_suggest)]
    pub(super) model: &'static dyn Model,

    /// How many requests [default: 100, or those of the file].
    #[arg(long, short = 'n', value_name = "N", value_parser = number)]
    requests: Option<u32>,

    /// The most requests in flight [default: the model's own].
    #[arg(long, short, value_name = "N", value_parser = at_least_one)]
    concurrency: Option<NonZeroUsize>,

    /// A server that answers as httpbin's /uuid does, such as <https://httpbin.org>.
    #[arg(long, value_name = "URL")]
    target: Option<String>,

    /// A file with your own requests: a list of URLs, one a line, or TOML or JSON lines (docs/requests.md).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["target", "delay", "engine"])]
    requests_file: Option<PathBuf>,

    /// The only certificate roots that https trusts, in PEM [default: the system's].
    #[arg(long, value_name = "FILE", conflicts_with_all = ["delay", "engine"])]
    ca_file: Option<PathBuf>,

    /// How long the mock server holds each answer back, such as 20ms.
    #[arg(long, default_value = "0ms", value_parser = duration, conflicts_with = "target")]
    delay: Duration,

    /// The engine of the mock server that answers.
    #[arg(long, value_enum, default_value_t, conflicts_with = "target")]
    engine: Engine,

    /// The longest that one attempt to send a request may take.
    #[arg(long, default_value = "30s", value_parser = duration)]
    timeout: Duration,

    /// How often to send a request again that failed in passing, such as with the status 429 or 503. Only what is
    /// safe to repeat is sent again, after a wait that the server names, or a short one.
    #[arg(long, value_name = "N", default_value_t = 0,
        value_parser = clap::value_parser!(u32).range(..=MOST_RETRIES))]
    retries: u32,
}

/// More retries than this are not made: with the waits between them, they would take more than an hour.
const MOST_RETRIES: i64 = 100;

/// Parses a number of requests.
fn number(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=MOST_REQUESTS).contains(number));
    number.ok_or_else(|| format!("give a whole number from 1 to {MOST_REQUESTS}"))
}

/// How many requests are sent, unless the user says otherwise.
const USUAL: u32 = 100;

/// More requests than this are not sent by one command.
const MOST_REQUESTS: u32 = 1_000_000;

fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "at least 1 request must be in flight; give a number from 1 up".into())
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("model", &self.model.id()).finish_non_exhaustive()
    }
}

impl Batch {
    /// The most requests in flight.
    pub(super) fn concurrency(&self) -> NonZeroUsize {
        let limit = self.model.concurrency();
        self.concurrency.map_or(limit.default_limit(), |wanted| limit.limit(wanted))
    }

    /// What of the arguments the model does not use, in a line for the user.
    fn unused(&self) -> Option<String> {
        let wanted = self.concurrency.filter(|wanted| *wanted != self.concurrency())?;
        let (id, limit) = (self.model.id(), self.concurrency());
        Some(format!("note: {id} has {limit} in flight by its nature, so that --concurrency {wanted} is not used"))
    }

    /// Starts the mock server, or checks that `batches` of this batch may go to the named target.
    pub(super) fn place(&self, batches: u64) -> anyhow::Result<Place> {
        self.unused().into_iter().for_each(tell);
        // What a model cannot do is said before anything is sent, or said to be sent.
        self.model.available().with_context(|| self.model.id())?;
        let named = match (&self.target, &self.requests_file) {
            (Some(text), _) => Named::Server(Target::new(text, self.ca_file.as_deref())?),
            (None, Some(file)) => Named::Requests(Own::read(file, self.ca_file.as_deref())?),
            (None, None) => {
                ensure!(self.ca_file.is_none(), "--ca-file is for an https server: name it with --target");
                let server = Server::start(Serving { delay: self.delay, engine: self.engine, ..Serving::default() })?;
                let requests = vec![Request::get(server.uuid_url())?; self.requests.unwrap_or(USUAL) as usize];
                return Ok(Place { requests, roots: Roots::None, server: Some(server) });
            }
        };
        ensure!(
            self.model.speaks_tls() || !named.needs_tls(),
            "{}: not supported: https, because it speaks no TLS; take another model, or a target that begins with \
             http://",
            self.model.id()
        );
        let of_the_file = match &named {
            Named::Server(_) => USUAL as usize,
            Named::Requests(own) => own.requests.len(),
        };
        let requests = named.batch(self.requests.map_or(of_the_file, |requests| requests as usize))?;
        let budget = config::budget().map_err(anyhow::Error::msg)?;
        let attempts = batches.saturating_mul(1 + u64::from(self.retries));
        named.allow(&[(requests.len(), attempts)], budget)?.into_iter().for_each(tell);
        Ok(Place { requests, roots: named.roots().clone(), server: None })
    }

    /// The settings for the model.
    pub(super) fn settings(&self, place: &Place) -> anyhow::Result<Settings> {
        let settings = self.model.settings(self.concurrency())?;
        let (timeout, retry) = (self.timeout, Retry::times(self.retries));
        Ok(Settings { timeout, retry, roots: place.roots.clone(), ..settings })
    }

    /// The model, prepared to run.
    pub(super) fn prepare(&self, settings: &Settings) -> anyhow::Result<Box<dyn Runner>> {
        self.model.prepare(settings).with_context(|| self.model.id())
    }
}

/// The server of the requests. If it is the mock server, it runs until this value is dropped.
pub(super) struct Place {
    pub(super) requests: Vec<Request>,
    roots: Roots,
    server: Option<Server>,
}

impl Place {
    /// Whether the server was started by this process.
    pub(super) fn is_ours(&self) -> bool {
        self.server.is_some()
    }

    /// Resets the mock server's counts, so that its memory stays small. Call this between batches.
    pub(super) fn reset(&self) -> anyhow::Result<()> {
        self.server.as_ref().map_or(Ok(()), Server::reset)
    }
}
