//! Puts a price run into words, and into the rows of a table, for the page and for the terminal.

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use fanout_analysis::floors::{EPOLL as FLOOR, is_control_arm};
use fanout_analysis::prices::{Measure, Priced, SIZES_AGREE, Spread, TIMES_AGREE, priced, spreads};
use fanout_record::price::{Price, Prices};

use crate::figures::{count, figure, list_of};

/// The most models that a sentence names.
const MOST_NAMED: usize = 5;

/// A column of the table, with its meaning.
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
    pub(crate) print: fn(&Priced<'_>) -> String,
}

/// The columns of the table, after the model.
pub(crate) const COLUMNS: [Column; 8] = [
    Column {
        title: "crates in the program",
        about: "how many crates the program brings in: those of the libraries, and those that fanout itself needs",
        print: |it| it.tree.crates.to_string(),
    },
    Column {
        title: "to build",
        about: "how many more crates are needed only to build those",
        print: |it| it.tree.build_crates.to_string(),
    },
    Column {
        title: "clean build s",
        about: "how long cargo build --release takes in an empty target folder, in seconds",
        print: |it| figure(it.clean_s),
    },
    Column {
        title: "after a touch s",
        about: "how long it takes again when only the program's own file was touched, in seconds",
        print: |it| figure(it.rebuild_s),
    },
    Column {
        title: "size MB",
        about: "the program without symbols, in megabytes (10^6 bytes)",
        print: |it| figure(it.size_bytes / 1e6),
    },
    Column {
        title: "start-up ms",
        about: "from the start of the program until its model is prepared, in milliseconds",
        print: |it| figure(it.start_ms),
    },
    Column {
        title: "C compiler",
        about: "whether crates call a C compiler when they are built (their build scripts depend on cc or cmake), \
            and which; every Rust program on Linux also needs a linker",
        print: |it| match it.tree.c_crates.as_slice() {
            [] => "no".into(),
            crates => format!("yes: {}", crates.join(", ")),
        },
    },
    Column {
        title: "forbid unsafe",
        about: "how many of the crates forbid unsafe in all of their library; of the others it is not known whether \
            they use it",
        print: |it| {
            let model = if it.tree.model_forbids_unsafe { "" } else { "; the model's own does not" };
            format!("{} of {}{model}", it.tree.forbid_unsafe, it.tree.crates)
        },
    },
];

/// Returns the name of a model in the table, with a note about the control arm.
pub(crate) fn name(priced: &Priced<'_>) -> String {
    if is_control_arm(priced.model) { format!("{} (no HTTP library)", priced.model) } else { priced.model.into() }
}

/// Returns what a price run says, in sentences: which models cost the least, and what the most expensive ones cost.
#[must_use]
pub fn answer(prices: &Prices) -> Vec<String> {
    let all = priced(prices);
    let models: Vec<&Priced<'_>> = all.iter().filter(|it| !is_control_arm(it.model)).collect();
    let (Some(fewest), Some(most)) = (models.first(), models.last()) else {
        return vec!["No model was built.".into()];
    };
    if models.len() == 1 {
        return vec![format!("{}.", whole(fewest))];
    }
    let with = |crates: usize| {
        let names: Vec<&str> = models.iter().filter(|it| it.tree.crates == crates).map(|it| it.model).collect();
        let verb = if names.len() == 1 { "brings" } else { "bring" };
        format!("{} {verb}", list_of(&names, MOST_NAMED))
    };
    let (least, greatest) = (fewest.tree.crates, most.tree.crates);
    let crates = if least == greatest {
        format!("All models bring in {}.", count(least, "crate"))
    } else {
        format!("{} in the fewest crates: {least}. {} in the most: {greatest}.", with(least), with(greatest))
    };
    let mut by_time = models.clone();
    by_time.sort_by(|a, b| a.clean_s.total_cmp(&b.clean_s));
    let (quick, slow) = (by_time[0], by_time[by_time.len() - 1]);
    let is_near = |it: &&&Priced<'_>| it.clean_s <= quick.clean_s * (1.0 + TIMES_AGREE);
    let near: Vec<&str> = by_time.iter().skip(1).filter(is_near).map(|it| it.model).collect();
    let time = if near.len() + 1 == models.len() {
        let (a, b) = (figure(quick.clean_s), figure(slow.clean_s));
        format!("All take about as long to build, {a} to {b} s.")
    } else {
        let alike = match near.len() {
            0 => String::new(),
            n => {
                let verb = if n == 1 { "is" } else { "are" };
                format!(" {} {verb} within {:.0} % of that.", list_of(&near, MOST_NAMED), 100.0 * TIMES_AGREE)
            }
        };
        format!(
            "From nothing, {} was built in the least time, {} s.{alike} {} took the most, {} s, which is {} times as \
             long.",
            quick.model,
            figure(quick.clean_s),
            slow.model,
            figure(slow.clean_s),
            figure(slow.clean_s / quick.clean_s)
        )
    };
    let mut said = vec![crates, time];
    if let Some(floor) = all.iter().find(|it| it.model == FLOOR) {
        said.push(format!(
            "Each program also holds fanout's own vocabulary: the floor, which has no HTTP library, brings in {} and \
             was built in {} s.",
            count(floor.tree.crates, "crate"),
            figure(floor.clean_s)
        ));
    }
    said
}

/// Returns everything about one model in a sentence without its full stop.
fn whole(it: &Priced<'_>) -> String {
    format!(
        "{} brings in {}, was built in {} s, and is a program of {} MB",
        it.model,
        count(it.tree.crates, "crate"),
        figure(it.clean_s),
        figure(it.size_bytes / 1e6)
    )
}

/// Returns a sentence about what a model costs before it runs, for the chooser. Returns `None` if that is not known.
pub(crate) fn of_model(prices: &Prices, model: &str) -> Option<String> {
    let all = priced(prices);
    let it = all.iter().find(|it| it.model == model)?;
    let (clean, size) = (figure(it.clean_s), figure(it.size_bytes / 1e6));
    Some(format!("A minimal program with {model} was built in {clean} s, and has {size} MB."))
}

/// Returns whether the repetitions agree, in sentences. There are none for a price run with one repetition.
#[must_use]
pub fn agreement(prices: &Prices) -> Vec<String> {
    let all = spreads(prices);
    let worst = |of: &dyn Fn(Measure) -> bool| {
        let them = all.iter().filter(|spread| of(spread.measure));
        them.max_by(|a, b| a.share.total_cmp(&b.share))
    };
    let is_size = |measure: Measure| matches!(measure, Measure::Crates | Measure::Size);
    let sizes = worst(&is_size).map(|worst| said(worst, &all, "sizes and numbers of crates", SIZES_AGREE, &is_size));
    let is_time = |measure: Measure| !is_size(measure);
    let times = worst(&is_time).map(|worst| said(worst, &all, "times", TIMES_AGREE, &is_time));
    sizes.into_iter().chain(times).collect()
}

fn said(worst: &Spread<'_>, all: &[Spread<'_>], what: &str, limit: f64, of: &dyn Fn(Measure) -> bool) -> String {
    let (limit, share) = (100.0 * limit, 100.0 * worst.share);
    let differ: Vec<String> = all
        .iter()
        .filter(|spread| of(spread.measure) && !spread.agrees())
        .map(|spread| format!("{} ({}, {:.1} %)", spread.model, words(spread.measure), 100.0 * spread.share))
        .collect();
    if differ.is_empty() {
        return format!("The repetitions agree in their {what}: they differ by {share:.1} % at most.");
    }
    let names: Vec<&str> = differ.iter().map(String::as_str).collect();
    format!(
        "The repetitions differ in their {what} by more than {limit:.0} %, so take those for rough: {}.",
        list_of(&names, MOST_NAMED)
    )
}

fn words(measure: Measure) -> &'static str {
    match measure {
        Measure::Crates => "crates",
        Measure::Size => "size",
        Measure::CleanBuild => "clean build",
        Measure::Rebuild => "after a touch",
        Measure::Start => "start-up",
    }
}

/// Returns what a partial price run lacks, in sentences.
#[must_use]
pub fn missing(prices: &Prices) -> Vec<String> {
    let failed = prices.models.iter().filter_map(|price| {
        let reason = price.failure.as_deref()?;
        Some(format!("{} failed after {}: {reason}", price.model, count(price.builds.len(), "repetition")))
    });
    let fewer = |price: &&Price| price.failure.is_none() && price.builds.len() < prices.repetitions;
    let fewer: Vec<&str> = prices.models.iter().filter(fewer).map(|price| price.model.as_str()).collect();
    let stopped = prices.stopped.as_ref().map(|reason| {
        let names = list_of(&fewer, MOST_NAMED);
        format!("The bench was stopped ({reason}) before it had measured {names} as often as was asked for.")
    });
    failed.chain(stopped).collect()
}

/// Returns the table of a price run, for the terminal.
#[must_use]
pub fn table(prices: &Prices) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["model"].into_iter().chain(COLUMNS.iter().map(|column| column.title)));
    for column in table.column_iter_mut().skip(1).take(6) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for it in priced(prices) {
        let cells = COLUMNS.iter().map(|column| (column.print)(&it));
        table.add_row([name(&it)].into_iter().chain(cells));
    }
    table.to_string()
}
