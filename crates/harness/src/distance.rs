//! Puts a distance between the server and everything else: the server answers at one end of a network that is made
//! for it (`fanout_netlab`), and the measurement runs at the other.

use std::net::SocketAddrV4;
use std::time::Duration;

use anyhow::{Context, anyhow};
use fanout_netlab::{Carrier, Lab, LabError, Link, Loss, SERVER};
use fanout_record::run::{self, Network, Transport};

use crate::server::{Server, Serving};

/// Where a server listens in a network of its own. The port is free, because the network is new.
pub const AT: SocketAddrV4 = SocketAddrV4::new(SERVER, 8_080);

/// A network with a distance. Dropping it removes the network.
pub struct Distance(Lab);

impl Distance {
    /// Makes the network. `congestion` is the congestion control of TCP at both ends; `None` for the system's own.
    ///
    /// # Errors
    /// If this machine cannot make it, or has no such congestion control: see [`fanout_netlab::LabError`].
    pub fn new(network: &Network, congestion: Option<&str>) -> anyhow::Result<Self> {
        let loss = Loss::of(network.loss).with_context(|| format!("{} is no share of packets", network.loss))?;
        let link = Link { loss, seed: network.seed, ..Link::new(Duration::from_nanos(network.round_trip_ns)) };
        let make = || {
            let lab = Lab::new(&link)?;
            congestion.map_or(Ok(()), |congestion| lab.set_congestion(congestion))?;
            Ok(Self(lab))
        };
        make().map_err(|error: LabError| anyhow!(error).context("cannot make the network"))
    }

    /// Returns how the network carries what is sent.
    #[must_use]
    pub fn transport(&self) -> Transport {
        let carrier = match self.0.carrier() {
            Carrier::Netem => run::Carrier::Netem,
            Carrier::Relay => run::Carrier::Relay,
        };
        Transport { carrier, congestion: self.0.client().congestion().ok() }
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
