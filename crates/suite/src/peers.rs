//! Chooses the peers that take part in a question: programs in other languages, which no ranking counts.

use std::num::NonZeroUsize;

use anyhow::Context;
use fanout_harness::arm::Entrant;
use fanout_harness::case::Case;
use fanout_harness::config::Config;
use fanout_harness::printing::note;
use fanout_model::Model;
use fanout_needs::skip;
use fanout_peers::{Language, Peer, check, peers_in};
use fanout_record::run::Role;

/// Returns the languages whose peers are to take part: those that `FANOUT_PEERS` names, or if it is not set, all if
/// the question has them `unasked`.
pub(crate) fn languages(config: &Config, unasked: bool) -> &[Language] {
    config.peers.as_deref().unwrap_or(if unasked { &Language::ALL } else { &[] })
}

/// Returns the peers in these languages that make sense in a question, which is called `name`, and can run here.
/// Prints which cannot, with the reason.
///
/// # Errors
/// If `FANOUT_REQUIRE` names the language of a peer that cannot run.
pub(crate) fn taking_part(
    languages: &[Language],
    name: &str,
    admits: fn(&dyn Model) -> bool,
    https: bool,
) -> anyhow::Result<Vec<&'static Peer>> {
    if https && !languages.is_empty() {
        note(&format!("{name}: no peer takes part, since peers do not speak TLS"));
        return Ok(Vec::new());
    }
    let mut peers = Vec::new();
    for language in languages.iter().copied() {
        if let Err(why) = check(language) {
            skip(language.word(), &why).map_err(anyhow::Error::msg)?;
            continue;
        }
        for peer in peers_in(language).filter(|peer| admits(*peer)) {
            match peer.label() {
                Ok(_) => peers.push(peer),
                Err(why) => skip(peer.id(), &why).map_err(anyhow::Error::msg)?,
            }
        }
    }
    Ok(peers)
}

/// Returns the peers as entrants of a case. Where the case says how many are in flight, a peer that keeps no limit
/// has no place. Elsewhere it has its whole batch in flight.
///
/// # Errors
/// If a peer is missing, or this machine does not allow the settings.
pub(crate) fn entrants(case: &Case, peers: &[&'static Peer]) -> anyhow::Result<Vec<Entrant>> {
    let admitted =
        |peer: &&&'static Peer| case.admits(**peer) && (peer.keeps_a_limit() || case.concurrency.is_none());
    let entrant = |peer: &&'static Peer| {
        let concurrency = if peer.keeps_a_limit() { case.concurrency } else { NonZeroUsize::new(case.requests) };
        let label = peer.label().map_err(anyhow::Error::msg)?;
        let entrant = Case { concurrency, ..*case }.entrant(label, *peer, Role::Peer).context(peer.id())?;
        Ok(Entrant { twin: peer.twin.map(str::to_owned), ..entrant })
    };
    peers.iter().filter(admitted).map(entrant).collect()
}
