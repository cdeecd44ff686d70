//! What can't be written is refused with what to do, and before what it would have been the result of.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::process::run;
use crate::verbs::{Verb, World};

/// Refuses `file` with these words, with nothing done before that.
#[track_caller]
fn refuses(world: &World, verb: &Verb, file: &Path, words: &str) {
    let ended = run(&mut world.command(verb, file));
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{}: {ended:?}", verb.name);
    assert!(ended.err.contains(words), "{}: {ended:?}", verb.name);
    assert_eq!(ended.err.lines().count(), 1, "{}: it began to work: {ended:?}", verb.name);
}

#[test]
fn a_file_without_write_permission_stays_as_it_is_for_root_as_well() {
    let world = World::new();
    world.each(|verb, folder| {
        let file = verb.file(folder);
        fs::write(&file, "kept").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o444)).unwrap();
        refuses(&world, verb, &file, "it is read-only: allow writing with `chmod u+w`, or name another file");
        assert_eq!(fs::read_to_string(&file).unwrap(), "kept", "{}", verb.name);
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "{}", verb.name);
    });
}

#[test]
fn a_folder_is_no_place_for_a_file() {
    let world = World::new();
    world.each(|verb, folder| {
        let file = verb.file(folder);
        fs::create_dir(&file).unwrap();
        refuses(&world, verb, &file, "it is a folder: name a file in it");
        assert_eq!(fs::read_dir(&file).unwrap().count(), 0, "{}", verb.name);
        if verb.writes_one() {
            refuses(&world, verb, &folder.join("new/"), "it is the name of a folder");
        }
    });
}

#[test]
fn no_folder_is_made_by_a_name_with_a_typing_error() {
    let world = World::new();
    world.each(|verb, folder| {
        refuses(&world, verb, &verb.file(&folder.join("reslts")), "its folder does not exist: make the folder");
        symlink("nowhere/output", verb.file(folder)).unwrap();
        refuses(&world, verb, &verb.file(folder), "its folder does not exist: make the folder");
        let names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(names, [verb.file(folder)], "{}", verb.name);
    });
}

#[test]
fn links_that_lead_round_in_a_circle_are_an_error() {
    let world = World::new();
    world.each(|verb, folder| {
        let (file, other) = (verb.file(folder), folder.join("other"));
        symlink(&other, &file).unwrap();
        symlink(&file, &other).unwrap();
        refuses(&world, verb, &file, "Too many levels of symbolic links");
        assert!(file.is_symlink() && other.is_symlink(), "{}", verb.name);
    });
}

#[test]
fn a_trace_is_two_files_and_fits_into_no_pipe() {
    let world = World::new();
    world.each(|verb, folder| {
        if verb.writes_one() {
            return;
        }
        for name in ["-", "/dev/stdout", "/dev/null", "folder/"] {
            let mut command = world.command(verb, Path::new(&format!("{name}.svg")));
            let ended = run(command.current_dir(folder));
            assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{name}: {ended:?}");
            assert!(ended.err.contains("a trace is two files; give what their names begin with"), "{ended:?}");
        }
        assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
    });
}

#[test]
fn json_and_a_summary_do_not_both_go_to_standard_output() {
    let world = World::new();
    world.each(|verb, _| {
        if verb.name == "compare" {
            let ended = run(world.command(verb, Path::new("-")).arg("--json"));
            assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{ended:?}");
            assert!(ended.err.contains("name a file for --markdown"), "{ended:?}");
        }
    });
}
