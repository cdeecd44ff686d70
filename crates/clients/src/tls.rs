//! TLS for clients that open their own connections, with the same roots and cryptography as the other clients.

use std::sync::Arc;

#[cfg(feature = "hyper")]
use fanout_model::redacted;
use fanout_model::{Protocol, Roots, SetupError, Url};
use rustls::pki_types::CertificateDer;
#[cfg(feature = "hyper")]
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

/// The TLS configuration of a client. ALPN (RFC 7301) offers only the protocol of the settings.
///
/// # Errors
/// [`SetupError::Client`] if the certificate roots cannot be read.
pub fn config(roots: &Roots, protocol: Protocol) -> Result<Arc<ClientConfig>, SetupError> {
    let refused = |error: &dyn std::error::Error| SetupError::Client(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| refused(&error))?;
    let builder = match roots {
        Roots::None => builder.with_root_certificates(RootCertStore::empty()),
        Roots::System => builder.with_platform_verifier().map_err(|error| refused(&error))?,
        Roots::Pem(pem) => {
            let store = roots_of(pem).map_err(SetupError::Client)?;
            if store.is_empty() {
                return Err(crate::no_certificate());
            }
            builder.with_root_certificates(store)
        }
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = match protocol {
        Protocol::KeepAlive | Protocol::ConnectionPerRequest => vec![b"http/1.1".into()],
        Protocol::Http2 => vec![b"h2".into()],
    };
    Ok(Arc::new(config))
}

/// Checks the certificate roots in the text of a PEM file (RFC 7468), before any client uses them.
///
/// # Errors
/// The place of the first certificate that cannot be a root, and what is wrong with it.
pub fn check_roots(pem: &str) -> Result<(), String> {
    roots_of(pem).map(drop)
}

/// The roots in the text of a PEM file. The error is that of [`check_roots`].
fn roots_of(pem: &str) -> Result<RootCertStore, String> {
    let begins = |line: &(usize, &str)| line.1.trim_end() == "-----BEGIN CERTIFICATE-----";
    let lines: Vec<usize> = pem.lines().enumerate().filter(begins).map(|(i, _)| i + 1).collect();
    let mut store = RootCertStore::empty();
    for (i, certificate) in CertificateDer::pem_slice_iter(pem.as_bytes()).enumerate() {
        let place = || match lines.get(i) {
            Some(line) => format!("certificate {} of {} (line {line})", i + 1, lines.len()),
            None => format!("certificate {}", i + 1),
        };
        let certificate = certificate.map_err(|error| format!("{} is not whole: {error}", place()))?;
        store.add(certificate).map_err(|_| format!("{} is no X.509 certificate", place()))?;
    }
    Ok(store)
}

/// The name that the server's certificate must have.
///
/// # Errors
/// A message about the URL's host, if it is not valid.
#[cfg(feature = "hyper")]
pub(crate) fn server_name(url: &Url) -> Result<ServerName<'static>, String> {
    ServerName::try_from(host_and_port(url).0).map_err(|error| format!("{error}: {}", redacted(url.as_str())))
}

/// The host to look up and connect to. An IPv6 address is without the brackets that it has in a URL.
#[must_use]
pub(crate) fn host_and_port(url: &Url) -> (String, u16) {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    (host.to_owned(), url.port_or_known_default().unwrap_or_default())
}
