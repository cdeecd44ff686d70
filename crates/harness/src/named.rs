//! What the user named to send requests to: a server, or a file of requests. Without either, the mock server answers.

use fanout_model::{Request, RequestError, Roots};

use crate::own::Own;
use crate::target::{self, Target, TargetError};

/// What the user named.
#[derive(Clone, Debug)]
pub enum Named {
    /// A server that answers with UUIDs.
    Server(Target),
    /// Requests of any kind.
    Requests(Own),
}

impl Named {
    /// Returns a batch of `n` requests. The requests of a file follow each other again and again.
    ///
    /// # Errors
    /// If no client can send a request to the server.
    pub fn batch(&self, n: usize) -> Result<Vec<Request>, RequestError> {
        match self {
            Self::Server(target) => Ok(vec![Request::get(target.url.clone())?; n]),
            Self::Requests(own) => Ok(own.first(n).cloned().collect()),
        }
    }

    /// Returns whether a request needs TLS.
    #[must_use]
    pub fn needs_tls(&self) -> bool {
        match self {
            Self::Server(target) => target.url.scheme() == "https",
            Self::Requests(own) => own.needs_tls(),
        }
    }

    /// Returns whether all requests stay on this machine: see [`target::is_local`].
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Server(target) => target::is_local(&target.url),
            Self::Requests(own) => own.requests.iter().all(|request| target::is_local(request.url())),
        }
    }

    /// Returns the certificate roots to trust.
    #[must_use]
    pub fn roots(&self) -> &Roots {
        match self {
            Self::Server(target) => &target.roots,
            Self::Requests(own) => &own.roots,
        }
    }

    /// Returns where the requests go, as it may be shown and kept.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Server(target) => target.shown(),
            Self::Requests(own) => own.shown(),
        }
    }

    /// Checks that the requests of these batches may be sent. Each batch is given by its length, and by how often it
    /// is sent; each begins with the first request. This is to be called before the first request is sent. It returns
    /// a line to print for each server that is not on this machine.
    ///
    /// # Errors
    /// [`TargetError::OverBudget`] if more than `budget` requests would go to servers that are not on this machine.
    pub fn allow(&self, batches: &[(usize, u64)], budget: u64) -> Result<Vec<String>, TargetError> {
        match self {
            Self::Server(target) => {
                let all = batches.iter().map(|(n, times)| (*n as u64).saturating_mul(*times));
                let planned = all.fold(0, |sum: u64, sent| sum.saturating_add(sent));
                target.allow(planned, budget).map(|line| line.into_iter().collect())
            }
            Self::Requests(own) => own.allow(batches, budget),
        }
    }
}
