//! When a run began, by the clock of its machine; and whether that can be.

use std::path::{Path, PathBuf};

use fanout_record::git::lineage::Lineage;
use jiff::{SignedDuration, Timestamp};

use super::digest::Digest;

/// How far two machines' clocks may be apart without a word.
const APART: SignedDuration = SignedDuration::from_mins(5);

/// When a run began. `None` of a text that is no time.
pub(super) fn began(run: &Digest) -> Option<Timestamp> {
    run.started.parse().ok()
}

/// Why the clock of a run's machine, or another one, cannot have been right. The run is used all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongClock {
    /// The run's file.
    pub path: PathBuf,
    /// When it says that it began.
    pub began: String,
    /// Whether its place among the runs is that of its commit, and not by that clock.
    pub commit_is_known: bool,
    /// What contradicts it.
    pub contradiction: Contradiction,
}

/// What contradicts a run's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// It is not yet that late, by the clock of this machine, which says this.
    Ahead(Timestamp),
    /// Its commit was made at this time, which is later.
    BeforeCommit(Timestamp),
}

/// A run whose clock cannot have been right. That it is later than a run of a later commit is no reason: an old
/// commit may be measured again at any time.
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
