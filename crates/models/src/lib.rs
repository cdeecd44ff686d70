//! The roster: one line per model. Benches, conformance and the command line all read it, so that none is forgotten.

use fanout_model::Model;

/// Every model, simplest first. A new model is one line here.
pub const ROSTER: &[&dyn Model] = &[
    &model_sequential::Sequential,
    &model_process_pool::ProcessPool,
    &model_thread_per_request::ThreadPerRequest,
    &model_thread_pool::ThreadPool,
    &model_thread_pool_ureq::ThreadPoolUreq,
    &model_crossbeam_workers::CrossbeamWorkers,
    &model_rayon::Rayon,
    &model_tokio_current_thread::TokioCurrentThread,
    &model_tokio_buffer_unordered::TokioBufferUnordered,
    &model_tokio_join_set::TokioJoinSet,
    &model_tokio_sharded::TokioSharded,
    &model_actor::Actors,
    &model_http2_multiplex::Http2Multiplex,
    &model_hyper::Hyper,
    &model_smol::Smol,
    &model_compio::Compio,
    &model_curl_multi::CurlMulti,
];

/// The control arm: what the machine, the server and the delay allow. Not a model to pick.
pub const FLOOR: &dyn Model = &model_floor::Floor;

/// The model entered twice in every comparison: what the method says of two identical things.
pub const AGAIN: &dyn Model = &model_tokio_current_thread::TokioCurrentThread;

/// The model of this id, the floor included.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Model> {
    everything().find(|model| model.id() == id)
}

/// As [`find`].
///
/// # Errors
/// A message that names the nearest id, or all where none is near.
pub fn find_or_suggest(id: &str) -> Result<&'static dyn Model, String> {
    find(id).ok_or_else(|| {
        let near = |model: &dyn Model| strsim::jaro_winkler(id, model.id());
        let nearest = everything().max_by(|a, b| near(*a).total_cmp(&near(*b))).filter(|model| near(*model) > 0.7);
        match nearest {
            Some(nearest) => format!("no model `{id}`; did you mean `{}`?", nearest.id()),
            None => {
                format!("no model `{id}`; there are {}", everything().map(Model::id).collect::<Vec<_>>().join(", "))
            }
        }
    })
}

/// To be called first thing in `main` by every program that runs models: see [`fanout_worker::role::enter`].
pub fn enter() {
    fanout_worker::role::enter(find);
}

fn everything() -> impl Iterator<Item = &'static dyn Model> {
    ROSTER.iter().copied().chain([FLOOR])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kebab_case_and_each_is_used_once() {
        let mut ids: Vec<&str> = everything().map(Model::id).collect();
        assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')));
        ids.sort_unstable();
        let n = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), n);
    }

    #[test]
    fn an_unknown_id_is_answered_with_the_nearest_or_with_all() {
        let message = |id| find_or_suggest(id).err().unwrap();
        assert!(message("thread_pool").contains("did you mean `thread-pool`?"));
        assert!(message("tokio-current").contains("`tokio-current-thread`"));
        assert!(message("qqq").contains("sequential, process-pool"));
    }
}
