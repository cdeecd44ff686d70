//! The server as a library: listens, answers and counts until it is dropped.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpSocket;
use wiremock::MockServer;

use crate::counters::{Counters, Stats};
use crate::memory::Memory;
use crate::responders::Shared;

/// Connections that may wait to be accepted: a burst of thousands must not be refused.
const BACKLOG: u32 = 4_096;

/// Where and how to answer.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// The address to listen on.
    pub address: SocketAddr,
    /// How long each answer is held back.
    pub delay: Duration,
    /// How much longer at most; each answer is held back for `delay` and an evenly distributed part of this.
    pub jitter: Duration,
}

impl Default for Config {
    /// A free port of loopback, no delay.
    fn default() -> Self {
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        Self { address, delay: Duration::ZERO, jitter: Duration::ZERO }
    }
}

/// A running server. It has a thread of its own; dropping it ends that, and cuts what is in flight.
pub struct Server {
    wiremock: Arc<MockServer>,
    counters: Arc<Counters>,
}

impl Server {
    /// Starts listening and answering.
    ///
    /// # Errors
    /// Where the address cannot be listened on.
    pub async fn start(config: Config) -> io::Result<Self> {
        let listener = listen(config.address)?;
        let wiremock = Arc::new(MockServer::builder().listener(listener).disable_request_recording().start().await);
        let counters = Arc::new(Counters::default());
        let memory = Arc::new(Memory::default());
        let shared = Shared {
            counters: Arc::clone(&counters),
            memory: Arc::clone(&memory),
            delay: config.delay,
            jitter: config.jitter,
        };
        memory.belongs_to(&wiremock);
        for mock in shared.mocks() {
            wiremock.register(mock).await;
        }
        Ok(Self { wiremock, counters })
    }

    /// The address it listens on, as a URL without a path.
    #[must_use]
    pub fn url(&self) -> String {
        self.wiremock.uri()
    }

    /// What it counted so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.counters.stats()
    }
}

fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // So that a port can be listened on again at once after a restart.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}
