//! The default engine: wiremock, which answers on its own thread.
//!
//! wiremock keeps every request that it matched in memory as long as a mock is mounted. [`memory`] keeps this server
//! small nevertheless; [`responders`] has the answers, and [`counters`] has the counts.

mod counters;
mod memory;
mod responders;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use wiremock::MockServer;

use self::counters::Counters;
use self::memory::Memory;
use self::responders::Shared;
use crate::limits::Gate;
use crate::{Config, Stats};

/// A running engine. Dropping it ends its thread, and breaks off the requests in flight.
pub(crate) struct Engine {
    wiremock: Arc<MockServer>,
    shared: Shared,
}

impl Engine {
    pub(crate) async fn start(config: Config, listener: TcpListener) -> Self {
        let wiremock = Arc::new(MockServer::builder().listener(listener).disable_request_recording().start().await);
        let counters = Arc::new(Counters::default());
        let memory = Arc::new(Memory::default());
        let shared = Shared {
            counters,
            gate: Arc::new(Gate::new(config.limits)),
            memory: Arc::clone(&memory),
            delay: config.delay,
            jitter: config.jitter,
            guarded: config.guarded,
        };
        memory.belongs_to(&wiremock);
        for mock in shared.mocks() {
            wiremock.register(mock).await;
        }
        Self { wiremock, shared }
    }

    pub(crate) fn url(&self) -> String {
        self.wiremock.uri()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        *self.wiremock.address()
    }

    pub(crate) fn stats(&self) -> Stats {
        self.shared.stats()
    }

    pub(crate) fn reset(&self) {
        self.shared.reset();
    }
}
