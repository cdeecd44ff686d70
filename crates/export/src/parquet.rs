//! Parquet: a column for each field of a row, one row group (<https://parquet.apache.org/docs/file-format/>).
//!
//! Not compressed: dictionaries make numbers of its texts, so that 5,000 samples take 170 KB, an eighth of the CSV.
//! zstd would save half of that again, for a C library in the build.

use std::sync::Arc;

use fanout_record::Run;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::record::RecordWriter;

use crate::ExportError;
use crate::samples::{Row, rows};

/// The run's samples as Parquet.
pub(crate) fn write(run: &Run) -> Result<Vec<u8>, ExportError> {
    let rows = rows(run);
    let rows = rows.as_slice();
    let mut bytes = Vec::new();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(&mut bytes, rows.schema()?, properties)?;
    if !rows.is_empty() {
        let mut group = writer.next_row_group()?;
        rows.write_to_row_group(&mut group)?;
        group.close()?;
    }
    writer.close()?;
    Ok(bytes)
}

/// The names of the columns, in their order.
pub(crate) fn columns() -> Result<Vec<String>, ParquetError> {
    let none: &[Row] = &[];
    Ok(none.schema()?.get_fields().iter().map(|field| field.name().to_owned()).collect())
}
