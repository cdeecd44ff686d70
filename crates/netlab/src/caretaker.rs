//! A shell that waits until the process of a lab ends. If that process was killed, the shell removes the lab.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::error::LabError;
use crate::owner::{Owner, lock_file};

/// Waits for the end of the standard input, which the process of the lab holds open as long as it lives. `$0` is the
/// folder of the lab, `$1` its record, `$2` the file to lock, and the namespaces follow. If the record has changed,
/// another process has removed the lab already.
const WAIT_AND_REMOVE: &str = r#"trap '' HUP INT QUIT TERM
folder=$0 record=$1 lock=$2
shift 2
read -r _
exec 9>"$lock"
command -v flock && flock 9
[ "$(cat "$folder/owner.json")" = "$record" ] || exit 0
for name in "$@"; do
    for process in $(ip netns pids "$name"); do kill -KILL "$process"; done
    ip netns delete "$name"
done
rm -rf "$folder""#;

/// The caretaker of a lab. It is ended when this value is dropped.
#[derive(Debug)]
pub(crate) struct Caretaker(Child);

impl Caretaker {
    /// Starts a caretaker, in a process group of its own, so that what ends the group of the lab does not end it.
    pub(crate) fn start(owner: &Owner, folder: &Path) -> Result<Self, LabError> {
        let mut shell = Command::new("sh");
        shell.args(["-c", WAIT_AND_REMOVE]).arg(folder).arg(owner.text()).arg(lock_file());
        shell.args(owner.namespaces.iter().map(|namespace| &namespace.name));
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/").process_group(0);
        shell.spawn().map(Self).map_err(|error| LabError::system("start a shell", error))
    }
}

impl Drop for Caretaker {
    fn drop(&mut self) {
        // Killing fails only if the shell has ended before, and waiting reaps it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
