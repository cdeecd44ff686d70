//! Reads and checks the answer to a request as it arrives.
//!
//! A client makes an [`Answer`] when the head has arrived, gives it each part of the body, and calls
//! [`Answer::check`] at the end. The check may take place in another thread.

use std::fs::File;
use std::hash::Hasher;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderMap;
use serde::Deserialize;
use twox_hash::XxHash3_64;
use uuid::Uuid;

use crate::retry::refused;
use crate::{BodyError, Check, Content, Found, Kept, Request, RequestError};

/// The longest body that is held in memory, in bytes. The limit keeps an endless answer from filling the memory. A
/// UUID takes 48. A body that is only hashed has no limit but the time.
pub const MOST_BODY: usize = 16 * 1024 * 1024;

/// The longest head that is read, in bytes, by clients that have a setting for it.
pub const MOST_HEAD: usize = 64 * 1024;

/// The hash of a body: XXH3 in its 64-bit form, without a seed (<https://xxhash.com>).
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot(bytes)
}

/// An answer of which the head has arrived, and some of the body.
pub struct Answer {
    request: Request,
    /// The error of a status that is not the expected one.
    refused: Option<RequestError>,
    length: u64,
    body: Arrived,
}

/// What is left of the body as it arrived.
enum Arrived {
    InMemory(Vec<u8>),
    Hashed(Box<XxHash3_64>),
    InFile(Box<XxHash3_64>, Part),
}

impl Answer {
    /// Begins to read the answer to this request, whose head is known.
    ///
    /// # Errors
    /// [`RequestError::Keep`] if the file that the body is to be kept in cannot be made.
    pub fn begin(request: &Request, status: u16, headers: &HeaderMap) -> Result<Self, RequestError> {
        let Check { content, kept, .. } = request.check();
        let refused = (!is_good(status, request.check())).then(|| refused(status, headers));
        let is_parsed = matches!(content, Content::Uuid | Content::Json { .. });
        let body = match kept {
            // What is parsed is held in memory first.
            _ if is_parsed || refused.is_some() => Arrived::InMemory(Vec::new()),
            Kept::InMemory => Arrived::InMemory(Vec::new()),
            Kept::InFile(path) => Arrived::InFile(Box::default(), Part::create(path)?),
            Kept::Not => Arrived::Hashed(Box::default()),
        };
        Ok(Self { request: request.clone(), refused, length: 0, body })
    }

    /// Makes room for a body of this length, which the head of the answer promised. A promise of more than fits into
    /// memory is not believed.
    pub fn expect(&mut self, length: u64) {
        if let Arrived::InMemory(bytes) = &mut self.body {
            bytes.reserve_exact(usize::try_from(length).map_or(MOST_BODY, |length| length.min(MOST_BODY)));
        }
    }

    /// Takes the next part of the body.
    ///
    /// # Errors
    /// [`BodyError::TooLong`] if it is longer than what is held in memory, or than what is expected, and
    /// [`RequestError::Keep`] if the file cannot be written.
    pub fn take(&mut self, part: &[u8]) -> Result<(), RequestError> {
        self.length += part.len() as u64;
        let check = self.request.check();
        if let Content::Exactly { length: expected, .. } = check.content
            && self.length > expected
            && self.refused.is_none()
        {
            return Err(RequestError::Body(BodyError::Longer { expected }));
        }
        if self.length > MOST_BODY as u64 && matches!(self.body, Arrived::InMemory(_)) {
            return Err(RequestError::Body(BodyError::TooLong));
        }
        match &mut self.body {
            Arrived::InMemory(bytes) => bytes.extend_from_slice(part),
            Arrived::Hashed(hasher) => hasher.write(part),
            Arrived::InFile(hasher, file) => {
                hasher.write(part);
                file.write(part)?;
            }
        }
        Ok(())
    }

    /// Checks the complete answer, and does the work that its request asks for.
    ///
    /// # Errors
    /// [`RequestError::Status`] or [`RequestError::Later`] if the status is not the one that is expected,
    /// [`RequestError::Body`] if the body is not, and [`RequestError::Keep`] if its file cannot take the place of an
    /// older one.
    pub fn check(self) -> Result<Found, RequestError> {
        let check = self.request.check();
        if let Some(refused) = self.refused {
            return Err(refused);
        }
        let found = match &self.body {
            Arrived::InMemory(bytes) => found(&check.content, bytes)?,
            Arrived::Hashed(hasher) | Arrived::InFile(hasher, _) => {
                Found::Body { length: self.length, hash: hasher.finish() }
            }
        };
        if let (Content::Exactly { length, hash }, Found::Body { length: arrived, hash: other }) =
            (&check.content, &found)
        {
            if arrived != length {
                return Err(RequestError::Body(BodyError::Length { expected: *length, arrived: *arrived }));
            }
            if hash != other {
                return Err(RequestError::Body(BodyError::OtherBytes));
            }
        }
        if check.work > 0 {
            let bytes: &[u8] = if let Arrived::InMemory(bytes) = &self.body { bytes } else { &[] };
            black_box(work(bytes, check.work));
        }
        match (&check.kept, self.body) {
            (_, Arrived::InFile(_, file)) => file.put()?,
            (Kept::InFile(path), Arrived::InMemory(bytes)) => {
                let mut file = Part::create(path)?;
                file.write(&bytes)?;
                file.put()?;
            }
            _ => {}
        }
        Ok(found)
    }
}

fn is_good(status: u16, check: &Check) -> bool {
    check.status.map_or((200..300).contains(&status), |expected| status == expected)
}

/// What a body in memory holds.
fn found(content: &Content, body: &[u8]) -> Result<Found, RequestError> {
    match content {
        Content::Uuid => return uuid(body).map(Found::Uuid),
        Content::Json { pointer } => {
            let json: serde_json::Value =
                serde_json::from_slice(body).map_err(|_| RequestError::Body(BodyError::NotJson))?;
            json.pointer(pointer).ok_or(RequestError::Body(BodyError::NoMember))?;
        }
        Content::Anything | Content::Exactly { .. } => {}
    }
    Ok(body.into())
}

/// Hashes `bytes`, then that hash, and so on, `times` in all. No step can begin before the one before it has ended.
#[must_use]
pub fn work(bytes: &[u8], times: u32) -> u64 {
    let first = hash(bytes);
    (1..times).fold(first, |last, _| XxHash3_64::oneshot(&last.to_le_bytes()))
}

#[derive(Deserialize)]
struct WithUuid {
    uuid: Uuid,
}

/// The UUID in a body: `{"uuid": "<v4>"}`, as httpbin's `GET /uuid` returns it.
fn uuid(body: &[u8]) -> Result<Uuid, RequestError> {
    // The common case first: this parses without an intermediate value. Below, the error of a bad body is found.
    // serde takes an array for an object whose members are in this order.
    let is_object = body.trim_ascii_start().first() == Some(&b'{');
    if let (true, Ok(WithUuid { uuid })) = (is_object, serde_json::from_slice(body)) {
        return Ok(uuid);
    }
    let json: serde_json::Value = serde_json::from_slice(body).map_err(|_| RequestError::Body(BodyError::NotJson))?;
    let text = json.get("uuid").ok_or(RequestError::Body(BodyError::NoUuid))?;
    text.as_str().and_then(|text| Uuid::try_parse(text).ok()).ok_or(RequestError::Body(BodyError::NotUuid))
}

/// A file that a body is written to. If it is dropped before it was put in its place, it is removed.
struct Part {
    /// `None` once the file is in its place.
    file: Option<File>,
    path: PathBuf,
    place: PathBuf,
}

impl Part {
    fn create(place: &Path) -> Result<Self, RequestError> {
        // No other process and no other answer writes to this name, also not one that was killed before.
        static PARTS: AtomicU64 = AtomicU64::new(0);
        let mut path = place.as_os_str().to_owned();
        path.push(format!(".{}-{}.part", std::process::id(), PARTS.fetch_add(1, Ordering::Relaxed)));
        let path = PathBuf::from(path);
        // It never follows a link, and never writes to what is there already.
        let file = File::create_new(&path).map_err(|error| cannot_keep(&path, &error))?;
        Ok(Self { file: Some(file), path, place: place.to_owned() })
    }

    fn write(&mut self, part: &[u8]) -> Result<(), RequestError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(part).map_err(|error| cannot_keep(&self.path, &error))
    }

    fn put(mut self) -> Result<(), RequestError> {
        std::fs::rename(&self.path, &self.place).map_err(|error| cannot_keep(&self.place, &error))?;
        self.file = None;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // If it cannot be removed, it is recognised by its name.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn cannot_keep(path: &Path, error: &io::Error) -> RequestError {
    RequestError::Keep(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(check: Check, status: u16, parts: &[&[u8]]) -> Result<Found, RequestError> {
        let request = Request::get("http://localhost/".parse().unwrap()).unwrap().with_check(check);
        let mut answer = Answer::begin(&request, status, &HeaderMap::new())?;
        parts.iter().try_for_each(|part| answer.take(part))?;
        answer.check()
    }

    fn with(content: Content) -> Check {
        Check { content, ..Check::default() }
    }

    fn bad<T>(error: BodyError) -> Result<T, RequestError> {
        Err(RequestError::Body(error))
    }

    #[test]
    fn an_answer_is_a_uuid_or_says_what_it_is_not() {
        let uuid = |status, body: &str| answered(Check::default(), status, &[body.as_bytes()]);
        let body = |body| uuid(200, body);
        let found = Ok(Found::Uuid("00000000-0000-4000-8000-000000000001".parse().unwrap()));
        assert_eq!(body(r#"{"uuid": "00000000-0000-4000-8000-000000000001"}"#), found);
        assert_eq!(body("hello"), bad(BodyError::NotJson));
        assert_eq!(body(""), bad(BodyError::NotJson));
        assert_eq!(body(" {\"uuid\": \"00000000-0000-4000-8000-000000000001\"}"), found);
        for array in ["[]", r#"["00000000-0000-4000-8000-000000000001"]"#] {
            assert_eq!(body(array), bad(BodyError::NoUuid), "{array}");
        }
        assert_eq!(body(r#"{"id": 1}"#), bad(BodyError::NoUuid));
        assert_eq!(body(r#"{"uuid": 1}"#), bad(BodyError::NotUuid));
        assert_eq!(body(r#"{"uuid": "x"}"#), bad(BodyError::NotUuid));
        assert_eq!(uuid(500, "{}"), Err(RequestError::Status(500)));
        assert_eq!(uuid(302, "{}"), Err(RequestError::Status(302)));
    }

    #[test]
    fn bytes_are_compared_by_length_and_hash_whether_they_are_kept_or_not() {
        let bytes = vec![7; 100_000];
        let exactly = Content::Exactly { length: 100_000, hash: hash(&bytes) };
        for kept in [Kept::Not, Kept::InMemory] {
            let check = Check { kept: kept.clone(), ..with(exactly.clone()) };
            let found = answered(check.clone(), 200, &[&bytes[..1], &bytes[1..]]);
            assert_eq!(found, Ok(Found::Body { length: 100_000, hash: hash(&bytes) }), "{kept:?}");
            let short = bad(BodyError::Length { expected: 100_000, arrived: 1 });
            assert_eq!(answered(check.clone(), 200, &[&bytes[..1]]), short, "{kept:?}");
            let mut other = bytes.clone();
            other[50_000] = 8;
            assert_eq!(answered(check, 200, &[&other]), bad(BodyError::OtherBytes), "{kept:?}");
        }
        for kept in [Kept::Not, Kept::InMemory] {
            let longer = answered(Check { kept, ..with(exactly.clone()) }, 200, &[&bytes, b"x"]);
            assert_eq!(longer, bad(BodyError::Longer { expected: 100_000 }));
        }
    }

    #[test]
    fn what_is_held_in_memory_has_a_limit_and_what_is_only_hashed_has_none() {
        let half = vec![0; MOST_BODY / 2];
        let parts: [&[u8]; 3] = [&half, &half, b"x"];
        assert_eq!(answered(Check::default(), 200, &parts), bad(BodyError::TooLong));
        assert_eq!(answered(with(Content::Anything), 500, &parts), bad(BodyError::TooLong));
        let found = answered(with(Content::Anything), 200, &parts);
        assert!(matches!(found, Ok(Found::Body { length, .. }) if length == MOST_BODY as u64 + 1));
    }

    #[test]
    fn a_pointer_must_lead_to_a_value_and_a_status_may_be_expected() {
        let json = |pointer: &str| answered(with(Content::Json { pointer: pointer.into() }), 200, &[br#"{"a":[1]}"#]);
        assert!(json("/a/0").is_ok());
        assert_eq!(json("/a/1"), bad(BodyError::NoMember));
        let expected = Check { status: Some(404), ..with(Content::Anything) };
        assert!(answered(expected.clone(), 404, &[b"not here"]).is_ok());
        assert_eq!(answered(expected, 200, &[b"here"]), Err(RequestError::Status(200)));
    }

    #[test]
    fn a_body_is_in_its_file_once_it_is_whole_and_good() {
        let folder = std::env::temp_dir().join(format!("fanout-answer-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("1");
        let check = Check { kept: Kept::InFile(path.clone()), ..with(Content::Anything) };
        answered(check.clone(), 200, &[b"a", b"b"]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"ab");
        let exactly = Check { content: Content::Exactly { length: 2, hash: 0 }, ..check.clone() };
        assert_eq!(answered(exactly, 200, &[b"cd"]), bad(BodyError::OtherBytes));
        assert_eq!(answered(check, 500, &[b"e"]), Err(RequestError::Status(500)));
        assert_eq!(std::fs::read(&path).unwrap(), b"ab");
        let parsed = Check { kept: Kept::InFile(folder.join("2")), ..with(Content::Json { pointer: "/a".into() }) };
        answered(parsed.clone(), 200, &[br#"{"a": 1}"#]).unwrap();
        assert_eq!(answered(parsed, 200, &[b"{}"]), bad(BodyError::NoMember));
        assert_eq!(std::fs::read(folder.join("2")).unwrap(), br#"{"a": 1}"#);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn each_step_of_the_work_depends_on_the_one_before() {
        assert_eq!(work(b"x", 1), hash(b"x"));
        assert_eq!(work(b"x", 3), hash(&hash(&hash(b"x").to_le_bytes()).to_le_bytes()));
    }
}
