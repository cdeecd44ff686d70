//! A model in another process.
//!
//! - [`protocol`] is what both sides say: JSON lines over the child's standard input and output.
//! - [`child`] is the side that carries a model out; it ends when its standard input does, also in mid-request.
//! - [`parent`] is the handle: start, prepare, run; dropping it ends and reaps the child.
//! - [`role`] lets any program of ours be started again as a worker of itself, as `multiprocessing` does.

pub mod child;
pub mod parent;
mod pipes;
pub mod protocol;
pub mod role;
mod slowdown;

pub use parent::Worker;
