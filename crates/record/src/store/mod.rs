//! Keeps the recorded runs and price runs. Each is one file that is never rewritten, under a name that two branches
//! cannot both take.
//!
//! ```text
//! results/machines/<id>.json
//! results/runs/<machine>/<yyyy>/<utc>-<commit12>-<ulid>.json.zst
//! results/prices/<machine>/<yyyy>/<utc>-<commit12>-<ulid>.json
//! results/annotations/<ulid>.json
//! ```

pub mod annotation;
mod load;
mod names;
mod shipped;
mod walk;

use std::io;
use std::path::{Path, PathBuf};

use self::annotation::Annotation;
use self::names::{annotation_place, is_harmless, machine_place, prices_place};
use crate::files::{temporary, write};
use crate::machine::Machine;
use crate::price::Prices;
use crate::run::Run;

pub use load::{Bad, ReadFiles, Store, annotations, load, load_as, newest_prices, of_read, prices};
pub use names::{id_of, is_of_the_store, place};
pub use shipped::{Shipped, ship, ship_prices};

/// Puts a run under `results`, and its machine if that is not there yet. Returns the path of the run's new file.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] if this very run is there already; [`io::ErrorKind::InvalidInput`] if its start,
/// commit or id cannot be part of a file's name; another error if it cannot be written.
pub fn put(results: &Path, run: &Run) -> io::Result<PathBuf> {
    check_name(&run.started, &run.stamp(), &run.id)?;
    remove_left(results);
    put_machine(results, &run.machine)?;
    let path = results.join(place(run));
    write::create_of(&path, &write::compressed(run)?)?;
    Ok(path)
}

/// Puts a price run under `results`, and its machine if that is not there yet. Returns the path of its new file.
///
/// # Errors
/// The errors of [`put`].
pub fn put_prices(results: &Path, prices: &Prices) -> io::Result<PathBuf> {
    check_name(&prices.started, &prices.stamp(), &prices.id)?;
    remove_left(results);
    put_machine(results, &prices.machine)?;
    let path = results.join(prices_place(prices));
    write::create(&path, prices)?;
    Ok(path)
}

fn check_name(started: &str, stamp: &str, id: &str) -> io::Result<()> {
    if is_harmless(started, stamp, id) {
        return Ok(());
    }
    let words = format!("\"{stamp}-{id}\" cannot be the name of a run's file");
    Err(io::Error::new(io::ErrorKind::InvalidInput, words))
}

fn put_machine(results: &Path, machine: &Machine) -> io::Result<()> {
    match write::create(&results.join(machine_place(&machine.id())), machine) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Removes the temporary files of programs that were killed while they wrote to the store.
fn remove_left(results: &Path) {
    for folder in ["machines", "runs", "prices", "annotations"] {
        walk::below(&results.join(folder)).temporary.iter().for_each(|path| temporary::remove_if_left(path));
    }
}

/// Puts an annotation under `results`. Returns the path of its new file.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] if [`Annotation::check`] objects; [`io::ErrorKind::AlreadyExists`] if this very
/// annotation is there already; another error if it cannot be written.
pub fn annotate(results: &Path, annotation: &Annotation) -> io::Result<PathBuf> {
    annotation.check().map_err(|objection| io::Error::new(io::ErrorKind::InvalidInput, objection))?;
    remove_left(results);
    let path = results.join(annotation_place(annotation));
    write::create(&path, annotation)?;
    Ok(path)
}

/// Returns the files of all runs under `results`, the earliest first. Their names begin with the time.
///
/// # Errors
/// If a folder of the runs cannot be listed.
pub fn runs(results: &Path) -> io::Result<Vec<PathBuf>> {
    let found = walk::below(&results.join("runs"));
    match found.unlistable.into_iter().next() {
        Some((_, error)) => Err(error),
        None => Ok(found.files),
    }
}
