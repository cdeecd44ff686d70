//! Writes `customSmallerIsBetter` of github-action-benchmark: a list of values, each of which becomes a chart
//! (<https://github.com/benchmark-action/github-action-benchmark#examples>).
//!
//! Each benchmark has two values: its median time, and the median of its ratios to the floor in the same rounds
//! (`x floor`). The ratio holds on a shared runner, where times do not. The action fails on an empty list, as it
//! should on a run in which nothing succeeded.

use fanout_record::Run;
use fanout_stats::Estimate;
use serde::Serialize;

use crate::error::ExportError;
use crate::json::json;
use crate::tracked::{Tracked, tracked};

/// One value of one benchmark.
#[derive(Serialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
    /// The interval of the value; `None` if there are too few rounds for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) range: Option<String>,
    /// What the chart says about the point beside its value.
    pub(crate) extra: String,
}

/// Writes the run's medians and ratios.
pub(crate) fn write(run: &Run) -> Result<Vec<u8>, ExportError> {
    let entries: Vec<Entry> = tracked(run)?.iter().flat_map(|tracked| entries(run, tracked)).collect();
    json(&entries)
}

fn entries(run: &Run, tracked: &Tracked<'_>) -> impl Iterator<Item = Entry> {
    let rounds = tracked.arm.samples.len();
    let requests = tracked.measured.scenario.requests;
    let extra = format!("{rounds} rounds of {requests} requests\nrun {}\nmachine {}", run.id, run.machine.id());
    let entry = move |name: String, unit, Estimate { value, interval }: Estimate| {
        let range = interval.map(|(low, high)| format!("{low:.3} .. {high:.3}"));
        Entry { name, unit, value, range, extra: extra.clone() }
    };
    let time = tracked.time.map(|time| (tracked.name.clone(), "ms", time.map(|ns| ns / 1e6)));
    let ratio = tracked.to_floor.map(|ratio| (format!("{} x floor", tracked.name), "x floor", ratio));
    time.into_iter().chain(ratio).map(move |(name, unit, estimate)| entry(name, unit, estimate))
}
