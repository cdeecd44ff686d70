//! Makes the files of a run for a store that is not a folder of this machine: their names are those that they have
//! under `results/`, so that a folder which was copied there file by file is the same thing.

use std::io;
use std::path::PathBuf;

use super::check_name;
use super::names::{machine_place, place, prices_place};
use crate::files::write;
use crate::machine::Machine;
use crate::price::Prices;
use crate::run::Run;

/// A file of the store: its path below the store's beginning, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// Where the file belongs, below the results.
    pub place: PathBuf,
    /// What is in the file.
    pub bytes: Vec<u8>,
}

/// Returns the files of a run: its own, and that of its machine.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] if the run's start, commit or id cannot be part of a file's name; another error if
/// a library refuses.
pub fn ship(run: &Run) -> io::Result<[Shipped; 2]> {
    check_name(&run.started, &run.stamp(), &run.id)?;
    Ok([Shipped { place: place(run), bytes: write::compressed(run)? }, of_machine(&run.machine)?])
}

/// Returns the files of a price run: its own, and that of its machine.
///
/// # Errors
/// The errors of [`ship`].
pub fn ship_prices(prices: &Prices) -> io::Result<[Shipped; 2]> {
    check_name(&prices.started, &prices.stamp(), &prices.id)?;
    Ok([Shipped { place: prices_place(prices), bytes: write::json(prices)? }, of_machine(&prices.machine)?])
}

fn of_machine(machine: &Machine) -> io::Result<Shipped> {
    Ok(Shipped { place: machine_place(&machine.id()), bytes: write::json(machine)? })
}
