//! This crate shows runs in words, pictures and pages. The numbers are those of `fanout-analysis`.
//!
//! - [`situations`] names the model to take in each situation. [`words`], [`costs`] and [`warnings`] describe a run:
//!   the best models of each scenario, the most expensive choices, and the warnings about the figures. [`notices`]
//!   names the run files that a history cannot use.
//! - [`floors`] says which control arm is the floor, and whether io_uring is worth it.
//! - [`capacity`] says how many requests in flight a server can use.
//! - [`mistakes`] says what mistakes cost, and [`peers`] how programs in other languages compare with the models.
//! - [`pictures`] draws a run, and [`page`] makes the page of a run. [`repeat`] makes the command that measures the
//!   run again. [`page::history`] makes the page of all recorded runs.
//! - [`waiting`] says what one batch of each family shows.
//! - [`summary`] makes the summary of a run for a terminal, in at most 25 lines.
//! - [`columns`] defines the counters, [`standing`] compares a model with the best, and [`text`] makes the tables of
//!   the terminal and of Markdown.
//! - [`price`] describes what each model costs before it makes its first request.
//! - [`readme`] makes the answer in the README, and [`trace`] makes a trace of one batch for Chrome and Perfetto.

pub mod capacity;
pub mod columns;
pub mod costs;
pub mod figures;
pub mod floors;
mod glossary;
pub mod mistakes;
pub mod network;
pub mod notices;
pub mod page;
pub mod peers;
pub mod pictures;
pub mod price;
pub mod readme;
pub mod repeat;
pub mod situations;
pub mod standing;
pub mod summary;
pub mod text;
pub mod trace;
pub mod waiting;
pub mod warnings;
pub mod words;
