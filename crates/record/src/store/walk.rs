//! Lists what lies in a folder of the store: the files that may be its own, and everything else.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::names::is_of_the_store;
use crate::files::temporary::is_ours;

/// Everything below a folder.
#[derive(Default)]
pub(super) struct Listing {
    /// The regular files called `*.json` or `*.json.zst`, sorted by name.
    pub(super) files: Vec<PathBuf>,
    /// The files that this program is writing, or was writing when it was killed; see [`crate::files::temporary`].
    pub(super) temporary: Vec<PathBuf>,
    /// The rest: files that editors leave behind, links and pipes.
    pub(super) strays: Vec<PathBuf>,
    /// The folders that could not be listed, or not to their end, and why.
    pub(super) unlistable: Vec<(PathBuf, io::Error)>,
}

/// Lists everything below `folder`. It follows no link, because a link could lead round in a circle, or to a run that
/// is there already.
pub(super) fn below(folder: &Path) -> Listing {
    let mut found = Listing::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        if let Err(error) = list(&folder, &mut folders, &mut found) {
            found.unlistable.push((folder, error));
        }
    }
    found.files.sort_by(|a, b| (a.file_name(), a).cmp(&(b.file_name(), b)));
    found
}

fn list(folder: &Path, folders: &mut Vec<PathBuf>, found: &mut Listing) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        // The name of an editor's lock, ".#x.json", ends like that of a run.
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if kind.is_dir() {
            folders.push(path);
        } else if kind.is_file() && !hidden && is_of_the_store(&path) {
            found.files.push(path);
        } else if kind.is_file() && is_ours(&entry.file_name()) {
            found.temporary.push(path);
        } else {
            found.strays.push(path);
        }
    }
    Ok(())
}
