//! Makes the requests of a scenario, and the checks of their answers.

use bytes::Bytes;
use fanout_model::{Check, Content, Kept, Request, RequestError, Url};
use fanout_record::run::{Exchange, Scenario};
use http::{HeaderMap, Method};
use mock_server::bytes as bodies;

/// Returns the request of which a batch consists. `url` is where the server answers with a UUID.
pub(crate) fn of(scenario: &Scenario, url: &Url) -> Result<Request, RequestError> {
    let work = scenario.work.map_or(0, |work| work.times);
    made(scenario.exchange, url, work)
}

/// How many times less work is done on an answer before the clock runs.
const LESS_WORK: u32 = 10;

/// Returns the request for the batch before the clock runs. Some work starts the threads that do it, and takes little
/// time.
pub(crate) fn to_warm_up(request: &Request) -> Request {
    let work = request.check().work.div_ceil(LESS_WORK);
    request.with_check(Check { work, ..request.check().clone() })
}

/// Returns the request for the floor, which holds no body in memory and does no work.
pub(crate) fn for_the_floor(scenario: &Scenario, url: &Url) -> Result<Request, RequestError> {
    let exchange = match scenario.exchange {
        Exchange::Download { bytes, .. } => Exchange::Download { bytes, kept: false },
        other => other,
    };
    made(exchange, url, 0)
}

fn made(exchange: Exchange, url: &Url, work: u32) -> Result<Request, RequestError> {
    let at = |path: &str| {
        let mut url = url.clone();
        url.set_path(path);
        url
    };
    let request = |method, url, body, content, kept| {
        let check = Check { content, kept, work, status: None };
        Request::new(method, url, HeaderMap::new(), body, check)
    };
    match exchange {
        Exchange::Uuid | Exchange::Own => request(Method::GET, url.clone(), Bytes::new(), Content::Uuid, Kept::Not),
        Exchange::Download { bytes, kept } => {
            let content = Content::Exactly { length: bytes, hash: bodies::hash(bytes) };
            let kept = if kept { Kept::InMemory } else { Kept::Not };
            request(Method::GET, at(&format!("/bytes/{bytes}")), Bytes::new(), content, kept)
        }
        Exchange::Upload { bytes } => {
            let receipt = bodies::receipt(bytes, bodies::hash(bytes));
            let content = Content::exactly(receipt.as_bytes());
            request(Method::POST, at("/upload"), bodies::whole(bytes), content, Kept::Not)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Case;

    #[test]
    fn a_body_is_expected_byte_by_byte_and_the_floor_neither_keeps_nor_works() {
        let url = "http://localhost:1/uuid".parse().unwrap();
        let exchange = Exchange::Download { bytes: 3, kept: true };
        let scenario = Case { exchange, work: std::time::Duration::from_millis(1), ..Case::WARM }.scenario();
        let (request, floor) = (of(&scenario, &url).unwrap(), for_the_floor(&scenario, &url).unwrap());
        assert_eq!(request.url().path(), "/bytes/3");
        assert_eq!(request.check().content, floor.check().content);
        assert_eq!((&request.check().kept, &floor.check().kept), (&Kept::InMemory, &Kept::Not));
        assert!(request.check().work > 0 && floor.check().work == 0);
        let upload = Case { exchange: Exchange::Upload { bytes: 5 }, ..Case::WARM }.scenario();
        assert_eq!(of(&upload, &url).unwrap().body().len(), 5);
    }
}
