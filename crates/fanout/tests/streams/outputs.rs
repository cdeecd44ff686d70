//! What a path leads to is written to as what it is.

use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::{ended, make_pipe, run};
use crate::verbs::World;

/// What was there.
const EARLIER: &str = "EARLIER";

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// How many files there are in a folder, temporary ones as well.
fn count(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_file_is_replaced_in_one_step_and_keeps_its_mode_and_owner() {
    let world = World::new();
    world.each(|verb, folder| {
        let file = verb.file(folder);
        fs::write(&file, EARLIER).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o620)).unwrap();
        if is_root() {
            chown(&file, Some(12_345), Some(54_321)).unwrap();
        }
        let before = fs::metadata(&file).unwrap();
        let mut reader = File::open(&file).unwrap();
        let ended = run(&mut world.command(verb, &file));
        verb.succeeded(&ended);
        verb.wrote(&fs::read_to_string(&file).unwrap());
        let after = fs::metadata(&file).unwrap();
        let facts = |facts: &fs::Metadata| (facts.mode(), facts.uid(), facts.gid());
        assert_eq!(facts(&before), facts(&after), "{}", verb.name);
        // Whoever was reading it has the earlier one, whole.
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, EARLIER, "{}", verb.name);
        assert_eq!(ended.out.contains(file.to_str().unwrap()), verb.says_path, "{}: {ended:?}", verb.name);
        assert_eq!(count(folder), if verb.writes_one() { 1 } else { 2 }, "{}: something was left", verb.name);
    });
}

#[test]
fn a_new_file_has_the_mode_of_any_other() {
    let world = World::new();
    world.each(|verb, folder| {
        let (file, other) = (verb.file(folder), folder.join("other"));
        File::create(&other).unwrap();
        verb.succeeded(&run(&mut world.command(verb, &file)));
        verb.wrote(&fs::read_to_string(&file).unwrap());
        assert_eq!(fs::metadata(&file).unwrap().mode(), fs::metadata(&other).unwrap().mode(), "{}", verb.name);
    });
}

#[test]
fn a_link_is_followed_also_to_a_file_that_does_not_exist_yet() {
    let world = World::new();
    world.each(|verb, folder| {
        let (file, elsewhere) = (verb.file(folder), folder.join("elsewhere"));
        fs::create_dir(&elsewhere).unwrap();
        symlink("elsewhere/second", &file).unwrap();
        symlink("target", elsewhere.join("second")).unwrap();
        for _ in 0..2 {
            verb.succeeded(&run(&mut world.command(verb, &file)));
            assert_eq!(fs::read_link(&file).unwrap(), Path::new("elsewhere/second"), "{}", verb.name);
            assert_eq!(fs::read_link(elsewhere.join("second")).unwrap(), Path::new("target"), "{}", verb.name);
            verb.wrote(&fs::read_to_string(elsewhere.join("target")).unwrap());
            fs::write(elsewhere.join("target"), EARLIER).unwrap();
        }
    });
}

#[test]
fn all_names_of_a_file_have_the_new_content() {
    let world = World::new();
    world.each(|verb, folder| {
        let (file, other) = (verb.file(folder), folder.join("other name"));
        // Longer than what comes, so that a rest would be seen.
        fs::write(&other, EARLIER.repeat(1_000_000)).unwrap();
        fs::hard_link(&other, &file).unwrap();
        verb.succeeded(&run(&mut world.command(verb, &file)));
        verb.wrote(&fs::read_to_string(&other).unwrap());
        assert_eq!(fs::metadata(&file).unwrap().ino(), fs::metadata(&other).unwrap().ino(), "{}", verb.name);
    });
}

#[test]
fn a_named_pipe_is_written_to_whoever_comes_first() {
    let world = World::new();
    world.each(|verb, folder| {
        let file = verb.file(folder);
        make_pipe(&file);
        for reader_first in [true, false] {
            let reader = |path: &Path| Command::new("cat").arg(path).stdout(Stdio::piped()).spawn().unwrap();
            let mut cat = reader_first.then(|| reader(&file));
            let mut command = world.command(verb, &file);
            let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let cat = ended(cat.take().unwrap_or_else(|| reader(&file)));
            verb.succeeded(&ended(child));
            verb.wrote(&cat.out);
            assert!(fs::metadata(&file).unwrap().file_type().is_fifo(), "{}", verb.name);
        }
    });
}

#[test]
fn a_hyphen_is_standard_output_and_nothing_else_is_printed_there() {
    let world = World::new();
    world.each(|verb, folder| {
        let hyphen = Path::new("-");
        if !verb.writes_one() {
            return;
        }
        let ended = run(world.command(verb, hyphen).current_dir(folder));
        verb.succeeded(&ended);
        verb.wrote(&ended.out);
        assert!(
            ended.out.ends_with('\n') || ended.out.ends_with("</html>"),
            "{}: {:?}",
            verb.name,
            &ended.out[ended.out.len() - 50..]
        );
        assert_eq!(count(folder), 0, "{}: there is a file", verb.name);
        // A file that is called so has a folder in front.
        verb.succeeded(&run(world.command(verb, Path::new("./-")).current_dir(folder)));
        verb.wrote(&fs::read_to_string(folder.join("-")).unwrap());
    });
}

#[test]
fn dev_stdout_is_written_to_as_whoever_opened_it_left_it() {
    descriptor("/dev/stdout");
}

#[test]
fn dev_fd_1_is_written_to_as_whoever_opened_it_left_it() {
    descriptor("/dev/fd/1");
}

#[test]
fn proc_self_fd_1_is_written_to_as_whoever_opened_it_left_it() {
    descriptor("/proc/self/fd/1");
}

/// Each verb writes to the standard output that it finds under `name`.
#[track_caller]
fn descriptor(name: &str) {
    let world = World::new();
    world.each(|verb, folder| {
        if !verb.writes_one() {
            return;
        }
        // Standard output is a pipe.
        let ended = run(&mut world.command(verb, Path::new(name)));
        verb.succeeded(&ended);
        verb.wrote(&ended.out);
        // It is a file that holds something already, as after the shell's `>>`.
        let log = folder.join("log");
        fs::write(&log, "kept\n").unwrap();
        let mut command = world.command(verb, Path::new(name));
        let to = File::options().append(true).open(&log).unwrap();
        verb.succeeded(&super::process::ended(command.stdout(to).stderr(Stdio::piped()).spawn().unwrap()));
        verb.wrote(fs::read_to_string(&log).unwrap().strip_prefix("kept\n").unwrap());
    });
}

#[test]
fn another_descriptor_is_written_to_as_whoever_opened_it_left_it() {
    let world = World::new();
    world.each(|verb, folder| {
        if !verb.writes_one() {
            return;
        }
        let log = folder.join("log");
        fs::write(&log, "kept\n").unwrap();
        let mut shell = within_shell("exec 3>>\"$LOG\"; exec \"$@\"", &world.command(verb, Path::new("/dev/fd/3")));
        verb.succeeded(&run(shell.env("LOG", &log)));
        verb.wrote(fs::read_to_string(&log).unwrap().strip_prefix("kept\n").unwrap());
    });
}

/// The same command, started by a shell's script as `"$@"`.
fn within_shell(script: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-ec", script, "sh"]);
    started_by(&mut shell, command);
    shell
}

/// Lets `outer` start `command`, with its variables and in its folder.
pub(crate) fn started_by(outer: &mut Command, command: &Command) {
    outer.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        outer.current_dir(folder);
    }
}

/// Nobody in particular, whom a folder's mode stops.
const OTHER: u32 = 65_534;

/// Whether this user may enter all folders that lead to the program.
fn can_be_run_by(user: u32) -> bool {
    let mut test = Command::new("test");
    let test = test.args(["-x", env!("CARGO_BIN_EXE_fanout")]).uid(user).gid(user);
    test.status().is_ok_and(|status| status.success())
}

#[test]
fn a_file_in_a_folder_where_nothing_may_be_made_is_written_in_place() {
    if is_root() && !can_be_run_by(OTHER) {
        let why = "another user may not enter the folder that the program is in";
        fanout_needs::skip("a folder where nothing may be made", why).unwrap();
        return;
    }
    let world = World::new();
    world.each(|verb, folder| {
        // A comparison needs folders of its own, and a trace makes a second file here.
        if !verb.writes_one() || verb.name == "compare" {
            return;
        }
        let (inner, target) = (folder.join("inner"), folder.join("target"));
        fs::create_dir(&inner).unwrap();
        fs::create_dir(&target).unwrap();
        let file = verb.file(&inner);
        fs::write(&file, EARLIER).unwrap();
        fs::set_permissions(&inner, Permissions::from_mode(0o555)).unwrap();
        fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
        let mut command = world.command(verb, &file);
        command.env("CARGO_TARGET_DIR", &target);
        if is_root() {
            [&file, &target].iter().for_each(|it| chown(it, Some(OTHER), Some(OTHER)).unwrap());
            command.uid(OTHER).gid(OTHER);
        }
        verb.succeeded(&run(&mut command));
        verb.wrote(&fs::read_to_string(&file).unwrap());
        fs::set_permissions(&inner, Permissions::from_mode(0o755)).unwrap();
    });
}

#[test]
fn a_reader_of_a_pipe_that_has_seen_enough_is_no_failure() {
    let world = World::new();
    world.each(|verb, folder| {
        let file = verb.file(folder);
        make_pipe(&file);
        let mut command = world.command(verb, &file);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It opens the pipe, and reads nothing.
        let reader = Command::new("sh").args(["-c", "exec 3< \"$1\"", "sh"]).arg(&file).spawn().unwrap();
        assert_eq!(ended(reader).code, Some(0), "{}", verb.name);
        verb.succeeded(&ended(child));
    });
}
