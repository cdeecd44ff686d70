//! On a system that refuses io_uring, the control arm says so, with the reason. A thread with a seccomp filter stands
//! for such a system: a container's default profile is such a filter.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::thread;

use fanout_model::{Model, Settings, SetupError};
use model_floor_uring::FloorUring;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

/// The number of `io_uring_setup`, which is the same on all architectures that this project builds for.
const IO_URING_SETUP: i64 = 425;

/// Calls the control arm on a thread that gets this error number for `io_uring_setup`.
fn with_error(number: u32) -> [Result<(), SetupError>; 2] {
    let refused = move || {
        let rules = BTreeMap::from([(IO_URING_SETUP, vec![])]);
        let architecture = std::env::consts::ARCH.try_into().unwrap();
        let filter =
            SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(number), architecture).unwrap();
        let program: BpfProgram = filter.try_into().unwrap();
        apply_filter(&program).unwrap();
        let settings = Settings::new(NonZeroUsize::MIN).unwrap();
        [FloorUring.available(), FloorUring.prepare(&settings).map(drop)]
    };
    thread::spawn(refused).join().unwrap()
}

#[test]
fn where_io_uring_is_refused_the_reason_is_said_and_nothing_else_is_tried() {
    // EPERM, as of a container, and ENOSYS, as of a kernel without it.
    for (number, says) in [(1, "seccomp"), (38, "built without it")] {
        for refused in with_error(number) {
            let Err(SetupError::Unsupported(reason)) = refused else { panic!("{refused:?}") };
            assert!(reason.starts_with("io_uring: ") && reason.contains(says), "{reason}");
        }
    }
}
