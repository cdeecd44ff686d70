//! The statistics of a comparison: pure functions, no random numbers, no clock.
//!
//! - [`median`] of one model's rounds, with an exact interval.
//! - [`mean`] of a few values that each stand for many, such as one for each process.
//! - [`paired_ratio`] of two models over the same rounds, with an exact interval: the figure behind every "faster".
//! - [`Processes`] of many models that were measured in the same rounds, each in several processes: their ratios.
//! - [`Comparison`] of each of them with the best, whichever that is, and of any two.
//! - [`change_points`] of a history, as apache-otava finds them, and its [`drift`] from where it began.

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

pub use best::{
    AgainstBest, Between, Claims, Comparison, Standing, against_best, each_against_a_control, each_of_all_pairs,
};
pub use change::{ChangePoint, MAX_P, Segment, WINDOW, change_points};
pub use drift::drift;
pub use estimate::Estimate;
pub use mean::mean;
pub use median::{median, order_statistic_rank};
pub use processes::Processes;
pub use ratio::paired_ratio;
pub use sign::rounds_to_tell_apart;

/// The level of every interval and family of tests that is reported, unless it says otherwise.
pub const LEVEL: f64 = 0.95;
