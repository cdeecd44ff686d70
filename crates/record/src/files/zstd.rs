//! Compresses run files with Zstandard (RFC 8878), as `zstd` writes and reads them. Each part is in a frame of its
//! own, with a checksum. A reader that needs only the first part decompresses only the first frame.

use std::io::{self, ErrorKind, Read};

use zstd::bulk::Compressor;
use zstd::stream::read::Decoder;
use zstd::zstd_safe::{CParameter, find_frame_compressed_size, get_error_name};

use super::place::refusal;

/// The level of compression. Compressing a run takes half a second, once, and each file has a third less than at the
/// default level.
const LEVEL: i32 = 19;

/// The bytes that a frame begins with (RFC 8878, section 3.1.1).
const MAGIC: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();

/// Compresses these parts, each into a frame of its own.
pub(super) fn compress(parts: &[Vec<u8>]) -> io::Result<Vec<u8>> {
    let mut compressor = Compressor::new(LEVEL)?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    let frames: io::Result<Vec<Vec<u8>>> = parts.iter().map(|part| compressor.compress(part)).collect();
    Ok(frames?.concat())
}

/// Returns whether these are the bytes of a compressed file.
pub(super) fn is_compressed(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Returns what was compressed, if it is at most `limit` bytes.
pub(super) fn decompress(bytes: &[u8], limit: u64) -> io::Result<Vec<u8>> {
    read(Decoder::with_buffer(bytes)?, limit)
}

/// Returns the first part of what was compressed, if it is at most `limit` bytes, and whether it is all. The frames
/// of the other parts must be whole, but this does not look at what is in them.
pub(super) fn decompress_first(bytes: &[u8], limit: u64) -> io::Result<(Vec<u8>, bool)> {
    let first = frame(bytes)?;
    let mut rest = &bytes[first..];
    while !rest.is_empty() {
        rest = &rest[frame(rest)?..];
    }
    Ok((read(Decoder::with_buffer(&bytes[..first])?, limit)?, first == bytes.len()))
}

/// Returns the length of the frame with which `bytes` begin.
fn frame(bytes: &[u8]) -> io::Result<usize> {
    let length = find_frame_compressed_size(bytes);
    length.map_err(|code| io::Error::new(ErrorKind::InvalidData, get_error_name(code)))
}

fn read(decoder: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    decoder.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(refusal(ErrorKind::FileTooLarge, "it is too large when it is decompressed"));
    }
    Ok(bytes)
}
