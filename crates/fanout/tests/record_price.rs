//! `fanout record --price` as a user has it: the last price run is kept once, and the other verbs leave it out.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use fanout_needs::recorded_run;
use fanout_record::environment::Environment;
use fanout_record::machine::Machine;
use fanout_record::price::{Build, Price, Prices, SCHEMA, Tree};
use fanout_record::source::Source;
use fanout_record::{read, store, write};

/// `fanout` with these arguments and this target folder: its exit code, and what it printed.
fn fanout(target: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanout"));
    let output = command.args(arguments).env("CARGO_TARGET_DIR", target).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn prices() -> Prices {
    let tree = Tree {
        crates: 60,
        build_crates: 3,
        c_crates: vec!["ring".into()],
        forbid_unsafe: 12,
        model_forbids_unsafe: true,
    };
    let build = Build {
        repetition: 0,
        tree,
        clean_ns: 30_000_000_000,
        rebuilds_ns: vec![1_000_000_000],
        size_bytes: 2_000_000,
        starts_ns: vec![900_000],
    };
    Prices {
        schema: SCHEMA,
        id: "01M83ARPHYSBBJVA28E97EQHH4".into(),
        started: "2026-11-22T14:03:06Z".into(),
        took_ns: 60_000_000_000,
        source: Source::default(),
        machine: Machine::this(),
        variables: BTreeMap::new(),
        seed: 7,
        repetitions: 1,
        order: vec![vec!["hyper".into()]],
        before: Environment::default(),
        after: Environment::default(),
        stopped: None,
        models: vec![Price { model: "hyper".into(), builds: vec![build], failure: None }],
    }
}

#[test]
fn the_last_price_run_is_recorded_once_and_the_page_shows_it() {
    let (target, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (results, page) = (folder.path().join("results"), folder.path().join("page.html"));
    let (results, page) = (results.to_str().unwrap(), page.to_str().unwrap());
    let record = ["record", "--price", "--results", results];
    let (code, _, err) = fanout(target.path(), &record);
    assert!(code == Some(2) && err.contains("there is no last price run") && err.contains("--bench price"), "{err}");

    let last = target.path().join("fanout/last-price.json");
    write::replace(&last, &prices()).unwrap();
    let (code, out, err) = fanout(target.path(), &record);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("git did not tell which commit"), "{err}");
    assert_eq!(read::prices(out.trim_end().as_ref()).unwrap(), prices());
    let (code, _, err) = fanout(target.path(), &record);
    assert!(code == Some(2) && err.contains("recorded already"), "{err}");

    let run = recorded_run();
    let (code, _, err) = fanout(target.path(), &["report", run.to_str().unwrap(), "--output", page]);
    assert_eq!(code, Some(0), "{err}");
    assert!(fs::read_to_string(page).unwrap().contains("hyper brings in 60 crates, was built in 30.0 s"));
}

#[test]
fn a_partial_price_run_needs_a_flag_and_one_without_a_price_is_refused() {
    let (target, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (last, results) = (target.path().join("fanout/last-price.json"), folder.path().join("results"));
    let record = ["record", "--price", "--results", results.to_str().unwrap()];
    write::replace(&last, &Prices { repetitions: 3, stopped: Some("interrupted".into()), ..prices() }).unwrap();
    let (code, _, err) = fanout(target.path(), &record);
    assert!(code == Some(2) && err.contains("interrupted") && err.contains("--partial"), "{err}");
    assert!(!results.exists());
    let (code, _, err) = fanout(target.path(), &[&record[..], &["--partial"]].concat());
    assert_eq!(code, Some(0), "{err}");
    write::replace(&last, &Prices { models: Vec::new(), ..prices() }).unwrap();
    let (code, _, err) = fanout(target.path(), &record);
    assert!(code == Some(2) && err.contains("no price"), "{err}");
    fs::write(&last, "{").unwrap();
    let (code, _, err) = fanout(target.path(), &record);
    assert!(code == Some(2) && err.contains("is not a whole file of prices"), "{err}");
}

#[test]
fn what_reads_runs_leaves_price_runs_out_or_says_what_they_are() {
    let (target, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let results = folder.path().join("results");
    let file = store::put_prices(&results, &prices()).unwrap();
    let run = recorded_run();
    store::put(&results, &read::run(&run).unwrap()).unwrap();
    let (file, results) = (file.to_str().unwrap(), results.to_str().unwrap());
    for arguments in [
        &["report", file, "--output", "-"][..],
        &["export", file, "--format", "csv"],
        &["diff", file, run.to_str().unwrap()],
        &["record", file, "--results", results],
    ] {
        let (code, out, err) = fanout(target.path(), arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains("holds prices and no run"), "{arguments:?}: {err}");
    }
    let site = folder.path().join("site");
    let (code, _, err) = fanout(target.path(), &["report", "--site", site.to_str().unwrap(), "--results", results]);
    assert!(code == Some(0) && !err.contains("prices"), "{err}");
    assert!(fs::read_to_string(site.join("index.html")).unwrap().contains("hyper brings in 60 crates"));
    let (code, out, err) = fanout(target.path(), &["export", "--history", "--format", "csv", "--results", results]);
    assert!(code == Some(0) && out.starts_with("run,") && !err.contains("prices"), "{err}");
}
