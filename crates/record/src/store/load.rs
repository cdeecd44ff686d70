//! Reads the whole store. What cannot be used is named, with the reason, and the rest is used.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use super::annotation::Annotation;
use super::names::{annotation_place, is_at, machine_place, place, prices_place};
use super::walk;
use crate::files::read::{self, ReadError};
use crate::machine::Machine;
use crate::price::Prices;
use crate::run::Run;

/// Everything in the store, the folder `results/`.
#[derive(Debug)]
pub struct Store<R = Run> {
    /// The runs, or what [`load_as`] made of each, with their files, the earliest first.
    pub runs: Vec<(PathBuf, R)>,
    /// The annotations with their files, the earliest first.
    pub annotations: Vec<(PathBuf, Annotation)>,
    /// The machines with their files.
    pub machines: Vec<(PathBuf, Machine)>,
    /// The files and folders that are not as they should be, sorted by path.
    pub bad: Vec<Bad>,
}

/// A file or folder that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it, such as "is not a whole run file: ...", and whether it is used all the same.
    pub reason: String,
}

impl Bad {
    /// Says of a file that it cannot be used, and why.
    #[must_use]
    pub fn unreadable(path: PathBuf, error: &ReadError) -> Self {
        Self { path, reason: reason(error) }
    }

    /// Says of a file that it is none of the store's.
    #[must_use]
    pub fn stray(path: PathBuf) -> Self {
        Self { path, reason: "is not a file of the store; an editor or another program left it there".into() }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path.display(), self.reason)
    }
}

/// Reads the store. A store that does not exist is empty.
///
/// If a file's name or folder is not what its content says, the file is used and also named, because its content is
/// what was measured. If two files have the same id, one in its own place is used rather than another, and otherwise
/// the first by name.
///
/// A temporary file of this program is passed over in silence. It was never a run, git ignores it, and nobody has to
/// do anything about it, because [`put`](super::put) and [`annotate`](super::annotate) remove the temporary files
/// that nobody writes any more.
#[must_use]
pub fn load(results: &Path) -> Store {
    load_as(results, read::run, |run| (run.id.clone(), place(run)))
}

/// Reads the store as [`load`] does, but has what `read_run` makes of each run's file in place of the run. It reads
/// on as many threads as there are processors. `id_and_place` returns the run's id and its [`place`].
pub fn load_as<R: Send>(
    results: &Path,
    read_run: impl Fn(&Path) -> Result<R, ReadError> + Sync,
    id_and_place: impl Fn(&R) -> (String, PathBuf),
) -> Store<R> {
    let mut bad = Vec::new();
    let runs = read_below(&results.join("runs"), read_run, &mut bad);
    let annotations = read_below(&results.join("annotations"), read::annotation, &mut bad);
    let machines = read_below(&results.join("machines"), read::machine, &mut bad);
    of_read(results, ReadFiles { runs, annotations, machines, bad }, id_and_place)
}

/// What was read of a store that is not a folder of this machine. A file's path begins with the name of the store.
#[derive(Debug)]
pub struct ReadFiles<R> {
    /// The runs, or what was made of each.
    pub runs: Vec<(PathBuf, R)>,
    /// The annotations.
    pub annotations: Vec<(PathBuf, Annotation)>,
    /// The machines.
    pub machines: Vec<(PathBuf, Machine)>,
    /// The files that could not be used, or should not be there.
    pub bad: Vec<Bad>,
}

/// Makes a store of files that were read already, by the rules of [`load_as`]. Their paths begin with `results`.
pub fn of_read<R>(results: &Path, read: ReadFiles<R>, id_and_place: impl Fn(&R) -> (String, PathBuf)) -> Store<R> {
    let ReadFiles { runs, annotations, machines, mut bad } = read;
    let runs = told_apart(runs, results, id_and_place, &mut bad);
    let annotations = told_apart(annotations, results, |said| (said.id.clone(), annotation_place(said)), &mut bad);
    let machines = told_apart(machines, results, |it| (it.id(), machine_place(&it.id())), &mut bad);
    bad.sort_by(|a, b| a.path.cmp(&b.path));
    Store { runs, annotations, machines, bad }
}

/// Returns the annotations under `results` with their files, the earliest first, and what is not as it should be.
#[must_use]
pub fn annotations(results: &Path) -> (Vec<(PathBuf, Annotation)>, Vec<Bad>) {
    let mut bad = Vec::new();
    let read = read_below(&results.join("annotations"), read::annotation, &mut bad);
    let used = told_apart(read, results, |said| (said.id.clone(), annotation_place(said)), &mut bad);
    bad.sort_by(|a, b| a.path.cmp(&b.path));
    (used, bad)
}

/// Returns the price runs under `results` with their files, the earliest first, and what is not as it should be.
#[must_use]
pub fn prices(results: &Path) -> (Vec<(PathBuf, Prices)>, Vec<Bad>) {
    let mut bad = Vec::new();
    let read = read_below(&results.join("prices"), read::prices, &mut bad);
    let used = told_apart(read, results, |prices| (prices.id.clone(), prices_place(prices)), &mut bad);
    bad.sort_by(|a, b| a.path.cmp(&b.path));
    (used, bad)
}

/// Returns the newest price run under `results` that can be read and holds a price.
#[must_use]
pub fn newest_prices(results: &Path) -> Option<Prices> {
    prices(results).0.into_iter().rev().map(|(_, prices)| prices).find(|prices| !prices.is_empty())
}

/// Reads every file below `folder` that can be read. `bad` gets the others.
fn read_below<T: Send>(
    folder: &Path,
    read: impl Fn(&Path) -> Result<T, ReadError> + Sync,
    bad: &mut Vec<Bad>,
) -> Vec<(PathBuf, T)> {
    let found = walk::below(folder);
    let missing = |path: &Path, error: &io::Error| path == folder && error.kind() == io::ErrorKind::NotFound;
    let unlistable = found.unlistable.into_iter().filter(|(path, error)| !missing(path, error));
    bad.extend(unlistable.map(|(path, error)| Bad { path, reason: format!("cannot be listed: {error}") }));
    bad.extend(found.strays.into_iter().map(Bad::stray));

    let mut used = Vec::new();
    for (path, read) in on_all_processors(&found.files, read) {
        match read {
            Ok(content) => used.push((path, content)),
            Err(error) => bad.push(Bad::unreadable(path, &error)),
        }
    }
    used
}

/// Reads the files on as many threads as there are processors, because parsing is most of the work.
fn on_all_processors<T: Send>(
    files: &[PathBuf],
    read: impl Fn(&Path) -> Result<T, ReadError> + Sync,
) -> Vec<(PathBuf, Result<T, ReadError>)> {
    let n = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(files.len().max(1));
    // Each thread reads every n-th file, because files that are neighbours in time are alike in size.
    let share =
        |first| files.iter().skip(first).step_by(n).map(|path| (path.clone(), read(path))).collect::<Vec<_>>();
    thread::scope(|scope| {
        let share = &share;
        let spawn = |first| thread::Builder::new().spawn_scoped(scope, move || share(first));
        let others: Vec<_> = (1..n).map(|first| (first, spawn(first))).collect();
        let mut read = share(0);
        for (first, thread) in others {
            // If the system gives no thread, this one reads that share. A share panics only if there is a bug.
            read.extend(match thread {
                Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                Err(_) => share(first),
            });
        }
        read
    })
}

/// Keeps one file for each id, in the order of file names. `bad` gets the others, and also those that are not in
/// their place.
fn told_apart<T>(
    read: Vec<(PathBuf, T)>,
    results: &Path,
    id_and_place: impl Fn(&T) -> (String, PathBuf),
    bad: &mut Vec<Bad>,
) -> Vec<(PathBuf, T)> {
    let mut all: Vec<Placed<T>> = Vec::new();
    for (path, content) in read {
        let (id, place) = id_and_place(&content);
        all.push(Placed { place: results.join(place), path, id, content });
    }
    let order =
        |it: &Placed<T>| (!is_at(&it.path, &it.place), it.path.file_name().map(ToOwned::to_owned), it.path.clone());
    all.sort_by_cached_key(order);

    let mut first_of: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut used = Vec::new();
    for Placed { path, place, id, content } in all {
        if let Some(first) = first_of.get(&id) {
            let reason = format!("is not used: {} has the same id, {id}", first.display());
            bad.push(Bad { path, reason });
            continue;
        }
        if !is_at(&path, &place) {
            let reason = format!("is used, although its content belongs at {}", place.display());
            bad.push(Bad { path: path.clone(), reason });
        }
        first_of.insert(id, path.clone());
        used.push((path, content));
    }
    used.sort_by(|(a, _), (b, _)| by_name(a).cmp(&by_name(b)));
    used
}

/// What was read from a file, where the file is, and where it should be.
struct Placed<T> {
    path: PathBuf,
    place: PathBuf,
    id: String,
    content: T,
}

/// Returns what files are sorted by. The names of runs and annotations begin with their time.
fn by_name(path: &Path) -> (Option<&OsStr>, &Path) {
    (path.file_name(), path)
}

/// Returns what a [`Bad`] says about a file that cannot be read.
fn reason(error: &ReadError) -> String {
    match error {
        ReadError::Unreadable { source, .. } => format!("cannot be read: {source}"),
        ReadError::NotARun { source, .. } => format!("is not a whole run file: {source}"),
        ReadError::NotPrices { source, .. } => format!("is not a whole file of prices: {source}"),
        ReadError::PricesInstead { .. } => "holds prices and no run; it belongs below prices/".into(),
        ReadError::NotAnAnnotation { source, .. } => format!("is not a whole annotation: {source}"),
        ReadError::NotAMachine { source, .. } => format!("is not a whole machine file: {source}"),
        ReadError::Later { schema, known, .. } => {
            format!("has schema {schema}, and this program knows up to {known}: use a later version")
        }
    }
}
