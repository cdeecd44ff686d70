//! Pictures of one figure of all models of a scenario: the distance to the floor, the processor time or the latency;
//! and of what mistakes cost.

use fanout_analysis::compared::Compared;
use fanout_analysis::mistakes::Cost;
use fanout_analysis::situations::Describe;
use fanout_analysis::summary::ArmSummary;
use fanout_stats::Estimate;

use super::canvas::of_family;
use super::dots::{self, Dot, Dots};
use super::picture::Picture;
use crate::figures::{figure, ratio};
use crate::mistakes::short;

/// Draws how far each model is from the floor. Returns `None` if there is no floor.
#[must_use]
pub fn distance(compared: &Compared<'_>, describe: Describe) -> Option<Picture> {
    let dots = dots(compared, describe, |row| Some(span(row.to_floor?)));
    drawn(compared, dots, "Distance to the floor: further left is faster", "times the floor's time", Some(1.0), ratio)
}

/// Draws the processor time of each model.
#[must_use]
pub fn cpu(compared: &Compared<'_>, describe: Describe) -> Option<Picture> {
    let dots = dots(compared, describe, |row| Some(span(row.cpu?)));
    drawn(compared, dots, "Processor time: further left is cheaper", "us a request", None, figure)
}

/// Draws how long single requests of each model took, from the fastest twentieth over the median to the slowest
/// hundredth.
#[must_use]
pub fn latency(compared: &Compared<'_>, describe: Describe) -> Option<Picture> {
    let dots = dots(compared, describe, |row| Some((row.latency(0.05)?, row.latency(0.5)?, row.latency(0.99)?)));
    let title = "Latency of a request, p5 to p99: shorter bars are steadier";
    let delay = compared.measured.scenario.delay_ns.map(|ns| ns as f64 / 1e6).filter(|delay| *delay > 0.0);
    drawn(compared, dots, title, "ms", delay, figure)
}

/// Draws how many times as long each mistake of a scenario takes as its twin. Returns `None` if no mistake has a
/// ratio.
#[must_use]
pub fn against_twins(compared: &Compared<'_>, costs: &[Cost<'_, '_>]) -> Option<Picture> {
    let dot = |cost: &Cost<'_, '_>| {
        let (low, value, high) = span(cost.time?.0);
        Some(Dot { label: short(cost).into(), color: of_family(None), low, value, high })
    };
    let dots = costs.iter().filter_map(dot).collect();
    let title = "Time of each mistake against its twin: further left is faster";
    drawn(compared, dots, title, "times the twin's time", Some(1.0), ratio)
}

fn dots(
    compared: &Compared<'_>,
    describe: Describe,
    of: impl Fn(&ArmSummary<'_>) -> Option<(f64, f64, f64)>,
) -> Vec<Dot> {
    let dot = |row: &ArmSummary<'_>| {
        let (low, value, high) = of(row).filter(|(low, ..)| low.is_finite() && *low > 0.0)?;
        let color = of_family(describe(&row.arm.model).map(|model| model.family));
        Some(Dot { label: row.arm.label.clone(), color, low, value, high })
    };
    compared.rows.iter().filter_map(dot).collect()
}

fn drawn(
    compared: &Compared<'_>,
    dots: Vec<Dot>,
    title: &str,
    unit: &'static str,
    reference: Option<f64>,
    digits: impl Fn(f64) -> String,
) -> Option<Picture> {
    let by_value = |a: &&Dot, b: &&Dot| a.value.total_cmp(&b.value);
    let (least, most) = (dots.iter().min_by(by_value)?, dots.iter().max_by(by_value)?);
    let (low, high) = (digits(least.value), digits(most.value));
    let (first, last, name) = (&least.label, &most.label, &compared.name);
    let alternative =
        format!("{name}: from {first} with {low} to {last} with {high} {unit}; all values are in the table");
    let svg = dots::draw(&Dots { unit, reference, rows: &dots });
    Some(Picture { title: title.into(), alternative, svg })
}

/// Returns the lower end of the interval, the value and the upper end. If there is no interval, all three are the
/// value.
fn span(estimate: Estimate) -> (f64, f64, f64) {
    let (low, high) = estimate.interval.unwrap_or((estimate.value, estimate.value));
    (low, estimate.value, high)
}
