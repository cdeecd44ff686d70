//! Reads from the variables `AWS_*` how a bucket is reached. A key is never an argument, because every user of a
//! machine can read the arguments of a process.

use std::env;
use std::net::IpAddr;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use url::{Host, Url};

use crate::error::StoreError;

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// How long the server may be silent.
const SILENT: Duration = Duration::from_secs(15);

/// How long one object may take in all.
const WHOLE: Duration = Duration::from_secs(120);

/// After so long, a failed request is not made again.
const AGAIN: Duration = Duration::from_secs(10);

/// The variables of the server's address, the strongest first.
const ENDPOINTS: [&str; 3] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];

/// Returns the settings of the store `named`, without its bucket.
pub(crate) fn builder(named: &str) -> Result<AmazonS3Builder, StoreError> {
    check_key(named)?;
    let allow_http = check_endpoint(named)?;
    let options = ClientOptions::new()
        .with_connect_timeout(CONNECT)
        .with_read_timeout(SILENT)
        .with_timeout(WHOLE)
        .with_allow_http(allow_http);
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(200), max_backoff: Duration::from_secs(2), base: 2.0 };
    let retry = RetryConfig { backoff, max_retries: 3, retry_timeout: AGAIN };
    Ok(AmazonS3Builder::from_env().with_client_options(options).with_retry(retry))
}

/// The value of a variable; an empty one is an unset one.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn is_true(name: &str) -> bool {
    variable(name).is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "on"))
}

/// Checks that there is a key, or a way to one. Without this, the library would ask the address 169.254.169.254 for
/// one, which is no machine in most networks.
fn check_key(named: &str) -> Result<(), StoreError> {
    let has = |name| variable(name).is_some();
    let wrong = |words: &str| Err(StoreError::setting(named, words));
    match (has("AWS_ACCESS_KEY_ID"), has("AWS_SECRET_ACCESS_KEY")) {
        (true, true) => return Ok(()),
        (true, false) => return wrong("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not: set both"),
        (false, true) => return wrong("AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not: set both"),
        (false, false) => {}
    }
    let role = has("AWS_WEB_IDENTITY_TOKEN_FILE") && has("AWS_ROLE_ARN");
    let container = has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || has("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if role || container || has("AWS_METADATA_ENDPOINT") || is_true("AWS_SKIP_SIGNATURE") {
        return Ok(());
    }
    wrong(
        "there is no key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the variables of a role, as \
         docs/fleet-history.md says; AWS_SKIP_SIGNATURE=true is for a bucket that anybody may read)",
    )
}

/// Checks the server's address. Returns whether it may be reached without TLS: on this machine, or if
/// `AWS_ALLOW_HTTP` says so.
fn check_endpoint(named: &str) -> Result<bool, StoreError> {
    let allowed = is_true("AWS_ALLOW_HTTP");
    let Some((name, text)) = ENDPOINTS.iter().find_map(|name| Some((*name, variable(name)?))) else {
        return Ok(allowed);
    };
    let wrong = |words: &str| Err(StoreError::setting(named, format!("{name} {words}")));
    let Ok(url) = Url::parse(&text) else { return wrong("is no URL; it should be like https://s3.example.org") };
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("holds a name or a password: put the key into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    }
    match url.scheme() {
        "https" => Ok(allowed),
        "http" if allowed || is_this_machine(&url) => Ok(true),
        "http" => wrong(
            "begins with http://, so that everybody on the way could read the runs: use https://, or allow it with \
             AWS_ALLOW_HTTP=true",
        ),
        _ => wrong("begins with neither https:// nor http://"),
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}
