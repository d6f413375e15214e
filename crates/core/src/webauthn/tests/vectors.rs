//! Known values: the test vectors of WebAuthn Level 3 (sections 16.2 and 16.3), keys of each algorithm, and the JSON of
//! browsers. The vectors whose user was not verified have valid signatures, and are refused.

use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::Value as Json;

use super::*;

const NONE_CLIENT_DATA: &str = "\
    7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e6364\
    7134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e\
    6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d61\
    7920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c20737563\
    6820617320746869733a20426b5165446a646354427258426941774a544c453551227d";
const NONE_ATTESTATION: &str = "\
    a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5\
    e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94\
    ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56\
    b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220";
const NONE_GET_CLIENT_DATA: &str = "\
    7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a555854\
    3049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267\
    222c2263726f73734f726967696e223a66616c73657d";
const NONE_GET_DATA: &str = "\
    bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000";
const NONE_GET_SIGNATURE: &str = "\
    3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd\
    5d78c6e486013f937295ea13653e331e87";
const PACKED_CLIENT_DATA: &str = "\
    7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a2265476e4374334c55745936366b336a50\
    6a796e6962506b31716e666644616966715a774c33417032392d55222c226f726967696e223a2268747470733a2f2f6578616d706c652e\
    6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d61\
    7920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c20737563\
    6820617320746869733a205539685458764b453255526b4d6e625f307859485667227d";
const PACKED_ATTESTATION: &str = "\
    a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf378097c92120031581\
    c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d6861757468446174\
    6158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b55d00000000df850e09db6afbdfab51697791506c\
    fc0020455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58ca5010203262001215820eb151c8176b225cc6515\
    59fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee4\
    84f2";

/// A key of `openssl genrsa 2048`, and its signature of [`RSA_MESSAGE`].
const RSA_MODULUS: &str = "\
    a76911f988eaeb908149706c595ef1b4754c709fececeba27bd8280532dda39a2b77888d3cd90c06454f7290d2434cb70350e83c419b99\
    f586679a6ca5195b214a49556c205dfa012785560e6aa7bb03071188c7fa64e30429004a9c9d7349d1c2846bf0810816b3bf5c0840824f\
    b4ea227f3adb48f9a697e948e4015b595821c6a4f241418769408b079c1ba22940b34e9ac315d959703d0e3d61620cba5d16f648afb2dd\
    cb63615b4a98ed61b828cd40d15d9dd3026adb608f5d51a1bf7feec27a3f222cb93dd6363363b4581b662ecbf6405a4fde87a71018dd4d\
    ccbd2f5d529b6388526e1ec5aaf162d55e4c2d7b433a54d378b3359453112131ca4d8feb";
const RSA_SIGNATURE: &str = "\
    6f224cfe4b88d78c2279bf9f372839c0b43705191a1ce91edbffa729874c44fe30d48ba9a26fef0a88d9479a2e59bcd3fb666f6e3b993e\
    22ac5efddfc22e56a13307b5c795534e8bae46f5e8c61c090e8f1c176c877bd6992e3b532e6a340a504fb03e7d9c812f9e5ee930609b05\
    49d5ccf365b2763e4473ad775d2d6b75b935c0811803e389bb952262c46d7bcd0338d680e0d40685bed9fb1fa9075f0003b0fbe84a9bae\
    3b50f20e411ced4d5e0e0b3db4b817df6b142013f31fd454ebe0b11a70bea632e922361a638ee28d93cf33f07c2535221784650d4e55b6\
    18979db15e9fdebba079c8719cf444509e1a22d7d5dade25827c12815779dd54ca7e2f11";
const RSA_MESSAGE: &[u8] = b"signed by an authenticator";

fn registration(
    client_data: &str,
    attestation: &str,
    id: &str,
    challenge: &str,
) -> Result<NewCredential, WebauthnError> {
    let credential = RegistrationCredential {
        id: bytes(id),
        client_data: bytes(client_data),
        attestation_object: bytes(attestation),
        transports: Vec::new(),
    };
    let (challenge, origins) = (bytes(challenge).try_into().unwrap(), ["https://example.org".to_owned()]);
    verify_registration(&credential, &Expected { challenge: &challenge, rp_id: "example.org", origins: &origins })
}

#[test]
fn registers_the_vector_with_a_statement() {
    let id = "455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c";
    let challenge = "7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5";
    let new = registration(PACKED_CLIENT_DATA, PACKED_ATTESTATION, id, challenge).unwrap();
    assert_eq!((new.sign_count, new.is_backup_eligible, new.is_backed_up), (0, true, true));
}

#[test]
fn verifies_the_signature_of_the_vector_without_verification() {
    let id = "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4";
    let challenge = "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130";
    let refused = registration(NONE_CLIENT_DATA, NONE_ATTESTATION, id, challenge);
    assert_eq!(refused, Err(WebauthnError::UserNotVerified));

    let data = authenticator_data(&bytes(NONE_ATTESTATION)).unwrap();
    let key = AuthenticatorData::parse(&data).unwrap().credential.unwrap().public_key;
    let signed = [bytes(NONE_GET_DATA), Sha256::digest(bytes(NONE_GET_CLIENT_DATA)).to_vec()].concat();
    assert_eq!(key.verify(&signed, &bytes(NONE_GET_SIGNATURE)), Ok(()));
    assert_eq!(key.verify(&signed[1..], &bytes(NONE_GET_SIGNATURE)), Err(WebauthnError::WrongSignature));
}

#[test]
fn verifies_each_algorithm() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[5; 32]).unwrap();
    let point: Value = pair.public_key().as_ref().into();
    let ed25519 = key(&[(1, integer(1)), (3, integer(-8)), (-1, integer(6)), (-2, point)]);
    let signature = pair.sign(b"message");
    assert_eq!(PublicKey::parse(&ed25519).unwrap().verify(b"message", signature.as_ref()), Ok(()));
    assert!(PublicKey::parse(&ed25519).unwrap().verify(b"massage", signature.as_ref()).is_err());

    let rsa = PublicKey::parse(&rsa_key(&bytes(RSA_MODULUS), &[1, 0, 1])).unwrap();
    assert_eq!(rsa.verify(RSA_MESSAGE, &bytes(RSA_SIGNATURE)), Ok(()));
    assert!(rsa.verify(b"another", &bytes(RSA_SIGNATURE)).is_err());
}

fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    key(&[(1, integer(3)), (3, integer(-257)), (-1, modulus.into()), (-2, exponent.into())])
}

#[test]
fn refuses_weak_malformed_and_unknown_keys() {
    let (size, odd) = (|length: usize| [vec![0xff; length - 1], vec![1]].concat(), [1, 0, 1]);
    assert!(PublicKey::parse(&rsa_key(&size(256), &odd)).is_ok());
    assert!(PublicKey::parse(&rsa_key(&size(512), &odd)).is_ok());
    let short = [vec![0x7f], size(255)].concat();
    for (modulus, exponent) in [
        (size(255), &odd[..]),
        (short, &odd),
        (size(513), &odd),
        ([vec![0], size(256)].concat(), &odd),
        (vec![0xfe; 256], &odd),
        (size(256), &[3]),
        (size(256), &[]),
        (Vec::new(), &odd),
    ] {
        assert_eq!(PublicKey::parse(&rsa_key(&modulus, exponent)), Err(WebauthnError::MalformedKey));
    }
    let malformed = Err(WebauthnError::MalformedKey);
    assert_eq!(PublicKey::parse(&es256_key(&[1; 32], &[1; 32])), malformed, "not on the curve");
    let point = Authenticator::new().key.verifying_key().to_sec1_point(false);
    let (x, y): (Value, Value) = (point.x().unwrap().as_slice().into(), point.y().unwrap().as_slice().into());
    assert_eq!(PublicKey::parse(&es256_key(&point.x().unwrap()[1..], point.y().unwrap())), malformed);
    let compressed = [(1, integer(2)), (3, integer(-7)), (-1, integer(1)), (-2, x.clone()), (-3, Value::Bool(true))];
    assert_eq!(PublicKey::parse(&key(&compressed)), malformed);
    let p384 = [(1, integer(2)), (3, integer(-7)), (-1, integer(2)), (-2, x.clone()), (-3, y.clone())];
    assert_eq!(PublicKey::parse(&key(&p384)), malformed);
    let valid = [(1, integer(2)), (3, integer(-7)), (-1, integer(1)), (-2, x), (-3, y)];
    assert!(PublicKey::parse(&key(&valid)).is_ok());
    assert_eq!(PublicKey::parse(&[key(&valid), vec![0]].concat()), malformed, "trailing bytes");
    let duplicate = [&valid[..], &[(3, integer(-8))]].concat();
    assert_eq!(PublicKey::parse(&key(&duplicate)), malformed, "duplicate label");
    for unknown in [-35, -47, -65535, 0] {
        let other = [(1, integer(2)), (3, integer(unknown))];
        assert_eq!(PublicKey::parse(&key(&other)), Err(WebauthnError::UnsupportedAlgorithm));
    }
}

#[test]
fn reads_the_json_of_browsers() {
    let used = Authenticator::new().sign();
    let text = |bytes: &[u8]| Json::from(BASE64URL_NOPAD.encode(bytes));
    let mut json = json!({
        "id": text(&used.id), "rawId": text(&used.id), "type": "public-key", "authenticatorAttachment": "platform",
        "clientExtensionResults": {"credProps": {"rk": true}},
        "response": {
            "clientDataJSON": text(&used.client_data), "authenticatorData": text(&used.authenticator_data),
            "signature": text(&used.signature), "userHandle": text(&42_i64.to_be_bytes()),
        },
    });
    let parsed = AssertionCredential::from_json(&json.to_string()).unwrap();
    assert_eq!((&parsed.id, &parsed.client_data, &parsed.signature), (&used.id, &used.client_data, &used.signature));
    assert_eq!(parsed.user_handle.as_deref(), Some(&42_i64.to_be_bytes()[..]));
    assert_eq!(format!("{parsed:?}"), "AssertionCredential(…)");
    json["response"]["userHandle"] = Json::Null;
    assert_eq!(AssertionCredential::from_json(&json.to_string()).unwrap().user_handle, None);
    let error = |json: &Json| AssertionCredential::from_json(&json.to_string()).err();
    for (name, value, expected) in [
        ("rawId", text(b"other"), WebauthnError::DifferentIds),
        ("rawId", Json::from("a+/="), WebauthnError::MalformedCredential),
        ("type", Json::from("password"), WebauthnError::MalformedCredential),
        ("id", Json::from(""), WebauthnError::MalformedCredential),
        ("response", Json::Null, WebauthnError::MalformedCredential),
    ] {
        let mut changed = json.clone();
        changed[name] = value;
        assert_eq!(error(&changed), Some(expected), "{name}");
    }

    let created = Authenticator::new().create();
    let json = json!({
        "id": text(&created.id), "type": "public-key",
        "response": {
            "clientDataJSON": text(&created.client_data), "attestationObject": text(&created.attestation_object),
            "transports": ["hybrid", "internal", "telepathy", "internal"],
        },
    });
    let parsed = RegistrationCredential::from_json(&json.to_string()).unwrap();
    assert_eq!(parsed.transports, [Transport::Hybrid, Transport::Internal]);
}

#[test]
fn options_have_the_names_of_the_standard() {
    let rp = RelyingParty { id: "example.org".to_owned(), name: "Vestibule".to_owned() };
    let user = User::new(&1_i64.to_be_bytes(), "nina@example.org".to_owned(), "Nina".to_owned());
    let listed = CredentialDescriptor::new(b"id", &[Transport::SmartCard]);
    let options = serde_json::to_value(CreationOptions::new(rp, user, &CHALLENGE, vec![listed])).unwrap();
    let expected = json!({
        "rp": {"id": "example.org", "name": "Vestibule"},
        "user": {"id": "AAAAAAAAAAE", "name": "nina@example.org", "displayName": "Nina"},
        "challenge": BASE64URL_NOPAD.encode(&CHALLENGE),
        "pubKeyCredParams": [
            {"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -8}, {"type": "public-key", "alg": -257},
        ],
        "timeout": 300_000,
        "excludeCredentials": [{"type": "public-key", "id": "aWQ", "transports": ["smart-card"]}],
        "authenticatorSelection":
            {"residentKey": "required", "requireResidentKey": true, "userVerification": "required"},
        "attestation": "none",
    });
    assert_eq!(options, expected);
    let options = serde_json::to_value(RequestOptions::new("example.org", &CHALLENGE, Vec::new())).unwrap();
    let expected = json!({
        "challenge": BASE64URL_NOPAD.encode(&CHALLENGE), "timeout": 300_000, "rpId": "example.org",
        "allowCredentials": [], "userVerification": "required",
    });
    assert_eq!(options, expected);
}
