//! Takes measurements that can be trusted on a noisy machine.
//!
//! - [`enter`] goes first in `main`: it lets the program be started again as its own server or worker.
//! - [`config::Config`] reads the `FANOUT_*` variables; [`target`] is whom requests go to, and the live budget.
//! - [`server::Server`] is the mock server in a process of its own.
//! - [`case`] is a scenario as it is asked for, and who takes part; [`arm`] is one participant on the clock;
//!   [`rounds::measure`] runs all of them once a round, shuffled.
//! - [`interrupt`] says whether the program was asked to end; [`printing`] handles output that cannot be written;
//!   [`exit`] has the exit codes.
//! - [`awake`] keeps the processors from sleeping meanwhile, where that is asked for.
//! - [`verify`] checks every batch off the clock: a batch that fails is not a sample.

pub mod arm;
pub mod awake;
pub mod case;
pub mod config;
pub mod exit;
pub mod interrupt;
mod others;
pub mod printing;
mod progress;
pub mod rounds;
pub mod schedule;
pub mod server;
pub mod target;
pub mod verify;

use fanout_model::Model;
use fanout_worker::role;

/// To be called first thing in `main` by every program that measures. A process that was started to be a worker or a
/// server is that, and never returns from here.
pub fn enter() {
    enter_with(|_| None);
}

/// The same for a program that also measures models which are not in the roster.
pub fn enter_with(find: fn(&str) -> Option<&'static dyn Model>) {
    interrupt::remember_cargo();
    printing::end_where_printing_fails();
    server::enter();
    awake::enter();
    role::enter(|id| fanout_models::find(id).or_else(|| find(id)));
}
