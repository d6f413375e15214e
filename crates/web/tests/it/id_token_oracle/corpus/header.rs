//! Headers: algorithms, keys and types.

use serde_json::{Value, json};

use super::super::draft::{Draft, decode, encode_json};
use super::{Corpus, MakeSecret};
use crate::harness::identity_provider::TestKey::{Ed25519, P256, Rsa, SecondRsa, ShortRsa};

const OTHER_TYPES: &str = "only types that end in +jwt are those of other tokens, such as at+jwt";
const NO_CONTENT_TYPE: &str = "the signed content is read as a JSON object, whatever its type is said to be";
const LAST_MEMBER: &str = "of a field that is there twice, the last one counts (RFC 7515, section 4)";

pub(super) fn add(corpus: &mut Corpus) {
    signers(corpus);
    algorithms(corpus);
    shared_secrets(corpus);
    key_ids(corpus);
    types(corpus);
    other_fields(corpus);
    forms(corpus);
}

fn signers(corpus: &mut Corpus) {
    for (signer, algorithm) in [
        (Rsa, "RS384"),
        (Rsa, "RS512"),
        (Rsa, "PS256"),
        (SecondRsa, "RS256"),
        (P256, "ES256"),
        (Ed25519, "EdDSA"),
        // The key is for RS256 alone.
        (SecondRsa, "RS512"),
        (SecondRsa, "PS256"),
        (ShortRsa, "RS256"),
    ] {
        corpus.add(format!("{algorithm} by {signer:?}"), move |draft| draft.signed_by(signer, algorithm).sign());
    }
    for (signer, algorithm, claimed) in [
        (Rsa, "RS256", "RS384"),
        (Rsa, "RS256", "PS256"),
        (Rsa, "PS256", "RS256"),
        (Rsa, "RS256", "ES256"),
        (Rsa, "RS256", "EdDSA"),
        (SecondRsa, "RS512", "RS256"),
        (P256, "ES256", "RS256"),
        (P256, "ES256", "ES384"),
        (P256, "ES256", "EdDSA"),
        (Ed25519, "EdDSA", "ES256"),
        (Ed25519, "EdDSA", "RS256"),
    ] {
        corpus.change(format!("{algorithm} by {signer:?} as {claimed}"), move |draft| {
            *draft = draft.clone().signed_by(signer, algorithm);
            draft.header["alg"] = json!(claimed);
        });
    }
}

fn algorithms(corpus: &mut Corpus) {
    let names = [
        "none", "None", "NONE", "nOnE", "", " ", "rs256", "RS256 ", "RS1", "RSA1_5", "RSA-OAEP", "HS256", "HS384",
        "HS512", "PS384", "PS512", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "dir", "A128GCM", "A256KW",
    ];
    corpus.header("alg", names.map(|name| json!(name)));
    corpus.header("alg", [Value::Null, json!(256), json!(true), json!(["RS256"]), json!({"name": "RS256"})]);
    corpus.change("without alg", |draft| {
        draft.header.as_object_mut().unwrap().remove("alg");
    });
    for name in ["none", "None", "NONE", "nOnE", "", "RS256", "HS256"] {
        corpus.add(format!("alg {name:?} without a signature"), move |mut draft| {
            draft.header["alg"] = json!(name);
            format!("{}.{}.", encode_json(&draft.header), encode_json(&draft.claims))
        });
    }
}

/// HS256 with everything that a verifier could confuse with a shared secret.
fn shared_secrets(corpus: &mut Corpus) {
    let secrets: [(&str, MakeSecret); 5] = [
        ("the modulus", |_| decode(Rsa.jwk()["n"].as_str().unwrap())),
        ("the text of the modulus", |_| Rsa.jwk()["n"].as_str().unwrap().into()),
        ("the published key", |_| Rsa.jwk().to_string().into()),
        ("the client secret", |draft| draft.client_secret.clone().into()),
        ("nothing", |_| Vec::new()),
    ];
    for (what, secret) in secrets {
        for has_id in [true, false] {
            corpus.add(format!("HS256 with {what}, kid: {has_id}"), move |mut draft| {
                draft.header = json!({"alg": "HS256", "typ": "JWT"});
                if has_id {
                    draft.header["kid"] = json!(Rsa.id());
                }
                draft.sign_hs256(&secret(&draft))
            });
        }
    }
}

fn key_ids(corpus: &mut Corpus) {
    let ids = [
        "",
        "rsa-2",
        "rsa-1024",
        "p256",
        "RSA-1",
        "rsa-1 ",
        " rsa-1",
        "rsa",
        "unknown",
        "../../../dev/null",
        "rsa-1' OR '1'='1",
        "rsa-1\u{0}",
        "https://evil.example/key",
    ];
    corpus.header("kid", ids.map(|id| json!(id)));
    corpus.header("kid", [json!("k".repeat(5000)), Value::Null, json!(1), json!(true), json!(["rsa-1"]), json!({})]);
    // Without an id, the token is of the only key that fits.
    for (signer, algorithm) in [(Rsa, "RS256"), (Rsa, "RS384"), (P256, "ES256"), (Ed25519, "EdDSA")] {
        for value in [None, Some(Value::Null)] {
            corpus.change(format!("{algorithm} by {signer:?}, kid: {value:?}"), move |draft| {
                *draft = draft.clone().signed_by(signer, algorithm);
                match &value {
                    Some(value) => draft.header["kid"] = value.clone(),
                    None => drop(draft.header.as_object_mut().unwrap().remove("kid")),
                }
            });
        }
    }
    // Foreign keys under the id of a published one.
    for (signer, algorithm, owner) in
        [(SecondRsa, "RS256", Rsa), (Rsa, "RS256", SecondRsa), (Ed25519, "EdDSA", P256), (P256, "ES256", Ed25519)]
    {
        corpus.change(format!("{signer:?} as {owner:?}"), move |draft| {
            *draft = draft.clone().signed_by(signer, algorithm);
            draft.header["kid"] = json!(owner.id());
        });
    }
}

fn types(corpus: &mut Corpus) {
    let types = [
        "jwt",
        "Jwt",
        "JOSE",
        "application/jwt",
        "Application/JWT",
        "at+jwt",
        "AT+JWT",
        "application/at+jwt",
        "logout+jwt",
        "secevent+jwt",
        "dpop+jwt",
    ];
    corpus.header("typ", types.map(|name| json!(name)));
    corpus.header("typ", [Value::Null, json!(1), json!(true), json!(["JWT"]), json!({})]);
    corpus.change("without typ", |draft| {
        draft.header.as_object_mut().unwrap().remove("typ");
    });
    corpus.add_differing(OTHER_TYPES, |corpus| {
        corpus.header("typ", ["", "ID", "JWS", "JOSE+JSON", "text/plain"].map(|name| json!(name)));
    });
}

fn other_fields(corpus: &mut Corpus) {
    corpus.header("crit", [json!([]), json!(["exp"]), json!(["b64"]), json!("exp"), json!(1), json!({}), Value::Null]);
    corpus.header("cty", [Value::Null]);
    corpus.add_differing(NO_CONTENT_TYPE, |corpus| {
        corpus.header("cty", [json!("JWT"), json!("json"), json!(""), json!(1)]);
    });
    corpus.header("zip", [json!("DEF")]);
    corpus.header("enc", [json!("A256GCM")]);
    corpus.header("b64", [json!(false), json!(true)]);
    corpus.header("iss", [json!("https://evil.example")]);
    corpus.header("x", [json!({"y": [1, null, "z"]})]);
    // A key that the token brings itself, and the place of one.
    for name in ["jwk", "jku", "x5u", "x5c"] {
        for id in [Some("rsa-1"), Some("unknown"), None] {
            corpus.change(format!("a foreign key by {name}, kid: {id:?}"), move |draft| {
                *draft = draft.clone().signed_by(SecondRsa, "RS384");
                draft.header["kid"] = json!(id);
                draft.header[name] = own_key(name);
            });
        }
    }
}

fn own_key(name: &str) -> Value {
    let mut key = SecondRsa.jwk();
    key["alg"] = json!("RS384");
    match name {
        "jwk" => key,
        "x5c" => json!([key["n"]]),
        _ => json!("https://evil.example/keys"),
    }
}

fn forms(corpus: &mut Corpus) {
    let claims = |draft: &Draft| draft.claims.to_string();
    for header in ["", " ", "null", "1", "\"RS256\"", "[]", "{}", "{", "{\"alg\":\"RS256\"", "<alg>RS256</alg>"] {
        corpus.add(format!("header {header:?}"), move |draft| draft.sign_text(header, &claims(&draft)));
    }
    corpus.add("header with spaces", move |draft| {
        draft.sign_text(" {\n\t\"alg\": \"RS256\",  \"kid\": \"rsa-1\" }\r\n", &claims(&draft))
    });
    corpus.add("header with escapes", move |draft| {
        draft.sign_text(r#"{"\u0061lg":"RS\u0032\u0035\u0036","kid":"rsa-1"}"#, &claims(&draft))
    });
    corpus.add("header after a byte order mark", move |draft| {
        draft.sign_text("\u{feff}{\"alg\":\"RS256\",\"kid\":\"rsa-1\"}", &claims(&draft))
    });
    corpus.add("header with more after it", move |draft| {
        draft.sign_text("{\"alg\":\"RS256\",\"kid\":\"rsa-1\"}{}", &claims(&draft))
    });
    corpus.add("header whose last alg is none", move |draft| {
        draft.sign_text(r#"{"alg":"RS256","kid":"rsa-1","alg":"none"}"#, &claims(&draft))
    });
    corpus.add_differing(LAST_MEMBER, |corpus| {
        for header in [r#"{"alg":"none","kid":"rsa-1","alg":"RS256"}"#, r#"{"alg":"RS256","kid":"p256","kid":"rsa-1"}"#]
        {
            corpus.add(format!("header {header}"), move |draft| draft.sign_text(header, &claims(&draft)));
        }
    });
}
