//! What the two control arms show, in words: which of them is the floor of a scenario, by how much the other differs,
//! and whether io_uring is worth it for an HTTP client.

use fanout_analysis::compared::{Answered, Compared};
use fanout_analysis::floors::{Difference, IO_URING};
use fanout_stats::{Between, LEVEL, median};

use crate::figures::{count, ratio_with_interval};

/// The question that [`worth_it`] answers.
pub const ASKED: &str = "Is io_uring worth it for an HTTP client?";

/// Returns which control arm is the floor of a scenario, and how the other one differs. It is `None` unless both were
/// measured.
#[must_use]
pub fn which(compared: &Compared<'_>) -> Option<String> {
    let pair = compared.control_arms()?;
    let floor = compared.floor()?;
    let by = if compared.is_waking() { "by processor time, since the server answers at once" } else { "by time" };
    let name = if floor.arm.model == IO_URING { "io_uring" } else { "epoll" };
    let differs = [(pair.time, "time"), (pair.cpu, "CPU")].into_iter().filter_map(|(difference, of)| {
        let difference = difference?;
        Some(format!("{} of its {of} ({})", ratio_with_interval(difference.ratio), shown(&difference)))
    });
    let differs = differs.collect::<Vec<_>>().join(" and ");
    Some(format!("it is on {name} here, {by}; against epoll, io_uring takes {differs}"))
}

fn shown(difference: &Difference) -> &'static str {
    match difference.shows {
        Between::Better => "less",
        Between::Worse => "more",
        Between::AsGood => "no difference",
        Between::NotKnown => "not known",
    }
}

/// What most scenarios say of one measure.
#[derive(Clone, Copy)]
enum Verdict {
    Less,
    More,
    Same,
    Open,
}

impl Verdict {
    fn clause(self, of: &str) -> String {
        match self {
            Self::Less => format!("less {of} than epoll in most scenarios, and more in none"),
            Self::More => format!("more {of} than epoll in most scenarios, and less in none"),
            Self::Same => format!("as much {of} as epoll"),
            Self::Open => format!("an amount of {of} that depends on the scenario or is not known"),
        }
    }
}

/// How often io_uring took less than epoll, more, the same, or an unknown amount.
#[derive(Default)]
struct Tally {
    less: usize,
    more: usize,
    same: usize,
    unknown: usize,
    ratios: Vec<f64>,
}

impl Tally {
    fn of(differences: impl Iterator<Item = Difference>) -> Self {
        let mut tally = Self::default();
        for difference in differences {
            tally.ratios.push(difference.ratio.value.ln());
            *match difference.shows {
                Between::Better => &mut tally.less,
                Between::Worse => &mut tally.more,
                Between::AsGood => &mut tally.same,
                Between::NotKnown => &mut tally.unknown,
            } += 1;
        }
        tally
    }

    fn all(&self) -> usize {
        self.ratios.len()
    }

    /// Returns what most of the scenarios say, unless others contradict them.
    fn verdict(&self) -> Verdict {
        let most = |n: usize| 2 * n > self.all();
        match (self.less, self.more) {
            (less, 0) if most(less) => Verdict::Less,
            (0, more) if most(more) => Verdict::More,
            (0, 0) if most(self.same) => Verdict::Same,
            _ => Verdict::Open,
        }
    }

    /// Returns the figures of one measure as a sentence.
    fn sentence(&self, of: &str) -> String {
        let typical = median(&self.ratios, LEVEL).map_or(1.0, |ratio| ratio.value.exp());
        let than = match 100.0 * (typical - 1.0) {
            less @ ..0.0 => format!("{:.1} % less", -less),
            more => format!("{more:.1} % more"),
        };
        let parts =
            [(self.less, "less"), (self.more, "more"), (self.same, "no different"), (self.unknown, "not known")];
        let told: Vec<String> =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{what} in {n}")).collect();
        format!(
            "In {of}, over {}, it took {than} than epoll at the median: {}.",
            count(self.all(), "scenario"),
            told.join(", ")
        )
    }
}

/// Returns whether io_uring is worth it, as this run has it: a short answer, and the figures that it rests on. It is
/// `None` if no scenario has both control arms.
///
/// Where the server answers at once, only the processor time is counted, because the time is mostly that of waking
/// idle processors.
#[must_use]
pub fn worth_it(answered: &[Answered<'_>]) -> Option<String> {
    let scenarios = || answered.iter().flat_map(|answered| &answered.scenarios);
    let time = scenarios().filter_map(|it| it.control_arms()?.time);
    let cpu = scenarios().filter_map(|it| it.control_arms()?.cpu);
    let (time, cpu) = (Tally::of(time), Tally::of(cpu));
    if time.all() + cpu.all() == 0 {
        return None;
    }
    let (of_time, of_cpu) = (time.verdict(), cpu.verdict());
    let yes_or_no = match (of_time, of_cpu) {
        // Nothing was measured but where the server answers at once.
        _ if time.all() == 0 => match of_cpu {
            Verdict::Less => "Yes",
            Verdict::More | Verdict::Same => "No",
            Verdict::Open => "It is not known",
        },
        (Verdict::Less, Verdict::Less | Verdict::Same) | (Verdict::Same, Verdict::Less) => "Yes",
        (Verdict::More, Verdict::More | Verdict::Same | Verdict::Open)
        | (Verdict::Same | Verdict::Open, Verdict::More)
        | (Verdict::Same, Verdict::Same) => "No",
        _ => "It depends",
    };
    let figures = [(&time, "time"), (&cpu, "processor time")];
    let figures: Vec<String> =
        figures.iter().filter(|(tally, _)| tally.all() > 0).map(|(tally, of)| tally.sentence(of)).collect();
    let clauses: Vec<String> = [(&time, of_time, "time"), (&cpu, of_cpu, "processor time")]
        .iter()
        .filter(|(tally, ..)| tally.all() > 0)
        .map(|(_, verdict, of)| verdict.clause(of))
        .collect();
    Some(format!("{yes_or_no}: it took {}. {}", clauses.join(", and "), figures.join(" ")))
}
