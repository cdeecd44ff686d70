//! Defines what CSV and Parquet have in common: a row type, whose fields are the columns in their order.

use parquet::errors::ParquetError;
use parquet::record::RecordWriter;
use serde::Serialize;

/// A row of a table. What is not known is `None`, which becomes an empty field or a null.
pub(crate) trait Row: Serialize + Sized {
    /// Returns the fields that hold what a run file says, word for word.
    fn texts(&mut self) -> impl Iterator<Item = &mut String>;
}

/// Returns the names of the columns, in their order.
pub(crate) fn columns<R>() -> Result<Vec<String>, ParquetError>
where
    for<'a> &'a [R]: RecordWriter<R>,
{
    let none: &[R] = &[];
    Ok(none.schema()?.get_fields().iter().map(|field| field.name().to_owned()).collect())
}
