//! Checks what a model does with an HTTP/2 stream that the server refuses. The server did not process its request, so
//! that the request may be sent again (RFC 9113, section 8.7).

use std::time::Duration;

use anyhow::{Result, ensure};
use fanout_clients::MOST_TRIES;
use fanout_model::{Model, Outcome, Protocol, RequestError, Settings};

use crate::asked::{LIMIT, expect_numbers, settings};
use crate::server::{Server, State, uuid_of};
use crate::starved::{self, with_time_enough};

/// The number of requests.
const REQUESTS: usize = 12;

/// Each request is refused once, and then processed once. The connection stays in use.
pub(crate) fn once(model: &'static dyn Model) -> Result<()> {
    in_http2(model, |timeout| {
        let (outcomes, seen) = run(model, timeout, |_| "/refused-once")?;
        outcomes.iter().try_for_each(|outcome| starved::unless(&outcome.result, false))?;
        expect_numbers(&outcomes, REQUESTS)?;
        let State { arrivals, refused, .. } = seen;
        ensure!(refused == REQUESTS, "{refused} of {REQUESTS} requests were refused");
        ensure!(arrivals == REQUESTS, "the server processed {arrivals} requests for {REQUESTS}: one was made twice");
        Ok(())
    })
}

/// Every second request is refused each time. It has an outcome in the end, and the others are answered.
pub(crate) fn for_ever(model: &'static dyn Model) -> Result<()> {
    in_http2(model, |timeout| {
        let (outcomes, seen) = run(model, timeout, |i| if is_refused(i) { "/refused" } else { "/uuid" })?;
        ensure!(outcomes.len() == REQUESTS, "{} outcomes for {REQUESTS} requests", outcomes.len());
        for (i, outcome) in outcomes.iter().enumerate() {
            starved::unless(&outcome.result, false)?;
            let is_right = match &outcome.result {
                Err(error) => is_refused(i) && matches!(error, RequestError::Body(_)),
                Ok(found) => !is_refused(i) && *found == uuid_of(i).into(),
            };
            ensure!(is_right, "outcome {i} is {:?}", outcome.result);
        }
        let (refused, most) = (REQUESTS / 2, REQUESTS / 2 * (1 + MOST_TRIES));
        ensure!(seen.refused == most, "{refused} requests were sent {} times, and not {most} times", seen.refused);
        Ok(())
    })
}

fn is_refused(i: usize) -> bool {
    i % 2 == 1
}

fn in_http2(model: &dyn Model, check: impl Fn(Duration) -> Result<()>) -> Result<()> {
    if model.protocols().contains(&Protocol::Http2) { with_time_enough(check) } else { Ok(()) }
}

/// Makes the requests, and returns the outcomes and what the server saw. `path` gives the path of each request
/// without its number.
fn run(model: &dyn Model, timeout: Duration, path: fn(usize) -> &'static str) -> Result<(Vec<Outcome>, State)> {
    let server = Server::start();
    let settings = Settings { timeout, protocol: Protocol::Http2, ..settings(model, LIMIT)? };
    let requests: Vec<_> = (0..REQUESTS).map(|i| server.get(format!("{}/{i}", path(i)))).collect();
    let outcomes = model.prepare(&settings)?.run(&requests);
    let seen = server.seen();
    let connections = seen.connections;
    ensure!(connections <= LIMIT, "{connections} connections for {REQUESTS} requests, {LIMIT} in flight");
    Ok((outcomes, seen))
}
