//! Opens the server that a scenario's requests go to, and makes the work of the scenario.

use std::time::Duration;

use fanout_model::{Request, RequestError, Roots, Url};
use fanout_record::run::{Scenario, Transport};
use mock_server::Engine;

use crate::arm::{Assignment, Batch};
use crate::distance::Distance;
use crate::named::Named;
use crate::plan::{Plan, waits, warm_ups};
use crate::requests;
use crate::server::{Elsewhere, Server, Serving, name_of};

/// Where requests are to go.
#[derive(Clone, Copy)]
pub enum Destination<'a> {
    /// To a mock server that is started on this machine.
    Here,
    /// To a mock server on another machine.
    Elsewhere(&'a Elsewhere),
    /// To what the user named.
    Named(&'a Named),
}

/// The server that a scenario's requests go to.
pub struct Endpoint {
    // The server ends before its network does.
    answering: Answering,
    distance: Option<Distance>,
}

enum Answering {
    /// A mock server with the scenario's delay.
    Mock(Box<Server>, Engine),
    /// The servers that the user named.
    Given(Named),
}

impl Endpoint {
    /// Returns what the user named, or else a mock server that is started for this plan's scenario.
    ///
    /// # Errors
    /// If the mock server cannot be started, or its network cannot be made.
    pub fn open(destination: Destination<'_>, plan: &Plan) -> anyhow::Result<Self> {
        let tls = plan.scenario.tls || plan.entrants.iter().any(|entrant| entrant.tls);
        Self::open_with(destination, &plan.scenario, plan.engine, tls, plan.congestion.as_deref())
    }

    /// Does the same for a scenario without a plan.
    ///
    /// # Errors
    /// The errors of [`Self::open`].
    pub fn open_for(scenario: &Scenario, engine: Engine) -> anyhow::Result<Self> {
        Self::open_with(Destination::Here, scenario, engine, scenario.tls, None)
    }

    /// Returns an endpoint at what the user named.
    #[must_use]
    pub fn named(named: Named) -> Self {
        Self { answering: Answering::Given(named), distance: None }
    }

    fn open_with(
        to: Destination<'_>,
        scenario: &Scenario,
        engine: Engine,
        tls: bool,
        congestion: Option<&str>,
    ) -> anyhow::Result<Self> {
        let delay = Duration::from_nanos(scenario.delay_ns.unwrap_or(0));
        let serving = Serving { delay, engine, tls, limits: scenario.limits, address: None };
        let distance = scenario.network.as_ref().map(|network| Distance::new(network, congestion)).transpose()?;
        let server = match (to, &distance) {
            (Destination::Named(named), _) => return Ok(Self::named(named.clone())),
            (_, Some(distance)) => distance.server(serving)?,
            (Destination::Here, None) => Server::start(serving)?,
            (Destination::Elsewhere(control), None) => Server::start_elsewhere(control, serving)?,
        };
        Ok(Self { answering: Answering::Mock(server.into(), engine), distance })
    }

    /// Runs a closure where the clients of the server are: at the near end of its network, if one was made.
    ///
    /// # Errors
    /// If the system does not let a thread enter the network.
    ///
    /// # Panics
    /// If the closure panics.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
        match &self.distance {
            Some(distance) => distance.at_the_client(work),
            None => Ok(work()),
        }
    }

    /// Returns the work of a scenario: the batch that every arm carries out.
    ///
    /// # Errors
    /// If no client can send the target's URL.
    pub fn work(&self, scenario: &Scenario) -> Result<Assignment<'_>, RequestError> {
        self.work_up_to(scenario, scenario.requests)
    }

    /// Returns the work of a plan, whose arms may have numbers of requests of their own.
    ///
    /// # Errors
    /// If no client can send the target's URL.
    pub fn work_of(&self, plan: &Plan) -> Result<Assignment<'_>, RequestError> {
        let n = plan.scenario.requests;
        let longest = plan.entrants.iter().map(|entrant| entrant.requests(n)).max();
        self.work_up_to(&plan.scenario, longest.unwrap_or(n))
    }

    fn work_up_to(&self, scenario: &Scenario, longest: usize) -> Result<Assignment<'_>, RequestError> {
        let (plain, over_tls, for_the_floor, engine) = match &self.answering {
            Answering::Mock(server, engine) => {
                let floor = requests::for_the_floor(scenario, &server.uuid_url())?;
                let over_tls = match server.roots() {
                    Roots::None => Batch::default(),
                    Roots::System | Roots::Pem(_) => batch(scenario, &server.tls_url(), longest)?,
                };
                (batch(scenario, &server.uuid_url(), longest)?, over_tls, vec![floor; longest], Some(*engine))
            }
            Answering::Given(named) => {
                let of = |requests: Vec<Request>| Batch { to_warm_up: requests.clone(), requests };
                let requests = named.batch(longest)?;
                (of(requests.clone()), of(requests.clone()), requests, None)
            }
        };
        let (roots, start, waits, server) = (self.roots(), scenario.start, waits(scenario), self.server());
        let (n, burst) = (scenario.requests, scenario.limits.rate.map(|(_, burst)| burst as usize));
        Ok(Assignment {
            n,
            burst,
            plain,
            over_tls,
            for_the_floor,
            roots,
            start,
            waits,
            warm_ups: warm_ups(scenario),
            server,
            engine,
            counted: true,
        })
    }

    fn roots(&self) -> &Roots {
        match &self.answering {
            Answering::Mock(server, _) => server.roots(),
            Answering::Given(named) => named.roots(),
        }
    }

    /// Returns who answers, as a run file names it.
    pub(crate) fn name(&self) -> String {
        match &self.answering {
            Answering::Mock(server, engine) => match server.elsewhere() {
                None => name_of(*engine).into(),
                Some((place, _)) => format!("{} at {place}", name_of(*engine)),
            },
            Answering::Given(named) => named.shown(),
        }
    }

    /// Returns the time of a round trip to a mock server on another machine.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.server().and_then(Server::elsewhere).map(|(_, round_trip)| round_trip)
    }

    /// Returns how the network that was made carries what is sent, or `None` if none was made.
    pub(crate) fn transport(&self) -> Option<Transport> {
        self.distance.as_ref().map(Distance::transport)
    }

    /// Returns the mock server, or `None` if the requests go to a server that was named.
    #[must_use]
    pub fn server(&self) -> Option<&Server> {
        match &self.answering {
            Answering::Mock(server, _) => Some(server),
            Answering::Given(_) => None,
        }
    }
}

/// Returns so many requests of a scenario. `url` is where the server answers with a UUID.
fn batch(scenario: &Scenario, url: &Url, n: usize) -> Result<Batch, RequestError> {
    let request = requests::of(scenario, url)?;
    Ok(Batch { to_warm_up: vec![requests::to_warm_up(&request); n], requests: vec![request; n] })
}
