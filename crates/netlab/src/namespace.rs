//! One end of a lab: a network namespace that runs closures and programs.

use std::fs::{self, File};
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::fs::MetadataExt;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, setns};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::error::LabError;
use crate::ip::ip;

/// Where `ip netns` keeps its namespaces (ip-netns(8)).
const NAMESPACES: &str = "/run/netns";

/// How long the processes of a namespace may take to end once they are killed. It is a deadline against hanging.
const ENDING: Duration = Duration::from_secs(5);

/// One end of a lab.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    address: Ipv4Addr,
    file: File,
}

impl Namespace {
    /// Makes a namespace that has nothing but loopback.
    pub(crate) fn make(name: &str, address: Ipv4Addr) -> Result<Self, LabError> {
        // This fails if there is a namespace of this name already.
        ip(&["netns", "add", name])?;
        let made = Self::open(name, address);
        if made.is_err() {
            // The first failure is the one to report.
            let _ = ip(&["netns", "delete", name]);
        }
        made
    }

    fn open(name: &str, address: Ipv4Addr) -> Result<Self, LabError> {
        let file = File::open(path(name)).map_err(|error| LabError::system(format!("open `{name}`"), error))?;
        let namespace = Self { name: name.into(), address, file };
        namespace.within("prepare it", || {
            // Without IPv6, no packet is sent but those of the programs in the lab. A kernel may have no IPv6.
            for all in ["all", "default"] {
                let _ = fs::write(format!("/proc/sys/net/ipv6/conf/{all}/disable_ipv6"), "1");
            }
            Ok(())
        })?;
        ip(&["-n", name, "link", "set", "lo", "up"])?;
        Ok(namespace)
    }

    /// Returns the name, as `ip netns` shows it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the address of this end of the link.
    #[must_use]
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Runs a closure in this namespace, on a thread that is started for it, and returns what the closure returns.
    /// Sockets that it opens, and threads and processes that it starts, are in the namespace for good.
    ///
    /// # Errors
    /// If the system does not let a thread enter the namespace.
    ///
    /// # Panics
    /// If the closure panics.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        let inside = || {
            self.enter()?;
            Ok(work())
        };
        thread::scope(|scope| scope.spawn(inside).join().unwrap_or_else(|panic| resume_unwind(panic)))
    }

    /// Starts a program in this namespace.
    ///
    /// # Errors
    /// If the program cannot be started, or the namespace not be entered.
    pub fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        self.run(|| command.spawn())?
    }

    /// Moves the calling thread into this namespace, for the rest of the thread's life. Threads and processes that
    /// it starts from then on are in the namespace as well.
    ///
    /// # Errors
    /// If the system refuses it (setns(2)).
    pub fn enter(&self) -> io::Result<()> {
        Ok(setns(&self.file, CloneFlags::CLONE_NEWNET)?)
    }

    /// Runs a closure in this namespace, and says what was tried if it fails.
    pub(crate) fn within<T: Send>(
        &self,
        what: &str,
        work: impl FnOnce() -> io::Result<T> + Send,
    ) -> Result<T, LabError> {
        let result = self.run(work).and_then(|result| result);
        result.map_err(|error| LabError::system(format!("{what} in the network namespace `{}`", self.name), error))
    }
}

pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(NAMESPACES).join(name)
}

/// Returns whether there is a namespace of this name.
pub(crate) fn exists(name: &str) -> bool {
    path(name).symlink_metadata().is_ok()
}

/// Returns the number that the kernel gave to the namespace of this name.
pub(crate) fn number(name: &str) -> io::Result<u64> {
    Ok(fs::metadata(path(name))?.ino())
}

/// Kills the processes in the namespace of this name, other than this process, and removes the namespace.
pub(crate) fn remove(name: &str) -> Result<(), LabError> {
    let Ok(number) = number(name) else { return Ok(()) };
    let deadline = Instant::now() + ENDING;
    loop {
        let processes = processes(number);
        if processes.is_empty() || Instant::now() > deadline {
            break;
        }
        for process in processes {
            // It fails if the process has just ended.
            let _ = kill(process, Signal::SIGKILL);
        }
        // Processes that were started meanwhile are found in the next round.
        thread::sleep(Duration::from_millis(2));
    }
    match ip(&["netns", "delete", name]) {
        Err(_) if !exists(name) => Ok(()),
        result => result.map(drop),
    }
}

/// Lists the processes in the namespace with this number. A process that ended, and that its parent has not asked
/// about yet, is in no namespace.
fn processes(number: u64) -> Vec<Pid> {
    let is_inside = |process: &i32| {
        let namespace = fs::metadata(format!("/proc/{process}/ns/net"));
        namespace.is_ok_and(|namespace| namespace.ino() == number)
    };
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let this = std::process::id().cast_signed();
    all.filter(|process| *process != this).filter(is_inside).map(Pid::from_raw).collect()
}
