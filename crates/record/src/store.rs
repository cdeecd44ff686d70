//! The runs kept for good: one immutable file each, under names that two branches cannot both take.
//!
//! ```text
//! results/machines/<id>.json
//! results/runs/<machine>/<yyyy>/<utc>-<commit12>-<ulid>.json
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Run, file};

/// Puts a run under `results`, and its machine where that is not known yet. Gives the run's new file.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where this very run is there already; else where it cannot be written.
pub fn put(results: &Path, run: &Run) -> io::Result<PathBuf> {
    let machine = run.machine.id();
    match file::create(&results.join("machines").join(format!("{machine}.json")), &run.machine) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let year: String = run.started.chars().take(4).collect();
    let path = results.join("runs").join(machine).join(year).join(format!("{}-{}.json", run.stamp(), run.id));
    file::create(&path, run)?;
    Ok(path)
}

/// The files of all runs under `results`, the earliest first: their names begin with the time.
///
/// # Errors
/// Where a folder of it cannot be listed.
pub fn runs(results: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = vec![results.join("runs")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                files.push(path);
            }
        }
    }
    files.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    Ok(files)
}
