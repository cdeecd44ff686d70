//! Says in words why a TLS handshake failed, the same in every client.

use std::error::Error;
use std::io;

use fanout_model::{RequestError, Url};
use rustls::{AlertDescription, CertificateError};

/// Returns [`RequestError::Tls`] if a TLS handshake with the host of `url` is the cause of this error.
pub(crate) fn failure(error: &(dyn Error + 'static), url: &Url) -> Option<RequestError> {
    let host = url.host_str().unwrap_or_default();
    let said = match find(error)? {
        rustls::Error::InvalidCertificate(certificate) => {
            format!("the certificate of {host} is not trusted: {}", words(certificate, host))
        }
        // RFC 7301, section 3.2: the server speaks none of the protocols that the client offered.
        rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            format!("{host} does not speak the version of HTTP that was asked for")
        }
        rustls::Error::AlertReceived(alert) => {
            format!("{host} ended the handshake with the alert {}", apart(&format!("{alert:?}")))
        }
        other => other.to_string(),
    };
    Some(RequestError::Tls(said))
}

/// Returns rustls's error among the causes. An I/O error holds another error without calling it its cause.
fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    crate::causes(error).find_map(|cause| match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => find(inner),
        None => cause.downcast_ref(),
    })
}

fn words(certificate: &CertificateError, host: &str) -> String {
    match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".into(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet".into(),
        CertificateError::UnknownIssuer => "no authority that is trusted has signed it".into(),
        CertificateError::NotValidForName => format!("it is not for {host}"),
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            format!("it is not for {host}, but for no name at all")
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            format!("it is not for {host}, but for {}", presented.join(", "))
        }
        CertificateError::Revoked => "it was revoked".into(),
        CertificateError::BadSignature => "its signature is wrong".into(),
        CertificateError::BadEncoding => "it is no X.509 certificate".into(),
        // webpki names its errors as Rust does, such as `CaUsedAsEndEntity`.
        CertificateError::Other(other) => apart(&other.0.to_string()),
        other => apart(&format!("{other:?}")),
    }
}

/// Returns a name in camel case as words.
fn apart(name: &str) -> String {
    let mut words = String::new();
    for (i, letter) in name.char_indices() {
        if letter.is_uppercase() && i > 0 {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::OtherError;

    use super::*;

    fn said(error: rustls::Error) -> String {
        let url = "https://here.test:1/".parse().unwrap();
        // As the clients have it: within I/O errors.
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error));
        failure(&wrapped, &url).unwrap().to_string()
    }

    #[test]
    fn a_certificate_is_refused_in_words_that_name_the_host_and_the_reason() {
        let certificate = |error| said(rustls::Error::InvalidCertificate(error));
        let begins = "no TLS connection: the certificate of here.test is not trusted: ";
        assert_eq!(certificate(CertificateError::Expired), format!("{begins}it has expired"));
        assert_eq!(certificate(CertificateError::NotValidForName), format!("{begins}it is not for here.test"));
        #[derive(Debug)]
        struct CaUsedAsEndEntity;
        impl std::fmt::Display for CaUsedAsEndEntity {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("CaUsedAsEndEntity")
            }
        }
        impl Error for CaUsedAsEndEntity {}
        let other = CertificateError::Other(OtherError(Arc::new(CaUsedAsEndEntity)));
        assert_eq!(certificate(other), format!("{begins}ca used as end entity"));
    }

    #[test]
    fn an_alert_is_named_and_other_errors_are_none_of_tls() {
        let alert = said(rustls::Error::AlertReceived(AlertDescription::HandshakeFailure));
        assert_eq!(alert, "no TLS connection: here.test ended the handshake with the alert handshake failure");
        let other = said(rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol));
        assert_eq!(other, "no TLS connection: here.test does not speak the version of HTTP that was asked for");
        let url = "https://here.test/".parse().unwrap();
        assert_eq!(failure(&io::Error::from(io::ErrorKind::ConnectionRefused), &url), None);
    }
}
