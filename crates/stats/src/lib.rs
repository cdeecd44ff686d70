//! Contains the statistics of a comparison. They are pure functions, without random numbers and without a clock.
//!
//! - [`median`] returns the median of one model's rounds, with an exact interval.
//! - [`mean`] returns the mean of a few values that each stand for many, such as one for each process.
//! - [`paired_ratio`] returns the ratio of two models over the same rounds, with an exact interval. It is the figure
//!   behind every "faster".
//! - [`Processes`] holds many models that were measured in the same rounds, each in several processes, and returns
//!   their ratios.
//! - [`Comparison`] compares each of them with the best, whichever model that is, and any two with each other.
//! - [`change_points`] returns the change points of a history, as apache-otava finds them. [`drift`] returns how far
//!   the history has moved from its beginning.

mod best;
mod change;
mod divisive;
mod drift;
mod estimate;
mod mean;
mod median;
mod moderated;
mod processes;
mod ratio;
mod sign;
mod winsor;

pub use best::{AgainstBest, Between, Claims, Comparison, Standing, against_best};
pub use change::{ChangePoint, MAX_P, Segment, WINDOW, change_points};
pub use drift::drift;
pub use estimate::Estimate;
pub use mean::mean;
pub use median::{median, order_statistic_rank};
pub use processes::Processes;
pub use ratio::paired_ratio;
pub use sign::rounds_to_tell_apart;

/// The level of every interval and family of tests that is reported, unless another level is named.
pub const LEVEL: f64 = 0.95;
