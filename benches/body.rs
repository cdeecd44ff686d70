//! What do large bodies cost? Bodies of 1 MB are downloaded or uploaded, with 20 in flight, from a server that takes
//! 1 ms for each answer. In the full profile, the bodies have 1 KB to 4 MB, and those of 10 KB go over HTTP/2. A
//! downloaded body is hashed as it arrives, or held in memory as a whole before it is hashed (`kept`). An upload
//! sends a body that is in memory already. The mock server's hyper engine answers.
//!
//! The answer looks like: with small bodies, the clients differ by their cost per request; with large ones, by how
//! they copy. Holding a body costs memory for all bodies in flight at once. The floor moves the same bytes over raw
//! sockets, and hashes them. The bench does not show a real network, on which the line is the limit, nor compressed
//! bodies, nor bodies from or to a disk.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_model::Protocol;
use fanout_record::run::Exchange;
use fanout_suite::question::{Answers, Question, rounds};
use fanout_suite::taking_part::chooses;
use mock_server::Engine;

const KB: u64 = 1_000;
const MB: u64 = 1_000 * KB;

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "body",
        about: "What do large bodies cost? Downloads that are hashed or held in memory, and uploads; 20 in flight.",
        cases,
        admits: chooses,
        usual: &[],
        server: Answers::Mock,
        beside: Vec::new,
        seconds: 20,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    let rounds = rounds(profile, 60);
    let case = |parameter, requests, exchange| {
        let (concurrency, delay) = (NonZeroUsize::new(20), Duration::from_millis(1));
        Case { requests, concurrency, delay, engine: Engine::Hyper, exchange, rounds, parameter, ..Case::WARM }
    };
    let down = |parameter, requests, bytes| case(parameter, requests, Exchange::Download { bytes, kept: false });
    let kept = |parameter, requests, bytes| case(parameter, requests, Exchange::Download { bytes, kept: true });
    let up = |parameter, requests, bytes| case(parameter, requests, Exchange::Upload { bytes });
    let (large, large_kept) = (down("download-1MB", 20, MB), kept("download-1MB-kept", 20, MB));
    let (middle, upload) = (down("download-64KB", 100, 64 * KB), up("upload-1MB", 20, MB));
    match profile {
        Profile::Quick => vec![large, upload],
        Profile::Default => vec![large, large_kept, upload],
        Profile::Full => vec![
            down("download-1KB", 100, KB),
            Case { protocol: Some(Protocol::Http2), ..down("download-10KB-http2", 100, 10 * KB) },
            middle,
            large,
            down("download-4MB", 20, 4 * MB),
            large_kept,
            kept("download-4MB-kept", 20, 4 * MB),
            up("upload-64KB", 100, 64 * KB),
            upload,
        ],
    }
}
