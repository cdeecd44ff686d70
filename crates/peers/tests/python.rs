//! The Python peers do the same work as the models: the properties that matter for a fair comparison.

use fanout_conformance::properties;
use fanout_peers::{NOTEBOOK, Python, skip};

#[test]
fn the_notebooks_systems_do_the_same_work() {
    let interpreter = std::env::var("FANOUT_PYTHON").unwrap_or_else(|_| "python3".into());
    if let Err(why) = Python::check(&interpreter) {
        return skip("python", &why).unwrap();
    }
    let proven = [
        "outcomes_are_in_the_order_of_their_urls",
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
    for peer in &NOTEBOOK {
        for name in proven {
            let property = properties::find(name).unwrap();
            (property.check)(peer).unwrap_or_else(|error| panic!("{peer:?}, {name}: {error:#}"));
        }
    }
}
