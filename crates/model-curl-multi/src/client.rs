//! libcurl's part of one request: a handle with the common settings of `fanout-clients`, and the result.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use curl::Error;
use curl::easy::{Easy2, Handler, HttpVersion, InfoType, List, WriteError};
use fanout_model::names::{self, Hosts};
use fanout_model::{BodyError, Protocol, RequestError, Settings, SetupError, Url, Uuid, answer};

/// libcurl's handle for one request at a time. It is used for one request after another.
pub(crate) type Handle = Easy2<Exchange>;

/// What libcurl reports of the current request.
#[derive(Default)]
pub(crate) struct Exchange {
    body: Vec<u8>,
    too_long: bool,
    asked_again: bool,
}

/// A handle with these `settings`. It opens no connection yet.
pub(crate) fn handle(settings: &Settings) -> Result<Handle, SetupError> {
    settings.refuse_beyond(Protocol::HTTP1)?;
    settings.refuse_https()?;
    let mut handle = Easy2::new(Exchange::default());
    configure(&mut handle, settings).map_err(|error| SetupError::Client(error.to_string()))?;
    Ok(handle)
}

/// Applies the settings. By default, libcurl follows no redirect and raises no signal.
fn configure(handle: &mut Handle, settings: &Settings) -> Result<(), Error> {
    // An empty name keeps libcurl from reading a proxy from the environment.
    handle.proxy("")?;
    handle.tcp_nodelay(true)?;
    handle.http_version(HttpVersion::V11)?;
    handle.http_09_allowed(false)?;
    // The unit is the millisecond, and 0 means no timeout.
    let timeout = settings.timeout.max(Duration::from_millis(1));
    handle.timeout(timeout)?;
    handle.connect_timeout(timeout)?;
    // These make libcurl call `Exchange::debug` and `Exchange::progress`.
    handle.verbose(true)?;
    handle.progress(true)?;
    if settings.protocol == Protocol::ConnectionPerRequest {
        let mut headers = List::new();
        headers.append("connection: close")?;
        handle.http_headers(headers)?;
        handle.forbid_reuse(true)?;
    }
    Ok(())
}

/// Prepares `handle` for the next request; `hosts` has the addresses of names.
pub(crate) fn begin(handle: &mut Handle, url: &Url, hosts: &Hosts) -> Result<(), RequestError> {
    // libcurl also reads files, and speaks other protocols.
    if url.scheme() != "http" {
        return Err(RequestError::Connect(format!("this client speaks plain http only, not {}", url.scheme())));
    }
    let exchange = handle.get_mut();
    exchange.body.clear();
    exchange.too_long = false;
    exchange.asked_again = false;
    let refused = |error: Error| RequestError::Connect(error.to_string());
    if names::address(url).is_none() {
        // libcurl's own look-up would start a thread and wait for it at the end of the request, however long that
        // takes.
        handle.resolve(known(url, hosts.addresses(url)?).map_err(refused)?).map_err(refused)?;
    }
    handle.url(url.as_str()).map_err(refused)
}

/// The addresses of a URL's host, in the format that libcurl reads (CURLOPT_RESOLVE(3)).
fn known(url: &Url, addresses: &[SocketAddr]) -> Result<List, Error> {
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
    let addresses: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    let mut known = List::new();
    known.append(&format!("{host}:{port}:{}", addresses.join(",")))?;
    Ok(known)
}

/// The result of the request, for which libcurl returned `ended`.
pub(crate) fn result(handle: &Handle, ended: Result<(), Error>) -> Result<Uuid, RequestError> {
    ended.map_err(|error| failure(handle, &error))?;
    let status = handle.response_code().ok().and_then(|code| u16::try_from(code).ok());
    answer::uuid(status.ok_or(RequestError::Body(BodyError::NotHttp))?, &handle.get_ref().body)
}

/// Translates an error of libcurl's into a [`RequestError`].
fn failure(handle: &Handle, error: &Error) -> RequestError {
    if error.is_operation_timedout() {
        return RequestError::Timeout;
    }
    let sent = handle.request_size().is_ok_and(|size| size > 0);
    if !sent {
        // The system's message is preferred ("Connection refused"); libcurl's own message is about the URL.
        return RequestError::Connect(match handle.os_errno() {
            Ok(code) if code != 0 => io::Error::from_raw_os_error(code).to_string(),
            _ => error.extra_description().unwrap_or_else(|| error.description()).to_owned(),
        });
    }
    if handle.get_ref().too_long {
        return RequestError::Body(BodyError::TooLong);
    }
    if is_about_the_head(handle, error) {
        return RequestError::Body(BodyError::HeadTooLong);
    }
    let cut = error.is_got_nothing() || error.is_partial_file() || error.is_recv_error() || error.is_send_error();
    if cut || handle.get_ref().asked_again {
        return RequestError::Body(BodyError::Truncated);
    }
    RequestError::Body(BodyError::NotHttp)
}

/// Whether libcurl rejected a head that is too long. A line may have 100 kB, with an error of its own. The whole head
/// may have 300 kB, informational answers included; libcurl calls that an error of receiving (`lib/http.c`).
fn is_about_the_head(handle: &Handle, error: &Error) -> bool {
    let long = || handle.header_size().is_ok_and(|size| size > answer::MOST_HEAD as u64);
    error.code() == TOO_LARGE || error.is_recv_error() && handle.get_ref().body.is_empty() && long()
}

/// `CURLE_TOO_LARGE` (libcurl-errors(3)).
const TOO_LARGE: u32 = 100;

impl Handler for Exchange {
    /// Accepting fewer bytes than there are ends the request.
    fn write(&mut self, data: &[u8]) -> Result<usize, WriteError> {
        if self.body.len() + data.len() > answer::MOST_BODY {
            self.too_long = true;
            return Ok(0);
        }
        self.body.extend_from_slice(data);
        Ok(data.len())
    }

    /// libcurl repeats a request if a reused connection ends without an answer (`lib/transfer.c`,
    /// `Curl_retry_request`), and has no option against it. But it reports the retry first, and that report is used
    /// here. It costs half a microsecond a request.
    fn debug(&mut self, kind: InfoType, data: &[u8]) {
        self.asked_again |= matches!(kind, InfoType::Text) && data.starts_with(b"Connection died");
    }

    /// libcurl calls this once more before it sends anything; returning `false` ends the request.
    fn progress(&mut self, _: f64, _: f64, _: f64, _: f64) -> bool {
        !self.asked_again
    }
}
