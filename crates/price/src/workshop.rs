//! The folder in which programs are built, one at a time. It is always at the same place, because the place of a
//! package is a part of what the compiler names things by, and equal programs should have equal sizes.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::program::Program;

/// The folder. Nobody else builds in it while this is there. Dropping it removes everything in it.
#[derive(Debug)]
pub struct Workshop {
    folder: PathBuf,
    workspace: PathBuf,
    /// It is held, and not read. The lock ends with the process, whichever way that ends.
    _lock: File,
}

impl Workshop {
    /// Opens the folder `price/` in `derived`, for the programs of `workspace`. What a killed program left there is
    /// removed.
    ///
    /// # Errors
    /// If the folder cannot be made, or somebody else builds in it.
    pub fn open(derived: &Path, workspace: &Path) -> anyhow::Result<Self> {
        let (folder, lock) = (derived.join("price"), derived.join("price.lock"));
        fs::create_dir_all(derived).with_context(|| format!("cannot make {}", derived.display()))?;
        let file = File::create(&lock).with_context(|| format!("cannot make {}", lock.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("another price bench is running (it holds {}): wait until it has ended", lock.display())
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", lock.display()));
            }
        }
        let workshop = Self { folder, workspace: workspace.into(), _lock: file };
        workshop.clear().with_context(|| format!("cannot clear {}", workshop.folder.display()))?;
        Ok(workshop)
    }

    /// Writes a program into the folder, in place of everything that is there.
    ///
    /// # Errors
    /// If a file cannot be removed, read or written.
    pub(crate) fn set_up(&self, program: &Program) -> anyhow::Result<()> {
        self.clear().with_context(|| format!("cannot clear {}", self.folder.display()))?;
        let package = self.package();
        fs::create_dir_all(&package).with_context(|| format!("cannot make {}", package.display()))?;
        let temporary = self.temporary();
        fs::create_dir_all(&temporary).with_context(|| format!("cannot make {}", temporary.display()))?;
        program.write(&package, &self.workspace)
    }

    /// The folder of the whole workspace.
    pub(crate) fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// The folder of the program's package.
    pub(crate) fn package(&self) -> PathBuf {
        self.folder.join("package")
    }

    /// The target folder of the program.
    pub(crate) fn target(&self) -> PathBuf {
        self.folder.join("target")
    }

    /// The folder for the temporary files of compilers and linkers, which leave them when they are killed.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.folder.join("tmp")
    }

    fn clear(&self) -> io::Result<()> {
        let remove = || match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            done => done,
        };
        // A process that was just killed may have put something there meanwhile.
        remove().or_else(|_| remove())
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next bench.
        let _ = self.clear();
    }
}
