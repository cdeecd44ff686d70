//! HTTP/1.1, written by hand, so that deliberate mistakes reach the client unchanged.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use super::endless::Endless;
use super::{Answer, CUT, Headers, Server, UNASKED, answer_of};

pub(super) fn serve(server: &Server, stream: &TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let (method, path, headers) = read_head(&mut reader)?;
        let close = headers.contains(&("connection".into(), "close".into()));
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.map_or(Some(0), |(_, value)| value.parse().ok())?;
        server.had(headers);
        let arrival = server.arrived();
        if matches!(path.as_str(), "/early" | "/early-open" | "/broken-off") {
            server.answered();
            return end_early(stream, reader, &path);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let answer = server.answer(&method, &path, &body, arrival);
        // This comes before the answer is sent: the client may send its next request as soon as it has the answer.
        server.answered();
        if let Answer::Endless(endless) = answer {
            return write_for_ever(writer, &endless).ok();
        }
        let (mut bytes, goes_on) = bytes_of(answer);
        if method == "HEAD" {
            // The head promises the body that a GET would get (RFC 9110, section 9.3.2).
            let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
            bytes.truncate(head);
        }
        writer.write_all(&bytes).ok()?;
        if close || !goes_on {
            return stream.shutdown(Shutdown::Both).ok();
        }
    }
}

/// Answers before the body of a request was read, or ends the connection without an answer.
fn end_early(mut stream: &TcpStream, mut reader: impl Read, path: &str) -> Option<()> {
    match path {
        "/early" => {
            stream.write_all(b"HTTP/1.1 413 -\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
            stream.shutdown(Shutdown::Write).ok()?;
            // Closing the connection with unread data would reset it, and the client would not see the answer.
            io::copy(&mut reader, &mut io::sink()).map(drop).ok()
        }
        "/early-open" => {
            stream.write_all(b"HTTP/1.1 413 -\r\ncontent-length: 0\r\n\r\n").ok()?;
            // Nothing more is read, and the connection stays open.
            thread::sleep(Duration::from_secs(600));
            None
        }
        _ => {
            reader.read_exact(&mut [0]).ok()?;
            stream.shutdown(Shutdown::Both).ok()
        }
    }
}

/// Answers every request as a server of another protocol would.
pub(super) fn not_http(server: &Server, stream: &TcpStream) -> Option<()> {
    // HTTP/1.1 reads the beginning of HTTP/2 as a request (RFC 9113, section 3.4).
    read_head(&mut BufReader::new(stream))?;
    server.arrived();
    server.answered();
    let mut writer = stream;
    writer.write_all(b"SSH-2.0-OpenSSH\r\n\r\n").ok()?;
    stream.shutdown(Shutdown::Write).ok()?;
    // Closing the connection with unread data would reset it, and the client would not see the answer.
    io::copy(&mut &*stream, &mut io::sink()).map(drop).ok()
}

/// The bytes to send, and whether the connection stays open.
fn bytes_of(answer: Answer) -> (Vec<u8>, bool) {
    match answer {
        Answer::Whole { status, header, body, last } => {
            let header = header.map(|(name, value)| format!("{name}: {value}\r\n")).unwrap_or_default();
            let close = if last { "connection: close\r\n" } else { "" };
            let head = format!("HTTP/1.1 {status} -\r\ncontent-type: application/json\r\n{header}{close}");
            ([format!("{head}content-length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat(), !last)
        }
        Answer::Cut => (format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}", CUT.1, CUT.0).into_bytes(), false),
        Answer::CutChunks => {
            let body = answer_of(0);
            let chunk = format!("{:x}\r\n{body}\r\n0\r\n", body.len());
            (format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}").into_bytes(), false)
        }
        Answer::Unasked(body) => {
            let answer = |body: &str| format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            ((answer(&body) + &answer(&answer_of(UNASKED))).into_bytes(), true)
        }
        Answer::Nothing | Answer::Endless(_) => (Vec::new(), false),
    }
}

/// Returns when the client has gone away.
fn write_for_ever(mut writer: &TcpStream, endless: &Endless) -> io::Result<()> {
    writer.write_all(endless.start.as_bytes())?;
    endless.parts().try_for_each(|part| writer.write_all(&part))
}

/// The method and the path of the next request, and its headers.
pub(super) fn read_head(reader: &mut impl BufRead) -> Option<(String, String, Headers)> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim_end().is_empty() {
            break;
        }
        head.push(line.trim_end().to_owned());
    }
    let mut words = head.first()?.split(' ');
    let method = words.next()?.to_owned();
    let path = words.next()?.split('?').next()?.to_owned();
    let header = |line: &String| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    Some((method, path, head.iter().skip(1).filter_map(header).collect()))
}
