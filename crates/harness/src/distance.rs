//! Puts a distance between the server and everything else: the server answers at one end of a network that is made
//! for it (`fanout_netlab`), and the measurement runs at the other.

use std::net::SocketAddrV4;
use std::time::Duration;

use anyhow::{Context, anyhow};
use fanout_netlab::{Lab, Link, Loss, SERVER};
use fanout_record::run::Network;

use crate::server::{Server, Serving};

/// Where a server listens in a network of its own. The port is free, because the network is new.
pub const AT: SocketAddrV4 = SocketAddrV4::new(SERVER, 8_080);

/// A network with a distance. Dropping it removes the network.
pub struct Distance(Lab);

impl Distance {
    /// Makes the network.
    ///
    /// # Errors
    /// If this machine cannot make it: see [`fanout_netlab::LabError`].
    pub fn new(network: &Network) -> anyhow::Result<Self> {
        let loss = Loss::of(network.loss).with_context(|| format!("{} is no share of packets", network.loss))?;
        let link = Link { loss, seed: network.seed, ..Link::new(Duration::from_nanos(network.round_trip_ns)) };
        Lab::new(&link).map(Self).map_err(|error| anyhow!(error).context("cannot make the network"))
    }

    /// Starts a server at its far end.
    ///
    /// # Errors
    /// If the server cannot be started.
    pub fn server(&self, serving: Serving) -> anyhow::Result<Server> {
        let serving = Serving { address: Some(AT), ..serving };
        self.0.server().run(|| Server::start(serving)).context("cannot enter the network")?
    }

    /// Runs a closure at the near end, with the threads and processes that it starts.
    ///
    /// # Errors
    /// If the system does not let a thread enter the network.
    ///
    /// # Panics
    /// If the closure panics.
    pub fn at_the_client<T: Send>(&self, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
        self.0.client().run(work).context("cannot enter the network")
    }
}
