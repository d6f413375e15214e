//! TLS to PostgreSQL, as `sslmode` says: what connects, and what is named when it does not.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use vestibule_core::db::{Db, OpenError, Place, PostgresOptions};
use vestibule_core::time::Timestamp;
use vestibule_testbed::own_server::OwnServer;

/// An authority of its own, whose certificate is in a file.
fn authority(folder: &Path, name: &str) -> (CertifiedIssuer<'static, KeyPair>, PathBuf) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let file = folder.join(format!("{name}.pem"));
    std::fs::write(&file, authority.pem()).unwrap();
    (authority, file)
}

#[tokio::test]
async fn certificates_are_looked_at_as_sslmode_says() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, trusted) = authority(folder.path(), "ours");
    let (_, stranger) = authority(folder.path(), "stranger");
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &ours).unwrap();
    let (file, key_file) = (folder.path().join("server.crt"), folder.path().join("server.key"));
    std::fs::write(&file, certificate.pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    let server = OwnServer::start(&folder.path().join("server"));
    server.certify(&file, &key_file);

    let (trusted, stranger) = (trusted.display(), stranger.display());
    let (_, port) = server.address().rsplit_once(':').unwrap();
    for (host, parameters, connects) in [
        ("127.0.0.1", "sslmode=disable".to_owned(), true),
        ("127.0.0.1", "sslmode=prefer".to_owned(), true),
        ("127.0.0.1", "sslmode=require".to_owned(), true),
        ("127.0.0.1", format!("sslmode=require&sslrootcert={stranger}"), false),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={trusted}"), true),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={stranger}"), false),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert=/there/is/none.pem".to_owned(), false),
        ("localhost", format!("sslmode=verify-full&sslrootcert={trusted}"), true),
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={trusted}"), false),
        ("localhost", "sslmode=verify-full".to_owned(), false),
    ] {
        let url = format!("postgres://postgres@{host}:{port}/postgres?{parameters}");
        let place = Place::Postgres(Box::new(url.parse().unwrap()));
        let opened = Db::open(&place, PostgresOptions::default(), Timestamp::from_microseconds(0)).await;
        let is_right = if connects { opened.is_ok() } else { matches!(opened, Err(OpenError::Certificate(_))) };
        assert!(is_right, "{host} {parameters}: {opened:?}");
    }
}
