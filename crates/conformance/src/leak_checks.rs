//! Counts the threads, children and sockets of this process. It reads them from Linux's /proc.

use std::fs::{read_dir, read_link, read_to_string};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fanout_usage::Stat;

/// How long it may take until dropped things are gone: a server notices a closed connection a moment later.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Counts of everything that a model could leave behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Census {
    threads: usize,
    children: usize,
    sockets: usize,
}

impl Census {
    /// The counts of this process now.
    #[must_use]
    pub(crate) fn now() -> Self {
        Self {
            threads: entries("/proc/self/task").count(),
            children: children_of(std::process::id()).len(),
            sockets: sockets(),
        }
    }

    /// The counts of this process as soon as they stop changing.
    #[must_use]
    pub(crate) fn settled() -> Self {
        let mut last = Self::now();
        loop {
            sleep(Duration::from_millis(100));
            let now = Self::now();
            if now == last {
                return now;
            }
            last = now;
        }
    }

    /// Waits until none of the counts is larger than this.
    ///
    /// # Errors
    /// What is still left after some seconds.
    pub(crate) fn is_back(self) -> Result<(), String> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let now = Self::now();
            if now.threads <= self.threads && now.children <= self.children && now.sockets <= self.sockets {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("left behind: before {self:?}, after {now:?}"));
            }
            sleep(Duration::from_millis(5));
        }
    }
}

/// The children of a process, including those that ended and were not reaped.
#[must_use]
pub fn children_of(parent: u32) -> Vec<u32> {
    let pids = entries("/proc").filter_map(|name| name.parse::<u32>().ok());
    pids.filter(|pid| Stat::of(*pid).is_some_and(|stat| stat.parent == parent)).collect()
}

/// Whether a process is running. A process that ended and was not reaped is not.
#[must_use]
pub fn runs(pid: u32) -> bool {
    Stat::of(pid).is_some_and(|stat| stat.runs())
}

/// What a process and its children are doing, for the message of a test whose deadline passed: the state and the
/// command line of each, and where in the kernel its threads wait.
#[must_use]
pub fn doing(pid: u32) -> String {
    let own = format!("/proc/{pid}");
    let read = |path: String| read_to_string(path).unwrap_or_default().replace('\0', " ");
    let state = Stat::of(pid).map_or_else(|| "gone".into(), |stat| stat.state.to_string());
    let waits: Vec<String> =
        entries(&format!("{own}/task")).map(|thread| read(format!("{own}/task/{thread}/wchan"))).collect();
    let line = format!("{pid} {state} {:?} {}\n", waits, read(format!("{own}/cmdline")));
    children_of(pid).into_iter().fold(line, |lines, child| lines + &doing(child))
}

fn sockets() -> usize {
    let folder = Path::new("/proc/self/fd");
    let is_socket =
        |name: &String| read_link(folder.join(name)).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"));
    entries("/proc/self/fd").filter(is_socket).count()
}

fn entries(folder: &str) -> impl Iterator<Item = String> {
    let entries = read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}
