//! Describes the machine by facts that stay the same until somebody changes it. Its name and its address are not
//! among them.

use std::fs;
use std::thread::available_parallelism;

use serde::{Deserialize, Serialize};

use crate::fingerprint::digits;

/// The facts that identify a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The operating system, such as `linux`.
    pub system: String,
    /// The processor's instruction set, such as `x86_64`.
    pub architecture: String,
    /// The kernel's release.
    pub kernel: Option<String>,
    /// The processor's name.
    pub processor: Option<String>,
    /// How many processors this process may use.
    pub cores: Option<usize>,
    /// The memory in whole GiB, because the memory of a virtual machine varies by some pages from start to start.
    pub memory_gib: Option<u64>,
    /// Whether a hypervisor is below the kernel.
    pub virtual_machine: Option<bool>,
}

impl Machine {
    /// Describes this machine. What cannot be found out is `None`.
    #[must_use]
    pub fn this() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").ok();
        let cpu = |name: &str| cpuinfo.as_deref().and_then(|info| field(info, name));
        let memory_kib = fs::read_to_string("/proc/meminfo").ok().and_then(|info| {
            field(&info, "MemTotal").and_then(|value| value.split(' ').next().and_then(|kib| kib.parse::<u64>().ok()))
        });
        Self {
            system: std::env::consts::OS.into(),
            architecture: std::env::consts::ARCH.into(),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|release| release.trim().into()),
            processor: cpu("model name"),
            cores: available_parallelism().ok().map(usize::from),
            memory_gib: memory_kib.map(|kib| kib.div_ceil(1 << 20)),
            virtual_machine: cpu("flags").map(|flags| flags.split(' ').any(|flag| flag == "hypervisor")),
        }
    }

    /// Returns the machine id: twelve hexadecimal digits of the SHA-256 of these facts. The same facts have the same
    /// id.
    #[must_use]
    pub fn id(&self) -> String {
        let facts = serde_json::to_vec(self).expect("strings, numbers and booleans become JSON");
        digits(&facts)
    }
}

/// Returns the value in the first line `name : value`.
fn field(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_facts_have_the_same_name_and_others_another() {
        let machine = Machine::this();
        assert_eq!(machine.id(), Machine::this().id());
        assert_eq!(machine.id().len(), 12);
        let other = Machine { cores: Some(4_096), ..machine.clone() };
        assert_ne!(machine.id(), other.id());
    }
}
