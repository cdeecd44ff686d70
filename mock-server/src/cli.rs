//! The program: its arguments, its first line of output, and the three ways in which it ends.

use std::io::{self, ErrorKind, Write, stderr, stdout};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::os::unix::process::parent_id;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::Parser;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::limits::{Capacity, Change, Limits, Rate};
use crate::{Config, Engine, Server, parent};

/// Answers GET /uuid with a fresh UUID in JSON, as httpbin does, and counts what arrives.
///
/// GET /bytes/N is answered with N bytes, and POST /upload with the length and the hash of what was uploaded.
///
/// The first line that it prints is its URL. GET /stats returns the counts, and POST /reset sets them to zero. It
/// ends on SIGTERM, on Ctrl-C, and when the process that started it is gone.
#[derive(Debug, Parser)]
#[command(name = "mock-server", version)]
pub struct Arguments {
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,

    /// How long to hold back each answer, such as 20ms or 1.5s.
    #[arg(long, default_value = "0ms", value_parser = duration)]
    pub delay: Duration,

    /// The most that is added to each delay; the added time is evenly distributed between 0 and this.
    #[arg(long, default_value = "0ms", value_parser = duration)]
    pub jitter: Duration,

    /// The engine that answers.
    #[arg(long, value_enum, default_value_t)]
    pub engine: Engine,

    /// Speak TLS as well, on the same port, with a new root that GET /root.pem returns. Needs `--engine hyper`.
    #[arg(long)]
    pub tls: bool,

    /// Serve only K requests at once; the others wait for their turn. Each is served for the time of its delay.
    #[arg(long, value_name = "K")]
    pub capacity: Option<NonZeroU32>,

    /// Answer 503 to a request that comes while Q requests are waiting. Without it, any number may wait.
    #[arg(long, value_name = "Q", requires = "capacity")]
    pub queue: Option<u32>,

    /// Serve only K requests at once from the request on that `--then-after` names.
    #[arg(long, value_name = "K", requires_all = ["capacity", "then_after"])]
    pub then_capacity: Option<NonZeroU32>,

    /// How many requests come before `--then-capacity` holds.
    #[arg(long, value_name = "N", requires = "then_capacity")]
    pub then_after: Option<u64>,

    /// Answer 429 with Retry-After to requests beyond R in a second.
    #[arg(long, value_name = "R")]
    pub rate: Option<NonZeroU32>,

    /// How many requests may come at one moment after a pause, without being refused.
    #[arg(long, value_name = "B", requires = "rate", default_value = "1", hide_default_value = false)]
    pub burst: NonZeroU32,

    /// Address to listen on. Anything but loopback lets other machines in.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub bind: IpAddr,

    /// The process to end with, if the process that started this one may already be gone.
    #[arg(long, value_name = "PID")]
    pub parent: Option<u32>,

    /// Stay when the process that started it is gone.
    #[arg(long, conflicts_with = "parent")]
    pub detach: bool,
}

impl Arguments {
    fn limits(&self) -> Limits {
        let then = self.then_after.zip(self.then_capacity).map(|(after, at_once)| Change { after, at_once });
        let capacity = self.capacity.map(|at_once| Capacity { at_once, queue: self.queue, then });
        Limits { capacity, rate: self.rate.map(|a_second| Rate { a_second, burst: self.burst }) }
    }
}

/// Reads a duration such as `20ms`.
///
/// # Errors
/// A message about what is wrong with the text.
pub fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; write it like 20ms, 1s or 1m"))
}

/// Runs the whole program: it reads the arguments of this process, and then serves or prints the help.
///
/// The exit code is that of [`run`]. For the help it is 0, or 1 if the help can't be printed for another reason than
/// a closed pipe. For a wrong argument it is 2.
#[must_use]
pub fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => run(&arguments),
        Err(said) if said.use_stderr() => {
            tell(&said.render().to_string());
            ExitCode::from(2)
        }
        Err(help) => match print(&help.render().to_string()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                tell(&format!("mock-server: cannot print the help: {error}\n"));
                ExitCode::FAILURE
            }
            _ => ExitCode::SUCCESS,
        },
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// Prints on standard error. If that fails, the error cannot be reported, and is ignored.
fn tell(text: &str) {
    let _ = stderr().lock().write_all(text.as_bytes());
}

/// Serves until the program is told to end.
///
/// The exit code is 0 when it is told to end, and 1 if it cannot listen.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    match serve(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("mock-server: {error:#}\n"));
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: &Arguments) -> anyhow::Result<()> {
    let parent = arguments.parent.unwrap_or_else(parent_id);
    let address = SocketAddr::new(arguments.bind, arguments.port);
    let Arguments { delay, jitter, engine, tls, .. } = *arguments;
    let config = Config { address, delay, jitter, engine, tls, limits: arguments.limits() };
    raise_open_files();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate())?;
        let mut interrupted = signal(SignalKind::interrupt())?;
        let server = Server::start(config).await.map_err(|error| match error.kind() {
            ErrorKind::Unsupported => anyhow!("{error}: add --engine hyper"),
            ErrorKind::InvalidInput => anyhow!("{error} (--delay, --capacity, --then-capacity)"),
            _ => anyhow!("cannot listen on {address}: {error}; choose another --port, or 0 for a free one"),
        })?;
        print(&format!("{}\n", server.url())).context("cannot print the URL")?;
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
            () = parent::gone(parent), if !arguments.detach => {}
        }
        Ok(())
    })
}

/// Raises the limit of open files to the most that the system allows this process. The default is often a thousand.
pub fn raise_open_files() {
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // If this fails, the limit stays as it was.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}
