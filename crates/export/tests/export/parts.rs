//! Tests the table of all runs: its files, what a footer says, and that its rows have the history's figures.

use std::collections::BTreeSet;

use bytes::Bytes;
use fanout_analysis::history::Digest;
use fanout_export::history::fleet::{self, FleetRow};
use fanout_export::history::parts::{self, FOOTER, Part};
use fanout_export::history::points;
use fanout_record::Run;
use fanout_record::run::{Disturbance, Role};
use parquet::file::reader::{FileReader, SerializedFileReader};
use proptest::prelude::*;

use crate::fixture::{history, recorded, run, stepped};

fn digests(runs: &[Run]) -> Vec<Digest> {
    runs.iter().map(Digest::of).collect()
}

fn written(runs: &[Digest]) -> Vec<Part> {
    parts::of(runs).map(Result::unwrap).collect()
}

fn ids(runs: &[Digest]) -> BTreeSet<String> {
    runs.iter().map(|run| run.id.clone()).collect()
}

#[test]
fn each_machine_and_month_has_one_file_whose_footer_names_its_runs() {
    let mut runs = digests(&stepped());
    runs[3].started = "2026-02-01T00:00:00Z".into();
    runs[4].machine.cores = Some(64);
    runs[5].started = "../../etc".into();
    let parts = written(&runs);
    let mut folders: Vec<&str> = parts.iter().map(|part| part.name.rsplit_once('/').unwrap().0).collect();
    folders.sort_unstable();
    let of = |n: usize, month: &str| format!("machine={}/month={month}", runs[n].machine.id());
    let mut expected = vec![of(0, "2026-01"), of(3, "2026-02"), of(4, "2026-01"), of(5, "unknown")];
    expected.sort_unstable();
    assert_eq!(folders, expected);
    assert!(parts.iter().all(|part| !part.name.contains("..")));
    let named: BTreeSet<String> =
        parts.iter().flat_map(|part| parts::runs_in(&part.bytes).unwrap().unwrap()).collect();
    assert_eq!(named, ids(&runs));
    assert_eq!(parts.iter().map(|part| part.runs).sum::<usize>(), runs.len());
    // The order in which the runs come makes no other file.
    let mut turned = runs.clone();
    turned.reverse();
    assert_eq!(written(&turned), parts);
}

#[test]
fn a_row_has_the_figures_that_the_history_has() {
    for runs in [stepped(), recorded()] {
        let figures = |row: &FleetRow| (row.x_floor, row.x_floor_low, row.x_floor_high, row.cpu_us_per_request);
        let names =
            |row: &FleetRow| [row.run.clone(), row.question.clone(), row.parameter.clone(), row.label.clone()];
        let mut rows: Vec<_> = digests(&runs)
            .iter()
            .flat_map(|run| fleet::rows(run).collect::<Vec<_>>())
            .map(|row| (names(&row), figures(&row)))
            .collect();
        let history = history(&runs, &[]);
        let mut points: Vec<_> = points::rows(&history)
            .map(|row| {
                let figures = (row.x_floor, row.x_floor_low, row.x_floor_high, row.cpu_us_per_request);
                ([row.run, row.question, row.parameter, row.label], figures)
            })
            .collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        points.sort_by(|a, b| a.0.cmp(&b.0));
        assert!(!rows.is_empty());
        assert_eq!(rows, points);
    }
}

#[test]
fn a_row_says_what_speaks_against_its_run() {
    let mut run = run(1);
    run.questions[0].scenarios[0].disturbed = vec![Disturbance { round: 2, share: 0.5 }];
    let row = |run: &Run| fleet::rows(&Digest::of(run)).next().unwrap();
    let agrees = row(&run);
    assert_eq!((agrees.rounds, agrees.disturbed_rounds, agrees.again.as_deref()), (10, 1, Some("agrees")));
    let arms = &mut run.questions[0].scenarios[0].arms;
    let again = arms.iter_mut().find(|arm| arm.role == Role::Again).unwrap();
    again.samples.iter_mut().for_each(|sample| sample.wall_ns *= 3);
    assert_eq!(row(&run).again.as_deref(), Some("differs"));
    run.questions[0].scenarios[0].arms.retain(|arm| arm.role != Role::Again);
    assert_eq!(row(&run).again, None);
}

#[test]
fn the_file_is_read_back_as_it_was() {
    let runs = digests(&stepped());
    let [part] = &written(&runs)[..] else { panic!("one machine, one month") };
    let reader = SerializedFileReader::new(Bytes::from(part.bytes.clone())).unwrap();
    let rows = runs.iter().map(|run| fleet::rows(run).count()).sum::<usize>();
    assert_eq!(reader.get_row_iter(None).unwrap().map(Result::unwrap).count(), rows);
    assert_eq!(reader.metadata().file_metadata().num_rows() as usize, rows);
    assert!(part.bytes.len() as u64 <= FOOTER, "the tests of ends below need a file that is read at once");
}

#[test]
fn a_run_without_a_floor_is_in_the_table_and_has_no_row() {
    let mut run = run(1);
    run.questions[0].scenarios[0].arms.retain(|arm| arm.role != Role::Floor);
    let runs = digests(&[run]);
    let [part] = &written(&runs)[..] else { panic!("one run") };
    assert_eq!(parts::runs_in(&part.bytes).unwrap().unwrap(), ids(&runs));
}

proptest! {
    /// Too few bytes are asked for again, or are found to be no such file; never is another answer given.
    #[test]
    fn the_end_of_a_file_is_enough_or_asks_for_more(cut in 0_usize..40_000) {
        let runs = digests(&stepped());
        let part = &written(&runs)[0];
        let end = &part.bytes[part.bytes.len().saturating_sub(cut)..];
        match parts::runs_in(end) {
            Some(Ok(found)) => prop_assert_eq!(found, ids(&runs)),
            Some(Err(length)) => {
                prop_assert!(length as usize > end.len());
                let end = &part.bytes[part.bytes.len() - length as usize..];
                prop_assert_eq!(parts::runs_in(end).unwrap().unwrap(), ids(&runs));
            }
            None => prop_assert!(cut < 8),
        }
    }

    #[test]
    fn what_is_no_file_of_a_table_is_found_to_be_none(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let mut bytes = bytes;
        prop_assert!(!matches!(parts::runs_in(&bytes), Some(Ok(_))));
        bytes.extend(b"PAR1");
        prop_assert!(!matches!(parts::runs_in(&bytes), Some(Ok(_))));
    }
}
