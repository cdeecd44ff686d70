//! The properties that every model must prove, and models that misbehave, which prove that the suite notices
//! mistakes.
//!
//! - [`properties`] are plain functions: each takes a model and returns what is wrong with it. [`server`] is the
//!   scripted server that they use, and [`tls`] is a server that speaks TLS.
//! - [`trial`] runs one property of one model in a separate process, and turns a hang into a failure.
//! - [`leak_checks`] counts what a model leaves behind, [`deadline`] waits for an event, and [`fixtures`] are the
//!   models that misbehave.
//!
//! `tests/roster.rs` tests every model of the roster against every property, with one named test each.
//! `tests/bites.rs` tests every fixture against the property that must notice it. `tests/names.rs` has what needs a
//! network namespace of its own. These tests have their own `main`, because they start their own program again as
//! trials, and as the workers of models that need some.

mod addresses;
mod asked;
mod bodies;
pub mod deadline;
mod ends;
pub mod fixtures;
mod goaway;
pub mod leak_checks;
mod over_tls;
pub mod properties;
mod refused;
mod retries;
pub mod server;
mod starved;
pub mod tls;
pub mod trial;
