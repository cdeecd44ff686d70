//! Opens the server that a scenario's requests go to, and makes the work of the scenario.

use std::time::Duration;

use fanout_model::{RequestError, Roots};
use fanout_record::run::Scenario;
use mock_server::Engine;

use crate::arm::Assignment;
use crate::named::Named;
use crate::plan::{Plan, waits};
use crate::requests;
use crate::server::{Server, Serving, name_of};

/// The server that a scenario's requests go to.
pub enum Endpoint {
    /// A mock server with the scenario's delay.
    Mock(Server, Engine),
    /// The servers that the user named.
    Given(Named),
}

impl Endpoint {
    /// Returns what the user named, or else a mock server that is started for this scenario.
    ///
    /// # Errors
    /// If the mock server cannot be started.
    pub fn open(named: Option<&Named>, scenario: &Scenario, engine: Engine) -> anyhow::Result<Self> {
        let Some(named) = named else {
            let delay = Duration::from_nanos(scenario.delay_ns.unwrap_or(0));
            let serving = Serving { delay, engine, tls: scenario.tls, limits: scenario.limits, address: None };
            return Ok(Self::Mock(Server::start(serving)?, engine));
        };
        Ok(Self::Given(named.clone()))
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

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Mock(_, engine) => name_of(*engine).into(),
            Self::Given(named) => named.shown(),
        }
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
