//! Finds how many requests in flight a server can use, from arms that differ in nothing else.

use std::time::Duration;

use fanout_record::run::Role;
use fanout_stats::{Between, Estimate, Standing};

use crate::compared::Compared;
use crate::metric::Metric;

/// One model with several numbers in flight, against the same server in the same rounds.
#[derive(Debug)]
pub struct Curve<'a> {
    /// The model's id.
    pub model: &'a str,
    /// The numbers in flight, in ascending order.
    pub steps: Vec<Step>,
    /// The smallest number in flight that is as good as the best.
    pub knee: Knee,
    /// The models that find the number in flight by themselves, in the same rounds.
    pub adaptive: Vec<Adaptive<'a>>,
}

/// One number in flight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Its place among the scenario's rows.
    pub row: usize,
    /// The most requests in flight.
    pub in_flight: usize,
    /// Good answers a second.
    pub rate: f64,
    /// The latency that half of the requests do not exceed, in milliseconds.
    pub half: f64,
    /// The latency that 99 of 100 requests do not exceed, in milliseconds.
    pub slowest: f64,
    /// The share of the requests that were sent and that the server refused, from 0 to 1.
    pub refused: f64,
    /// The most requests that waited at the server for their turn in a batch, in the median of the batches; `None` if
    /// none waited, or the run does not say it.
    pub longest_queue: Option<f64>,
}

/// Where more requests in flight stop helping.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knee {
    /// The place among the steps.
    pub step: usize,
    /// The place of the step with the most answers a second.
    pub best: usize,
    /// Whether the intervals show that the step is as good as the best, by the margin. Otherwise it only looks so.
    pub is_known: bool,
}

/// A model that finds the number in flight by itself.
#[derive(Clone, Copy, Debug)]
pub struct Adaptive<'a> {
    /// The model's id.
    pub model: &'a str,
    /// Its figures. `in_flight` is the most that it was allowed.
    pub step: Step,
    /// How many times as long it takes as the curve's best step, or `None` if too few rounds were measured.
    pub to_best: Option<(Estimate, Between)>,
}

/// Returns a curve for each model that takes part with several numbers in flight. A model with fewer than two sound
/// arms has none.
#[must_use]
pub fn curves<'a>(compared: &'a Compared<'_>) -> Vec<Curve<'a>> {
    let mut models: Vec<(&str, usize)> = Vec::new();
    for arm in compared.rows.iter().map(|row| row.arm).filter(|arm| arm.role == Role::Model) {
        match models.iter_mut().find(|(model, _)| *model == arm.model) {
            Some((_, arms)) => *arms += 1,
            None => models.push((&arm.model, 1)),
        }
    }
    // In most scenarios, each model is one arm. They need no figures here. Where a network was made, the arms of a
    // model take different ways.
    if models.iter().all(|(_, arms)| *arms == 1) || compared.measured.scenario.network.is_some() {
        return Vec::new();
    }
    let models: Vec<(&str, Vec<Step>)> =
        models.into_iter().map(|(model, _)| (model, steps(compared, model))).collect();
    // An arm that was told its number in flight has the number in its label.
    let finds = |step: &Step| compared.rows[step.row].arm.label == compared.rows[step.row].arm.model;
    let alone: Vec<(&str, Step)> = models
        .iter()
        .flat_map(|(model, steps)| steps.iter().filter(|it| finds(it)).map(|it| (*model, *it)))
        .collect();
    let with_several = models.into_iter().filter(|(_, steps)| steps.len() > 1);
    with_several.filter_map(|(model, steps)| curve(compared, model, steps, &alone)).collect()
}

fn curve<'a>(
    compared: &Compared<'_>,
    model: &'a str,
    steps: Vec<Step>,
    alone: &[(&'a str, Step)],
) -> Option<Curve<'a>> {
    let knee = knee(compared, model, &steps)?;
    let best = steps[knee.best].row;
    let adaptive = |(model, step): &(&'a str, Step)| Adaptive {
        model,
        step: *step,
        to_best: compared.time.between(step.row, best),
    };
    Some(Curve { model, adaptive: alone.iter().map(adaptive).collect(), steps, knee })
}

/// Returns the arms of a model, in the order of their numbers in flight. An arm that failed is left out.
fn steps(compared: &Compared<'_>, model: &str) -> Vec<Step> {
    let step = |row: usize| {
        let summary = &compared.rows[row];
        if summary.arm.role != Role::Model || summary.arm.model != model {
            return None;
        }
        let sent = compared.measured.scenario.requests as f64;
        let refused = summary.typical(|sample| {
            let refused = sample.server?.refused as f64;
            Some(refused / (sent * sample.share + refused))
        });
        let longest_queue = summary.typical(|sample| Some(sample.server?.longest_queue as f64));
        Some(Step {
            row,
            in_flight: summary.arm.concurrency,
            rate: summary.rate()?,
            half: summary.latency(0.5)?,
            slowest: summary.latency(0.99)?,
            refused: refused.unwrap_or(0.0),
            longest_queue: longest_queue.filter(|longest| *longest > 0.0),
        })
    };
    let mut steps: Vec<Step> = (0..compared.rows.len()).filter_map(step).collect();
    steps.sort_by_key(|step| step.in_flight);
    steps
}

/// Finds the smallest number in flight that is as good as the best, or whose figure is within the margin of the best.
/// More in flight than that would have to be shown to be better.
fn knee(compared: &Compared<'_>, model: &str, steps: &[Step]) -> Option<Knee> {
    let best = (0..steps.len()).max_by(|a, b| steps[*a].rate.total_cmp(&steps[*b].rate))?;
    let ranking = compared.among(Metric::Time, |row| compared.rows[row].arm.model == model);
    let is_as_good = |step: &Step| {
        let standing = ranking.against_best(step.row).map(|against| against.standing);
        ranking.unranked.is_none() && matches!(standing, Some(Standing::Best | Standing::AsGood))
    };
    let looks_as_good = |step: &Step| step.rate * ranking.margin >= steps[best].rate;
    let step = steps.iter().position(|step| is_as_good(step) || looks_as_good(step))?;
    Some(Knee { step, best, is_known: is_as_good(&steps[step]) })
}

impl Curve<'_> {
    /// Returns the step at the knee.
    #[must_use]
    pub fn at_the_knee(&self) -> &Step {
        &self.steps[self.knee.step]
    }

    /// Returns the step with the most answers a second.
    #[must_use]
    pub fn best(&self) -> &Step {
        &self.steps[self.knee.best]
    }
}

/// Returns the most answers a second that a scenario's server gives, or `None` if it has no limit.
#[must_use]
pub fn most(compared: &Compared<'_>) -> Option<f64> {
    let scenario = &compared.measured.scenario;
    let by_rate = scenario.limits.rate.map(|(rate, _)| f64::from(rate));
    let delay = Duration::from_nanos(scenario.delay_ns?).as_secs_f64();
    let by_capacity = scenario.limits.capacity.filter(|_| delay > 0.0).map(|at_once| f64::from(at_once) / delay);
    by_rate.into_iter().chain(by_capacity).reduce(f64::min)
}
