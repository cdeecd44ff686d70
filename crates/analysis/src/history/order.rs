//! Puts runs in order, so that a step lies between two commits and not between two days.
//!
//! 1. The runs of one commit are together, in the order of the clock. A run that names no commit is alone.
//! 2. Commits that the [`Lineage`] contains are in its order, at whatever time they were measured.
//! 3. A commit that the lineage does not contain has its place by the clock. It comes right behind the last of the
//!    known commits, in their order, that had been measured by then. A commit counts as measured when its first run
//!    began, but a known commit no earlier than it was made. An unknown commit that was measured before all known
//!    ones comes before them. Several unknown commits at one place are in the order of their first runs.
//!
//! If no commit is known, the third rule makes the order that of the clock. A run whose start is not a valid time
//! counts as later than all others. If clocks are equal, the text of the start decides, and then the runs' ids.
//! Therefore the order does not depend on the order in which the runs are given.

use std::collections::HashMap;

use fanout_record::git::lineage::Lineage;
use jiff::Timestamp;

use super::clock::began;
use super::digest::Digest;

/// How the runs of a history were put in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The number of runs that have their place by the clock, because the place of their commit is not known.
    pub by_clock: usize,
    /// Why git said nothing about any commit, in git's own words.
    pub refusal: Option<String>,
}

/// The runs of one commit.
struct Bunch {
    /// The runs, in the order of the clock.
    runs: Vec<Digest>,
    /// The clock of the first run.
    clock: Clock,
    /// The place of the commit if it is known, and the clock of the first run, but no earlier than the commit was
    /// made.
    known: Option<(usize, Clock)>,
}

/// The clock of a run, in a form that can be compared: whether its start is not a valid time, the time, the text of
/// the start, and the run's id.
type Clock = (bool, Option<Timestamp>, String, String);

/// Puts runs in order.
pub(super) fn sorted(runs: Vec<Digest>, lineage: &Lineage) -> (Vec<Digest>, Order) {
    let (mut known, mut unknown): (Vec<Bunch>, Vec<Bunch>) =
        bunches(runs, lineage).into_iter().partition(|bunch| bunch.known.is_some());
    let by_clock = unknown.iter().map(|bunch| bunch.runs.len()).sum();
    known.sort_by_key(|bunch| bunch.known.as_ref().map(|(place, _)| *place));
    unknown.sort_by(|a, b| a.clock.cmp(&b.clock));

    // The number of known commits behind which an unknown one goes.
    let measured_by = |clock: &Clock| {
        let is_earlier = |bunch: &Bunch| bunch.known.as_ref().is_some_and(|(_, first)| first <= clock);
        known.iter().rposition(is_earlier).map_or(0, |last| last + 1)
    };
    let unknown: Vec<(usize, Bunch)> = unknown.into_iter().map(|bunch| (measured_by(&bunch.clock), bunch)).collect();
    let known = known.into_iter().enumerate().map(|(i, bunch)| (i + 1, bunch));
    // The sort is stable: a known commit comes before those that go behind it, and these stay in the order of their
    // clocks.
    let mut all: Vec<(usize, Bunch)> = known.chain(unknown).collect();
    all.sort_by_key(|(place, _)| *place);
    let runs = all.into_iter().flat_map(|(_, bunch)| bunch.runs).collect();
    (runs, Order { by_clock, refusal: lineage.refusal().map(str::to_owned) })
}

/// Returns the runs, with those of one commit together.
fn bunches(mut runs: Vec<Digest>, lineage: &Lineage) -> Vec<Bunch> {
    runs.sort_by_cached_key(clock);
    let mut bunches: Vec<Bunch> = Vec::new();
    let mut of_commit: HashMap<String, usize> = HashMap::new();
    for run in runs {
        let place = run.commit.as_ref().map(|commit| *of_commit.entry(commit.clone()).or_insert(bunches.len()));
        match place.and_then(|place| bunches.get_mut(place)) {
            Some(bunch) => bunch.runs.push(run),
            None => {
                let clock = clock(&run);
                let known = run.commit.as_deref().and_then(|commit| lineage.get(commit)).map(|known| {
                    let (none, time, text, id) = clock.clone();
                    (known.place, (none, time.max(Some(known.made)), text, id))
                });
                bunches.push(Bunch { runs: vec![run], clock, known });
            }
        }
    }
    bunches
}

fn clock(run: &Digest) -> Clock {
    let time = began(run);
    (time.is_none(), time, run.started.clone(), run.id.clone())
}
