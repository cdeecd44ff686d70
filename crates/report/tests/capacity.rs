//! What is said of runs that vary the number in flight: where more of them stop helping, and what it costs.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use fanout_analysis::capacity::{curves, most};
use fanout_analysis::compared::{Compared, questions};
use fanout_record::Run;
use fanout_report::{capacity, summary, text};
use serde_json::{Value, json};

/// An arm that takes this long for a hundred requests, with this many in flight, and whose requests wait as long.
fn arm(label: &str, in_flight: usize, ms: f64, latency_ms: f64, refused: u64) -> Value {
    let sample = |round: usize| {
        let ns = (ms * 1e6 * (1.0 + 0.001 * (round % 3) as f64)) as u64;
        json!({
            "round": round, "process": round, "wall_ns": 2 * ns, "share": 2.0, "user_ns": ns / 10, "system_ns": 0,
            "voluntary_switches": 3, "involuntary_switches": 1, "peak_memory": 6_000_000, "threads": 2,
            "peak_in_flight": in_flight, "connections": in_flight, "refused": refused,
        })
    };
    json!({
        "label": label, "model": label.split('@').next().unwrap(), "role": "model", "concurrency": in_flight,
        "samples": (0..10).map(sample).collect::<Vec<_>>(),
        "latencies": { "counts": [[(latency_ms * 1e6) as u64, 100]] }, "failure": null,
    })
}

fn run(limits: &Value, arms: &[Value]) -> Run {
    let environment = json!({ "load": 0.5, "steal_ticks": 1, "pressure": 1.5 });
    serde_json::from_value(json!({
        "schema": 3, "id": "01M83ARPHYSBBJVA28E97EQHH1", "started": "2026-11-23T04:31:11Z", "invocation": "a test",
        "source": { "commit": "fcfd28df498b54dace0e403c6ed0ccfcc3b77ce0", "dirty": false, "crates": {} },
        "machine": { "system": "linux", "architecture": "x86_64", "cores": 2 },
        "variables": {}, "questions": [{
            "name": "capacity", "about": "A question.", "started": "2026-11-23T04:31:11Z", "took_ns": 1,
            "on_the_clock_ns": 1, "seed": 7, "before": environment, "after": environment,
            "scenarios": [{
                "scenario": {
                    "parameter": "20", "requests": 100, "delay_ns": 5_000_000, "protocol": null, "start": "warm",
                    "limits": limits, "retries": 10,
                },
                "server": "hyper", "planned": 10, "arms": arms,
                "order": vec![(0..arms.len()).collect::<Vec<usize>>(); 10],
            }],
        }],
    }))
    .unwrap()
}

fn with<T>(run: &Run, look: impl FnOnce(&Compared<'_>) -> T) -> T {
    look(&questions(run)[0].scenarios[0])
}

/// A server that serves 20 at once, 5 ms each: 100 requests take 25 ms from 20 in flight on.
fn of_20() -> Run {
    run(
        &json!({ "capacity": 20 }),
        &[
            arm("loop@1", 1, 500.0, 5.0, 0),
            arm("loop@20", 20, 25.5, 5.2, 0),
            arm("loop@100", 100, 25.0, 25.0, 0),
            arm("loop@1000", 1_000, 25.2, 250.0, 0),
            arm("finds", 1_000, 26.0, 6.0, 0),
        ],
    )
}

#[test]
fn the_knee_is_the_smallest_number_that_is_as_good_as_the_best_and_batches_count_by_their_share() {
    with(&of_20(), |compared| {
        let curves = curves(compared);
        assert_eq!(curves.len(), 1);
        let curve = &curves[0];
        assert_eq!(curve.steps.iter().map(|step| step.in_flight).collect::<Vec<_>>(), [1, 20, 100, 1_000]);
        assert_eq!((curve.at_the_knee().in_flight, curve.best().in_flight, curve.knee.is_known), (20, 100, true));
        // 100 requests in 25 ms, although a batch has twice as many in 50 ms.
        assert!((curve.best().rate - 4_000.0).abs() < 20.0, "{}", curve.best().rate);
        assert_eq!(most(compared), Some(4_000.0));
        assert_eq!(curve.adaptive.iter().map(|adaptive| adaptive.model).collect::<Vec<_>>(), ["finds"]);
    });
}

#[test]
fn the_sentences_say_the_number_what_more_costs_and_who_finds_it() {
    let said = with(&of_20(), capacity::sentences).join(" ");
    assert!(said.starts_with("Keep 20 requests in flight: with loop, 20 reach 98"), "{said}");
    assert!(said.contains("With 1000 in flight, the answers come no faster: half of them take 25"), "{said}");
    assert!(said.contains("finds, which is not told a number, takes 1.04"), "{said}");
    assert!(
        said.contains(
            "The server allows 20 at once, and takes 5 ms for each, so that it gives at most 4000 a second"
        ),
        "{said}"
    );
    let (page, terminal) = (text::of_run(&of_20()), summary::of(&of_20(), |_| None, 100));
    assert!(page.contains("Keep 20 requests in flight") && !page.contains("floor:"), "{page}");
    assert!(terminal.contains("20 in flight for a server that allows 20 at once"), "{terminal}");
}

#[test]
fn the_longest_queue_is_said_where_more_in_flight_only_wait() {
    let mut run = of_20();
    assert!(!with(&run, capacity::sentences).join(" ").contains("queue"), "a run of before it was recorded");
    for arm in &mut run.questions[0].scenarios[0].arms {
        let waiting = arm.concurrency.saturating_sub(20) as u64;
        for counted in arm.samples.iter_mut().filter_map(|sample| sample.server.as_mut()) {
            (counted.queued, counted.longest_queue) = (150, waiting);
        }
    }
    let said = with(&run, capacity::sentences).join(" ");
    assert!(said.contains(", and the server's queue grows to 980 requests, in place of 0."), "{said}");
    assert!(text::of_run(&run).contains("queue grows to 980 requests"));
}

#[test]
fn refusals_are_said_and_a_number_that_still_helps_at_the_end_is_no_knee() {
    let refusing = run(
        &json!({ "rate": [500, 50] }),
        &[arm("loop@2", 2, 200.0, 5.0, 0), arm("loop@1000", 1_000, 400.0, 900.0, 600)],
    );
    let said = with(&refusing, capacity::sentences).join(" ");
    assert!(said.contains("Keep 2 requests in flight") && said.contains("give the most of all numbers"), "{said}");
    assert!(said.contains("the server refuses 75 % of the requests that are sent"), "{said}");
    assert!(said.contains("The server allows 500 a second, 50 of them at one moment after a pause."), "{said}");
    let growing =
        run(&json!({ "capacity": 100 }), &[arm("loop@1", 1, 500.0, 5.0, 0), arm("loop@5", 5, 100.0, 5.0, 0)]);
    let said = with(&growing, capacity::sentences).join(" ");
    assert!(said.contains("each step in flight brought more, up to 5 in flight"), "{said}");
    let ordinary = run(&Value::from(serde_json::Map::new()), &[arm("loop", 20, 25.0, 5.0, 0)]);
    assert!(with(&ordinary, capacity::sentences).is_empty());
}
