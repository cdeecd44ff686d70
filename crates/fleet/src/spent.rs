//! How much processor time this process and all that it started have used, apart from the mock server.

use std::collections::BTreeMap;
use std::fs::{read_dir, read_to_string};
use std::ops::{Div, Sub};

use fanout_usage::Stat;

/// Microseconds of processor time, by who used them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent([f64; 3]);

/// Who uses processor time.
#[derive(Clone, Copy, Debug)]
pub enum By {
    /// This process, which has the batch.
    Client,
    /// Whoever makes the requests.
    Workers,
    /// What carries the requests between the two: the NATS server, or ssh and its server.
    Between,
}

impl Spent {
    /// All of them, in the order of a table.
    pub const KINDS: [By; 3] = [By::Client, By::Workers, By::Between];

    /// The microseconds that these used.
    #[must_use]
    pub fn of(self, by: By) -> f64 {
        self.0[by as usize]
    }
}

impl Sub for Spent {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self([0, 1, 2].map(|by| self.0[by] - before.0[by]))
    }
}

impl Div<f64> for Spent {
    type Output = Self;

    fn div(self, by: f64) -> Self {
        Self(self.0.map(|spent| spent / by))
    }
}

/// The microseconds that the threads of a process have run. The kernel counts them in nanoseconds here, and in ticks
/// of 10 ms elsewhere, which a process that makes fifty requests does not use up.
fn ran(id: u32) -> f64 {
    let threads = read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let of_thread = threads.filter_map(|thread| {
        let said = read_to_string(thread.path().join("schedstat")).ok()?;
        said.split_whitespace().next()?.parse::<f64>().ok()
    });
    of_thread.sum::<f64>() / 1e3
}

/// What was used so far. The process `apart` and what it started are not counted.
#[must_use]
pub fn spent(apart: u32) -> Spent {
    let ids = read_dir("/proc").into_iter().flatten().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let all: BTreeMap<u32, Stat> = ids.filter_map(|id| Some((id, Stat::of(id)?))).collect();
    let own = std::process::id();
    let belongs = |mut id: u32| {
        while id != own && id != apart {
            match all.get(&id) {
                Some(process) if process.parent != 0 => id = process.parent,
                _ => return false,
            }
        }
        id == own
    };
    let mut spent = Spent::default();
    for (id, process) in &all {
        if belongs(*id) {
            let is_between = ["nats-server", "ssh"].iter().any(|name| process.name.starts_with(name));
            let by = if *id == own {
                By::Client
            } else if is_between {
                By::Between
            } else {
                By::Workers
            };
            spent.0[by as usize] += ran(*id);
        }
    }
    spent
}
