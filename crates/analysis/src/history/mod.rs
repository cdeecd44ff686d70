//! Joins all runs: it computes how far each model was from the floor over time, and finds where that changed.
//!
//! - [`Digest`] is the part of a run that is needed. [`load`] reads the digests of the store, with a cache in
//!   [`folder`].
//! - [`History`] has a [`Group`] for each machine and toolchain, flags included, because figures of two groups are
//!   not compared. A group has a [`Series`] for each model in each scenario under the same conditions, with its
//!   [`Change`]s and its drift.
//! - Runs are in the order of their commits, which comes from a [`Lineage`]. [`order`] describes where the other runs
//!   are.

mod accepted;
mod cache;
mod clock;
mod conditions;
mod digest;
mod group;
mod links;
pub mod order;
mod series;

use std::path::PathBuf;

use fanout_record::git::lineage::Lineage;
use fanout_record::store::annotation::Annotation;
use fanout_record::store::{Bad, Store};

pub use cache::{digest, digest_of_object, folder, folder_of_objects, kept_of_object, load};
pub use clock::{Contradiction, WrongClock};
pub use conditions::conditions;
pub use digest::{Again, ArmNames, Digest, Distance, ScenarioDigest};
pub use group::{Group, RunFacts};
pub use links::CommitLinks;
pub use order::Order;
pub use series::{Change, DRIFT, Point, STEP, Series};

/// Everything that was recorded.
#[derive(Debug)]
pub struct History {
    /// The groups, one for each machine and toolchain. The group with the last run in the order of all runs is the
    /// first.
    pub groups: Vec<Group>,
    /// All annotations, the earliest first.
    pub annotations: Vec<Annotation>,
    /// Files that cannot be read, with the reasons.
    pub bad: Vec<Bad>,
    /// The files of runs of a debug build. They are not used, because the times of a debug build are no figures.
    pub debug_builds: Vec<PathBuf>,
    /// The runs that are used although their clock cannot have been right.
    pub wrong_clocks: Vec<WrongClock>,
    /// How the runs were put in order.
    pub order: Order,
}

/// The parts of a group: the machine's id, the toolchain, and the runs with their places in the order of all runs.
type Part<'a> = (String, String, Vec<(usize, &'a Digest)>);

impl History {
    /// Makes the series of the runs, and looks for changes in them. If the id of a machine is given, only the runs of
    /// that machine are used. The runs are in the order of their commits in `lineage`, and not in the order of the
    /// store.
    #[must_use]
    pub fn of(store: Store<Digest>, machine: Option<&str>, lineage: &Lineage) -> Self {
        let (debug, mut runs): (Vec<_>, Vec<_>) = store.runs.into_iter().partition(|(_, digest)| digest.debug);
        runs.retain(|(_, digest)| machine.is_none_or(|wanted| digest.machine.id() == wanted));
        let debug_builds = debug.into_iter().map(|(path, _)| path).collect();
        let wrong_clocks = runs.iter().filter_map(|(path, digest)| clock::wrong(path, digest, lineage)).collect();
        let (runs, order) = order::sorted(runs.into_iter().map(|(_, digest)| digest).collect(), lineage);
        let annotations: Vec<Annotation> = store.annotations.into_iter().map(|(_, said)| said).collect();

        let mut parts: Vec<Part<'_>> = Vec::new();
        for (place, digest) in runs.iter().enumerate() {
            let (id, toolchain) = (digest.machine.id(), digest.toolchain.as_deref().unwrap_or("unknown toolchain"));
            match parts.iter_mut().find(|(known, with, _)| *known == id && with == toolchain) {
                Some((_, _, runs)) => runs.push((place, digest)),
                None => parts.push((id, toolchain.to_owned(), vec![(place, digest)])),
            }
        }
        parts.sort_by_key(|(_, _, runs)| std::cmp::Reverse(runs.last().map(|(place, _)| *place)));
        let group = |(id, toolchain, runs): Part<'_>| {
            let machine = runs.first()?.1.machine.clone();
            let series = series::of(runs.iter().map(|(_, digest)| *digest));
            let runs = runs.into_iter().map(|(place, digest)| RunFacts::of(place, digest)).collect();
            Some(Group { id, machine, toolchain, runs, series })
        };
        let mut groups: Vec<Group> = parts.into_iter().filter_map(group).collect();
        series::analyse(groups.iter_mut().flat_map(|group| &mut group.series).collect());
        groups.iter_mut().for_each(|group| accepted::attach(group, &annotations));
        Self { groups, annotations, bad: store.bad, debug_builds, wrong_clocks, order }
    }

    /// Returns the number of runs.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.groups.iter().map(|group| group.runs.len()).sum()
    }

    /// Returns every series with its group.
    pub fn series(&self) -> impl Iterator<Item = (&Group, &Series)> {
        self.groups.iter().flat_map(|group| group.series.iter().map(move |series| (group, series)))
    }

    /// Returns every change with its series and group.
    pub fn changes(&self) -> impl Iterator<Item = (&Group, &Series, &Change)> {
        self.series().flat_map(|(group, series)| series.changes.iter().map(move |change| (group, series, change)))
    }
}
