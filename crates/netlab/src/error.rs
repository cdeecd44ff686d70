//! Why there can be no lab, and what to do about it.

use std::io;

/// Why a lab cannot be made, or not be removed.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The process is not root's.
    #[error("a lab needs root, because only root may make network namespaces: run the command with sudo")]
    NotRoot,
    /// The process is root's, and has not all of root's capabilities, as in most containers.
    #[error("a lab needs the capability {0}, which root lacks here: run the command outside of the container")]
    NotAllowed(&'static str),
    /// A program is missing.
    #[error("a lab needs the program `{0}`, which is not on the path: install iproute2")]
    NoProgram(&'static str),
    /// There are no TUN devices, which the relay needs.
    #[error(
        "a lab needs TUN devices, and this system has none ({0}): load the module with `modprobe tun`, or give the \
         container the device /dev/net/tun"
    )]
    NoTun(String),
    /// netem was asked for by name, and cannot carry the link.
    #[error("netem cannot carry this link ({0}): let the relay carry it")]
    NoNetem(String),
    /// The system has no congestion control of this name.
    #[error(
        "this system has no congestion control of TCP with the name `{name}`: take one of those in \
         net.ipv4.tcp_available_congestion_control, which are {available}, or load its module (`modprobe tcp_NAME`)"
    )]
    NoCongestion {
        /// The name.
        name: String,
        /// The names that there are, separated by spaces.
        available: String,
    },
    /// The system has a congestion control, and lets no namespace but the first one choose it.
    #[error(
        "this system lets no lab use the congestion control `{name}`: take one of those in \
         net.ipv4.tcp_allowed_congestion_control, which are {allowed}, or add it there with sysctl"
    )]
    CongestionNotAllowed {
        /// The name.
        name: String,
        /// The names that are allowed, separated by spaces.
        allowed: String,
    },
    /// The link cannot be made.
    #[error("{0}")]
    Link(String),
    /// The name cannot be the name of a lab.
    #[error("`{0}` cannot be the name of a lab: take 1 to 40 letters, digits and hyphens")]
    Name(String),
    /// Another process has a lab of this name.
    #[error("process {owner} has a lab with the name `{name}`: choose another name, or end that process")]
    InUse {
        /// The name of the lab.
        name: String,
        /// The process that has the lab.
        owner: u32,
    },
    /// There is a namespace of this name, and it is not known to be fanout's.
    #[error(
        "there is a network namespace `{name}` already, and no record in {records} says that fanout made it. It is \
         left as it is: choose another name for the lab, or remove the namespace yourself with `ip netns delete \
         {name}`"
    )]
    Foreign {
        /// The name of the namespace.
        name: String,
        /// The folder of the records.
        records: &'static str,
    },
    /// The system refused something.
    #[error("cannot {what}: {error}")]
    System {
        /// What was refused.
        what: String,
        /// The system's reason.
        error: io::Error,
    },
    /// `ip` or `tc` failed.
    #[error("`{command}` failed: {said}")]
    Command {
        /// The command with its arguments.
        command: String,
        /// What it said on standard error.
        said: String,
    },
}

impl LabError {
    /// Makes an error of what the system refused.
    pub(crate) fn system(what: impl Into<String>, error: impl Into<io::Error>) -> Self {
        Self::System { what: what.into(), error: error.into() }
    }
}
