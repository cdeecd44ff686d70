//! Writes the figures of each arm as JSON: what the page's table shows, for programs.

use fanout_analysis::compared::{Compared, margin};
use fanout_analysis::metric::Metric;
use fanout_record::Run;
use fanout_stats::Estimate;
use serde::Serialize;

use crate::against_best::AgainstBest;
use crate::error::ExportError;
use crate::json::json;
use crate::samples::word;

/// The figures of a run.
#[derive(Serialize)]
struct Figures<'a> {
    run: &'a str,
    started: &'a str,
    commit: Option<&'a str>,
    machine: String,
    /// Up to this ratio, two models are as good as each other.
    margin: f64,
    arms: Vec<ArmFigures<'a>>,
}

/// One arm of one scenario. What is not known is `null`; all figures of an arm that failed are.
#[derive(Serialize)]
struct ArmFigures<'a> {
    question: &'a str,
    parameter: &'a str,
    label: &'a str,
    model: &'a str,
    /// `model`, `floor` or `again`.
    role: String,
    rounds: usize,
    failure: Option<&'a str>,
    /// Milliseconds a batch.
    time_ms: Option<Figure>,
    /// How many times the floor's time.
    to_floor: Option<Figure>,
    /// Microseconds of processor time a request.
    cpu_us: Option<Figure>,
    /// Against the best by time; `null` if the arm does not compete.
    time: Option<AgainstBest>,
    /// Against the best by processor time.
    cpu: Option<AgainstBest>,
}

/// A value with its 95 % interval.
#[derive(Serialize)]
struct Figure {
    value: f64,
    low: Option<f64>,
    high: Option<f64>,
}

impl From<Estimate> for Figure {
    fn from(estimate: Estimate) -> Self {
        let (low, high) = estimate.interval.unzip();
        Self { value: estimate.value, low, high }
    }
}

/// Writes the figures of a run.
pub(crate) fn write(run: &Run) -> Result<Vec<u8>, ExportError> {
    let margin = margin(run);
    let mut arms = Vec::new();
    for question in &run.questions {
        for measured in &question.scenarios {
            let compared = Compared::new(question, measured, margin);
            arms.extend(compared.rows.iter().map(|row| ArmFigures {
                question: &question.name,
                parameter: &measured.scenario.parameter,
                label: &row.arm.label,
                model: &row.arm.model,
                role: word(&row.arm.role),
                rounds: row.arm.samples.len(),
                failure: row.arm.failure.as_deref(),
                time_ms: row.time.map(Figure::from),
                to_floor: row.to_floor.map(Figure::from),
                cpu_us: row.cpu.map(Figure::from),
                time: AgainstBest::of(&compared, row.arm, Metric::Time),
                cpu: AgainstBest::of(&compared, row.arm, Metric::Cpu),
            }));
        }
    }
    let commit = run.source.commit.as_deref();
    json(&Figures { run: &run.id, started: &run.started, commit, machine: run.machine.id(), margin, arms })
}
