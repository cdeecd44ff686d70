//! What every model must prove, and models that misbehave, to prove that the suite bites.
//!
//! - [`properties`] are plain functions: a model in, what is wrong out. [`server`] is the scripted server they use,
//!   [`tls`] one that speaks TLS.
//! - [`trial`] runs one property of one model in a process of its own, and turns a hang into a failure.
//! - [`leak_checks`] counts what a model leaves behind, [`deadline`] waits for its end; [`fixtures`] are the models
//!   that misbehave.
//!
//! `tests/roster.rs` is every model of the roster against every property, one named test each; `tests/bites.rs` is
//! every fixture against the property that must catch it; `tests/names.rs` is what needs a network of its own. They
//! have a `main` of their own, since their processes are also their trials, and the workers of models that need some.

mod asked;
pub mod deadline;
mod ends;
pub mod fixtures;
pub mod leak_checks;
pub mod properties;
pub mod server;
mod starved;
pub mod tls;
pub mod trial;
