//! A connection on which an upload was not finished is not used again, although its server keeps it open.

use std::num::NonZeroUsize;
use std::time::Duration;

use fanout_conformance::server::{Server, uuid_of};
use fanout_model::{Check, Model, Request, RequestError, Settings};
use http::{HeaderMap, Method};
use model_hyper::Hyper;

#[test]
fn the_request_after_an_early_answer_has_a_connection_of_its_own() {
    let server = Server::start();
    let body = vec![0; 8_000_000].into();
    let url = server.at("/early-open");
    let upload = Request::new(Method::POST, url, HeaderMap::new(), body, Check::default()).unwrap();
    let settings = Settings { timeout: Duration::from_secs(10), ..Settings::new(NonZeroUsize::MIN).unwrap() };
    let mut runner = Hyper.prepare(&settings).unwrap();
    let outcomes = runner.run(&[server.get("/uuid/0"), upload, server.get("/uuid/1")]);
    assert_eq!(outcomes[0].result, Ok(uuid_of(0).into()));
    assert_eq!(outcomes[1].result, Err(RequestError::Status(413)));
    assert_eq!(outcomes[2].result, Ok(uuid_of(1).into()));
}
