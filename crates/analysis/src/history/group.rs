//! The runs that can be compared with each other, and what each of them was.

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
    /// The first line of what `rustc -vV` said, and `RUSTFLAGS` where there were any.
    pub toolchain: String,
    /// In the order of their commits, and those of one commit in the order of the clock.
    pub runs: Vec<RunFacts>,
    /// In the order of a reader's interest: by question, scenario, model.
    pub series: Vec<Series>,
}

impl Group {
    /// The runs before and at a change: the last of the old level, the first of the new one.
    #[must_use]
    pub fn around(&self, series: &Series, change: &Change) -> (&RunFacts, &RunFacts) {
        let run = |point: usize| &self.runs[series.points[point].run];
        (run(change.found.index - 1), run(change.found.index))
    }
}

/// One run, as a history tells of it.
#[derive(Clone, Debug)]
pub struct RunFacts {
    /// Its id.
    pub id: String,
    /// Its place in the order of all runs, those of other machines and toolchains included.
    pub place: usize,
    /// When it began, by the clock of its machine.
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
