//! What a link did with the packets, counted in each direction.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The counts of both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// From the client to the server.
    pub to_server: Carried,
    /// From the server to the client.
    pub to_client: Carried,
}

/// The counts of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The packets that arrived.
    pub packets: u64,
    /// The bytes of those packets, with their IP headers.
    pub bytes: u64,
    /// The packets that the link lost because its loss says so. netem counts them together with the dropped ones,
    /// as lost.
    pub lost: u64,
    /// The packets for which the queue had no room.
    pub dropped: u64,
    /// How much later than the link says the packets arrived, on average. The relay knows it, and netem does not.
    pub late: Option<Duration>,
    /// How much later the latest of them arrived.
    pub latest: Option<Duration>,
}

/// The counts of one direction while it is at work.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    packets: AtomicU64,
    bytes: AtomicU64,
    lost: AtomicU64,
    dropped: AtomicU64,
    late_ns: AtomicU64,
    latest_ns: AtomicU64,
}

impl Counting {
    pub(crate) fn arrived(&self, bytes: usize, late: Duration) {
        let late = u64::try_from(late.as_nanos()).unwrap_or(u64::MAX);
        self.late_ns.fetch_add(late, Ordering::Relaxed);
        self.latest_ns.fetch_max(late, Ordering::Relaxed);
        self.packets.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn so_far(&self) -> Carried {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let packets = read(&self.packets);
        Carried {
            packets,
            bytes: read(&self.bytes),
            lost: read(&self.lost),
            dropped: read(&self.dropped),
            late: read(&self.late_ns).checked_div(packets).map(Duration::from_nanos),
            latest: (packets > 0).then(|| Duration::from_nanos(read(&self.latest_ns))),
        }
    }
}
