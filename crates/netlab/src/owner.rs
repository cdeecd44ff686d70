//! The record of each lab: who made it, and which namespaces are its own. By these records, a later start recognises
//! what a killed process left.

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use fanout_usage::Stat;
use serde::{Deserialize, Serialize};

use crate::error::LabError;
use crate::namespace;

/// The folder of the records. It is emptied when the machine starts, as namespaces are.
pub(crate) const RECORDS: &str = "/run/fanout/netlab";

/// Who may do what in the folders: everybody may read, and only root may write.
const FOLDER: u32 = 0o755;

/// The record of a lab, in its folder.
const RECORD: &str = "owner.json";

/// Who made a lab, and what it made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owner {
    /// The process.
    pub(crate) process: u32,
    /// When the process was started, in clock ticks since the machine was (proc_pid_stat(5)). A later process with
    /// the same number has another start.
    pub(crate) started: u64,
    /// The namespaces.
    pub(crate) namespaces: Vec<Owned>,
}

/// A namespace of a lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owned {
    /// Its name, as `ip netns` has it.
    pub(crate) name: String,
    /// The kernel's number of it; `None` until it is made. The name was free when the record was written.
    pub(crate) number: Option<u64>,
}

impl Owner {
    /// This process, and namespaces that are still to be made.
    pub(crate) fn this(namespaces: &[String]) -> Self {
        let process = std::process::id();
        let namespaces = namespaces.iter().map(|name| Owned { name: name.clone(), number: None }).collect();
        Self { process, started: start_of(process).unwrap_or(0), namespaces }
    }

    /// Returns the record as its file has it.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("a record has text and numbers alone")
    }

    fn read(folder: &Path) -> Option<Self> {
        serde_json::from_str(&fs::read_to_string(folder.join(RECORD)).ok()?).ok()
    }

    /// Writes the record into the folder of the lab. A reader sees the old record or the new one, and no half.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), LabError> {
        let new = folder.join("new");
        // Root believes the record, and therefore nobody else may write it, whatever root's umask is.
        let file = File::options().write(true).create(true).truncate(true).mode(0o644).open(&new);
        let written = file.and_then(|mut file| file.write_all(self.text().as_bytes()));
        let written = written.and_then(|()| fs::rename(new, folder.join(RECORD)));
        written.map_err(|error| LabError::system(format!("write a record in {}", folder.display()), error))
    }

    /// Whether the process that made the lab still runs.
    fn lives(&self) -> bool {
        start_of(self.process) == Some(self.started)
    }

    /// Removes the namespaces that are the lab's own. One that somebody else made later under the same name stays.
    fn remove(&self) -> Result<Vec<String>, LabError> {
        let mut removed = Vec::new();
        for Owned { name, number } in &self.namespaces {
            let is_ours = namespace::number(name).is_ok_and(|now| number.is_none_or(|number| number == now));
            if is_ours {
                namespace::remove(name)?;
                removed.push(name.clone());
            }
        }
        Ok(removed)
    }
}

/// Returns when a process was started, in clock ticks since the machine was; `None` if there is no such process, or
/// if it has ended and only its parent has not asked about it yet.
fn start_of(process: u32) -> Option<u64> {
    Stat::of(process).filter(Stat::runs).map(|stat| stat.started)
}

/// The folder of the records, while no other process changes anything in it.
struct Records(#[expect(dead_code, reason = "dropping it unlocks the folder")] File);

impl Records {
    /// Waits until no other process claims or removes a lab.
    fn lock() -> Result<Self, LabError> {
        let refused = |error| LabError::system(format!("lock {RECORDS}"), error);
        DirBuilder::new().recursive(true).mode(FOLDER).create(RECORDS).map_err(refused)?;
        let file = File::create(lock_file()).map_err(refused)?;
        file.lock().map_err(refused)?;
        Ok(Self(file))
    }

    /// Removes what killed processes left: the namespaces of their labs, with the processes inside, and their
    /// folders. Returns the names of the namespaces.
    fn sweep(&self) -> Result<Vec<String>, LabError> {
        let mut removed = Vec::new();
        for entry in fs::read_dir(RECORDS).into_iter().flatten().flatten() {
            let folder = entry.path();
            if !folder.is_dir() {
                continue;
            }
            let owner = Owner::read(&folder);
            if owner.as_ref().is_some_and(Owner::lives) {
                continue;
            }
            // Without a record, nothing was made yet: the record is written first.
            removed.extend(owner.map_or(Ok(Vec::new()), |owner| owner.remove())?);
            remove_folder(&folder)?;
        }
        Ok(removed)
    }
}

/// A lab of this process: its record and its folder. Dropping it removes them, and the namespaces.
#[derive(Debug)]
pub(crate) struct Claim {
    owner: Owner,
    folder: PathBuf,
    is_removed: bool,
}

impl Claim {
    /// Removes what killed processes left, and then takes the name of a lab and the names of its namespaces, which
    /// are still to be made. Returns the claim, and the names of the namespaces that were removed.
    pub(crate) fn new(name: &str, namespaces: &[String]) -> Result<(Self, Vec<String>), LabError> {
        let records = Records::lock()?;
        let swept = records.sweep()?;
        let folder = Path::new(RECORDS).join(name);
        if let Some(owner) = Owner::read(&folder) {
            return Err(LabError::InUse { name: name.into(), owner: owner.process });
        }
        if let Some(foreign) = namespaces.iter().find(|name| namespace::exists(name)) {
            return Err(LabError::Foreign { name: foreign.clone(), records: RECORDS });
        }
        DirBuilder::new()
            .mode(FOLDER)
            .create(&folder)
            .map_err(|error| LabError::system(format!("make {}", folder.display()), error))?;
        let owner = Owner::this(namespaces);
        if let Err(error) = owner.write(&folder) {
            // The first failure is the one to report.
            let _ = remove_folder(&folder);
            return Err(error);
        }
        Ok((Self { owner, folder, is_removed: false }, swept))
    }

    pub(crate) fn owner(&self) -> &Owner {
        &self.owner
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives up a namespace that could not be made, and those that were to follow. If there is one of that name, it
    /// is somebody else's.
    pub(crate) fn give_up(&mut self, name: &str) {
        let before = self.owner.namespaces.iter().position(|owned| owned.name == name);
        self.owner.namespaces.truncate(before.unwrap_or(0));
    }

    /// Notes the kernel's numbers of the namespaces, which are made now.
    pub(crate) fn note_numbers(&mut self) -> Result<(), LabError> {
        for Owned { name, number } in &mut self.owner.namespaces {
            let now = namespace::number(name);
            *number = Some(now.map_err(|error| LabError::system(format!("read the number of `{name}`"), error))?);
        }
        self.owner.write(&self.folder)
    }

    /// Removes the namespaces, with the processes inside, and the folder.
    pub(crate) fn remove(&mut self) -> Result<(), LabError> {
        if self.is_removed {
            return Ok(());
        }
        self.is_removed = true;
        let _records = Records::lock()?;
        self.owner.remove()?;
        remove_folder(&self.folder)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // What cannot be removed now is left to the next lab that is started.
        let _ = self.remove();
    }
}

pub(crate) fn lock_file() -> PathBuf {
    Path::new(RECORDS).join("lock")
}

fn remove_folder(folder: &Path) -> Result<(), LabError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(LabError::system(format!("remove {}", folder.display()), error))
        }
        _ => Ok(()),
    }
}
