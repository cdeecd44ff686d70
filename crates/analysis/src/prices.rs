//! Computes the figures of a price run: medians over its repetitions, and how far the repetitions agree.

use fanout_record::price::{Build, Price, Prices, Tree};
use fanout_stats::median;

/// Up to this share of their median, the sizes and the numbers of crates of the repetitions may differ.
pub const SIZES_AGREE: f64 = 0.05;

/// Up to this share of their median, the times of the repetitions may differ.
pub const TIMES_AGREE: f64 = 0.15;

/// What one model costs: the medians over its repetitions.
#[derive(Clone, Copy, Debug)]
pub struct Priced<'a> {
    /// The model's id.
    pub model: &'a str,
    /// The crates that its program brings in.
    pub tree: &'a Tree,
    /// How long a clean build took, in seconds.
    pub clean_s: f64,
    /// How long the build after a touch took, in seconds.
    pub rebuild_s: f64,
    /// The size of the program without symbols, in bytes.
    pub size_bytes: f64,
    /// How long the program took from its start until its model was prepared, in milliseconds.
    pub start_ms: f64,
    /// How many repetitions there are.
    pub repetitions: usize,
}

/// Returns the models of a price run, those with the fewest crates first. Of models with as many crates, those that
/// are built faster come first. A model without a repetition is left out.
#[must_use]
pub fn priced(prices: &Prices) -> Vec<Priced<'_>> {
    let mut all: Vec<Priced<'_>> = prices.models.iter().filter_map(of).collect();
    all.sort_by(|a, b| a.tree.crates.cmp(&b.tree.crates).then(a.clean_s.total_cmp(&b.clean_s)));
    all
}

fn of(price: &Price) -> Option<Priced<'_>> {
    let middle = |measure: Measure| middle(&measure.of(price));
    Some(Priced {
        model: &price.model,
        tree: &price.builds.last()?.tree,
        clean_s: middle(Measure::CleanBuild)? / 1e9,
        rebuild_s: middle(Measure::Rebuild)? / 1e9,
        size_bytes: middle(Measure::Size)?,
        start_ms: middle(Measure::Start)? / 1e6,
        repetitions: price.builds.len(),
    })
}

/// What is measured in each repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The number of crates.
    Crates,
    /// The size of the program without symbols.
    Size,
    /// The time of a clean build.
    CleanBuild,
    /// The time of the build after a touch.
    Rebuild,
    /// The time from the program's start until its model is prepared.
    Start,
}

impl Measure {
    /// All measures.
    pub const ALL: [Self; 5] = [Self::Crates, Self::Size, Self::CleanBuild, Self::Rebuild, Self::Start];

    /// Returns up to which share of their median the repetitions may differ.
    #[must_use]
    pub fn agrees_up_to(self) -> f64 {
        match self {
            Self::Crates | Self::Size => SIZES_AGREE,
            Self::CleanBuild | Self::Rebuild | Self::Start => TIMES_AGREE,
        }
    }

    /// Returns one value for each repetition: the median of those that it has.
    fn of(self, price: &Price) -> Vec<f64> {
        let times = |times: &[u64]| middle(&times.iter().map(|ns| *ns as f64).collect::<Vec<_>>());
        let value = |build: &Build| match self {
            Self::Crates => Some(build.tree.crates as f64),
            Self::Size => Some(build.size_bytes as f64),
            Self::CleanBuild => Some(build.clean_ns as f64),
            Self::Rebuild => times(&build.rebuilds_ns),
            Self::Start => times(&build.starts_ns),
        };
        price.builds.iter().filter_map(value).collect()
    }
}

/// How far the repetitions of a model differ in one measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread<'a> {
    /// The model's id.
    pub model: &'a str,
    /// What differs.
    pub measure: Measure,
    /// The difference between the largest and the smallest value, as a share of the median.
    pub share: f64,
}

impl Spread<'_> {
    /// Returns whether the repetitions agree.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.share <= self.measure.agrees_up_to()
    }
}

/// Returns how far the repetitions of each model differ, in each measure. A model with less than two repetitions has
/// no spread.
#[must_use]
pub fn spreads(prices: &Prices) -> Vec<Spread<'_>> {
    let of = |price: &'_ Price, measure: Measure| {
        let values = measure.of(price);
        let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), it| (low.min(*it), high.max(*it)));
        let middle = middle(&values).filter(|middle| values.len() > 1 && *middle > 0.0)?;
        Some((most - least) / middle)
    };
    let spread = |price| Measure::ALL.into_iter().filter_map(move |measure| Some((measure, of(price, measure)?)));
    let named = |price| spread(price).map(|(measure, share)| Spread { model: &price.model, measure, share });
    prices.models.iter().flat_map(named).collect()
}

fn middle(values: &[f64]) -> Option<f64> {
    median(values, 0.95).map(|estimate| estimate.value)
}
