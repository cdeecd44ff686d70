//! What a run says, made from its record alone.
//!
//! - [`compared`] reckons up what was measured, and [`contest`] who wins by time, processor time and memory.
//! - [`words`], [`advice`] and [`belief`] say it: the answer, what to pick when, and whether to believe it.
//! - [`pictures`] draws it, and [`page`] puts it all on one; [`repeat`] is the command to have it again.
//! - [`trace`] is one batch for Chrome and Perfetto.
//! - [`history`] is all recorded runs together, and [`page::history`] the page of that.
//! - [`readme`] is the answer in the README.
//! - [`columns`] are the counters; [`text`] the tables of the terminal and of Markdown.

pub mod advice;
pub mod belief;
pub mod columns;
pub mod compared;
pub mod contest;
pub mod figures;
pub mod history;
pub mod page;
pub mod pictures;
pub mod readme;
pub mod repeat;
pub mod text;
pub mod trace;
pub mod words;
