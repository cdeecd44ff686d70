//! HTTP/1.1 over TLS, with deliberate mistakes at the end of the connection.
//!
//! | path | answer |
//! |---|---|
//! | `/uuid/N` | [`uuid_of`](super::uuid_of) N, and the connection stays open |
//! | `/length/N`, `/chunks/N` | the same with a length, or in whole chunks; then the connection is cut |
//! | `/until-cut/N` | the same without a length; then the connection is cut |
//! | `/until-closed/N` | the same without a length; then the connection is closed |
//! | others, such as that of an HTTP/2 client | 400; then the connection is closed |
//!
//! A TLS connection is closed with the alert `close_notify`, and cut without it (RFC 8446, section 6.1).

use std::io::{self, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use anyhow::Result;
use fanout_model::Roots;
use mock_server::certificate::certified;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::answer_of;
use super::http1::read_head;

/// A running server. It ends with its process, which is the process of a trial.
pub(crate) struct TlsServer {
    authority: String,
    roots: Roots,
}

impl TlsServer {
    /// Starts a server that offers these protocols by ALPN (RFC 7301), or does not know ALPN if there are none.
    pub(crate) fn start(protocols: &[&str]) -> Result<Self> {
        let mut certified = certified(IpAddr::V4(Ipv4Addr::LOCALHOST))?;
        certified.config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let config = Arc::new(certified.config);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let authority = listener.local_addr()?.to_string();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let config = Arc::clone(&config);
                // If a client goes away, its thread ends with an error, which is ignored.
                thread::spawn(move || serve(stream, config));
            }
        });
        Ok(Self { authority, roots: Roots::Pem(certified.root_pem) })
    }

    /// The URL of a path on this server.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("https://{}{path}", self.authority)
    }

    /// The root that a client must trust.
    pub(crate) fn roots(&self) -> Roots {
        self.roots.clone()
    }
}

fn serve(tcp: TcpStream, config: Arc<ServerConfig>) -> Option<()> {
    tcp.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(StreamOwned::new(ServerConnection::new(config).ok()?, tcp));
    loop {
        let (_, path, _) = read_head(&mut reader)?;
        let (answer, end) = answer(&path);
        let stream = reader.get_mut();
        stream.write_all(answer.as_bytes()).ok()?;
        if end == End::Open {
            continue;
        }
        if end == End::Closed {
            stream.conn.send_close_notify();
        }
        stream.flush().ok()?;
        stream.sock.shutdown(Shutdown::Write).ok()?;
        // Closing the connection with unread data would reset it, and the client would not see the answer.
        return io::copy(&mut stream.sock, &mut io::sink()).map(drop).ok();
    }
}

/// What becomes of the connection after an answer.
#[derive(PartialEq, Eq)]
enum End {
    Open,
    Closed,
    Cut,
}

fn answer(path: &str) -> (String, End) {
    let with_length = |status, close, body: &str| {
        format!("HTTP/1.1 {status} -\r\n{close}content-length: {}\r\n\r\n{body}", body.len())
    };
    let close = "connection: close\r\n";
    let until_end = |body| format!("HTTP/1.1 200 -\r\n{close}\r\n{body}");
    let mut parts = path.trim_start_matches('/').splitn(2, '/');
    let (kind, n) = (parts.next().unwrap_or_default(), parts.next().and_then(|n| n.parse().ok()));
    let body = answer_of(n.unwrap_or(usize::MAX));
    match kind {
        "uuid" => (with_length(200, "", &body), End::Open),
        "length" => (with_length(200, close, &body), End::Cut),
        "chunks" => {
            let head = format!("HTTP/1.1 200 -\r\n{close}transfer-encoding: chunked\r\n\r\n");
            (format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len()), End::Cut)
        }
        "until-cut" => (until_end(body), End::Cut),
        "until-closed" => (until_end(body), End::Closed),
        _ => (with_length(400, close, ""), End::Closed),
    }
}
