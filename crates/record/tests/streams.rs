//! Tests reading and writing at any path, as far as this needs no process of its own. What the verbs show is tested
//! with the verbs.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use fanout_record::{input, output};
use proptest::prelude::*;

/// Returns everything in a folder, with its content.
fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: &Path| if path.is_file() { fs::read(path).unwrap() } else { Vec::new() };
    let mut all: Vec<_> = entries.map(|path| (path.display().to_string(), read(&path))).collect();
    all.sort();
    all
}

#[test]
fn what_was_checked_and_what_was_refused_leave_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "kept").unwrap();
    fs::write(at("read-only"), "kept").unwrap();
    fs::set_permissions(at("read-only"), Permissions::from_mode(0o444)).unwrap();
    fs::create_dir(at("folder")).unwrap();
    symlink("circle", at("circle")).unwrap();
    symlink("no-folder/file", at("dangling")).unwrap();
    symlink("new", at("link")).unwrap();
    nix::unistd::mkfifo(&at("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let before = content(folder.path());
    for name in ["file", "new", "link", "pipe", "folder/new"] {
        output::check(&at(name)).unwrap();
    }
    output::check(Path::new("-")).unwrap();
    let refused = [
        (at("read-only"), ErrorKind::PermissionDenied),
        (at("folder"), ErrorKind::IsADirectory),
        (at("folder/."), ErrorKind::IsADirectory),
        (at("folder/.."), ErrorKind::IsADirectory),
        (at("new/"), ErrorKind::IsADirectory),
        (at("new/."), ErrorKind::IsADirectory),
        (at("no-folder/file"), ErrorKind::NotFound),
        (at("dangling"), ErrorKind::NotFound),
        (at("file/file"), ErrorKind::NotADirectory),
        (at(&"x".repeat(300)), ErrorKind::InvalidFilename),
        ("".into(), ErrorKind::InvalidInput),
    ];
    for (path, kind) in refused {
        let errors = [output::check(&path), output::write(&path, b"new")].map(Result::unwrap_err);
        assert!(errors.iter().all(|error| error.kind() == kind), "{}: {errors:?}", path.display());
    }
    let errors = [output::check(&at("circle")), output::write(&at("circle"), b"new")].map(Result::unwrap_err);
    assert!(errors.iter().all(|error| error.to_string().contains("symbolic links")), "{errors:?}");
    assert_eq!(content(folder.path()), before);
}

#[test]
fn a_named_pipe_that_is_checked_tells_its_reader_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let cat = Command::new("cat").arg(&pipe).stdout(Stdio::piped()).spawn().unwrap();
    output::check(&pipe).unwrap();
    output::write(&pipe, b"all of it").unwrap();
    assert_eq!(cat.wait_with_output().unwrap().stdout, b"all of it");
}

#[test]
fn more_than_the_limit_is_refused_and_as_much_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "12345").unwrap();
    assert_eq!(input::bytes(&path, 5).unwrap(), b"12345");
    assert_eq!(input::text(&path, u64::MAX).unwrap(), "12345");
    let error = input::bytes(&path, 4).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileTooLarge);
    assert!(error.to_string().contains("larger than 4 bytes"), "{error}");
    // This file of the system has no length before it is read.
    let status = Path::new("/proc/self/status");
    assert!(input::text(status, 1 << 20).unwrap().starts_with("Name:"));
    assert_eq!(input::text(status, 10).unwrap_err().kind(), ErrorKind::FileTooLarge);
}

#[test]
fn text_is_utf_8_and_may_begin_with_a_mark() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for (bytes, read) in [
        (b"\xEF\xBB\xBFtext".as_slice(), Ok("text")),
        (b"text", Ok("text")),
        (b"", Ok("")),
        (b"\xFF\xFEt\0", Err("it is in UTF-16")),
        (b"\xFE\xFF\0t", Err("it is in UTF-16")),
        (b"te\xFF", Err("it is not UTF-8 from byte 3 on")),
    ] {
        fs::write(&path, bytes).unwrap();
        match (input::text(&path, 100), read) {
            (Ok(text), Ok(expected)) => assert_eq!(text, expected),
            (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
            (got, expected) => panic!("{got:?} and not {expected:?}"),
        }
    }
}

proptest! {
    /// However a file is written, it holds what was written, and nothing else is there.
    #[test]
    fn what_is_written_is_read_back(
        before in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..200)),
        after in proptest::collection::vec(any::<u8>(), 0..200),
        names in 1_u64..3,
        mode in 0o600_u32..0o777,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let exists = before.is_some();
        if let Some(before) = before {
            fs::write(&path, before).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode | 0o600)).unwrap();
            if names > 1 {
                fs::hard_link(&path, folder.path().join("other")).unwrap();
            }
        }
        output::write(&path, &after).unwrap();
        prop_assert_eq!(input::bytes(&path, 1_000).unwrap(), after);
        let facts = File::open(&path).unwrap().metadata().unwrap();
        let count = fs::read_dir(folder.path()).unwrap().count() as u64;
        prop_assert_eq!(count, if exists { names } else { 1 });
        prop_assert_eq!(facts.nlink(), count);
        if exists {
            prop_assert_eq!(facts.mode() & 0o7777, mode | 0o600);
        }
    }
}
