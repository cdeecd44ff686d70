//! The counts of a server, which `GET /stats` returns.

use serde::{Deserialize, Serialize};

/// The counts since the server started, or since the last `POST /reset`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Requests that are measured: for `/uuid`, `/bytes/N` and `/upload`.
    pub arrivals: u64,
    /// The most requests that were waiting for their answers at one time. The hyper engine counts a request until it
    /// is answered or its client gives up; wiremock counts it until the answer is due. Both read requests one after
    /// another, so this is 1 if there is no delay. It is never more than the truth.
    pub peak_in_flight: u64,
    /// Connections that carried at least one of these requests. With HTTP/2, wiremock counts each stream as a
    /// connection.
    pub connections: u64,
    /// Requests for any other path, which are answered with 404.
    pub strays: u64,
    /// Requests that were served, or will be. 0 in the counts of a server that was built before it had limits, as all
    /// counts below.
    #[serde(default)]
    pub accepted: u64,
    /// Requests that had to wait for their turn, because the server's capacity was used up.
    #[serde(default)]
    pub queued: u64,
    /// Requests that were refused: with 503 if too many were waiting, with 429 if there were too many in a second.
    #[serde(default)]
    pub refused: u64,
    /// The most requests that were waiting for their turn at one time.
    #[serde(default)]
    pub longest_queue: u64,
}
