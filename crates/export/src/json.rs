//! Writes a value as a JSON file.

use crate::error::ExportError;

/// Returns JSON with a line end, as files have.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, ExportError> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
