//! Checks a batch off the clock. No number comes from a run whose answers were not checked.

use std::collections::HashSet;

use fanout_model::Outcome;
use mock_server::Stats;

/// The conditions that a batch must meet.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// The number of requests.
    pub requests: usize,
    /// The most requests in flight.
    pub limit: usize,
}

/// Checks one batch. Each request must have a good answer, and no UUID may appear twice. If the server's counts are
/// given as `counted`, there must be as many arrivals as requests were sent, and never more requests in flight than
/// allowed. If the mock server has no delay, it cannot see more than one request in flight, and only the conformance
/// tests prove that the limit is kept.
///
/// # Errors
/// If the batch does not meet a condition. The error says in one line what is wrong.
pub fn batch(expected: Expected, outcomes: &[Outcome], counted: Option<Stats>) -> Result<(), String> {
    let Expected { requests, limit } = expected;
    if outcomes.len() != requests {
        return Err(format!("{} outcomes for {requests} requests", outcomes.len()));
    }
    let failed: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err()).collect();
    if let Some(first) = failed.first() {
        return Err(format!("{} of {requests} requests failed, the first with: {first}", failed.len()));
    }
    let uuids = || outcomes.iter().filter_map(|outcome| outcome.result.as_ref().ok()?.uuid());
    let repeated = uuids().count() - uuids().collect::<HashSet<_>>().len();
    if repeated > 0 {
        return Err(format!("{repeated} UUIDs were repeated"));
    }
    if let Some(counted) = counted {
        let again: u64 = outcomes.iter().map(|outcome| u64::from(outcome.again)).sum();
        // An attempt that found no connection was sent again, and did not arrive.
        if !(requests as u64..=requests as u64 + again).contains(&counted.arrivals) {
            let sent_again = if again > 0 { format!(", of which {again} were sent again") } else { String::new() };
            return Err(format!("the server saw {} arrivals for {requests} requests{sent_again}", counted.arrivals));
        }
        if counted.peak_in_flight > limit as u64 {
            return Err(format!("{} requests were in flight at once, {limit} were allowed", counted.peak_in_flight));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fanout_model::{Found, RequestError, Uuid};

    use super::*;

    fn outcome(result: Result<u128, RequestError>) -> Outcome {
        let at = Duration::ZERO;
        let result = result.map(|n| Found::Uuid(Uuid::from_u128(n)));
        Outcome { lane: 0, started: at, finished: at, result, again: 0 }
    }

    #[test]
    fn each_way_of_not_doing_the_work_is_named() {
        let expected = Expected { requests: 3, limit: 2 };
        let good = [outcome(Ok(1)), outcome(Ok(2)), outcome(Ok(3))];
        let counted = Stats { arrivals: 3, peak_in_flight: 2, connections: 2, ..Stats::default() };
        let says = |outcomes: &[Outcome], counted| batch(expected, outcomes, counted).err().unwrap_or_default();
        assert_eq!(says(&good, None), "");
        assert_eq!(says(&good, Some(counted)), "");
        assert!(says(&good[..2], None).contains("2 outcomes for 3"));
        let failed = [outcome(Ok(1)), outcome(Err(RequestError::Status(500))), outcome(Err(RequestError::Timeout))];
        assert!(says(&failed, None).contains("2 of 3 requests failed, the first with: status 500"));
        assert!(says(&[outcome(Ok(1)), outcome(Ok(1)), outcome(Ok(2))], None).contains("1 UUIDs were repeated"));
        assert!(says(&good, Some(Stats { arrivals: 4, ..counted })).contains("4 arrivals for 3"));
        let sent_again = [outcome(Ok(1)), Outcome { again: 1, ..outcome(Ok(2)) }, outcome(Ok(3))];
        assert_eq!(says(&sent_again, Some(Stats { arrivals: 4, ..counted })), "");
        let too_many = Some(Stats { arrivals: 5, ..counted });
        assert!(says(&sent_again, too_many).contains("5 arrivals for 3 requests, of which 1 were sent again"));
        assert!(says(&good, Some(Stats { peak_in_flight: 3, ..counted })).contains("3 requests were in flight"));
    }
}
