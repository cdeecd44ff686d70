//! What a verb is given to read is read where that ends, and else refused at once with what it is.

use std::fs::{self, File};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::process::{Ended, ended, make_pipe, run};
use crate::verbs::recorded;

/// The verbs that read a run file; `RUN` stands for it. They end with the exit code 2 where it cannot be read.
const READERS: [&[&str]; 5] = [
    &["report", "RUN", "--output", "/dev/null"],
    &["export", "RUN", "--format", "csv"],
    &["diff", "RUN", "RUN"],
    &["record", "--results", "RESULTS"],
    &["export", "--format", "csv"],
];

/// A verb that reads `file`, as the last run where it is not named. It may not take all memory.
fn reading(arguments: &[&str], file: &str, target: &TempDir) -> Command {
    let results = target.path().join("results").to_str().unwrap().to_owned();
    if !arguments.contains(&"RUN") {
        let last = target.path().join("fanout/last-run.json");
        fs::create_dir_all(last.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&last);
        std::os::unix::fs::symlink(file, last).unwrap();
    }
    let arguments = arguments.iter().map(|argument| match *argument {
        "RUN" => file,
        "RESULTS" => &results,
        other => other,
    });
    let mut command = Command::new("bash");
    command.args(["-c", "ulimit -v 4000000; exec \"$@\"", "bash", env!("CARGO_BIN_EXE_fanout")]).args(arguments);
    command.env("CARGO_TARGET_DIR", target.path());
    command
}

/// All readers refuse it in these words.
#[track_caller]
fn refused(file: &Path, words: &str) {
    for arguments in READERS {
        let target = tempfile::tempdir().unwrap();
        let ended = run(&mut reading(arguments, file.to_str().unwrap(), &target));
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{arguments:?}: {ended:?}");
        assert!(ended.err.contains(words), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn a_named_pipe_is_refused_whether_somebody_writes_to_it_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("run.json");
    make_pipe(&pipe);
    refused(&pipe, "it is a named pipe");
    let _writer = File::options().read(true).write(true).open(&pipe).unwrap();
    refused(&pipe, "it is a named pipe");
}

#[test]
fn what_is_no_file_is_refused_by_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    refused(Path::new("/dev/zero"), "it is a character device");
    refused(Path::new("/dev/null"), "it is a character device");
    let socket = folder.path().join("run.json");
    let _listener = UnixListener::bind(&socket).unwrap();
    // A socket can't even be opened.
    refused(&socket, "No such device or address");
    refused(folder.path(), "it is a folder");
}

#[test]
fn a_file_that_is_far_too_large_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    // Of zeros, that take no room.
    File::create(&path).unwrap().set_len((256 << 20) + 1).unwrap();
    refused(&path, "it is larger than 256 MiB");
}

#[test]
fn a_pipe_that_was_opened_for_it_is_read_up_to_the_same_limit() {
    let run = recorded();
    let bash = |script: &str| {
        let mut command = Command::new("bash");
        command.args(["-c", script, "bash", env!("CARGO_BIN_EXE_fanout"), &run]);
        ended(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    };
    let whole = bash("\"$1\" export \"$2\" -f csv");
    assert_eq!(whole.code, Some(0), "{}", whole.err);
    // The second one begins late.
    for script in [
        "\"$1\" export <(cat \"$2\") -f csv",
        "\"$1\" export <(sleep 0.5; cat \"$2\") -f csv",
        "cat \"$2\" | \"$1\" export /dev/stdin -f csv",
        "\"$1\" export /dev/stdin -f csv < \"$2\"",
        "\"$1\" export - -f csv < \"$2\"",
    ] {
        let read = bash(script);
        assert!(read == whole, "{script}: {:?} {}", read.code, read.err);
    }
    let compared = bash("\"$1\" diff <(cat \"$2\") <(cat \"$2\")");
    assert!(compared.code == Some(0) && compared.out.contains(" equivalent, judged over all "), "{compared:?}");
    let endless = bash("\"$1\" report <(yes) -o /dev/null");
    assert!(endless.code == Some(2) && endless.err.contains("it is larger than 256 MiB"), "{endless:?}");
}

#[test]
fn a_byte_order_mark_is_passed_over_and_utf_16_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (path, text) = (folder.path().join("run.json"), fs::read_to_string(recorded()).unwrap());
    fs::write(&path, format!("\u{feff}{text}")).unwrap();
    for arguments in READERS {
        let target = tempfile::tempdir().unwrap();
        let Ended { code, err, .. } = run(&mut reading(arguments, path.to_str().unwrap(), &target));
        assert_eq!(code, Some(0), "{arguments:?}: {err}");
    }
    // As some shells write what is redirected.
    let wide: Vec<u8> = format!("\u{feff}{text:.1000}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(&path, wide).unwrap();
    refused(&path, "it is in UTF-16, and should be in UTF-8");
}
