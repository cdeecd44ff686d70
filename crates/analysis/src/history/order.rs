//! In which order runs are, so that a step lies between two commits and not between two days.
//!
//! 1. Runs of one commit are together, in the order of the clock. A run that names no commit is alone.
//! 2. Commits that the [`Lineage`] knows are in its order, whenever they were measured.
//! 3. A commit that it does not know has its place by the clock: right behind the last of the known commits, in the
//!    order of these, that had been measured by then. The first run of a commit says when it was measured; that of a
//!    known one counts as no earlier than the commit was made. What is older than all known commits comes before
//!    them. Several at one place are in the order of their first runs.
//!
//! Where no commit is known, the third rule makes the order one of the clock. A run whose start is no time counts as
//! later than all others. Where clocks are equal, the text of the start decides, then the runs' ids, so that the
//! order is the same however the runs come.

use std::collections::HashMap;

use fanout_record::git::lineage::Lineage;
use jiff::Timestamp;

use super::clock::began;
use super::digest::Digest;

/// How the runs of a history were put in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// How many of them have their place by the clock, since it is not known where their commit lies.
    pub by_clock: usize,
    /// Why git said nothing of any commit, in its own words.
    pub refusal: Option<String>,
}

/// The runs of one commit.
struct Bunch {
    /// In order of the clock.
    runs: Vec<Digest>,
    /// Of the first of them.
    clock: Clock,
    /// Where the commit is known: its place, and the first of the runs, but no earlier than the commit was made.
    known: Option<(usize, Clock)>,
}

/// What the clock says of a run, to be compared: whether it is no time, the time, the text and the run's id.
type Clock = (bool, Option<Timestamp>, String, String);

/// Puts runs in order.
pub(super) fn sorted(runs: Vec<Digest>, lineage: &Lineage) -> (Vec<Digest>, Order) {
    let (mut known, mut unknown): (Vec<Bunch>, Vec<Bunch>) =
        bunches(runs, lineage).into_iter().partition(|bunch| bunch.known.is_some());
    let by_clock = unknown.iter().map(|bunch| bunch.runs.len()).sum();
    known.sort_by_key(|bunch| bunch.known.as_ref().map(|(place, _)| *place));
    unknown.sort_by(|a, b| a.clock.cmp(&b.clock));

    // Where each unknown one goes: behind so many of the known.
    let measured_by = |clock: &Clock| {
        let is_earlier = |bunch: &Bunch| bunch.known.as_ref().is_some_and(|(_, first)| first <= clock);
        known.iter().rposition(is_earlier).map_or(0, |last| last + 1)
    };
    let unknown: Vec<(usize, Bunch)> = unknown.into_iter().map(|bunch| (measured_by(&bunch.clock), bunch)).collect();
    let known = known.into_iter().enumerate().map(|(i, bunch)| (i + 1, bunch));
    // Stable: a known one comes before those that go behind it, and these stay in the order of their clocks.
    let mut all: Vec<(usize, Bunch)> = known.chain(unknown).collect();
    all.sort_by_key(|(place, _)| *place);
    let runs = all.into_iter().flat_map(|(_, bunch)| bunch.runs).collect();
    (runs, Order { by_clock, refusal: lineage.refusal().map(str::to_owned) })
}

/// The runs, those of one commit together.
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
