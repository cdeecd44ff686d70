//! Looks names up for reqwest, on threads that are never joined.
//!
//! reqwest by itself does this on threads of its runtime, and dropping the runtime waits for them. The blocking
//! client drops its runtime when it is dropped, so a name server that does not answer would block that.

use fanout_model::names;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

/// Looks names up with [`names::look_up`], as the other clients do.
#[derive(Debug)]
pub(crate) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, addresses) = oneshot::channel();
        // reqwest fills the port in. If the request has timed out, the receiver has been dropped.
        let started = names::look_up(name.as_str(), 0, move |addresses| drop(found.send(addresses)));
        Box::pin(async move {
            started?;
            Ok(Box::new(addresses.await??.into_iter()) as Addrs)
        })
    }
}
