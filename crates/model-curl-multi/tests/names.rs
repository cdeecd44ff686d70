//! A name leads to the address that the system gives, although libcurl gets the address and does no look-up itself.

use std::num::NonZeroUsize;

use fanout_conformance::server::{Server, uuid_of};
use fanout_model::{Model, Request, RequestError, Url};
use model_curl_multi::CurlMulti;

#[test]
fn a_name_is_as_good_as_an_address_and_one_that_is_none_says_so() {
    let server = Server::start();
    let mut urls: Vec<Url> = (0..12).map(|i| server.at(format!("/uuid/{i}"))).collect();
    urls.iter_mut().for_each(|url| url.set_host(Some("localhost")).unwrap());
    // A label may not be so long (RFC 1035, section 2.3.4), so no name server is asked.
    urls[5].set_host(Some(&"x".repeat(64))).unwrap();
    let requests: Vec<Request> = urls.into_iter().map(|url| Request::get(url).unwrap()).collect();
    let settings = CurlMulti.settings(NonZeroUsize::new(4).unwrap()).unwrap();
    let mut runner = CurlMulti.prepare(&settings).unwrap();
    for _ in 0..2 {
        for (i, outcome) in runner.run(&requests).iter().enumerate() {
            match &outcome.result {
                Ok(found) => assert_eq!((found, i == 5), (&uuid_of(i).into(), false)),
                Err(error) => assert!(i == 5 && matches!(error, RequestError::Connect(_)), "{i}: {error}"),
            }
        }
    }
}
