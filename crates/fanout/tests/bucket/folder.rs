//! A store in a folder: what is there stays, and a folder that is missing, read-only or full keeps nothing of a run.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::Command;

use fanout_needs::skip;
use fanout_record::paths::results;
use fanout_record::store;

use crate::world::{World, ended, files, nth, run};

/// Nobody in particular, whom a folder's mode stops.
const OTHER: u32 = 65_534;

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

#[test]
fn a_run_is_there_once_and_is_what_results_would_have() {
    let world = World::new();
    let file = world.file("run.json", &run());
    let folder = world.store("a store");
    let place = store::place(&run());
    for address in [folder.clone(), format!("file://{}", folder.replace(' ', "%20"))] {
        let said = world.call(&["record", &file, "--to", &address], &[]);
        assert_eq!(said.lines(), [world.path("a store").join(&place).to_str().unwrap()]);
    }
    let there = world.path("a store");
    store::put(&world.path("results"), &run()).unwrap();
    assert_eq!(files(&there), files(&world.path("results")));
    for name in files(&there) {
        let read = |folder: &str| fs::read(world.path(folder).join(&name)).unwrap();
        assert_eq!(read("a store"), read("results"), "{name}");
    }
    let before = fs::read(there.join(&place)).unwrap();
    let mut other = run();
    other.invocation = "another".into();
    let said = world.call(&["record", &world.file("other.json", &other), "--to", &folder], &[]);
    said.refused(&["other content", place.to_str().unwrap(), "nothing was overwritten"]);
    assert_eq!(fs::read(there.join(&place)).unwrap(), before);
}

#[test]
fn a_store_in_the_folder_of_results_is_the_same_as_results() {
    let world = World::new();
    let (page, other) = (world.path("page.html"), world.path("other.html"));
    let (page, other) = (page.to_str().unwrap(), other.to_str().unwrap());
    let results = results();
    world.call(&["history", "--from", results.to_str().unwrap(), "-o", page], &[]).lines();
    world.call(&["history", "-o", other], &[]).lines();
    assert_eq!(fs::read_to_string(page).unwrap(), fs::read_to_string(other).unwrap());
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let world = World::new();
    let file = world.file("run.json", &run());
    let missing = world.path("missing");
    let said = world.call(&["record", &file, "--to", missing.to_str().unwrap()], &[]);
    said.refused(&["cannot open", "missing", "No such file", "make it first"]);
    assert!(!missing.exists());
    let said = world.call(&["history", "--from", missing.to_str().unwrap()], &[]);
    said.refused(&["cannot open", "make it first"]);
    world.call(&["record", &file, "--to", &file], &[]).refused(&["it is not a folder"]);
}

#[test]
fn a_folder_where_nothing_may_be_written_keeps_nothing() {
    let world = World::new();
    let file = world.file("run.json", &run());
    let folder = world.store("store");
    let mut command = world.fanout(&["record", &file, "--to", &folder], &[]);
    if is_root() {
        let mut test = Command::new("test");
        let test = test.args(["-x", env!("CARGO_BIN_EXE_fanout")]).uid(OTHER).gid(OTHER).status();
        if !test.is_ok_and(|status| status.success()) {
            let why = "another user may not enter the folder that the program is in";
            skip("a folder where nothing may be made", why).unwrap();
            return;
        }
        chown(world.path("target"), Some(OTHER), Some(OTHER)).unwrap();
        fs::set_permissions(world.folder.path(), Permissions::from_mode(0o755)).unwrap();
        command.uid(OTHER).gid(OTHER);
    }
    fs::set_permissions(world.path("store"), Permissions::from_mode(0o555)).unwrap();
    let said = ended(command.spawn().unwrap());
    said.refused(&["cannot create", &folder, "Permission denied", "ask for the right"]);
    assert_eq!(fs::read_dir(world.path("store")).unwrap().count(), 0);
}

/// A small file system in memory, which is gone with this value.
struct Small(String);

impl Drop for Small {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "{} is still mounted", self.0);
    }
}

#[test]
fn a_folder_that_is_full_keeps_what_it_had_and_nothing_of_the_run() {
    let world = World::new();
    let folder = world.store("store");
    let mount = ["-t", "tmpfs", "-o", "size=64k", "tmpfs", &folder];
    let mounted = Command::new("mount").args(mount).stderr(std::process::Stdio::null()).status();
    if !is_root() || !mounted.is_ok_and(|status| status.success()) {
        skip("a full file system", "only root may mount one").unwrap();
        return;
    }
    let _small = Small(folder.clone());
    fs::write(world.path("store/earlier"), vec![7; 40_000]).unwrap();
    let said = world.call(&["record", &world.file("run.json", &nth(1)), "--to", &folder], &[]);
    said.refused(&["cannot create", &folder, "No space left", "make room"]);
    assert_eq!(files(&world.path("store")), ["earlier"]);
    assert_eq!(fs::read_dir(world.path("store")).unwrap().count(), 1);
}
