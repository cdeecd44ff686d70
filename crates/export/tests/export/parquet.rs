//! Tests Parquet by reading it back with the `parquet` crate.

use fanout_export::samples::rows;
use fanout_export::{Format, export};
use fanout_record::Run;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use crate::fixture::{HOSTILE, empty, labelled, recorded, run};

/// Returns a column's fields, from the first row to the last.
fn column(run: &Run, name: &str) -> Vec<Field> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), export(run, Format::Parquet).unwrap()).unwrap();
    let reader = SerializedFileReader::try_from(file.path()).unwrap();
    let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    let field =
        |row: parquet::record::Row| row.get_column_iter().find(|(column, _)| *column == name).unwrap().1.clone();
    rows.map(field).collect()
}

#[test]
fn numbers_texts_and_nulls_are_read_back_as_they_were() {
    let text = |text: &Option<String>| text.clone().map_or(Field::Null, Field::Str);
    for run in recorded().into_iter().chain([run(1)]) {
        let rows = rows(&run);
        assert_eq!(column(&run, "wall_ns"), rows.iter().map(|row| Field::ULong(row.wall_ns)).collect::<Vec<_>>());
        assert_eq!(column(&run, "label"), rows.iter().map(|row| Field::Str(row.label.clone())).collect::<Vec<_>>());
        assert_eq!(column(&run, "tls"), rows.iter().map(|row| Field::Bool(row.tls)).collect::<Vec<_>>());
        assert_eq!(column(&run, "failure"), rows.iter().map(|row| text(&row.failure)).collect::<Vec<_>>());
        let connections = rows.iter().map(|row| row.connections.map_or(Field::Null, Field::ULong));
        assert_eq!(column(&run, "connections"), connections.collect::<Vec<_>>());
    }
}

#[test]
fn hostile_labels_are_kept_as_they_are() {
    let mut labels = column(&labelled(&HOSTILE), "label");
    labels.dedup();
    assert_eq!(labels[1..], HOSTILE.map(|label| Field::Str(label.into())));
}

#[test]
fn an_empty_run_has_the_columns_and_no_row() {
    let columns = |run: &Run| {
        let reader = SerializedFileReader::new(bytes::Bytes::from(export(run, Format::Parquet).unwrap())).unwrap();
        let metadata = reader.metadata().file_metadata().clone();
        let names = metadata.schema().get_fields().iter().map(|field| field.name().to_owned());
        (metadata.num_rows(), names.collect::<Vec<_>>())
    };
    let ((none, of_empty), (some, of_full)) = (columns(&empty()), columns(&run(1)));
    assert_eq!((none, some), (0, 32));
    assert_eq!(of_empty, of_full);
    assert_eq!(of_full.len(), 43);
}
