//! The code that all Criterion targets share. A target in `benches/` is a question and a call of [`run()`].
//!
//! A target first measures in shuffled rounds. It then hands its samples to Criterion, which analyses and draws them
//! as if it had taken them itself. If Criterion is asked for something else than measuring (`--test`,
//! `--profile-time`, `--quick`), it runs the models live. [`run()`] shows the order of the steps, and the modules are
//! the steps:
//! - [`args`] reads the command line as Criterion will read it.
//! - [`question`] defines what a target compares, and [`taking_part`] finds who can take part in it.
//! - [`replay`] and [`live`] are the two ways into Criterion. `changes` lists what Criterion found, a line for each
//!   change.
//! - `invocation` finds out which questions one `cargo bench` asks, so that the summary comes once, at its end.
//!   `remaining` estimates how long they take.
//! - [`by_name`] is for the benches that are no questions.
//!
//! The texts and the pages about the results come from [`fanout_report`].

pub mod args;
pub mod by_name;
mod changes;
mod invocation;
pub mod live;
mod peers;
pub mod question;
mod remaining;
pub mod replay;
pub mod taking_part;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use anyhow::Context;
use criterion::{Criterion, PlottingBackend};
use fanout_analysis::compared::Answered;
use fanout_analysis::metric::Metric;
use fanout_analysis::progress::{Progress, progress};
use fanout_analysis::ranking::MARGIN;
use fanout_harness::arm::Entrant;
use fanout_harness::awake::Awake;
use fanout_harness::config::Config;
use fanout_harness::plan::Plan;
use fanout_harness::rounds;
use fanout_harness::schedule::{Progressed, Schedule};
use fanout_harness::{exit, interrupt, printing};
use fanout_model::{Model, nanoseconds};
use fanout_models::describe;
use fanout_record::environment::Environment;
use fanout_record::run::{self, Role, Sample, ScenarioRun};
use fanout_record::source::Source;
use fanout_record::{Run, last, last_price, output, time};
use fanout_report::page::{self, Links};
use fanout_report::{summary, text};
use fastrand::Rng;

use crate::args::{Args, Mode};
use crate::invocation::Invocation;
use crate::question::{Answers, Question};
use crate::remaining::Remaining;

/// Answers a question as the command line and the `FANOUT_*` variables ask.
///
/// The exit code is 0, or 1 if a model failed, 2 if what was asked for cannot be done, and 130 if the program was
/// interrupted.
#[must_use]
pub fn run(question: &Question) -> ExitCode {
    fanout_harness::enter();
    let Some(args) = Args::of_this_process() else {
        // Criterion prints what is wrong with its arguments, and ends the process.
        drop(criterion());
        printing::note(&format!(
            "{}: Criterion accepts an argument that fanout does not know; please add it to crates/suite/src/args.rs",
            question.name
        ));
        return ExitCode::from(exit::CANNOT);
    };
    match Config::from_env().map_err(anyhow::Error::msg).and_then(|config| answer(question, &args, &config)) {
        Ok(code) => code,
        Err(error) => {
            printing::note(&format!("{}: {error:#}", question.name));
            ExitCode::from(exit::CANNOT)
        }
    }
}

fn answer(question: &Question, args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    if question.server == Answers::Own && config.named.is_none() && args.mode != Mode::Measure {
        printing::note(&format!(
            "{}: nothing to try without your requests: name a file with FANOUT_REQUESTS",
            question.name
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let plans = question.plans(config)?;
    let mut criterion = criterion();
    let all_well = match args.mode {
        Mode::Measure => {
            let plans = question.selected(plans, args);
            question.check_named(config, Some(plans.iter().flat_map(Plan::batches).collect()))?;
            measure(question, &plans, config, &mut criterion)?
        }
        // Criterion only lists, or reads its own files; the closures are never called.
        Mode::Passive => {
            // In this mode, the program does nothing but print.
            printing::when_nobody_reads_end_with(0);
            live::all(&mut criterion, question, &plans, config);
            true
        }
        Mode::Live { bounded } => {
            printing::when_nobody_reads_end_with(0);
            let schedule = Schedule::exactly(1);
            let once = question.selected(plans.clone(), args).into_iter().map(|plan| Plan { schedule, ..plan });
            question.check_named(config, bounded.then(|| once.flat_map(|plan| plan.batches()).collect()))?;
            live::all(&mut criterion, question, &plans, config);
            true
        }
    };
    Ok(ExitCode::from(code(all_well)))
}

/// Returns the exit code of the program.
fn code(all_well: bool) -> u8 {
    match (interrupt::asked(), all_well) {
        (true, _) => exit::INTERRUPTED,
        (false, true) => exit::SUCCESS,
        (false, false) => exit::BAD_ANSWER,
    }
}

fn criterion() -> Criterion {
    // When it is made, Criterion prints that there is no Gnuplot. Gnuplot is not used, and Criterion would panic if
    // standard error could not be written to. Resampling is most of what an analysis costs: with 2,000 resamples in
    // place of Criterion's 100,000, a benchmark takes 0.1 s, and the ends of its intervals move by some percent of
    // their width. The options of the command line are applied last, and override these settings.
    let criterion = printing::silently(Criterion::default).output_directory(&fanout_record::paths::criterion());
    criterion.plotting_backend(PlottingBackend::Plotters).nresamples(2_000).configure_from_args()
}

/// Measures, keeps the run, lets Criterion analyse it, and prints the results. Returns whether every model did its
/// work.
fn measure(question: &Question, plans: &[Plan], config: &Config, criterion: &mut Criterion) -> anyhow::Result<bool> {
    if plans.is_empty() {
        replay::all(criterion, question, &[]);
        return Ok(true);
    }
    last::try_place().with_context(|| cannot_keep("nothing was measured, since the run could not be kept in"))?;
    let (source, invocation) = (Source::this(), Invocation::of(question.name));
    let (measured, broken) = take(question, plans, config, &invocation)?;
    if measured.scenarios.is_empty() && last::begun(question.name, &source).is_none() {
        let kept = "no round was finished, so the last run stays as it is";
        // The cause comes first, and then what follows from it.
        if let Some(error) = broken {
            anyhow::bail!("{error:#}; {kept}");
        }
        printing::note(&format!("{}: {kept}", question.name));
        return Ok(true);
    }
    let run = last::with(measured.clone(), models(plans), source);
    // The run is kept first. Printing the table takes as long as its reader likes, and Criterion fails if it does not
    // find a baseline.
    let kept = last::keep(&run);
    let answered = Answered::new(&measured, config.margin.unwrap_or(MARGIN));
    let shown =
        if kept.is_err() || config.verbose { text::of_question(&answered) } else { text::failures(&answered) };
    let said = if shown.is_empty() { Ok(()) } else { printing::say(&format!("\n{}", shown.trim_end())) };
    kept.or_else(|error| keep_elsewhere(&run, error))?;
    said.context("cannot write to standard output")?;
    let prices = last_price::at_hand(&fanout_record::paths::results());
    let links = Links { criterion: Some(fanout_record::paths::criterion()), site: false, prices };
    page::write(&run, &links, describe, &page::path()).context("cannot write the page")?;
    output::write(&tables(), text::of_run(&run).as_bytes()).context("cannot write the tables")?;
    let all_well = measured.scenarios.iter().flat_map(|scenario| &scenario.arms).all(|arm| arm.failure.is_none());
    printing::when_nobody_reads_end_with(code(all_well && broken.is_none()));
    analyse(criterion, question, &measured, config)?;
    if invocation.is_over() || !all_well || broken.is_some() || interrupt::asked() {
        let summary = format!("\n{}{}", summary::of(&run, describe, width()), paths());
        printing::say(&summary).context("cannot write to standard output")?;
    }
    broken.map_or(Ok(all_well), Err)
}

/// Lets Criterion analyse the samples, and prints which changes it found. All of Criterion's own output is about
/// samples that were taken before, so that it is printed only if it was asked for.
fn analyse(
    criterion: &mut Criterion,
    question: &Question,
    measured: &run::Question,
    config: &Config,
) -> anyhow::Result<()> {
    let about_a_baseline = measured.arguments.iter().any(|argument| argument.contains("baseline"));
    if config.verbose || about_a_baseline {
        replay::all(criterion, question, &measured.scenarios);
        return Ok(());
    }
    let begun = SystemTime::now();
    printing::silently(|| replay::all(criterion, question, &measured.scenarios));
    let changes = changes::found(&fanout_record::paths::criterion(), question.name, &measured.scenarios, begun);
    if !changes.is_empty() {
        let (n, first) = (changes.len(), &changes[..changes.len().min(MOST_CHANGES)]);
        let rest = if n > first.len() { format!("\n  and {} more", n - first.len()) } else { String::new() };
        printing::say(&format!("Changed since the bench before, says Criterion:\n  {}{rest}", first.join("\n  ")))
            .context("cannot write to standard output")?;
    }
    Ok(())
}

/// The most changes that are listed. If there are more, the others are only counted.
const MOST_CHANGES: usize = 5;

/// Returns the width of the terminal in columns, or 100 if standard output is not a terminal.
fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout()).map_or(100, |(width, _)| usize::from(width.0))
}

/// Returns the path of the tables of the last run.
fn tables() -> PathBuf {
    fanout_record::paths::derived().join("tables.md")
}

/// Lists the paths of all results, a line for each.
fn paths() -> String {
    let pages = fanout_record::paths::criterion().join("report/index.html");
    let places = [("tables", tables()), ("run", last::path()), ("criterion", pages), ("report", page::path())];
    let lines: Vec<String> =
        places.iter().map(|(name, path)| format!("{:11}{}", format!("{name}:"), path.display())).collect();
    lines.join("\n")
}

/// Keeps a run elsewhere if it cannot be where the next verb looks for it, if need be on standard output. The result
/// is always `error`, with a text that says where the run is.
fn keep_elsewhere(run: &Run, error: io::Error) -> anyhow::Result<()> {
    let place = match last::keep_elsewhere(run) {
        Ok(path) => format!("it is in {}: name that file to `cargo fanout report` or `record`", path.display()),
        Err(_) => {
            printing::say(&serde_json::to_string(run)?)?;
            "it is the last line of standard output".into()
        }
    };
    Err(error).with_context(|| cannot_keep(&format!("the run is not lost: {place}; it could not be kept in")))
}

fn cannot_keep(what: &str) -> String {
    let folder = fanout_record::paths::derived();
    format!("{what} {} (free some space there, or name another folder with CARGO_TARGET_DIR)", folder.display())
}

/// Returns what each model that takes part is, by its id. Mistakes are no models.
fn models(plans: &[Plan]) -> BTreeMap<String, String> {
    let entrants = plans.iter().flat_map(|plan| &plan.entrants).filter(|entrant| entrant.role != Role::Mistake);
    let about = |entrant: &Entrant| {
        let peer = fanout_peers::PEERS.into_iter().find(|peer| peer.id() == entrant.model.id());
        let described = peer.filter(|_| entrant.role == Role::Peer).and_then(|peer| peer.described().ok());
        described.unwrap_or_else(|| entrant.model.about().into())
    };
    entrants.map(|entrant| (entrant.model.id().into(), about(entrant))).collect()
}

/// Takes the samples of every scenario. After an interrupt or an error, returns the samples before it, and the error
/// beside them.
fn take(
    question: &Question,
    plans: &[Plan],
    config: &Config,
    invocation: &Invocation,
) -> anyhow::Result<(run::Question, Option<anyhow::Error>)> {
    interrupt::listen().context("cannot listen for Ctrl-C")?;
    let awake = config.awake.then(Awake::start).transpose().context("FANOUT_AWAKE")?;
    let (started, clock, before) = (time::now(), Instant::now(), Environment::now());
    let seed = config.seed.unwrap_or_else(last::seed);
    let mut rng = Rng::with_seed(seed);
    let (mut scenarios, mut broken, remaining) = (Vec::new(), None, Remaining::of(invocation));
    for (i, plan) in plans.iter().enumerate() {
        // The time that one scenario does not need is left to the scenarios after it.
        let left =
            question.time(config).saturating_sub(clock.elapsed()) / u32::try_from(plans.len() - i).unwrap_or(1);
        let plan = Plan { schedule: Schedule { time: Some(left), ..plan.schedule }, ..plan.clone() };
        let judge = judge(&plan, config);
        let title = invocation.prefix() + &plan.scenario.title(question.name);
        let begun = Instant::now();
        match rounds::measure(&format!("{title}{}", remaining.words()), &plan, config.destination(), &mut rng, &judge)
        {
            // Somebody interrupted the program before the first round was over.
            Ok(measured) if measured.order.is_empty() => {}
            Ok(measured) => {
                let (rounds, seconds) = (measured.order.len(), begun.elapsed().as_secs_f64());
                let left = remaining.words();
                printing::note(&format!("{title}: {rounds} rounds in {seconds:.1} s{left}"));
                scenarios.push(measured);
            }
            // The interrupt ended the start of the server.
            Err(_) if interrupt::asked() => {}
            Err(error) => broken = Some(error),
        }
        if broken.is_some() || interrupt::asked() {
            break;
        }
    }
    let unmeasured =
        plans[scenarios.len()..].iter().map(|plan| plan.scenario.title(question.name)).collect::<Vec<_>>();
    let stopped = match &broken {
        Some(error) => Some(format!("{error:#}")),
        None => interrupt::asked().then(|| "interrupted".into()),
    };
    let measured = run::Question {
        name: question.name.into(),
        about: question.about.into(),
        started,
        took_ns: nanoseconds(clock.elapsed()),
        on_the_clock_ns: scenarios.iter().map(on_the_clock).sum(),
        seed,
        arguments: args::given(),
        awake: awake.is_some(),
        before,
        after: Environment::now(),
        unmeasured,
        stopped,
        scenarios,
    };
    Ok((measured, broken))
}

/// Returns the function that judges while a scenario is measured whether there are enough rounds. It looks at the
/// models alone.
fn judge<'a>(plan: &'a Plan, config: &Config) -> impl Fn(&[Option<&[Sample]>]) -> Progressed + 'a {
    let margin = config.margin.unwrap_or(MARGIN);
    // Without a delay, most of the time is that of waking idle processors, and no claim about the time is made.
    let waking = plan.scenario.is_answered_at_once() && config.elsewhere.is_none() && !config.awake;
    let by: &[Metric] = if waking { &[Metric::Cpu] } else { &[Metric::Time, Metric::Cpu] };
    move |arms| {
        let model = |(arm, entrant): (&Option<_>, &Entrant)| arm.filter(|_| entrant.role == Role::Model);
        let models: Vec<Option<&[Sample]>> = arms.iter().zip(&plan.entrants).map(model).collect();
        let Progress { settled, far_worse } = progress(&models, by, margin);
        Progressed { settled, resting: far_worse }
    }
}

fn on_the_clock(scenario: &ScenarioRun) -> u64 {
    scenario.arms.iter().flat_map(|arm| &arm.samples).map(|sample| sample.wall_ns).sum()
}
