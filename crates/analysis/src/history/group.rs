//! Defines the runs that can be compared with each other, and the facts about each of them.

use fanout_record::machine::Machine;

use super::digest::Digest;
use super::series::{Change, Series};

/// The runs of one machine with one toolchain.
#[derive(Debug)]
pub struct Group {
    /// The machine's id.
    pub id: String,
    /// The machine.
    pub machine: Machine,
    /// The first line of the output of `rustc -vV`, and `RUSTFLAGS` if there were any.
    pub toolchain: String,
    /// The runs, in the order of their commits. Those of one commit are in the order of the clock.
    pub runs: Vec<RunFacts>,
    /// The series, in the order of a reader's interest: by question, scenario and model.
    pub series: Vec<Series>,
}

impl Group {
    /// Returns the runs before and at a change: the last run of the old level, and the first run of the new one.
    #[must_use]
    pub fn around(&self, series: &Series, change: &Change) -> (&RunFacts, &RunFacts) {
        let run = |point: usize| &self.runs[series.points[point].run];
        (run(change.found.index - 1), run(change.found.index))
    }
}

/// The facts about one run that a history shows.
#[derive(Clone, Debug)]
pub struct RunFacts {
    /// The run's id.
    pub id: String,
    /// The run's place in the order of all runs, those of other machines and toolchains included.
    pub place: usize,
    /// When the run began, by the clock of its machine.
    pub started: String,
    /// The commit that was measured.
    pub commit: Option<String>,
    /// That commit's first parent.
    pub parent: Option<String>,
    /// Whether tracked files differed from the commit.
    pub dirty: Option<bool>,
    /// Whether some of what was asked for was not measured.
    pub partial: bool,
}

impl RunFacts {
    pub(super) fn of(place: usize, digest: &Digest) -> Self {
        Self {
            place,
            id: digest.id.clone(),
            started: digest.started.clone(),
            commit: digest.commit.clone(),
            parent: digest.parent.clone(),
            dirty: digest.dirty,
            partial: digest.partial,
        }
    }
}
