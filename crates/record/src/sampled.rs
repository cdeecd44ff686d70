//! An arm without what only pictures and quantiles need, which is half of a run file: whoever reads a thousand of them for
//! their samples passes over it.

use std::borrow::Borrow;

use fanout_model::Protocol;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::histogram::Latencies;
use crate::run::{Arm, Role, Sample};

/// An arm that was read for its samples: without latencies and timeline, which have to be JSON and no more.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Members")]
pub struct Sampled(Arm);

impl Borrow<Arm> for Sampled {
    fn borrow(&self) -> &Arm {
        &self.0
    }
}

/// As an [`Arm`]'s JSON has it, and named so in errors.
#[derive(Deserialize)]
#[serde(expecting = "struct Arm")]
struct Members {
    label: String,
    model: String,
    role: Role,
    concurrency: usize,
    #[serde(default)]
    protocol: Protocol,
    samples: Vec<Sample>,
    #[serde(rename = "latencies")]
    _latencies: IgnoredAny,
    #[serde(default, rename = "timeline")]
    _timeline: IgnoredAny,
    failure: Option<String>,
}

impl From<Members> for Sampled {
    fn from(members: Members) -> Self {
        let Members { label, model, role, concurrency, protocol, samples, failure, .. } = members;
        let (latencies, timeline) = (Latencies::default(), None);
        Self(Arm { label, model, role, concurrency, protocol, samples, latencies, timeline, failure })
    }
}
