//! A store in a folder. A file is written as those of `results/` are: beside its place, synced, and put there without
//! overwriting. Whoever is killed meanwhile leaves a temporary file, which the next writer removes.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fanout_record::{input, write};

use crate::error::{Doing, StoreError};
use crate::object::{LIMIT, Object, Part};

/// A folder that is there.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Opens the folder. It must be there, because a disk that is not mounted looks like an empty folder's absence.
    pub(crate) fn open(root: &Path) -> Result<Self, StoreError> {
        let failed = |error: &io::Error| StoreError::of_io(Doing::Open, root.display().to_string(), error);
        let facts = fs::metadata(root).map_err(|error| failed(&error))?;
        if !facts.is_dir() {
            return Err(failed(&io::Error::new(ErrorKind::NotADirectory, "it is not a folder")));
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Lists the files below a folder. It follows no link, and passes over hidden files. A folder that is not there
    /// has no files.
    pub(crate) fn list(&self, below: &str) -> Result<Vec<Object>, StoreError> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.join(below)];
        while let Some(folder) = folders.pop() {
            match self.list_one(&folder, &mut folders, &mut found) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(StoreError::of_io(Doing::List, folder.display().to_string(), &error));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    fn list_one(&self, folder: &Path, folders: &mut Vec<PathBuf>, found: &mut Vec<Object>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            let name = path.strip_prefix(&self.root).ok().and_then(Path::to_str).map(str::to_owned);
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if kind.is_dir() {
                folders.push(path);
            } else if let (true, false, Some(name)) = (kind.is_file(), is_hidden, name) {
                let facts = entry.metadata()?;
                let stamp = format!("{} {} {}", facts.ino(), facts.ctime(), facts.ctime_nsec());
                found.push(Object { name, length: facts.len(), stamp });
            }
        }
        Ok(())
    }

    /// Reads a file, or its end.
    pub(crate) fn read(&self, name: &str, part: Part) -> Result<Vec<u8>, StoreError> {
        let path = self.root.join(name);
        let failed = |error: &io::Error| StoreError::of_io(Doing::Read, path.display().to_string(), error);
        let read = match part {
            Part::Whole => input::bytes(&path, LIMIT),
            Part::End(length) => end(&path, length),
        };
        read.map_err(|error| failed(&error))
    }

    /// Creates a file. Returns whether it is new; `false` if one of that name is there, which stays as it is. If that
    /// fails, the folders that were made for it are gone as well.
    pub(crate) fn create(&self, name: &str, bytes: &[u8]) -> Result<bool, StoreError> {
        let path = self.root.join(name);
        let missing: Vec<&Path> = path.ancestors().skip(1).take_while(|above| !above.exists()).collect();
        match write::create_of(&path, bytes) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => {
                // Only an empty folder can be removed, so that what somebody else put there meanwhile stays.
                missing.iter().for_each(|folder| drop(fs::remove_dir(folder)));
                Err(StoreError::of_io(Doing::Create, path.display().to_string(), &error))
            }
        }
    }
}

/// Reads the last bytes of a file that was listed, which is a regular one.
fn end(path: &Path, length: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let whole = file.metadata()?.len();
    file.seek(SeekFrom::Start(whole.saturating_sub(length)))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}
