//! What makes a scenario another one though it is called the same: a profile, a bench or a variable may have changed
//! it.

use fanout_record::run::{Scenario, Start};

/// All that a model was asked to do in a scenario, and whether the processors were kept awake: a word or two of each,
/// always as many and in one order, so that those of two scenarios can be compared one by one. Numbers are exact.
#[must_use]
pub fn conditions(scenario: &Scenario, awake: bool) -> Vec<String> {
    let Scenario { parameter: _, requests, delay_ns, protocol, tls, start } = scenario;
    let delay = delay_ns.map_or("delay unknown".into(), |ns| format!("delay {} ms", ns as f64 / 1e6));
    let start = match start {
        Start::Cold => "cold",
        Start::Warm => "warm",
    };
    vec![
        format!("{requests} requests"),
        delay,
        protocol.map_or("each model's own protocol".into(), |protocol| protocol.to_string()),
        if *tls { "TLS" } else { "no TLS" }.into(),
        start.into(),
        if awake { "processors awake" } else { "processors may sleep" }.into(),
    ]
}

/// Those of `one` in which any of `all` is different.
pub(super) fn apart(one: &[String], all: &[&[String]]) -> Vec<String> {
    let differs = |(i, said): &(usize, &String)| all.iter().any(|other| other.get(*i) != Some(*said));
    one.iter().enumerate().filter(differs).map(|(_, said)| said.clone()).collect()
}
