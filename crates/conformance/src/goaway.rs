//! Checks that a request which an HTTP/2 server did not process is made again (RFC 9113, section 6.8). The server
//! here is written by hand, because no library leaves a request unanswered on purpose.

use std::collections::HashSet;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use fanout_model::{Model, Protocol, Settings};

use crate::asked::{LIMIT, get, settings};
use crate::server::uuid_of;

/// How many of the first connections go away.
const GOING: usize = 2;

/// How long a connection waits for a second request before it goes on. This is a deadline, not a measurement.
const PATIENCE: Duration = Duration::from_millis(300);

/// The number of requests.
const REQUESTS: usize = 37;

/// The first connections answer one request, leave the next ones, and go away without an error.
pub(crate) fn unprocessed(model: &'static dyn Model) -> Result<()> {
    if !model.protocols().contains(&Protocol::Http2) {
        return Ok(());
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/", listener.local_addr()?);
    let counts = Arc::new(Counts::default());
    let counting = Arc::clone(&counts);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let counts = Arc::clone(&counting);
            // If a client goes away, its connection ends with an error, which is ignored.
            thread::spawn(move || drop(serve(stream, &counts)));
        }
    });
    let settings = Settings { protocol: Protocol::Http2, ..settings(model, LIMIT)? };
    let outcomes = model.prepare(&settings)?.run(&vec![get(&url)?; REQUESTS]);
    let left = counts.left.load(Ordering::Relaxed);
    ensure!(left > 0, "the server left no request unprocessed, so that nothing was tried");
    let failed = outcomes.iter().find_map(|outcome| outcome.result.as_ref().err());
    ensure!(failed.is_none(), "{left} requests were not processed, and one became {failed:?}");
    let distinct: HashSet<_> = outcomes.iter().filter_map(|outcome| outcome.result.as_ref().ok()).collect();
    let answered = counts.answered.load(Ordering::Relaxed);
    ensure!(answered == REQUESTS, "the server processed {answered} requests for {REQUESTS}: one was made twice");
    ensure!(distinct.len() == REQUESTS, "{} distinct answers for {REQUESTS} requests", distinct.len());
    Ok(())
}

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    answered: AtomicUsize,
    left: AtomicUsize,
}

// The kinds of frames (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn serve(mut stream: TcpStream, counts: &Counts) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let goes_away = counts.connections.fetch_add(1, Ordering::Relaxed) < GOING;
    stream.read_exact(&mut [0; b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len()])?;
    frame(&mut stream, SETTINGS, 0, 0, &[])?;
    // The first request of a connection that goes away waits here for a second one.
    let mut waits = None;
    loop {
        stream.set_read_timeout(waits.map(|_| PATIENCE))?;
        let mut head = [0; 9];
        match stream.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if let Some(first) = waits.take() {
                    answer(&mut stream, first, counts)?;
                }
                continue;
            }
            Err(error) => return Err(error),
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let (kind, flags) = (head[3], head[4]);
        let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload)?;
        match kind {
            SETTINGS if flags & ACK == 0 => frame(&mut stream, SETTINGS, ACK, 0, &[])?,
            PING if flags & ACK == 0 => frame(&mut stream, PING, ACK, 0, &payload)?,
            HEADERS if goes_away => match waits.take() {
                None => waits = Some(id),
                Some(first) => {
                    counts.left.fetch_add(1, Ordering::Relaxed);
                    answer(&mut stream, first, counts)?;
                    // The last stream that was processed, and no error.
                    let payload = [first.to_be_bytes(), [0; 4]].concat();
                    frame(&mut stream, GOAWAY, 0, 0, &payload)?;
                    // What still arrives is not processed either.
                    return io::copy(&mut stream, &mut io::sink()).map(drop);
                }
            },
            HEADERS => answer(&mut stream, id, counts)?,
            _ => {}
        }
    }
}

fn answer(stream: &mut TcpStream, id: u32, counts: &Counts) -> io::Result<()> {
    let number = counts.answered.fetch_add(1, Ordering::Relaxed);
    // The status 200 in HPACK's static table (RFC 7541, appendix A).
    frame(stream, HEADERS, END_HEADERS, id, &[0x88])?;
    frame(stream, DATA, END_STREAM, id, format!(r#"{{"uuid": "{}"}}"#, uuid_of(number)).as_bytes())
}

fn frame(stream: &mut TcpStream, kind: u8, flags: u8, id: u32, payload: &[u8]) -> io::Result<()> {
    let length = (payload.len() as u32).to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend_from_slice(&id.to_be_bytes());
    bytes.extend_from_slice(payload);
    stream.write_all(&bytes)
}
