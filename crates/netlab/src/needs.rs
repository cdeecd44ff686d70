//! What a lab needs of the machine: root with its capabilities, the program `ip`, and TUN devices.

use std::fs::{self, File};

use nix::unistd::Uid;

use crate::error::LabError;
use crate::ip::ip;

/// The capabilities that a lab needs, with their bits (capabilities(7)).
const CAPABILITIES: [(&str, u32); 2] = [("CAP_NET_ADMIN", 12), ("CAP_SYS_ADMIN", 21)];

/// Checks that this process may make a namespace, and that there is `ip`.
pub(crate) fn root_and_ip() -> Result<(), LabError> {
    if !Uid::effective().is_root() {
        return Err(LabError::NotRoot);
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let held = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("CapEff:")?.trim(), 16).ok());
    if let Some((name, _)) = CAPABILITIES.iter().find(|(_, bit)| held.is_some_and(|held| held >> bit & 1 == 0)) {
        return Err(LabError::NotAllowed(name));
    }
    ip(&["-Version"]).map(drop)
}

/// Checks that there are TUN devices.
pub(crate) fn tun() -> Result<(), LabError> {
    // The library would make the file if it were missing, which helps nobody where the kernel has no such device.
    match File::options().read(true).write(true).open("/dev/net/tun") {
        Ok(_) => Ok(()),
        Err(error) => Err(LabError::NoTun(format!("/dev/net/tun: {error}"))),
    }
}
