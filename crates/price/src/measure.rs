//! Measures one program once: counts its crates, builds it from nothing, builds it again after a touch, and starts
//! it.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Instant, SystemTime};

use anyhow::Context;
use fanout_model::{Url, nanoseconds};
use fanout_record::price::{Build, Tree};

use crate::cargo::Cargo;
use crate::program::{NAME, Program};
use crate::start::started;
use crate::tree;
use crate::workshop::Workshop;

/// How often something is done in one repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// How often the program is built again after a touch.
    pub rebuilds: usize,
    /// How often the program is started.
    pub starts: usize,
    /// Whether programs are built as `cargo build --release` does, and not only to be tried.
    pub optimised: bool,
}

impl Effort {
    /// For figures.
    pub const MEASURED: Self = Self { rebuilds: 3, starts: 21, optimised: true };

    /// To try whether everything works.
    pub const TRIED: Self = Self { rebuilds: 1, starts: 1, optimised: false };
}

/// Measures programs in a workshop.
#[derive(Debug)]
pub struct Measurer<'a> {
    workshop: &'a Workshop,
    cargo: Cargo,
    effort: Effort,
    /// Where a program makes its request.
    url: Option<Url>,
}

impl<'a> Measurer<'a> {
    /// Makes a measurer. The programs make a request at this URL, so that each is known to work.
    ///
    /// # Errors
    /// If there is no cargo or no compiler.
    pub fn new(workshop: &'a Workshop, effort: Effort, url: Option<Url>) -> anyhow::Result<Self> {
        Ok(Self { workshop, cargo: Cargo::find(workshop, effort.optimised)?, effort, url })
    }

    /// Measures a program in an empty target folder. `repetition` is the number that the result gets.
    ///
    /// # Errors
    /// If the program cannot be resolved, built or started, or fails to make its request; or if somebody asked to
    /// end.
    pub fn measure(&self, program: &Program, repetition: usize) -> anyhow::Result<Build> {
        let workshop = self.workshop;
        workshop.set_up(program)?;
        let tree = self.counted(program)?;
        let clean_ns = self.build()?;
        let rebuild = |_| {
            touch(&workshop.package().join("src/main.rs"))?;
            self.build()
        };
        let rebuilds_ns = (0..self.effort.rebuilds).map(rebuild).collect::<anyhow::Result<_>>()?;
        let built = workshop.target().join("release").join(NAME);
        let size_bytes = fs::metadata(&built).with_context(|| format!("cannot find {}", built.display()))?.len();
        // The first start reads the program from the disk, and is not measured.
        started(&built, self.url.as_ref().filter(|_| program.requests))?;
        let start = |_| started(&built, None).map(nanoseconds);
        let starts_ns = (0..self.effort.starts).map(start).collect::<anyhow::Result<_>>()?;
        Ok(Build { repetition, tree, clean_ns, rebuilds_ns, size_bytes, starts_ns })
    }

    /// Counts the crates that a program brings in, and builds nothing.
    ///
    /// # Errors
    /// If the program cannot be resolved.
    pub fn tree(&self, program: &Program) -> anyhow::Result<Tree> {
        self.workshop.set_up(program)?;
        self.counted(program)
    }

    fn counted(&self, program: &Program) -> anyhow::Result<Tree> {
        let metadata = self.cargo.metadata(self.workshop)?;
        tree::counted(metadata, self.workshop.workspace(), &format!("model-{}", program.id))
    }

    fn build(&self) -> anyhow::Result<u64> {
        let begun = Instant::now();
        self.cargo.build(self.workshop)?;
        Ok(nanoseconds(begun.elapsed()))
    }
}

/// Makes a file newer than what was built from it.
fn touch(path: &Path) -> anyhow::Result<()> {
    let touched = File::options().write(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
    touched.with_context(|| format!("cannot touch {}", path.display()))
}
