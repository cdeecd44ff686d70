//! The Python peers do the same work as the models: the properties that matter for a fair comparison.

use std::process::ExitCode;
use std::time::Duration;

use fanout_conformance::{properties, trial};
use fanout_model::Model;
use fanout_needs::skip;
use fanout_peers::{NOTEBOOK, Python};
use libtest_mimic::{Arguments, Trial, run};

/// When a trial counts as hanging. A deadline, not a measurement.
const TIMEOUT: Duration = Duration::from_secs(60);

const PROVEN: [&str; 10] = [
    "outcomes_are_in_the_order_of_their_requests",
    "uuids_are_valid_and_distinct",
    "the_server_sees_each_request_once",
    "no_requests_make_no_outcomes",
    "fewer_requests_than_the_limit_all_run",
    "a_second_run_is_as_good_as_the_first",
    "the_limit_is_reached_and_never_exceeded",
    "status_500_is_that_requests_outcome",
    "json_without_uuid_is_that_requests_outcome",
    "a_hanging_server_is_a_timeout",
];

fn main() -> ExitCode {
    trial::enter(&NOTEBOOK.iter().map(|peer| peer as &dyn Model).collect::<Vec<_>>());
    let skipped = Python::check().err().map(|why| skip("python", &why));
    let mut trials = Vec::new();
    for peer in &NOTEBOOK {
        for name in PROVEN {
            let check = move || {
                let property = properties::find(name).ok_or("no such property")?;
                Ok(trial::run(peer, property, TIMEOUT)?)
            };
            trials.push(Trial::test(format!("{}::{name}", peer.id()), check).with_ignored_flag(skipped.is_some()));
        }
    }
    if let Some(Err(required)) = skipped {
        eprintln!("{required}");
        return ExitCode::FAILURE;
    }
    run(&Arguments::from_args(), trials).exit_code()
}
