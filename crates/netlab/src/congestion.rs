//! The congestion control of TCP in a namespace: how a sender finds out how much a network takes (RFC 5681). Linux
//! has a default for each network namespace, which new connections take (tcp(7)).

use std::fs;
use std::io;

use crate::error::LabError;
use crate::namespace::Namespace;

/// Returns the file of a setting. The thread that opens it gets the setting of its own namespace.
fn file(setting: &str) -> String {
    format!("/proc/sys/net/ipv4/tcp_{setting}")
}

fn read(setting: &str) -> io::Result<String> {
    Ok(fs::read_to_string(file(setting))?.trim().to_owned())
}

impl Namespace {
    /// Returns the congestion control of TCP that new connections of this namespace have, such as `cubic`.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn congestion(&self) -> Result<String, LabError> {
        self.within("read the congestion control", || read("congestion_control"))
    }

    /// Sets it. The kernel is asked before any list is read, because it can load the module of a name.
    pub(crate) fn set_congestion(&self, name: &str) -> Result<(), LabError> {
        let set = || Ok((fs::write(file("congestion_control"), name).err(), read("congestion_control")?));
        let (failed, now) = self.within("set the congestion control", set)?;
        // The kernel cuts long names and takes the first line alone, so that it may have taken another name.
        if failed.is_none() && now == name {
            return Ok(());
        }
        let list = |which: &str| {
            let listed = self.within("list congestion controls", || read(&format!("{which}_congestion_control")));
            let listed = listed.unwrap_or_default();
            (listed.split_whitespace().any(|known| known == name), listed)
        };
        let ((is_available, available), (is_allowed, allowed)) = (list("available"), list("allowed"));
        let name = name.to_owned();
        Err(match failed {
            _ if !is_available => LabError::NoCongestion { name, available },
            _ if !is_allowed => LabError::CongestionNotAllowed { name, allowed },
            failed => {
                let error = failed.unwrap_or_else(|| io::Error::other("the system keeps another one"));
                LabError::system(format!("let a lab have the congestion control `{name}`"), error)
            }
        })
    }
}
