//! The bytes of one exchange: a request made once, an answer read with as little as it takes.

use std::net::SocketAddr;

use fanout_model::{BodyError, RequestError, Url, Uuid, answer};

/// Where a request goes and its bytes.
pub(crate) struct Exchange {
    pub(crate) address: SocketAddr,
    pub(crate) request: Vec<u8>,
    pub(crate) keep_alive: bool,
}

impl Exchange {
    /// Resolves the host (this may block, once for each URL) and writes the request.
    pub(crate) fn new(url: &Url, keep_alive: bool) -> Result<Self, RequestError> {
        if url.scheme() != "http" {
            let reason = format!("the floor speaks plain http only, not {}", url.scheme());
            return Err(RequestError::Connect(reason));
        }
        let addresses = url.socket_addrs(|| None).map_err(|error| RequestError::Connect(error.to_string()))?;
        let address = *addresses.first().ok_or_else(|| RequestError::Connect("the host has no address".into()))?;
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let close = if keep_alive { "" } else { "connection: close\r\n" };
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: */*\r\n{close}\r\n").into_bytes();
        Ok(Self { address, request, keep_alive })
    }
}

/// What has been received so far.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    Incomplete,
    Whole { result: Result<Uuid, RequestError>, reusable: bool },
}

/// Reads an answer from its first byte on; `ended` says that no more will come.
pub(crate) fn read(received: &[u8], ended: bool) -> Result<Answer, RequestError> {
    let truncated = RequestError::Body(BodyError::Truncated);
    let opening = &received[..received.len().min(7)];
    if !b"HTTP/1.".starts_with(opening) {
        return Err(RequestError::Body(BodyError::NotHttp));
    }
    let Some(head_end) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if ended { Err(truncated) } else { Ok(Answer::Incomplete) };
    };
    let not_http = || RequestError::Body(BodyError::NotHttp);
    let head = std::str::from_utf8(&received[..head_end]).map_err(|_| not_http())?;
    let body = &received[head_end + 4..];
    let status = head.get(9..12).and_then(|digits| digits.parse().ok()).ok_or_else(not_http)?;
    let header = |name: &str| {
        let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let reusable = !header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let length = match header("content-length") {
        Some(length) => length.parse::<usize>().map_err(|_| not_http())?,
        None if header("transfer-encoding").is_some() => {
            return Err(RequestError::Lost("the floor reads no chunked answers".into()));
        }
        None if ended => body.len(),
        None => return Ok(Answer::Incomplete),
    };
    match body.get(..length) {
        Some(body) => Ok(Answer::Whole { result: answer::uuid(status, body), reusable: reusable && !ended }),
        None if ended => Err(truncated),
        None => Ok(Answer::Incomplete),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 48\r\n\r\n\
                          {\"uuid\": \"00000000-0000-4000-8000-000000000001\"}";

    #[test]
    fn every_proper_beginning_of_an_answer_is_incomplete_and_cut_when_it_ends_there() {
        assert!(matches!(read(ANSWER.as_bytes(), false), Ok(Answer::Whole { result: Ok(_), reusable: true })));
        for end in 0..ANSWER.len() {
            let part = &ANSWER.as_bytes()[..end];
            assert_eq!(read(part, false), Ok(Answer::Incomplete), "{end}");
            assert_eq!(read(part, true), Err(RequestError::Body(BodyError::Truncated)), "{end}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_server_sends_is_read_without_a_panic(bytes: Vec<u8>, ended: bool) {
            let _ = read(&bytes, ended);
            let _ = read(&[b"HTTP/1.1 ", bytes.as_slice()].concat(), ended);
            let _ = read(&[b"HTTP/1.1 200 OK\r\n", bytes.as_slice(), b"\r\n\r\n"].concat(), ended);
        }

        #[test]
        fn a_body_of_any_length_is_whole_with_its_last_byte(uuid: u128, padding in 0_usize..3_000) {
            let uuid = Uuid::from_u128(uuid);
            let body = format!("{{{}\"uuid\": \"{uuid}\"}}", " ".repeat(padding));
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            prop_assert_eq!(read(&answer.as_bytes()[..answer.len() - 1], false), Ok(Answer::Incomplete));
            prop_assert_eq!(read(answer.as_bytes(), false), Ok(Answer::Whole { result: Ok(uuid), reusable: true }));
        }
    }

    #[test]
    fn other_protocols_and_hostile_heads_are_errors() {
        let not_http = Err(RequestError::Body(BodyError::NotHttp));
        assert_eq!(read(b"SSH-2.0-x\r\n", false), not_http);
        assert_eq!(read(b"HTTP/1.1 \r\n\r\n", false), not_http);
        assert_eq!(read(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", false), not_http);
    }
}
