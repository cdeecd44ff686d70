//! The server as a library: listens, answers and counts until it is dropped.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpSocket;

use crate::{Stats, hyper_engine, wiremock_engine};

/// Connections that may wait to be accepted: a burst of thousands must not be refused.
const BACKLOG: u32 = 4_096;

/// Who answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// wiremock: what tests of HTTP clients are written against. A limit of its own from 30,000 requests a second on.
    #[default]
    Wiremock,
    /// hyper alone: two to four times as fast, and speaks TLS.
    Hyper,
}

/// Where and how to answer.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// The address to listen on.
    pub address: SocketAddr,
    /// How long each answer is held back.
    pub delay: Duration,
    /// How much longer at most; each answer is held back for `delay` and an evenly distributed part of this.
    pub jitter: Duration,
    /// Who answers.
    pub engine: Engine,
    /// Whether to speak TLS as well, with a root made at start, which `GET /root.pem` tells. Hyper only.
    pub tls: bool,
}

impl Default for Config {
    /// wiremock on a free port of loopback, no delay.
    fn default() -> Self {
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        Self { address, delay: Duration::ZERO, jitter: Duration::ZERO, engine: Engine::default(), tls: false }
    }
}

/// A running server. It has a thread of its own; dropping it ends that, and cuts what is in flight.
pub struct Server(Running);

enum Running {
    Wiremock(wiremock_engine::Engine),
    Hyper(hyper_engine::Engine),
}

impl Server {
    /// Starts listening and answering.
    ///
    /// # Errors
    /// Where the address cannot be listened on, or the engine can't do what is asked for
    /// ([`io::ErrorKind::Unsupported`]).
    pub async fn start(config: Config) -> io::Result<Self> {
        if config.tls && config.engine == Engine::Wiremock {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "wiremock speaks no TLS; the hyper engine does"));
        }
        let listener = listen(config.address)?;
        Ok(Self(match config.engine {
            Engine::Wiremock => Running::Wiremock(wiremock_engine::Engine::start(config, listener).await),
            Engine::Hyper => Running::Hyper(hyper_engine::Engine::start(config, listener)?),
        }))
    }

    /// The address it listens on, as a URL without a path.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.0 {
            Running::Wiremock(engine) => engine.url(),
            Running::Hyper(engine) => engine.url(),
        }
    }

    /// The certificate root to trust for it, in PEM; `None` where it speaks no TLS.
    #[must_use]
    pub fn root_pem(&self) -> Option<&str> {
        match &self.0 {
            Running::Wiremock(_) => None,
            Running::Hyper(engine) => engine.root_pem(),
        }
    }

    /// What it counted so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        match &self.0 {
            Running::Wiremock(engine) => engine.stats(),
            Running::Hyper(engine) => engine.stats(),
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // So that a port can be listened on again at once after a restart.
    socket.set_reuseaddr(true)?;
    // Connections inherit it (tcp(7), Linux). Without, an answer of HTTP/2 in several writes waits 40 ms for the
    // client's delayed acknowledgement, and wiremock does not set it.
    socket.set_nodelay(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}
