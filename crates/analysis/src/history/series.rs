//! One model in one scenario from run to run, and what changed in it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::thread;

use fanout_record::run::{Role, title};
use fanout_stats::{ChangePoint, Estimate, MAX_P, WINDOW, change_points, drift, median};

use super::conditions::apart;
use super::digest::{Digest, ScenarioDigest};
use crate::compared::PLAIN;

/// So many runs a step needs on each side to be found as a rule, where it is 2.5 times the noise: see [`MAX_P`].
/// Larger ones are found with fewer.
pub const STEP: usize = 10;

/// So many of the last runs are compared with as many of the first. With fewer no interval could be as sure as a
/// change point is, and among hundreds of series some would seem to drift.
pub const DRIFT: usize = 20;

/// One model in one scenario, on one machine with one toolchain.
#[derive(Debug)]
pub struct Series {
    /// The question's name.
    pub question: String,
    /// What tells the scenario from the question's others.
    pub parameter: String,
    /// Who answered: with another server it is another series.
    pub server: String,
    /// All else that was asked for: where any of it differs it is another series.
    pub conditions: Vec<String>,
    /// Those conditions in which the group has another scenario of the same name; empty as a rule.
    pub apart: Vec<String>,
    /// The model's name in the tables.
    pub label: String,
    /// The model's id.
    pub model: String,
    /// Why it takes part.
    pub role: Role,
    /// In the order of the group's runs; those in which it has no figure are left out.
    pub points: Vec<Point>,
    /// Where the level changes, in the same order.
    pub changes: Vec<Change>,
    /// ln of how many times as far from the floor the last [`DRIFT`] are as the first, with an interval that is as
    /// sure as a change point; `None` of fewer points than twice as many.
    pub drift: Option<Estimate>,
}

/// What one run says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The run's place in its group.
    pub run: usize,
    /// Time in floors.
    pub ratio: f64,
    /// The interval of that; `None` where there were too few rounds for one.
    pub interval: Option<(f64, f64)>,
    /// Microseconds of processor time a request.
    pub cpu: Option<f64>,
}

/// A place where the level of a series changes.
#[derive(Clone, Debug)]
pub struct Change {
    /// Where, how surely, and what is on both sides, in ln of the ratio.
    pub found: ChangePoint,
    /// The annotations that accept it, by their place in the history.
    pub accepted: Vec<usize>,
}

impl Series {
    /// `question parameter`, what tells it from another of that name, and the server where it is not the usual one.
    #[must_use]
    pub fn scenario(&self) -> String {
        let mut name = title(&self.question, &self.parameter);
        self.apart.iter().for_each(|said| name += &format!(", {said}"));
        let server = if self.server == "wiremock" { String::new() } else { format!(" (server {})", self.server) };
        format!("{name}{server}")
    }

    /// Whether both are of one scenario, asked for in one way.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        scenario_key(self) == scenario_key(other)
    }

    /// The drift in percent with its interval, where that leaves out zero.
    #[must_use]
    pub fn drifted(&self) -> Option<(f64, (f64, f64))> {
        let (low, high) = self.drift?.interval?;
        (low > 0.0 || high < 0.0).then_some((percent(self.drift?.value), (percent(low), percent(high))))
    }

    /// The median processor time a request over the points of one level: that before a change, or that behind it.
    #[must_use]
    pub fn cpu(&self, change: &Change, behind: bool) -> Option<f64> {
        let (index, found) = (change.found.index, &change.found);
        let points = if behind {
            self.points.get(index..index + found.after.points)
        } else {
            self.points.get(index - found.before.points..index)
        };
        let values: Option<Vec<f64>> = points?.iter().map(|point| point.cpu).collect();
        Some(median(&values?, fanout_stats::LEVEL)?.value)
    }
}

impl Change {
    /// How much farther from the floor, in percent; negative where nearer.
    #[must_use]
    pub fn percent(&self) -> f64 {
        percent(self.found.size())
    }
}

fn percent(ln: f64) -> f64 {
    100.0 * ln.exp_m1()
}

/// The series of runs, in the order of these, not yet analysed.
pub(super) fn of<'a>(runs: impl Iterator<Item = &'a Digest>) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    let mut places = HashMap::new();
    for (i, run) in runs.enumerate() {
        for scenario in &run.scenarios {
            for arm in &scenario.arms {
                let Some(model) = run.models.get(arm.0) else { continue };
                let ScenarioDigest { question, parameter, server, conditions, .. } = scenario;
                let key = (question, parameter, server, conditions, &model.label);
                let place = *places.entry(key).or_insert(all.len());
                if place == all.len() {
                    all.push(Series {
                        question: question.clone(),
                        parameter: parameter.clone(),
                        server: server.clone(),
                        conditions: conditions.clone(),
                        apart: Vec::new(),
                        label: model.label.clone(),
                        model: model.model.clone(),
                        role: model.role,
                        points: Vec::new(),
                        changes: Vec::new(),
                        drift: None,
                    });
                }
                let interval = arm.2.map(|(low, high)| (low.into(), high.into()));
                all[place].points.push(Point { run: i, ratio: arm.1.into(), interval, cpu: arm.3.map(f64::from) });
            }
        }
    }
    tell_apart(&mut all);
    // Each in the order in which it was first seen, within the order of a reader's interest.
    let mut scenarios = HashMap::new();
    let places: Vec<usize> = all
        .iter()
        .map(|series| {
            let n = scenarios.len();
            *scenarios.entry(scenario_key(series)).or_insert(n)
        })
        .collect();
    let question = |name: &str| PLAIN.iter().position(|known| *known == name).unwrap_or(PLAIN.len());
    let mut placed: Vec<(usize, Series)> = places.into_iter().zip(all).collect();
    placed.sort_by_cached_key(|(place, series)| (question(&series.question), series.question.clone(), *place));
    placed.into_iter().map(|(_, series)| series).collect()
}

/// What two series of one scenario have in common.
fn scenario_key(series: &Series) -> (&str, &str, &str, &[String]) {
    (&series.question, &series.parameter, &series.server, &series.conditions)
}

/// Notes for scenarios of one name in what they differ.
fn tell_apart(all: &mut [Series]) {
    let mut of_name: HashMap<(&str, &str, &str), Vec<&[String]>> = HashMap::new();
    for series in &*all {
        let (question, parameter, server, conditions) = scenario_key(series);
        let known = of_name.entry((question, parameter, server)).or_default();
        if !known.contains(&conditions) {
            known.push(conditions);
        }
    }
    let told: Vec<Vec<String>> = all
        .iter()
        .map(|series| {
            let (question, parameter, server, conditions) = scenario_key(series);
            apart(conditions, of_name.get(&(question, parameter, server)).map_or(&[], Vec::as_slice))
        })
        .collect();
    all.iter_mut().zip(told).for_each(|(series, told)| series.apart = told);
}

/// Looks for changes and drift in all of them, on as many threads as there are processors.
pub(super) fn analyse(all: Vec<&mut Series>) {
    let others = thread::available_parallelism().map_or(0, |n| n.get() - 1).min(all.len());
    let queue = Mutex::new(all.into_iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(series) = next() {
            examine(series);
        }
    };
    thread::scope(|scope| {
        for _ in 0..others {
            // Where the system gives no thread, this one does the work.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
}

fn examine(series: &mut Series) {
    let logs: Vec<f64> = series.points.iter().map(|point| point.ratio.ln()).collect();
    let found = change_points(&logs, WINDOW, MAX_P).unwrap_or_default();
    series.changes = found.into_iter().map(|found| Change { found, accepted: Vec::new() }).collect();
    series.drift = drift(&logs, DRIFT, 1.0 - MAX_P);
}
