//! Writes the Bencher Metric Format, which holds the measures of each benchmark
//! (<https://bencher.dev/docs/reference/bencher-metric-format/>).
//!
//! | measure | unit | is the median of |
//! |---|---|---|
//! | `latency` | ns | the time of a batch; Bencher's own measure of that unit |
//! | `ratio-to-floor` | times | the ratios to the floor's time in the same rounds |
//! | `cpu-per-request` | ns | processor time on the client's side |
//! | `peak-memory` | bytes | the most that was resident in a batch |
//!
//! Bencher creates the last three measures when it first meets them. The lower and the upper value are the exact
//! interval of the median. They are left out if there are too few rounds for one, and always for `peak-memory`. A
//! measure that a run did not take is left out.

use std::collections::BTreeMap;

use fanout_record::Run;
use fanout_stats::Estimate;
use serde::Serialize;

use crate::error::ExportError;
use crate::json::json;
use crate::tracked::{Tracked, tracked};

#[derive(Serialize)]
struct Metric {
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper_value: Option<f64>,
}

impl From<Estimate> for Metric {
    fn from(Estimate { value, interval }: Estimate) -> Self {
        let (lower_value, upper_value) = interval.unzip();
        Self { value, lower_value, upper_value }
    }
}

/// Writes the run's measures, by benchmark.
pub(crate) fn write(run: &Run) -> Result<Vec<u8>, ExportError> {
    let benchmarks = tracked(run)?;
    let benchmarks = benchmarks.iter().map(|tracked| (tracked.name.as_str(), measures(tracked)));
    json(&benchmarks.collect::<BTreeMap<_, _>>())
}

fn measures(tracked: &Tracked<'_>) -> BTreeMap<&'static str, Metric> {
    let measures = [
        ("latency", tracked.time),
        ("ratio-to-floor", tracked.to_floor),
        ("cpu-per-request", tracked.cpu_per_request),
        ("peak-memory", tracked.peak_memory.map(|value| Estimate { value, interval: None })),
    ];
    measures.into_iter().filter_map(|(name, estimate)| Some((name, estimate?.into()))).collect()
}
