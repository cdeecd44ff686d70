//! When a run began, by the clock of its machine; and whether that can be.

use std::path::Path;

use fanout_record::lineage::Lineage;
use fanout_record::store::Bad;
use jiff::{SignedDuration, Timestamp};

use super::Digest;

/// How far two machines' clocks may be apart without a word.
const APART: SignedDuration = SignedDuration::from_mins(5);

/// When a run began. `None` of a text that is no time.
pub(super) fn began(run: &Digest) -> Option<Timestamp> {
    run.started.parse().ok()
}

/// What is to be said of a run whose clock cannot have been right. That it is later than a run of a later commit is no
/// reason: an old commit may be measured again at any time.
pub(super) fn doubt(path: &Path, run: &Digest, lineage: &Lineage) -> Option<Bad> {
    let began = began(run)?;
    let known = run.commit.as_deref().and_then(|commit| lineage.get(commit));
    let placed = if known.is_some() { "its place is that of its commit" } else { "its place is by that clock" };
    let later = |time: Timestamp, than: Timestamp| time.duration_since(than) > APART;
    let reason = if let Some(now) = lineage.now().filter(|now| later(began, *now)) {
        format!(
            "is used, though it says that it began at {}, and now it is {now:.0}: the clock of its machine, or of this \
             one, is wrong; {placed}",
            run.started
        )
    } else {
        let made = known.map(|known| known.made).filter(|made| later(*made, began))?;
        format!(
            "is used, though it says that it began at {}, and its commit was made at {made:.0}: the clock of its \
             machine, or that of whoever made the commit, was wrong; {placed}",
            run.started
        )
    };
    Some(Bad { path: path.to_owned(), reason })
}
