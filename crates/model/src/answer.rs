//! Reads the server's answer: `{"uuid": "<v4>"}`, as httpbin's `GET /uuid` returns it.

use serde::Deserialize;
use uuid::Uuid;

use crate::{BodyError, RequestError};

/// The longest body that is read, in bytes. The limit keeps an endless answer from filling the memory. A UUID takes
/// 48.
pub const MOST_BODY: usize = 16 * 1024 * 1024;

/// The longest head that is read, in bytes, by clients that have a setting for it.
pub const MOST_HEAD: usize = 64 * 1024;

#[derive(Deserialize)]
struct Answer {
    uuid: Uuid,
}

/// The UUID in a complete answer with this `status` and `body`.
///
/// # Errors
/// [`RequestError::Status`] if the status is not 2xx, and [`RequestError::Body`] if the body holds no UUID.
pub fn uuid(status: u16, body: &[u8]) -> Result<Uuid, RequestError> {
    if !(200..300).contains(&status) {
        return Err(RequestError::Status(status));
    }
    // The common case first: this parses without an intermediate value. Below, the error of a bad body is found.
    // serde takes an array for an object whose members are in this order.
    let is_object = body.trim_ascii_start().first() == Some(&b'{');
    if let (true, Ok(Answer { uuid })) = (is_object, serde_json::from_slice(body)) {
        return Ok(uuid);
    }
    let json: serde_json::Value = serde_json::from_slice(body).map_err(|_| RequestError::Body(BodyError::NotJson))?;
    let text = json.get("uuid").ok_or(RequestError::Body(BodyError::NoUuid))?;
    text.as_str().and_then(|text| Uuid::try_parse(text).ok()).ok_or(RequestError::Body(BodyError::NotUuid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_uuid_or_says_what_it_is_not() {
        let body = |body: &str| uuid(200, body.as_bytes());
        assert_eq!(body(r#"{"uuid": "00000000-0000-4000-8000-000000000001"}"#).unwrap().as_u128() & 0xff, 1);
        assert_eq!(body("hello"), Err(RequestError::Body(BodyError::NotJson)));
        assert_eq!(body(""), Err(RequestError::Body(BodyError::NotJson)));
        assert_eq!(body(" {\"uuid\": \"00000000-0000-4000-8000-000000000001\"}").unwrap().as_u128() & 0xff, 1);
        for array in ["[]", r#"["00000000-0000-4000-8000-000000000001"]"#] {
            assert_eq!(body(array), Err(RequestError::Body(BodyError::NoUuid)), "{array}");
        }
        assert_eq!(body(r#"{"id": 1}"#), Err(RequestError::Body(BodyError::NoUuid)));
        assert_eq!(body(r#"{"uuid": 1}"#), Err(RequestError::Body(BodyError::NotUuid)));
        assert_eq!(body(r#"{"uuid": "x"}"#), Err(RequestError::Body(BodyError::NotUuid)));
        assert_eq!(uuid(500, b"{}"), Err(RequestError::Status(500)));
        assert_eq!(uuid(302, b"{}"), Err(RequestError::Status(302)));
    }
}
