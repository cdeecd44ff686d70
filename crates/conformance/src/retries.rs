//! Checks that a request which failed in passing is sent again, as often as the settings allow and no more often, and
//! only if that is safe.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use fanout_model::{Check, Model, Outcome, Request, RequestError, Retry, Settings, SetupError};
use http::{HeaderMap, Method};

use crate::asked::{LIMIT, expect_numbers, numbered, settings};
use crate::server::Server;

/// The number of requests in each batch.
const REQUESTS: usize = 12;

/// How often a request is sent again at most.
const MOST: u32 = 3;

/// The server is busy for the first times that a request comes: `/busy/N` says when to come back.
pub(crate) fn repeated(model: &'static dyn Model) -> Result<()> {
    let quick = Retry { most: MOST, first: Duration::from_millis(1), longest: Duration::from_secs(5) };
    model.protocols().iter().try_for_each(|protocol| {
        let settings = Settings { protocol: *protocol, retry: quick, ..settings(model, LIMIT)? };
        // A model that sends each request once says so, before it sends any.
        if let Err(SetupError::Unsupported(reason)) = model.prepare(&settings) {
            ensure!(reason.contains("retries"), "it refuses retries with: {reason}");
            return Ok(());
        }
        in_protocol(model, &settings).with_context(|| protocol.to_string())
    })
}

fn in_protocol(model: &'static dyn Model, settings: &Settings) -> Result<()> {
    let run = |settings: &Settings, requests: fn(&Server) -> Vec<Request>| -> Result<(Vec<Outcome>, usize)> {
        let server = Server::start();
        let outcomes = model.prepare(settings)?.run(&requests(&server));
        ensure!(outcomes.len() == REQUESTS, "{} outcomes for {REQUESTS} requests", outcomes.len());
        Ok((outcomes, server.seen().arrivals))
    };

    let (outcomes, arrivals) = run(settings, |server| numbered(server, "/busy/2", REQUESTS))?;
    expect_numbers(&outcomes, REQUESTS)?;
    expect_again(&outcomes, 2, arrivals)?;

    let (outcomes, arrivals) = run(settings, |server| numbered(server, "/busy/9", REQUESTS))?;
    expect_error(&outcomes, &RequestError::Status(429))?;
    expect_again(&outcomes, MOST, arrivals)?;

    let (outcomes, arrivals) = run(settings, |server| numbered(server, "/busy-for-long", REQUESTS))?;
    expect_error(&outcomes, &RequestError::Later { status: 503, seconds: 3_600 })?;
    expect_again(&outcomes, 0, arrivals)?;

    let (outcomes, arrivals) = run(settings, |server| {
        let post = |request: &Request| {
            let (url, body, check) = (request.url().clone(), Bytes::from_static(b"?"), Check::default());
            Request::new(Method::POST, url, HeaderMap::new(), body, check)
        };
        numbered(server, "/busy/2", REQUESTS).iter().filter_map(|request| post(request).ok()).collect()
    })?;
    expect_error(&outcomes, &RequestError::Later { status: 503, seconds: 0 })?;
    expect_again(&outcomes, 0, arrivals)?;

    let never = Settings { retry: Retry::NEVER, ..settings.clone() };
    let (outcomes, arrivals) = run(&never, |server| numbered(server, "/busy/2", REQUESTS))?;
    expect_error(&outcomes, &RequestError::Later { status: 503, seconds: 0 })?;
    expect_again(&outcomes, 0, arrivals)
}

fn expect_error(outcomes: &[Outcome], wanted: &RequestError) -> Result<()> {
    for (i, outcome) in outcomes.iter().enumerate() {
        ensure!(outcome.result.as_ref() == Err(wanted), "outcome {i} is {:?}, not {wanted:?}", outcome.result);
    }
    Ok(())
}

/// Checks how often each request was sent again, by the outcomes and by the server's count.
fn expect_again(outcomes: &[Outcome], wanted: u32, arrivals: usize) -> Result<()> {
    for (i, outcome) in outcomes.iter().enumerate() {
        ensure!(outcome.again == wanted, "outcome {i} says it was sent again {} times, not {wanted}", outcome.again);
    }
    let expected = REQUESTS * (1 + wanted as usize);
    ensure!(arrivals == expected, "the server saw {arrivals} arrivals, not {expected}");
    Ok(())
}
