//! The pages in a browser, of runs and of histories: headless Chromium opens it, and `browser/check.mjs` tries it
//! out.
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

use fanout_analysis::history::{CommitLinks, Digest, History};
use fanout_models::describe;
use fanout_record::Run;
use fanout_record::git::lineage::Lineage;
use fanout_record::store::annotation::Annotation;
use fanout_record::store::{Bad, Store};
use fanout_report::page::{self, Links};
use libtest_mimic::{Arguments, Failed, Trial};

/// When a browser counts as hanging: longer than `check.mjs` gives itself. A deadline, not a measurement.
const TIMEOUT: Duration = Duration::from_secs(90);

/// A page and how it is written, and its checks in groups of those that share a browser.
type Page = (&'static str, fn(&Path), &'static [&'static [&'static str]]);

const PAGES: [Page; 7] = [
    (
        "real",
        |file| write(&runs::real(), file),
        &[
            &["texts", "sorts", "filters", "copies"],
            &["draws", "fits", "compares"],
            &["light", "dark"],
            &["phone"],
            &["tabs", "prints"],
            &["chooses", "explains"],
        ],
    ),
    (
        "site",
        |file| write_site(&runs::real(), file),
        &[&["light", "dark"], &["phone", "explains"], &["tabs", "prints"], &["chooses"]],
    ),
    (
        "failed",
        |file| write(&runs::failed(), file),
        &[&["texts", "sorts", "filters", "copies"], &["draws", "compares"]],
    ),
    ("empty", |file| write(&runs::empty(), file), &[&["texts", "light", "dark", "phone", "tabs", "prints"]]),
    (
        "hostile",
        |file| write(&runs::hostile(), file),
        &[&["texts", "sorts", "filters", "copies"], &["draws", "compares"], &["phone"], &["tabs", "prints"]],
    ),
    (
        "history",
        |file| write_history(&runs::real(), file),
        &[
            &["texts", "sorts", "filters"],
            &["draws", "fits", "explains"],
            &["light", "dark"],
            &["phone"],
            &["tabs", "prints"],
        ],
    ),
    (
        "hostile_history",
        |file| write_history(&runs::hostile(), file),
        &[&["texts", "sorts", "filters"], &["draws"], &["phone"], &["tabs", "prints"]],
    ),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let skipped = missing().map(|why| fanout_needs::skip("browser", &why));
    // Kept until all trials have ended.
    let folder = tempfile::tempdir().unwrap();
    // How long loading and each check took.
    let show = arguments.nocapture;
    let mut trials = Vec::new();
    for (name, write, groups) in PAGES {
        let file = folder.path().join(format!("{name}.html"));
        if skipped.is_none() && !arguments.list {
            write(&file);
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
    let links =
        Links { criterion: Some(file.with_file_name("criterion")), site: false, prices: Some(runs::prices()) };
    page::write(run, &links, describe, file).unwrap();
    fs::write(file.with_extension("json"), serde_json::to_vec(&runs::labels(run)).unwrap()).unwrap();
}

/// The index of a site of two machines, as `file`.
fn write_site(run: &Run, file: &Path) {
    let mut other = Run { id: "another".into(), ..run.clone() };
    other.machine.processor = Some("another".into());
    let runs = [run.clone(), other];
    let kept = runs.iter().map(|run| (PathBuf::new(), Digest::of(run))).collect();
    let store = Store { runs: kept, annotations: Vec::new(), machines: Vec::new(), bad: Vec::new() };
    let history = History::of(store, None, &Lineage::default());
    let folder = file.with_extension("");
    let index =
        page::site::write(&folder, runs, &history, &CommitLinks::default(), Some(&runs::prices()), describe).unwrap();
    fs::rename(index, file).unwrap();
}

/// The page of a history of 30 such runs, every third arm of which takes a tenth longer from the 13th on; with a file
/// that is bad, an annotation that accepts some, and one that nothing matches.
fn write_history(run: &Run, file: &Path) {
    let mut digest = Digest::of(run);
    let reason = run.questions[0].about.clone();
    let mut runs = Vec::new();
    for n in 0..30_usize {
        digest.id = format!("{n:02}");
        digest.commit = Some(format!("{n:040x}"));
        digest.dirty = Some(n == 5);
        let arms = digest.scenarios.iter_mut().flat_map(|scenario| &mut scenario.arms);
        for (i, arm) in arms.enumerate() {
            let step = if n == 12 && i % 3 == 0 { 1.1 } else { 1.0 };
            // From run to run there and back.
            arm.1 *= step * if (n + i) % 2 == 0 { 1.001 } else { 1.0 / 1.001 };
        }
        runs.push((PathBuf::from(format!("{n}.json")), digest.clone()));
    }
    // The first arm is one that takes a tenth longer.
    let model = Some(digest.models[digest.scenarios[0].arms[0].0].model.clone());
    let accepted = Annotation { model, ..Annotation::new(format!("{:040x}", 12), &reason, "somebody") };
    let other = Annotation::new("abcdef0123", &reason, &reason);
    let annotations = [accepted, other].map(|said| (PathBuf::new(), said)).into();
    let bad = vec![Bad { path: reason.clone().into(), reason }];
    let history = History::of(Store { runs, annotations, machines: Vec::new(), bad }, None, &Lineage::default());
    assert!(history.changes().any(|(_, _, change)| !change.accepted.is_empty()), "nothing is accepted");
    page::history::write(&history, &CommitLinks::default(), file).unwrap();
    let labels: Vec<&str> = history.changes().map(|(_, series, _)| series.label.as_str()).collect();
    fs::write(file.with_extension("json"), serde_json::to_vec(&labels).unwrap()).unwrap();
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
    let deadline = Instant::now() + TIMEOUT;
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
        None => Err(format!("killed after {} s\n{out}{err}", TIMEOUT.as_secs()).into()),
    }
}
