//! Defines a way to the server: one of several that a model takes in the same scenario, so that they are compared in
//! the same rounds.

use fanout_model::Protocol;

/// How an arm shares and protects its connections, and how many requests it has in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// The name, which follows `@` in the arm's label.
    pub name: &'static str,
    /// How its requests share connections.
    pub protocol: Protocol,
    /// Whether they go over TLS.
    pub tls: bool,
    /// The most requests in flight.
    pub in_flight: usize,
}
