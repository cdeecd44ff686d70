//! The bodies of any length that the server sends and takes. Both sides know their bytes: a block of random bytes
//! from a fixed seed, again and again.

use std::convert::Infallible;
use std::hash::Hasher;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use twox_hash::XxHash3_64;

/// The longest body that `GET /bytes/N` sends: 1 GiB.
pub const MOST: u64 = 1 << 30;

/// The length of the block that bodies repeat.
const BLOCK: u64 = 64 * 1024;

static BLOCK_OF_BYTES: LazyLock<Bytes> = LazyLock::new(|| {
    let mut block = vec![0; BLOCK as usize];
    fastrand::Rng::with_seed(0).fill(&mut block);
    block.into()
});

/// A body of this length, part by part. The parts share their memory.
pub fn parts(length: u64) -> impl Iterator<Item = Bytes> {
    let part = move |begin| BLOCK_OF_BYTES.slice(..BLOCK.min(length - begin) as usize);
    (0..length).step_by(BLOCK as usize).map(part)
}

/// A body of this length as a whole.
#[must_use]
pub fn whole(length: u64) -> Bytes {
    parts(length).collect::<Vec<_>>().concat().into()
}

/// The hash of a body of this length: XXH3 in its 64-bit form, without a seed.
#[must_use]
pub fn hash(length: u64) -> u64 {
    let mut hasher = XxHash3_64::new();
    parts(length).for_each(|part| hasher.write(&part));
    hasher.finish()
}

/// The answer to an upload with this length and hash.
#[must_use]
pub fn receipt(length: u64, hash: u64) -> String {
    format!(r#"{{"length":{length},"hash":"{hash:016x}"}}"#)
}

/// The length that a path asks for: `/bytes/N`, up to [`MOST`].
pub(crate) fn asked_for(path: &str) -> Option<u64> {
    path.strip_prefix("/bytes/")?.parse().ok().filter(|length| *length <= MOST)
}

/// A body that is made while it is sent.
pub(crate) struct Sent {
    left: u64,
}

impl Sent {
    pub(crate) fn new(length: u64) -> Self {
        Self { left: length }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let part = parts(self.left).next();
        self.left -= part.as_ref().map_or(0, |part| part.len() as u64);
        Poll::Ready(part.map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_the_same_in_parts_and_as_a_whole() {
        for length in [0, 1, BLOCK - 1, BLOCK, 3 * BLOCK + 7] {
            let whole = whole(length);
            assert_eq!((whole.len() as u64, hash(length)), (length, XxHash3_64::oneshot(&whole)));
        }
        assert_ne!(whole(9), vec![0; 9]);
    }

    #[test]
    fn a_path_asks_for_a_length_that_is_not_too_great() {
        assert_eq!(asked_for("/bytes/12"), Some(12));
        for other in ["/bytes/", "/bytes/-1", "/bytes/1/2", "/bytes/1073741825", "/byte/1"] {
            assert_eq!(asked_for(other), None, "{other}");
        }
    }
}
