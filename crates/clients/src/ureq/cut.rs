//! Makes ureq notice that a connection was cut.
//!
//! ureq takes a body without a length for whole when its connection is reset, or ends without the alert
//! `close_notify` of TLS (ureq 3.5, `run.rs`). The other clients take it for cut off (RFC 9112, section 9.8).

use std::io::{self, ErrorKind};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// Wraps each connection, so that it [`Notices`].
#[derive(Debug, Default)]
pub(super) struct Noticing;

impl<In: Transport> Connector<In> for Noticing {
    type Out = Notices<In>;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(Notices))
    }
}

/// A connection whose end without notice is an error that ureq does not take for the end of a body.
#[derive(Debug)]
pub(super) struct Notices<In>(In);

impl<In: Transport> Transport for Notices<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.await_input(timeout).map_err(|error| match error {
            Error::Io(error) if is_a_cut(error.kind()) => Error::Io(io::Error::new(ErrorKind::BrokenPipe, error)),
            other => other,
        })
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}

fn is_a_cut(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnexpectedEof | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}
