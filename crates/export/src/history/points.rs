//! Turns a history into one flat table, with a row for each run of each series.

use fanout_analysis::history::{Change, Group, History, RunFacts, Series};
use parquet_derive::ParquetRecordWriter;
use serde::{Deserialize, Serialize};

use crate::samples::word;
use crate::table;

/// One model in one scenario in one run. The fields are the columns of CSV and Parquet in their order. The figures of
/// the run and of both sides of a change are those of the history's page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ParquetRecordWriter)]
pub struct PointRow {
    /// The run's id (ULID).
    pub run: String,
    /// When the run began, RFC 3339 in UTC.
    pub started: String,
    /// The commit that was measured.
    pub commit: Option<String>,
    /// Whether the tree differed from that commit.
    pub dirty: Option<bool>,
    /// The machine's id, which is the name of its file under `results/machines`.
    pub machine: String,
    /// The first line of what `rustc -vV` said, and `RUSTFLAGS` if there were any. All runs of a series have the same
    /// machine and toolchain.
    pub toolchain: String,
    /// The bench target.
    pub question: String,
    /// What tells the scenario from the question's others; empty if there is only one.
    pub parameter: String,
    /// Who answered: the mock server's engine, or a URL.
    pub server: String,
    /// Everything else that the scenario asked for. If it differs, it is another series.
    pub conditions: String,
    /// The arm's name in its scenario.
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
    /// Whether the level of the series changes with this run, which is then the first of a new level.
    pub changed: bool,
    /// How much farther from the floor the new level is, in percent. It is negative if the new level is nearer.
    pub change_percent: Option<f64>,
    /// The p-value of Student's t-test that both levels are the same.
    pub change_p_value: Option<f64>,
    /// Whether an annotation accepts the change.
    pub change_accepted: Option<bool>,
    /// Whether some of what the run was asked for was not measured.
    pub partial: bool,
}

impl table::Row for PointRow {
    fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let run = [&mut self.run, &mut self.started, &mut self.toolchain];
        let series = [&mut self.question, &mut self.parameter, &mut self.server, &mut self.label, &mut self.model];
        run.into_iter().chain(series).chain(&mut self.commit)
    }
}

/// Returns the rows of a history: series after series in the order of the page, each in the order of its runs there.
pub fn rows(history: &History) -> impl Iterator<Item = PointRow> {
    history.series().flat_map(|(group, series)| (0..series.points.len()).map(move |i| row(group, series, i)))
}

fn row(group: &Group, series: &Series, i: usize) -> PointRow {
    let point = series.points[i];
    let RunFacts { id, started, commit, dirty, partial, .. } = &group.runs[point.run];
    let change = series.changes.iter().find(|change| change.found.index == i);
    let (low, high) = point.interval.unzip();
    // A history keeps ratios in single precision.
    let single = |value: f64| value as f32;
    PointRow {
        run: id.clone(),
        started: started.clone(),
        commit: commit.clone(),
        dirty: *dirty,
        machine: group.id.clone(),
        toolchain: group.toolchain.clone(),
        question: series.question.clone(),
        parameter: series.parameter.clone(),
        server: series.server.clone(),
        conditions: series.conditions.join(", "),
        label: series.label.clone(),
        model: series.model.clone(),
        role: word(&series.role),
        x_floor: single(point.ratio),
        x_floor_low: low.map(single),
        x_floor_high: high.map(single),
        cpu_us_per_request: point.cpu.map(single),
        changed: change.is_some(),
        change_percent: change.map(Change::percent),
        change_p_value: change.map(|change| change.found.p_value),
        change_accepted: change.map(|change| !change.accepted.is_empty()),
        partial: *partial,
    }
}
