//! Tests CSV by reading it back with the `csv` crate.

use fanout_export::samples::{SampleRow, rows};
use fanout_export::{Format, export};
use fanout_record::Run;
use fanout_record::run::Role;
use proptest::prelude::*;

use crate::fixture::{self, HOSTILE, asked, empty, labelled, recorded, run};

fn read(run: &Run) -> Vec<SampleRow> {
    let bytes = export(run, Format::Csv).unwrap();
    csv::Reader::from_reader(bytes.as_slice()).deserialize().map(Result::unwrap).collect()
}

#[test]
fn rows_are_read_back_as_they_were() {
    assert_eq!(read(&run(1)), rows(&run(1)));
    for run in recorded() {
        assert_eq!(read(&run), rows(&run));
    }
}

#[test]
fn an_empty_run_is_a_header() {
    let text = String::from_utf8(export(&empty(), Format::Csv).unwrap()).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(text.starts_with("run,started,commit,dirty,machine,question,"), "{text}");
    let full = String::from_utf8(export(&run(1), Format::Csv).unwrap()).unwrap();
    assert_eq!(text.lines().next(), full.lines().next());
}

#[test]
fn a_hostile_label_stays_in_its_field_and_does_not_run_in_a_spreadsheet() {
    let read = read(&labelled(&HOSTILE));
    let mut labels: Vec<&str> = read.iter().map(|row| row.label.as_str()).collect();
    labels.dedup();
    let expected =
        HOSTILE.map(|label| if label.starts_with(['=', '@', '\t']) { format!("'{label}") } else { label.into() });
    assert_eq!(labels[1..], expected);
}

proptest! {
    #[test]
    fn any_run_survives_the_round_trip(
        label in ".*",
        model in any::<String>(),
        question in "\\PC*",
        failure in proptest::option::of("(?s).+"),
        wall in any::<u64>(),
    ) {
        let mut arm = fixture::arm(&label, Role::Model, 1, 3);
        arm.model = model;
        arm.failure = failure;
        arm.samples[1].wall_ns = wall;
        let run = asked(&question, "", vec![arm]);
        let mut expected = rows(&run);
        for row in &mut expected {
            for text in [&mut row.label, &mut row.model, &mut row.question].into_iter().chain(&mut row.failure) {
                if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
                    text.insert(0, '\'');
                }
            }
        }
        prop_assert_eq!(read(&run), expected);
    }
}
