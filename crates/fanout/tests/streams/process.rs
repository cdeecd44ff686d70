//! Processes that must end, and what they said.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// How long what must happen may take on a busy machine. What hangs would hang for ever.
const TIMEOUT: Duration = Duration::from_secs(90);

/// How a process ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs it to its end with nothing to read.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Ended {
    ended(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

/// Waits for its end, and reads what it says meanwhile.
#[track_caller]
pub(crate) fn ended(mut child: Child) -> Ended {
    let (out, err) = (all(child.stdout.take()), all(child.stderr.take()));
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > TIMEOUT {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("it did not end; it said: {}{}", out.join().unwrap(), err.join().unwrap());
        }
        sleep(Duration::from_millis(5));
    };
    Ended { code: status.code(), out: out.join().unwrap(), err: err.join().unwrap() }
}

/// Reads a stream to its end, beside what else happens.
pub(crate) fn all(from: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        from.map(|mut from| from.read_to_end(&mut bytes).unwrap());
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A named pipe.
pub(crate) fn make_pipe(path: &std::path::Path) {
    nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap();
}
