//! Checks what a model does with a TLS connection that ends without `close_notify`, and with a server that does not
//! speak HTTP/2 over TLS. Models without TLS are not asked.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fanout_model::{BodyError, Model, Protocol, Request, RequestError, Settings};

use crate::asked::{LIMIT, expect_numbers, get, settings};
use crate::server::tls::TlsServer;
use crate::server::uuid_of;
use crate::starved::{self, with_time_enough};

/// The kinds of answers whose connection then ends, and whether the client can know that the answer is whole. In
/// HTTP/2, the answer itself says where it ends.
const ENDS: [(&str, bool); 4] = [("length", true), ("chunks", true), ("until-closed", true), ("until-cut", false)];

/// An answer without a length ends with its connection. If that ends without `close_notify`, anybody on the way may
/// have cut it, and the answer is not whole (RFC 9112, section 9.8).
pub(crate) fn without_notice(model: &'static dyn Model) -> Result<()> {
    for protocol in spoken(model).filter(|protocol| *protocol != Protocol::Http2) {
        with_time_enough(|timeout| ends(protocol, timeout, model)).with_context(|| format!("{protocol}"))?;
    }
    Ok(())
}

fn ends(protocol: Protocol, timeout: Duration, model: &dyn Model) -> Result<()> {
    let server = TlsServer::start(&["http/1.1"])?;
    let settings = Settings { timeout, protocol, roots: server.roots(), ..settings(model, LIMIT)? };
    let kinds = ENDS.iter().cycle().take(3 * ENDS.len());
    let requests = kinds.clone().enumerate().map(|(i, (kind, _))| get(&server.at(&format!("/{kind}/{i}"))));
    let outcomes = model.prepare(&settings)?.run(&requests.collect::<Result<Vec<Request>>>()?);
    ensure!(outcomes.len() == kinds.clone().count(), "{} outcomes for {}", outcomes.len(), kinds.count());
    for (i, (outcome, (kind, whole))) in outcomes.iter().zip(kinds).enumerate() {
        let cut_off = RequestError::Body(BodyError::Truncated);
        let wanted = if *whole { Ok(uuid_of(i).into()) } else { Err(cut_off) };
        starved::unless(&outcome.result, false)?;
        ensure!(outcome.result == wanted, "/{kind} became {:?}, not {wanted:?}", outcome.result);
    }
    Ok(())
}

/// A server without HTTP/2 may offer HTTP/1.1 alone, or may not know ALPN. A model that asks for HTTP/1.1 is served.
/// A model that asks for HTTP/2 has an outcome that says what is wrong, and never takes another version instead.
pub(crate) fn without_http2(model: &'static dyn Model) -> Result<()> {
    for protocol in spoken(model) {
        for offered in [&["http/1.1"][..], &[]] {
            with_time_enough(|timeout| offers(offered, protocol, timeout, model))
                .with_context(|| format!("{protocol} of a server that offers {offered:?}"))?;
        }
    }
    Ok(())
}

fn offers(offered: &[&str], protocol: Protocol, timeout: Duration, model: &dyn Model) -> Result<()> {
    let server = TlsServer::start(offered)?;
    let settings = Settings { timeout, protocol, roots: server.roots(), ..settings(model, LIMIT)? };
    let requests = (0..12).map(|i| get(&server.at(&format!("/uuid/{i}")))).collect::<Result<Vec<Request>>>()?;
    let outcomes = model.prepare(&settings)?.run(&requests);
    for outcome in &outcomes {
        starved::unless(&outcome.result, false)?;
    }
    if protocol != Protocol::Http2 {
        return expect_numbers(&outcomes, requests.len());
    }
    ensure!(outcomes.len() == requests.len(), "{} outcomes for {} requests", outcomes.len(), requests.len());
    for (i, outcome) in outcomes.iter().enumerate() {
        match &outcome.result {
            // The server ended the handshake.
            Err(RequestError::Tls(said)) if !offered.is_empty() && said.contains("the version of HTTP") => {}
            // No client sees that nothing was agreed on. They speak HTTP/2, and the server answers in HTTP/1.1.
            Err(RequestError::Body(BodyError::NotHttp)) if offered.is_empty() => {}
            other => bail!("outcome {i} is {other:?}"),
        }
    }
    Ok(())
}

fn spoken(model: &dyn Model) -> impl Iterator<Item = Protocol> {
    model.protocols().iter().copied().filter(|_| model.speaks_tls())
}
