//! What a server counted, as `GET /stats` tells it.

use serde::{Deserialize, Serialize};

/// What the server counted since it started or was last told to `POST /reset`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Requests for `/uuid`.
    pub arrivals: u64,
    /// The most requests that were waiting for their answer at one time. The hyper engine counts each until it is
    /// answered or given up; wiremock until the answer is due. Both read requests one after another, so that with no
    /// delay this is 1: it is never more than the truth.
    pub peak_in_flight: u64,
    /// Connections that carried at least one request for `/uuid`. With HTTP/2 wiremock counts each stream as one.
    pub connections: u64,
    /// Requests for any other path, answered 404.
    pub strays: u64,
}
