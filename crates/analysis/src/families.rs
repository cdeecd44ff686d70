//! Takes one recorded batch of each family of models and of a peer in each language, all from one scenario, and tells
//! apart what its time went to.

use std::collections::BTreeSet;

use fanout_model::Family;
use fanout_record::run::{Arm, Bar, Role};

use crate::compared::{Answered, Compared};
use crate::metric::Metric;
use crate::peers;
use crate::situations::Describe;
use crate::summary::ArmSummary;

/// One batch of each family in one scenario.
#[derive(Debug)]
pub struct Families<'a, 'r> {
    /// The scenario.
    pub compared: &'a Compared<'r>,
    /// The server's delay, in milliseconds.
    pub delay: f64,
    /// The batches, in the order of [`Family::ALL`]. There are two at least.
    pub batches: Vec<Batch<'a>>,
    /// One batch of the fastest peer in each language, in the order of the rows.
    pub peers: Vec<Batch<'a>>,
}

/// One batch of the model of a family that is the nearest to the floor, or of a peer.
#[derive(Debug)]
pub struct Batch<'a> {
    /// The family; `None` for a peer.
    pub family: Option<Family>,
    /// The arm of the model or the peer.
    pub arm: &'a Arm,
    /// The requests, without those that end before they begin.
    pub bars: Vec<Bar>,
    /// When the last answer came, in milliseconds from the start of the batch.
    pub end: f64,
    /// The share of the requests' time, added up, that was the server's delay, from 0 to 1.
    pub waited: f64,
    /// The processor time of the batch, in milliseconds. In a cold scenario, that of setting up is in it.
    pub cpu: f64,
}

impl Batch<'_> {
    /// Returns the numbers of the lanes that carried a request, in ascending order.
    #[must_use]
    pub fn lanes(&self) -> Vec<usize> {
        self.bars.iter().map(|bar| bar.0).collect::<BTreeSet<usize>>().into_iter().collect()
    }
}

/// Above this ratio of the slowest batch to the middle one, the slowest would make the others too small to be seen.
const WIDE: f64 = 2.0;

impl<'a, 'r> Families<'a, 'r> {
    /// Takes the scenario in which the most families have a batch. Of several such scenarios, it is the one with the
    /// most requests in a batch, and then the first. Returns `None` if no scenario has a delay and two families.
    #[must_use]
    pub fn of(run: &'a [Answered<'r>], describe: Describe) -> Option<Self> {
        let all = run.iter().flat_map(|answered| &answered.scenarios);
        let taken = all.filter_map(|compared| Self::in_scenario(compared, describe));
        let key = |families: &Self| (families.batches.len(), families.compared.measured.scenario.requests);
        taken.reduce(|best, other| if key(&other) > key(&best) { other } else { best })
    }

    fn in_scenario(compared: &'a Compared<'r>, describe: Describe) -> Option<Self> {
        // Where the server has limits, it is not known how long it held an answer back.
        let is_unlimited = compared.measured.scenario.limits.is_none();
        let delay = compared.measured.scenario.delay_ns.filter(|delay| *delay > 0 && is_unlimited)?;
        let of_family = |family: &Family| {
            let is_member = |row: &&ArmSummary<'_>| {
                let is_model = row.arm.role == Role::Model && row.time.is_some();
                is_model && describe(&row.arm.model).is_some_and(|model| model.family == *family)
            };
            // The rows are in the order of their distance to the floor.
            batch(Some(*family), compared.rows.iter().find(is_member)?.arm, delay)
        };
        let batches: Vec<Batch<'a>> = Family::ALL.iter().filter_map(of_family).collect();
        let fastest = peers::best(compared, Metric::Time);
        let peers = fastest.iter().filter_map(|versus| batch(None, versus.peer.arm, delay)).collect();
        (batches.len() > 1).then(|| Self { compared, delay: delay as f64 / 1e6, batches, peers })
    }

    /// Returns the end of the time axis that all batches share, in milliseconds. It is the end of the slowest batch,
    /// or shortly after the end of the middle one if the slowest takes far longer.
    #[must_use]
    pub fn axis(&self) -> f64 {
        let mut ends: Vec<f64> = self.batches.iter().map(|batch| batch.end).collect();
        ends.sort_by(f64::total_cmp);
        let (middle, last) = (ends[ends.len() / 2], ends[ends.len() - 1]);
        if last <= WIDE * middle { last } else { 1.1 * middle }
    }
}

fn batch(family: Option<Family>, arm: &Arm, delay: u64) -> Option<Batch<'_>> {
    let timeline = arm.timeline.as_ref()?;
    let sample = arm.samples.iter().find(|sample| sample.round == timeline.round)?;
    let bars: Vec<Bar> = timeline.bars.iter().filter(|bar| bar.1 < bar.2).copied().collect();
    let end = bars.iter().map(|bar| bar.2).max()? as f64 / 1e6;
    let took = |bar: &Bar| bar.2 - bar.1;
    let waited = bars.iter().map(|bar| took(bar).min(delay) as f64).sum::<f64>();
    let waited = waited / bars.iter().map(|bar| took(bar) as f64).sum::<f64>();
    Some(Batch { family, arm, bars, end, waited, cpu: sample.usage.cpu().as_secs_f64() * 1e3 })
}
