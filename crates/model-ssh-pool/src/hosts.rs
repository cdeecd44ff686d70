//! The hosts that the environment names, and how ssh is started for each.

use std::env::var_os;
use std::path::PathBuf;
use std::process::Command;

use fanout_model::SetupError;

/// The variable that names the hosts, separated by commas, as ssh takes them.
const VARIABLE: &str = "FANOUT_SSH";

/// The variable that names a configuration file for ssh, in place of the user's own.
const CONFIG: &str = "FANOUT_SSH_CONFIG";

/// The variable with the command that starts a worker on a host.
const COMMAND: &str = "FANOUT_SSH_COMMAND";

/// The hosts with a worker each.
#[derive(Clone, Debug)]
pub struct Hosts {
    names: Vec<String>,
    config: Option<PathBuf>,
    command: String,
}

impl Hosts {
    /// Checks that the environment names hosts.
    ///
    /// # Errors
    /// [`SetupError::Elsewhere`] with what is missing.
    pub(crate) fn are_named() -> Result<(), SetupError> {
        let missing = "FANOUT_SSH is not set; it names the hosts of the workers (docs/fleet.md)";
        var_os(VARIABLE).filter(|hosts| !hosts.is_empty()).map(|_| ()).ok_or_else(|| elsewhere(missing))
    }

    /// Returns the hosts that the environment names.
    ///
    /// # Errors
    /// [`SetupError::Elsewhere`] if none is named, or if what is named is no host.
    pub fn from_env() -> Result<Self, SetupError> {
        Self::are_named()?;
        let text = |name| var_os(name).filter(|it| !it.is_empty()).map(|it| it.to_string_lossy().into_owned());
        let hosts = Self::new(&text(VARIABLE).unwrap_or_default())?;
        let command = text(COMMAND).unwrap_or(hosts.command);
        Ok(Self { config: text(CONFIG).map(PathBuf::from), command, ..hosts })
    }

    /// Returns the hosts of this list, separated by commas.
    ///
    /// # Errors
    /// [`SetupError::Elsewhere`] if what is named is no host.
    pub fn new(list: &str) -> Result<Self, SetupError> {
        let names: Vec<String> = list.split(',').map(|host| host.trim().to_owned()).collect();
        // ssh would take such a host for an option, which may start any program.
        let is_host =
            |name: &String| !name.is_empty() && !name.starts_with('-') && !name.contains(char::is_whitespace);
        match names.iter().find(|name| !is_host(name)) {
            Some(wrong) => Err(elsewhere(&format!("{VARIABLE} names `{wrong}`, which is no host for ssh"))),
            None => Ok(Self { names, config: None, command: "fanout worker".into() }),
        }
    }

    /// The same hosts with this configuration file for ssh, and this command on each host.
    #[must_use]
    pub fn with(self, config: PathBuf, command: String) -> Self {
        Self { config: Some(config), command, ..self }
    }

    /// The names of the hosts.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The command that starts a worker on a host.
    pub(crate) fn start(&self, host: &str) -> Command {
        let mut ssh = Command::new("ssh");
        if let Some(config) = &self.config {
            ssh.arg("-F").arg(config);
        }
        // There is nobody to type a password, and a host that is silent for 15 s is gone.
        ssh.args(["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]);
        ssh.args(["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"]);
        ssh.args(["--", host, &self.command]);
        ssh
    }
}

fn elsewhere(why: &str) -> SetupError {
    SetupError::Elsewhere(why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_ssh_would_take_for_an_option_is_refused() {
        for list in ["-oProxyCommand=id", "host,", "host,-F/dev/null", "two words", ""] {
            let error = Hosts::new(list).unwrap_err().to_string();
            assert!(error.contains("FANOUT_SSH names") && error.contains("no host"), "{list}: {error}");
        }
        assert_eq!(Hosts::new("one, me@two,ssh://three:2222").unwrap().names().len(), 3);
    }
}
