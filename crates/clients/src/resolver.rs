//! reqwest's look-ups of names, on threads that nobody waits for.
//!
//! By itself, reqwest leaves them to threads of its runtime, and dropping the runtime waits for them. The blocking
//! client drops its runtime when it is dropped: a name server that does not answer would hold it up.

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
