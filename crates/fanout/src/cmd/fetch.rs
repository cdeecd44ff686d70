//! `cargo fanout fetch`: the notebook's cell, and its timer `exctimer(number, repeat)`.

use std::io::{BufWriter, Write, stderr, stdout};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use fanout_harness::config;
use fanout_harness::server::{Server, Serving};
use fanout_harness::target::Target;
use fanout_model::{Model, Outcome, RequestError, Roots, Settings, Url};
use fanout_record::histogram::Latencies;
use mock_server::Engine;
use mock_server::cli::duration;
use serde::Serialize;

use super::is_broken_pipe;

/// Fetch N UUIDs with one model: one a line on standard output, the times on standard error.
///
/// The time is that of the whole batch, setting the model up and ending it included. Without --target a mock server is
/// started for it.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The model; `cargo fanout models` lists them.
    #[arg(long, short, value_name = "ID", value_parser = fanout_models::find_or_suggest)]
    model: &'static dyn Model,

    /// How many requests.
    #[arg(long, short = 'n', default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    requests: u32,

    /// The most requests in flight [default: the model's own].
    #[arg(long, short, value_name = "N", value_parser = at_least_one)]
    concurrency: Option<NonZeroUsize>,

    /// A server that answers as httpbin's /uuid does, such as <https://httpbin.org>.
    #[arg(long, value_name = "URL")]
    target: Option<String>,

    /// The only certificate roots that https trusts, in PEM [default: the system's].
    #[arg(long, value_name = "FILE", requires = "target")]
    ca_file: Option<PathBuf>,

    /// How long the mock server holds each answer back.
    #[arg(long, default_value = "0ms", value_parser = duration, conflicts_with = "target")]
    delay: Duration,

    /// Who answers in the mock server.
    #[arg(long, value_enum, default_value_t, conflicts_with = "target")]
    engine: Engine,

    /// The longest that one request may take.
    #[arg(long, default_value = "30s", value_parser = duration)]
    timeout: Duration,

    /// Batches that are timed together, as timeit's number.
    #[arg(long, value_name = "N", default_value = "1")]
    number: NonZeroU32,

    /// Times to repeat that, as timeit's repeat.
    #[arg(long, value_name = "N", default_value = "1")]
    repeat: NonZeroU32,

    /// Print JSON: the times and every outcome.
    #[arg(long)]
    json: bool,
}

fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "at least 1 request must be in flight; give a number from 1 up".into())
}

impl std::fmt::Debug for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arguments").field("model", &self.model.id()).finish_non_exhaustive()
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let place = Place::of(arguments)?;
    let mut fetched = Fetched::new(arguments);
    let ended = fetch(arguments, &place, &mut fetched).and_then(|()| match arguments.json {
        true => Ok(writeln!(stdout(), "{}", serde_json::to_string(&fetched)?)?),
        false => say(&fetched, &place),
    });
    match ended {
        // A reader that has seen enough is no failure; a request that failed still is one.
        Err(error) if !is_broken_pipe(&error) => Err(error),
        _ if fetched.outcomes.iter().any(|outcome| outcome.result.is_err()) => Ok(ExitCode::FAILURE),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Where requests go. The mock server, where one was started, lives as long as this.
struct Place {
    url: Url,
    roots: Roots,
    server: Option<Server>,
}

impl Place {
    fn of(arguments: &Arguments) -> anyhow::Result<Self> {
        let Some(text) = &arguments.target else {
            let server = Server::start(Serving { delay: arguments.delay, engine: arguments.engine, tls: false })?;
            return Ok(Self { url: server.uuid_url(), roots: Roots::None, server: Some(server) });
        };
        let target = Target::new(text, arguments.ca_file.as_deref())?;
        let batches = u64::from(arguments.number.get()) * u64::from(arguments.repeat.get());
        let planned = u64::from(arguments.requests).saturating_mul(batches);
        if let Some(line) = target.allow(planned, config::budget().map_err(anyhow::Error::msg)?)? {
            eprintln!("{line}");
        }
        Ok(Self { url: target.url, roots: target.roots, server: None })
    }
}

#[derive(Serialize)]
struct Fetched {
    model: &'static str,
    concurrency: NonZeroUsize,
    requests: u32,
    number: NonZeroU32,
    /// Seconds of each repeat.
    totals: Vec<f64>,
    outcomes: Vec<Outcome>,
}

impl Fetched {
    fn new(arguments: &Arguments) -> Self {
        let limit = arguments.model.concurrency();
        Self {
            model: arguments.model.id(),
            concurrency: arguments.concurrency.map_or(limit.default_limit(), |wanted| limit.limit(wanted)),
            requests: arguments.requests,
            number: arguments.number,
            totals: Vec::new(),
            outcomes: Vec::new(),
        }
    }
}

/// Fetches into `fetched`, and prints each batch's UUIDs as soon as it has ended, off the clock.
fn fetch(arguments: &Arguments, place: &Place, fetched: &mut Fetched) -> anyhow::Result<()> {
    let settings = Settings {
        timeout: arguments.timeout,
        roots: place.roots.clone(),
        ..arguments.model.settings(fetched.concurrency)?
    };
    let urls = vec![place.url.clone(); arguments.requests as usize];
    for _ in 0..arguments.repeat.get() {
        let mut total = Duration::ZERO;
        for _ in 0..arguments.number.get() {
            if let Some(server) = &place.server {
                server.reset()?;
            }
            let start = Instant::now();
            let mut runner = arguments.model.prepare(&settings).with_context(|| arguments.model.id())?;
            let outcomes = runner.run(&urls);
            drop(runner);
            total += start.elapsed();
            let first = fetched.outcomes.len();
            fetched.outcomes.extend(outcomes);
            if !arguments.json {
                print(&fetched.outcomes[first..])?;
            }
        }
        fetched.totals.push(total.as_secs_f64());
    }
    Ok(())
}

fn print(outcomes: &[Outcome]) -> anyhow::Result<()> {
    let mut out = BufWriter::new(stdout().lock());
    for uuid in outcomes.iter().filter_map(|outcome| outcome.result.as_ref().ok()) {
        writeln!(out, "{uuid}")?;
    }
    Ok(out.flush()?)
}

fn say(fetched: &Fetched, place: &Place) -> anyhow::Result<()> {
    let mut err = stderr().lock();
    writeln!(err, "TOTAL TIME:  {}", total_time(&fetched.totals))?;
    let served = fetched.outcomes.iter().filter(|outcome| outcome.result.is_ok());
    let latencies = Latencies::of(served.map(|outcome| outcome.finished.saturating_sub(outcome.started)));
    let at = |share| latencies.quantile(share).map(|latency| format!("{:.2}", latency.as_secs_f64() * 1e3));
    if let (Some(p50), Some(p90), Some(p99), Some(max)) = (at(0.5), at(0.9), at(0.99), at(1.0)) {
        writeln!(err, "one request: p50 {p50} ms, p90 {p90} ms, p99 {p99} ms, max {max} ms")?;
    }
    for (error, count, first) in failures(&fetched.outcomes) {
        writeln!(err, "failed: {count} of {}, the first is number {}: {error}", fetched.outcomes.len(), first + 1)?;
        if matches!(error, RequestError::Connect(_)) && place.server.is_none() {
            writeln!(err, "  is a server there? without --target one is started for you")?;
        }
    }
    Ok(())
}

/// The mean of the repeats, as the notebook's timer prints it, with the spread beside it.
fn total_time(totals: &[f64]) -> String {
    let n = totals.len() as f64;
    let mean = totals.iter().sum::<f64>() / n;
    if totals.len() < 2 {
        return format!("{mean:.4} s");
    }
    let deviation = (totals.iter().map(|total| (total - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let (least, most) = totals.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), t| (low.min(*t), high.max(*t)));
    format!("{mean:.4} s  (mean of {n} repeats; deviation {deviation:.4}, {least:.4} .. {most:.4})")
}

/// Each kind of failure with how often it came and where first.
fn failures(outcomes: &[Outcome]) -> Vec<(&RequestError, usize, usize)> {
    let mut kinds: Vec<(&RequestError, usize, usize)> = Vec::new();
    for (i, error) in outcomes.iter().enumerate().filter_map(|(i, outcome)| Some((i, outcome.result.as_ref().err()?)))
    {
        match kinds.iter_mut().find(|(kind, _, _)| *kind == error) {
            Some((_, count, _)) => *count += 1,
            None => kinds.push((error, 1, i)),
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_time_is_the_mean_with_its_spread() {
        assert_eq!(total_time(&[0.5]), "0.5000 s");
        assert_eq!(total_time(&[1.0, 2.0, 3.0]), "2.0000 s  (mean of 3 repeats; deviation 1.0000, 1.0000 .. 3.0000)");
    }
}
