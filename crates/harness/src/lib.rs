//! Takes measurements that can be trusted on a noisy machine.
//!
//! - [`enter`] is called first in `main`. It lets the program be started again as its own server or worker.
//! - [`config::Config`] reads the `FANOUT_*` variables. [`named`] is where requests go if the user
//!   says so: to a [`target`], or to the servers of the user's [`own`] requests. Both have the live budget.
//! - [`server::Server`] is the mock server in a process of its own.
//! - [`distance`] is a network with a round trip and loss, for scenarios that ask for one.
//! - [`case`] is a scenario as it is asked for, with the models that can take part; [`way`] is one of several ways of
//!   a model. [`arm`] is one participant on the
//!   clock. [`plan`] is a case with its arms and rounds. [`endpoint`] is where its requests go.
//!   [`rounds::measure`] runs all participants once a round, in shuffled order.
//! - [`interrupt`] finds out whether the program was asked to end. [`printing`] handles output that cannot be
//!   written. [`exit`] has the exit codes, and [`ending`] ends the process at once.
//! - [`process_group`] runs programs that take a while, such as cargo and git, and [`disk`] says whether the disk is
//!   why they failed.
//! - [`calibration`] finds out how many times a hash must be hashed to keep a processor busy for a given time.
//! - [`awake`] keeps the processors from sleeping during a measurement, if that is asked for.
//! - [`verify`] checks every batch off the clock: a batch that fails is not a sample.

pub mod arm;
pub mod awake;
pub mod calibration;
pub mod case;
pub mod config;
pub mod disk;
pub mod distance;
pub mod ending;
pub mod endpoint;
pub mod exit;
pub mod interrupt;
pub mod named;
mod others;
pub mod own;
pub mod plan;
pub mod printing;
pub mod process_group;
mod progress;
mod requests;
pub mod rounds;
mod row;
pub mod schedule;
pub mod server;
pub mod target;
pub mod verify;
pub mod way;

use fanout_model::Model;
use fanout_worker::role;

/// Becomes a worker or a server and never returns, if this process was started as one. Every program that measures
/// calls this first in `main`.
pub fn enter() {
    enter_with(|_| None);
}

/// Does the same as [`enter`], for a program that also measures models which are not in the roster.
pub fn enter_with(find: fn(&str) -> Option<&'static dyn Model>) {
    interrupt::remember_cargo();
    // The workers inherit it. A thousand requests in flight need more files than most systems allow by default.
    mock_server::cli::raise_open_files();
    printing::end_where_printing_fails();
    server::enter();
    awake::enter();
    role::enter(|id| fanout_models::find(id).or_else(|| find(id)));
}
