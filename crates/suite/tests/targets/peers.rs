//! Peers beside the models: only where `FANOUT_PEERS` asks for them, with a role of their own, and skipped with the
//! reason where a language is missing.

use fanout_model::Model;
use fanout_needs::skip;
use fanout_peers::{Language, check, peers_in};
use fanout_record::run::{Arm, Role};

use crate::fixture::{Bench, labels};

/// By name.
pub(crate) const TESTS: &[(&str, fn())] = &[
    ("peers_are_measured_only_if_they_are_asked_for", unasked),
    ("a_language_that_is_missing_is_skipped_with_the_reason_unless_it_is_required", missing),
    ("a_peer_is_marked_and_has_a_role_of_its_own_and_one_without_a_limit_has_no_place_at_equal_concurrency", marked),
];

fn peers(bench: &Bench) -> Vec<Arm> {
    let arms = bench.last_run().questions.into_iter().flat_map(|it| it.scenarios).flat_map(|it| it.arms);
    arms.filter(|arm| arm.role == Role::Peer).collect()
}

const MODELS: (&str, &str) = ("FANOUT_MODELS", "tokio-current-thread");

fn unasked() {
    let bench = Bench::new("peers");
    let ended = bench.run(&["--bench", "--noplot"], &[MODELS, ("FANOUT_PEERS", "")]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(peers(&bench).is_empty(), "{:?}", labels(&peers(&bench)));
}

fn missing() {
    let bench = Bench::new("peers");
    let asked = [MODELS, ("FANOUT_PEERS", "node"), ("FANOUT_NODE", "/no/such/node"), ("FANOUT_REQUIRE", "")];
    let ended = bench.run(&["--bench", "--noplot"], &asked);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.err.contains("skipped: node: /no/such/node: "), "{}", ended.err);
    assert!(ended.err.contains("apt-get install nodejs"), "{}", ended.err);
    assert!(peers(&bench).is_empty());
    let required = [MODELS, asked[1], asked[2], ("FANOUT_REQUIRE", "node")];
    let ended = bench.run(&["--bench", "--noplot"], &required);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    let ended = bench.run(&["--bench", "--noplot"], &[MODELS, ("FANOUT_PEERS", "python,ruby")]);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    assert!(ended.err.contains("FANOUT_PEERS=python,ruby: there are no peers in `ruby`"), "{}", ended.err);
}

fn marked() {
    if let Err(why) = check(Language::Node) {
        return skip("node", &why).unwrap();
    }
    let bench = Bench::new("peers");
    let asked = [MODELS, ("FANOUT_PEERS", "node"), ("FANOUT_ROUNDS", "10")];
    let ended = bench.run(&["--bench", "--noplot"], &asked);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let label = peers_in(Language::Node).find(|peer| peer.id() == "node-limit").unwrap().label().unwrap();
    assert!(label.starts_with("node-limit (peer, "), "{label}");
    let measured = peers(&bench);
    // The question has two scenarios, in both of which four may be in flight.
    assert_eq!(labels(&measured), [label.as_str(), label.as_str()]);
    for arm in &measured {
        assert_eq!((arm.model.as_str(), arm.concurrency), ("node-limit", 4));
        assert_eq!((arm.samples.len(), &arm.failure, &arm.twin), (10, &None, &None));
        assert!(arm.samples.iter().all(|sample| !sample.usage.cpu().is_zero()), "{arm:?}");
    }
    assert!(bench.last_run().models["node-limit"].contains("a peer, not a model: Node "));
    assert!(bench.tables().contains(&label), "{}", bench.tables());
}
