//! The settings and the requests that the properties give to a model.

use std::num::NonZeroUsize;

use anyhow::{Context, Result};
use fanout_model::{Model, Settings, Url};

use crate::server::Server;

/// A model's settings with this many in flight.
pub(crate) fn settings(model: &dyn Model, concurrency: usize) -> Result<Settings> {
    Ok(model.settings(NonZeroUsize::new(concurrency).context("a limit of 0")?)?)
}

/// `n` requests, each of which is answered with its own number.
pub(crate) fn numbered(server: &Server, path: &str, n: usize) -> Vec<Url> {
    (0..n).map(|i| server.at(format!("{path}/{i}"))).collect()
}
