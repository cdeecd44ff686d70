//! A program that does not outlive the one that started it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context;
use fanout_usage::Stat;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long a program may take to end when it is asked to. Then it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// Starts a program whose output goes to the file `$0`, prints its number, and ends it when the input ends: that is,
/// when whoever holds the other end of the pipe is gone, for whatever reason.
const SHELL: &str = r#""$@" > "$0" 2>&1 < /dev/null & echo $!; cat > /dev/null; kill $! 2> /dev/null; wait"#;

/// A program that runs in the background. Dropping this ends it.
#[derive(Debug)]
pub struct Tied {
    shell: Child,
    program: Pid,
    log: PathBuf,
}

impl Tied {
    /// Starts a program. What it prints goes to the file `log`.
    ///
    /// # Errors
    /// If the system refuses the process. A program that cannot be started ends at once instead.
    pub fn start<S: AsRef<OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = S>,
        log: PathBuf,
    ) -> anyhow::Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", SHELL]).arg(&log).arg(program).args(arguments);
        let shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut shell = shell.with_context(|| format!("cannot start {}", program.display()))?;
        let mut line = String::new();
        BufReader::new(shell.stdout.take().context("its output is a pipe")?).read_line(&mut line)?;
        let program = Pid::from_raw(line.trim().parse().context("the shell prints the number of a process")?);
        Ok(Self { shell, program, log })
    }

    /// The number of the program's process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.program.as_raw().unsigned_abs()
    }

    /// Whether the program is still running.
    #[must_use]
    pub fn runs(&self) -> bool {
        Stat::of(self.program).is_some_and(|stat| stat.runs())
    }

    /// What the program has printed.
    #[must_use]
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends the program a signal. Nothing happens if it has ended.
    pub fn signal(&self, signal: Signal) {
        if self.runs() {
            // It may end just now.
            let _ = kill(self.program, signal);
        }
    }
}

impl Drop for Tied {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let until = Instant::now() + GRACE;
        while self.runs() && Instant::now() < until {
            sleep(Duration::from_millis(2));
        }
        self.signal(Signal::SIGKILL);
        // The shell ends when the program has ended.
        let _ = self.shell.wait();
    }
}
