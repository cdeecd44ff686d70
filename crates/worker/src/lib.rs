//! Runs a model in another process.
//!
//! - [`protocol`] defines what both sides say: JSON lines over the child's standard input and output.
//! - [`child`] is the side that carries a model out. It ends when its standard input ends, even in the middle of a
//!   request.
//! - [`parent`] is the handle, with which the parent starts the child, prepares a model in it and runs batches there.
//!   Dropping the handle ends and reaps the child.
//! - [`role`] lets any program of this project be started again as a worker of itself, as Python's `multiprocessing`
//!   does.

pub mod child;
pub mod parent;
mod pipes;
pub mod protocol;
pub mod role;
mod slowdown;

pub use parent::Worker;
