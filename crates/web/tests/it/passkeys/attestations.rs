//! Attestation objects: malformed, huge, deep, of other algorithms and of other formats.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{
    ADA, BEGIN_REGISTRATION, FINISH_REGISTRATION, FINISH_SIGN_IN, begin, list, register, sign_in_elsewhere, start,
};
use crate::harness::{SoftwareAuthenticator, Tamper, TestClient, TestResponse, attestation_object, flags, text};

/// What comes before the authenticator data in an object of the software authenticator, with the length.
const HEAD: usize = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".len() + 2;
/// The hash of the relying party, the flags and the counter; the model; the length of the id; the id.
const FLAGS: usize = 32;
const ID_LENGTH: usize = 37 + 16;
const KEY: usize = ID_LENGTH + 2 + 16;

/// Makes an attestation object of valid authenticator data.
type Change = fn(Vec<u8>) -> Vec<u8>;

/// The authenticator data of a valid registration.
fn authenticator_data(credential: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text(&credential["response"]["attestationObject"])).unwrap()[HEAD..].to_vec()
}

/// Sends a registration whose attestation object `change` makes of the valid authenticator data.
async fn register_with(client: &TestClient, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> TestResponse {
    let passkey = SoftwareAuthenticator::new(1);
    let options = begin(client, BEGIN_REGISTRATION).await;
    let object = change(authenticator_data(&passkey.register(&options, &Tamper::default())));
    let tamper = Tamper { attestation_object: Some(object), ..Tamper::default() };
    client.post_json(FINISH_REGISTRATION, &passkey.register(&options, &tamper)).await
}

/// An attestation object of another format, with a statement of this length.
fn packed(data: &[u8], length: u16) -> Vec<u8> {
    let mut object = b"\xa3\x63fmt\x66packed\x67attStmt\xa1\x63sig\x59".to_vec();
    object.extend(length.to_be_bytes());
    object.resize(object.len() + usize::from(length), 7);
    object.extend(b"\x68authData\x59");
    object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    object.extend(data);
    object
}

#[tokio::test]
async fn malformed_cbor_is_refused() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    let objects: [(&str, &[u8]); 12] = [
        ("nothing", b""),
        ("a break", b"\xff"),
        ("a number", b"\x01"),
        ("an empty map", b"\xa0"),
        ("an array", b"\x83\x01\x02\x03"),
        ("text that is not UTF-8", b"\xa1\x62\xc3\x28\x01"),
        ("a map of 2^64 - 1 entries", b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("bytes of 2^64 - 1", b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("an array of 2^32 - 1 items", b"\x9a\xff\xff\xff\xff"),
        ("an endless map", b"\xbf\x63fmt\x64none"),
        ("no authenticator data", b"\xa2\x63fmt\x64none\x67attStmt\xa0"),
        ("authenticator data as text", b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x61a"),
    ];
    for (what, object) in objects {
        let response = register_with(&ada, |_| object.to_vec()).await;
        assert_eq!(response.body["errors"][0]["code"], "INVALID_PASSKEY", "{what}: {}", response.text);
    }
    assert!(list(&ada).await.is_empty());
}

#[tokio::test]
async fn parts_that_are_missing_doubled_or_appended_are_refused() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    let changes: [(&str, Change); 11] = [
        ("a byte after the object", |data| [&attestation_object(&data)[..], &[0]].concat()),
        ("one byte less", |data| attestation_object(&data)[..HEAD + data.len() - 1].to_vec()),
        ("a key twice", |data| {
            let object = attestation_object(&data);
            [b"\xa4\x63fmt\x64none".as_slice(), &object[1..]].concat()
        }),
        ("a byte after the key", |data| attestation_object(&[&data[..], &[0]].concat())),
        ("half a key", |data| attestation_object(&data[..data.len() - 20])),
        ("no credential", |mut data| {
            data.truncate(37);
            data[FLAGS] &= !flags::ATTESTED;
            attestation_object(&data)
        }),
        ("a credential that the flags do not announce", |mut data| {
            data[FLAGS] &= !flags::ATTESTED;
            attestation_object(&data)
        }),
        ("an id of no bytes", |mut data| {
            drop(data.splice(ID_LENGTH..KEY, [0, 0]));
            attestation_object(&data)
        }),
        ("an id that is longer than the rest", |mut data| {
            data[ID_LENGTH..ID_LENGTH + 2].copy_from_slice(&[0xff, 0xff]);
            attestation_object(&data)
        }),
        ("a point that is not on the curve", |mut data| {
            *data.last_mut().unwrap() ^= 1;
            attestation_object(&data)
        }),
        ("another id than that of the credential", |mut data| {
            data[ID_LENGTH + 2] ^= 1;
            attestation_object(&data)
        }),
    ];
    for (what, change) in changes {
        let response = register_with(&ada, change).await;
        assert_eq!(response.body["errors"][0]["code"], "INVALID_PASSKEY", "{what}: {}", response.text);
    }
    assert!(list(&ada).await.is_empty());
    register_with(&ada, |data| attestation_object(&data)).await.ok();
}

#[tokio::test]
async fn deep_nesting_is_refused() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    let nested = |depth: usize, item: u8| {
        let mut object = b"\xa3\x63fmt\x66packed\x67attStmt\xa1\x63sig".to_vec();
        object.extend(std::iter::repeat_n(item, depth));
        object
    };
    for depth in [100, 30_000] {
        // Arrays of one item, and tags.
        for item in [0x81, 0xc1] {
            register_with(&ada, |_| nested(depth, item)).await.assert_error(400, "INVALID_PASSKEY");
        }
    }
    // JSON, around the credential and in what it carries.
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let wrapped: Value = json!({"credential": "DEEP"});
    for path in [FINISH_REGISTRATION, FINISH_SIGN_IN] {
        let body = wrapped.to_string().replace("\"DEEP\"", &deep);
        let content_type = Some("application/json");
        let refused = ada.send(axum::http::Method::POST, path, content_type, body.into()).await;
        refused.assert_error(400, "BAD_REQUEST_BODY");
    }
    let options = begin(&ada, BEGIN_REGISTRATION).await;
    let mut credential = SoftwareAuthenticator::new(1).register(&options, &Tamper::default());
    credential["response"]["clientDataJSON"] = json!(URL_SAFE_NO_PAD.encode(&deep[..8000]));
    ada.post_json(FINISH_REGISTRATION, &credential).await.assert_error(400, "INVALID_PASSKEY");
}

#[tokio::test]
async fn huge_attestation_is_refused() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    // Within the limit of bodies, and over it.
    register_with(&ada, |data| packed(&data, 33_000)).await.assert_error(400, "INVALID_PASSKEY");
    register_with(&ada, |data| packed(&data, 60_000)).await.assert_error(413, "BODY_TOO_LARGE");
    assert!(list(&ada).await.is_empty());
}

/// Some devices attest although nobody asks them. The statement is not looked at.
#[tokio::test]
async fn attestation_of_another_format_is_ignored() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    register_with(&ada, |data| packed(&data, 20_000)).await.ok();
    assert_eq!(list(&ada).await.len(), 1);
    let with_statement = |data: Vec<u8>| {
        let object = attestation_object(&data);
        [b"\xa3\x63fmt\x64none\x67attStmt\xa1\x61a\x01".as_slice(), &object[HEAD - 12..]].concat()
    };
    // None that has one contradicts itself.
    register_with(&ada, with_statement).await.assert_error(400, "INVALID_PASSKEY");
}

#[tokio::test]
async fn key_of_an_algorithm_that_was_not_asked_for_is_refused() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    // Among them ES256 under its newer number, and Ed25519 for a key that is none.
    for algorithm in [-1, -6, -8, -9, -16, -24] {
        let tamper = Tamper { algorithm: Some(algorithm), ..Tamper::default() };
        register(&ada, &SoftwareAuthenticator::new(1), &tamper).await.assert_error(400, "INVALID_PASSKEY");
    }
    assert!(list(&ada).await.is_empty());
    let passkey = SoftwareAuthenticator::new(1);
    register(&ada, &passkey, &Tamper::default()).await.ok();
    sign_in_elsewhere(&app, &passkey, &Tamper::default()).await.ok();
}
