//! What a fleet of workers needs, on this machine: for tests, and for the bench `fleet`.
//!
//! - [`NatsServer`] is an ordinary `nats-server` with JetStream.
//! - [`SshServer`] is an ordinary `sshd`, with keys that are made for it.
//! - [`arms`] has the arms of the bench, and [`spent`] counts what they cost.
//! - [`Tied`] is a program that does not outlive the one that started it, not even if that one is killed.
//!
//! Both listen on loopback only, unless a test names an address of a network namespace of its own.

pub mod arms;
mod nats;
pub mod spent;
mod ssh;
mod tied;

pub use nats::NatsServer;
pub use ssh::SshServer;
pub use tied::Tied;

use std::net::{IpAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How long a program may take to start. This is a deadline, not a measurement.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Finds a program on the path, or in the folders of system programs, which are not on every user's path.
fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// A port that is free now.
fn free_port(address: IpAddr) -> anyhow::Result<u16> {
    let listener = TcpListener::bind((address, 0)).with_context(|| format!("cannot listen on {address}"))?;
    Ok(listener.local_addr()?.port())
}

/// Waits until a program accepts connections.
fn wait_for(program: &Tied, address: IpAddr, port: u16) -> anyhow::Result<()> {
    let until = Instant::now() + TIMEOUT;
    while TcpStream::connect((address, port)).is_err() {
        if !program.runs() {
            bail!("it ended at once; it said:\n{}", program.said());
        }
        if Instant::now() > until {
            bail!("it did not listen on port {port} within {TIMEOUT:?}; it said:\n{}", program.said());
        }
        sleep(Duration::from_millis(5));
    }
    Ok(())
}
