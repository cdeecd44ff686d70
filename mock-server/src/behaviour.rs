//! How a server answers, as arguments of the command line. A harness that controls a server elsewhere sends the same
//! arguments.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;

use crate::limits::{Capacity, Change, Limits, Rate};
use crate::{Config, Engine};

/// How a server answers.
#[derive(Clone, Debug, Args)]
pub struct Behaviour {
    /// How long to hold back each answer, such as 20ms or 1.5s.
    #[arg(long, default_value = "0ms", value_parser = duration)]
    pub delay: Duration,

    /// The most that is added to each delay; the added time is evenly distributed between 0 and this.
    #[arg(long, default_value = "0ms", value_parser = duration)]
    pub jitter: Duration,

    /// The engine that answers.
    #[arg(long, value_enum, default_value_t)]
    pub engine: Engine,

    /// Speak TLS as well, on the same port, with a new root that GET /root.pem returns. Needs `--engine hyper`.
    #[arg(long)]
    pub tls: bool,

    /// Serve only K requests at once; the others wait for their turn. Each is served for the time of its delay.
    #[arg(long, value_name = "K")]
    pub capacity: Option<NonZeroU32>,

    /// Answer 503 to a request that comes while Q requests are waiting. Without it, any number may wait.
    #[arg(long, value_name = "Q", requires = "capacity")]
    pub queue: Option<u32>,

    /// Serve only K requests at once from the request on that `--then-after` names.
    #[arg(long, value_name = "K", requires_all = ["capacity", "then_after"])]
    pub then_capacity: Option<NonZeroU32>,

    /// How many requests come before `--then-capacity` holds.
    #[arg(long, value_name = "N", requires = "then_capacity")]
    pub then_after: Option<u64>,

    /// Answer 429 with Retry-After to requests beyond R in a second.
    #[arg(long, value_name = "R")]
    pub rate: Option<NonZeroU32>,

    /// How many requests may come at one moment after a pause, without being refused.
    #[arg(long, value_name = "B", requires = "rate", default_value = "1", hide_default_value = false)]
    pub burst: NonZeroU32,
}

impl Behaviour {
    /// Returns the configuration of a server that answers so, on a free port of loopback.
    #[must_use]
    pub fn config(&self) -> Config {
        let Self { delay, jitter, engine, tls, .. } = *self;
        Config { delay, jitter, engine, tls, limits: self.limits(), ..Config::default() }
    }

    fn limits(&self) -> Limits {
        let then = self.then_after.zip(self.then_capacity).map(|(after, at_once)| Change { after, at_once });
        let capacity = self.capacity.map(|at_once| Capacity { at_once, queue: self.queue, then });
        Limits { capacity, rate: self.rate.map(|a_second| Rate { a_second, burst: self.burst }) }
    }
}

/// Reads a duration such as `20ms`.
///
/// # Errors
/// A message about what is wrong with the text.
pub fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; write it like 20ms, 1s or 1m"))
}
