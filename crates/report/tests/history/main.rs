//! The history of runs whose ratios are known: what is found in it, what its page says, what is kept between.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod cache;
mod changes;
mod fixture;
mod order;
mod page;
