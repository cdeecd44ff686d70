//! `fanout calibrate` as a user has it, of identical builds and in little time: a table, or JSON for a program.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::Command;

use fanout_compare::calibration::Calibration;

fn calibrate(target: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanout"));
    command.args(["calibrate", "--slower", "0", "--tries", "1", "--budget", "1s"]).args(arguments);
    let output = command.env("CARGO_TARGET_DIR", target).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn as_json_the_calibration_is_all_of_standard_output_and_the_tries_go_to_standard_error() {
    let target = tempfile::tempdir().unwrap();
    let (code, out, err) = calibrate(target.path(), &["--json", "--busy", "1"]);
    assert_eq!(code, Some(0), "{err}");
    let printed: Calibration = serde_json::from_str(&out).unwrap();
    assert_eq!((printed.busy, printed.tried.len(), printed.tried[0].tries), (1, 1, 1));
    assert!(err.contains("0 % slower: tokio-current-thread busy: "), "{err}");
}

#[test]
fn for_a_reader_each_try_and_the_table_are_on_standard_output_and_one_try_is_no_threshold() {
    let target = tempfile::tempdir().unwrap();
    let (code, out, err) = calibrate(target.path(), &[]);
    assert_eq!((code, err.lines().count()), (Some(0), 1), "{err}");
    assert!(out.starts_with("0 % slower: tokio-current-thread busy: "), "{out}");
    assert!(
        out.contains("| 0 % | 1 |") && out.contains("false alarms: ") && err.starts_with("not kept: "),
        "{out}{err}"
    );
    assert!(!target.path().join("fanout/calibrations").exists());
}

#[test]
fn a_slowdown_that_is_no_share_is_refused() {
    let target = tempfile::tempdir().unwrap();
    for wrong in ["--slower=-1", "--slower=NaN", "--slower=much", "--threshold=inf"] {
        let (code, _, err) = calibrate(target.path(), &[wrong]);
        assert!(code == Some(2) && err.contains("no number from 0 to 1000"), "{wrong}: {code:?} {err}");
    }
}
