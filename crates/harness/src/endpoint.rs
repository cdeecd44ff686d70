//! Opens the server that a scenario's requests go to, and makes the work of the scenario.

use std::time::Duration;

use fanout_model::{RequestError, Roots};
use fanout_record::run::Scenario;
use mock_server::Engine;

use crate::arm::Assignment;
use crate::named::Named;
use crate::plan::{Plan, waits};
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
pub enum Endpoint {
    /// A mock server with the scenario's delay.
    Mock(Box<Server>, Engine),
    /// The servers that the user named.
    Given(Named),
}

impl Endpoint {
    /// Returns what the user named, or else a mock server that is started for this scenario.
    ///
    /// # Errors
    /// If the mock server cannot be started.
    pub fn open(destination: Destination<'_>, scenario: &Scenario, engine: Engine) -> anyhow::Result<Self> {
        let delay = Duration::from_nanos(scenario.delay_ns.unwrap_or(0));
        let serving = Serving { delay, engine, tls: scenario.tls, limits: scenario.limits, address: None };
        match destination {
            Destination::Here => Ok(Self::Mock(Server::start(serving)?.into(), engine)),
            Destination::Elsewhere(control) => {
                Ok(Self::Mock(Server::start_elsewhere(control, serving)?.into(), engine))
            }
            Destination::Named(named) => Ok(Self::Given(named.clone())),
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
        let [requests, to_warm_up, for_the_floor] = match self {
            Self::Mock(server, _) => {
                let url = if scenario.tls { server.tls_url() } else { server.uuid_url() };
                let request = requests::of(scenario, &url)?;
                let to_warm_up = requests::to_warm_up(&request);
                [request, to_warm_up, requests::for_the_floor(scenario, &server.uuid_url())?]
                    .map(|it| vec![it; longest])
            }
            Self::Given(named) => {
                let batch = named.batch(longest)?;
                [batch.clone(), batch.clone(), batch]
            }
        };
        let engine = match self {
            Self::Mock(_, engine) => Some(*engine),
            Self::Given(_) => None,
        };
        let (roots, start, waits, server) = (self.roots(), scenario.start, waits(scenario), self.server());
        let (n, burst) = (scenario.requests, scenario.limits.rate.map(|(_, burst)| burst as usize));
        Ok(Assignment {
            n,
            burst,
            requests,
            to_warm_up,
            for_the_floor,
            roots,
            start,
            waits,
            server,
            engine,
            counted: true,
        })
    }

    fn roots(&self) -> &Roots {
        match self {
            Self::Mock(server, _) => server.roots(),
            Self::Given(named) => named.roots(),
        }
    }

    /// Returns who answers, as a run file names it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Mock(server, engine) => match server.elsewhere() {
                None => name_of(*engine).into(),
                Some((place, _)) => format!("{} at {place}", name_of(*engine)),
            },
            Self::Given(named) => named.shown(),
        }
    }

    /// Returns the time of a round trip to a mock server on another machine.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.server().and_then(Server::elsewhere).map(|(_, round_trip)| round_trip)
    }

    /// Returns the mock server, or `None` if the requests go to a server that was named.
    #[must_use]
    pub fn server(&self) -> Option<&Server> {
        match self {
            Self::Mock(server, _) => Some(server),
            Self::Given(_) => None,
        }
    }
}
