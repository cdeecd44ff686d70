//! Runs programs that take a while, such as cargo and git. They end, with all that they started, when this program is
//! asked to end or is killed.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::interrupt;

/// Runs a program in a process group that ends when its standard input does. The part in brackets waits for that, and
/// then kills the group, itself included. If the group were asked to end in order, somebody would have to wait for
/// it; and after a SIGKILL of this program, nobody is left who could ask.
const UNTIL_STDIN_ENDS: &str =
    r#"exec 3<&0; (read -r _ <&3; kill -KILL 0) >/dev/null 2>&1 & exec "$@" 3<&- </dev/null"#;

/// The time between two checks whether the program is done or somebody asked to end.
const LOOK: Duration = Duration::from_millis(10);

/// How a program ended, and what it said on standard error.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// What it said on standard error.
    pub said: String,
}

/// Makes the command of a `program` for [`run`]. Arguments, variables and the folder can be added as to any other
/// command.
#[must_use]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", UNTIL_STDIN_ENDS, "sh"]).arg(program);
    command
}

/// Runs a command to its end, in a process group of its own. A Ctrl-C at the terminal reaches this program only,
/// which then ends the group. What the command starts and leaves behind ends with it.
///
/// # Errors
/// If the command does not start, or if somebody asked to end; then nothing of it runs any more.
pub fn run(mut command: Command) -> anyhow::Result<Ended> {
    if interrupt::asked() {
        bail!("interrupted");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().context("cannot start a shell")?;
    let life = child.stdin.take();
    let mut stderr = child.stderr.take().context("it has no standard error")?;
    let said = thread::spawn(move || {
        let mut said = Vec::new();
        // If it can't be read to its end, the part that was read counts as what the program said.
        let _ = stderr.read_to_end(&mut said);
        String::from_utf8_lossy(&said).into_owned()
    });
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if interrupt::asked() {
            drop(life);
            child.wait()?;
            bail!("interrupted");
        }
        thread::sleep(LOOK);
    };
    drop(life);
    let said = said.join().unwrap_or_default();
    if status.code() == Some(NOT_FOUND) {
        bail!("{}", said.trim());
    }
    Ok(Ended { status, said })
}

/// The exit code of a shell that does not find the program.
const NOT_FOUND: i32 = 127;
