//! Pictures of what the number in flight does in one scenario: the answers a second, and how long requests take.

use fanout_analysis::capacity::{self, Step, curves};
use fanout_analysis::compared::Compared;
use fanout_analysis::situations::Describe;

use super::growth::{Axes, Curve, Grown};
use super::picture::Picture;

const ANSWERS: Axes = Axes {
    x: "in flight",
    y: "answers/s",
    title: "Answers a second: where the curve is flat, more requests in flight only wait",
};

const LATENCY: Axes = Axes { x: "in flight", y: "ms, of half of them", title: "Latency of half of the requests" };

const SLOWEST: Axes = Axes { x: "in flight", y: "ms, of 99 of 100", title: "Latency of 99 of 100 requests" };

/// A figure of a step.
type Figure = fn(&Step) -> f64;

/// Draws a scenario that varies the number in flight in three pictures. They mark the first model that takes part
/// with several numbers. A model that finds the number by itself is a level line. There are no pictures for another
/// scenario.
#[must_use]
pub(crate) fn capacity(compared: &Compared<'_>, describe: Describe) -> Vec<Picture> {
    let found = curves(compared);
    let figures: [(Axes, Figure); 3] =
        [(ANSWERS, |step| step.rate), (LATENCY, |step| step.half), (SLOWEST, |step| step.slowest)];
    figures.into_iter().filter_map(|(axes, of)| drawn(&found, describe, axes, of)).collect()
}

fn drawn(found: &[capacity::Curve<'_>], describe: Describe, axes: Axes, of: Figure) -> Option<Picture> {
    let (first, mut lines) = (found.first()?, Vec::new());
    let family = |model: &str| describe(model).map(|description| description.family);
    for curve in found {
        let points = curve.steps.iter().map(|step| (step.in_flight as f64, of(step))).collect();
        lines.push(Curve { label: curve.model, family: family(curve.model), points });
    }
    let ends = [first.steps.first(), first.steps.last()].map(|step| step.map_or(1.0, |step| step.in_flight as f64));
    for adaptive in &first.adaptive {
        let points = ends.iter().map(|x| (*x, of(&adaptive.step))).collect();
        lines.push(Curve { label: adaptive.model, family: family(adaptive.model), points });
    }
    lines.iter_mut().for_each(|line| line.points.retain(|(_, y)| *y > 0.0 && y.is_finite()));
    lines.retain(|line| line.points.len() > 1);
    Grown { axes, curves: lines }.models().into_iter().next()
}
