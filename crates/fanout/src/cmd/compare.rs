//! `cargo fanout compare`: did this commit make it slower?

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use fanout_analysis::comparable::{differences, notes};
use fanout_analysis::diff;
use fanout_compare::calibration::Calibration;
use fanout_compare::compare::{Asked, Outcome, Side, compare};
use fanout_compare::scenario::{self, ALL};
use fanout_compare::tree::{Tree, WORKING_TREE};
use fanout_compare::{build, calibration, greeting, json, summary, words};
use fanout_harness::arm::Build;
use fanout_harness::case::Case;
use fanout_harness::interrupt;
use fanout_model::Model;
use fanout_models::AGAIN;
use fanout_record::machine::Machine;
use fanout_record::{derived, file, output, workspace};
use fastrand::Rng;
use mock_server::cli::duration;
use serde_json::Value;

use super::say::{lost, say, tell};
use super::{cannot_write, check_output};

mod range;

/// Compare two commits, built at one place and measured in the same rounds; or two recorded runs.
///
/// Without arguments HEAD with the files as they are; with one revision, that one with the files as they are; `A..B` finds
/// the first commit after A that made it slower. Two files are recorded runs.
///
/// Exit code: 0 where nothing regressed, 1 where something did, 2 for a wrong argument, 3 where it can't be told, 4 where the
/// two can't be compared, which says why and of which side; 130 where it was interrupted. Where what was asked for
/// can't be written in the end, 2 takes the place of 0, and any other code stays. Of two recorded runs, with hundreds
/// of arms of which some are always inconclusive, 1 is for a regression that holds among all at once, and 3 is where
/// nothing can be told of any.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Two revisions, the earlier first, or one, or a range A..B; or the files of two runs.
    #[arg(value_name = "REVISION", num_args = 0..=2)]
    sides: Vec<String>,

    /// The models, separated by commas: those that the change touches [default: tokio-current-thread].
    #[arg(long, short, value_name = "IDS", value_delimiter = ',', value_parser = fanout_models::find_or_suggest)]
    models: Vec<&'static dyn Model>,

    /// The scenarios, separated by commas: busy, waiting, connecting [default: busy,waiting].
    #[arg(long, short, value_name = "NAMES", value_delimiter = ',', value_parser = scenario::find,
        long_help = scenarios())]
    scenarios: Vec<Case>,

    /// How long measuring may take, building aside, such as 90s or 10m; of a range, each step.
    #[arg(long, default_value = "5m", value_parser = duration)]
    budget: Duration,

    /// The smallest difference that matters, in percent [default: 3, or what `calibrate` found on this machine].
    #[arg(long, value_name = "PERCENT", value_parser = super::percent)]
    threshold: Option<f64>,

    /// Compare what two recorded runs have in common, though machine, toolchain, build or scenarios differ.
    #[arg(long)]
    anyway: bool,

    /// Print JSON for programs; what is told meanwhile goes to standard error.
    #[arg(long)]
    json: bool,

    /// Write a summary for a pull request there, in Markdown; of two commits only. With - it is all that goes to
    /// standard output.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

impl std::fmt::Debug for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arguments").field("sides", &self.sides).finish_non_exhaustive()
    }
}

/// What there is to compare in, with a line of each.
fn scenarios() -> String {
    let lines = ALL.map(|case| format!("\n- {}: {}", case.parameter, scenario::about(&case))).concat();
    format!("The scenarios, separated by commas [default: busy,waiting]\n{lines}")
}

/// The smallest difference that matters, in percent, where nobody says otherwise.
const THRESHOLD: f64 = 3.0;

/// What the two can't be compared for.
const NOT_COMPARABLE: u8 = 4;

/// As a shell has it for a program that ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let sides: Vec<&str> = arguments.sides.iter().map(String::as_str).collect();
    refuse(&sides, arguments)?;
    interrupt::listen().context("cannot listen for Ctrl-C")?;
    let done = match sides.as_slice() {
        [a, b] if are_runs(a, b) => runs(Path::new(a), Path::new(b), arguments),
        [range] if range.contains("..") => range::first_slower(range, threshold(arguments), arguments),
        [] => commits("HEAD", WORKING_TREE, arguments),
        [a] => commits(a, WORKING_TREE, arguments),
        [a, b, ..] => commits(a, b, arguments),
    };
    // Whatever keeps two from being compared has one code.
    done.or_else(|error| {
        let (said, code) = match interrupt::asked() {
            true => ("interrupted".into(), INTERRUPTED),
            false => (format!("error: {error:#}"), NOT_COMPARABLE),
        };
        tell(said);
        Ok(ExitCode::from(code))
    })
}

/// Refuses what is not as it can be asked, before anything is done.
fn refuse(sides: &[&str], arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(range) = sides.iter().find(|side| side.contains("...")) {
        bail!("`{range}` is no range that can be searched; name A..B, where A is an ancestor of B");
    }
    let writes = arguments.markdown.is_some();
    match sides {
        [a, b] if writes && are_runs(a, b) => {
            bail!("--markdown is for two commits; of recorded runs there is --json")
        }
        [range] if writes && range.contains("..") => {
            bail!("--markdown is for two commits; of a range there is --json")
        }
        _ => {}
    }
    if let Some(path) = &arguments.markdown {
        if arguments.json && output::is_stdout(path) {
            bail!("--json and --markdown can't both go to standard output: name a file for --markdown")
        }
        check_output(path)?;
    }
    Ok(())
}

/// Whether these are files and no revisions; what is wrong with a pipe, say, is said when it is read.
fn are_runs(a: &str, b: &str) -> bool {
    [a, b].iter().all(|side| Path::new(side).metadata().is_ok_and(|facts| !facts.is_dir()))
}

/// Whether standard output is for a program, or for the summary: then people read standard error.
fn is_stdout_taken(arguments: &Arguments) -> bool {
    arguments.json || arguments.markdown.as_deref().is_some_and(output::is_stdout)
}

/// The smallest difference that matters, as a share; says where it comes from, unless that is the command line.
fn threshold(arguments: &Arguments) -> f64 {
    if let Some(asked) = arguments.threshold {
        return asked / 100.0;
    }
    let how = |kept: &Calibration| {
        let Calibration { model, scenario, budget_s, taken, .. } = kept;
        format!("`cargo fanout calibrate`, {taken}, with {model} in {scenario} and {budget_s} s")
    };
    let kept = calibration::kept(&derived(), &Machine::this().id());
    let (percent, why) = match kept.as_ref().map(|kept| (kept, kept.threshold())) {
        None => (THRESHOLD, "`cargo fanout calibrate` finds what this machine can see".into()),
        Some((kept, Some(seen))) => (seen, format!("the smallest slowdown that this machine sees ({})", how(kept))),
        Some((kept, None)) => {
            (THRESHOLD, format!("though this machine could not be trusted with any ({})", how(kept)))
        }
    };
    tell(format!("threshold: {percent} %, {why}"));
    percent / 100.0
}

fn commits(a: &str, b: &str, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let tree = Tree::new(&workspace(), &derived())?;
    let asked = asked(side(&tree, "A", a)?, side(&tree, "B", b)?, threshold(arguments), arguments);
    let outcomes = measured(&asked, arguments);
    if let Some(path) = &arguments.markdown {
        let text = summary::markdown(&asked.a.name, &asked.b.name, &outcomes);
        // What was measured says it also where nobody can read the summary.
        output::write(path, text.as_bytes()).unwrap_or_else(|error| lost(cannot_write(path), &error));
    }
    if interrupt::asked() {
        bail!("interrupted");
    }
    match arguments.json {
        true => say(pretty(&json::of_commits(&asked.a.name, &asked.b.name, &outcomes))?),
        false => say_or_tell(summary::conclusion(&outcomes), arguments),
    }
    Ok(summary::exit_code(&outcomes))
}

/// Two recorded runs.
fn runs(a: &Path, b: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let names = (a.to_string_lossy(), b.to_string_lossy());
    let (a, b) = (file::read(a)?, file::read(b)?);
    let differences = differences(&a, &b);
    if !differences.is_empty() && !arguments.anyway {
        bail!(
            "the runs differ in more than the code; --anyway compares them all the same\n  {}",
            differences.iter().map(words::difference).collect::<Vec<_>>().join("\n  ")
        );
    }
    notes(&a, &b).iter().for_each(|note| tell(format!("note: {}", words::note(note))));
    let found = diff::arms(&a, &b, arguments.threshold.unwrap_or(THRESHOLD) / 100.0);
    if found.is_empty() {
        bail!("the runs have no model in a scenario in common");
    }
    match arguments.json {
        true => say(pretty(&json::of_runs(&names.0, &names.1, &found))?),
        false => {
            found.iter().for_each(|it| say(summary::recorded_line(it)));
            say(summary::recorded_conclusion(&found));
        }
    }
    tell(
        "note: these runs were taken apart, with one process for each model; to be sure, compare the commits themselves",
    );
    Ok(summary::recorded_exit_code(&found))
}

fn asked(a: Side, b: Side, threshold: f64, arguments: &Arguments) -> Asked {
    let models = if arguments.models.is_empty() {
        tell(format!("measuring {} alone; --models names those that the change touches", AGAIN.id()));
        vec![AGAIN]
    } else {
        arguments.models.clone()
    };
    let cases = if arguments.scenarios.is_empty() { ALL[..2].to_vec() } else { arguments.scenarios.clone() };
    let pairs = cases.iter().flat_map(|case| models.iter().map(move |model| (*model, *case))).collect();
    Asked { a, b, pairs, budget: arguments.budget, threshold }
}

fn measured(asked: &Asked, arguments: &Arguments) -> Vec<Outcome> {
    tell(format!("A: {}\nB: {}", asked.a.name, asked.b.name));
    compare(asked, &mut Rng::new(), |outcome| say_or_tell(summary::line(outcome), arguments))
}

/// For people, where they read.
fn say_or_tell(line: String, arguments: &Arguments) {
    if is_stdout_taken(arguments) { tell(line) } else { say(line) }
}

fn pretty(value: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)?)
}

/// A revision, built, and seen to be one that can be measured.
fn side(tree: &Tree, label: &str, revision: &str) -> anyhow::Result<Side> {
    let built = || {
        let commit = tree.commit(revision)?;
        let name = if revision == WORKING_TREE { "the files as they are".into() } else { tree.describe(&commit) };
        tell(format!("{label}: {name}; building it, unless that was done"));
        let submodules = tree.submodules(&commit)?;
        if !submodules.is_empty() {
            tell(format!("note: without the files of its submodules: {}", submodules.join(", ")));
        }
        let program = build::program(tree, &commit, &derived())?;
        greeting::greet(&program, greeting::PATIENCE)
            .with_context(|| format!("{name} is no worker to be measured"))?;
        anyhow::Ok(Side { name, build: Build::Program(program) })
    };
    built().with_context(|| format!("{label} ({revision}) cannot be compared"))
}
