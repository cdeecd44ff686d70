//! Devices and mounts, in a mount namespace of their own: what happens to them there nobody else sees.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::outputs::started_by;
use crate::process::run;
use crate::verbs::{Verb, World};

/// `command` in a mount namespace, after this script, whose `$1` is `folder`; `None` where this machine can't do
/// that, which is told.
fn namespaced(options: &[&str], script: &str, folder: &Path, command: Option<&Command>) -> Command {
    let mut outer = Command::new("unshare");
    outer.args(options).args(["sh", "-ec", script, "sh"]).arg(folder);
    if let Some(command) = command {
        started_by(&mut outer, command);
    }
    outer
}

/// Whether the script works here; where it does not, that is told.
fn works(what: &str, options: &[&str], script: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let output = namespaced(options, script, folder.path(), None).arg("true").output();
    let why = match output {
        Ok(output) if output.status.success() => return true,
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    fanout_needs::skip(what, &format!("unshare: {why}")).unwrap();
    false
}

#[test]
fn a_device_is_written_to_and_stays_a_device() {
    // A file system in memory with the device that takes everything, and the one that is always full. What the verb
    // writes beside a device goes there as well.
    const MAKE: &str = "mount -t tmpfs fanout \"$1\"; cd \"$1\"; mknod null c 1 3; mknod full c 1 7; shift
        code=0; \"$@\" || code=$?
        test -c null; test -c full; test -z \"$(find . -name '.fanout*')\"; exit $code";
    if !works("a device", &["--mount"], MAKE) {
        return;
    }
    let world = World::new();
    world.each(|verb: &Verb, folder| {
        if verb.writes_one() {
            let at = |name: &str| {
                let command = world.command(verb, &folder.join(name));
                run(&mut namespaced(&["--mount"], MAKE, folder, Some(&command)))
            };
            verb.succeeded(&at("null"));
            let ended = at("full");
            let code = if verb.name == "compare" { [1, 2, 3].as_slice() } else { &[2] };
            assert!(code.contains(&ended.code.unwrap()), "{}: {ended:?}", verb.name);
            assert!(ended.err.contains("cannot write") && ended.err.contains("No space left"), "{ended:?}");
        }
    });
}

#[test]
fn a_file_that_something_is_mounted_at_is_written_in_place() {
    const MAKE: &str = "mount --bind \"$1/mounted\" \"$1/mounted\"; shift; \"$@\"";
    const OWN: [&str; 3] = ["--user", "--map-root-user", "--mount"];
    if !works("a mounted file", &OWN, &format!("touch \"$1/mounted\"; {MAKE}")) {
        return;
    }
    let world = World::new();
    world.each(|verb: &Verb, folder| {
        if verb.writes_one() {
            let file = folder.join("mounted");
            fs::write(&file, "EARLIER").unwrap();
            let command = world.command(verb, &file);
            verb.succeeded(&run(&mut namespaced(&OWN, MAKE, folder, Some(&command))));
            verb.wrote(&fs::read_to_string(&file).unwrap());
        }
    });
}
