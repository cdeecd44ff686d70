//! Compares peers, which are programs in other languages, with the models of a scenario. No ranking counts peers.

use fanout_record::run::{Arm, Role};
use fanout_stats::{Between, Estimate, LEVEL};

use crate::compared::Compared;
use crate::metric::Metric;
use crate::ranking::Unranked;
use crate::ratios::processes_with_peers;
use crate::summary::ArmSummary;

/// A peer beside a model.
#[derive(Debug)]
pub struct Versus<'a, 'r> {
    /// The peer.
    pub peer: &'a ArmSummary<'r>,
    /// The model.
    pub model: &'a ArmSummary<'r>,
    /// How many times as long the peer takes as the model, over the rounds that both have, and what this shows.
    /// `None` if one of them failed, or if the server answers at once, so that the time is mostly that of waking idle
    /// processors.
    pub time: Option<(Estimate, Between)>,
    /// The same by processor time.
    pub cpu: Option<(Estimate, Between)>,
}

impl Versus<'_, '_> {
    /// Returns the language of the peer, as its id has it.
    #[must_use]
    pub fn language(&self) -> &str {
        language(self.peer)
    }
}

/// Returns the language of a peer, with which its id begins.
pub(crate) fn language<'a>(row: &ArmSummary<'a>) -> &'a str {
    row.arm.model.split_once('-').map_or(row.arm.model.as_str(), |(language, _)| language)
}

/// Returns the measure by which peers are compared with the best model: the time, or the processor time where the
/// server answers at once.
#[must_use]
pub fn measure(compared: &Compared<'_>) -> Metric {
    if compared.time.unranked == Some(Unranked::Waking) { Metric::Cpu } else { Metric::Time }
}

/// Returns for each language its best peer by one measure beside the best model, in the order of the languages' first
/// rows.
#[must_use]
pub fn best<'a, 'r>(compared: &'a Compared<'r>, measure: Metric) -> Vec<Versus<'a, 'r>> {
    let Some(model) = compared.ranking(measure).leader() else { return Vec::new() };
    let rows = &compared.rows;
    let figure = |row: usize| {
        let figure = if measure == Metric::Cpu { rows[row].cpu } else { rows[row].time };
        figure.map_or(f64::INFINITY, |figure| figure.value)
    };
    let peers: Vec<usize> = (0..rows.len()).filter(|row| is_sound_peer(&rows[*row])).collect();
    let mut languages: Vec<&str> = Vec::new();
    for row in &peers {
        if !languages.contains(&language(&rows[*row])) {
            languages.push(language(&rows[*row]));
        }
    }
    let of = |wanted: &str| {
        let members = peers.iter().copied().filter(|row| language(&rows[*row]) == wanted);
        members.min_by(|a, b| figure(*a).total_cmp(&figure(*b)))
    };
    languages.into_iter().filter_map(of).map(|peer| versus(compared, peer, model)).collect()
}

/// Returns each peer that has a counterpart among the models, beside it, in the order of the rows.
#[must_use]
pub fn counterparts<'a, 'r>(compared: &'a Compared<'r>) -> Vec<Versus<'a, 'r>> {
    let rows = &compared.rows;
    let pair = |peer: usize| {
        let twin = rows[peer].arm.twin.as_ref()?;
        let model = rows.iter().position(|row| row.arm.role == Role::Model && row.arm.label == *twin)?;
        Some(versus(compared, peer, model))
    };
    (0..rows.len()).filter(|row| rows[*row].arm.role == Role::Peer).filter_map(pair).collect()
}

fn is_sound_peer(row: &ArmSummary<'_>) -> bool {
    row.arm.role == Role::Peer && row.arm.failure.is_none() && !row.arm.samples.is_empty()
}

fn versus<'a, 'r>(compared: &'a Compared<'r>, peer: usize, model: usize) -> Versus<'a, 'r> {
    let (peer, model) = (&compared.rows[peer], &compared.rows[model]);
    let arms: [&Arm; 2] = [peer.arm, model.arm];
    let ratio = |measure| {
        let ratio = processes_with_peers(measure, &arms)?.ratio(0, 1, LEVEL)?;
        Some((ratio, compared.ranking(measure).claims().between(ratio)))
    };
    let is_told = measure(compared) == Metric::Time;
    Versus { peer, model, time: ratio(Metric::Time).filter(|_| is_told), cpu: ratio(Metric::Cpu) }
}
