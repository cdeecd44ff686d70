//! The page in a browser: headless Chromium opens it, and `browser/check.mjs` tries it out.
//!
//! Skipped where there is no Chromium, no Node.js, or nothing installed of what `browser/package.json` asks for; with
//! `FANOUT_REQUIRE=browser` that is a failure.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod runs;

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fanout_record::Run;
use fanout_report::page::{self, Links};
use libtest_mimic::{Arguments, Failed, Trial};

/// When a browser counts as hanging: longer than `check.mjs` gives itself. A deadline, not a measurement.
const PATIENCE: Duration = Duration::from_secs(90);

/// A page, and its checks in groups of those that share a browser.
type Page = (&'static str, fn() -> Run, &'static [&'static [&'static str]]);

const PAGES: [Page; 4] = [
    (
        "real",
        runs::real,
        &[
            &["texts", "sorts", "filters", "copies"],
            &["draws", "fits", "compares"],
            &["light", "dark"],
            &["phone"],
            &["tabs", "prints"],
        ],
    ),
    ("failed", runs::failed, &[&["texts", "sorts", "filters", "copies"], &["draws", "compares"]]),
    ("empty", runs::empty, &[&["texts", "light", "dark", "phone", "tabs", "prints"]]),
    (
        "hostile",
        runs::hostile,
        &[&["texts", "sorts", "filters", "copies"], &["draws", "compares"], &["phone"], &["tabs", "prints"]],
    ),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let skipped = missing().map(|why| fanout_peers::skip("browser", &why));
    // Kept until all trials have ended.
    let folder = tempfile::tempdir().unwrap();
    // How long loading and each check took.
    let show = arguments.nocapture;
    let mut trials = Vec::new();
    for (name, run, groups) in PAGES {
        let file = folder.path().join(format!("{name}.html"));
        if skipped.is_none() && !arguments.list {
            write(&run(), &file);
        }
        for checks in groups {
            let file = file.clone();
            let trial = Trial::test(format!("{name}::{}", checks.join("_")), move || check(&file, checks, show));
            trials.push(trial.with_ignored_flag(skipped.is_some()));
        }
    }
    if let Some(Err(required)) = skipped {
        trials.push(Trial::test("browser", move || Err(required.into())));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The page, and beside it the labels that its table must show.
fn write(run: &Run, file: &Path) {
    let links = Links { criterion: Some(file.with_file_name("criterion")) };
    page::write(run, &links, file).unwrap();
    fs::write(file.with_extension("json"), serde_json::to_vec(&runs::labels(run)).unwrap()).unwrap();
}

fn browser() -> OsString {
    let named = std::env::var_os("FANOUT_BROWSER").filter(|name| !name.is_empty());
    named.unwrap_or_else(|| "/usr/bin/chromium".into())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("browser")
}

/// What is not there, and how to get it.
fn missing() -> Option<String> {
    let browser = browser();
    let runs = |program: &OsString| {
        let status = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    if !runs(&browser) {
        return Some(format!(
            "no {}; install Debian's package chromium, or name a Chromium with FANOUT_BROWSER",
            browser.display()
        ));
    }
    if !runs(&"node".into()) {
        return Some("no node on the path; install Node.js, 18 or later, with npm".into());
    }
    let installed = ["axe-core", "playwright-core"].map(|name| folder().join("node_modules").join(name));
    let command = "npm ci --prefix crates/report/browser";
    (!installed.iter().all(|folder| folder.is_dir())).then(|| format!("nothing from npm; run {command}"))
}

fn check(file: &Path, checks: &[&str], show: bool) -> Result<(), Failed> {
    // The browser's profile goes where it is removed, and where nobody else's is.
    let own = tempfile::tempdir()?;
    let (out, err) = (own.path().join("out"), own.path().join("err"));
    let mut program = Command::new("node");
    program.arg(folder().join("check.mjs")).arg(file).args(checks);
    program.env("FANOUT_BROWSER", browser()).env("TMPDIR", own.path());
    program.stdin(Stdio::null()).stdout(File::create(&out)?).stderr(File::create(&err)?);
    let mut child = program.spawn()?;
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if Instant::now() > deadline {
            // The browser ends with the pipe that it is driven through.
            child.kill()?;
            child.wait()?;
            break None;
        }
        sleep(Duration::from_millis(20));
    };
    let (out, err) = (fs::read_to_string(out)?, fs::read_to_string(err)?);
    match status {
        Some(status) if status.success() => {
            if show {
                println!("{}: {}", file.file_stem().unwrap_or_default().display(), out.trim());
            }
            Ok(())
        }
        Some(status) => Err(format!("{status}\n{out}{err}").into()),
        None => Err(format!("killed after {} s\n{out}{err}", PATIENCE.as_secs()).into()),
    }
}
