//! Tests all runs together in the formats that can hold them: they hold what the page shows, and nothing more.

use std::path::PathBuf;

use bytes::Bytes;
use fanout_analysis::history::{ArmNames, CommitLinks, Digest, Distance, History, ScenarioDigest};
use fanout_export::history::points::{PointRow, rows};
use fanout_export::{ExportError, Format, export, history::writer};
use fanout_record::git::lineage::Lineage;
use fanout_record::run::Role;
use fanout_record::store::Store;
use fanout_record::store::annotation::Annotation;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};

use crate::fixture::{HOSTILE, commit, history, labelled, run, stepped};
use crate::trackers::violations;

const DATA: &str = include_str!("../schemas/github-action-benchmark-data.json");

fn written(history: &History, format: Format) -> Vec<u8> {
    writer(format).unwrap()(history, &CommitLinks::default()).unwrap()
}

fn of(label: &str, history: &History) -> Vec<PointRow> {
    rows(history).filter(|row| row.label == label).collect()
}

#[test]
fn every_run_of_every_series_is_one_row_and_a_change_stands_at_its_first_run() {
    let history = history(&stepped(), &[]);
    let points: usize = history.series().map(|(_, series)| series.points.len()).sum();
    assert_eq!((rows(&history).count(), points), (80, 80));
    let hyper = of("hyper", &history);
    let levels = hyper.iter().map(|row| row.x_floor.round() as u64).collect::<Vec<_>>();
    assert_eq!(levels, [vec![2; 25], vec![3; 15]].concat());
    for (n, row) in hyper.iter().enumerate() {
        // Without the noise, this is 2 or 3 floors.
        let level = row.x_floor.round();
        let near = |value: Option<f32>, expected: f32| (value.unwrap() / level / expected - 1.0).abs() < 0.002;
        let (low, high) = (row.x_floor_low, row.x_floor_high);
        assert!(near(Some(row.x_floor), 1.0446) && near(low, 1.006) && near(high, 1.0846), "{row:?}");
        // A batch takes 2 or 3 ms times 5.5, a tenth of that is processor time, and it has 100 requests.
        assert!(near(row.cpu_us_per_request, 5.5), "{row:?}");
        // One of the run's models failed after two rounds, which makes the run a partial one.
        assert_eq!(
            (row.commit.clone(), row.dirty, row.partial, row.toolchain.as_str()),
            (Some(commit(n)), Some(false), true, "rustc 1.95.0")
        );
        assert!(
            row.conditions.starts_with("100 requests, delay ") && row.conditions.ends_with("may sleep"),
            "{row:?}"
        );
        assert_eq!(
            (row.question.as_str(), row.parameter.as_str(), row.role.as_str()),
            ("server_delay", "20", "model")
        );
        assert_eq!(
            (row.changed, row.change_percent.is_some(), row.change_p_value.is_some()),
            (n == 25, n == 25, n == 25)
        );
    }
    let change = &hyper[25];
    assert!((change.change_percent.unwrap() - 50.0).abs() < 0.1, "{change:?}");
    assert!(change.change_p_value.unwrap() < 1e-15 && change.change_accepted == Some(false), "{change:?}");
    assert!(of("hyper-again", &history).iter().all(|row| !row.changed && row.role == "again"));
    let changed = rows(&history).filter(|row| row.changed).count();
    assert_eq!(changed, history.changes().count());
}

#[test]
fn an_accepted_change_says_so_and_what_a_run_does_not_know_is_nothing() {
    let mut runs = stepped();
    runs[0].source.commit = None;
    runs[0].source.dirty = None;
    runs[1].questions[0].scenarios[0].arms[1].samples.truncate(3);
    let history = history(&runs, &[Annotation::new(commit(25), "a safer way", "somebody")]);
    let hyper = of("hyper", &history);
    assert_eq!(hyper[25].change_accepted, Some(true));
    assert_eq!((&hyper[0].commit, hyper[0].dirty, hyper[0].change_accepted), (&None, None, None));
    assert_eq!((hyper[1].x_floor_low, hyper[1].x_floor_high), (None, None));
}

#[test]
fn csv_is_read_back_as_it_was_and_does_not_run_in_a_spreadsheet() {
    let read = |history: &History| -> Vec<PointRow> {
        csv::Reader::from_reader(&written(history, Format::Csv)[..]).deserialize().map(Result::unwrap).collect()
    };
    let plain = history(&stepped(), &[]);
    assert_eq!(read(&plain), rows(&plain).collect::<Vec<_>>());
    let mut hostile = labelled(&HOSTILE);
    hostile.source.rustc = Some("=1+1".into());
    let read = read(&history(&[hostile], &[]));
    let disarmed = |label: &str| if label.starts_with(['=', '@', '\t']) { format!("'{label}") } else { label.into() };
    assert_eq!(read.iter().map(|row| row.label.clone()).collect::<Vec<_>>(), HOSTILE.map(disarmed));
    assert!(read.iter().all(|row| row.toolchain == "'=1+1"));
}

#[test]
fn parquet_has_numbers_texts_and_nulls_and_as_many_row_groups_as_it_takes() {
    let history = history(&stepped(), &[]);
    let reader = SerializedFileReader::new(Bytes::from(written(&history, Format::Parquet))).unwrap();
    let read: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    let column = |name: &str| -> Vec<Field> {
        let field =
            |row: &parquet::record::Row| row.get_column_iter().find(|(column, _)| *column == name).unwrap().1.clone();
        read.iter().map(field).collect()
    };
    let expected = |of: fn(PointRow) -> Field| rows(&history).map(of).collect::<Vec<_>>();
    assert_eq!(column("run"), expected(|row| Field::Str(row.run)));
    assert_eq!(column("x_floor"), expected(|row| Field::Float(row.x_floor)));
    assert_eq!(column("changed"), expected(|row| Field::Bool(row.changed)));
    assert_eq!(column("change_percent"), expected(|row| row.change_percent.map_or(Field::Null, Field::Double)));

    let many = many(100_001);
    let reader = SerializedFileReader::new(Bytes::from(written(&many, Format::Parquet))).unwrap();
    let groups: Vec<i64> = reader.metadata().row_groups().iter().map(RowGroupMetaData::num_rows).collect();
    assert_eq!(groups, [100_000, 1]);
}

/// Makes the history of one run with so many models.
fn many(models: usize) -> History {
    let names = (0..models).map(|i| ArmNames { label: i.to_string(), model: "m".into(), role: Role::Model });
    let arms = (0..models).map(|i| Distance(i, 1.5, None, None)).collect();
    let (question, parameter, server) = ("notebook".into(), String::new(), "wiremock".into());
    let mut digest = Digest { models: names.collect(), ..Digest::of(&run(1)) };
    let like = digest.scenarios.remove(0);
    digest.scenarios = vec![ScenarioDigest { question, parameter, server, conditions: Vec::new(), arms, ..like }];
    let runs = vec![(PathBuf::new(), digest)];
    History::of(
        Store { runs, annotations: Vec::new(), machines: Vec::new(), bad: Vec::new() },
        None,
        &Lineage::default(),
    )
}

/// Returns what the action reads: it cuts off as much as it writes before the JSON.
fn data(history: &History, links: &CommitLinks) -> Value {
    let script = writer(Format::GithubActionBenchmark).unwrap()(history, links).unwrap();
    let prefix = "window.BENCHMARK_DATA = ";
    assert!(script.starts_with(prefix.as_bytes()));
    let data = serde_json::from_slice(&script[prefix.len()..]).unwrap();
    assert_eq!(violations(DATA, &data), [""; 0]);
    data
}

#[test]
fn github_action_benchmark_gets_a_point_a_run_under_the_names_of_a_single_export() {
    let runs = stepped();
    let data = data(&history(&runs, &[]), &CommitLinks { commits: Some("https://host.invalid/o/r/commit/".into()) });
    let title = format!("machine {}, rustc 1.95.0", runs[0].machine.id());
    let entries = data["entries"].as_object().unwrap();
    assert_eq!(entries.keys().collect::<Vec<_>>(), [&title]);
    let kept = entries[&title].as_array().unwrap();
    assert_eq!(kept.len(), 40);
    let single: Value = serde_json::from_slice(&export(&runs[7], Format::GithubActionBenchmark).unwrap()).unwrap();
    let floors: Vec<&Value> = single.as_array().unwrap().iter().filter(|entry| entry["unit"] == "x floor").collect();
    let benches = kept[7]["benches"].as_array().unwrap();
    let said = |entry: &Value| (entry["name"].clone(), entry["unit"].clone(), entry["range"].clone());
    assert_eq!(
        benches.iter().map(said).collect::<Vec<_>>(),
        floors.iter().map(|entry| said(entry)).collect::<Vec<_>>()
    );
    let (kept_value, value) = (benches[0]["value"].as_f64().unwrap(), floors[0]["value"].as_f64().unwrap());
    assert!((kept_value / value - 1.0).abs() < 1e-6, "{kept_value} {value}");

    // These are 2026-01-01T07:00:00Z and 2026-01-02T15:00:00Z, converted by date(1).
    assert_eq!(
        (&kept[7]["date"], &data["lastUpdate"]),
        (&json!(1_767_250_800_000_i64), &json!(1_767_366_000_000_i64))
    );
    assert_eq!(kept[7]["commit"]["id"], commit(7));
    assert_eq!(kept[7]["commit"]["url"], format!("https://host.invalid/o/r/commit/{}", commit(7)));
    assert_eq!(kept[7]["tool"], "customSmallerIsBetter");
}

#[test]
fn github_action_benchmark_keeps_machines_and_servers_apart_and_makes_do_with_what_is_known() {
    let mut runs = stepped();
    runs[1].machine.cores = Some(64);
    runs[2].questions[0].scenarios[0].server = "hyper".into();
    runs[3].source.commit = None;
    runs[3].source.dirty = Some(true);
    runs[3].questions[0].unmeasured = vec!["server_delay 0".into()];
    runs[4].source.commit = Some("</script><script>".into());
    runs[5].started = "yesterday".into();
    runs[6].questions.clear();
    runs[7].questions[0].scenarios[0].scenario.requests = 7;
    let data = data(&history(&runs, &[]), &CommitLinks { commits: Some("https://host.invalid/".into()) });
    let entries: Vec<&Vec<Value>> =
        data["entries"].as_object().unwrap().values().map(|all| all.as_array().unwrap()).collect();
    let mut sizes: Vec<usize> = entries.iter().map(|all| all.len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 38]);
    let find = |id: &str| {
        entries
            .iter()
            .flat_map(|all| all.iter())
            .find(|run| run["commit"]["message"].as_str().unwrap().contains(id))
            .unwrap()
    };
    let named = |i: usize| find(&runs[i].id)["benches"][0]["name"].clone();
    assert_eq!(named(0), "server_delay/hyper/20 (server wiremock, 100 requests) x floor");
    assert_eq!(named(2), "server_delay/hyper/20 (server hyper) x floor");
    assert_eq!(named(7), "server_delay/hyper/20 (server wiremock, 7 requests) x floor");
    assert_eq!(named(1), "server_delay/hyper/20 x floor");
    let commit = &find(&runs[3].id)["commit"];
    assert_eq!((&commit["id"], &commit["url"]), (&json!("no commit"), &json!("")));
    assert!(commit["message"].as_str().unwrap().ends_with("of a changed tree, a partial run"), "{commit}");
    assert_eq!(find(&runs[4].id)["commit"]["url"], "");
    assert_eq!(find(&runs[5].id)["date"], 0);
}

#[test]
fn an_empty_history_is_a_table_without_rows_and_a_page_without_charts() {
    let none = history(&[], &[]);
    let header = String::from_utf8(written(&none, Format::Csv)).unwrap();
    assert!(
        header.starts_with("run,started,commit,dirty,machine,toolchain,") && header.lines().count() == 1,
        "{header}"
    );
    let reader = SerializedFileReader::new(Bytes::from(written(&none, Format::Parquet))).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    assert_eq!(data(&none, &CommitLinks::default()), json!({"lastUpdate": 0, "repoUrl": "", "entries": {}}));
}

#[test]
fn formats_of_one_run_refuse_a_history_and_say_what_to_do_instead() {
    let cases = [(Format::Critcmp, "run by run"), (Format::Bencher, "--backdate")];
    for (format, instead) in cases {
        let error = writer(format).unwrap_err();
        assert!(matches!(&error, ExportError::OneRun { .. }) && error.to_string().contains(instead), "{error}");
    }
}
