//! The server as a library: it listens, answers and counts until it is dropped.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpSocket;

use crate::{Limits, Stats, hyper_engine, wiremock_engine};

/// How many connections may wait to be accepted. A burst of thousands must not be refused.
const BACKLOG: u32 = 4_096;

/// The engine that answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// wiremock: what tests of HTTP clients are written against. A limit of its own from 30,000 requests a second on.
    #[default]
    Wiremock,
    /// hyper alone: two to four times as fast, and speaks TLS.
    Hyper,
}

/// The server's address and behaviour.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on.
    pub address: SocketAddr,
    /// How long the server holds each answer back.
    pub delay: Duration,
    /// The most that is added to `delay`. The added time is evenly distributed between 0 and this.
    pub jitter: Duration,
    /// The engine that answers.
    pub engine: Engine,
    /// Whether to speak TLS as well, with a root that is made at the start and that `GET /root.pem` returns. Hyper
    /// only.
    pub tls: bool,
    /// The names of this server in its certificate; its address if there are none.
    pub names: Vec<String>,
    /// How much the server takes.
    pub limits: Limits,
    /// Whether only [`Server::reset`] sets the counts to zero, and `POST /reset` does not.
    pub guarded: bool,
}

impl Default for Config {
    /// wiremock on a free port of loopback, without a delay and without limits.
    fn default() -> Self {
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let (delay, jitter) = (Duration::ZERO, Duration::ZERO);
        let (engine, limits) = (Engine::default(), Limits::default());
        Self { address, delay, jitter, engine, tls: false, names: Vec::new(), limits, guarded: false }
    }
}

/// A running server on its own thread. Dropping it ends the thread, and breaks off the requests in flight.
pub struct Server(Running);

enum Running {
    Wiremock(wiremock_engine::Engine),
    Hyper(hyper_engine::Engine),
}

impl Server {
    /// Starts listening and answering.
    ///
    /// # Errors
    /// If the address cannot be listened on, the engine can't do what the configuration asks for
    /// ([`io::ErrorKind::Unsupported`]), or the limits contradict the delay ([`io::ErrorKind::InvalidInput`]).
    pub async fn start(config: Config) -> io::Result<Self> {
        if config.tls && config.engine == Engine::Wiremock {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "wiremock speaks no TLS; the hyper engine does"));
        }
        config
            .limits
            .check(config.delay.saturating_add(config.jitter))
            .map_err(|reason| io::Error::new(io::ErrorKind::InvalidInput, reason))?;
        let listener = listen(config.address)?;
        Ok(Self(match config.engine {
            Engine::Wiremock => Running::Wiremock(wiremock_engine::Engine::start(config, listener).await),
            Engine::Hyper => Running::Hyper(hyper_engine::Engine::start(config, listener)?),
        }))
    }

    /// The address of the server, as a URL without a path.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.0 {
            Running::Wiremock(engine) => engine.url(),
            Running::Hyper(engine) => engine.url(),
        }
    }

    /// The port at which the server answers.
    #[must_use]
    pub fn port(&self) -> u16 {
        match &self.0 {
            Running::Wiremock(engine) => engine.address().port(),
            Running::Hyper(engine) => engine.address().port(),
        }
    }

    /// The certificate root of this server, in PEM; `None` if it speaks no TLS.
    #[must_use]
    pub fn root_pem(&self) -> Option<&str> {
        match &self.0 {
            Running::Wiremock(_) => None,
            Running::Hyper(engine) => engine.root_pem(),
        }
    }

    /// The counts so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        match &self.0 {
            Running::Wiremock(engine) => engine.stats(),
            Running::Hyper(engine) => engine.stats(),
        }
    }

    /// Sets the counts to zero.
    pub fn reset(&self) {
        match &self.0 {
            Running::Wiremock(engine) => engine.reset(),
            Running::Hyper(engine) => engine.reset(),
        }
    }
}

pub(crate) fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // This allows the port to be used again at once after a restart.
    socket.set_reuseaddr(true)?;
    // Connections inherit this option (tcp(7), Linux). Without it, an HTTP/2 answer that takes several writes waits
    // 40 ms for the client's delayed acknowledgement. wiremock does not set it.
    socket.set_nodelay(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}
