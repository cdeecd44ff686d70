//! Tests two recorded runs against each other: what differs, what is comparable, and what is said about it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use fanout_analysis::comparable;
use fanout_analysis::diff::{arms, rounds_needed};
use fanout_analysis::verdict::Verdict;
use fanout_compare::summary::{recorded_conclusion, recorded_line};
use fanout_compare::words;
use fanout_record::Run;
use fanout_record::run::{Carrier, Transport};
use fastrand::Rng;
use serde_json::{Value, json};

/// Draws normal noise (Box & Muller 1958).
fn noise(rng: &mut Rng, deviation: f64) -> f64 {
    let (u, v) = (1.0 - rng.f64(), rng.f64());
    deviation * (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

fn differences(a: &Run, b: &Run) -> Vec<String> {
    comparable::differences(a, b).iter().map(words::difference).collect()
}

fn notes(a: &Run, b: &Run) -> Vec<String> {
    comparable::notes(a, b).iter().map(words::note).collect()
}

/// Makes a run with a floor at 5 ms and a model with these times.
fn run(times: &[f64]) -> Run {
    run_with(times, None)
}

/// Makes the same run. With `again`, that model takes part once more, and takes so many times as long as itself.
fn run_with(times: &[f64], again: Option<f64>) -> Run {
    let arm = |label: &str, model: &str, role: &str, times: Vec<f64>| {
        let sample = |(round, time): (usize, f64)| {
            json!({ "round": round, "wall_ns": (time * 1e6) as u64, "user_ns": 1, "system_ns": 0,
                "voluntary_switches": 0,
                    "involuntary_switches": 0, "peak_memory": 1, "threads": 1 })
        };
        let samples: Vec<Value> = times.into_iter().enumerate().map(sample).collect();
        json!({ "label": label, "model": model, "role": role, "concurrency": 20, "samples": samples,
                "latencies": { "counts": [] }, "failure": null })
    };
    let floor: Vec<f64> = (0..times.len()).map(|round| 5.0 + 0.001 * round as f64).collect();
    let scenario =
        json!({ "parameter": "5", "requests": 100, "delay_ns": 5_000_000, "protocol": null, "start": "warm" });
    let mut arms = vec![arm("floor", "floor", "floor", floor), arm("hyper", "hyper", "model", times.to_vec())];
    let again = again.map(|slower| times.iter().map(|time| slower * time).collect());
    arms.extend(again.map(|times| arm("hyper-again", "hyper", "again", times)));
    let environment = json!({ "load": null, "steal_ticks": null, "pressure": null });
    let measured = json!({ "scenario": scenario, "server": "wiremock", "order": [], "arms": arms });
    serde_json::from_value(json!({
        "schema": 1, "id": "A", "started": "2026-11-23T04:31:11Z", "invocation": "a test", "variables": {},
        "source": { "rustc": "rustc 1.95.0\nhost: x", "crates": {} },
        "machine": { "system": "linux", "architecture": "x86_64", "cores": 2 },
        "questions": [{ "name": "server_delay", "started": "2026-11-23T04:31:11Z", "took_ns": 1, "on_the_clock_ns": 1,
            "seed": 7, "before": environment, "after": environment, "scenarios": [measured] }],
    }))
    .unwrap()
}

fn around(time: f64) -> Vec<f64> {
    (0..20).map(|round| time * (1.0 + 0.001 * f64::from(round * 7 % 5))).collect()
}

#[test]
fn recorded_runs_are_compared_by_their_distance_to_their_own_floors() {
    let found = arms(&run(&around(6.0)), &run(&around(6.6)), 0.03);
    let [found] = found.as_slice() else { panic!("{found:?}") };
    let (low, high) = found.ratio.unwrap().interval.unwrap();
    assert!(low < 1.1 && 1.1 < high && found.verdict == Verdict::Regressed, "{found:?}");
    assert_eq!((found.scenario.as_str(), found.label.as_str()), ("server_delay 5", "hyper"));
    assert_eq!(arms(&run(&around(6.0)), &run(&around(6.0)), 0.03)[0].verdict, Verdict::Equivalent);
    assert_eq!(arms(&run(&around(6.0)), &run(&[6.0, 6.1]), 0.03)[0].verdict, Verdict::Inconclusive);
}

#[test]
fn what_a_model_shows_against_itself_in_either_run_is_believed_of_no_other() {
    let (sound, odd) = (run_with(&around(6.0), Some(1.0)), run_with(&around(6.0), Some(0.8)));
    let slower = |again| run_with(&around(6.0 * 1.15), Some(again));
    for (a, b) in [(&odd, slower(1.0)), (&sound, slower(0.8)), (&sound, slower(1.25))] {
        let found = &arms(a, &b, 0.03)[0];
        assert!((found.threshold - 0.25).abs() < 0.01 && found.verdict == Verdict::Equivalent, "{found:?}");
    }
    let found = &arms(&sound, &slower(1.0), 0.03)[0];
    assert!(found.threshold == 0.03 && found.verdict == Verdict::Regressed, "{found:?}");
}

#[test]
fn what_failed_in_either_run_is_no_witness() {
    let failed = |label: &str, role: &str| {
        let mut run = run_with(&around(6.0), Some(0.8));
        let arms = &mut run.questions[0].scenarios[0].arms;
        let arm = arms.iter_mut().find(|arm| arm.label == label).unwrap();
        arm.failure = Some(format!("this {role} failed"));
        run
    };
    let slower = run(&around(7.0));
    for run in [failed("floor", "floor"), failed("hyper", "model")] {
        for found in [&arms(&run, &slower, 0.03)[0], &arms(&slower, &run, 0.03)[0]] {
            assert!(found.ratio.is_none() && found.verdict == Verdict::Inconclusive, "{found:?}");
        }
    }
    assert_eq!(arms(&failed("hyper-again", "again"), &slower, 0.03)[0].verdict, Verdict::Regressed);
}

/// Makes a run of 300 arms at 6 ms, ten in each scenario. A process is off by a little for its life, and a round by a
/// little more. The last arm takes `last` times as long.
fn crowd(rng: &mut Rng, rounds: usize, last: f64) -> Run {
    let mut arm = |i: usize| {
        let own = 6.0 * if i == 300 { last } else { 1.0 } * (1.0 + noise(rng, 0.005));
        let times: Vec<f64> = (0..rounds).map(|_| own * (1.0 + noise(rng, 0.02))).collect();
        let mut arm = run(&times).questions[0].scenarios[0].arms.remove(1);
        arm.label = format!("model-{i}");
        arm
    };
    let mut all = run(&vec![6.0; rounds]);
    let mut usual = all.questions[0].scenarios.remove(0);
    usual.arms.truncate(1);
    for parameter in 0..30 {
        let mut scenario = usual.clone();
        scenario.scenario.parameter = parameter.to_string();
        scenario.arms.extend((1..=10).map(|i| arm(10 * parameter + i)));
        all.questions[0].scenarios.push(scenario);
    }
    all
}

#[test]
fn among_many_arms_chance_is_not_called_a_regression_and_a_regression_is_and_comes_first() {
    let mut rng = Rng::with_seed(5);
    let (mut alone, mut wrong) = (0, 0);
    for _ in 0..20 {
        let found = arms(&crowd(&mut rng, 20, 1.0), &crowd(&mut rng, 20, 1.0), 0.001);
        alone += usize::from(found.iter().any(|found| found.alone == Verdict::Regressed));
        wrong += usize::from(found.iter().any(|found| found.verdict == Verdict::Regressed));
    }
    // If each arm is judged by its own interval, some of the 300 arms of two sound runs seem slower more often than
    // not.
    assert!(alone > 10 && wrong <= 1, "{alone} {wrong}");

    let found = arms(&crowd(&mut rng, 20, 1.0), &crowd(&mut rng, 20, 1.2), 0.03);
    let regressed: Vec<&str> =
        found.iter().filter(|found| found.verdict == Verdict::Regressed).map(|found| found.label.as_str()).collect();
    assert_eq!((found.len(), regressed), (300, vec!["model-300"]));
    assert!(recorded_line(&found[0]).starts_with("model-300 server_delay 29: REGRESSED"));
    assert!(recorded_conclusion(&found).starts_with("1 REGRESSED, "), "{}", recorded_conclusion(&found));
}

#[test]
fn where_the_rounds_are_too_few_for_so_many_arms_nothing_is_called_slower_and_it_says_so() {
    let mut rng = Rng::with_seed(6);
    assert_eq!((rounds_needed(1), rounds_needed(300)), (7, 15));
    for (rounds, told) in [(14, false), (15, true)] {
        let found = arms(&crowd(&mut rng, rounds, 1.0), &crowd(&mut rng, rounds, 2.0), 0.03);
        let slower = found.iter().find(|found| found.label == "model-300").unwrap();
        assert!(slower.alone == Verdict::Regressed && slower.rounds_enough == told, "{slower:?}");
        assert_eq!(slower.verdict == Verdict::Regressed, told, "{rounds}");
        let said = "300 have fewer than the 15 rounds that are needed to find a difference among 300";
        assert_eq!(recorded_conclusion(&found).contains(said), !told, "{}", recorded_conclusion(&found));
        assert_eq!(recorded_line(slower).contains("different alone, but not among all"), !told);
    }
}

#[test]
fn runs_that_differ_in_more_than_the_code_are_told_apart_by_name() {
    let (a, mut b) = (run(&around(6.0)), run(&around(6.0)));
    assert_eq!(differences(&a, &b), [""; 0]);
    b.machine.cores = Some(64);
    b.source.rustc = Some("rustc 1.96.0".into());
    b.questions[0].scenarios[0].scenario.requests = 7;
    let found = differences(&a, &b);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].starts_with("machine: ") && found[1] == "toolchain: rustc 1.95.0 and rustc 1.96.0", "{found:?}");
    assert_eq!(found[2], "scenarios: server_delay 5 (100 requests and 7 requests)");
    assert!(arms(&a, &b, 0.03).is_empty());
}

#[test]
fn networks_with_another_carrier_or_another_congestion_control_are_not_comparable() {
    let with = |carrier, congestion: &str| {
        let mut run = run(&around(6.0));
        run.questions[0].scenarios[0].transport = Some(Transport { carrier, congestion: Some(congestion.into()) });
        run
    };
    let usual = with(Carrier::Relay, "cubic");
    assert_eq!(differences(&usual, &with(Carrier::Relay, "cubic")), [""; 0]);
    let words = |by: &str, congestion: &str| format!("carried by {by} with the congestion control {congestion}");
    for (other, by, congestion) in
        [(with(Carrier::Netem, "cubic"), "netem", "cubic"), (with(Carrier::Relay, "bbr"), "the relay", "bbr")]
    {
        let [a, b] = [words("the relay", "cubic"), words(by, congestion)];
        assert_eq!(differences(&usual, &other), [format!("scenarios: server_delay 5 ({a} and {b})")]);
        assert!(arms(&usual, &other, 0.03).is_empty());
    }
}

#[test]
fn a_model_with_another_number_of_workers_elsewhere_is_not_compared_and_both_are_named() {
    let with = |workers| {
        let mut run = run(&around(6.0));
        run.questions[0].scenarios[0].arms[1].workers = workers;
        run
    };
    let (four, one) = (with(Some(4)), with(Some(1)));
    assert_eq!((arms(&four, &with(Some(4)), 0.03).len(), arms(&four, &one, 0.03).len()), (1, 0));
    let label = &four.questions[0].scenarios[0].arms[1].label;
    let only = |side: &str, workers: &str| format!("models: only {side} has {label} with {workers}");
    assert_eq!(notes(&four, &one), [only("A", "4 workers"), only("B", "1 worker")]);
    assert_eq!(differences(&four, &one), [""; 0]);
}

#[test]
fn what_only_one_run_has_is_named_and_a_debug_build_is_another() {
    let (mut a, mut b) = (run(&around(6.0)), run(&around(6.0)));
    b.source.debug = Some(false);
    assert_eq!(differences(&a, &b), [""; 0], "a run of before it was asked");
    b.source.debug = Some(true);
    assert_eq!(differences(&a, &b), ["build: optimised and debug"]);
    b.source.debug = None;

    let usual = a.questions[0].scenarios[0].clone();
    let called = |parameter: u32| {
        let mut other = usual.clone();
        other.scenario.parameter = parameter.to_string();
        other
    };
    a.questions[0].scenarios.extend((10..15).map(called));
    b.questions[0].scenarios.push(called(20));
    let all = [
        "scenarios: only A has server_delay 10, server_delay 11, server_delay 12 and 2 more",
        "scenarios: only B has server_delay 20",
    ];
    assert_eq!(differences(&a, &b), all);
    assert_eq!(arms(&a, &b, 0.03).len(), 1, "what is common");
    b.questions[0].scenarios.extend((10..15).map(called));
    b.questions[0].scenarios[0].server = "hyper".into();
    b.questions[0].scenarios[0].scenario.delay_ns = Some(20_000_000);
    let differing = "scenarios: server_delay 5 (delay 5 ms and delay 20 ms; server wiremock and server hyper)";
    assert_eq!(differences(&a, &b), [differing, all[1]]);

    assert_eq!(notes(&a, &b), [""; 0]);
    a.questions[0].scenarios[1].arms[1].label = "rayon".into();
    assert_eq!(notes(&a, &b), ["models: only A has rayon", "models: only B has hyper in server_delay 10"]);

    a.questions[0].scenarios[0].planned = Some(1_000);
    let [partial, _, _] = &notes(&a, &b)[..] else { panic!("{:?}", notes(&a, &b)) };
    assert!(partial.starts_with("A is a partial run: ") && partial.contains("of 1000 rounds"), "{partial}");
    assert_eq!(differences(&a, &b), [differing, all[1]], "a model that is missing is no reason");
}
