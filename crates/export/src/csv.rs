//! Writes CSV: a header, and a line for each row (RFC 4180, <https://www.rfc-editor.org/rfc/rfc4180>, except that
//! lines end in `\n` alone).
//!
//! A spreadsheet runs a field that begins with `=`, `+`, `-`, `@`, a tab or a carriage return as a formula, quoted or
//! not. No name that fanout gives begins so, but a run file may come from anyone. Such a text therefore gets a `'` in
//! front, which spreadsheets take for "this is text" (<https://owasp.org/www-community/attacks/CSV_Injection>).
//! Parquet holds the text as it is.

use csv::WriterBuilder;
use parquet::record::RecordWriter;

use crate::error::ExportError;
use crate::table::{Row, columns};

/// Writes the rows as CSV.
pub(crate) fn write<R: Row>(rows: impl IntoIterator<Item = R>) -> Result<Vec<u8>, ExportError>
where
    for<'a> &'a [R]: RecordWriter<R>,
{
    let mut bytes = Vec::new();
    // The header is written here, because the library writes none if there are no rows.
    let mut writer = WriterBuilder::new().has_headers(false).from_writer(&mut bytes);
    writer.write_record(columns::<R>()?)?;
    for mut row in rows {
        row.texts().for_each(disarm);
        writer.serialize(row)?;
    }
    writer.flush().map_err(csv::Error::from)?;
    drop(writer);
    Ok(bytes)
}

fn disarm(text: &mut String) {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        text.insert(0, '\'');
    }
}
