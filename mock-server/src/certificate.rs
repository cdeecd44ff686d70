//! A certificate for the address of a server, with a root of its own that signs it. Tests of TLS use it as well.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

/// A certificate, ready to be used by a TLS server.
pub struct Certified {
    /// The server's side of TLS, with the certificate. It offers no protocol by ALPN (RFC 7301).
    pub config: ServerConfig,
    /// The root that a client must trust, in PEM.
    pub root_pem: String,
}

/// Makes a root, and lets it sign one certificate for this address. The root's key is then dropped.
///
/// # Errors
/// If a key or a certificate cannot be made.
pub fn certified(address: IpAddr) -> anyhow::Result<Certified> {
    certified_for(&[address.to_string()])
}

/// Does the same for several names: host names and IP addresses.
///
/// # Errors
/// If a key or a certificate cannot be made, or a name is no name of a host.
pub(crate) fn certified_for(names: &[String]) -> anyhow::Result<Certified> {
    let root_key = KeyPair::generate()?;
    let mut root = CertificateParams::new([])?;
    // A root and its certificate of the same name would look like one that signed itself (RFC 5280, section 6.1).
    root.distinguished_name.push(DnType::CommonName, "a root of a mock server");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_pem = root.self_signed(&root_key)?.pem();
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(names)?.signed_by(&key, &Issuer::new(root, root_key))?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let chain = vec![certificate.der().clone()];
    let config = config.with_no_client_auth().with_single_cert(chain, key).context("its own certificate")?;
    Ok(Certified { config, root_pem })
}
