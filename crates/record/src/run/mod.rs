//! Defines the schema of a run file, version 3. Durations are whole nanoseconds. Times of day are RFC 3339 in UTC.

mod arm;
mod exchange;
mod latencies;
mod limits;
mod network;
mod question;
mod sample;
mod whole;

pub use arm::{Arm, Bar, MOST_DRAWN, Role, Timeline};
pub use exchange::{Asked, Exchange, Work};
pub use latencies::Latencies;
pub use limits::Limits;
pub use network::{Carrier, Network, Transport};
pub use question::{Disturbance, Ended, Question, Scenario, ScenarioRun, Start, benchmark, title};
pub use sample::{Counted, Sample};
pub use whole::{Run, SCHEMA};
