//! Runs this test program as a child of itself, for what must be a process of its own: to be many, to be limited, or
//! to be killed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use fanout_record::store;

use crate::fixture::{large, run};
use crate::{disk, schema, source};

const ROLE: &str = "RECORD_TEST_ROLE";
const FOLDER: &str = "RECORD_TEST_FOLDER";
const ID: &str = "RECORD_TEST_ID";

/// The text before what a child says, which tells it from what the test program prints.
pub(crate) const SAYS: &str = "child: ";

/// Makes the command of a child with this role, this folder to work in, and this id.
pub(crate) fn child(role: &str, folder: &Path, id: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "children::as_a_child", "--nocapture"]);
    command.env(ROLE, role).env(FOLDER, folder).env(ID, id).stdin(Stdio::null());
    command
}

/// Returns what a child said.
pub(crate) fn said(output: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(output);
    // The test program's own "test children::as_a_child ... " may stand before the first.
    text.lines().filter_map(|line| Some(line.split_once(SAYS)?.1.to_owned())).collect()
}

pub(crate) fn add_to_last_run(target: &Path) -> Output {
    child("add", target, "").env("CARGO_TARGET_DIR", target).output().unwrap()
}

/// This is no test, but what a child does. Without a role it does nothing.
#[test]
fn as_a_child() {
    let Ok(role) = env::var(ROLE) else { return };
    let folder = PathBuf::from(env::var_os(FOLDER).unwrap());
    let id = env::var(ID).unwrap();
    match role.as_str() {
        "add" => schema::add(),
        "source" => source::say(&folder),
        "record" => {
            wait_for(&folder.join("go"));
            store::put(&folder.join("results"), &run(&id)).unwrap();
        }
        "record for ever" => {
            for i in 0.. {
                let id = format!("{id}-{i}");
                store::put(&folder, &large(&id)).unwrap();
                println!("\n{SAYS}{id}");
            }
        }
        "within a limit" => disk::within_a_limit(&folder),
        "on a small disk" => disk::on_a_small_disk(&folder),
        other => panic!("no child is {other}"),
    }
}

fn wait_for(file: &Path) {
    let began = Instant::now();
    while !fs::exists(file).unwrap() {
        assert!(began.elapsed() < Duration::from_secs(120), "nobody says go");
        thread::sleep(Duration::from_millis(2));
    }
}
