//! Temporary files that a killed program left: the next one in the same folder removes them, and nothing else.

use std::fs::{self, File};
use std::os::unix::fs::symlink;

use crate::process::{make_pipe, run};
use crate::verbs::World;

#[test]
fn what_a_killed_writer_left_is_removed_and_what_is_being_written_is_not() {
    let world = World::new();
    world.each(|verb, folder| {
        let [left, held] = ["A1b2C3", "D4e5F6"].map(|name| folder.join(format!(".fanout-{name}.tmp")));
        fs::write(&left, "half").unwrap();
        let writer = File::create(&held).unwrap();
        writer.lock().unwrap();
        // Not what this program calls its own, or no file.
        let others =
            [".fanout-.tmp", ".fanout-A1b2C3", ".fanout-notes.tmp", ".tmpA1b2C3"].map(|name| folder.join(name));
        others.iter().for_each(|path| fs::write(path, "").unwrap());
        let link = folder.join(".fanout-G7h8I9.tmp");
        symlink("other", &link).unwrap();
        let pipe = folder.join(".fanout-J0k1L2.tmp");
        make_pipe(&pipe);

        verb.succeeded(&run(&mut world.command(verb, &verb.file(folder))));
        assert!(!left.exists(), "{}", verb.name);
        assert!(held.exists() && link.is_symlink() && pipe.exists(), "{}", verb.name);
        assert!(others.iter().all(|path| path.exists()), "{}", verb.name);
        drop(writer);
        // A child that another test is starting holds the lock as well, until it is the program that it becomes.
        let removed = (0..10).any(|_| {
            verb.succeeded(&run(&mut world.command(verb, &verb.file(folder))));
            !held.exists()
        });
        assert!(removed, "{}", verb.name);
    });
}
