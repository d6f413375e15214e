//! Whole sign-ins at a provider.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::pkcs8::DecodePrivateKey;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::super::authenticate::{Request, run};
use super::super::authorization::{build_authorization_url, build_logout_url};
use super::super::cache::ProviderCache;
use super::super::client::{Authenticated, AuthorizationResponse, Client, ProviderTokens};
use super::super::error::{OidcError, OidcErrorKind};
use super::super::steps::Steps;
use super::fixtures::{
    CLIENT, FakeTransport, ISSUER, NONCE, NOW, P256, SECONDS, claims_with, document, jwk, sign, sign_with,
};
use crate::error::Code;
use crate::identity_provider::ProviderKind;
use crate::secret::OneTimeSecrets;
use crate::settings::{ClientCredential, Secret};
use crate::time::{ManualClock, Timestamp};

const TOKEN: &str = "https://login.example/token";
const USERINFO: &str = "https://login.example/userinfo";

pub(super) struct Flow {
    pub(super) transport: Arc<FakeTransport>,
    pub(super) kind: ProviderKind,
    pub(super) url: &'static str,
    pub(super) credential: ClientCredential,
    pub(super) response: AuthorizationResponse,
    wanted_claims: Vec<&'static str>,
    pub(super) steps: Steps,
    cache: Arc<ProviderCache>,
}

impl Flow {
    pub(super) fn new(kind: ProviderKind, url: &'static str) -> Self {
        let transport = FakeTransport::provider();
        let injected = Arc::<FakeTransport>::clone(&transport);
        Self {
            cache: ProviderCache::with_transport(injected, Arc::new(ManualClock::new(NOW))),
            transport,
            kind,
            url,
            credential: ClientCredential::Secret(Secret::new("s3cret/ +~".to_owned())),
            response: AuthorizationResponse { code: "the code".to_owned(), ..AuthorizationResponse::default() },
            wanted_claims: Vec::new(),
            steps: Steps::default(),
        }
    }

    /// At a provider that issues this token.
    fn with_token(token: &str) -> Self {
        let flow = Self::new(ProviderKind::OpenId, ISSUER);
        flow.issue(token);
        flow
    }

    fn issue(&self, token: &str) {
        let body = json!({"access_token": "access", "token_type": "bearer", "id_token": token, "expires_in": 3600});
        self.transport.answer(TOKEN, 200, &body);
    }

    fn client(&self) -> Client<'_> {
        Client {
            kind: self.kind,
            url: self.url,
            client_id: CLIENT,
            credential: &self.credential,
            scopes: &[],
            allowed_tenants: &[],
            redirect_uri: "https://join.example/auth/oauth2/callback".to_owned(),
            wanted_claims: self.wanted_claims.clone(),
        }
    }

    pub(super) async fn run(&mut self) -> Result<Authenticated, OidcError> {
        let mut steps = Steps::default();
        let (client, secrets) = (self.client(), secrets());
        let request = Request { client: &client, secrets: &secrets, response: &self.response, now: NOW };
        let result = run(&self.cache, &request, &mut steps).await;
        self.steps = steps;
        result
    }

    pub(super) async fn refusal(&mut self) -> OidcErrorKind {
        self.run().await.unwrap_err().kind()
    }

    pub(super) async fn authorization_url(&self, login_hint: Option<&str>) -> String {
        build_authorization_url(&self.cache, &self.client(), &secrets(), login_hint).await.unwrap()
    }
}

fn secrets() -> OneTimeSecrets {
    let code_verifier = Zeroizing::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
    OneTimeSecrets { state: "a.b.c".to_owned(), nonce: NONCE.to_owned(), code_verifier }
}

fn id_token(changes: &Value) -> String {
    sign("RS256", &claims_with(changes))
}

#[tokio::test]
async fn a_code_is_exchanged_for_a_verified_identity() {
    let mut flow = Flow::with_token(&id_token(&json!({})));
    flow.response.iss = Some(ISSUER.to_owned());
    let person = flow.run().await.unwrap();
    assert_eq!((person.issuer.as_str(), person.subject.as_str()), (ISSUER, "7"));
    assert!(person.claims.is_true("email_verified"));
    assert_eq!(person.tokens.expires_at, Some(Timestamp::from_microseconds((SECONDS + 3600) * 1_000_000)));
    let sent = flow.transport.requests().pop().unwrap();
    let form = "grant_type=authorization_code&code=the%20code\
                &redirect_uri=https%3A%2F%2Fjoin.example%2Fauth%2Foauth2%2Fcallback\
                &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    assert_eq!((sent.url.as_str(), sent.form.as_deref()), (TOKEN, Some(form)));
    let basic = data_encoding::BASE64.encode(b"client:s3cret%2F%20%2B~");
    assert_eq!(sent.authorization, Some(format!("Basic {basic}")));
    let names: Vec<_> = flow.steps.as_slice().iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["discovery", "authorization_response", "token_exchange", "id_token"]);
    let shown = flow.steps.to_json();
    assert!(shown.contains("nina@example.com") && shown.contains("RS256"));
    for secret in ["the code", "access\"", NONCE_VALUE, "s3cret", "eyJ"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

const NONCE_VALUE: &str = "\"nonce\":\"nonce\"";

#[tokio::test]
async fn a_response_of_another_provider_is_refused_before_its_code_is_sent() {
    let mut flow = Flow::with_token(&id_token(&json!({})));
    flow.response.iss = Some("https://evil.example".to_owned());
    assert_eq!(flow.refusal().await, OidcErrorKind::WrongIssuer);
    assert_eq!(flow.transport.count(TOKEN), 0);
    let mut demanding = document();
    demanding["authorization_response_iss_parameter_supported"] = json!(true);
    let mut flow = Flow::with_token(&id_token(&json!({})));
    flow.transport.answer("https://login.example/.well-known/openid-configuration", 200, &demanding);
    assert_eq!(flow.refusal().await, OidcErrorKind::WrongIssuer, "a missing iss");
    assert_eq!(flow.transport.count(TOKEN), 0);
    flow.response.iss = Some(ISSUER.to_owned());
    assert!(flow.run().await.is_ok());
    for code in [String::new(), "a".repeat(4097)] {
        flow.response.code = code;
        assert_eq!(flow.refusal().await, OidcErrorKind::CodeRefused);
    }
}

#[tokio::test]
async fn refusals_of_the_token_endpoint_have_kinds_and_say_nothing_of_the_host() {
    let mut flow = Flow::new(ProviderKind::OpenId, ISSUER);
    assert_eq!(flow.refusal().await, OidcErrorKind::TokenUnreachable);
    let token = "a".repeat((64 << 10) + 1);
    for (status, body, kind) in [
        (400, json!({"error": "invalid_grant"}), OidcErrorKind::CodeRefused),
        (401, json!({"error": "invalid_client"}), OidcErrorKind::ClientRefused),
        (401, json!({}), OidcErrorKind::ClientRefused),
        (400, json!({"error": "invalid_request"}), OidcErrorKind::TokenResponseInvalid),
        (400, json!({"error": 7}), OidcErrorKind::TokenResponseInvalid),
        (302, json!({}), OidcErrorKind::TokenResponseInvalid),
        (503, json!({"error": "invalid_grant"}), OidcErrorKind::TokenUnreachable),
        (200, json!([]), OidcErrorKind::TokenResponseInvalid),
        (200, json!({"id_token": "a.b.c"}), OidcErrorKind::TokenResponseInvalid),
        (200, json!({"access_token": ""}), OidcErrorKind::TokenResponseInvalid),
        (200, json!({"access_token": "a\r\nb"}), OidcErrorKind::TokenResponseInvalid),
        (200, json!({"access_token": ["a"]}), OidcErrorKind::TokenResponseInvalid),
        (200, json!({"access_token": "a", "token_type": "mac"}), OidcErrorKind::TokenResponseInvalid),
        (200, json!({"access_token": "a", "refresh_token": token}), OidcErrorKind::TokenResponseInvalid),
        (200, json!({"access_token": "a"}), OidcErrorKind::IdTokenMissing),
        (200, json!({"access_token": "a", "id_token": "10.0.0.7"}), OidcErrorKind::IdTokenInvalid),
    ] {
        flow.transport.answer(TOKEN, status, &body);
        let error = flow.run().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body:.100}");
        assert!(!error.to_string().contains("10.0.0.7"));
    }
    assert_eq!(OidcErrorKind::CodeRefused.code(), Code::InvalidCode);
    assert_eq!(OidcErrorKind::ClientRefused.code(), Code::ProviderUnavailable);
    assert_eq!(OidcErrorKind::BadSignature.code(), Code::InvalidIdentity);
}

#[tokio::test]
async fn keys_that_were_rotated_are_loaded_once() {
    let mut flow = Flow::with_token(&sign("EdDSA", &claims_with(&json!({}))));
    let keys = "https://login.example/keys";
    flow.transport.answer(keys, 200, &json!({"keys": [jwk("RS256")]}));
    assert_eq!(flow.refusal().await, OidcErrorKind::UnknownKey);
    assert_eq!(flow.transport.count(keys), 2);
    assert_eq!(flow.refusal().await, OidcErrorKind::UnknownKey);
    assert_eq!(flow.transport.count(keys), 2, "at most once a minute");
    let mut flow = Flow::with_token(&sign("RS256", &claims_with(&json!({}))));
    flow.transport.answer(keys, 200, &json!({"keys": [jwk("EdDSA")]}));
    flow.cache.get(&flow.client().source()).await.unwrap();
    flow.transport.answer(keys, 200, &json!({"keys": [jwk("RS256")]}));
    assert!(flow.run().await.is_ok());
}

#[tokio::test]
async fn a_key_that_was_replaced_without_a_new_id_is_found_too() {
    let with_id = json!({"keys": [jwk("RS256")]});
    let mut without_id = with_id.clone();
    (without_id["keys"][0]["kid"], without_id["keys"][0]["alg"]) = (Value::Null, Value::Null);
    let claims = claims_with(&json!({}));
    for (token, new) in [(sign_with(&json!({"alg": "RS256"}), &claims), without_id), (sign("RS256", &claims), with_id)]
    {
        let mut flow = Flow::with_token(&token);
        let keys = "https://login.example/keys";
        let mut old = new.clone();
        old["keys"][0]["e"] = json!("Aw");
        flow.transport.answer(keys, 200, &old);
        assert_eq!(flow.refusal().await, OidcErrorKind::BadSignature);
        assert_eq!(flow.refusal().await, OidcErrorKind::BadSignature);
        assert_eq!(flow.transport.count(keys), 2, "not again within a minute");
        let mut flow = Flow::with_token(&token);
        flow.transport.answer(keys, 200, &old);
        flow.cache.get(&flow.client().source()).await.unwrap();
        flow.transport.answer(keys, 200, &new);
        assert!(flow.run().await.is_ok());
    }
}

#[tokio::test]
async fn userinfo_adds_an_address_and_overrides_nothing() {
    let mut flow = Flow::with_token(&id_token(&json!({"email": null, "email_verified": null, "name": "Nina"})));
    let userinfo = json!({
        "sub": "7", "email": "nina@example.com", "email_verified": true, "name": "Other", "amr": ["mfa"],
        "hd": "example.com", "tid": "x", "iss": "https://evil.example", "groups": ["a"],
    });
    flow.transport.answer(USERINFO, 200, &userinfo);
    let person = flow.run().await.unwrap();
    assert_eq!(person.claims.text("email"), Some("nina@example.com"));
    assert!(person.claims.is_true("email_verified") && !person.claims.has_mfa());
    assert_eq!((person.claims.text("name"), person.claims.text("hd")), (Some("Nina"), None));
    assert_eq!((person.issuer.as_str(), person.claims.text("iss")), (ISSUER, Some(ISSUER)));
    assert_eq!(person.claims.list("groups"), ["a"]);
    let sent = flow.transport.requests().pop().unwrap();
    assert_eq!((sent.url.as_str(), sent.authorization.as_deref()), (USERINFO, Some("Bearer access")));
}

#[tokio::test]
async fn an_address_of_userinfo_is_not_verified_by_the_id_token() {
    for (of_token, of_userinfo, is_verified) in [
        (json!(true), Value::Null, false),
        (json!(true), json!(false), false),
        (json!(true), json!("true"), false),
        (json!(false), json!(true), false),
        (json!("true"), json!(true), false),
        (json!(true), json!(true), true),
    ] {
        let changes = json!({"email": null, "email_verified": of_token, "xms_edov": true});
        let mut flow = Flow::with_token(&id_token(&changes));
        let mut userinfo = json!({"sub": "7", "email": "nina@example.com", "xms_edov": true});
        if !of_userinfo.is_null() {
            userinfo["email_verified"] = of_userinfo.clone();
        }
        flow.transport.answer(USERINFO, 200, &userinfo);
        let claims = flow.run().await.unwrap().claims;
        assert_eq!(claims.is_true("email_verified"), is_verified, "{of_token} {of_userinfo}");
        assert!(!claims.is_true("xms_edov"));
    }
}

#[tokio::test]
async fn userinfo_is_asked_for_what_is_wanted_and_verifies_no_address_of_the_id_token() {
    let path = "realm.groups";
    for (wanted, changes, requests) in [
        (vec![], json!({"email_verified": null}), 0),
        (vec![path], json!({"email_verified": null, "realm": {"groups": []}}), 0),
        (vec![path], json!({"email_verified": null}), 1),
    ] {
        let mut flow = Flow::with_token(&id_token(&changes));
        flow.wanted_claims = wanted;
        let realm = json!({"groups": ["a"]});
        let userinfo = json!({"sub": "7", "email": "other@example.com", "email_verified": true, "realm": realm});
        flow.transport.answer(USERINFO, 200, &userinfo);
        let claims = flow.run().await.unwrap().claims;
        assert_eq!((flow.transport.count(USERINFO), claims.list(path).len()), (requests, requests), "{changes}");
        assert!(claims.text("email") == Some("nina@example.com") && !claims.is_true("email_verified"));
    }
    let mut flow = Flow::with_token(&id_token(&json!({"xms_edov": true})));
    flow.wanted_claims = vec![path];
    flow.transport.answer(USERINFO, 200, &json!({"sub": "7"}));
    let claims = flow.run().await.unwrap().claims;
    assert!(
        claims.is_true("email_verified") && claims.is_true("xms_edov"),
        "the ID token has verified its own address"
    );
}

#[tokio::test]
async fn userinfo_of_another_subject_is_refused() {
    let mut flow = Flow::with_token(&id_token(&json!({"email": null})));
    for (status, body, kind) in [
        (200, json!({"sub": "8", "email": "nina@example.com"}), OidcErrorKind::UserinfoMismatch),
        (200, json!({"sub": 7, "email": "nina@example.com"}), OidcErrorKind::UserinfoMismatch),
        (200, json!({"email": "nina@example.com"}), OidcErrorKind::UserinfoMismatch),
        (200, json!("eyJ.eyJ.x"), OidcErrorKind::UserinfoInvalid),
        (200, json!({"sub": "7", "a": "a".repeat(64 << 10)}), OidcErrorKind::UserinfoInvalid),
        (403, json!({"sub": "7"}), OidcErrorKind::UserinfoUnreachable),
    ] {
        flow.transport.answer(USERINFO, status, &body);
        assert_eq!(flow.refusal().await, kind, "{status} {body:.60}");
    }
}

#[tokio::test]
async fn apple_gets_a_signed_secret_and_may_send_a_name() {
    let mut flow = Flow::with_token(&id_token(&json!({})));
    flow.kind = ProviderKind::Apple;
    flow.credential = ClientCredential::AppleKey {
        team_id: "TEAM".to_owned(),
        key_id: "KEY".to_owned(),
        key: Secret::new(P256.to_owned()),
    };
    flow.response.apple_user =
        Some(r#"{"name":{"firstName":"Nina","lastName":"Bach"},"email":"evil@example.com"}"#.to_owned());
    let person = flow.run().await.unwrap();
    assert_eq!(person.claims.names(), ("Nina".to_owned(), "Bach".to_owned()));
    assert_eq!(person.claims.text("email"), Some("nina@example.com"));
    let form = flow.transport.requests().pop().unwrap().form.unwrap();
    let secret = form.split("client_secret=").nth(1).unwrap().to_owned();
    let (signed, signature) = secret.rsplit_once('.').unwrap();
    let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
    let key = p256::ecdsa::SigningKey::from_pkcs8_pem(P256).unwrap();
    let signature = Signature::from_slice(&decode(signature)).unwrap();
    assert!(VerifyingKey::from(&key).verify(signed.as_bytes(), &signature).is_ok());
    let claims: Value = serde_json::from_slice(&decode(signed.split_once('.').unwrap().1)).unwrap();
    let expected = json!({"iss": "TEAM", "iat": SECONDS, "exp": SECONDS + 300, "aud": ISSUER, "sub": CLIENT});
    assert_eq!(claims, expected);
    for wrong in ["", "[]", "{}", r#"{"name":"Nina"}"#, r#"{"name":{"firstName":7}}"#] {
        flow.response.apple_user = Some(wrong.to_owned());
        assert_eq!(flow.run().await.unwrap().claims.names(), (String::new(), String::new()), "{wrong}");
    }
    flow.credential = ClientCredential::AppleKey {
        team_id: "TEAM".to_owned(),
        key_id: "KEY".to_owned(),
        key: Secret::new("no key".to_owned()),
    };
    assert_eq!(flow.refusal().await, OidcErrorKind::ClientRefused);
}

#[tokio::test]
async fn a_public_client_names_itself_in_the_form() {
    let mut flow = Flow::with_token(&id_token(&json!({})));
    flow.credential = ClientCredential::Public;
    assert!(flow.run().await.is_ok());
    let sent = flow.transport.requests().pop().unwrap();
    assert!(sent.authorization.is_none() && sent.form.unwrap().ends_with("&client_id=client"));
}

#[tokio::test]
async fn authorization_urls_bind_the_response_to_the_request() {
    let flow = Flow::new(ProviderKind::OpenId, ISSUER);
    let expected = "https://login.example/authorize?realm=a&response_type=code&client_id=client\
                    &redirect_uri=https%3A%2F%2Fjoin.example%2Fauth%2Foauth2%2Fcallback\
                    &scope=openid%20email%20profile&state=a.b.c\
                    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&nonce=nonce";
    assert_eq!(flow.authorization_url(None).await, expected);
    let hinted = flow.authorization_url(Some("nina&x=1@example.com")).await;
    assert_eq!(hinted, format!("{expected}&login_hint=nina%26x%3D1%40example.com"));
    assert_eq!(flow.authorization_url(Some(&"a".repeat(255))).await, expected);
    let apple = Flow::new(ProviderKind::Apple, ISSUER).authorization_url(None).await;
    assert!(apple.contains("&scope=openid%20email%20name&") && apple.ends_with("&response_mode=form_post"));
}

#[tokio::test]
async fn logout_urls_name_the_client_and_the_token() {
    let flow = Flow::new(ProviderKind::OpenId, ISSUER);
    let url = |id_token| build_logout_url_of(&flow, id_token);
    let expected = "https://login.example/logout?client_id=client&post_logout_redirect_uri=https%3A%2F%2Fjoin.example%2F\
                    &state=x";
    assert_eq!(url(None).await.as_deref(), Some(expected));
    assert_eq!(url(Some("a.b.c")).await, Some(format!("{expected}&id_token_hint=a.b.c")));
    let github = Flow::new(ProviderKind::GitHub, "https://github.com");
    assert_eq!(build_logout_url_of(&github, None).await, None);
}

async fn build_logout_url_of(flow: &Flow, id_token: Option<&str>) -> Option<String> {
    build_logout_url(&flow.cache, &flow.client(), id_token, "https://join.example/", "x").await
}

#[test]
fn stored_tokens_are_read_again_and_hidden_from_debug() {
    let tokens = ProviderTokens {
        access_token: Zeroizing::new("access".to_owned()),
        refresh_token: Some(Zeroizing::new("refresh".to_owned())),
        id_token: Some(Zeroizing::new("a.b.c".to_owned())),
        expires_at: Some(NOW),
    };
    let again = ProviderTokens::from_json(&tokens.to_json()).unwrap();
    assert_eq!(again.access_token.as_str(), "access");
    assert_eq!((again.refresh_token.unwrap().as_str(), again.expires_at), ("refresh", Some(NOW)));
    assert!(again.id_token.is_none() && !format!("{tokens:?}").contains("access"));
    assert!(ProviderTokens::from_json("{}").is_none() && ProviderTokens::from_json("no").is_none());
}
