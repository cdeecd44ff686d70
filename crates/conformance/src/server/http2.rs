//! HTTP/2 with prior knowledge, with the h2 crate, which can reset a stream wherever an answer should be wrong.

use std::future::poll_fn;
use std::net::TcpStream;

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderName, HeaderValue, Request, Response, header};
use tokio::runtime::Builder;
use tokio::sync::mpsc::channel;
use tokio::task::spawn_blocking;

use super::endless::Endless;
use super::{Answer, CUT, Server};

/// Serves one connection, with a thread for each stream whose answer has to wait.
pub(super) fn serve(server: &Server, stream: TcpStream) -> Option<()> {
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(4_096).build().ok()?;
    let served: Option<()> = runtime.block_on(async {
        stream.set_nonblocking(true).ok()?;
        let stream = tokio::net::TcpStream::from_std(stream).ok()?;
        let mut builder = h2::server::Builder::new();
        let mut connection = builder.max_concurrent_streams(server.most_streams).handshake(stream).await.ok()?;
        while let Some(request) = connection.accept().await {
            let (request, respond) = request.ok()?;
            let header = |(name, value): (&HeaderName, &HeaderValue)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            };
            server.had(request.headers().iter().map(header).collect());
            tokio::spawn(stream_of(server.clone(), request, respond));
        }
        Some(())
    });
    // Otherwise, dropping the runtime would wait for streams that hang.
    runtime.shutdown_background();
    served
}

async fn stream_of(server: Server, request: Request<RecvStream>, mut respond: SendResponse<Bytes>) -> Option<()> {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    if server.refuses(&path) {
        respond.send_reset(Reason::REFUSED_STREAM);
        return Some(());
    }
    let arrival = server.arrived();
    if matches!(path.as_str(), "/early" | "/early-open" | "/broken-off") {
        server.answered();
        if path != "/broken-off" {
            respond.send_response(Response::builder().status(413).body(()).ok()?, true).ok()?;
            // It asks the client to send no more of the body (RFC 9113, section 8.1).
            respond.send_reset(Reason::NO_ERROR);
        } else {
            respond.send_reset(Reason::INTERNAL_ERROR);
        }
        return Some(());
    }
    let is_head = method == "HEAD";
    let body = received(request.into_body()).await?;
    let answering = server.clone();
    let answer = spawn_blocking(move || answering.answer(&method, &path, &body, arrival)).await.ok()?;
    // This comes before the answer is sent: the client may send its next request as soon as it has the answer.
    server.answered();
    let head = Response::builder().header(header::CONTENT_TYPE, "application/json");
    match answer {
        // A stream carries one request, whether or not it is the last.
        Answer::Whole { status, header, body, last: _ } => {
            let head = head.status(status).header(header::CONTENT_LENGTH, body.len());
            let head = header.into_iter().fold(head, |head, (name, value)| head.header(name, value));
            let is_head = is_head || body.is_empty();
            let mut stream = respond.send_response(head.body(()).ok()?, is_head).ok()?;
            if is_head {
                return Some(());
            }
            send(&mut stream, body).await?;
            stream.send_data(Bytes::new(), true).ok()
        }
        Answer::Unasked(body) => {
            let mut stream = respond.send_response(head.body(()).ok()?, false).ok()?;
            stream.send_data(body.into(), true).ok()
        }
        Answer::Cut | Answer::CutChunks => {
            let head = head.header(header::CONTENT_LENGTH, CUT.1);
            let mut stream = respond.send_response(head.body(()).ok()?, false).ok()?;
            stream.send_data(CUT.0.into(), false).ok()?;
            stream.send_reset(Reason::INTERNAL_ERROR);
            Some(())
        }
        Answer::Endless(endless) => {
            let stream = respond.send_response(head.body(()).ok()?, false).ok()?;
            send_for_ever(stream, endless).await
        }
        Answer::Nothing => {
            respond.send_reset(Reason::INTERNAL_ERROR);
            Some(())
        }
    }
}

/// The body of a request.
async fn received(mut stream: RecvStream) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(part) = stream.data().await {
        let part = part.ok()?;
        body.extend_from_slice(&part);
        stream.flow_control().release_capacity(part.len()).ok()?;
    }
    Some(body)
}

/// Sends all of this as fast as the client reads it.
async fn send(stream: &mut SendStream<Bytes>, mut part: Bytes) -> Option<()> {
    while !part.is_empty() {
        stream.reserve_capacity(part.len());
        let capacity = poll_fn(|context| stream.poll_capacity(context)).await?.ok()?;
        stream.send_data(part.split_to(capacity.min(part.len())), false).ok()?;
    }
    Some(())
}

/// Returns when the client has gone away. What is sent stays in h2 until the client reads it, and the next part waits
/// for that.
async fn send_for_ever(mut stream: SendStream<Bytes>, endless: Endless) -> Option<()> {
    let (parts, mut received) = channel(1);
    // Making the parts of a dripping answer takes time.
    spawn_blocking(move || endless.body().try_for_each(|part| parts.blocking_send(part)));
    while let Some(part) = received.recv().await {
        send(&mut stream, part.into()).await?;
    }
    None
}
