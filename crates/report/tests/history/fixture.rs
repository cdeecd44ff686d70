//! Stores of small runs whose ratios are known.

use std::fs;
use std::path::{Path, PathBuf};

use fanout_analysis::history::{History, load};
use fanout_record::git::lineage::Lineage;
use fanout_record::store::annotation::Annotation;
use fanout_record::{Run, store};
use serde_json::{Value, json};

/// A number that looks like chance, the same each time: between -1 and 1.
pub(crate) fn noise(seed: usize) -> f64 {
    let mut state = (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((state ^ (state >> 31)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// The n-th commit.
pub(crate) fn commit(n: usize) -> String {
    format!("{:040x}", 0x1_0000_0000_0000_u64 * 7 + n as u64).chars().rev().collect()
}

/// An arm with a third of its time on the processor.
pub(crate) fn arm(label: &str, role: &str, ms: f64) -> Value {
    let samples = (0..6).map(|round| {
        let ns = (ms * 1e6) as u64;
        json!({
            "round": round, "wall_ns": ns, "user_ns": ns / 3, "system_ns": 0, "voluntary_switches": 1,
            "involuntary_switches": 1, "peak_memory": 6_000_000, "threads": 2,
        })
    });
    json!({
        "label": label, "model": label, "role": role, "concurrency": 20, "samples": samples.collect::<Vec<_>>(),
        "latencies": { "counts": [[5_000_000, 100]] }, "failure": null,
    })
}

pub(crate) fn question(name: &str, arms: Vec<Value>) -> Value {
    json!({
        "name": name, "about": "", "started": "2026-11-23T04:31:11Z", "took_ns": 1, "on_the_clock_ns": 1, "seed": 7,
        "before": {}, "after": {},
        "scenarios": [{
            "scenario": {
                "parameter": "5", "requests": 100, "delay_ns": 5_000_000, "protocol": null, "start": "warm"
            },
            "server": "wiremock", "planned": 6, "arms": arms, "order": vec![vec![0, 1]; 6],
        }],
    })
}

/// The n-th run: of the n-th commit, an hour after the one before, with these questions.
pub(crate) fn run_of(n: usize, questions: Vec<Value>) -> Value {
    json!({
        "schema": 1, "id": format!("01M83ARPHYSBBJVA28E97{n:05}"), "invocation": "a test",
        "started": format!("2026-{:02}-{:02}T{:02}:00:00Z", 1 + n / 672, 1 + n / 24 % 28, n % 24),
        "source": {
            "commit": commit(n), "parent": n.checked_sub(1).map(commit), "dirty": false,
            "rustc": "rustc 1.95.0\nhost: x",
            "crates": {},
        },
        "machine": { "system": "linux", "architecture": "x86_64", "cores": 2 }, "variables": {},
        "questions": questions,
    })
}

/// The same with two models at 5 ms: `steady` at 1.1 floors and `moved` at these.
pub(crate) fn run(n: usize, floors: f64) -> Value {
    // The floor itself varies by half; the ratio does not see it.
    let floor = 10.0 * (1.0 + 0.5 * noise(n));
    let steady = floor * 1.1 * (1.0 + 0.005 * noise(1_000 + n));
    let arms =
        vec![arm("floor", "floor", floor), arm("steady", "model", steady), arm("moved", "model", floor * floors)];
    run_of(n, vec![question("server_delay", arms)])
}

/// 1.2 floors with noise of 0.5 %, and 1.5 from this run on.
pub(crate) fn stepped(runs: usize, from: usize) -> Vec<Value> {
    let level = |n| if n < from { 1.2 } else { 1.5 };
    (0..runs).map(|n| run(n, level(n) * (1.0 + 0.005 * noise(n + 5_000)))).collect()
}

/// A store of these runs.
pub(crate) struct Kept {
    pub(crate) folder: tempfile::TempDir,
}

impl Kept {
    pub(crate) fn new(runs: &[Value]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kept = Self { folder };
        for value in runs {
            let run: Run = serde_json::from_value(value.clone()).unwrap();
            // Not by `put`, which waits for the disk.
            let path = kept.results().join(store::place(&run));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, value.to_string()).unwrap();
        }
        kept
    }

    pub(crate) fn results(&self) -> PathBuf {
        self.folder.path().join("results")
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    pub(crate) fn annotate(&self, annotation: &Annotation) {
        store::annotate(&self.results(), annotation).unwrap();
    }

    pub(crate) fn history(&self) -> History {
        self.history_along(&Lineage::default())
    }

    pub(crate) fn history_along(&self, lineage: &Lineage) -> History {
        History::of(load(&self.results(), &self.cache()), None, lineage)
    }
}

/// The history of these runs.
pub(crate) fn history(runs: &[Value]) -> History {
    Kept::new(runs).history()
}

/// The file of a run, by its place in time.
pub(crate) fn file(results: &Path, n: usize) -> PathBuf {
    store::runs(results).unwrap().swap_remove(n)
}
