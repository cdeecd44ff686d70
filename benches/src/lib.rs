//! What every Criterion target here shares; a target is a question and a call of [`run()`].
//!
//! A target measures in shuffled rounds first, and then hands its samples to Criterion, which analyses and draws them
//! as if it had taken them itself. Where Criterion is asked for something else than measuring (`--test`,
//! `--profile-time`, `--quick`), it runs the models live. [`run()`] tells the story; the modules are its steps:
//! - [`args`]: what the command line asks for, as Criterion will read it.
//! - [`question`]: what a target compares.
//! - [`replay`] and [`live`]: the two ways into Criterion.
//!
//! What is said of it all is [`fanout_report`]'s.

pub mod args;
pub mod live;
pub mod question;
pub mod replay;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use criterion::{Criterion, PlottingBackend};
use fanout_harness::awake::Awake;
use fanout_harness::config::Config;
use fanout_harness::interrupt;
use fanout_harness::rounds::{self, Plan};
use fanout_record::environment::Environment;
use fanout_record::last;
use fanout_record::run::{self, ScenarioRun};
use fanout_record::source::Source;
use fanout_report::compared::Answered;
use fanout_report::page::{self, Links};
use fanout_report::text;
use fastrand::Rng;

use crate::args::{Args, Mode};
use crate::question::Question;

/// Answers a question as the command line and the `FANOUT_*` variables ask.
///
/// Exit code: 0; 1 where a model failed; 2 where what was asked for can't be done; 130 when interrupted.
#[must_use]
pub fn run(question: &Question) -> ExitCode {
    fanout_harness::enter();
    let Some(args) = Args::of_this_process() else {
        // Criterion says what is wrong with its arguments, and ends the process.
        drop(criterion());
        eprintln!(
            "{}: Criterion knows an argument here that fanout does not; it is to be added to args.rs",
            question.name
        );
        return ExitCode::from(2);
    };
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
            question.check_target(config, Some(plans.iter().map(Plan::requests).sum()))?;
            measure(question, &plans, config, &mut criterion)?
        }
        // Criterion only lists, or reads its own files; the closures are never called.
        Mode::Passive => {
            live::all(&mut criterion, question, &plans, config);
            true
        }
        Mode::Live { bounded } => {
            let once = question.selected(plans.clone(), args).into_iter().map(|plan| Plan { rounds: 1, ..plan });
            question.check_target(config, bounded.then(|| once.map(|plan| plan.requests()).sum()))?;
            live::all(&mut criterion, question, &plans, config);
            true
        }
    };
    match (interrupt::asked(), all_well) {
        (true, _) => Ok(ExitCode::from(130)),
        (false, true) => Ok(ExitCode::SUCCESS),
        (false, false) => Ok(ExitCode::FAILURE),
    }
}

fn criterion() -> Criterion {
    // A tenth of Criterion's resamples moves its intervals by a percent of their width and saves half a minute.
    // What the command line says comes after, and wins.
    let criterion = Criterion::default().output_directory(&fanout_record::criterion());
    criterion.plotting_backend(PlottingBackend::Plotters).nresamples(10_000).configure_from_args()
}

/// Measures, keeps the run, lets Criterion analyse it, prints the answer; says whether every model did its work.
fn measure(question: &Question, plans: &[Plan], config: &Config, criterion: &mut Criterion) -> anyhow::Result<bool> {
    if plans.is_empty() {
        replay::all(criterion, question, &[]);
        return Ok(true);
    }
    let source = Source::this();
    let (measured, broken) = take(question, plans, config)?;
    // Before anything else can go wrong, such as a baseline that Criterion does not find.
    let run = last::add(measured.clone(), models(plans), source).context("cannot keep the run")?;
    replay::all(criterion, question, &measured.scenarios);
    println!("\n{}", text::of_question(&Answered::new(&measured)));
    let links = Links { criterion: Some(fanout_record::criterion()) };
    page::write(&run, &links, &page::path()).context("cannot write the page")?;
    let criterion = fanout_record::criterion().join("report").join("index.html");
    println!("run:       {}\ncriterion: {}", last::path().display(), criterion.display());
    println!("report:    {}", page::path().display());
    if let Some(error) = broken {
        return Err(error);
    }
    Ok(measured.scenarios.iter().flat_map(|scenario| &scenario.arms).all(|arm| arm.failure.is_none()))
}

/// What takes part, by id.
fn models(plans: &[Plan]) -> BTreeMap<String, String> {
    let models = plans.iter().flat_map(|plan| &plan.entrants).map(|entrant| entrant.model);
    models.map(|model| (model.id().into(), model.about().into())).collect()
}

/// Takes the samples of every scenario, or of those before an interrupt or an error, which is given beside them.
fn take(
    question: &Question,
    plans: &[Plan],
    config: &Config,
) -> anyhow::Result<(run::Question, Option<anyhow::Error>)> {
    interrupt::listen().context("cannot listen for Ctrl-C")?;
    let awake = config.awake.then(Awake::start).transpose().context("FANOUT_AWAKE")?;
    let (started, clock, before) = (last::now(), Instant::now(), Environment::now());
    let seed = config.seed.unwrap_or_else(last::seed);
    let mut rng = Rng::with_seed(seed);
    let (mut scenarios, mut broken) = (Vec::new(), None);
    for plan in plans {
        match rounds::measure(&question.title(&plan.scenario), plan, config.target.as_ref(), &mut rng) {
            Ok(measured) => scenarios.push(measured),
            Err(error) => broken = Some(error),
        }
        if broken.is_some() || interrupt::asked() {
            break;
        }
    }
    let unmeasured = plans[scenarios.len()..].iter().map(|plan| question.title(&plan.scenario)).collect::<Vec<_>>();
    let stopped = match &broken {
        Some(error) => Some(format!("{error:#}")),
        None => (!unmeasured.is_empty()).then(|| "interrupted".into()),
    };
    let measured = run::Question {
        name: question.name.into(),
        about: question.about.into(),
        started,
        took_ns: nanoseconds(clock.elapsed()),
        on_the_clock_ns: scenarios.iter().map(on_the_clock).sum(),
        seed,
        arguments: std::env::args().skip(1).filter(|argument| argument != "--bench").collect(),
        awake: awake.is_some(),
        before,
        after: Environment::now(),
        unmeasured,
        stopped,
        scenarios,
    };
    Ok((measured, broken))
}

fn on_the_clock(scenario: &ScenarioRun) -> u64 {
    scenario.arms.iter().flat_map(|arm| &arm.samples).map(|sample| sample.wall_ns).sum()
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
