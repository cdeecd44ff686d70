//! Did this commit make it slower? An answer that holds on a shared machine.
//!
//! - [`build`] turns two commits into two programs: checked out at the same place, built with the same flags, and
//!   asked whether they can be measured.
//! - [`scenario`] is what they are asked to do. [`session`] measures them as worker processes (A, A again and B, in
//!   shuffled rounds, over many fresh processes) until the interval is narrow or the budget is spent.
//! - [`calibration`] is what a machine was found to see.
//! - [`bisect`] finds the first of many commits that is slower.
//! - [`verdict`] says what that shows, and [`comparison`] confirms a difference before it counts.
//! - [`summary`] tells people, [`json`] programs; [`words`] says what two recorded runs differ in.

pub mod bisect;
pub mod build;
pub mod calibration;
pub mod comparison;
pub mod json;
pub mod scenario;
pub mod session;
pub mod summary;
pub mod verdict;
pub mod words;
