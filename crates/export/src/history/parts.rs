//! Writes all recorded runs as one table of many Parquet files, to which new runs add files and change none.
//!
//! ```text
//! machine=<id>/month=<yyyy-mm>/<stamp of the first run>-<hash of the runs' ids>.parquet
//! ```
//!
//! The folders are named as DuckDB, Polars, Spark and pyarrow read them ("Hive partitioning"), so that a query about
//! one machine or month opens no other file. A file has the runs of one machine that began in one month and were in
//! no file before: a file for each run would make ten thousand runs slow to read, because a reader opens each file.
//!
//! The table has figures that no later run changes, and so no change points. Each file's footer names the runs that
//! it has, in the key [`RUNS`], so that the next export knows them without reading the rows.

use std::collections::{BTreeMap, BTreeSet};

use ::parquet::file::metadata::{FooterTail, KeyValue, ParquetMetaDataReader};
use ::parquet::file::properties::WriterProperties;
use ::parquet::schema::types::ColumnPath;
use fanout_analysis::history::Digest;
use sha2::{Digest as _, Sha256};

use super::fleet::{self, FleetRow};
use crate::error::ExportError;
use crate::parquet;

/// The key in a file's footer whose value names the runs of the file, separated by spaces.
pub const RUNS: &str = "fanout.runs";

/// The bytes at the end of a file that have its footer, unless it has thousands of runs.
pub const FOOTER: u64 = 128 << 10;

/// The bytes with which a file ends: the footer's length, and `PAR1`.
const TAIL: usize = 8;

/// A file of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The file's name below the table, with `/` between its parts.
    pub name: String,
    /// The number of runs in the file.
    pub runs: usize,
    /// What is in the file.
    pub bytes: Vec<u8>,
}

/// Returns the files for these runs, each made when it is asked for. No run may be in a file of the table already.
pub fn of<'a>(runs: impl IntoIterator<Item = &'a Digest>) -> impl Iterator<Item = Result<Part, ExportError>> {
    let mut months: BTreeMap<(String, String), Vec<&'a Digest>> = BTreeMap::new();
    for run in runs {
        // A text that is no time can be no folder's name.
        let month = run.started.get(..7).filter(|month| is_month(month)).unwrap_or("unknown");
        months.entry((run.machine.id(), month.to_owned())).or_default().push(run);
    }
    months.into_iter().map(|((machine, month), mut runs)| {
        runs.sort_by(|a, b| (&a.started, &a.id).cmp(&(&b.started, &b.id)));
        part(&machine, &month, &runs)
    })
}

fn is_month(text: &str) -> bool {
    text.bytes().enumerate().all(|(i, byte)| if i == 4 { byte == b'-' } else { byte.is_ascii_digit() })
}

fn part(machine: &str, month: &str, runs: &[&Digest]) -> Result<Part, ExportError> {
    let ids = runs.iter().map(|run| run.id.as_str()).collect::<Vec<_>>().join(" ");
    let hash: String = Sha256::digest(&ids).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let first: String =
        runs.first().map(|run| run.started.chars().filter(char::is_ascii_alphanumeric).collect()).unwrap_or_default();
    let mut rows: Vec<FleetRow> = runs.iter().flat_map(|run| fleet::rows(run)).collect();
    // Rows of one series stand together, so that a reader of one series skips most of the file.
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
    let mut properties =
        WriterProperties::builder().set_key_value_metadata(Some(vec![KeyValue::new(RUNS.to_owned(), ids)]));
    // The figures differ from row to row, so that a dictionary of them only makes the file larger.
    for figure in fleet::FIGURES {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(figure), false);
    }
    Ok(Part {
        name: format!("machine={machine}/month={month}/{first}-{hash}.parquet"),
        runs: runs.len(),
        bytes: parquet::write_with(rows, properties.build())?,
    })
}

fn key(row: &FleetRow) -> (&str, &str, &str, &str, &str) {
    (&row.question, &row.parameter, &row.label, &row.started, &row.run)
}

/// Returns the ids of the runs in a file, of which these are the last bytes. Returns how many bytes it needs if these
/// are too few, and `None` if it is no file of such a table.
#[must_use]
pub fn runs_in(end: &[u8]) -> Option<Result<BTreeSet<String>, u64>> {
    let (rest, tail) = end.split_last_chunk::<TAIL>()?;
    let length = FooterTail::try_new(tail).ok()?.metadata_length();
    if length > rest.len() {
        return Some(Err((length + TAIL) as u64));
    }
    let footer = ParquetMetaDataReader::decode_metadata(&rest[rest.len() - length..]).ok()?;
    let pairs = footer.file_metadata().key_value_metadata()?;
    let runs = pairs.iter().find(|pair| pair.key == RUNS)?.value.as_deref()?;
    Some(Ok(runs.split(' ').map(str::to_owned).collect()))
}
