//! Computes what runs say in numbers, without words and pictures. The crate `fanout-report` puts the numbers into
//! words.
//!
//! For one run:
//! - [`metric`] defines the measures by which models are compared, and [`summary`] computes the figures of one arm.
//! - [`ranking`] compares the models of a scenario with the best of them, by one measure. [`ratios`] computes the
//!   ratios for this, with intervals over rounds and processes.
//! - [`floors`] decides which control arm is the floor of a scenario.
//! - [`progress`] judges, while a scenario is measured, whether there are enough rounds.
//! - [`compared`] holds all of a run: its questions, their scenarios, and the summaries and rankings in them.
//! - [`situations`] finds the models that the run recommends, situation by situation.
//! - [`capacity`] finds how many requests in flight a server can use.
//! - [`network`] compares the ways of a model to a server that is some distance away.
//! - [`grid`] puts all models of the run in all scenarios into one table.
//! - [`families`] takes one batch of each family, and tells waiting and the rest apart.
//! - [`mistakes`] compares each mistake with the right model that does the same.
//! - [`peers`] compares programs in other languages with the models.
//! - [`validity`] finds what speaks against the figures of the run.
//!
//! For a server that a user asks about: [`probe`] decides how far to raise the number in flight.
//!
//! For two runs: [`comparable`] finds whether they may be compared, [`diff`] compares them, and [`verdict`] judges a
//! difference. For all runs: [`history`] follows the models from run to run. For a price run: [`prices`] computes
//! what each model costs before it makes its first request.

pub mod capacity;
pub mod comparable;
pub mod compared;
pub mod diff;
pub mod families;
pub mod floors;
pub mod grid;
pub mod history;
pub mod metric;
pub mod mistakes;
pub mod network;
pub mod peers;
pub mod prices;
pub mod probe;
pub mod progress;
pub mod ranking;
pub mod ratios;
pub mod situations;
pub mod summary;
pub mod validity;
pub mod verdict;
