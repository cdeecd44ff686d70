//! Drops the requests that wiremock keeps. At no moment does a request find no mock.
//!
//! wiremock keeps each request with the mock that matched it, about 4.5 KB each, and only `reset()` drops them.
//! Between `reset()` and the next mounting, every request would be answered with 404. But wiremock answers all
//! requests on one thread, with a current-thread runtime, and holds its lock only while a task is being polled. So a
//! task *on that runtime* always finds the lock free, resets and mounts within one poll, and no request is answered
//! in between. (This was read in wiremock 0.6.5, `mock_server/{bare_server,hyper}.rs`; `tests/server.rs` resets under
//! full load.)

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::sleep;
use wiremock::MockServer;

use super::responders::Shared;

/// While no request is waiting, this many kept requests (4.5 MB) make the engine drop them without a reset.
const KEEP: u64 = 1_000;

/// How often the number of kept requests is checked.
const LOOK: Duration = Duration::from_millis(50);

/// Gives responders access to their server. Only responders may call its methods, because the current runtime must be
/// wiremock's own.
#[derive(Default)]
pub(super) struct Memory {
    server: OnceLock<Weak<MockServer>>,
    watching: OnceLock<()>,
}

impl Memory {
    /// Sets the server whose memory this is.
    pub(super) fn belongs_to(&self, server: &Arc<MockServer>) {
        // A second call would be a bug of this crate; the first server is kept.
        let _ = self.server.set(Arc::downgrade(server));
    }

    /// Drops the kept requests as soon as the current answer is sent.
    pub(super) fn drop_soon(&self, shared: &Shared) {
        if let Some(server) = self.server.get().cloned() {
            let shared = shared.clone();
            Handle::current().spawn(async move { drop_now(&server, &shared).await });
        }
    }

    /// Starts a task that drops the kept requests whenever there are many and no request is waiting for its answer.
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
