//! Keeps the last price run, `target/fanout/last-price.json`, and finds the one that a page shows.

use std::io;
use std::path::{Path, PathBuf};

use crate::files::read::{self, ReadError};
use crate::kept::{self, Kept, Places};
use crate::paths::derived;
use crate::price::Prices;
use crate::store;

/// Returns the path of the last price run.
#[must_use]
pub fn path() -> PathBuf {
    derived().join("last-price.json")
}

/// Makes `prices` the last price run. Another one that is there goes to `previous-price.json`, unless it is partial
/// and a whole one is there already. A file that cannot be read is renamed to `unreadable-price.json`.
///
/// # Errors
/// If the price run cannot be written. The last one is then still the last one.
pub fn keep(prices: &Prices) -> io::Result<()> {
    let [previous, unreadable] = ["previous-price.json", "unreadable-price.json"].map(|name| derived().join(name));
    kept::keep(prices, &Places { last: path(), previous, unreadable })
}

/// Returns the price run that a page shows: the last one, or else the newest one under `results`. Returns `None` if
/// there is none that can be read and holds a price.
#[must_use]
pub fn at_hand(results: &Path) -> Option<Prices> {
    let last = || read::prices(&path()).ok().filter(|prices| !prices.is_empty());
    last().or_else(|| store::newest_prices(results))
}

impl Kept for Prices {
    fn id(&self) -> &str {
        &self.id
    }

    fn is_partial(&self) -> bool {
        Self::is_partial(self)
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }

    fn read(path: &Path) -> Result<Self, ReadError> {
        read::prices(path)
    }
}
