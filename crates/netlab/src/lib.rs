//! Makes a network on this machine with a distance in it: two network namespaces, and a link between them with a
//! given round trip, rate and loss. Linux only, as root.
//!
//! - [`Lab`] is the network. Dropping it removes everything that it made.
//! - [`Namespace`] is one end. It runs closures, threads and programs, which then see this end of the network alone.
//! - [`Link`] describes the link, with its [`Rate`] and its [`Loss`]. [`Counts`] says what the link did.
//! - `relay` carries the packets between two TUN devices, and `netem` lets the kernel do it where it can.
//! - `owner` keeps a record of each lab, by which the next start recognises and removes what a killed process left.
//!   `caretaker` removes it at once if the process of the lab is killed. `ip` runs the programs `ip` and `tc`.
//! - `congestion` reads and sets the congestion control of TCP.
//! - `needs` checks the machine. [`LabError`] says why there can be no lab, and what to do.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use fanout_netlab::{Lab, Link, SERVER};
//!
//! let lab = Lab::new(&Link::new(Duration::from_millis(20)))?;
//! let listener = lab.server().run(|| std::net::TcpListener::bind((SERVER, 8080)))??;
//! let stream = lab.client().run(|| std::net::TcpStream::connect((SERVER, 8080)))??;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod caretaker;
mod congestion;
mod counts;
mod error;
mod ip;
mod lab;
mod link;
mod namespace;
mod needs;
mod netem;
mod owner;
mod relay;

pub use counts::{Carried, Counts};
pub use error::LabError;
pub use lab::{CLIENT, Lab, SERVER};
pub use link::{Carrier, Link, Loss, Rate};
pub use namespace::Namespace;
