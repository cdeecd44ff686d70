//! Defines the file of a price run, version 1: what each model costs before it makes its first request. Durations are
//! whole nanoseconds, and times of day are RFC 3339 in UTC.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::machine::Machine;
use crate::source::Source;
use crate::stamp::stamp;

/// The version of this schema.
pub const SCHEMA: u32 = 1;

/// One price run: the prices of some models, and what they were measured on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// [`SCHEMA`] of the program that wrote it.
    pub schema: u32,
    /// The price run's own name (ULID).
    pub id: String,
    /// When it began.
    pub started: String,
    /// How long it has taken so far.
    pub took_ns: u64,
    /// The code whose models were built, and the toolchain that built them.
    pub source: Source,
    /// The machine that they were built on.
    pub machine: Machine,
    /// The `FANOUT_*` variables that were set.
    pub variables: BTreeMap<String, String>,
    /// The number from which the order of the models follows.
    pub seed: u64,
    /// How often each model was to be built.
    pub repetitions: usize,
    /// The ids of the models in each repetition, in the order in which they were to be built.
    pub order: Vec<Vec<String>>,
    /// How busy the machine was before the first build.
    pub before: Environment,
    /// How busy the machine was after the last build that is here.
    pub after: Environment,
    /// Why it ended early; `None` for a price run that went to its end.
    pub stopped: Option<String>,
    /// The models, in the roster's order. The floor comes last.
    pub models: Vec<Price>,
}

/// What one model costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// The model's id.
    pub model: String,
    /// The repetitions that went well.
    pub builds: Vec<Build>,
    /// Why the model has no further builds; `None` for one that did not fail.
    pub failure: Option<String>,
}

/// What one repetition found out about the minimal program of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Build {
    /// The number of the repetition, from 0.
    pub repetition: usize,
    /// The crates that the program brings in.
    pub tree: Tree,
    /// How long `cargo build --release` took in an empty target folder.
    pub clean_ns: u64,
    /// How long it took again each time that the program's own file was touched.
    pub rebuilds_ns: Vec<u64>,
    /// The size of the program without symbols, in bytes.
    pub size_bytes: u64,
    /// How long the program took, each time that it was started, until its model was prepared.
    pub starts_ns: Vec<u64>,
}

/// The crates that a program brings in, as cargo resolves them for this machine. The crates of this workspace are not
/// counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// How many crates the program depends on, directly or through others (`cargo tree --edges normal`).
    pub crates: usize,
    /// How many more crates are needed to build these, and are not in the program.
    pub build_crates: usize,
    /// The crates that call a C compiler when they are built: their build scripts depend on `cc` or `cmake`.
    pub c_crates: Vec<String>,
    /// How many of `crates` forbid `unsafe` in all of their library. The others may or may not use it.
    pub forbid_unsafe: usize,
    /// Whether the crate of the model itself forbids `unsafe`.
    pub model_forbids_unsafe: bool,
}

impl Prices {
    /// Returns when the price run began and which commit it measured, as file names have it.
    #[must_use]
    pub fn stamp(&self) -> String {
        stamp(&self.started, &self.source)
    }

    /// Returns whether some of what was asked for was not measured.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        let lacks = |price: &Price| price.failure.is_some() || price.builds.len() < self.repetitions;
        self.stopped.is_some() || self.models.iter().any(lacks)
    }

    /// Returns whether no model was built, so that there is no price at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.models.iter().all(|price| price.builds.is_empty())
    }
}
