//! ID tokens that lie: each is refused, and signs nobody in.

use std::cell::Cell;
use std::time::Duration;

use serde_json::{Value, json};

use super::{ADA, EXAMPLE, identities, signed_in_as, start, users};
use crate::harness::TestApp;
use crate::harness::identity_provider::{CLIENT_ID, Endpoint, IdentityProvider, Part, RETURN_TO, TestKey, person};

type Change = fn(&str) -> String;

struct Setup {
    app: TestApp,
    provider: IdentityProvider,
    /// So many people have signed in.
    people: Cell<usize>,
}

async fn setup() -> Setup {
    let provider = IdentityProvider::start().await;
    let app = start(&[(EXAMPLE, &provider)]).await;
    Setup { app, provider, people: Cell::new(0) }
}

impl Setup {
    async fn assert_refused(&self, what: &str) {
        let before = (users(&self.app), identities(&self.app));
        let response = self.app.anonymous().go_through(EXAMPLE, &self.provider, &person("1", ADA)).await;
        assert_eq!(response.status, 400, "{what}: {}", response.text);
        assert_eq!(response.body["errors"][0]["code"], "INVALID_IDENTITY", "{what}: {}", response.text);
        assert_eq!((users(&self.app), identities(&self.app)), before, "{what}");
    }

    /// Each time it is another person.
    async fn assert_accepted(&self, what: &str) {
        self.people.set(self.people.get() + 1);
        let (subject, email) = (format!("person-{}", self.people.get()), format!("ada{}@gmail.com", self.people.get()));
        let response = self.app.anonymous().go_through(EXAMPLE, &self.provider, &person(&subject, &email)).await;
        assert_eq!(response.status, 200, "{what}: {}", response.text);
        signed_in_as(response, &email);
    }

    /// The time as tokens have it, so many seconds from now.
    fn seconds(&self, offset: i64) -> Value {
        json!(self.app.inner.service.now().unix_seconds() + offset)
    }
}

#[tokio::test]
async fn every_supported_algorithm_is_accepted() {
    let setup = setup().await;
    for (key, algorithms) in
        [(TestKey::Rsa, &["RS256"] as &[&str]), (TestKey::P256, &["ES256"]), (TestKey::Ed25519, &["EdDSA"])]
    {
        setup.provider.sign_with(key);
        for algorithm in algorithms {
            setup.assert_accepted(algorithm).await;
        }
    }
    // A key that names no algorithm is for all that its type has.
    let setup = self::setup().await;
    setup.provider.change(Part::Keys, |keys| {
        for key in keys["keys"].as_array_mut().unwrap() {
            key.as_object_mut().unwrap().remove("alg");
        }
    });
    for algorithm in ["RS256", "RS384", "RS512", "PS256"] {
        setup.provider.change(Part::Header, move |header| header["alg"] = json!(algorithm));
        setup.assert_accepted(algorithm).await;
    }
}

#[tokio::test]
async fn unsigned_and_symmetric_tokens_are_refused() {
    let setup = setup().await;
    for algorithm in ["none", "None", "NONE", "nOnE", "", "HS256"] {
        setup.provider.change(Part::Header, move |header| header["alg"] = json!(algorithm));
        setup.assert_refused(algorithm).await;
    }
    // Neither the public key nor the secret of the client is a key of HS256.
    setup.provider.share_secret(&setup.provider.client_secret());
    setup.provider.change(Part::Header, |header| header["alg"] = json!("HS256"));
    setup.assert_refused("HS256 with the secret of the client").await;
    setup.provider.change(Part::Header, |header| *header = json!({"alg": "HS256", "typ": "JWT"}));
    setup.assert_refused("HS256 without kid").await;
}

#[tokio::test]
async fn header_has_to_fit_the_key() {
    let setup = setup().await;
    let with_header = |header: Value| setup.provider.change(Part::Header, move |it| *it = header.clone());
    for (signer, header) in [
        // The key of another algorithm.
        (TestKey::P256, json!({"alg": "ES256", "kid": "rsa-1"})),
        (TestKey::Rsa, json!({"alg": "RS256", "kid": "p256"})),
        (TestKey::Ed25519, json!({"alg": "EdDSA", "kid": "rsa-1"})),
        // What the key says it is not for.
        (TestKey::Rsa, json!({"alg": "PS256", "kid": "rsa-1"})),
        (TestKey::Rsa, json!({"alg": "RS512", "kid": "rsa-1"})),
        // A foreign key under a known id.
        (TestKey::SecondRsa, json!({"alg": "RS256", "kid": "rsa-1"})),
        // Keys that the token brings or names itself.
        (TestKey::SecondRsa, json!({"alg": "RS256", "kid": "rsa-2", "jwk": TestKey::SecondRsa.jwk()})),
        (TestKey::SecondRsa, json!({"alg": "RS256", "kid": "rsa-2", "jku": "https://evil.example/keys"})),
        (TestKey::Rsa, json!({"alg": "RS256", "kid": "rsa-1", "crit": ["exp"], "exp": 1})),
        (TestKey::Rsa, json!({"alg": "RS256", "kid": 1})),
        (TestKey::Rsa, json!({"alg": ["RS256"], "kid": "rsa-1"})),
        (TestKey::Rsa, json!({"kid": "rsa-1"})),
        (TestKey::Rsa, json!([])),
    ] {
        setup.provider.sign_with(signer);
        with_header(header.clone());
        setup.assert_refused(&header.to_string()).await;
    }
}

#[tokio::test]
async fn short_and_misused_keys_are_refused() {
    for (what, change) in [
        ("too short", None),
        ("for encryption", Some(("use", json!("enc")))),
        ("of another type", Some(("kty", json!("oct")))),
        ("for other operations", Some(("key_ops", json!(["sign"])))),
    ] {
        let setup = setup().await;
        match change {
            None => {
                setup.provider.publish(&[TestKey::ShortRsa]);
                setup.provider.sign_with(TestKey::ShortRsa);
            }
            Some((name, value)) => setup.provider.change(Part::Keys, move |keys| {
                keys["keys"][0][name] = value.clone();
            }),
        }
        // The keys are loaded before the browser is sent away, and one that can be used is enough for that.
        let begun = setup.app.anonymous().begin_social_with(EXAMPLE, RETURN_TO).await;
        if begun.status == 200 {
            setup.assert_refused(what).await;
        } else {
            begun.assert_error(400, "PROVIDER_UNAVAILABLE");
        }
    }
}

#[tokio::test]
async fn claims_that_are_not_for_us_are_refused() {
    let setup = setup().await;
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!(format!("{}/", setup.provider.url()))),
        ("iss", json!([setup.provider.url()])),
        ("iss", Value::Null),
        ("aud", json!("another-client")),
        ("aud", json!(["another-client"])),
        ("aud", json!([])),
        ("aud", json!({"client": CLIENT_ID})),
        ("aud", json!(format!("{CLIENT_ID} "))),
        ("aud", Value::Null),
        // Several audiences without the one that it was issued to.
        ("aud", json!([CLIENT_ID, "another-client"])),
        ("azp", json!("another-client")),
        ("nonce", json!("another")),
        ("nonce", json!("")),
        ("nonce", Value::Null),
        ("sub", Value::Null),
        ("sub", json!("")),
        ("sub", json!(1)),
        ("sub", json!("s".repeat(256))),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("at_hash", json!(1)),
        ("exp", Value::Null),
        ("exp", json!("never")),
        ("exp", json!(1.0e300)),
        ("exp", setup.seconds(-121)),
        ("iat", setup.seconds(121)),
        ("iat", Value::Null),
        ("nbf", setup.seconds(121)),
    ] {
        setup.provider.set_claim(name, value.clone());
        setup.assert_refused(&format!("{name}: {value}")).await;
    }
}

#[tokio::test]
async fn several_audiences_need_the_authorized_party() {
    let setup = setup().await;
    for (azp, is_accepted) in [(json!(CLIENT_ID), true), (json!("another-client"), false), (json!([CLIENT_ID]), false)]
    {
        let value = azp.clone();
        setup.provider.change(Part::Claims, move |claims| {
            claims["aud"] = json!(["another-client", CLIENT_ID]);
            claims["azp"] = value.clone();
        });
        if is_accepted {
            setup.assert_accepted("azp").await;
        } else {
            setup.assert_refused(&azp.to_string()).await;
        }
    }
}

#[tokio::test]
async fn clocks_may_differ_by_two_minutes() {
    let setup = setup().await;
    for (name, offset) in [("exp", -110), ("iat", 110), ("nbf", 110)] {
        setup.provider.set_claim(name, setup.seconds(offset));
        setup.assert_accepted(name).await;
    }
}

#[tokio::test]
async fn optional_claims_can_be_missing() {
    let setup = setup().await;
    for name in ["at_hash", "given_name", "family_name", "name"] {
        setup.provider.set_claim(name, Value::Null);
        setup.assert_accepted(name).await;
    }
    setup.provider.set_claim("aud", json!([CLIENT_ID]));
    setup.assert_accepted("a list with one audience").await;
}

/// Claims of a wrong type are no reason to keep a person out, and never more than missing.
#[tokio::test]
async fn names_of_a_wrong_type_are_ignored() {
    let setup = setup().await;
    for value in [json!(1), json!(["Ada"]), json!({"first": "Ada"}), json!("\u{0}\u{202e}"), json!("A".repeat(5000))] {
        let name = value.clone();
        setup.provider.change(Part::Claims, move |claims| {
            for claim in ["given_name", "family_name", "name", "preferred_username", "groups", "amr", "acr"] {
                claims[claim] = name.clone();
            }
        });
        setup.assert_accepted(&value.to_string()).await;
    }
}

#[tokio::test]
async fn broken_tokens_are_refused() {
    let setup = setup().await;
    let token = |value: Value| setup.provider.change(Part::Tokens, move |tokens| tokens["id_token"] = value.clone());
    for value in [
        Value::Null,
        json!(""),
        json!("a.b.c"),
        json!("..."),
        json!("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0"),
        json!({"sub": "1"}),
        json!(1),
        json!(format!("{}.e30.AA", "A".repeat(70_000))),
    ] {
        token(value.clone());
        let what: String = value.to_string().chars().take(40).collect();
        setup.assert_refused(&what).await;
    }
    let changes: [(&str, Change); 4] = [
        ("a changed signature", |token| {
            let (signed, signature) = token.rsplit_once('.').unwrap();
            format!("{signed}.{}", signature.chars().rev().collect::<String>())
        }),
        ("no signature", |token| token[..=token.rfind('.').unwrap()].to_owned()),
        ("a second signature", |token| format!("{token}.AA")),
        ("white space", |token| format!(" {token}")),
    ];
    for (what, change) in changes {
        setup.provider.change(Part::Tokens, move |tokens| {
            tokens["id_token"] = json!(change(tokens["id_token"].as_str().unwrap()));
        });
        setup.assert_refused(what).await;
    }
}

#[tokio::test]
async fn keys_are_loaded_again_for_an_unknown_id_and_not_too_often() {
    let setup = setup().await;
    setup.assert_accepted("the first key").await;
    assert_eq!(setup.provider.requests(Endpoint::Keys), 1);
    // The provider rotates its keys.
    setup.provider.publish(&[TestKey::SecondRsa]);
    setup.provider.sign_with(TestKey::SecondRsa);
    setup.app.advance(Duration::from_secs(61));
    setup.assert_accepted("the second key").await;
    assert_eq!(setup.provider.requests(Endpoint::Keys), 2);
    // Tokens with nonsense ids do not make us send a request each.
    setup.provider.change(Part::Header, |header| header["kid"] = json!("nonsense"));
    for _ in 0..5 {
        setup.assert_refused("an unknown key").await;
    }
    assert!(setup.provider.requests(Endpoint::Keys) <= 3);
    setup.provider.recover();
    setup.provider.sign_with(TestKey::SecondRsa);
    setup.assert_accepted("the second key again").await;
}

/// The claims of the ID token are signed; those of userinfo are whatever the access token gives.
#[tokio::test]
async fn userinfo_completes_the_id_token_and_does_not_override_it() {
    let setup = setup().await;
    setup.provider.leave_claims_to_userinfo();
    setup.assert_accepted("everything in userinfo").await;
    setup.provider.change(Part::Userinfo, |claims| claims["sub"] = json!("2"));
    setup.assert_refused("userinfo of another person").await;
    setup.provider.change(Part::Userinfo, |claims| {
        claims.as_object_mut().unwrap().remove("sub");
    });
    setup.assert_refused("userinfo of nobody").await;

    setup.provider.recover();
    setup.provider.change(Part::Userinfo, |claims| {
        claims["email"] = json!("root@example.com");
        claims["email_verified"] = json!(true);
    });
    setup.provider.set_claim("email_verified", json!(false));
    setup.assert_accepted("the address of the ID token").await;
}
