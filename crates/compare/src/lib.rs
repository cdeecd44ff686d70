//! Compares two builds: did this commit make it slower? The answer also holds on a shared machine.
//!
//! - [`build`] turns two commits into two programs. It checks them out at the same place, builds them with the same
//!   flags, and asks whether they can be measured.
//! - [`scenario`] says what the programs are asked to do. [`session`] measures them as worker processes (A, A again
//!   and B, in shuffled rounds, over many fresh processes) until the interval is narrow or the budget is spent.
//! - [`calibration`] keeps what comparisons on a machine were found to detect.
//! - [`bisect`] finds the first of many commits that is slower.
//! - [`verdict`] says what the sessions show, and [`comparison`] confirms a difference before it counts.
//! - [`summary`] describes the result for people, and [`json`] for programs. [`words`] says what two recorded runs
//!   differ in.

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
