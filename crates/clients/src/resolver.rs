//! reqwest's look-ups of names, on threads that nobody waits for.
//!
//! reqwest leaves them to threads of its runtime, and dropping that waits for them: the blocking client's is dropped with
//! the client, and would hold it up for as long as a name server does not answer.

use fanout_model::names;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

/// Looks each name up when it is asked for, as the other clients do.
#[derive(Debug)]
pub(crate) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, addresses) = oneshot::channel();
        // reqwest puts the port in. Nobody listens any more where the request has timed out.
        let started = names::look_up(name.as_str(), 0, move |addresses| drop(found.send(addresses)));
        Box::pin(async move {
            started?;
            Ok(Box::new(addresses.await??.into_iter()) as Addrs)
        })
    }
}
