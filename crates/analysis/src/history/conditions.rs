//! Lists the conditions of a scenario. Scenarios of the same name can be different ones, because a profile, a bench
//! or a variable may have changed their conditions.

use fanout_model::answer;
use fanout_record::run::{Asked, Carrier, Exchange, Scenario, ScenarioRun, Start, Transport};

/// Returns everything that a model was asked to do in a scenario, how a network that was made for it carried what
/// was sent, and whether the processors were kept awake. Each condition has a few words. Their number and order are
/// always the same, so that the conditions of two scenarios can be compared one by one. Numbers are exact.
#[must_use]
pub fn conditions(measured: &ScenarioRun, awake: bool) -> Vec<String> {
    let scenario = &measured.scenario;
    let Scenario { requests, delay_ns, protocol, tls, start, exchange, work, asked, .. } = scenario;
    let delay = delay_ns.map_or("delay unknown".into(), |ns| format!("delay {} ms", ns as f64 / 1e6));
    let start = match start {
        Start::Cold => "cold",
        Start::Warm => "warm",
    };
    let exchange = match exchange {
        Exchange::Uuid => "a UUID each".into(),
        Exchange::Download { bytes, kept: false } => format!("{bytes} bytes to hash"),
        Exchange::Download { bytes, kept: true } => format!("{bytes} bytes to hold in memory"),
        Exchange::Upload { bytes } => format!("{bytes} bytes to send"),
        Exchange::Own => format!("the user's own requests: {}", described(asked)),
    };
    vec![
        format!("{requests} requests"),
        delay,
        protocol.map_or("each model's own protocol".into(), |protocol| protocol.to_string()),
        if *tls { "TLS" } else { "no TLS" }.into(),
        start.into(),
        exchange,
        work.map_or("no work".into(), |work| format!("{} ms of work", work.ns as f64 / 1e6)),
        format!("the server allows {}", scenario.limits),
        format!("{} retries", scenario.retries),
        scenario.network.map_or("no network made".into(), |network| {
            let (away, loss) = (network.round_trip_ns as f64 / 1e6, 100.0 * network.loss);
            format!("{away} ms away, {loss} % lost with seed {}", network.seed)
        }),
        transport(measured.transport.as_ref()),
        if awake { "processors awake" } else { "processors may sleep" }.into(),
    ]
}

/// Returns how a network carried what was sent, in a few words.
fn transport(transport: Option<&Transport>) -> String {
    let Some(Transport { carrier, congestion }) = transport else { return "no carrier known".into() };
    let carrier = match carrier {
        Carrier::Netem => "netem",
        Carrier::Relay => "the relay",
    };
    format!("carried by {carrier} with the congestion control {}", congestion.as_deref().unwrap_or("unknown"))
}

/// Returns the number of the different requests, and a digest of all that is recorded of them.
fn described(asked: &[Asked]) -> String {
    // It has nothing that cannot become JSON.
    let json = serde_json::to_vec(asked).unwrap_or_default();
    format!("{} of them, {:016x}", asked.len(), answer::hash(&json))
}

/// Returns the conditions of `one` from which any of `all` differs.
pub(super) fn apart(one: &[String], all: &[&[String]]) -> Vec<String> {
    let differs = |(i, said): &(usize, &String)| all.iter().any(|other| other.get(*i) != Some(*said));
    one.iter().enumerate().filter(differs).map(|(_, said)| said.clone()).collect()
}
