//! The peers do the same work as the models: the properties that matter for a fair comparison, and what a harness
//! relies on. A property that is left out is about what no peer does: TLS, HTTP/2, uploads, retries, and servers that
//! break HTTP in ways that each library has its own words for.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod worker;

use std::process::ExitCode;
use std::time::Duration;

use fanout_conformance::{properties, trial};
use fanout_model::Model;
use fanout_needs::skip;
use fanout_peers::{Language, PEERS, Peer, check, peers_in};
use libtest_mimic::{Arguments, Trial, run};

/// When a trial counts as hanging. A deadline, not a measurement.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What every peer must prove.
const PROVEN: [&str; 19] = [
    "outcomes_are_in_the_order_of_their_requests",
    "uuids_are_valid_and_distinct",
    "the_server_sees_each_request_once",
    "no_requests_make_no_outcomes",
    "fewer_requests_than_the_limit_all_run",
    "a_second_run_is_as_good_as_the_first",
    "a_connection_that_the_server_closes_is_not_used_again",
    "a_connection_per_request_is_one_per_request",
    "http_2_shares_connections",
    "status_500_is_that_requests_outcome",
    "a_redirect_is_not_followed",
    "text_is_that_requests_outcome",
    "json_without_uuid_is_that_requests_outcome",
    "an_array_is_no_object_with_a_uuid",
    "a_bad_uuid_is_that_requests_outcome",
    "a_cut_body_is_that_requests_outcome",
    "a_hanging_server_is_a_timeout",
    "a_refused_connection_is_that_requests_outcome",
    "nothing_is_left_after_drop",
];

/// What a peer must prove that keeps a limit.
const WITH_A_LIMIT: [&str; 2] = ["the_limit_is_reached_and_never_exceeded", "keep_alive_reuses_connections"];

/// A test of a peer. It panics if the peer fails.
type Test = fn(&'static Peer);

/// Tests that are not about a model's outcomes: what a harness relies on.
const RELIED_ON: [(&str, Test); 4] = [
    ("a_killed_worker_gives_an_outcome_for_each_request", worker::killed),
    ("it_ends_with_its_standard_input_also_in_mid_request", worker::ends_with_its_input),
    ("it_measures_warm_and_cold_and_counts_all_of_its_processor_time", worker::measures),
    ("it_refuses_what_it_cannot_do", worker::refuses),
];

fn main() -> ExitCode {
    trial::enter(&PEERS.map(|peer| peer as &dyn Model));
    let mut trials = Vec::new();
    for language in Language::ALL {
        let skipped = check(language).err().map(|why| skip(language.word(), &why));
        if let Some(Err(required)) = skipped {
            eprintln!("{required}");
            return ExitCode::FAILURE;
        }
        for peer in peers_in(language) {
            // A language may be there, and not the build of it that this peer needs.
            let lacks = if skipped.is_some() { None } else { peer.label().err().map(|why| skip(peer.id(), &why)) };
            if let Some(Err(required)) = lacks {
                eprintln!("{required}");
                return ExitCode::FAILURE;
            }
            let is_ignored = skipped.is_some() || lacks.is_some();
            trials.extend(of(peer).into_iter().map(|trial| trial.with_ignored_flag(is_ignored)));
        }
    }
    run(&Arguments::from_args(), trials).exit_code()
}

fn of(peer: &'static Peer) -> Vec<Trial> {
    // The notebook's pool sends its session with each request, without its connections.
    let keeps_connections = peer.id() != "python-process-pool";
    let applies = move |name: &&&str| keeps_connections || **name != "keep_alive_reuses_connections";
    let limited = WITH_A_LIMIT.iter().filter(|_| peer.keeps_a_limit()).filter(applies);
    let proven = PROVEN.iter().chain(limited).map(|name| {
        let prove = move || {
            let property = properties::find(name).ok_or("no such property")?;
            Ok(trial::run(peer, property, TIMEOUT)?)
        };
        Trial::test(format!("{}::{name}", peer.id()), prove)
    });
    let relied_on = RELIED_ON.iter().map(|(name, test)| {
        let prove = move || {
            test(peer);
            Ok(())
        };
        Trial::test(format!("{}::{name}", peer.id()), prove)
    });
    let of_the_pool = (peer.id() == "python-process-pool").then(|| {
        let prove = move || {
            worker::a_child_without_its_parent_ends(peer);
            Ok(())
        };
        Trial::test(format!("{}::a_child_without_its_parent_ends", peer.id()), prove)
    });
    proven.chain(relied_on).chain(of_the_pool).collect()
}
