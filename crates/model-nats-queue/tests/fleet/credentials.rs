//! A server that lets in whoever has a credentials file, as an operator with `nsc` sets it up: the operator signs
//! accounts, an account signs its users, and a user signs what the server asks (NATS, "JWT authentication").

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fanout_fleet::NatsServer;
use fanout_model::Runner;
use model_nats_queue::{NatsRunner, Server};
use nkeys::KeyPair;
use serde_json::{Value, json};

use crate::Test;
use crate::orderly::{distinct, requests, slow};
use crate::workers::{WORKER, Worker, settings};

pub(crate) const TESTS: &[Test] = &[("a_credentials_file_lets_clients_and_workers_in", credentials)];

/// What `signer` says of `subject`.
fn signed(signer: &KeyPair, subject: &KeyPair, mut says: Value) -> String {
    says["version"] = json!(2);
    let claims = json!({
        "iat": 1_700_000_000, "iss": signer.public_key(), "sub": subject.public_key(), "name": "test",
        "jti": subject.public_key(), "nats": says,
    });
    let header = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let encoded = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let signature = signer.sign(encoded.as_bytes()).unwrap();
    format!("{encoded}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn account(operator: &KeyPair, account: &KeyPair, has_store: bool) -> String {
    let store = if has_store { -1 } else { 0 };
    let limits = json!({
        "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1,
        "leaf": -1, "mem_storage": store, "disk_storage": store, "streams": store, "consumer": store,
    });
    signed(operator, account, json!({ "type": "account", "limits": limits }))
}

/// The credentials file of a user whom this account lets in.
fn file(folder: &Path, name: &str, account: &KeyPair) -> PathBuf {
    let user = KeyPair::new_user();
    let says = json!({ "type": "user", "pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1 });
    let (jwt, seed) = (signed(account, &user, says), user.seed().unwrap());
    let path = folder.join(name);
    let text = format!(
        "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n\
         {seed}\n------END USER NKEY SEED------\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}

fn credentials() {
    let folder = tempfile::tempdir().unwrap();
    let (operator, system, own) = (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_account());
    let config = format!(
        "operator: {}\nsystem_account: {}\nresolver: MEMORY\nresolver_preload: {{\n{}: {}\n{}: {}\n}}\n",
        signed(&operator, &operator, json!({ "type": "operator" })),
        system.public_key(),
        system.public_key(),
        account(&operator, &system, false),
        own.public_key(),
        account(&operator, &own, true),
    );
    let path = folder.path().join("config");
    std::fs::write(&path, config).unwrap();
    let nats = NatsServer::start_at(Ipv4Addr::LOCALHOST.into(), &["-c", path.to_str().unwrap()]).unwrap();
    let start = |credentials| NatsRunner::start(&Server::new(&nats.url(), credentials, None).unwrap(), &settings(4));
    let error = start(None).unwrap_err().to_string();
    assert!(error.contains("authorization violation"), "{error}");
    let error = start(Some(file(folder.path(), "stranger", &KeyPair::new_account()))).unwrap_err().to_string();
    assert!(error.contains("authorization violation"), "{error}");
    let error = start(Some(folder.path().join("none"))).unwrap_err().to_string();
    assert!(error.contains("FANOUT_NATS_CREDS names") && error.contains("none"), "{error}");
    let user = file(folder.path(), "user", &own);
    let mut worker = std::process::Command::new("/proc/self/exe");
    worker.args([WORKER, &nats.url(), "tokio-current-thread"]).env("FANOUT_NATS_CREDS", &user);
    let mut worker = Worker::of(&mut worker);
    worker.says("is ready");
    let server = slow(0);
    assert_eq!(distinct(&start(Some(user)).unwrap().run(&requests(&server, 10))).len(), 10);
}
