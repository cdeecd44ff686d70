//! The Node peers: the built-in `fetch` with `Promise.all`, and with a limit. They need no package.
//!
//! The interpreter is that of `FANOUT_NODE`, or else `node`.

use std::process::Command;
use std::sync::OnceLock;

use crate::Language;
use crate::peer::{Limit, Peer};
use crate::program::{Program, named, output, short, sources};

/// The variable that names the interpreter.
const NODE: &str = "FANOUT_NODE";

pub(crate) static PROMISE_ALL: Peer = Peer {
    id: "node-promise-all",
    about: "fetch and Promise.all, all at once",
    language: Language::Node,
    limit: Limit::None,
    twin: None,
    program: || program("promise_all.mjs"),
};

pub(crate) static LIMIT: Peer = Peer {
    id: "node-limit",
    about: "fetch and as many asynchronous functions as may be in flight",
    language: Language::Node,
    limit: Limit::Default(100),
    twin: None,
    program: || program("limit.mjs"),
};

/// Prints the version of Node, if it has `fetch` by itself.
const VERSION: &str = "if (typeof fetch !== 'function') throw new Error('it has no fetch, as Node has from 18 on'); \
    console.log(process.versions.node + '\\nundici ' + (process.versions.undici ?? 'of unknown version'))";

pub(crate) fn check() -> Result<(), String> {
    node().map(drop)
}

fn program(file: &str) -> Result<Program, String> {
    Ok(node()?.with(sources("node").join(file)))
}

fn node() -> Result<Program, String> {
    static FOUND: OnceLock<Result<Program, String>> = OnceLock::new();
    let find = || {
        let path = named(NODE, "node");
        let said = output(Command::new(&path).args(["-e", VERSION])).map_err(|error| {
            format!("{error}; install Node.js 18 or newer (Debian: apt-get install nodejs), or name it with {NODE}")
        })?;
        let (version, undici) = said.split_once('\n').unwrap_or((&said, ""));
        let versions = format!("Node {version}, {undici}");
        Ok(Program { path, arguments: Vec::new(), version: short(version), versions })
    };
    FOUND.get_or_init(find).clone()
}
