//! Reads the answer of one exchange as it arrives. It looks at every byte once and does as little work as possible.

use fanout_model::answer::{Answer, MOST_HEAD};
use fanout_model::{BodyError, Found, Request, RequestError};
use http::HeaderMap;

/// An answer of which a part has arrived.
#[derive(Default)]
pub struct Reading {
    /// The head as it arrives, and what came with its last part.
    received: Vec<u8>,
    /// Where the head begins, after any informational answers (RFC 9110, section 15.2).
    begin: usize,
    /// The end of the head has been searched for up to here.
    searched: usize,
    /// `None` until the head is complete.
    body: Option<Body>,
}

/// The part of an answer that follows its head.
struct Body {
    answer: Answer,
    /// How many bytes are left; `None` for a body that ends when the connection is closed (RFC 9112, section 6.3).
    left: Option<u64>,
    reusable: bool,
}

/// The parts of a head that matter here.
#[derive(Clone, Copy, Debug)]
struct Head {
    /// Where the body begins.
    end: usize,
    status: u16,
    /// `None` for a body that ends when the connection is closed (RFC 9112, section 6.3).
    length: Option<u64>,
    reusable: bool,
}

/// What the bytes so far amount to.
#[derive(Debug, PartialEq)]
pub enum Progress {
    /// The answer goes on.
    Incomplete,
    /// The answer is complete.
    Whole {
        /// What the check of the answer says.
        result: Result<Found, RequestError>,
        /// Whether the connection may be used again.
        reusable: bool,
    },
}

const END: &[u8] = b"\r\n\r\n";

fn bad(error: BodyError) -> RequestError {
    RequestError::Body(error)
}

impl Reading {
    /// Nothing has arrived yet.
    #[must_use]
    pub fn new() -> Self {
        Self { received: Vec::with_capacity(1024), ..Self::default() }
    }

    /// Prepares for the next answer. It keeps the memory unless the last head was long.
    pub fn clear(&mut self) {
        let mut received = std::mem::take(&mut self.received);
        received.clear();
        received.shrink_to(MOST_HEAD);
        *self = Self { received, ..Self::default() };
    }

    /// Adds bytes of the answer to this request, and returns what there is now; `ended` says that no more will come.
    ///
    /// # Errors
    /// [`RequestError::Body`] if this is no answer, or is cut or too long, [`RequestError::Lost`] if the control arms
    /// do not read answers of this kind, and [`RequestError::Keep`] if the file for the body cannot be written.
    pub fn take(&mut self, request: &Request, bytes: &[u8], ended: bool) -> Result<Progress, RequestError> {
        let mut arrived = bytes;
        if self.body.is_none() {
            self.received.extend_from_slice(bytes);
            let Some(head) = self.head()? else {
                return if ended { Err(bad(BodyError::Truncated)) } else { Ok(Progress::Incomplete) };
            };
            let left = if *request.method() == "HEAD" { Some(0) } else { head.length };
            let mut answer = Answer::begin(request, head.status, &HeaderMap::new())?;
            answer.expect(left.unwrap_or(0));
            self.body = Some(Body { answer, left, reusable: head.reusable });
            arrived = &self.received[head.end..];
        }
        let Some(body) = &mut self.body else { return Ok(Progress::Incomplete) };
        body.take(arrived)?;
        let is_whole = body.left.map_or(ended, |left| left == 0);
        if !is_whole {
            return if ended { Err(bad(BodyError::Truncated)) } else { Ok(Progress::Incomplete) };
        }
        let reusable = body.reusable && !ended;
        let result = self.body.take().map_or(Err(bad(BodyError::Truncated)), |body| body.answer.check());
        Ok(Progress::Whole { result, reusable })
    }

    /// The head, if it is complete.
    fn head(&mut self) -> Result<Option<Head>, RequestError> {
        loop {
            let received = &self.received[self.begin..];
            if !b"HTTP/1.".starts_with(&received[..received.len().min(7)]) {
                return Err(bad(BodyError::NotHttp));
            }
            // The end of the head may have begun in the part that was searched before.
            let from = self.searched.saturating_sub(END.len() - 1).max(self.begin);
            let end = self.received[from..].windows(END.len()).position(|bytes| bytes == END).map(|at| from + at);
            self.searched = end.map_or(self.received.len(), |end| end + END.len());
            if self.searched > MOST_HEAD {
                return Err(bad(BodyError::HeadTooLong));
            }
            let Some(end) = end else {
                // Lines may end with a line feed alone (RFC 9112, section 2.2). The floor would wait for the end of
                // such a head until the timeout.
                if self.received[from..].windows(2).any(|bytes| bytes == b"\n\n") {
                    return Err(RequestError::Lost("the floor reads no head whose lines end with LF alone".into()));
                }
                return Ok(None);
            };
            let head = Head::read(&self.received[self.begin..end], end + END.len())?;
            // A switch of protocols was not asked for, and nothing after it is HTTP.
            let informational = (100..200).contains(&head.status) && head.status != 101;
            match informational {
                true => self.begin = head.end,
                false => return Ok(Some(head)),
            }
        }
    }
}

impl Body {
    /// Takes what belongs to this answer. What comes after it was not asked for, and the connection is not used
    /// again.
    fn take(&mut self, arrived: &[u8]) -> Result<(), RequestError> {
        let Some(left) = &mut self.left else { return self.answer.take(arrived) };
        let belongs = usize::try_from(*left).map_or(arrived.len(), |left| left.min(arrived.len()));
        *left -= belongs as u64;
        self.reusable &= belongs == arrived.len();
        self.answer.take(&arrived[..belongs])
    }
}

impl Head {
    fn read(head: &[u8], end: usize) -> Result<Self, RequestError> {
        let not_http = || bad(BodyError::NotHttp);
        let head = std::str::from_utf8(head).map_err(|_| not_http())?;
        let status = head.get(9..12).and_then(|digits| digits.parse().ok()).ok_or_else(not_http)?;
        let all = |name: &'static str| {
            let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
            let named = lines.filter(move |(key, _)| key.eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.trim())
        };
        let header = |name| all(name).next();
        // Several values are one list; all of them must be the same (RFC 9112, section 6.3).
        let mut lengths = all("content-length").flat_map(|value| value.split(',')).map(str::trim);
        let length = match lengths.next() {
            // Answers with these statuses have no body, whatever their headers say (RFC 9112, section 6.3).
            _ if matches!(status, 100..200 | 204 | 304) => Some(0),
            // It counts more than a length.
            _ if header("transfer-encoding").is_some() => {
                return Err(RequestError::Lost("the floor reads no chunked answers".into()));
            }
            Some(length) if lengths.all(|other| other == length) => Some(length.parse().map_err(|_| not_http())?),
            Some(_) => return Err(not_http()),
            None => None,
        };
        let closes = |value: &str| value.split(',').any(|option| option.trim().eq_ignore_ascii_case("close"));
        // Before HTTP/1.1, a connection ends with the answer (RFC 9112, section 9.3).
        let reusable = head.starts_with("HTTP/1.1") && !header("connection").is_some_and(closes);
        Ok(Self { end, status, length, reusable })
    }
}

#[cfg(test)]
mod tests {
    use fanout_model::Uuid;
    use fanout_model::answer::MOST_BODY;
    use proptest::prelude::*;

    use super::*;

    const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 48\r\n\r\n\
                          {\"uuid\": \"00000000-0000-4000-8000-000000000001\"}";

    const HINTS: &str = "HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n";

    /// The result of reading all of these bytes at once.
    fn read(bytes: impl AsRef<[u8]>, ended: bool) -> Result<Progress, RequestError> {
        Reading::new().take(&asked(), bytes.as_ref(), ended)
    }

    fn asked() -> Request {
        Request::get("http://localhost/".parse().unwrap()).unwrap()
    }

    #[test]
    fn every_proper_beginning_of_an_answer_is_incomplete_and_cut_when_it_ends_there() {
        assert!(matches!(read(ANSWER, false), Ok(Progress::Whole { result: Ok(_), reusable: true })));
        for end in 0..ANSWER.len() {
            let part = &ANSWER.as_bytes()[..end];
            assert_eq!(read(part, false), Ok(Progress::Incomplete), "{end}");
            assert_eq!(read(part, true), Err(bad(BodyError::Truncated)), "{end}");
        }
    }

    #[test]
    fn an_answer_is_the_same_in_one_piece_in_two_and_byte_by_byte() {
        let whole = format!("{HINTS}HTTP/1.1 100 Continue\r\n\r\n{ANSWER}");
        let expected = read(ANSWER, false);
        for cut in 0..whole.len() {
            let (one, other) = whole.as_bytes().split_at(cut);
            let mut reading = Reading::new();
            assert_eq!(reading.take(&asked(), one, false), Ok(Progress::Incomplete), "{cut}");
            assert_eq!(reading.take(&asked(), other, false), expected, "{cut}");
            reading.clear();
            assert_eq!(reading.take(&asked(), ANSWER.as_bytes(), false), expected, "{cut}");
        }
        let mut reading = Reading::new();
        let last = whole.bytes().map(|byte| reading.take(&asked(), &[byte], false)).last();
        assert_eq!(last, Some(expected));
    }

    #[test]
    fn what_never_ends_is_too_long_and_each_byte_is_looked_at_once() {
        let endless = |start: &str, again: &str, expected: BodyError| {
            let mut reading = Reading::new();
            reading.take(&asked(), start.as_bytes(), false).unwrap();
            let again = again.repeat(4096 / again.len());
            // Searching all the bytes again for each part of 4 kB would take minutes.
            let end =
                (0..2 * MOST_BODY / again.len()).find_map(|_| reading.take(&asked(), again.as_bytes(), false).err());
            assert_eq!(end, Some(bad(expected)), "{start}");
        };
        endless("HTTP/1.1 200 OK\r\n", "more: of it\r\n", BodyError::HeadTooLong);
        endless("HTTP/1.1 200 OK\r\nmore: ", "of it", BodyError::HeadTooLong);
        endless(HINTS, HINTS, BodyError::HeadTooLong);
        endless("HTTP/1.1 200 OK\r\n\r\n", " ", BodyError::TooLong);
        endless("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n", " ", BodyError::TooLong);
    }

    #[test]
    fn an_answer_without_a_body_ends_with_its_head() {
        for (status, result) in [(204, bad(BodyError::NotJson)), (304, RequestError::Status(304))] {
            let answer = Progress::Whole { result: Err(result), reusable: true };
            assert_eq!(read(format!("HTTP/1.1 {status} -\r\ncontent-length: 7\r\n\r\n"), false), Ok(answer));
        }
    }

    #[test]
    fn a_connection_that_ends_with_the_answer_is_not_used_again() {
        let length = "content-length: 2\r\n\r\n{}";
        for (head, wanted) in [
            ("HTTP/1.1 500 -\r\n", true),
            ("HTTP/1.1 500 -\r\nconnection: Keep-Alive, Close\r\n", false),
            ("HTTP/1.0 500 -\r\n", false),
        ] {
            let answer = Progress::Whole { result: Err(RequestError::Status(500)), reusable: wanted };
            assert_eq!(read(format!("{head}{length}"), false), Ok(answer), "{head}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_server_sends_is_read_without_a_panic(bytes: Vec<u8>, ended: bool) {
            let _ = read(&bytes, ended);
            let _ = read([b"HTTP/1.1 ", bytes.as_slice()].concat(), ended);
            let _ = read([b"HTTP/1.1 200 OK\r\n", bytes.as_slice(), b"\r\n\r\n"].concat(), ended);
            let _ = read([b"HTTP/1.1 103 -\r\n\r\n", bytes.as_slice(), b"\r\n\r\n"].concat(), ended);
        }

        #[test]
        fn a_body_of_any_length_is_whole_with_its_last_byte(uuid: u128, padding in 0_usize..3_000) {
            let uuid = Uuid::from_u128(uuid);
            let body = format!("{{{}\"uuid\": \"{uuid}\"}}", " ".repeat(padding));
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            prop_assert_eq!(read(&answer[..answer.len() - 1], false), Ok(Progress::Incomplete));
            prop_assert_eq!(read(&answer, false), Ok(Progress::Whole { result: Ok(uuid.into()), reusable: true }));
        }
    }

    #[test]
    fn bytes_after_the_answer_are_not_taken_for_the_next_one() {
        let whole = Progress::Whole { result: Err(RequestError::Status(500)), reusable: false };
        assert_eq!(read("HTTP/1.1 500 -\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 -", false), Ok(whole));
    }

    #[test]
    fn what_it_does_not_read_is_an_outcome_at_once() {
        let lost = |answer: &str| match read(answer, false) {
            Err(RequestError::Lost(reason)) => reason,
            other => panic!("{answer:?} is {other:?}"),
        };
        assert!(lost("HTTP/1.1 200 OK\ncontent-length: 2\n\n{}").contains("LF alone"));
        assert!(lost("HTTP/1.1 200 OK\r\ncontent-length: 2\n\n").contains("LF alone"));
        let both = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n";
        assert!(lost(both).contains("chunked"));
    }

    #[test]
    fn lengths_that_contradict_each_other_are_refused_and_the_same_one_twice_is_one() {
        let lengths = |lengths: &str| read(format!("HTTP/1.1 500 -\r\n{lengths}\r\n\r\n{{}}"), false);
        let whole = Ok(Progress::Whole { result: Err(RequestError::Status(500)), reusable: true });
        assert_eq!(lengths("content-length: 2\r\ncontent-length: 2"), whole);
        assert_eq!(lengths("content-length: 2, 2"), whole);
        for contradiction in ["content-length: 2\r\nContent-Length: 3", "content-length: 2, 3", "content-length: 2,"]
        {
            assert_eq!(lengths(contradiction), Err(bad(BodyError::NotHttp)), "{contradiction}");
        }
    }

    #[test]
    fn other_protocols_and_hostile_heads_are_errors() {
        let not_http = Err(bad(BodyError::NotHttp));
        assert_eq!(read("SSH-2.0-x\r\n", false), not_http);
        assert_eq!(read("HTTP/1.1 \r\n\r\n", false), not_http);
        assert_eq!(read("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", false), not_http);
    }
}
