//! The pictures, as SVG; drawn by plotters, which Criterion brings in any case: no font, no script, log axes, and
//! marks that print. Its colours become roles that the page's style sheet fills in, for light and dark.
//!
//! - [`distance`], [`cpu`] and [`latency`]: a value with its interval for each model, on one axis.
//! - [`grown`]: a family's curves, or a model's, among the others, on log axes.
//! - [`glance`]: all families in all scenarios; it is the README's, with colours of its own.
//! - [`lanes`]: one batch, request by request.
//! - `over_time`: a model in one scenario, run by run.

mod canvas;
mod compact;
mod dots;
mod figures;
mod glance;
mod growth;
mod lanes;
mod over_time;
mod picture;

pub(crate) use canvas::of_family;
pub use canvas::standalone;
pub use figures::{cpu, distance, latency};
pub use glance::glance;
pub use growth::{Grown, grown};
pub use lanes::{Room, lanes};
pub(crate) use over_time::over_time;
pub use picture::Picture;
