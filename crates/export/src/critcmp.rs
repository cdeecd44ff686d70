//! Writes what `critcmp FILE FILE` reads: a baseline as its `--export` writes it (critcmp 0.1.8, `src/data.rs`,
//! <https://docs.rs/crate/critcmp/0.1.8/source/src/data.rs>).
//!
//! critcmp shows the mean, the standard deviation, and the requests a second that follow from the mean. It compares
//! means, although a disturbed round moves a mean; fanout itself uses the median of ratios in the same rounds. The
//! median is in the file with its exact interval. If no interval is computed, the file has one with the level 0, so
//! that it claims nothing. A standard error that is not known is 0.

use std::collections::BTreeMap;

use fanout_record::Run;
use fanout_stats::{Estimate, LEVEL, median};
use serde::Serialize;

use crate::error::ExportError;
use crate::json::json;
use crate::tracked::{Tracked, tracked};

/// The factor that turns the median absolute deviation of a normal distribution into its standard deviation.
/// Criterion has the same.
const TO_STANDARD_DEVIATION: f64 = 1.4826;

#[derive(Serialize)]
struct Baseline<'a> {
    name: &'a str,
    benchmarks: BTreeMap<String, Benchmark<'a>>,
}

#[derive(Serialize)]
struct Benchmark<'a> {
    baseline: &'a str,
    fullname: String,
    criterion_benchmark_v1: Info<'a>,
    criterion_estimates_v1: Estimates,
}

#[derive(Serialize)]
struct Info<'a> {
    group_id: &'a str,
    function_id: Option<&'a str>,
    value_str: Option<&'a str>,
    throughput: Throughput,
    full_id: String,
    directory_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Throughput {
    elements: u64,
}

/// The estimates of a benchmark, in nanoseconds.
#[derive(Serialize)]
struct Estimates {
    mean: Statistic,
    median: Statistic,
    median_abs_dev: Statistic,
    std_dev: Statistic,
}

#[derive(Serialize)]
struct Statistic {
    confidence_interval: Interval,
    point_estimate: f64,
    standard_error: f64,
}

#[derive(Serialize)]
struct Interval {
    confidence_level: f64,
    lower_bound: f64,
    upper_bound: f64,
}

/// Writes the run as a baseline.
pub(crate) fn write(run: &Run) -> Result<Vec<u8>, ExportError> {
    let name = run.stamp();
    let benchmarks = tracked(run)?.into_iter();
    let benchmarks = benchmarks.filter_map(|tracked| Some((tracked.name.clone(), benchmark(&name, &tracked)?)));
    json(&Baseline { name: &name, benchmarks: benchmarks.collect() })
}

fn benchmark<'a>(baseline: &'a str, tracked: &Tracked<'a>) -> Option<Benchmark<'a>> {
    let (label, parameter) = (tracked.arm.label.as_str(), tracked.measured.scenario.parameter.as_str());
    // Criterion's `BenchmarkId::from_parameter` has it like this if there is one name only.
    let (function_id, value) = if parameter.is_empty() { (None, label) } else { (Some(label), parameter) };
    Some(Benchmark {
        baseline,
        fullname: format!("{baseline}/{}", tracked.name),
        criterion_benchmark_v1: Info {
            group_id: tracked.question,
            function_id,
            value_str: Some(value),
            throughput: Throughput { elements: tracked.measured.scenario.requests as u64 },
            full_id: tracked.name.clone(),
            directory_name: tracked.name.clone(),
        },
        criterion_estimates_v1: estimates(
            &tracked.arm.samples.iter().map(|sample| sample.time().as_nanos() as f64).collect::<Vec<_>>(),
        )?,
    })
}

fn estimates(times: &[f64]) -> Option<Estimates> {
    let middle = median(times, LEVEL)?;
    let deviations: Vec<f64> = times.iter().map(|time| (time - middle.value).abs()).collect();
    let deviation = median(&deviations, LEVEL)?.value * TO_STANDARD_DEVIATION;
    let n = times.len() as f64;
    let mean = times.iter().sum::<f64>() / n;
    // One sample has no spread. The result is then 0, which critcmp shows.
    let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    let point = |value| Estimate { value, interval: None };
    Some(Estimates {
        mean: statistic(point(mean), (variance / n).sqrt()),
        median: statistic(middle, 0.0),
        median_abs_dev: statistic(point(deviation), 0.0),
        std_dev: statistic(point(variance.sqrt()), 0.0),
    })
}

fn statistic(estimate: Estimate, standard_error: f64) -> Statistic {
    let level = if estimate.interval.is_some() { LEVEL } else { 0.0 };
    let (lower_bound, upper_bound) = estimate.interval.unwrap_or((estimate.value, estimate.value));
    Statistic {
        confidence_interval: Interval { confidence_level: level, lower_bound, upper_bound },
        point_estimate: estimate.value,
        standard_error,
    }
}
