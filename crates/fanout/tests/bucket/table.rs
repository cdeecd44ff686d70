//! The table of all runs in a folder: its files, and the queries of docs/fleet-history.md as DuckDB answers them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use fanout_needs::{interpreter, skip};
use fanout_record::paths::workspace;
use fanout_record::run::{Disturbance, Role, Run};
use serde_json::{Value, json};

use crate::world::{World, files, nth};

/// Records these runs into a folder.
fn recorded(world: &World, runs: &[Run]) -> String {
    let folder = world.store("runs");
    for run in runs {
        fanout_record::store::put(Path::new(&folder), run).unwrap();
    }
    folder
}

fn export<'a>(world: &World, more: &[&'a str]) -> crate::world::Said {
    let arguments: [&'a str; 4] = ["export", "--history", "--format", "parquet"];
    world.call(&[&arguments[..], more].concat(), &[])
}

#[test]
fn a_table_has_a_file_for_each_machine_and_month_and_is_only_added_to() {
    let world = World::new();
    let runs: Vec<Run> = (0..60).map(nth).collect();
    let folder = recorded(&world, &runs[..50]);
    let table = world.store("table");
    let said = export(&world, &["--from", &folder, "--to", &table]);
    // Three machines, two months.
    assert_eq!(said.lines().len(), 6, "{said:?}");
    let first = files(Path::new(&table));
    let content = |names: &[String]| -> Vec<Vec<u8>> {
        names.iter().map(|name| fs::read(Path::new(&table).join(name)).unwrap()).collect()
    };
    let before = content(&first);
    assert!(first.iter().all(|name| name.starts_with("machine=") && name.contains("/month=2026-0")), "{first:?}");

    for run in &runs[50..] {
        fanout_record::store::put(Path::new(&folder), run).unwrap();
    }
    assert_eq!(export(&world, &["--from", &folder, "--to", &table]).lines().len(), 6);
    assert_eq!(content(&first), before);
    assert_eq!(export(&world, &["--from", &folder, "--to", &table]).lines(), [""; 0]);
    assert_eq!(files(Path::new(&table)).len(), 12);

    // A run that is there twice is named, because queries count it twice.
    let other = world.store("other");
    export(&world, &["--from", &folder, "--to", &other]).lines();
    let one = &files(Path::new(&other))[0];
    fs::copy(Path::new(&other).join(one), Path::new(&table).join("copy.parquet")).unwrap();
    let said = export(&world, &["--from", &folder, "--to", &table]);
    assert!(said.code == Some(0) && said.err.contains("so that queries count it twice"), "{said:?}");
}

#[test]
fn what_is_no_table_or_cannot_be_asked_for_is_said() {
    let world = World::new();
    let folder = recorded(&world, &[nth(0)]);
    let table = world.store("table");
    fs::write(world.path("table/stranger.parquet"), "PAR1, but no Parquet").unwrap();
    let said = export(&world, &["--from", &folder, "--to", &table]);
    said.refused(&["stranger.parquet", "did not write", "nothing else"]);
    assert_eq!(files(Path::new(&table)), ["stranger.parquet"]);

    let empty = world.store("empty");
    let said = world.call(&["export", "--history", "--format", "csv", "--from", &folder, "--to", &empty], &[]);
    said.refused(&["--format parquet"]);
    export(&world, &["--from", &empty, "--to", &empty]).refused(&["no run in"]);
    export(&world, &["--from", &folder, "--to", "/nowhere/at/all"]).refused(&["cannot open /nowhere/at/all"]);
}

/// Runs of three machines over a hundred days. From the 60th on, hyper is slower on all of them. One run has
/// disturbed rounds and a changed tree, and in another the A/A arm differs.
fn fleet() -> Vec<Run> {
    let arms = |run: &mut Run, change: &dyn Fn(&mut fanout_record::run::Arm)| {
        let scenarios = run.questions.iter_mut().flat_map(|question| &mut question.scenarios);
        scenarios.flat_map(|measured| &mut measured.arms).for_each(change);
    };
    let mut runs: Vec<Run> = (0..99).map(nth).collect();
    for run in &mut runs[60..] {
        let slower = |arm: &mut fanout_record::run::Arm| {
            if arm.model == "hyper" && arm.role != Role::Floor {
                arm.samples.iter_mut().for_each(|sample| sample.wall_ns = sample.wall_ns * 3 / 2);
            }
        };
        arms(run, &slower);
    }
    runs[10].source.dirty = Some(true);
    runs[10].questions[0].scenarios[0].disturbed = vec![Disturbance { round: 0, share: 0.5 }];
    arms(&mut runs[20], &|arm| {
        if arm.role == Role::Again {
            arm.samples.iter_mut().for_each(|sample| sample.wall_ns *= 2);
        }
    });
    runs
}

/// The SQL of docs/fleet-history.md: that of the view, and the three queries.
fn queries() -> Vec<String> {
    let text = fs::read_to_string(workspace().join("docs/fleet-history.md")).unwrap();
    let blocks = text.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.collect()
}

/// What DuckDB answers, a list of rows for each query; `None` if Python has no DuckDB.
fn answered(table: &str, queries: &[String]) -> Option<Vec<Value>> {
    let python = interpreter();
    let import = Command::new(&python).args(["-c", "import duckdb"]).stderr(Stdio::null()).status();
    if !import.is_ok_and(|status| status.success()) {
        let why = format!("{python} cannot import it; pip install duckdb, and name it with FANOUT_PYTHON");
        skip("duckdb", &why).unwrap();
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bucket/queries.py");
    let mut command = Command::new(python);
    let output = command.arg(script).arg(table).args(queries).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    Some(said.as_array().unwrap().iter().map(|it| it["rows"].clone()).collect())
}

#[test]
fn the_three_queries_of_the_docs_find_what_is_in_the_runs() {
    let runs = fleet();
    let world = World::new();
    let folder = recorded(&world, &runs);
    let table = world.store("table");
    export(&world, &["--from", &folder, "--to", &table]).lines();
    let mut queries = queries();
    assert_eq!(queries.len(), 4);
    // Whatever the recorded run is of.
    let parameter = &runs[0].questions[0].scenarios[0].scenario.parameter;
    let machine = runs[60].machine.id();
    queries[1] = queries[1].replace("MACHINE", &machine).replace("'20'", &format!("'{parameter}'"));
    let Some(answers) = answered(&table, &queries) else { return };

    // The machine has every third run, the first slower one is its 21st, and it is 50 % above those before.
    let [_, slower, best, doubtful] = &answers[..] else { panic!("{answers:?}") };
    let slower = slower.as_array().unwrap();
    let percent = |n: usize| slower[n]["percent_above_the_ten_before"].as_f64();
    assert_eq!(slower.len(), 33);
    assert_eq!(slower[20]["commit"], json!(format!("{:040x}", 60)));
    assert_eq!((percent(0), percent(19)), (None, Some(0.0)));
    assert!(percent(20).is_some_and(|percent| (49.9..50.1).contains(&percent)), "{slower:?}");

    let best = best.as_array().unwrap();
    assert_eq!(best.len(), runs[0].questions[0].scenarios.len());
    for run in &runs[..3] {
        assert!(best.iter().all(|row| row[run.machine.id()].is_string()), "{best:?}");
    }

    let doubtful = doubtful.as_array().unwrap();
    let of = |n: usize| doubtful.iter().find(|row| row["run"] == json!(runs[n].id)).unwrap();
    assert_eq!((&of(10)["dirty"], &of(10)["disturbed_scenarios"]), (&json!(true), &json!(1)));
    assert!(of(20)["again_differs"].as_i64().unwrap() > 0, "{doubtful:?}");
    assert!(!doubtful.iter().any(|row| row["run"] == json!(runs[5].id)) || of(5)["again_differs"] != json!(0));
}
