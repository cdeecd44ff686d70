//! `cargo fanout netlab`: a command, or a shell, in a network on this machine that has a distance in it.

use std::env::var_os;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use fanout_harness::distance::AT;
use fanout_harness::server::{Server, Serving};
use fanout_harness::{exit, interrupt};
use fanout_model::Roots;
use fanout_netlab::{Carried, Carrier, Lab, Link, Loss, Rate};
use mock_server::Engine;
use mock_server::duration;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::say::tell;

/// Run a command, or a shell, in a network on this machine whose round trip, rate and loss you choose. Needs root.
///
/// The network has two ends, which are network namespaces. A mock server answers at one end, and the command runs at
/// the other. `FANOUT_TARGET` tells the command where the server is, such as <http://198.18.0.2:8080>, and with --tls
/// `FANOUT_CA_FILE` names the certificate root to trust. Nothing else can be reached from there. The exit code is
/// that of the command. At the end, everything is removed, and what the command has started ends.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The time of a round trip, such as 20ms. Each direction takes half of it.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    rtt: Duration,

    /// What each direction carries, such as 100mbit [default: what the machine can].
    #[arg(long, value_name = "RATE")]
    rate: Option<Rate>,

    /// How many bytes may wait for their turn; more are dropped [default: a round trip of the rate, 65536 at least].
    #[arg(long, value_name = "BYTES", requires = "rate")]
    queue: Option<u64>,

    /// The share of packets that each direction loses, such as 1%.
    #[arg(long, value_name = "PERCENT", default_value = "0%")]
    loss: Loss,

    /// The seed of the loss: the same seed loses the same packets of each direction [default: a new one, printed].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Who carries the packets [default: netem where the kernel has it, or else the relay].
    #[arg(long, value_enum, value_name = "WHO")]
    carrier: Option<By>,

    /// The congestion control of TCP at both ends, such as reno [default: the system's].
    #[arg(long, value_name = "NAME")]
    congestion: Option<String>,

    /// The name of the lab, whose namespaces are fanout-NAME-client and fanout-NAME-server [default: the process
    /// number].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// How long the mock server holds each answer back, such as 20ms.
    #[arg(long, default_value = "0ms", value_parser = duration)]
    delay: Duration,

    /// The engine of the mock server.
    #[arg(long, value_enum, default_value_t)]
    engine: Engine,

    /// Let the mock server speak TLS as well, on the same port. Needs `--engine hyper`.
    #[arg(long)]
    tls: bool,

    /// The command and its arguments, after -- [default: your shell].
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Who carries the packets.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    /// The kernel's netem.
    Netem,
    /// A thread of this program for each direction.
    Relay,
}

/// The time between two checks whether the command has ended, or whether this program was asked to end.
const LOOK: Duration = Duration::from_millis(10);

/// How long the command has for an orderly end, if this program was asked to end.
const PATIENCE: Duration = Duration::from_secs(3);

/// The budget of requests that go to a target. In a lab, the only target is the lab's own server.
const NO_BUDGET: &str = "1000000000";

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    ensure!(!arguments.tls || arguments.engine == Engine::Hyper, "wiremock speaks no TLS: add --engine hyper");
    interrupt::listen().context("cannot listen for Ctrl-C")?;
    let link = arguments.link();
    let lab = match &arguments.name {
        Some(name) => Lab::named(name, &link)?,
        None => Lab::new(&link)?,
    };
    arguments.congestion.as_ref().map_or(Ok(()), |name| lab.set_congestion(name))?;
    if !lab.swept().is_empty() {
        tell(format!("removed what a killed process had left: {}", lab.swept().join(", ")));
    }
    let ended = in_lab(arguments, &lab, &link);
    if let Ok(counts) = lab.counts() {
        tell(format!("to the server: {}\nto the client: {}", line(counts.to_server), line(counts.to_client)));
    }
    lab.end().context("the lab is not removed as a whole")?;
    match ended {
        _ if interrupt::asked() => Ok(ExitCode::from(exit::INTERRUPTED)),
        ended => Ok(code(ended?)),
    }
}

impl Arguments {
    fn link(&self) -> Link {
        let Self { rtt, rate, queue, loss, .. } = *self;
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..));
        let carrier = self.carrier.map(|by| match by {
            By::Netem => Carrier::Netem,
            By::Relay => Carrier::Relay,
        });
        Link { rtt, rate, queue, loss, seed, carrier }
    }

    /// The command, which knows where the server is.
    fn command(&self, server: &Server, lab: &Lab) -> anyhow::Result<Command> {
        let shell = || var_os("SHELL").filter(|shell| !shell.is_empty()).unwrap_or_else(|| "sh".into());
        let program = self.command.first().cloned().unwrap_or_else(shell);
        let mut command = Command::new(program);
        command.args(self.command.iter().skip(1));
        let scheme = if self.tls { "https" } else { "http" };
        command.env("FANOUT_TARGET", format!("{scheme}://{AT}")).env_remove("FANOUT_CA_FILE");
        // A server elsewhere is out of reach.
        command.env_remove("FANOUT_SERVER").env_remove("FANOUT_SERVER_TOKEN");
        if let Roots::Pem(root) = server.roots() {
            let file = lab.folder().join("root.pem");
            fs::write(&file, root).with_context(|| format!("cannot write {}", file.display()))?;
            command.env("FANOUT_CA_FILE", file);
        }
        // The budget is for the servers of other people.
        if var_os("FANOUT_LIVE_BUDGET").is_none_or(|set| set.is_empty()) {
            command.env("FANOUT_LIVE_BUDGET", NO_BUDGET);
        }
        Ok(command)
    }
}

/// Starts the server and the command, and waits for the end of the command.
fn in_lab(arguments: &Arguments, lab: &Lab, link: &Link) -> anyhow::Result<ExitStatus> {
    let Arguments { delay, engine, tls, .. } = *arguments;
    let serving = Serving { delay, engine, tls, address: Some(AT), ..Serving::default() };
    let server = lab.server().run(|| Server::start(serving)).context("cannot enter the server's namespace")??;
    tell(opening(arguments, lab, link));
    let mut command = arguments.command(&server, lab)?;
    let name = command.get_program().to_string_lossy().into_owned();
    let child = lab.client().spawn(&mut command).with_context(|| format!("cannot start `{name}`"))?;
    end_of(child).with_context(|| format!("cannot wait for `{name}`"))
}

/// Waits for the end of the command. If this program is asked to end, the command is, and has a while for it.
fn end_of(mut command: Child) -> anyhow::Result<ExitStatus> {
    let mut deadline = None;
    loop {
        if let Some(status) = command.try_wait()? {
            return Ok(status);
        }
        match deadline {
            None if interrupt::asked() => {
                // After a Ctrl-C at the terminal, the command has had that as well. This fails if it has ended.
                let _ = kill(Pid::from_raw(command.id().cast_signed()), Signal::SIGTERM);
                deadline = Some(Instant::now() + PATIENCE);
            }
            Some(deadline) if Instant::now() > deadline => command.kill()?,
            _ => sleep(LOOK),
        }
    }
}

/// The exit code of a command, as a shell has it: 128 and the number of the signal that ended it.
fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}

/// Says what the lab is like.
fn opening(arguments: &Arguments, lab: &Lab, link: &Link) -> String {
    let rtt = link.rtt.as_secs_f64() * 1e3;
    let rate = link.rate.map(|rate| format!(", {rate} and a queue of {} bytes", link.room())).unwrap_or_default();
    let (loss, seed) = (link.loss, link.seed);
    let by = match lab.carrier() {
        Carrier::Netem => "netem",
        Carrier::Relay => "the relay",
    };
    let congestion = lab.client().congestion().unwrap_or_else(|_| "that nobody knows".into());
    let scheme = if arguments.tls { "https" } else { "http" };
    let [client, server] = [lab.client().name(), lab.server().name()];
    format!(
        "{client} to {server}: a round trip of {rtt} ms{rate}, a loss of {loss} in each direction (--seed {seed}), \
         carried by {by}, TCP with the congestion control {congestion}; the server is {scheme}://{AT}"
    )
}

/// What one direction did, in a line.
fn line(carried: Carried) -> String {
    let Carried { packets, bytes, lost, dropped, late, latest } = carried;
    let said = format!("{packets} packets with {bytes} bytes, {lost} lost, {dropped} dropped");
    match late.zip(latest) {
        Some((late, latest)) => {
            let [late, latest] = [late, latest].map(|late| late.as_secs_f64() * 1e3);
            format!("{said}; {late:.3} ms late on average, {latest:.3} ms at most")
        }
        None => said,
    }
}
