//! What runs say, in words, pictures and pages. The numbers are those of `fanout-analysis`.
//!
//! - [`words`], [`advice`] and [`warnings`] say what one run shows: the answer, which model to pick when, and what
//!   speaks against the figures. [`notices`] says which run files a history cannot use.
//! - [`pictures`] draws a run, and [`page`] puts everything on one page; [`repeat`] is the command that measures it
//!   again. [`page::history`] is the page of all recorded runs.
//! - [`columns`] are the counters, [`standing`] is a model against the best, and [`text`] has the tables of the
//!   terminal and of Markdown.
//! - [`readme`] is the answer in the README, and [`trace`] one batch for Chrome and Perfetto.

pub mod advice;
pub mod columns;
pub mod figures;
pub mod notices;
pub mod page;
pub mod pictures;
pub mod readme;
pub mod repeat;
pub mod standing;
pub mod text;
pub mod trace;
pub mod warnings;
pub mod words;
