//! Answers that never end, of several kinds.

use std::iter::repeat_with;
use std::thread;
use std::time::Duration;

/// The pause before each byte of a dripping answer: too short to look like an end, and far too long for a whole
/// answer.
const DRIP: Duration = Duration::from_millis(20);

/// How many bytes are written at once if the answer does not drip.
const BLOCK: usize = 64 * 1024;

/// An answer that never ends.
pub(super) struct Endless {
    /// How the answer begins in HTTP/1.1.
    pub(super) start: &'static str,
    /// What is then repeated for ever in HTTP/1.1.
    again: String,
    /// Whether it is sent byte by byte.
    drips: bool,
}

impl Endless {
    /// The answer at this path.
    pub(super) fn at(path: &str) -> Option<Self> {
        let (kind, drips) = match path.strip_prefix("/endless/") {
            Some(kind) => (kind, false),
            None => (path.strip_prefix("/drip/")?, true),
        };
        let (start, again) = match kind {
            "head" => ("HTTP/1.1 200 OK\r\n", "more: of it\r\n".into()),
            "line" => ("HTTP/1.1 200 OK\r\nmore: ", "of it".into()),
            "informational" => ("", format!("HTTP/1.1 103 -\r\nlink: <{}>\r\n\r\n", "x".repeat(4_000))),
            "continue" => ("", "HTTP/1.1 100 Continue\r\n\r\n".into()),
            "length" => ("HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n", " ".into()),
            "until-closed" => ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", " ".into()),
            "chunks" => ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", format!("1000\r\n{:4096}\r\n", "")),
            "extension" => ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;more=", "of it".into()),
            "trailers" => ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", "more: of it\r\n".into()),
            _ => return None,
        };
        Some(Self { start, again, drips })
    }

    /// The repeated parts in HTTP/1.1, as they are sent.
    pub(super) fn parts(&self) -> Box<dyn Iterator<Item = Vec<u8>>> {
        as_it_comes(&self.again, self.drips)
    }

    /// The repeated parts in HTTP/2, where all of them are body.
    pub(super) fn body(&self) -> Box<dyn Iterator<Item = Vec<u8>>> {
        as_it_comes(" ", self.drips)
    }
}

fn as_it_comes(text: &str, drips: bool) -> Box<dyn Iterator<Item = Vec<u8>>> {
    if !drips {
        let block = text.repeat(BLOCK / text.len()).into_bytes();
        return Box::new(repeat_with(move || block.clone()));
    }
    let bytes = text.as_bytes().to_vec().into_iter().cycle();
    Box::new(bytes.map(|byte| {
        thread::sleep(DRIP);
        vec![byte]
    }))
}
