//! What runs say in numbers: no words and no pictures. `fanout-report` puts this into words.
//!
//! Of one run:
//! - [`metric`] is what models are compared by, and [`summary`] one arm in figures.
//! - [`ranking`] compares the models of a scenario with the best of them, by one measure; [`ratios`] are the
//!   ratios, with intervals over rounds and processes, that it does this with.
//! - [`progress`] says while a scenario is measured whether there are enough rounds.
//! - [`compared`] is all of a run: its questions, their scenarios, and the summaries and rankings in them.
//! - [`situations`] is what it advises people to take, situation by situation.
//! - [`grid`] is all of its models in all scenarios at a glance.
//! - [`validity`] is what speaks against the figures of a run.
//!
//! Of two runs: [`comparable`] says whether they may be compared, [`diff`] compares them, and [`verdict`] is what a
//! difference means. Of all runs: [`history`].

pub mod comparable;
pub mod compared;
pub mod diff;
pub mod grid;
pub mod history;
pub mod metric;
pub mod progress;
pub mod ranking;
pub mod ratios;
pub mod situations;
pub mod summary;
pub mod validity;
pub mod verdict;
