//! TLS for clients that bring their own connections: the same roots and the same cryptography as the others.

use std::sync::Arc;

use fanout_model::{Protocol, Roots, SetupError, Url, redacted};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

/// What a client says and trusts. ALPN (RFC 7301) offers the one protocol of the settings.
///
/// # Errors
/// [`SetupError::Client`] where certificate roots cannot be read.
pub fn config(roots: &Roots, protocol: Protocol) -> Result<Arc<ClientConfig>, SetupError> {
    let refused = |error: &dyn std::error::Error| SetupError::Client(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| refused(&error))?;
    let builder = match roots {
        Roots::None => builder.with_root_certificates(RootCertStore::empty()),
        Roots::System => builder.with_platform_verifier().map_err(|error| refused(&error))?,
        Roots::Pem(pem) => {
            let mut store = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                store.add(certificate.map_err(|error| refused(&error))?).map_err(|error| refused(&error))?;
            }
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

/// Whom the certificate must name.
///
/// # Errors
/// What is wrong with the URL's host.
pub fn server_name(url: &Url) -> Result<ServerName<'static>, String> {
    ServerName::try_from(host_and_port(url).0).map_err(|error| format!("{error}: {}", redacted(url.as_str())))
}

/// What to look up and to connect to: an address of IPv6 without the brackets that a URL puts around it.
#[must_use]
pub fn host_and_port(url: &Url) -> (String, u16) {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    (host.to_owned(), url.port_or_known_default().unwrap_or_default())
}
