//! Lists the peers, and says whether this machine has what they need.

use crate::{Language, Peer, go, node, python};

/// All peers, language by language.
pub static PEERS: [&Peer; 10] = [
    &python::SEQUENTIAL,
    &python::PROCESS_POOL,
    &python::THREAD_POOL,
    &python::ASYNCIO,
    &python::HTTPX,
    &python::FREE_THREADED,
    &node::PROMISE_ALL,
    &node::LIMIT,
    &go::GOROUTINES,
    &go::LIMIT,
];

/// Returns the peers in a language.
pub fn peers_in(language: Language) -> impl Iterator<Item = &'static Peer> {
    PEERS.into_iter().filter(move |peer| peer.language == language)
}

/// Checks whether this machine has what the peers in a language need, without those that need another build of it.
///
/// # Errors
/// What is missing, and how to install it.
pub fn check(language: Language) -> Result<(), String> {
    match language {
        Language::Python => python::check(),
        Language::Node => node::check(),
        Language::Go => go::check(),
    }
}
