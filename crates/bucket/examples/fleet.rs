//! Makes the recorded runs of a fleet that never was, to measure how fast a store of them is read.
//!
//! `cargo run --release -p fanout-bucket --example fleet -- RUN FOLDER 10000` writes 10,000 runs of ten machines over
//! two years into FOLDER, like the recorded run in the file RUN, with other ids, times and commits, and with noise in
//! the samples. The details behind the samples are left out. See docs/fleet-history.md for what was measured with it.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};

use fanout_record::run::{Disturbance, Role, Run};
use fanout_record::{read, store, write};
use zstd::bulk;

/// The number of machines, each with another number of processors, so that each has another id.
const MACHINES: usize = 10;

/// The days over which the runs are spread.
const DAYS: usize = 720;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [run, folder, runs] = &arguments[..] else { return Err("give RUN FOLDER RUNS".into()) };
    let runs: usize = runs.parse()?;
    let mut like = read::run(Path::new(run))?;
    let arms = like.questions.iter_mut().flat_map(|it| &mut it.scenarios).flat_map(|it| &mut it.arms);
    for arm in arms {
        (arm.latencies, arm.timeline) = Default::default();
    }
    let folder = PathBuf::from(folder);
    let mut random = fastrand::Rng::with_seed(17);
    let mut bytes = 0;
    for n in 0..runs {
        let mut run = like.clone();
        vary(&mut run, n, runs, &mut random);
        // The level of a recorded run would take half a second for each.
        let file = bulk::compress(&write::json(&run)?, 3)?;
        bytes += file.len();
        write::create_of(&folder.join(store::place(&run)), &file)?;
    }
    println!("{runs} runs, {:.1} MB", bytes as f64 / 1e6);
    Ok(())
}

/// Makes the run the n-th of the fleet.
fn vary(run: &mut Run, n: usize, of: usize, random: &mut fastrand::Rng) {
    let (machine, day) = (n % MACHINES, n * DAYS / of);
    run.id = format!("01M83ARPHYSBBJVA28E9{n:06}");
    let (year, month, date) = (2025 + day / 360, 1 + day / 30 % 12, 1 + day % 30 % 28);
    run.started = format!("{year}-{month:02}-{date:02}T{:02}:{:02}:00Z", n % 24, n / 24 % 60);
    run.machine.cores = Some(2 + machine);
    // Each commit is measured on all machines.
    let commit = n / MACHINES;
    run.source.commit = Some(format!("{commit:08x}{commit:032x}"));
    run.source.dirty = Some(n.is_multiple_of(50));
    for measured in run.questions.iter_mut().flat_map(|question| &mut question.scenarios) {
        if n.is_multiple_of(20) {
            measured.disturbed = vec![Disturbance { round: 0, share: 0.5 }];
        }
        for (i, arm) in measured.arms.iter_mut().enumerate().filter(|(_, arm)| arm.role != Role::Floor) {
            let noise = 1.0 + 0.02 * (random.f64() + random.f64() - 1.0);
            let step = if i.is_multiple_of(5) && n > of / 2 { 1.1 } else { 1.0 };
            arm.samples.iter_mut().for_each(|it| it.wall_ns = (it.wall_ns as f64 * noise * step) as u64);
        }
    }
}
