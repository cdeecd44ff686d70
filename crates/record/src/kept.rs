//! Keeps the latest of its kind, a run or a price run, under the name that the next command looks for.
//!
//! What it replaces goes to the name of the previous one, unless it is partial and a whole one is there already.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::files::read::ReadError;
use crate::files::write;

/// What is kept.
pub(crate) trait Kept: Serialize + Sized {
    /// Its own name.
    fn id(&self) -> &str;

    /// Whether some of what was asked for was not measured.
    fn is_partial(&self) -> bool;

    /// Whether nothing was measured.
    fn is_empty(&self) -> bool;

    /// Reads one.
    fn read(path: &Path) -> Result<Self, ReadError>;
}

/// The files of one kind.
pub(crate) struct Places {
    pub(crate) last: PathBuf,
    pub(crate) previous: PathBuf,
    /// The name of a file that was the last one, and cannot be read.
    pub(crate) unreadable: PathBuf,
}

/// Makes `new` the last of its kind.
///
/// # Errors
/// If it cannot be written. The last one is then still the last one.
pub(crate) fn keep<T: Kept>(new: &T, places: &Places) -> io::Result<()> {
    let displaced = match T::read(&places.last) {
        Err(ReadError::Unreadable { source, .. }) if source.kind() == ErrorKind::NotFound => None,
        // The file may be a whole one of a later version of this program.
        Err(_) => {
            fs::rename(&places.last, &places.unreadable)?;
            None
        }
        Ok(last) => Some(last),
    };
    if let Some(displaced) = displaced.filter(|last| last.id() != new.id() && !last.is_empty()) {
        let whole_one_is_there = || T::read(&places.previous).is_ok_and(|previous| !previous.is_partial());
        if !displaced.is_partial() || !whole_one_is_there() {
            write::replace(&places.previous, &displaced)?;
        }
    }
    write::replace(&places.last, new)
}
