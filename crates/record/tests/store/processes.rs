//! Tests many processes at once, and processes that are killed.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use fanout_record::store;

use crate::children::{child, said};
use crate::fixture::{files_below, machine, run};

#[test]
fn a_hundred_processes_at_once_lose_nothing_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    let ids: BTreeSet<String> = (0..100).map(|i| format!("ID{i}")).collect();
    let start = |id: &String| child("record", folder.path(), id).stdout(Stdio::null()).spawn().unwrap();
    let children: Vec<Child> = ids.iter().map(start).collect();
    assert!(!results.exists());
    fs::write(folder.path().join("go"), "").unwrap();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
    }
    let store = store::load(&results);
    assert_eq!(store.bad, []);
    assert_eq!(store.runs.iter().map(|(_, run)| run.id.clone()).collect::<BTreeSet<_>>(), ids);
    assert_eq!(store.machines.iter().map(|(_, machine)| machine).collect::<Vec<_>>(), [&machine()]);
    // There are a hundred runs, one machine, and no temporary file.
    assert_eq!(files_below(&results).len(), 101);
}

#[test]
fn what_a_killed_process_had_written_is_whole_and_what_it_was_writing_is_no_run() {
    let folder = tempfile::tempdir().unwrap();
    store::put(folder.path(), &run("EARLIER")).unwrap();
    let mut recorded = vec!["EARLIER".to_owned()];
    for i in 0_u64..20 {
        let mut child = child("record for ever", folder.path(), &format!("ID{i}"));
        let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        // The test waits for the child's first run, and kills the child at a different moment after it each time.
        let mut so_far = Vec::new();
        while said(&so_far).is_empty() {
            assert_ne!(output.read_until(b'\n', &mut so_far).unwrap(), 0, "it ended");
        }
        thread::sleep(Duration::from_micros(1_733 * i));
        child.kill().unwrap();
        child.wait().unwrap();
        output.read_to_end(&mut so_far).unwrap();
        recorded.extend(said(&so_far));
    }
    let store = store::load(folder.path());
    let kept: BTreeSet<&str> = store.runs.iter().map(|(_, run)| run.id.as_str()).collect();
    assert!(recorded.len() > 20, "{recorded:?}");
    for id in &recorded {
        assert!(kept.contains(id.as_str()), "{id} was said to be recorded");
    }
    assert_eq!(store.bad, []);
    // The next run that is recorded removes what the killed processes left.
    store::put(folder.path(), &run("LATER")).unwrap();
    let files = files_below(folder.path());
    assert!(
        files.iter().all(|path| [".json", ".json.zst"].iter().any(|ending| path.to_str().unwrap().ends_with(ending))),
        "{files:?}"
    );
}
