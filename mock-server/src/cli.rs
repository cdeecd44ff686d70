//! The program: its arguments, its first line of output, and the three ways in which it ends.

use std::io::{self, ErrorKind, Write, stderr, stdout};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::process::parent_id;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use clap::Parser;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::control::Control;
use crate::{Behaviour, Config, Server, parent};

/// Answers GET /uuid with a fresh UUID in JSON, as httpbin does, and counts what arrives.
///
/// GET /bytes/N is answered with N bytes, and POST /upload with the length and the hash of what was uploaded.
///
/// The first line that it prints is its URL. GET /stats returns the counts, and POST /reset sets them to zero. It
/// ends on SIGTERM, on Ctrl-C, and when the process that started it is gone.
#[derive(Debug, Parser)]
#[command(name = "mock-server", version)]
pub struct Arguments {
    /// How it answers.
    #[command(flatten)]
    pub behaviour: Behaviour,

    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,

    /// Address to listen on. Anything but loopback lets other machines in.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub bind: IpAddr,

    /// Let a harness that knows TOKEN start servers here and reset their counts, over TLS. Anyone on this machine can
    /// read a command line: leave TOKEN out to take it from `FANOUT_SERVER_TOKEN`. Beyond loopback there must be one.
    #[arg(long, value_name = "TOKEN", num_args = 0..=1, default_missing_value = "", conflicts_with = "Behaviour")]
    pub control: Option<String>,

    /// Name or address at which clients reach this server, for its certificate; may be given several times. By
    /// default it is the address to listen on.
    #[arg(long = "name", value_name = "HOST", requires = "control")]
    pub names: Vec<String>,

    /// File to write the certificate root to that the harness must trust (its `FANOUT_CA_FILE`).
    #[arg(long, value_name = "FILE", requires = "control")]
    pub root_file: Option<PathBuf>,

    /// Port of the servers that a harness starts; 0 takes a free one each time.
    #[arg(long, value_name = "PORT", requires = "control", default_value_t = 0)]
    pub data_port: u16,

    /// The process to end with, if the process that started this one may already be gone.
    #[arg(long, value_name = "PID")]
    pub parent: Option<u32>,

    /// Stay when the process that started it is gone.
    #[arg(long, conflicts_with = "parent")]
    pub detach: bool,
}

/// Runs the whole program: it reads the arguments of this process, and then serves or prints the help.
///
/// The exit code is that of [`run`]. For the help it is 0, or 2 if the help can't be printed for another reason than
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
                ExitCode::from(2)
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
/// The exit code is 0 when it is told to end, and 2 if it cannot listen, as the verbs of `cargo fanout` have it.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    match serve(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("mock-server: {error:#}\n"));
            ExitCode::from(2)
        }
    }
}

fn serve(arguments: &Arguments) -> anyhow::Result<()> {
    let parent = arguments.parent.unwrap_or_else(parent_id);
    let address = SocketAddr::new(arguments.bind, arguments.port);
    let config = Config { address, names: arguments.names.clone(), ..arguments.behaviour.config() };
    let token = arguments.control.as_deref().map(|given| token(given, arguments)).transpose()?;
    raise_open_files();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate())?;
        let mut interrupted = signal(SignalKind::interrupt())?;
        let told_to_end = async {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = interrupted.recv() => {}
                () = parent::gone(parent), if !arguments.detach => {}
            }
        };
        let busy = |error: io::Error| match error.kind() {
            ErrorKind::AddrNotAvailable => {
                anyhow!("cannot listen on {address}: {error}; --bind takes an address of this machine")
            }
            _ => anyhow!("cannot listen on {address}: {error}; choose another --port, or 0 for a free one"),
        };
        if let Some(token) = token {
            let control = Control::listen(config, arguments.data_port, token).map_err(busy)?;
            if let Some(file) = &arguments.root_file {
                let written = std::fs::write(file, control.root_pem());
                written.with_context(|| format!("cannot write the certificate root to {}", file.display()))?;
            }
            print(&format!("{}\n", control.url()?)).context("cannot print the URL")?;
            tokio::select! {
                never = control.run() => match never {},
                () = told_to_end => {}
            }
            return Ok(());
        }
        let server = Server::start(config).await.map_err(|error| match error.kind() {
            ErrorKind::Unsupported => anyhow!("{error}: add --engine hyper"),
            ErrorKind::InvalidInput => anyhow!("{error} (--delay, --capacity, --then-capacity)"),
            _ => busy(error),
        })?;
        print(&format!("{}\n", server.url())).context("cannot print the URL")?;
        told_to_end.await;
        Ok(())
    })
}

/// The variable that holds the token of a control.
pub const TOKEN: &str = "FANOUT_SERVER_TOKEN";

/// The fewest characters of a token beyond loopback. Nobody guesses 128 random bits, which are 16 bytes.
const SHORTEST: usize = 16;

/// Returns the token of a control: the one that was given, or else that of the variable. On loopback there may be
/// none.
fn token(given: &str, arguments: &Arguments) -> anyhow::Result<Option<String>> {
    let set = || std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
    let token = Some(given.to_owned()).filter(|token| !token.is_empty()).or_else(set);
    if arguments.port != 0 && arguments.port == arguments.data_port {
        bail!("--port and --data-port are both {}: the servers need a port of their own", arguments.port);
    }
    if arguments.bind.is_unspecified() && arguments.names.is_empty() {
        bail!("--control needs a --name by which clients reach {}, for its certificate", arguments.bind);
    }
    if token.as_ref().map_or(0, String::len) < SHORTEST && !arguments.bind.is_loopback() {
        bail!(
            "--control beyond loopback needs a token of {SHORTEST} characters or more, so that nobody else starts \
             servers here: set {TOKEN} here and where the harness runs (`openssl rand -hex 16` makes one)"
        );
    }
    Ok(token)
}

/// Raises the limit of open files to the most that the system allows this process. The default is often a thousand.
pub fn raise_open_files() {
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // If this fails, the limit stays as it was.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}
