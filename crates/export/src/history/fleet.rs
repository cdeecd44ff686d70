//! Turns one run into the rows of the table of all runs, with everything that no other run changes.

use fanout_analysis::history::{Digest, Distance, ScenarioDigest};
use parquet_derive::ParquetRecordWriter;
use serde::{Deserialize, Serialize};

use crate::samples::word;
use crate::table;

/// One model in one scenario in one run. The fields are the columns in their order. The machine and the month are in
/// the names of the file's folders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ParquetRecordWriter)]
pub struct FleetRow {
    /// The run's id (ULID).
    pub run: String,
    /// When the run began, RFC 3339 in UTC.
    pub started: String,
    /// The commit that was measured.
    pub commit: Option<String>,
    /// The first parent of that commit.
    pub parent: Option<String>,
    /// Whether the tree differed from that commit.
    pub dirty: Option<bool>,
    /// Whether some of what the run was asked for was not measured.
    pub partial: bool,
    /// The first line of what `rustc -vV` said, and `RUSTFLAGS` if there were any.
    pub toolchain: Option<String>,
    /// The bench target.
    pub question: String,
    /// What tells the scenario from the question's others; empty if there is only one.
    pub parameter: String,
    /// Who answered: the mock server's engine, or a URL.
    pub server: String,
    /// Everything else that the scenario asked for. If it differs, it is another series.
    pub conditions: String,
    /// The number of rounds.
    pub rounds: u32,
    /// The number of rounds in which other programs, or the hypervisor, took much of the processors' time.
    pub disturbed_rounds: u32,
    /// Whether the model that was entered twice agrees with itself by time: `agrees`, `differs` or `not-known`;
    /// `None` if no model was entered twice.
    pub again: Option<String>,
    /// The arm's name in its scenario, with the number of workers elsewhere if it had any.
    pub label: String,
    /// The model's id.
    pub model: String,
    /// Why the arm takes part: `model` or `again`.
    pub role: String,
    /// The median of the ratios to the floor's time in the same rounds.
    pub x_floor: f32,
    /// The lower end of that median's interval; `None` if there were too few rounds for one.
    pub x_floor_low: Option<f32>,
    /// The upper end of that interval.
    pub x_floor_high: Option<f32>,
    /// The processor time of a request, in microseconds: the median over the rounds.
    pub cpu_us_per_request: Option<f32>,
}

/// The columns whose values hardly ever recur.
pub(super) const FIGURES: [&str; 4] = ["x_floor", "x_floor_low", "x_floor_high", "cpu_us_per_request"];

impl table::Row for FleetRow {
    fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let run = [&mut self.run, &mut self.started];
        let series = [&mut self.question, &mut self.parameter, &mut self.server, &mut self.label, &mut self.model];
        run.into_iter().chain(series).chain(&mut self.commit).chain(&mut self.toolchain)
    }
}

/// Returns the rows of a run, in its order.
pub fn rows(run: &Digest) -> impl Iterator<Item = FleetRow> {
    run.scenarios
        .iter()
        .flat_map(move |scenario| scenario.arms.iter().filter_map(move |arm| row(run, scenario, *arm)))
}

/// Returns the row of an arm. It is `None` if the arm has no name, as in a digest that somebody changed.
fn row(run: &Digest, scenario: &ScenarioDigest, distance: Distance) -> Option<FleetRow> {
    let names = run.models.get(distance.0)?;
    let (low, high) = distance.2.unzip();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Some(FleetRow {
        run: run.id.clone(),
        started: run.started.clone(),
        commit: run.commit.clone(),
        parent: run.parent.clone(),
        dirty: run.dirty,
        partial: run.partial,
        toolchain: run.toolchain.clone(),
        question: scenario.question.clone(),
        parameter: scenario.parameter.clone(),
        server: scenario.server.clone(),
        conditions: scenario.conditions.join(", "),
        rounds: count(scenario.rounds),
        disturbed_rounds: count(scenario.disturbed),
        again: scenario.again.as_ref().map(word),
        label: names.label.clone(),
        model: names.model.clone(),
        role: word(&names.role),
        x_floor: distance.1,
        x_floor_low: low,
        x_floor_high: high,
        cpu_us_per_request: distance.3,
    })
}
