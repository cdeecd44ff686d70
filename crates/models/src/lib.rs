//! The roster: one line for each model. The benches, the conformance tests and the command line all read it.

use fanout_model::{Description, Model};

/// All models, the simplest first. To add a model, add a line here.
pub const ROSTER: &[&dyn Model] = &[
    &model_sequential::Sequential,
    &model_process_pool::ProcessPool,
    &model_thread_per_request::ThreadPerRequest,
    &model_thread_pool::ThreadPool,
    &model_thread_pool_ureq::ThreadPoolUreq,
    &model_crossbeam_workers::CrossbeamWorkers,
    &model_rayon::Rayon,
    &model_tokio_current_thread::TokioCurrentThread,
    &model_tokio_rayon::TokioRayon,
    &model_tokio_spawn_blocking::TokioSpawnBlocking,
    &model_tokio_buffer_unordered::TokioBufferUnordered,
    &model_tokio_adaptive::TokioAdaptive,
    &model_tokio_join_set::TokioJoinSet,
    &model_tokio_sharded::TokioSharded,
    &model_actor::Actors,
    &model_http2_multiplex::Http2Multiplex,
    &model_hyper::Hyper,
    &model_smol::Smol,
    &model_compio::Compio,
    &model_curl_multi::CurlMulti,
    &model_ssh_pool::SshPool,
    &model_nats_queue::NatsQueue,
];

/// The control arm on epoll, which can run anywhere. It is the reference of all recorded runs.
pub const FLOOR: &dyn Model = &model_floor::Floor;

/// The control arms, which show what the machine, the server and the delay allow. They are not models to choose. The
/// one that takes less in a scenario is the floor there.
pub const FLOORS: &[&dyn Model] = &[FLOOR, &model_floor_uring::FloorUring];

/// The model that is entered twice in every comparison (the A/A arm), to show how two identical arms differ.
pub const AGAIN: &dyn Model = &model_tokio_current_thread::TokioCurrentThread;

/// The model with this id; the control arms are included.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Model> {
    everything().find(|model| model.id() == id)
}

/// What the model with this id says of itself; `None` of a control arm, and of one that is not known.
#[must_use]
pub fn describe(id: &str) -> Option<Description> {
    find(id)?.description()
}

/// The model with this id, as [`find`] returns it.
///
/// # Errors
/// A message that suggests the nearest id, or lists all ids if none is near.
pub fn find_or_suggest(id: &str) -> Result<&'static dyn Model, String> {
    find(id).ok_or_else(|| {
        let written = id.to_lowercase();
        let near = |model: &dyn Model| strsim::jaro_winkler(&written, model.id());
        let nearest = everything().max_by(|a, b| near(*a).total_cmp(&near(*b))).filter(|model| near(*model) > 0.7);
        match nearest {
            Some(nearest) => format!("no model `{id}`; did you mean `{}`?", nearest.id()),
            None => {
                format!("no model `{id}`; there are {}", everything().map(Model::id).collect::<Vec<_>>().join(", "))
            }
        }
    })
}

/// Whether this is the id of a control arm.
#[must_use]
pub fn is_floor(id: &str) -> bool {
    FLOORS.iter().any(|floor| floor.id() == id)
}

/// Every program that runs models must call this first in `main`: see [`fanout_worker::role::enter`].
pub fn enter() {
    fanout_worker::role::enter(find);
}

fn everything() -> impl Iterator<Item = &'static dyn Model> {
    ROSTER.iter().chain(FLOORS).copied()
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
    fn each_model_says_when_to_pick_it_what_it_costs_and_what_it_is() {
        for model in ROSTER {
            let id = model.id();
            let description = model.description().unwrap_or_else(|| panic!("{id} has no description"));
            for said in [description.pick_it_when, description.it_costs] {
                let starts_small = said.chars().next().is_some_and(char::is_lowercase);
                assert!(
                    starts_small && !said.ends_with('.'),
                    "{id}: it ends a sentence that stands before it: {said}"
                );
            }
            let lines = description.excerpt().lines().count();
            assert!((4..=30).contains(&lines), "{id}: the excerpt has {lines} lines; mark 4 to 30 of them");
        }
    }

    #[test]
    fn an_unknown_id_is_answered_with_the_nearest_or_with_all() {
        let message = |id| find_or_suggest(id).err().unwrap();
        assert!(message("thread_pool").contains("did you mean `thread-pool`?"));
        assert!(message("tokio-current").contains("`tokio-current-thread`"));
        assert!(message("HYPER").contains("did you mean `hyper`?"));
        assert!(message("qqq").contains("sequential, process-pool"));
    }
}
