//! Checks that a model goes on to the next address of a host. This needs the network that `tests/names.rs` makes.

use std::net::{SocketAddr, ToSocketAddrs};

use anyhow::{Context, Result, anyhow, ensure};
use fanout_model::{Model, Request, Settings};

use crate::asked::{LIMIT, expect_numbers, get, settings};
use crate::ends;
use crate::server::Server;

/// Nobody listens at the first address.
pub(crate) fn the_first_refuses(model: &'static dyn Model) -> Result<()> {
    next_address(model, |_| Ok(()))
}

/// Nobody accepts what arrives at the first address, and no more can wait there.
pub(crate) fn the_first_is_silent(model: &'static dyn Model) -> Result<()> {
    next_address(model, ends::full)
}

/// The host `two.test` has the addresses `::1` and `127.0.0.1`, of which the server has the second. `prepare` makes
/// what is at the first.
fn next_address<T>(model: &'static dyn Model, prepare: fn(SocketAddr) -> Result<T>) -> Result<()> {
    let server = Server::start();
    let port = server.at("/").port().context("the server has a port")?;
    let found = ("two.test", port).to_socket_addrs().context("two.test")?.collect::<Vec<_>>();
    ensure!(found.len() == 2 && found[0].is_ipv6(), "two.test has the addresses {found:?}");
    let _first = prepare(found[0])?;
    for protocol in model.protocols() {
        let settings = Settings { protocol: *protocol, ..settings(model, LIMIT)? };
        let requests = (0..9).map(|n| get(&format!("http://two.test:{port}/uuid/{n}")));
        let outcomes = model.prepare(&settings)?.run(&requests.collect::<Result<Vec<Request>>>()?);
        expect_numbers(&outcomes, 9).map_err(|wrong| anyhow!("{protocol}: {wrong}"))?;
    }
    Ok(())
}
