//! `cargo fanout fetch`: what the notebook's cell did, with its timer `exctimer(number, repeat)`.

use std::collections::HashMap;
use std::fmt::Write;
use std::io::{IsTerminal, stdout};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use fanout_model::{Check, Found, Kept, Outcome, Request, RequestError, Usage};
use fanout_record::run::Latencies;
use fanout_usage::Meter;
use serde::Serialize;

use super::batch::{Batch, Place};
use super::say::{print, say, tell};
use super::waiting::Waiting;

/// Make N requests with one model, and print what the answers hold and how long it took.
///
/// The answers go to standard output, one a line, and the times to standard error. Without --requests-file, each
/// request is for a UUID. With it, the line of a request has its number, and the length and the XXH3 hash of its
/// answer. The time is that of the whole batch, setting the model up and ending it included.
/// Without --target or --requests-file, a mock server is started for it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    batch: Batch,

    /// Batches that are timed together, as timeit's number.
    #[arg(long, value_name = "N", default_value = "1", value_parser = super::at_least_one::<NonZeroU32>)]
    number: NonZeroU32,

    /// Times to repeat that, as timeit's repeat.
    #[arg(long, value_name = "N", default_value = "1", value_parser = super::at_least_one::<NonZeroU32>)]
    repeat: NonZeroU32,

    /// Do not print what was found.
    #[arg(long, short, conflicts_with = "json")]
    quiet: bool,

    /// Write the body of each good answer to a file in this folder; the file is named by the number of its request.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["number", "repeat"])]
    output_dir: Option<PathBuf>,

    /// Print JSON: the times and every outcome.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let batches = u64::from(arguments.number.get()) * u64::from(arguments.repeat.get());
    let mut place = arguments.batch.place(batches)?;
    if let Some(folder) = &arguments.output_dir {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        keep_in(folder, &mut place.requests);
    }
    let mut fetched = Fetched::new(arguments, place.requests.len());
    fetch(arguments, &place, &mut fetched)?;
    match arguments.json {
        true => say(serde_json::to_string(&fetched)?),
        // On a terminal, the answer comes before what would push it out of sight.
        false if arguments.prints_at_the_end() => {
            tell(summary(&fetched, &place)?);
            print(&found(&fetched.outcomes, fetched.requests));
        }
        false => tell(summary(&fetched, &place)?),
    }
    let repeated = repeated(&fetched.outcomes);
    if let Some((first, again)) = repeated {
        tell(format!(
            "failed: request {again} got the same UUID as request {first}; each request must get one of its own. \
             Does a cache answer in place of the server?"
        ));
    }
    let has_failed = repeated.is_some() || fetched.outcomes.iter().any(|outcome| outcome.result.is_err());
    Ok(if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Lets each answer be written to a file in this folder, whose name is the number of its request, from 1.
fn keep_in(folder: &Path, requests: &mut [Request]) {
    let digits = requests.len().to_string().len();
    for (i, request) in requests.iter_mut().enumerate() {
        let kept = Kept::InFile(folder.join(format!("{:0digits$}", i + 1)));
        *request = request.with_check(Check { kept, ..request.check().clone() });
    }
}

impl Arguments {
    /// Whether what was found is printed when all batches have ended.
    fn prints_at_the_end(&self) -> bool {
        !self.quiet && stdout().is_terminal()
    }
}

#[derive(Serialize)]
struct Fetched {
    model: &'static str,
    concurrency: NonZeroUsize,
    requests: usize,
    number: NonZeroU32,
    /// The seconds that each repeat took.
    totals: Vec<f64>,
    /// What all batches cost this process, and the processes that they started.
    usage: Usage,
    outcomes: Vec<Outcome>,
}

impl Fetched {
    fn new(arguments: &Arguments, requests: usize) -> Self {
        let batch = &arguments.batch;
        Self {
            model: batch.model.id(),
            concurrency: batch.concurrency(),
            requests,
            number: arguments.number,
            totals: Vec::new(),
            usage: Usage::default(),
            outcomes: Vec::new(),
        }
    }
}

impl Fetched {
    /// Adds what a batch cost. Memory and threads are those of the batch that had the most.
    fn spent(&mut self, batch: Usage) {
        let (memory, threads) = (self.usage.peak_memory, self.usage.threads);
        self.usage += batch;
        self.usage.peak_memory = memory.max(batch.peak_memory);
        self.usage.threads = threads.max(batch.threads);
    }
}

/// Fetches into `fetched`, and prints what each batch found as soon as the batch has ended, off the clock.
fn fetch(arguments: &Arguments, place: &Place, fetched: &mut Fetched) -> anyhow::Result<()> {
    let settings = arguments.batch.settings(place)?;
    let batches = u64::from(arguments.repeat.get()) * u64::from(arguments.number.get());
    // JSON says how many threads there were, and the line has one.
    let (mut begun, waiting) = (0, Waiting::begin(!arguments.json));
    for _ in 0..arguments.repeat.get() {
        let mut total = Duration::ZERO;
        for _ in 0..arguments.number.get() {
            begun += 1;
            let batch = if batches > 1 { format!("batch {begun} of {batches}, ") } else { String::new() };
            waiting.says(format!("{batch}{} requests by {}", place.requests.len(), fetched.model));
            place.reset()?;
            let (meter, start) = (Meter::start(), Instant::now());
            let mut runner = arguments.batch.prepare(&settings)?;
            let outcomes = runner.run(&place.requests);
            drop(runner);
            total += start.elapsed();
            fetched.spent(meter.stop());
            let first = fetched.outcomes.len();
            fetched.outcomes.extend(outcomes);
            if !arguments.json && !arguments.quiet && !arguments.prints_at_the_end() {
                print(&found(&fetched.outcomes[first..], fetched.requests));
            }
        }
        fetched.totals.push(total.as_secs_f64());
    }
    Ok(())
}

/// Returns the numbers of the first two requests that got the same UUID. The first request has the number 1.
fn repeated(outcomes: &[Outcome]) -> Option<(usize, usize)> {
    let mut seen = HashMap::new();
    let answered =
        outcomes.iter().enumerate().filter_map(|(i, outcome)| Some((i + 1, outcome.result.as_ref().ok()?.uuid()?)));
    answered.into_iter().find_map(|(number, uuid)| Some((seen.insert(uuid, number)?, number)))
}

/// What was found, one answer on each line. Each batch has so many requests, which are numbered from 1.
fn found(outcomes: &[Outcome], batch: usize) -> String {
    let line = |(i, outcome): (usize, &Outcome)| match outcome.result.as_ref().ok()? {
        Found::Uuid(uuid) => Some(format!("{uuid}\n")),
        Found::Body { length, hash } => Some(format!("{}: {length} bytes, xxh3 {hash:016x}\n", i % batch.max(1) + 1)),
    };
    outcomes.iter().enumerate().filter_map(line).collect()
}

/// The times, and the failures.
fn summary(fetched: &Fetched, place: &Place) -> Result<String, std::fmt::Error> {
    let mut said = format!("TOTAL TIME:  {}", total_time(&fetched.totals));
    let batches = f64::from(fetched.number.get()) * fetched.totals.len() as f64;
    write!(
        said,
        "\n{}: {} requests a batch, {} in flight at most; {:.2} ms of processor time a batch, {:.1} MB at most",
        fetched.model,
        fetched.requests,
        fetched.concurrency,
        fetched.usage.cpu().as_secs_f64() * 1e3 / batches,
        fetched.usage.peak_memory as f64 / 1e6,
    )?;
    let served = fetched.outcomes.iter().filter(|outcome| outcome.result.is_ok());
    let latencies = Latencies::of(served.map(|outcome| outcome.finished.saturating_sub(outcome.started)));
    let at = |share| latencies.quantile(share).map(|latency| format!("{:.2}", latency.as_secs_f64() * 1e3));
    if let (Some(p50), Some(p90), Some(p99), Some(max)) = (at(0.5), at(0.9), at(0.99), at(1.0)) {
        write!(said, "\none request: p50 {p50} ms, p90 {p90} ms, p99 {p99} ms, max {max} ms")?;
    }
    let again: Vec<u32> = fetched.outcomes.iter().map(|outcome| outcome.again).filter(|again| *again > 0).collect();
    if !again.is_empty() {
        let times: u64 = again.iter().copied().map(u64::from).sum();
        write!(said, "\nsent again: {} of {} requests, {times} times in all", again.len(), fetched.outcomes.len())?;
    }
    for (error, count, first) in failures(&fetched.outcomes) {
        write!(said, "\nfailed: {count} of {}, the first is number {}: {error}", fetched.outcomes.len(), first + 1)?;
        if matches!(error, RequestError::Connect(_)) && !place.is_ours() {
            write!(said, "\n  is a server there? without --target one is started for you")?;
        }
    }
    Ok(said)
}

/// The mean of the repeats, as the notebook's timer prints it, with the spread beside it.
fn total_time(totals: &[f64]) -> String {
    let n = totals.len() as f64;
    let mean = totals.iter().sum::<f64>() / n;
    let seconds = |value: f64| {
        // Four digits, also of a time that is a small part of a second.
        let digits = if value > 0.0 { (3.0 - value.log10().floor()).clamp(4.0, 9.0) as usize } else { 4 };
        format!("{value:.digits$}")
    };
    if totals.len() < 2 {
        return format!("{} s", seconds(mean));
    }
    let deviation = (totals.iter().map(|total| (total - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let (least, most) = totals.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), t| (low.min(*t), high.max(*t)));
    let [mean, deviation, least, most] = [mean, deviation, least, most].map(seconds);
    format!("{mean} s  (mean of {n} repeats; deviation {deviation}, {least} .. {most})")
}

/// Each kind of failure, with the number of times it occurred and where it occurred first.
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
        assert_eq!(total_time(&[0.000_412_34]), "0.0004123 s");
        assert_eq!(total_time(&[1.0, 2.0, 3.0]), "2.0000 s  (mean of 3 repeats; deviation 1.0000, 1.0000 .. 3.0000)");
    }
}
