//! One batch in the Trace Event Format, which Chrome's `chrome://tracing` and <https://ui.perfetto.dev> open.
//!
//! Source: "Trace Event Format", Google, 2016. The file has an array of `traceEvents`. Complete events have the phase
//! `X`, with `ts` and `dur` in microseconds. Metadata events have the phase `M`, and name processes and threads. A
//! lane is a thread here.

use fanout_model::Outcome;
use fanout_record::run::Bar;
use serde_json::{Value, json};

/// Returns the events of one batch of a model.
#[must_use]
pub fn chrome(model: &str, outcomes: &[Outcome]) -> Value {
    let mut lanes: Vec<usize> = outcomes.iter().map(|outcome| outcome.lane).collect();
    lanes.sort_unstable();
    lanes.dedup();
    let named = |what: &str, lane: usize, name: String| {
        let args = json!({ "name": name });
        json!({ "ph": "M", "name": what, "pid": 1, "tid": lane, "args": args })
    };
    let mut events = vec![named("process_name", 0, model.into())];
    events.extend(lanes.into_iter().map(|lane| named("thread_name", lane, format!("lane {lane}"))));
    events.extend(outcomes.iter().enumerate().map(|(i, outcome)| event(i, outcome)));
    json!({ "traceEvents": events, "displayTimeUnit": "ms" })
}

fn event(i: usize, outcome: &Outcome) -> Value {
    let Bar(lane, started, finished) = Bar::of(outcome);
    let (category, args) = match &outcome.result {
        Ok(uuid) => ("request", json!({ "uuid": uuid })),
        Err(error) => ("failed", json!({ "error": error.to_string() })),
    };
    json!({
        "ph": "X", "name": format!("request {}", i + 1), "cat": category, "pid": 1, "tid": lane,
        "ts": started as f64 / 1e3, "dur": finished.saturating_sub(started) as f64 / 1e3, "args": args,
    })
}
