//! The settings and the requests that the properties give to a model, and the outcomes that they expect.

use std::num::NonZeroUsize;

use anyhow::{Context, Result, ensure};
use fanout_model::{Model, Outcome, Request, Settings};

use crate::server::{Server, uuid_of};

/// The number in flight, for properties that need no other number.
pub(crate) const LIMIT: usize = 4;

/// A model's settings with this many in flight.
pub(crate) fn settings(model: &dyn Model, concurrency: usize) -> Result<Settings> {
    Ok(model.settings(NonZeroUsize::new(concurrency).context("a limit of 0")?)?)
}

/// `n` requests, each of which is answered with its own number.
pub(crate) fn numbered(server: &Server, path: &str, n: usize) -> Vec<Request> {
    (0..n).map(|i| server.get(format!("{path}/{i}"))).collect()
}

/// A `GET` of this URL, whose answer must be a UUID.
pub(crate) fn get(url: &str) -> Result<Request> {
    Ok(Request::get(url.parse()?)?)
}

/// Checks the outcomes of `n` [`numbered`] requests.
pub(crate) fn expect_numbers(outcomes: &[Outcome], n: usize) -> Result<()> {
    ensure!(outcomes.len() == n, "{} outcomes for {n} requests", outcomes.len());
    for (i, outcome) in outcomes.iter().enumerate() {
        ensure!(outcome.result == Ok(uuid_of(i).into()), "outcome {i} is {:?}, not of its URL", outcome.result);
        ensure!(outcome.started <= outcome.finished, "outcome {i} ended before it began");
    }
    Ok(())
}
