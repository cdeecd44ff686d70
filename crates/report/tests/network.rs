//! What a run says of distance and loss: from which round trip on a way to the server pays.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod runs;

use fanout_analysis::compared::questions;
use fanout_models::describe;
use fanout_record::Run;
use fanout_record::run::{Arm, Carrier, Exchange, Network, Question, Role, ScenarioRun, Transport};
use fanout_report::page::{Links, of};
use fanout_report::{network, text};

/// How many times as long each way takes, at each round trip in milliseconds.
type Took = [(u64, [(&'static str, f64); 3]); 3];

/// A question that made networks, and lost this share of the packets.
fn with_networks(took: Took, loss: f64) -> Run {
    let mut run = runs::real();
    let known = run.questions.iter().find(|question| question.name == "server_delay").unwrap();
    let measured = known.scenarios.iter().find(|it| it.scenario.parameter == "5").unwrap();
    let scenarios = took.map(|(milliseconds, ways)| scenario(measured, milliseconds, &ways, loss)).to_vec();
    run.questions = vec![Question { name: "network".into(), scenarios, ..known.clone() }];
    run
}

fn scenario(measured: &ScenarioRun, milliseconds: u64, ways: &[(&str, f64)], loss: f64) -> ScenarioRun {
    let mut scenario = measured.clone();
    scenario.scenario.parameter = format!("{milliseconds}ms");
    scenario.scenario.delay_ns = Some(0);
    scenario.scenario.exchange = Exchange::Download { bytes: 1_000, kept: true };
    scenario.scenario.network = Some(Network { round_trip_ns: milliseconds * 1_000_000, loss, seed: 1 });
    let model = scenario.arms.iter().find(|arm| arm.label == "tokio-current-thread").unwrap().clone();
    scenario.arms.retain(|arm| arm.role == Role::Floor);
    for (way, times) in ways {
        let mut arm = Arm { label: format!("tokio-current-thread@{way}"), ..model.clone() };
        arm.samples.iter_mut().for_each(|sample| sample.wall_ns = (sample.wall_ns as f64 * times) as u64);
        scenario.arms.push(arm);
    }
    scenario
}

#[test]
fn a_way_pays_from_the_round_trip_on_from_which_the_other_is_worse() {
    let ways = |new, http2| [("keep-alive", 1.0), ("connection-per-request", new), ("tls-http2", http2)];
    let run = with_networks([(1, ways(1.0, 1.0)), (20, ways(2.0, 1.0)), (100, ways(3.0, 1.0))], 0.0);
    let answered = questions(&run);
    let said = network::sentences(&answered[0]);
    assert_eq!(
        said,
        ["To keep connections open, in place of a new one for each request, pays from 20ms on with answers of 1 KB \
          (the other way: 1ms: no difference, 20ms: 2.000 times as long, 100ms: 3.000 times as long)."]
    );
    assert_eq!(network::in_short(&answered[0]).unwrap(), "to keep connections open pays from 20ms on");
    let page = of(&run, &Links::default(), describe);
    assert!(page.contains("pays from 20ms on with answers of 1 KB"), "the page does not say it");
    // An arm for each way is no curve of numbers in flight.
    assert!(!page.contains("in flight: with tokio-current-thread"), "the ways are taken for numbers in flight");
    let table = text::of_run(&run);
    assert!(table.contains("tokio-current-thread@tls-http2"), "{table}");
}

#[test]
fn a_way_that_costs_or_that_pays_at_some_distances_only_is_told_so() {
    let ways = |new| [("keep-alive", 1.0), ("connection-per-request", new), ("6-connections", 0.5)];
    let run = with_networks([(1, ways(2.0)), (20, ways(1.0)), (100, ways(1.0))], 0.01);
    let said = network::sentences(&questions(&run)[0]);
    assert_eq!(
        said,
        [
            "To keep connections open, in place of a new one for each request, pays at some distances with answers \
             of 1 KB and 1 % of packets lost (the other way: 1ms: 2.000 times as long, 20ms: no \
             difference, 100ms: no difference).",
            "To have 20 connections, in place of 6, costs time at every distance with answers of 1 KB and 1 % of \
             packets lost (the other way: 1ms: 0.500 times as long, 20ms: 0.500 times as long, 100ms: 0.500 times as \
             long).",
        ]
    );
}

#[test]
fn the_page_says_who_carried_the_packets_and_which_congestion_control_tcp_had() {
    let ways = |new| [("keep-alive", 1.0), ("connection-per-request", new), ("6-connections", 0.5)];
    let mut run = with_networks([(1, ways(2.0)), (20, ways(1.0)), (100, ways(1.0))], 0.01);
    let scenarios = &mut run.questions[0].scenarios;
    let by = |carrier, name: &str| Some(Transport { carrier, congestion: Some(name.into()) });
    scenarios.iter_mut().for_each(|scenario| scenario.transport = by(Carrier::Relay, "reno"));
    let told = "In these networks, fanout's relay carried the packets, and TCP had the congestion control reno";
    assert_eq!(network::sentences(&questions(&run)[0]).last().unwrap(), &format!("{told}."));
    let page = of(&run, &Links::default(), describe);
    assert!(page.contains("had the congestion control reno"), "the page does not say it");
    run.questions[0].scenarios[2].transport = Some(Transport { carrier: Carrier::Netem, congestion: None });
    let both = format!("{told}; in others, the kernel's netem carried the packets.");
    assert_eq!(network::sentences(&questions(&run)[0]).last().unwrap(), &both);
}

#[test]
fn a_question_without_networks_says_nothing_of_them() {
    let run = runs::real();
    assert!(questions(&run).iter().all(|answered| network::sentences(answered).is_empty()));
}
