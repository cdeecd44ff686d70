//! Decides which control arm is the floor of a scenario, and how far the other one is from it.
//!
//! There are two control arms: one on epoll, and one on io_uring, which not every system allows. They do the same in
//! the same rounds, and the one that takes less is the floor, because only the lower one can be the limit.

use fanout_record::run::{Arm, Role, ScenarioRun};
use fanout_stats::{Between, Claims, Estimate, LEVEL, median};

use crate::metric::Metric;
use crate::ratios::processes;

/// The id of the control arm on epoll, which runs everywhere and is in every run.
pub const EPOLL: &str = "floor";

/// The id of the control arm on io_uring.
pub const IO_URING: &str = "floor-uring";

/// Returns whether this is the id of a control arm.
#[must_use]
pub fn is_control_arm(id: &str) -> bool {
    [EPOLL, IO_URING].contains(&id)
}

/// Returns the place of the floor among the arms of a scenario, or `None` if no control arm was measured.
///
/// It is the control arm with the lower median by `measure`, or the first one if both are the same, or if something
/// was not counted. An arm that failed is not used.
pub(crate) fn lowest(measured: &ScenarioRun, measure: Metric) -> Option<usize> {
    let typical = |arm: &Arm| median(&measure.values(arm)?, LEVEL).map(|estimate| estimate.value);
    let arms = sound(measured).map(|place| (place, typical(&measured.arms[place]).unwrap_or(f64::INFINITY)));
    // Of equal ones, this is the first.
    arms.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(place, _)| place)
}

/// Returns the measure that decides which control arm is the floor. It is the time, except where the time is mostly
/// that of waking idle processors (`waking`). Models are compared by their processor time there, and so are these.
pub(crate) fn decides(waking: bool) -> Metric {
    if waking { Metric::Cpu } else { Metric::Time }
}

/// Returns the place of the reference among the arms: the control arm on epoll, whichever is the floor. What is
/// compared between runs is compared with this one. Otherwise, a machine that begins to allow io_uring, or a scenario
/// in which both are about equal, would show a change where nothing has changed.
pub(crate) fn reference(measured: &ScenarioRun) -> Option<usize> {
    sound(measured).find(|place| measured.arms[*place].model == EPOLL)
}

fn sound(measured: &ScenarioRun) -> impl Iterator<Item = usize> {
    let arms = measured.arms.iter().enumerate();
    arms.filter(|(_, arm)| arm.role == Role::Floor && arm.failure.is_none() && !arm.samples.is_empty())
        .map(|(place, _)| place)
}

/// The two control arms of a scenario, compared.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// How many times as long io_uring took as epoll, in the same rounds. `None` also where the time is mostly that
    /// of waking idle processors.
    pub time: Option<Difference>,
    /// How many times as much processor time io_uring took as epoll.
    pub cpu: Option<Difference>,
}

/// A ratio of io_uring to epoll, and what it shows.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// The ratio, with its interval.
    pub ratio: Estimate,
    /// Whether io_uring took less ([`Between::Better`]) or more, or differs by less than the margin.
    pub shows: Between,
}

/// Compares the control arms of a scenario by the `claims` that are made of two models by the same measure. Returns
/// `None` unless both were measured.
pub(crate) fn pair(measured: &ScenarioRun, claims: impl Fn(Metric) -> Claims) -> Option<Pair> {
    let place = |id| sound(measured).find(|place| measured.arms[*place].model == id);
    let (epoll, uring) = (place(EPOLL)?, place(IO_URING)?);
    let arms: Vec<&Arm> = measured.arms.iter().collect();
    let difference = |measure| {
        let ratio = processes(measure, &arms)?.ratio(uring, epoll, LEVEL)?;
        Some(Difference { ratio, shows: claims(measure).between(ratio) })
    };
    Some(Pair { time: difference(Metric::Time), cpu: difference(Metric::Cpu) })
}

#[cfg(test)]
mod tests {
    use fanout_record::run::Question;
    use serde_json::{Value, json};

    use super::*;
    use crate::compared::Compared;

    /// An arm with this time of a batch and processor time, in milliseconds, give or take a thousandth.
    fn arm(model: &str, role: &str, time: f64, cpu: f64) -> Value {
        let sample = |round: usize| {
            let off = 1.0 + 0.0005 * ((round * model.len()) % 3) as f64;
            json!({
                "round": round, "wall_ns": (time * off * 1e6) as u64, "user_ns": (cpu * off * 1e6) as u64,
                "system_ns": 0, "voluntary_switches": 0, "involuntary_switches": 0, "peak_memory": 1_000_000,
                "threads": 1, "peak_in_flight": 20, "connections": 20, "process": round,
            })
        };
        json!({
            "label": model, "model": model, "role": role, "concurrency": 20, "failure": null,
            "samples": (0..10).map(sample).collect::<Vec<_>>(), "latencies": { "counts": [[5_000_000, 100]] },
        })
    }

    fn floor(model: &str, time: f64, cpu: f64) -> Value {
        arm(model, "floor", time, cpu)
    }

    fn question(delay_ms: u64, arms: Vec<Value>) -> Question {
        let environment = json!({ "load": 0.5, "steal_ticks": 1, "pressure": 1.5 });
        let scenario = json!({
            "scenario": {
                "parameter": "1", "requests": 100, "delay_ns": delay_ms * 1_000_000, "protocol": null,
                "start": "warm",
            },
            "server": "hyper", "arms": arms, "order": vec![(0..arms.len()).collect::<Vec<usize>>(); 10],
        });
        serde_json::from_value(json!({
            "name": "server_delay", "about": "A question.", "started": "2026-11-23T04:31:11Z",
            "took_ns": 1_000, "on_the_clock_ns": 1_000, "seed": 7, "before": environment, "after": environment,
            "scenarios": [scenario],
        }))
        .unwrap()
    }

    /// The model of the floor, and the distance of the model that takes 20 ms from it.
    fn chosen(delay_ms: u64, mut arms: Vec<Value>) -> (Option<String>, f64) {
        arms.push(arm("hyper", "model", 20.0, 20.0));
        let question = question(delay_ms, arms);
        let compared = Compared::new(&question, &question.scenarios[0], 1.05);
        let model = compared.rows.iter().find(|row| row.arm.role == Role::Model).unwrap();
        let distance = model.to_floor.map_or(0.0, |to_floor| to_floor.value);
        (compared.floor().map(|row| row.arm.model.clone()), (distance * 100.0).round() / 100.0)
    }

    #[test]
    fn the_floor_is_the_control_arm_that_takes_less_in_whichever_order_they_stand() {
        let (epoll, uring) = (floor(EPOLL, 10.0, 2.0), floor(IO_URING, 8.0, 3.0));
        for arms in [[&epoll, &uring], [&uring, &epoll]] {
            assert_eq!(chosen(5, arms.map(Value::clone).to_vec()), (Some(IO_URING.into()), 2.5));
            // Where only the processor time is compared, it decides.
            assert_eq!(chosen(0, arms.map(Value::clone).to_vec()), (Some(EPOLL.into()), 2.0));
        }
        let same = vec![floor("floor", 10.0, 2.0), Value::clone(&epoll)];
        assert_eq!(chosen(5, same).0, Some(EPOLL.into()));
    }

    #[test]
    fn one_control_arm_is_the_floor_and_one_that_failed_is_not() {
        assert_eq!(chosen(5, vec![floor(EPOLL, 10.0, 2.0)]), (Some(EPOLL.into()), 2.0));
        assert_eq!(chosen(5, vec![floor(IO_URING, 10.0, 2.0)]), (Some(IO_URING.into()), 2.0));
        assert_eq!(chosen(5, vec![]), (None, 0.0));
        let mut failed = floor(IO_URING, 8.0, 2.0);
        failed["failure"] = "in round 3: 1 of 100 requests failed".into();
        assert_eq!(chosen(5, vec![floor(EPOLL, 10.0, 2.0), failed]), (Some(EPOLL.into()), 2.0));
    }

    #[test]
    fn runs_are_compared_by_the_arm_on_epoll_even_where_the_other_is_the_floor() {
        let arms = vec![floor(IO_URING, 8.0, 2.0), floor(EPOLL, 10.0, 2.0), arm("hyper", "model", 20.0, 20.0)];
        let question = question(5, arms);
        let compared = Compared::new(&question, &question.scenarios[0], 1.05);
        assert_eq!(compared.reference().map(|arm| arm.model.as_str()), Some(EPOLL));
        let model = compared.rows.iter().find(|row| row.arm.role == Role::Model).unwrap();
        let distance = compared.to_reference(model).unwrap().value;
        assert!((distance - 2.0).abs() < 0.01, "{distance}");
    }

    fn claims(_: Metric) -> Claims {
        Claims { level: LEVEL, margin: 1.05, least: 1.0 }
    }

    #[test]
    fn the_control_arms_differ_by_a_ratio_of_io_uring_to_epoll() {
        let of = |uring: Value| {
            let question = question(5, vec![floor(EPOLL, 10.0, 2.0), uring]);
            let pair = pair(&question.scenarios[0], claims).unwrap();
            [pair.time.unwrap(), pair.cpu.unwrap()].map(|it| (it.shows, (it.ratio.value * 100.0).round() as i64))
        };
        assert_eq!(of(floor(IO_URING, 8.0, 2.4)), [(Between::Better, 80), (Between::Worse, 120)]);
        assert_eq!(of(floor(IO_URING, 10.0, 2.0)), [(Between::AsGood, 100); 2]);
        // A certain difference that is within the margin is none, as between two models.
        assert_eq!(of(floor(IO_URING, 10.2, 2.04)), [(Between::AsGood, 102); 2]);
        let alone = question(5, vec![floor(EPOLL, 10.0, 2.0)]);
        assert!(pair(&alone.scenarios[0], claims).is_none());
    }
}
