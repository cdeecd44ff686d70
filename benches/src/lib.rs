//! What every Criterion target here shares; a target is a question and a call of [`run()`].
//!
//! A target measures in shuffled rounds first, and then hands its samples to Criterion, which analyses and draws them
//! as if it had taken them itself. Where Criterion is asked for something else than measuring (`--test`,
//! `--profile-time`, `--quick`), it runs the models live. [`run()`] tells the story; the modules are its steps:
//! - [`args`]: what the command line asks for, as Criterion will read it.
//! - [`question`]: what a target compares.
//! - [`replay`] and [`live`]: the two ways into Criterion.
//! - [`table`]: the answer on standard output.

pub mod args;
pub mod live;
pub mod question;
pub mod replay;
pub mod table;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use criterion::{Criterion, PlottingBackend};
use fanout_harness::config::Config;
use fanout_harness::{interrupt, rounds};
use fanout_record::environment::Environment;
use fanout_record::run::{self, ScenarioRun};
use fanout_record::{derived, last};
use fastrand::Rng;

use crate::args::{Args, Mode};
use crate::question::Question;

/// Answers a question as the command line and the `FANOUT_*` variables ask.
///
/// Exit code: 0; 1 where a model failed; 2 where what was asked for can't be done; 130 when interrupted.
#[must_use]
pub fn run(question: &Question) -> ExitCode {
    fanout_harness::enter();
    let args = Args::of_this_process();
    match Config::from_env().map_err(anyhow::Error::msg).and_then(|config| answer(question, &args, &config)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}: {error:#}", question.name);
            ExitCode::from(2)
        }
    }
}

fn answer(question: &Question, args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let plans = question.plans(config)?;
    let mut criterion = criterion();
    let all_well = match args.mode {
        Mode::Measure => {
            let plans = question.selected(plans, args);
            question.check_target(config, plans.iter().map(rounds::Plan::requests).sum())?;
            let measured = measure(question, &plans, config)?;
            replay::all(&mut criterion, question, &measured.scenarios);
            conclude(&measured)?
        }
        // Criterion only lists, or reads its own files; the closures are never called.
        Mode::Passive => live::all(&mut criterion, question, &plans, config),
        Mode::Live => {
            question.check_target(config, plans.iter().map(|plan| plan.scenario.requests as u64).sum())?;
            live::all(&mut criterion, question, &plans, config)
        }
    };
    criterion.final_summary();
    match (interrupt::asked(), all_well) {
        (true, _) => Ok(ExitCode::from(130)),
        (false, true) => Ok(ExitCode::SUCCESS),
        (false, false) => Ok(ExitCode::FAILURE),
    }
}

fn criterion() -> Criterion {
    // A tenth of Criterion's resamples moves its intervals by a percent of their width and saves half a minute.
    // What the command line says comes after, and wins.
    Criterion::default().plotting_backend(PlottingBackend::Plotters).nresamples(10_000).configure_from_args()
}

fn measure(question: &Question, plans: &[rounds::Plan], config: &Config) -> anyhow::Result<run::Question> {
    interrupt::listen().context("cannot listen for Ctrl-C")?;
    let (started, clock, before) = (last::now(), Instant::now(), Environment::now());
    let seed = fastrand::u64(..);
    let mut rng = Rng::with_seed(seed);
    let mut scenarios = Vec::new();
    for plan in plans {
        let name = question.title(&plan.scenario);
        scenarios.push(rounds::measure(&name, plan, config.target.as_ref(), &mut rng)?);
    }
    Ok(run::Question {
        name: question.name.into(),
        started,
        took_ns: nanoseconds(clock.elapsed()),
        on_the_clock_ns: scenarios.iter().map(on_the_clock).sum(),
        server: config.target.as_ref().map_or_else(|| "wiremock".into(), |target| target.url.to_string()),
        seed,
        before,
        after: Environment::now(),
        scenarios,
    })
}

/// Keeps the run, prints the answer, and says whether every model did its work.
fn conclude(measured: &run::Question) -> anyhow::Result<bool> {
    if measured.scenarios.is_empty() {
        return Ok(true);
    }
    let kept = last::add(measured.clone()).context("cannot keep the run")?;
    println!("\n{}", table::of(measured));
    let report = derived().with_file_name("criterion").join("report").join("index.html");
    println!("report: {}\nrun:    {}", report.display(), kept.display());
    Ok(measured.scenarios.iter().flat_map(|scenario| &scenario.arms).all(|arm| arm.failure.is_none()))
}

fn on_the_clock(scenario: &ScenarioRun) -> u64 {
    scenario.arms.iter().flat_map(|arm| &arm.samples).map(|sample| sample.wall_ns).sum()
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
