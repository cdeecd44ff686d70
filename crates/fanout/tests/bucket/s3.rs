//! A bucket of a real S3-compatible server.

use std::fs;

use fanout_record::store;

use crate::world::{World, ended, files, nth, run, s3};

#[test]
fn a_run_is_there_once_under_the_name_that_it_has_in_results() {
    let Some(variables) = s3() else { return };
    let world = World::new();
    let file = world.file("run.json", &run());
    let said = world.call(&["record", &file, "--to", "s3://fleet/once"], &variables);
    let object = format!("s3://fleet/once/{}", store::place(&run()).display());
    assert_eq!(said.lines(), [object.as_str()]);
    assert_eq!(said.err, "");
    let said = world.call(&["record", &file, "--to", "s3://fleet/once"], &variables);
    assert_eq!(said.lines(), [object.as_str()]);
    assert!(said.err.contains("the run is there already, and is the same"), "{said:?}");

    // The same name, and other content.
    let mut other = run();
    other.questions[0].scenarios[0].arms[0].samples[0].wall_ns += 1;
    let file = world.file("other.json", &other);
    let said = world.call(&["record", &file, "--to", "s3://fleet/once"], &variables);
    said.refused(&[&object, "other content", "nothing was overwritten"]);
    let said = world.call(&["record", &world.file("run.json", &run()), "--to", "s3://fleet/once"], &variables);
    assert!(said.code == Some(0) && said.err.contains("is the same"), "{said:?}");
}

#[test]
fn of_many_that_record_one_run_at_once_all_succeed_and_one_wrote_it() {
    let Some(variables) = s3() else { return };
    let world = World::new();
    let file = world.file("run.json", &run());
    let spawn = |_| world.fanout(&["record", &file, "--to", "s3://fleet/race"], &variables).spawn().unwrap();
    let children: Vec<_> = (0..8).map(spawn).collect();
    let said: Vec<_> = children.into_iter().map(ended).collect();
    said.iter().for_each(|said| assert_eq!(said.lines().len(), 1));
    let wrote = said.iter().filter(|said| !said.err.contains("is there already")).count();
    assert_eq!(wrote, 1, "{said:?}");
}

#[test]
fn the_history_of_a_bucket_names_what_it_cannot_read_and_uses_the_rest_and_then_only_lists() {
    let Some(variables) = s3() else { return };
    let world = World::new();
    let local = world.store("local");
    for n in 0..3 {
        let file = world.file("run.json", &nth(n));
        world.call(&["record", &file, "--to", "s3://fleet/read"], &variables).lines();
        world.call(&["record", &file, "--to", &local], &[]).lines();
    }
    // A folder with the same files has the same page.
    let (page, other) = (world.path("page.html"), world.path("other.html"));
    let (page, other) = (page.to_str().unwrap(), other.to_str().unwrap());
    let said = world.call(&["history", "--from", "s3://fleet/read", "-o", page], &variables);
    assert_eq!((said.lines(), said.err.as_str()), (vec![page], ""));
    world.call(&["history", "--from", &local, "-o", other], &[]).lines();
    assert_eq!(fs::read_to_string(page).unwrap(), fs::read_to_string(other).unwrap());

    let put = |name: &str, content: &str| {
        // `python3 -c` is an S3 client here that is not ours.
        let script = "import sys, boto3; boto3.client('s3', endpoint_url=sys.argv[1], region_name='us-east-1')\
                      .put_object(Bucket='fleet', Key=sys.argv[2], Body=sys.argv[3].encode())";
        let mut python = std::process::Command::new(fanout_needs::interpreter());
        python.args(["-c", script, variables[0].1, name, content]).envs(variables);
        assert!(python.status().unwrap().success());
    };
    put("read/runs/x/2026/20260101T000000Z-000000000000-01M83ARPHYSBBJVA28E9999999.json", "{\"schema\":");
    put("read/runs/x/2026/notes.txt", "not a run");
    // It is taken from what was kept, which is changed here to show it.
    let kept = world.path("target/fanout/history-of-buckets");
    for entry in fs::read_dir(&kept).unwrap() {
        let path = entry.unwrap().path();
        fs::write(&path, fs::read_to_string(&path).unwrap().replace("\"hyper\"", "\"from the cache\"")).unwrap();
    }
    let said = world.call(&["history", "--from", "s3://fleet/read", "-o", page], &variables);
    said.lines();
    assert!(said.err.contains("s3://fleet/read/runs/x/2026/20260101T000000Z") && said.err.contains("ends too early"));
    assert!(said.err.contains("s3://fleet/read/runs/x/2026/notes.txt is not a file of the store"), "{said:?}");
    assert!(fs::read_to_string(page).unwrap().contains("from the cache"));
}

#[test]
fn a_table_in_a_bucket_gets_new_files_and_keeps_the_old_ones() {
    let Some(variables) = s3() else { return };
    let world = World::new();
    let runs = world.store("runs");
    let record = |n| {
        let file = world.file("run.json", &nth(n));
        world.call(&["record", &file, "--to", &runs], &[]).lines();
    };
    let export = || {
        let arguments = ["export", "--history", "--from", &runs, "--format", "parquet", "--to", "s3://fleet/table"];
        world.call(&arguments, &variables)
    };
    (0..6).for_each(record);
    let said = export();
    // Three machines, one month.
    assert_eq!(said.lines().len(), 3, "{said:?}");
    assert!(said.err.contains("6 of 6 runs are new"), "{said:?}");
    let said = export();
    assert_eq!(said.lines(), [""; 0]);
    assert!(said.err.contains("0 of 6 runs are new"), "{said:?}");
    record(7);
    assert_eq!(export().lines().len(), 1);
    assert_eq!(files(&world.path("runs")).len(), 7 + 3);
}

#[test]
fn a_bucket_that_is_not_there_and_an_empty_one_are_named() {
    let Some(variables) = s3() else { return };
    let world = World::new();
    let file = world.file("run.json", &run());
    let said = world.call(&["record", &file, "--to", "s3://nowhere/x"], &variables);
    said.refused(&["s3://nowhere/x/runs/", "404", "NoSuchBucket", "make it first"]);
    let said = world.call(&["history", "--from", "s3://nowhere"], &variables);
    said.refused(&["cannot list s3://nowhere/runs", "NoSuchBucket"]);
    let said = world.call(&["history", "--from", "s3://fleet/empty"], &variables);
    said.refused(&["no run in s3://fleet/empty"]);
}
