//! If a server allows fewer streams than there may be requests in flight, the model opens no more than it allows.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use fanout_conformance::server::{Server, uuid_of};
use fanout_model::{Model, Request};
use model_http2_multiplex::Http2Multiplex;

#[test]
fn the_servers_stream_limit_is_respected_from_the_first_stream_on() {
    let server = Server::start_allowing(3);
    let requests: Vec<Request> = (0..37).map(|i| server.get(format!("/gate/{i}"))).collect();
    let settings = Http2Multiplex.settings(NonZeroUsize::new(16).unwrap()).unwrap();
    let mut runner = Http2Multiplex.prepare(&settings).unwrap();
    let outcomes = thread::scope(|threads| {
        let running = threads.spawn(|| runner.run(&requests));
        assert!(server.wait_for_in_flight(3, Duration::from_secs(5)));
        // One stream too many has time to arrive here. If it arrives even later, the test does not notice, and does
        // not fail.
        thread::sleep(Duration::from_millis(100));
        server.open();
        running.join().unwrap()
    });
    assert_eq!((server.seen().peak, server.seen().connections), (3, 1));
    for (i, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.result, Ok(uuid_of(i).into()));
    }
}
