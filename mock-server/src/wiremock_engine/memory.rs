//! Drops what wiremock keeps, without a moment in which a request finds no mock.
//!
//! wiremock keeps each request with the mock that matched it, about 4.5 KB each, and only `reset()` drops them.
//! Between `reset()` and mounting again every request would be answered 404. But wiremock answers all requests on one
//! thread, with a current-thread runtime, and holds its lock only while a task is being polled. So a task *on that
//! runtime* always finds the lock free, resets and mounts within one poll, and no request is answered in between.
//! (Read in wiremock 0.6.5, `mock_server/{bare_server,hyper}.rs`; `tests/server.rs` resets under full load.)

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::sleep;
use wiremock::MockServer;

use super::responders::Shared;

/// Requests that may be kept while nobody waits, before they are dropped unasked: 4.5 MB.
const KEEP: u64 = 1_000;

/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// The way from a responder back to its server. Its methods are called by responders only: the runtime that is
/// current there is wiremock's own.
#[derive(Default)]
pub(super) struct Memory {
    server: OnceLock<Weak<MockServer>>,
    watching: OnceLock<()>,
}

impl Memory {
    /// Whose memory this is.
    pub(super) fn belongs_to(&self, server: &Arc<MockServer>) {
        // A second owner would be a mistake of this crate; the first stays.
        let _ = self.server.set(Arc::downgrade(server));
    }

    /// Drops the memory as soon as the answer at hand is given.
    pub(super) fn drop_soon(&self, shared: &Shared) {
        if let Some(server) = self.server.get().cloned() {
            let shared = shared.clone();
            Handle::current().spawn(async move { drop_now(&server, &shared).await });
        }
    }

    /// Looks after the memory from now on, dropping it whenever it has grown and nobody waits for an answer.
    pub(super) fn watch(&self, shared: &Shared) {
        let Some(server) = self.server.get() else { return };
        self.watching.get_or_init(|| {
            let (server, shared) = (server.clone(), shared.clone());
            Handle::current().spawn(async move {
                while server.strong_count() > 0 {
                    sleep(LOOK).await;
                    if shared.counters.is_idle_and_keeps(KEEP) {
                        drop_now(&server, &shared).await;
                    }
                }
            });
        });
    }
}

async fn drop_now(server: &Weak<MockServer>, shared: &Shared) {
    if let Some(server) = server.upgrade() {
        server.reset().await;
        for mock in shared.mocks() {
            server.register(mock).await;
        }
        shared.counters.forgotten();
    }
}
