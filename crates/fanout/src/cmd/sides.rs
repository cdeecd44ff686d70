//! What `compare` and `bisect` share: two builds, and what is measured of them.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use fanout_compare::build::tree::{Tree, WORKING_TREE};
use fanout_compare::calibration::{self, Calibration};
use fanout_compare::comparison::{Asked, NamedBuild, PairOutcome, compare};
use fanout_compare::scenario::{self, ALL};
use fanout_compare::{build, summary};
use fanout_harness::arm::Build;
use fanout_harness::case::Case;
use fanout_harness::{exit, interrupt};
use fanout_model::Model;
use fanout_models::AGAIN;
use fanout_record::machine::Machine;
use fanout_record::paths::derived;
use fastrand::Rng;
use mock_server::duration;
use serde_json::Value;

use super::say::tell;

/// What is measured, and how long.
#[derive(Args)]
pub(super) struct MeasuredSides {
    /// The models, separated by commas: those that the change touches [default: tokio-current-thread].
    #[arg(long, short, value_name = "IDS", value_delimiter = ',', value_parser = fanout_models::find_or_suggest)]
    models: Vec<&'static dyn Model>,

    /// The scenarios, separated by commas: busy, waiting, connecting [default: busy,waiting].
    #[arg(long, short, value_name = "NAMES", value_delimiter = ',', value_parser = scenario::find,
        long_help = scenarios())]
    scenarios: Vec<Case>,

    /// How long measuring may take, such as 90s or 10m, without the builds. `bisect` allows this for each step.
    #[arg(long, default_value = "5m", value_parser = duration)]
    budget: Duration,

    /// The smallest difference that matters, in percent [default: 3, or what `calibrate` found on this machine].
    #[arg(long, value_name = "PERCENT", value_parser = super::percent)]
    threshold: Option<f64>,
}

/// The help text of the scenarios, with a line for each.
fn scenarios() -> String {
    let line = |(case, about): (&Case, &str)| format!("\n- {}: {about}", case.parameter);
    let lines: String = ALL.iter().zip(scenario::ABOUT).map(line).collect();
    format!("The scenarios, separated by commas [default: busy,waiting]\n{lines}")
}

/// The default of the smallest difference that matters, in percent.
pub(super) const THRESHOLD: f64 = 3.0;

/// The exit code of a verb that compares. All errors that prevent a comparison have the same code.
pub(super) fn ended(done: anyhow::Result<ExitCode>) -> ExitCode {
    done.unwrap_or_else(|error| {
        let (said, code) = match interrupt::asked() {
            true => ("interrupted".into(), exit::INTERRUPTED),
            false => (format!("error: {error:#}"), exit::NOT_COMPARABLE),
        };
        tell(said);
        ExitCode::from(code)
    })
}

impl MeasuredSides {
    /// The two sides, and what to measure of them.
    pub(super) fn of(&self, a: NamedBuild, b: NamedBuild, threshold: f64) -> Asked {
        let models = if self.models.is_empty() {
            tell(format!("measuring only {}; name the models that the change touches with --models", AGAIN.id()));
            vec![AGAIN]
        } else {
            self.models.clone()
        };
        let cases = if self.scenarios.is_empty() { ALL[..2].to_vec() } else { self.scenarios.clone() };
        let pairs = cases.iter().flat_map(|case| models.iter().map(move |model| (*model, *case))).collect();
        Asked { baseline: a, candidate: b, pairs, budget: self.budget, threshold }
    }

    /// The smallest difference that matters, as a ratio. It prints where the value comes from, unless that is the
    /// command line.
    pub(super) fn threshold(&self) -> f64 {
        if let Some(asked) = self.threshold {
            return asked / 100.0;
        }
        let how = |kept: &Calibration| {
            let Calibration { model, scenario, budget_s, taken, .. } = kept;
            format!("`cargo fanout calibrate`, {taken}, with {model} in {scenario} and {budget_s} s")
        };
        let kept = calibration::kept(&derived(), &Machine::this().id());
        let (percent, why) = match kept.as_ref().map(|kept| (kept, kept.threshold())) {
            None => (
                THRESHOLD,
                "the default; `cargo fanout calibrate` finds the smallest slowdown that this machine detects".into(),
            ),
            Some((kept, Some(seen))) => {
                (seen, format!("the smallest slowdown that this machine detects ({})", how(kept)))
            }
            Some((kept, None)) => (
                THRESHOLD,
                format!(
                    "the default is used: calibration found no slowdown that this machine detects reliably without \
                     false alarms ({})",
                    how(kept)
                ),
            ),
        };
        tell(format!("threshold: {percent} %, {why}"));
        percent / 100.0
    }
}

/// Measures the two sides, and calls `said` with a line for each outcome.
pub(super) fn measured(asked: &Asked, said: impl Fn(String)) -> Vec<PairOutcome> {
    tell(format!("A: {}\nB: {}", asked.baseline.name, asked.candidate.name));
    compare(asked, &mut Rng::new(), |outcome| said(summary::line(outcome)))
}

/// JSON that people can read, too.
pub(super) fn pretty(value: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)?)
}

/// Builds a revision, and checks that it can be measured.
pub(super) fn side(tree: &Tree, label: &str, revision: &str) -> anyhow::Result<NamedBuild> {
    let built = || {
        let commit = tree.commit(revision)?;
        let name = if revision == WORKING_TREE { "the working tree".into() } else { tree.describe(&commit) };
        tell(format!("{label}: {name}; building it if it is not built yet"));
        let submodules = tree.submodules(&commit)?;
        if !submodules.is_empty() {
            tell(format!("note: the build lacks the files of these submodules: {}", submodules.join(", ")));
        }
        let program = build::program(tree, &commit, &derived())?;
        build::handshake::shake_hands(&program, build::handshake::TIMEOUT)
            .with_context(|| format!("{name} cannot be measured as a worker"))?;
        anyhow::Ok(NamedBuild { name, build: Build::Program(program) })
    };
    built().with_context(|| format!("{label} ({revision}) cannot be compared"))
}
