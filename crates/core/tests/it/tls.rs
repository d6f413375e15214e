//! TLS to PostgreSQL for each `sslmode`.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use vestibule_core::time::Timestamp;
use vestibule_db::{DatabaseLocation, Db, OpenError, PostgresOptions};
use vestibule_testbed::postgres_server::PostgresServer;

/// Creates a certificate authority and writes its certificate to a file.
fn create_authority(folder: &Path, name: &str) -> (CertifiedIssuer<'static, KeyPair>, PathBuf) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let file = folder.join(format!("{name}.pem"));
    std::fs::write(&file, authority.pem()).unwrap();
    (authority, file)
}

#[tokio::test]
async fn verifies_certificates_according_to_sslmode() {
    let folder = tempfile::tempdir().unwrap();
    let (issuer, trusted) = create_authority(folder.path(), "trusted");
    let (_, other) = create_authority(folder.path(), "other");
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let (file, key_file) = (folder.path().join("server.crt"), folder.path().join("server.key"));
    std::fs::write(&file, certificate.pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    let server = PostgresServer::start(&folder.path().join("server"));
    server.enable_tls(&file, &key_file);

    let (trusted, other) = (trusted.display(), other.display());
    let (_, port) = server.address().rsplit_once(':').unwrap();
    for (host, parameters, connects) in [
        ("127.0.0.1", "sslmode=disable".to_owned(), true),
        ("127.0.0.1", "sslmode=prefer".to_owned(), true),
        ("127.0.0.1", String::new(), true),
        ("127.0.0.1", "sslmode=require".to_owned(), true),
        ("127.0.0.1", format!("sslmode=require&sslrootcert={other}"), false),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={trusted}"), true),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={other}"), false),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert=/missing.pem".to_owned(), false),
        ("localhost", format!("sslmode=verify-full&sslrootcert={trusted}"), true),
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={trusted}"), false),
        ("localhost", "sslmode=verify-full".to_owned(), false),
    ] {
        let url = format!("postgres://postgres@{host}:{port}/postgres?{parameters}");
        let location = DatabaseLocation::Postgres(Box::new(url.parse().unwrap()));
        let opened = Db::open(&location, PostgresOptions::default(), Timestamp::from_microseconds(0)).await;
        let is_expected = if connects { opened.is_ok() } else { matches!(opened, Err(OpenError::Certificate(_))) };
        assert!(is_expected, "{host} {parameters}: {opened:?}");
    }
}
