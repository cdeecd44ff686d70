//! libcurl's part of one request: a handle with the common settings of `fanout-clients`, and the result.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use curl::Error;
use curl::easy::{Easy2, Handler, HttpVersion, InfoType, List, ReadError, WriteError};
use fanout_model::answer::{Answer, MOST_HEAD};
use fanout_model::names::{self, Hosts};
use fanout_model::{BodyError, Found, Protocol, Request, RequestError, Settings, SetupError, Url};
use http::header::{HeaderMap, HeaderValue, RETRY_AFTER};

/// libcurl's handle for one request at a time. It is used for one request after another.
pub(crate) type Handle = Easy2<Exchange>;

/// What libcurl reports of the current request.
#[derive(Default)]
pub(crate) struct Exchange {
    /// `None` before the first request.
    request: Option<Request>,
    /// How many bytes of the request's body libcurl has taken.
    sent: usize,
    status: u16,
    /// The length that the head promised; 0 if it promised none.
    length: u64,
    /// The headers of the answer that are looked at later: `Retry-After`, if the answer has it.
    headers: HeaderMap,
    /// `None` until some of the body has arrived.
    answer: Option<Answer>,
    /// What is wrong with the part of the answer that has arrived.
    failure: Option<RequestError>,
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
        headers.append(CLOSE)?;
        handle.http_headers(headers)?;
        handle.forbid_reuse(true)?;
    }
    Ok(())
}

const CLOSE: &str = "connection: close";

/// Applies what a request has beyond a plain one.
fn add(handle: &mut Handle, settings: &Settings, request: &Request) -> Result<(), Error> {
    let mut headers = List::new();
    // libcurl would wait a second for the server's leave to send a body (RFC 9110, section 10.1.1).
    headers.append("expect:")?;
    if settings.protocol == Protocol::ConnectionPerRequest {
        headers.append(CLOSE)?;
    }
    for (name, value) in request.headers().iter().filter(|(name, _)| *name != "content-length") {
        // An empty value is written with a semicolon (CURLOPT_HTTPHEADER(3)).
        let value = String::from_utf8_lossy(value.as_bytes());
        headers.append(&if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") })?;
    }
    handle.http_headers(headers)?;
    if request.headers().contains_key("content-length") {
        handle.upload(true)?;
        handle.in_filesize(request.body().len() as u64)?;
    }
    match request.method().as_str() {
        "GET" if request.body().is_empty() => Ok(()),
        "HEAD" => handle.nobody(true),
        method => handle.custom_request(method),
    }
}

/// Prepares `handle` for the next request; `hosts` has the addresses of names.
pub(crate) fn begin(
    handle: &mut Handle,
    settings: &Settings,
    request: &Request,
    hosts: &Hosts,
) -> Result<(), RequestError> {
    let url = request.url();
    // libcurl also reads files, and speaks other protocols.
    if url.scheme() != "http" {
        return Err(RequestError::Invalid(format!("this client speaks plain http only, not {}", url.scheme())));
    }
    let refused = |error: Error| RequestError::Invalid(error.to_string());
    // A handle that could not be configured is configured anew for the next request.
    let last = handle.get_mut().request.take();
    let is_configured = last.is_some_and(|last| {
        last == *request || last.is_simple() && request.is_simple() || last.sends_what_is_sent_by(request)
    });
    if !is_configured {
        handle.reset();
        configure(handle, settings).map_err(refused)?;
        if !request.is_simple() {
            add(handle, settings, request).map_err(refused)?;
        }
    }
    let exchange = handle.get_mut();
    exchange.request = Some(request.clone());
    (exchange.sent, exchange.status, exchange.length, exchange.asked_again) = (0, 0, 0, false);
    exchange.headers.clear();
    (exchange.answer, exchange.failure) = (None, None);
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
pub(crate) fn result(handle: &mut Handle, ended: Result<(), Error>) -> Result<Found, RequestError> {
    ended.map_err(|error| failure(handle, &error))?;
    let exchange = handle.get_mut();
    match (exchange.answer.take(), &exchange.request) {
        (Some(answer), _) => answer.check(),
        // An answer without a body.
        (None, Some(request)) => Answer::begin(request, exchange.status, &exchange.headers)?.check(),
        (None, None) => Err(RequestError::Body(BodyError::NotHttp)),
    }
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
    if let Some(failure) = &handle.get_ref().failure {
        return failure.clone();
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
    let long = || handle.header_size().is_ok_and(|size| size > MOST_HEAD as u64);
    error.code() == TOO_LARGE || error.is_recv_error() && handle.get_ref().answer.is_none() && long()
}

/// `CURLE_TOO_LARGE` (libcurl-errors(3)).
const TOO_LARGE: u32 = 100;

impl Handler for Exchange {
    /// Remembers the status. An informational answer comes before the final one (RFC 9110, section 15.2).
    fn header(&mut self, line: &[u8]) -> bool {
        let status = line.strip_prefix(b"HTTP/").and_then(|line| line.split(|byte| *byte == b' ').nth(1));
        let status = status.and_then(|digits| std::str::from_utf8(digits).ok()?.trim_end().parse().ok());
        self.status = status.unwrap_or(self.status);
        let line = std::str::from_utf8(line).unwrap_or_default();
        if let Some((name, value)) = line.split_once(':') {
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                self.length = value.parse().unwrap_or(0);
            } else if name.eq_ignore_ascii_case(RETRY_AFTER.as_str()) {
                self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (RETRY_AFTER, value)));
            }
        }
        true
    }

    /// Accepting fewer bytes than there are ends the request.
    fn write(&mut self, part: &[u8]) -> Result<usize, WriteError> {
        let Some(request) = &self.request else { return Ok(0) };
        let answer = match self.answer.take() {
            Some(answer) => Ok(answer),
            None => Answer::begin(request, self.status, &self.headers).map(|mut answer| {
                answer.expect(self.length);
                answer
            }),
        };
        match answer.and_then(|mut answer| answer.take(part).map(|()| answer)) {
            Ok(answer) => self.answer = Some(answer),
            Err(failure) => self.failure = Some(failure),
        }
        Ok(if self.failure.is_some() { 0 } else { part.len() })
    }

    /// Gives libcurl the next part of the request's body.
    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        let Some(request) = &self.request else { return Ok(0) };
        let left = &request.body()[self.sent..];
        let n = left.len().min(into.len());
        into[..n].copy_from_slice(&left[..n]);
        self.sent += n;
        Ok(n)
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
