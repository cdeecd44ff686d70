//! The allocator of every program that keeps runs: the system's, or mimalloc with the feature `mimalloc`.
//!
//! `cargo bench --features mimalloc` measures with it. All Rust code, that of the models, the floor and the
//! mock server, then uses it alike, and the run says so. libcurl, which is C, keeps the allocator of the system.

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The name of the allocator if it is not the system's.
pub(crate) const OTHER: Option<&str> = if cfg!(feature = "mimalloc") { Some("mimalloc") } else { None };
