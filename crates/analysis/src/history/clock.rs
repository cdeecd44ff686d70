//! Finds when a run began, by the clock of its machine, and whether that time is possible.

use std::path::{Path, PathBuf};

use fanout_record::git::lineage::Lineage;
use jiff::{SignedDuration, Timestamp};

use super::digest::Digest;

/// The largest difference between the clocks of two machines that is not reported.
const APART: SignedDuration = SignedDuration::from_mins(5);

/// Returns when a run began, or `None` if the text is not a valid time.
pub(super) fn began(run: &Digest) -> Option<Timestamp> {
    run.started.parse().ok()
}

/// A report that the clock of a run's machine, or another clock, cannot have been right. The run is used all the
/// same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongClock {
    /// The run's file.
    pub path: PathBuf,
    /// The time at which the run began, as the run records it.
    pub began: String,
    /// Whether the run has its place among the runs by its commit, and not by that clock.
    pub commit_is_known: bool,
    /// The fact that contradicts that clock.
    pub contradiction: Contradiction,
}

/// A fact that contradicts a run's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// The run's time is later than the time of this machine's clock, which is given here.
    Ahead(Timestamp),
    /// The run's commit was made at the time that is given here, which is later than the run's time.
    BeforeCommit(Timestamp),
}

/// Returns a report if the clock of a run cannot have been right. A run that is later than a run of a later commit is
/// no such case, because an old commit may be measured again at any time.
pub(super) fn wrong(path: &Path, run: &Digest, lineage: &Lineage) -> Option<WrongClock> {
    let began = began(run)?;
    let known = run.commit.as_deref().and_then(|commit| lineage.get(commit));
    let later = |time: Timestamp, than: Timestamp| time.duration_since(than) > APART;
    let ahead = lineage.now().filter(|now| later(began, *now)).map(Contradiction::Ahead);
    let before = || known.map(|known| known.made).filter(|made| later(*made, began)).map(Contradiction::BeforeCommit);
    Some(WrongClock {
        path: path.to_owned(),
        began: run.started.clone(),
        commit_is_known: known.is_some(),
        contradiction: ahead.or_else(before)?,
    })
}
