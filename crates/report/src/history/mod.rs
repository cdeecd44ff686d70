//! All runs together: how far each model was from the floor over time, and where that changed.
//!
//! - [`Digest`] is what is needed of a run; [`load`] reads the store for it, from a cache in [`folder`].
//! - [`History`] has a [`Group`] for each machine and toolchain, flags included, since figures of two are not compared, and in
//!   it a [`Series`] for each model in each scenario, as it was asked for, with its [`Change`]s and its drift.

mod accepted;
mod cache;
mod conditions;
mod digest;
mod series;

use fanout_record::annotation::Annotation;
use fanout_record::machine::Machine;
use fanout_record::store::{Bad, Store};

pub use cache::{digest, folder, load};
pub use conditions::conditions;
pub use digest::{Digest, Distance, Measured, Model};
pub use series::{Change, DRIFT, Point, STEP, Series};

/// All that was recorded.
#[derive(Debug)]
pub struct History {
    /// One for each machine and toolchain, that of the newest run first.
    pub groups: Vec<Group>,
    /// All annotations, the earliest first.
    pub annotations: Vec<Annotation>,
    /// What cannot be used, or not as it is.
    pub bad: Vec<Bad>,
}

/// The runs of one machine with one toolchain.
#[derive(Debug)]
pub struct Group {
    /// The machine's id.
    pub id: String,
    /// The machine.
    pub machine: Machine,
    /// The first line of what `rustc -vV` said, and `RUSTFLAGS` where there were any.
    pub toolchain: String,
    /// In order of time.
    pub runs: Vec<RunFacts>,
    /// In the order of a reader's interest: by question, scenario, model.
    pub series: Vec<Series>,
}

/// One run, as a history tells of it.
#[derive(Clone, Debug)]
pub struct RunFacts {
    /// Its id.
    pub id: String,
    /// When it began.
    pub started: String,
    /// The commit that was measured.
    pub commit: Option<String>,
    /// That commit's first parent.
    pub parent: Option<String>,
    /// Whether tracked files differed from the commit.
    pub dirty: Option<bool>,
}

impl History {
    /// Makes series of the runs and looks for what changed. Of one machine alone where its id is given.
    #[must_use]
    pub fn of(store: Store<Digest>, machine: Option<&str>) -> Self {
        let mut runs: Vec<(String, Digest)> =
            store.runs.into_iter().map(|(_, digest)| (digest.machine.id(), digest)).collect();
        runs.retain(|(id, _)| machine.is_none_or(|wanted| id == wanted));
        runs.sort_by(|(_, a), (_, b)| (&a.started, &a.id).cmp(&(&b.started, &b.id)));
        let annotations: Vec<Annotation> = store.annotations.into_iter().map(|(_, said)| said).collect();

        let mut parts: Vec<(String, String, Vec<&Digest>)> = Vec::new();
        for (id, digest) in &runs {
            let toolchain = digest.toolchain.as_deref().unwrap_or("unknown toolchain");
            match parts.iter_mut().find(|(known, with, _)| known == id && with == toolchain) {
                Some((_, _, runs)) => runs.push(digest),
                None => parts.push((id.clone(), toolchain.to_owned(), vec![digest])),
            }
        }
        let newest = |runs: &[&Digest]| runs.last().map(|run| (run.started.clone(), run.id.clone()));
        parts.sort_by_key(|(_, _, runs)| std::cmp::Reverse(newest(runs)));
        let group = |(id, toolchain, runs): (String, String, Vec<&Digest>)| {
            let machine = runs.first()?.machine.clone();
            let series = series::of(&runs);
            let runs = runs.into_iter().map(RunFacts::of).collect();
            Some(Group { id, machine, toolchain, runs, series })
        };
        let mut groups: Vec<Group> = parts.into_iter().filter_map(group).collect();
        series::analyse(groups.iter_mut().flat_map(|group| &mut group.series).collect());
        groups.iter_mut().for_each(|group| accepted::attach(group, &annotations));
        Self { groups, annotations, bad: store.bad }
    }

    /// How many runs there are.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.groups.iter().map(|group| group.runs.len()).sum()
    }

    /// Every series with its group.
    pub fn series(&self) -> impl Iterator<Item = (&Group, &Series)> {
        self.groups.iter().flat_map(|group| group.series.iter().map(move |series| (group, series)))
    }

    /// Every change with its series and group.
    pub fn changes(&self) -> impl Iterator<Item = (&Group, &Series, &Change)> {
        self.series().flat_map(|(group, series)| series.changes.iter().map(move |change| (group, series, change)))
    }
}

impl Group {
    /// The runs before and at a change: the last of the old level, the first of the new one.
    #[must_use]
    pub fn around(&self, series: &Series, change: &Change) -> (&RunFacts, &RunFacts) {
        let run = |point: usize| &self.runs[series.points[point].run];
        (run(change.found.index - 1), run(change.found.index))
    }
}

impl RunFacts {
    fn of(digest: &Digest) -> Self {
        Self {
            id: digest.id.clone(),
            started: digest.started.clone(),
            commit: digest.commit.clone(),
            parent: digest.parent.clone(),
            dirty: digest.dirty,
        }
    }
}
