//! The model works inside a running event loop, which the notebook's asyncio cell could not do.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::num::NonZeroUsize;

use fanout_clients::reqwest_async::Client;
use fanout_conformance::server::{Server, uuid_of};
use fanout_model::{Model, Settings, SetupError};
use model_tokio_current_thread::{TokioCurrentThread, fetch_all};
use tokio::runtime::Builder;

fn settings() -> Settings {
    Settings::new(NonZeroUsize::new(4).unwrap()).unwrap()
}

#[test]
fn the_asynchronous_entry_is_awaited_inside_a_running_event_loop_of_either_kind() {
    let server = Server::start();
    let requests: Vec<_> = (0..20).map(|i| server.get(format!("/uuid/{i}"))).collect();
    for builder in [&mut Builder::new_current_thread(), &mut Builder::new_multi_thread()] {
        let requests = requests.clone();
        // This is a task, as in a handler of a web server, so the future must be `Send`.
        let task = async move {
            let client = Client::new(&settings()).unwrap();
            fetch_all(&client, &requests, settings().concurrency).await
        };
        let event_loop = builder.enable_all().build().unwrap();
        let outcomes = event_loop.block_on(async { tokio::spawn(task).await.unwrap() });
        let results: Vec<_> = outcomes.into_iter().map(|outcome| outcome.result.unwrap()).collect();
        assert_eq!(results, (0..20).map(|n| uuid_of(n).into()).collect::<Vec<_>>());
    }
    assert!(server.seen().peak <= 4);
}

#[test]
fn the_blocking_entry_called_there_says_to_await_instead() {
    let event_loop = Builder::new_current_thread().build().unwrap();
    let error = event_loop.block_on(async { TokioCurrentThread.prepare(&settings()).err() }).unwrap();
    assert_eq!(error, SetupError::InsideRuntime);
    assert!(error.to_string().contains("await the `fetch_all` of an asynchronous model"), "{error}");
}
