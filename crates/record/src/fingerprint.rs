//! Makes names that follow from a content: digits of its SHA-256.

use sha2::{Digest, Sha256};

/// Returns the SHA-256 of these bytes, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the first twelve hexadecimal digits of the SHA-256 of these bytes, as a name for them.
#[must_use]
pub fn digits(bytes: &[u8]) -> String {
    sha256(bytes)[..12].into()
}
