//! `cargo fanout calibrate`: finds which slowdowns comparisons on this machine detect, and how often they are wrong.

use std::fmt::{self, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use fanout_compare::calibration::{Calibration, LEAST, Tried};
use fanout_compare::comparison::one;
use fanout_compare::session::Subject;
use fanout_compare::{scenario, summary};
use fanout_harness::arm::Build;
use fanout_harness::awake::Awake;
use fanout_harness::case::Case;
use fanout_harness::{exit, interrupt};
use fanout_model::Model;
use fanout_record::machine::Machine;
use fanout_record::paths::derived;
use fanout_record::time;
use fastrand::Rng;
use mock_server::duration;

use super::say::{print, say, tell};

/// Try comparisons whose answer is known: identical builds, and builds made slower on purpose.
///
/// The command reports how often identical builds are called different on this machine, and the smallest slowdown
/// that is detected in nine of ten tries. `compare` uses that slowdown as its threshold from then on. By default,
/// it makes 60 comparisons of up to 20 s each: 20 minutes at most, during which nothing else should run.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The model to try with.
    #[arg(long, short, value_name = "ID", default_value = "tokio-current-thread",
        value_parser = fanout_models::find_or_suggest)]
    model: &'static dyn Model,

    /// The scenario to try in: busy, waiting or connecting.
    #[arg(long, short, value_name = "NAME", default_value = "busy", value_parser = scenario::find)]
    scenario: Case,

    /// How much slower, in percent of the processor time, separated by commas; 0 for identical.
    #[arg(long, value_name = "PERCENTS", value_delimiter = ',', default_value = "0,1,2,3,5,10",
        value_parser = super::percent)]
    slower: Vec<f64>,

    /// Tries of each.
    #[arg(long, value_name = "N", default_value = "10", value_parser = super::at_least_one::<NonZeroUsize>)]
    tries: NonZeroUsize,

    /// How long each comparison may take, such as 20s or 1m.
    #[arg(long, default_value = "20s", value_parser = duration)]
    budget: Duration,

    /// Keep this many processors busy while trying, each with a process that does nothing else.
    #[arg(long, value_name = "N", default_value_t = 0)]
    busy: usize,

    /// The smallest difference that matters, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 3.0, value_parser = super::percent)]
    threshold: f64,

    /// Print JSON: every try and its verdict, as `compare` reads it. Progress messages go to standard error.
    #[arg(long)]
    json: bool,
}

impl std::fmt::Debug for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arguments").field("model", &self.model.id()).finish_non_exhaustive()
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    interrupt::listen().context("cannot listen for Ctrl-C")?;
    let mut calibration = Calibration {
        machine: Machine::this().id(),
        taken: time::now(),
        model: arguments.model.id().into(),
        scenario: arguments.scenario.parameter.into(),
        budget_s: arguments.budget.as_secs_f64(),
        threshold: arguments.threshold,
        busy: arguments.busy,
        tried: arguments.slower.iter().map(|slower| Tried { slower: *slower, ..Tried::default() }).collect(),
    };
    let _busy = Awake::busy(arguments.busy).context("cannot keep processors busy")?;
    // The slowdowns take turns, so that a drift of the machine affects all of them alike.
    'trying: for _ in 0..arguments.tries.get() {
        for tried in &mut calibration.tried {
            let b = if tried.is_identical() { Build::This } else { Build::Slowed(tried.slower) };
            let subject =
                Subject { model: arguments.model, case: arguments.scenario, baseline: &Build::This, candidate: &b };
            let outcome = one(&subject, arguments.budget, arguments.threshold / 100.0, &mut Rng::new());
            if interrupt::asked() {
                break 'trying;
            }
            if let Some(failure) = outcome.failure {
                anyhow::bail!("{failure}");
            }
            let line = format!("{} % slower: {}", tried.slower, summary::line(&outcome));
            if arguments.json {
                tell(line);
            } else {
                say(line);
            }
            tried.add(&outcome);
        }
    }
    match arguments.json {
        true => say(serde_json::to_string(&calibration)?),
        false => print(&table(&calibration)?),
    }
    if interrupt::asked() {
        tell("interrupted; not kept");
        return Ok(ExitCode::from(exit::INTERRUPTED));
    }
    if calibration.is_whole() {
        let path = calibration.keep(&derived()).context("cannot keep the calibration")?;
        tell(format!("kept, as the threshold of `compare` on this machine: {}", path.display()));
    } else {
        tell(format!("not kept: `compare` needs {LEAST} tries of identical builds and of slower ones"));
    }
    Ok(ExitCode::SUCCESS)
}

/// A table of the tries and their verdicts, for people.
fn table(calibration: &Calibration) -> Result<String, fmt::Error> {
    let mut out = String::new();
    writeln!(out, "\n| slower | tries | regressed | improved | equivalent | s each | on the clock |")?;
    writeln!(out, "|---:|---:|---:|---:|---:|---:|---:|")?;
    for Tried { slower, tries, regressed, improved, equivalent, took_s, on_the_clock } in &calibration.tried {
        let clock = 100.0 * on_the_clock;
        writeln!(
            out,
            "| {slower} % | {tries} | {regressed} | {improved} | {equivalent} | {took_s:.1} | {clock:.0} % |"
        )?;
    }
    let (alarms, of) = calibration.false_alarms();
    writeln!(out, "\nfalse alarms: {alarms} of {of}")?;
    match calibration.smallest_seen() {
        Some(seen) => writeln!(out, "detected in nine of ten tries: {seen} %")?,
        None => writeln!(out, "no slowdown was detected in nine of ten tries: allow more time with --budget")?,
    }
    Ok(out)
}
