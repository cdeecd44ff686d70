//! The Go peers: net/http with a goroutine for each request, and with a limited number of goroutines.
//!
//! The program is built with the `go` of `FANOUT_GO`, or else the one on the path, below cargo's target folder. It
//! needs the standard library only, so that nothing is fetched. Building it again costs little if nothing changed.

use std::path;
use std::process::Command;
use std::sync::OnceLock;

use crate::Language;
use crate::peer::{Limit, Peer};
use crate::program::{Program, made, named, output, short, sources};

/// The variable that names the toolchain's program.
const GO: &str = "FANOUT_GO";

pub(crate) static GOROUTINES: Peer = Peer {
    id: "go-goroutines",
    about: "net/http and a goroutine for each request, all at once",
    language: Language::Go,
    limit: Limit::None,
    twin: None,
    program: || program("goroutines"),
};

pub(crate) static LIMIT: Peer = Peer {
    id: "go-limit",
    about: "net/http and as many goroutines as may be in flight",
    language: Language::Go,
    limit: Limit::Default(100),
    twin: None,
    program: || program("limit"),
};

pub(crate) fn check() -> Result<(), String> {
    built().map(drop)
}

fn program(name: &str) -> Result<Program, String> {
    Ok(built()?.with(name))
}

fn built() -> Result<Program, String> {
    static FOUND: OnceLock<Result<Program, String>> = OnceLock::new();
    FOUND.get_or_init(build).clone()
}

fn build() -> Result<Program, String> {
    let go = named(GO, "go");
    // A relative path would be looked for in the folder in which the program is built.
    let go = if go.components().count() > 1 { path::absolute(&go).unwrap_or(go) } else { go };
    let said = output(Command::new(&go).args(["env", "GOVERSION"])).map_err(|error| {
        format!("{error}; install Go 1.19 or newer (Debian: apt-get install golang-go), or name it with {GO}")
    })?;
    let version = said.trim_start_matches("go");
    let (folder, path) = (made("go"), made("go").join("peers"));
    let mut build = Command::new(&go);
    build.args(["build", "-o"]).arg(&path).arg(".").current_dir(sources("go"));
    // Nothing is written outside of the target folder, no other toolchain is fetched, and no module.
    build.env("GOCACHE", folder.join("cache")).env("GOPROXY", "off").env("GOTOOLCHAIN", "local");
    build.env("GOFLAGS", "").env("GOWORK", "off").env("CGO_ENABLED", "0");
    output(&mut build).map_err(|error| format!("the Go peers cannot be built: {error}"))?;
    Ok(Program { path, arguments: Vec::new(), version: short(version), versions: format!("Go {version}") })
}
