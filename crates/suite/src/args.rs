//! Reads the command line as Criterion will read it.
//!
//! Criterion reads the same arguments later, and gives no access to what it found. Here, the arguments are read for
//! two things only: the mode that Criterion will be in, and the benchmarks that its filter lets through, so that
//! nothing is measured in vain. The flags are those of criterion 0.8 (`Criterion::configure_from_args`).

use clap::{Arg, ArgAction, ArgMatches, Command};
use fanout_harness::printing::note;
use regex::Regex;

/// Criterion's flags without a value.
const SWITCHES: [&str; 15] = [
    "bench",
    "discard-baseline",
    "exact",
    "help",
    "ignored",
    "include-ignored",
    "list",
    "nocapture",
    "noplot",
    "quick",
    "quiet",
    "show-output",
    "test",
    "verbose",
    "version",
];

/// Criterion's flags with a value.
const OPTIONS: [&str; 16] = [
    "baseline",
    "baseline-lenient",
    "color",
    "confidence-level",
    "format",
    "load-baseline",
    "measurement-time",
    "noise-threshold",
    "nresamples",
    "output-format",
    "plotting-backend",
    "profile-time",
    "sample-size",
    "save-baseline",
    "significance-level",
    "warm-up-time",
];

/// Returns the arguments of this program as a run keeps them: without `--bench`, which cargo adds.
#[must_use]
pub fn given() -> Vec<String> {
    std::env::args().skip(1).filter(|argument| argument != "--bench").collect()
}

/// The mode that Criterion will be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Criterion analyses samples, which are taken in rounds before.
    Measure,
    /// Criterion runs benchmarks itself. With `--profile-time` and `--quick`, it runs them as often as it likes. With
    /// `--test`, or without `--bench`, it runs each of them once.
    Live {
        /// Whether each benchmark runs once.
        bounded: bool,
    },
    /// Criterion runs no benchmark: `--list`, `--load-baseline`, `--help`.
    Passive,
}

/// The part of the command line that matters here.
#[derive(Debug)]
pub struct Args {
    /// The mode that Criterion will be in.
    pub mode: Mode,
    filter: Filter,
}

#[derive(Debug)]
enum Filter {
    All,
    None,
    Exactly(String),
    Matching(Regex),
}

impl Args {
    /// Returns the arguments of this process, or `None` if Criterion does not accept them. Criterion will then print
    /// the reason.
    #[must_use]
    pub(crate) fn of_this_process() -> Option<Self> {
        Self::read(std::env::args_os())
    }

    fn read(args: impl IntoIterator<Item = impl Into<std::ffi::OsString> + Clone>) -> Option<Self> {
        let given = command().try_get_matches_from(args).ok()?;
        let on = |name| given.get_flag(name);
        let mode = if on("list") || on("help") || on("version") || given.contains_id("load-baseline") {
            Mode::Passive
        } else if on("test") || !on("bench") {
            Mode::Live { bounded: true }
        } else if on("quick") || given.contains_id("profile-time") {
            Mode::Live { bounded: false }
        } else {
            Mode::Measure
        };
        for unused in ["measurement-time", "sample-size", "warm-up-time"] {
            if mode == Mode::Measure && given.contains_id(unused) {
                note(&format!("--{unused} is not used: a sample is a round, and FANOUT_ROUNDS says how many"));
            }
        }
        Some(Self { mode, filter: filter(&given)? })
    }

    /// Returns whether Criterion's filter lets this benchmark through.
    #[must_use]
    pub(crate) fn selects(&self, id: &str) -> bool {
        match &self.filter {
            Filter::All => true,
            Filter::None => false,
            Filter::Exactly(exact) => id == exact,
            Filter::Matching(regex) => regex.is_match(id),
        }
    }
}

fn command() -> Command {
    let switches = SWITCHES.map(|name| Arg::new(name).long(name).action(ArgAction::SetTrue));
    let options = OPTIONS.map(|name| Arg::new(name).long(name));
    let short = |command: Command, (name, short)| command.mut_arg(name, |arg| arg.short(short));
    let command = Command::new("bench").disable_help_flag(true).disable_version_flag(true);
    let command = command.arg(Arg::new("FILTER")).args(switches).args(options);
    let shorts = [
        ("baseline", 'b'),
        ("color", 'c'),
        ("help", 'h'),
        ("noplot", 'n'),
        ("save-baseline", 's'),
        ("verbose", 'v'),
        ("version", 'V'),
    ];
    shorts.into_iter().fold(command, short).mut_arg("color", |arg| arg.alias("colour"))
}

fn filter(given: &ArgMatches) -> Option<Filter> {
    if given.get_flag("ignored") {
        return Some(Filter::None);
    }
    match given.get_one::<String>("FILTER") {
        None => Some(Filter::All),
        Some(exact) if given.get_flag("exact") => Some(Filter::Exactly(exact.clone())),
        Some(regex) => Regex::new(regex).ok().map(Filter::Matching),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Args {
        Args::read(["bench"].into_iter().chain(line.split_whitespace())).unwrap()
    }

    #[test]
    fn the_mode_is_the_one_that_criterion_will_be_in() {
        assert_eq!(read("--bench").mode, Mode::Measure);
        assert_eq!(read("--bench --save-baseline main tokio").mode, Mode::Measure);
        assert_eq!(read("--bench -b main --noplot").mode, Mode::Measure);
        assert_eq!(read("").mode, Mode::Live { bounded: true });
        assert_eq!(read("--bench --test").mode, Mode::Live { bounded: true });
        assert_eq!(read("--bench --quick").mode, Mode::Live { bounded: false });
        assert_eq!(read("--bench --profile-time 5").mode, Mode::Live { bounded: false });
        assert_eq!(read("--bench --list --format terse").mode, Mode::Passive);
        assert_eq!(read("--bench --load-baseline new --baseline base").mode, Mode::Passive);
    }

    #[test]
    fn the_filter_is_a_regular_expression_or_an_exact_name_and_never_a_flags_value() {
        assert!(read("--bench").selects("notebook/rayon"));
        assert!(read("--bench --save-baseline main").selects("notebook/rayon"));
        assert!(read("--bench tokio").selects("notebook/tokio-current-thread"));
        assert!(!read("--bench tokio").selects("notebook/rayon"));
        assert!(read("--bench rayon$").selects("notebook/rayon"));
        assert!(read("--bench --exact notebook/rayon").selects("notebook/rayon"));
        assert!(!read("--bench --exact rayon").selects("notebook/rayon"));
        assert!(!read("--bench --ignored").selects("notebook/rayon"));
    }

    #[test]
    fn what_criterion_will_refuse_is_left_to_criterion() {
        assert!(Args::read(["bench", "--bench", "--no-such-flag"]).is_none());
        assert!(Args::read(["bench", "--bench", "("]).is_none());
    }
}
