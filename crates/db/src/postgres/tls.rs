//! TLS to PostgreSQL: which certificates are trusted, by `sslmode`.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::OpenError;

/// What is verified of a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verification {
    /// Nothing: `prefer` and `require` protect against eavesdropping only.
    None,
    /// That a trusted authority issued it.
    Authority,
    /// Also that it is for this host.
    Full,
}

#[derive(Clone)]
pub(super) struct Tls(pub(super) MakeRustlsConnect);

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tls").finish_non_exhaustive()
    }
}

/// Creates the TLS connector.
///
/// # Errors
/// `Certificate` if the root certificates are missing or cannot be read.
pub(super) fn connector(verification: Verification, root_certificates: Option<&Path>) -> Result<Tls, OpenError> {
    let provider = Arc::new(ring::default_provider());
    let unusable = |reason: String| OpenError::Certificate(reason);
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.to_string()))?;
    let lenient = |authorities| Arc::new(LenientVerifier { authorities, provider: Arc::clone(&provider) });
    let config = match verification {
        Verification::Full => builder.with_root_certificates(trusted(root_certificates)?).with_no_client_auth(),
        Verification::Authority => {
            let trusted = Arc::new(trusted(root_certificates)?);
            let verifier = WebPkiServerVerifier::builder_with_provider(trusted, Arc::clone(&provider)).build();
            let verifier = lenient(Some(verifier.map_err(|error| unusable(error.to_string()))?));
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
        Verification::None => builder.dangerous().with_custom_certificate_verifier(lenient(None)).with_no_client_auth(),
    };
    Ok(Tls(MakeRustlsConnect::new(config)))
}

fn trusted(file: Option<&Path>) -> Result<RootCertStore, OpenError> {
    let mut store = RootCertStore::empty();
    let certificates = match file {
        Some(file) => {
            let unreadable = |error| OpenError::Certificate(format!("sslrootcert {}: {error}", file.display()));
            CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(unreadable)?
        }
        None => rustls_native_certs::load_native_certs().certs,
    };
    store.add_parsable_certificates(certificates);
    if store.is_empty() {
        let source = file.map_or_else(|| "this system".to_owned(), |file| format!("sslrootcert {}", file.display()));
        return Err(OpenError::Certificate(format!("{source} has no trusted certificates")));
    }
    Ok(store)
}

/// A verifier that skips the host name. Without authorities, it verifies only that the server has the certificate's
/// key.
#[derive(Debug)]
struct LenientVerifier {
    authorities: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for LenientVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authorities) = &self.authorities else {
            return Ok(ServerCertVerified::assertion());
        };
        match authorities.verify_server_cert(certificate, intermediates, name, ocsp_response, now) {
            // The name is verified last, so everything else is valid here.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
