//! The test vectors of WebAuthn Level 3 (section 16), and credentials of an authenticator that can be made to lie.

use ciborium::Value;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey};
use proptest::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::attestation::authenticator_data;
use super::authenticator_data::AuthenticatorData;
use super::*;

const RP_ID: &str = "example.org";
const ORIGIN: &str = "https://join.example.org";
const CHALLENGE: [u8; CHALLENGE_LENGTH] = [7; CHALLENGE_LENGTH];

const PRESENT: u8 = 0b1;
const VERIFIED: u8 = 0b100;
const ELIGIBLE: u8 = 0b1000;
const BACKED_UP: u8 = 0b1_0000;
const ATTESTED: u8 = 0b100_0000;
const EXTENDED: u8 = 0b1000_0000;

fn bytes(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.as_bytes()).unwrap()
}

fn integer(number: i64) -> Value {
    Value::from(number)
}

fn encode(value: &Value) -> Vec<u8> {
    let mut encoded = Vec::new();
    ciborium::into_writer(value, &mut encoded).unwrap();
    encoded
}

/// An authenticator with one credential. Each field can be set to a lie.
#[derive(Clone)]
struct Authenticator {
    key: SigningKey,
    id: Vec<u8>,
    flags: u8,
    sign_count: u32,
    rp_id: &'static str,
    kind: Option<&'static str>,
    origin: &'static str,
    challenge: [u8; CHALLENGE_LENGTH],
    more_client_data: serde_json::Value,
    format: &'static str,
    statement: Value,
    suffix: Vec<u8>,
}

impl Authenticator {
    fn new() -> Self {
        Self {
            key: SigningKey::from_slice(&[3; 32]).unwrap(),
            id: vec![9; 16],
            flags: PRESENT | VERIFIED,
            sign_count: 5,
            rp_id: RP_ID,
            kind: None,
            origin: ORIGIN,
            challenge: CHALLENGE,
            more_client_data: json!({"crossOrigin": false, "topOrigin": null}),
            format: "none",
            statement: Value::Map(Vec::new()),
            suffix: Vec::new(),
        }
    }

    fn public_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        es256_key(point.x().unwrap(), point.y().unwrap())
    }

    fn client_data(&self, kind: &str) -> Vec<u8> {
        let mut data = json!({
            "type": self.kind.unwrap_or(kind),
            "challenge": BASE64URL_NOPAD.encode(&self.challenge),
            "origin": self.origin,
        });
        data.as_object_mut().unwrap().extend(self.more_client_data.as_object().unwrap().clone());
        data.to_string().into_bytes()
    }

    fn data(&self, flags: u8, credential: &[u8]) -> Vec<u8> {
        let rp_id_hash = Sha256::digest(self.rp_id);
        [&rp_id_hash[..], &[self.flags | flags], &self.sign_count.to_be_bytes(), credential, &self.suffix].concat()
    }

    fn create(&self) -> RegistrationCredential {
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let credential = [&[0; 16], &length[..], &self.id, &self.public_key()].concat();
        let object = Value::Map(vec![
            ("fmt".into(), self.format.into()),
            ("attStmt".into(), self.statement.clone()),
            ("authData".into(), Value::Bytes(self.data(ATTESTED, &credential))),
        ]);
        RegistrationCredential {
            id: self.id.clone(),
            client_data: self.client_data("webauthn.create"),
            attestation_object: encode(&object),
            transports: vec![Transport::Internal],
        }
    }

    fn sign(&self) -> AssertionCredential {
        let (client_data, authenticator_data) = (self.client_data("webauthn.get"), self.data(0, &[]));
        let signed = [&authenticator_data[..], &Sha256::digest(&client_data)].concat();
        let signature: DerSignature = self.key.sign(&signed);
        AssertionCredential {
            id: self.id.clone(),
            client_data,
            authenticator_data,
            signature: signature.as_bytes().to_vec(),
            user_handle: None,
        }
    }
}

fn es256_key(x: &[u8], y: &[u8]) -> Vec<u8> {
    key(&[(1, integer(2)), (3, integer(-7)), (-1, integer(1)), (-2, x.into()), (-3, y.into())])
}

fn key(entries: &[(i64, Value)]) -> Vec<u8> {
    encode(&Value::Map(entries.iter().map(|(label, value)| (integer(*label), value.clone())).collect()))
}

fn register(authenticator: &Authenticator) -> Result<NewCredential, WebauthnError> {
    let origins = ["https://example.org".to_owned(), ORIGIN.to_owned()];
    let expected = Expected { challenge: &CHALLENGE, rp_id: RP_ID, origins: &origins };
    verify_registration(&authenticator.create(), &expected)
}

fn sign_in(authenticator: &Authenticator, key: &[u8], eligible: bool) -> Result<Assertion, WebauthnError> {
    let origins = ["https://example.org".to_owned(), ORIGIN.to_owned()];
    let expected = Expected { challenge: &CHALLENGE, rp_id: RP_ID, origins: &origins };
    verify_assertion(&authenticator.sign(), Registered { public_key: key, is_backup_eligible: eligible }, &expected)
}

#[test]
fn a_new_credential_signs_in() {
    let authenticator = Authenticator { flags: PRESENT | VERIFIED | ELIGIBLE | BACKED_UP, ..Authenticator::new() };
    let new = register(&authenticator).unwrap();
    assert_eq!((new.id.as_slice(), new.sign_count), (&[9; 16][..], 5));
    assert_eq!(new.public_key.as_cose(), authenticator.public_key());
    assert_eq!((new.is_backup_eligible, new.is_backed_up), (true, true));
    let later = Authenticator { flags: PRESENT | VERIFIED | ELIGIBLE, sign_count: 6, ..authenticator };
    let expected = Assertion { sign_count: 6, is_backed_up: false };
    assert_eq!(sign_in(&later, new.public_key.as_cose(), true), Ok(expected));
}

#[test]
fn every_lie_is_found() {
    let honest = Authenticator::new();
    let more = |more: serde_json::Value| Authenticator { more_client_data: more, ..honest.clone() };
    for (name, lie, error) in [
        ("type", Authenticator { kind: Some("payment.get"), ..honest.clone() }, WebauthnError::OtherCeremony),
        ("challenge", Authenticator { challenge: [8; 32], ..honest.clone() }, WebauthnError::OtherChallenge),
        ("origin", Authenticator { origin: "https://example.org.evil", ..honest.clone() }, WebauthnError::OtherOrigin),
        (
            "port",
            Authenticator { origin: "https://join.example.org:444", ..honest.clone() },
            WebauthnError::OtherOrigin,
        ),
        ("frame", more(json!({"crossOrigin": true})), WebauthnError::CrossOrigin),
        ("top", more(json!({"topOrigin": ORIGIN})), WebauthnError::CrossOrigin),
        ("not a flag", more(json!({"crossOrigin": "no"})), WebauthnError::MalformedClientData),
        ("party", Authenticator { rp_id: "example.com", ..honest.clone() }, WebauthnError::OtherRelyingParty),
        ("absent", Authenticator { flags: VERIFIED, ..honest.clone() }, WebauthnError::UserNotPresent),
        ("unverified", Authenticator { flags: PRESENT, ..honest.clone() }, WebauthnError::UserNotVerified),
        (
            "backup",
            Authenticator { flags: PRESENT | VERIFIED | BACKED_UP, ..honest.clone() },
            WebauthnError::ContradictingBackupFlags,
        ),
        ("suffix", Authenticator { suffix: vec![0xa0], ..honest.clone() }, WebauthnError::MalformedAuthenticatorData),
        (
            "no extensions",
            Authenticator { flags: PRESENT | VERIFIED | EXTENDED, ..honest.clone() },
            WebauthnError::MalformedAuthenticatorData,
        ),
        (
            "bytes after extensions",
            Authenticator { flags: PRESENT | VERIFIED | EXTENDED, suffix: vec![0xa0, 0], ..honest.clone() },
            WebauthnError::MalformedAuthenticatorData,
        ),
    ] {
        assert_eq!(register(&lie), Err(error), "registration: {name}");
        assert_eq!(sign_in(&lie, &honest.public_key(), false), Err(error), "sign-in: {name}");
    }
}

/// Serde reads an array into a structure, member by member.
#[test]
fn client_data_is_an_object() {
    let challenge = BASE64URL_NOPAD.encode(&CHALLENGE);
    let array = json!(["webauthn.get", challenge, ORIGIN, null, null]).to_string();
    let only_challenge = json!([challenge]).to_string();
    for json in [array.clone(), format!(" \n{array}"), only_challenge, String::new(), "\"{\"".to_owned()] {
        let bytes = json.as_bytes();
        assert_eq!(ClientData::parse(bytes, Ceremony::Request), Err(WebauthnError::MalformedClientData), "{json}");
        assert_eq!(ClientData::find_challenge(bytes), Err(WebauthnError::MalformedClientData), "{json}");
    }
    let object = format!(" \t\r\n{}", String::from_utf8(Authenticator::new().client_data("webauthn.get")).unwrap());
    assert!(ClientData::parse(object.as_bytes(), Ceremony::Request).is_ok());
}

#[test]
fn challenge_is_found_whatever_else_is_wrong() {
    let challenge = BASE64URL_NOPAD.encode(&CHALLENGE);
    for more in ["", r#","type":"payment.get""#, r#","type":1,"type":2"#, r#","crossOrigin":"no","origin":[[]]"#] {
        let json = format!(r#"{{"challenge":"{challenge}"{more}}}"#);
        assert_eq!(ClientData::find_challenge(json.as_bytes()), Ok(CHALLENGE), "{json}");
    }
    let long = format!(r#"{{"challenge":"{challenge}","padding":"{}"}}"#, "x".repeat(9000));
    assert_eq!(ClientData::find_challenge(long.as_bytes()), Err(WebauthnError::MalformedClientData));
    for other in ["", "AA", "A".repeat(44).as_str()] {
        let json = json!({"challenge": other}).to_string();
        assert_eq!(ClientData::find_challenge(json.as_bytes()), Err(WebauthnError::OtherChallenge), "{other}");
    }
}

#[test]
fn extensions_are_read_and_ignored() {
    let suffix = encode(&Value::Map(vec![("credProtect".into(), integer(2))]));
    let authenticator = Authenticator { flags: PRESENT | VERIFIED | EXTENDED, suffix, ..Authenticator::new() };
    assert!(register(&authenticator).is_ok());
    assert!(sign_in(&authenticator, &authenticator.public_key(), false).is_ok());
}

#[test]
fn a_ceremony_is_not_another_one() {
    let create = Authenticator { kind: Some("webauthn.get"), ..Authenticator::new() };
    assert_eq!(register(&create), Err(WebauthnError::OtherCeremony));
    let get = Authenticator { kind: Some("webauthn.create"), ..Authenticator::new() };
    assert_eq!(sign_in(&get, &get.public_key(), false), Err(WebauthnError::OtherCeremony));
}

#[test]
fn sign_in_needs_the_stored_key_and_eligibility() {
    let authenticator = Authenticator::new();
    let other = Authenticator { key: SigningKey::from_slice(&[4; 32]).unwrap(), ..Authenticator::new() };
    assert_eq!(sign_in(&authenticator, &other.public_key(), false), Err(WebauthnError::WrongSignature));
    let key = authenticator.public_key();
    assert_eq!(sign_in(&authenticator, &key, true), Err(WebauthnError::ContradictingBackupFlags));
}

#[test]
fn ids_are_bounded_and_agree() {
    let long = |length| Authenticator { id: vec![1; length], ..Authenticator::new() };
    assert!(register(&long(MAX_CREDENTIAL_ID)).is_ok());
    for length in [0, MAX_CREDENTIAL_ID + 1] {
        assert_eq!(register(&long(length)), Err(WebauthnError::MalformedAuthenticatorData));
    }
    let origins = [ORIGIN.to_owned()];
    let expected = Expected { challenge: &CHALLENGE, rp_id: RP_ID, origins: &origins };
    let other = RegistrationCredential { id: vec![1], ..Authenticator::new().create() };
    assert_eq!(verify_registration(&other, &expected), Err(WebauthnError::DifferentIds));
}

#[test]
fn statements_are_ignored_unless_none_has_one() {
    let statement = Value::Map(vec![("x5c".into(), Value::Array(vec![Value::Bytes(vec![0; 900])]))]);
    let packed = Authenticator { format: "packed", statement: statement.clone(), ..Authenticator::new() };
    assert!(register(&packed).is_ok());
    let none = Authenticator { statement, ..Authenticator::new() };
    assert_eq!(register(&none), Err(WebauthnError::MalformedAttestation));
    let deep = (0..20).fold(integer(0), |inner, _| Value::Array(vec![inner]));
    let deep =
        Authenticator { format: "packed", statement: Value::Map(vec![("x5c".into(), deep)]), ..Authenticator::new() };
    assert_eq!(register(&deep), Err(WebauthnError::MalformedAttestation));
}

mod vectors;

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = (ClientData::parse(&bytes, Ceremony::Request), PublicKey::parse(&bytes));
        let _ = (AuthenticatorData::parse(&bytes).is_ok(), authenticator_data(&bytes));
        // A nested array in each byte.
        let _ = authenticator_data(&[vec![0x81; 400], bytes].concat());
    }

    #[test]
    fn no_altered_credential_is_accepted(at in any::<prop::sample::Index>(), mask in 1..=u8::MAX, part in 0..3_usize) {
        let authenticator = Authenticator::new();
        let mut credential = authenticator.sign();
        let altered = match part {
            0 => &mut credential.client_data,
            1 => &mut credential.authenticator_data,
            _ => &mut credential.signature,
        };
        let at = at.index(altered.len());
        altered[at] ^= mask;
        let origins = [ORIGIN.to_owned()];
        let expected = Expected { challenge: &CHALLENGE, rp_id: RP_ID, origins: &origins };
        let key = authenticator.public_key();
        let registered = Registered { public_key: &key, is_backup_eligible: false };
        prop_assert!(verify_assertion(&credential, registered, &expected).is_err());
    }

    #[test]
    fn altered_attestations_do_not_panic(at in any::<prop::sample::Index>(), noise in prop::collection::vec(any::<u8>(), 0..8)) {
        let mut credential = Authenticator::new().create();
        let at = at.index(credential.attestation_object.len());
        let end = (at + noise.len()).min(credential.attestation_object.len());
        credential.attestation_object.splice(at..end, noise);
        let origins = [ORIGIN.to_owned()];
        let expected = Expected { challenge: &CHALLENGE, rp_id: RP_ID, origins: &origins };
        if let Ok(new) = verify_registration(&credential, &expected) {
            prop_assert_eq!(PublicKey::parse(new.public_key.as_cose()), Ok(new.public_key));
            prop_assert!(new.id.len() <= MAX_CREDENTIAL_ID);
        }
    }

    #[test]
    fn credentials_of_any_text_do_not_panic(text in any::<String>()) {
        let _ = (RegistrationCredential::from_json(&text).is_ok(), AssertionCredential::from_json(&text).is_ok());
    }
}
