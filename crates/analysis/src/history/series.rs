//! Follows one model in one scenario from run to run, and finds what changed in it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::thread;

use fanout_record::run::{Role, title};
use fanout_stats::{ChangePoint, Estimate, MAX_P, WINDOW, change_points, drift, median};

use super::conditions::apart;
use super::digest::{Digest, ScenarioDigest};
use crate::compared::PLAIN;

/// The number of runs that a step of 2.5 times the noise needs on each side to be found in about half of the series:
/// see [`MAX_P`]. Larger steps are found with fewer runs.
pub const STEP: usize = 10;

/// The number of the last runs that are compared with as many of the first. With fewer runs, no interval could be as
/// sure as a change point is, and among hundreds of series some would seem to drift.
pub const DRIFT: usize = 20;

/// One model in one scenario, on one machine with one toolchain.
#[derive(Debug)]
pub struct Series {
    /// The question's name.
    pub question: String,
    /// The part of the scenario's name that tells it from the question's other scenarios.
    pub parameter: String,
    /// The server that answered. Another server makes another series.
    pub server: String,
    /// All other conditions that were asked for. Any difference in them makes another series.
    pub conditions: Vec<String>,
    /// The conditions in which another scenario of the same name in the group differs. Usually there are none.
    pub apart: Vec<String>,
    /// The model's name in the tables, with the number of workers elsewhere if it had any.
    pub label: String,
    /// The model's id.
    pub model: String,
    /// Why the model takes part.
    pub role: Role,
    /// The points, in the order of the group's runs. Runs in which the model has no figure are left out.
    pub points: Vec<Point>,
    /// The places where the level changes, in the same order.
    pub changes: Vec<Change>,
    /// The drift: ln of how many times as far from the floor the last [`DRIFT`] points are as the first, with an
    /// interval that is as sure as a change point; `None` if there are fewer than twice as many points.
    pub drift: Option<Estimate>,
}

/// The figures of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The run's place in its group.
    pub run: usize,
    /// The time, as a multiple of the floor's time.
    pub ratio: f64,
    /// The interval of the ratio; `None` if there were too few rounds for one.
    pub interval: Option<(f64, f64)>,
    /// The processor time per request, in microseconds.
    pub cpu: Option<f64>,
}

/// A place where the level of a series changes.
#[derive(Clone, Debug)]
pub struct Change {
    /// The place of the change, how sure it is, and the levels on both sides, in ln of the ratio.
    pub found: ChangePoint,
    /// The annotations that accept the change, by their places in the history.
    pub accepted: Vec<usize>,
}

impl Series {
    /// Returns the name of the scenario: `question parameter`, then the conditions that tell it from another scenario
    /// of that name, and the server if it is not the usual one.
    #[must_use]
    pub fn scenario(&self) -> String {
        let mut name = title(&self.question, &self.parameter);
        self.apart.iter().for_each(|said| name += &format!(", {said}"));
        let server = if self.server == "wiremock" { String::new() } else { format!(" (server {})", self.server) };
        format!("{name}{server}")
    }

    /// Returns whether both series are of one scenario under the same conditions.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        scenario_key(self) == scenario_key(other)
    }

    /// Returns the drift in percent with its interval, if the interval leaves out zero.
    #[must_use]
    pub fn drifted(&self) -> Option<(f64, (f64, f64))> {
        let (low, high) = self.drift?.interval?;
        (low > 0.0 || high < 0.0).then_some((percent(self.drift?.value), (percent(low), percent(high))))
    }

    /// Returns the median processor time per request over the points of one level. It is the level behind a change if
    /// `behind` is set, and otherwise the level before the change.
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
    /// Returns how much farther from the floor the new level is, in percent. It is negative if the new level is
    /// nearer.
    #[must_use]
    pub fn percent(&self) -> f64 {
        percent(self.found.size())
    }
}

fn percent(ln: f64) -> f64 {
    100.0 * ln.exp_m1()
}

/// Makes the series of these runs, with their points in the order of the runs. The series are not analysed yet.
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
    // The scenarios are in the order of a reader's interest, and within a question in the order in which they were
    // first seen.
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

/// Returns what two series of one scenario have in common.
fn scenario_key(series: &Series) -> (&str, &str, &str, &[String]) {
    (&series.question, &series.parameter, &series.server, &series.conditions)
}

/// Notes at each series in which conditions its scenario differs from others of the same name.
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

/// Looks for changes and drift in all series, on as many threads as there are processors.
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
            // If the system gives no thread, this one does the work.
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
