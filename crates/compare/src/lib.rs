//! Did this commit make it slower? An answer that holds on a shared machine.
//!
//! - [`tree`] and [`build`] turn two commits into two programs: checked out at the same place, built with the same flags.
//! - [`scenario`] is what they are asked to do; [`trial`] measures them as worker processes: A, A again and B in shuffled
//!   rounds, over many fresh processes, until the interval is narrow or the budget is spent.
//! - [`verdict`] says what that shows, and [`mod@compare`] confirms a regression before it is one.

pub mod build;
pub mod compare;
pub mod scenario;
pub mod summary;
pub mod tree;
pub mod trial;
pub mod verdict;
