//! A process that may open few files can still have as many in flight as its settings allow.

use std::num::NonZeroUsize;

use fanout_model::{Model, Settings};
use fanout_needs::skip;
use model_floor_uring::FloorUring;
use nix::sys::resource::{Resource, setrlimit};

/// It is in a file of its own, because the limit is that of the whole process.
#[test]
fn more_lanes_than_half_of_the_files_are_prepared() {
    if let Err(why) = FloorUring.available() {
        skip("floor-uring", &why.to_string()).unwrap();
        return;
    }
    setrlimit(Resource::RLIMIT_NOFILE, 512, 512).unwrap();
    let settings = Settings::new(NonZeroUsize::new(400).unwrap()).unwrap();
    FloorUring.prepare(&settings).unwrap();
}
