//! A batch as the command line describes it: the model, the number of requests, and the server.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use fanout_harness::config;
use fanout_harness::server::{Server, Serving};
use fanout_harness::target::Target;
use fanout_model::{Model, Request, Roots, Runner, Settings};
use mock_server::Engine;
use mock_server::cli::duration;

use super::say::tell;

#[derive(Args)]
pub(super) struct Batch {
    /// The model; `cargo fanout models` lists them.
    #[arg(long, short, value_name = "ID", value_parser = fanout_models::find_or_suggest)]
    pub(super) model: &'static dyn Model,

    /// How many requests.
    #[arg(long, short = 'n', default_value_t = 100, value_parser = number)]
    pub(super) requests: u32,

    /// The most requests in flight [default: the model's own].
    #[arg(long, short, value_name = "N", value_parser = at_least_one)]
    concurrency: Option<NonZeroUsize>,

    /// A server that answers as httpbin's /uuid does, such as <https://httpbin.org>.
    #[arg(long, value_name = "URL")]
    target: Option<String>,

    /// The only certificate roots that https trusts, in PEM [default: the system's].
    #[arg(long, value_name = "FILE", requires = "target")]
    ca_file: Option<PathBuf>,

    /// How long the mock server holds each answer back, such as 20ms.
    #[arg(long, default_value = "0ms", value_parser = duration, conflicts_with = "target")]
    delay: Duration,

    /// The engine of the mock server that answers.
    #[arg(long, value_enum, default_value_t, conflicts_with = "target")]
    engine: Engine,

    /// The longest that one request may take.
    #[arg(long, default_value = "30s", value_parser = duration)]
    timeout: Duration,
}

/// Parses a number of requests.
fn number(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=MOST_REQUESTS).contains(number));
    number.ok_or_else(|| format!("give a whole number from 1 to {MOST_REQUESTS}"))
}

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
        let Some(text) = &self.target else {
            let server = Server::start(Serving { delay: self.delay, engine: self.engine, tls: false })?;
            return Ok(Place { request: Request::get(server.uuid_url())?, roots: Roots::None, server: Some(server) });
        };
        let target = Target::new(text, self.ca_file.as_deref())?;
        ensure!(
            self.model.speaks_tls() || target.url.scheme() != "https",
            "{}: not supported: https, because it speaks no TLS; take another model, or a target that begins with \
             http://",
            self.model.id()
        );
        let request = Request::get(target.url.clone())?;
        let planned = u64::from(self.requests).saturating_mul(batches);
        if let Some(line) = target.allow(planned, config::budget().map_err(anyhow::Error::msg)?)? {
            tell(line);
        }
        Ok(Place { request, roots: target.roots, server: None })
    }

    /// The settings for the model.
    pub(super) fn settings(&self, place: &Place) -> anyhow::Result<Settings> {
        let settings = self.model.settings(self.concurrency())?;
        Ok(Settings { timeout: self.timeout, roots: place.roots.clone(), ..settings })
    }

    /// The requests.
    pub(super) fn requests(&self, place: &Place) -> Vec<Request> {
        vec![place.request.clone(); self.requests as usize]
    }

    /// The model, prepared to run.
    pub(super) fn prepare(&self, settings: &Settings) -> anyhow::Result<Box<dyn Runner>> {
        self.model.prepare(settings).with_context(|| self.model.id())
    }
}

/// The server of the requests. If it is the mock server, it runs until this value is dropped.
pub(super) struct Place {
    request: Request,
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
