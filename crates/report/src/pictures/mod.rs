//! The pictures, as SVG. The library plotters draws them, because Criterion brings it in any case. The pictures need
//! no font and no script. They have logarithmic axes, and marks that can be printed. The colours of plotters become
//! roles, and the page's style sheet gives these their colours for light and dark.
//!
//! - [`distance`], [`cpu`] and [`latency`] draw a value with its interval for each model, on one axis.
//! - [`against_twins`] draws the ratio of each mistake to its twin, likewise.
//! - [`grown`] draws the curves of a family, or of a model, among the others, on logarithmic axes.
//! - [`glance`] draws all families in all scenarios. It is the picture of the README, and has colours of its own.
//! - `capacity` draws what the number in flight does, with the same curves.
//! - [`families`] draws one batch of each family, and [`families_together`] makes one picture of these.
//! - [`lanes`] draws one batch, request by request.
//! - `over_time` draws a model in one scenario, run by run.

mod canvas;
mod capacity;
mod compact;
mod dots;
mod families;
mod figures;
mod glance;
mod growth;
mod lanes;
mod over_time;
mod picture;

pub use canvas::standalone;
pub(crate) use canvas::{hex, of_family};
pub(crate) use capacity::capacity;
pub(crate) use families::KEY;
pub use families::{families, families_together};
pub use figures::{against_twins, cpu, distance, latency};
pub use glance::glance;
pub use growth::{Grown, grown};
pub use lanes::{Room, lanes};
pub(crate) use over_time::over_time;
pub use picture::Picture;
