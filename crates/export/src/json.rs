//! JSON as a file.

use crate::error::ExportError;

/// JSON with a line end, as files have.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, ExportError> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
