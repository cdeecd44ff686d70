//! What runs say, in words, pictures and pages. The numbers are those of `fanout-analysis`.
//!
//! - [`situations`] says what to take in which situation; [`words`], [`costs`] and [`warnings`] say what a run shows:
//!   who is ahead in each scenario, the most expensive choices, and what speaks against the figures. [`notices`] says
//!   which run files a history cannot use.
//! - [`pictures`] draws a run, and [`page`] puts everything on one page; [`repeat`] is the command that measures it
//!   again. [`page::history`] is the page of all recorded runs.
//! - [`summary`] is what a run says, for a terminal, in 25 lines.
//! - [`columns`] are the counters, [`standing`] is a model against the best, and [`text`] has the tables of the
//!   terminal and of Markdown.
//! - [`readme`] is the answer in the README, and [`trace`] one batch for Chrome and Perfetto.

pub mod columns;
pub mod costs;
pub mod figures;
mod glossary;
pub mod notices;
pub mod page;
pub mod pictures;
pub mod readme;
pub mod repeat;
pub mod situations;
pub mod standing;
pub mod summary;
pub mod text;
pub mod trace;
pub mod warnings;
pub mod words;
