//! CSV: a header and a line for each sample (RFC 4180, <https://www.rfc-editor.org/rfc/rfc4180>, but that lines end in
//! `\n` alone).
//!
//! A spreadsheet runs a field that begins with `=`, `+`, `-`, `@`, a tab or a carriage return as a formula, quoted or
//! not. No name that fanout gives begins so, but a run file may come from anyone: such a text gets a `'` in front, which
//! spreadsheets take for "this is text" (<https://owasp.org/www-community/attacks/CSV_Injection>). Parquet has it as
//! it is.

use csv::WriterBuilder;
use fanout_record::Run;

use crate::samples::{Row, rows};
use crate::{ExportError, parquet};

/// The run's samples as CSV.
pub(crate) fn write(run: &Run) -> Result<Vec<u8>, ExportError> {
    let mut bytes = Vec::new();
    // The header is written here: the library writes none where there are no rows.
    let mut writer = WriterBuilder::new().has_headers(false).from_writer(&mut bytes);
    writer.write_record(parquet::columns()?)?;
    for mut row in rows(run) {
        texts(&mut row).for_each(disarm);
        writer.serialize(row)?;
    }
    writer.flush().map_err(csv::Error::from)?;
    drop(writer);
    Ok(bytes)
}

/// The fields that hold what a run file says, word for word.
fn texts(row: &mut Row) -> impl Iterator<Item = &mut String> {
    let run = [&mut row.run, &mut row.started, &mut row.question, &mut row.parameter, &mut row.server];
    let arm = [&mut row.label, &mut row.model];
    run.into_iter().chain(arm).chain(&mut row.commit).chain(&mut row.failure)
}

fn disarm(text: &mut String) {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        text.insert(0, '\'');
    }
}
