//! Sign-ins at GitHub.

use serde_json::{Value, json};

use super::super::error::OidcErrorKind;
use super::flow::Flow;
use crate::identity_provider::ProviderKind;

const TOKEN: &str = "https://github.com/login/oauth/access_token";
const USER: &str = "https://api.github.com/user";
const EMAILS: &str = "https://api.github.com/user/emails";

fn flow() -> Flow {
    let flow = Flow::new(ProviderKind::GitHub, "https://github.com");
    flow.transport.answer(TOKEN, 200, &json!({"access_token": "gho_x", "token_type": "bearer", "scope": "user:email"}));
    flow.transport.answer(
        USER,
        200,
        &json!({"id": 7, "login": "nina", "name": "Nina Bach", "email": "public@example.com"}),
    );
    flow.transport.answer(EMAILS, 200, &emails(&json!(true)));
    flow
}

fn emails(verified: &Value) -> Value {
    json!([
        {"email": "other@example.com", "primary": false, "verified": true},
        {"email": "nina@example.com", "primary": true, "verified": verified},
    ])
}

#[tokio::test]
async fn the_identity_is_the_numeric_id_with_the_primary_address() {
    let mut flow = flow();
    let person = flow.run().await.unwrap();
    assert_eq!((person.issuer.as_str(), person.subject.as_str()), ("https://github.com", "7"));
    assert_eq!(person.claims.text("email"), Some("nina@example.com"));
    assert!(person.claims.is_true("email_verified"));
    assert_eq!(person.claims.text("preferred_username"), Some("nina"));
    assert_eq!(person.claims.names(), ("Nina".to_owned(), "Bach".to_owned()));
    let requests = flow.transport.requests();
    assert!(requests[0].form.as_ref().unwrap().ends_with("&client_id=client&client_secret=s3cret%2F%20%2B~"));
    assert!(requests[1..].iter().all(|sent| sent.authorization.as_deref() == Some("Bearer gho_x")));
    let names: Vec<_> = flow.steps.as_slice().iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["authorization_response", "token_exchange", "userinfo"]);
}

#[tokio::test]
async fn an_address_is_verified_only_if_it_is_primary_and_verified() {
    for verified in [json!(false), json!("true"), json!(1), Value::Null] {
        let mut flow = flow();
        flow.transport.answer(EMAILS, 200, &emails(&verified));
        assert!(!flow.run().await.unwrap().claims.is_true("email_verified"), "{verified}");
    }
    for (status, body) in [(200, json!([])), (404, json!({})), (403, json!({})), (200, json!([7, {"primary": true}]))] {
        let mut flow = flow();
        flow.transport.answer(EMAILS, status, &body);
        assert_eq!(flow.run().await.unwrap().claims.text("email"), None, "the public address is not used: {body}");
    }
    let mut flow = flow();
    flow.transport.answer(EMAILS, 200, &json!({}));
    assert_eq!(flow.refusal().await, OidcErrorKind::UserinfoInvalid);
}

#[tokio::test]
async fn a_user_has_a_number() {
    for id in [json!(0), json!("7"), json!(-7), json!(7.5), Value::Null, json!([7])] {
        let mut flow = flow();
        flow.transport.answer(USER, 200, &json!({"id": id, "login": "nina"}));
        assert_eq!(flow.refusal().await, OidcErrorKind::SubjectMissing, "{id}");
    }
    let mut flow = flow();
    flow.transport.answer(USER, 200, &json!("user"));
    assert_eq!(flow.refusal().await, OidcErrorKind::UserinfoInvalid);
    flow.transport.answer(USER, 500, &json!({}));
    assert_eq!(flow.refusal().await, OidcErrorKind::UserinfoUnreachable);
}

#[tokio::test]
async fn errors_come_with_the_status_200() {
    let mut flow = flow();
    for (error, kind) in [
        ("bad_verification_code", OidcErrorKind::CodeRefused),
        ("incorrect_client_credentials", OidcErrorKind::ClientRefused),
        ("redirect_uri_mismatch", OidcErrorKind::ClientRefused),
        ("other", OidcErrorKind::TokenResponseInvalid),
    ] {
        flow.transport.answer(TOKEN, 200, &json!({"error": error, "error_description": "x"}));
        assert_eq!(flow.refusal().await, kind, "{error}");
    }
}

#[tokio::test]
async fn a_response_may_name_github_only() {
    for (iss, is_ok) in [
        ("https://github.com", true),
        ("https://github.com/login/oauth", true),
        ("https://github.com/login/oauth/", false),
        ("https://github.com.evil.example", false),
    ] {
        let mut flow = flow();
        flow.response.iss = Some(iss.to_owned());
        assert_eq!(flow.run().await.is_ok(), is_ok, "{iss}");
    }
}

#[tokio::test]
async fn the_authorization_url_has_no_nonce() {
    let url = flow().authorization_url(Some("nina")).await;
    assert!(url.starts_with("https://github.com/login/oauth/authorize?response_type=code&client_id=client&"));
    assert!(url.contains("&scope=read%3Auser%20user%3Aemail&") && url.ends_with("&login=nina"));
    assert!(!url.contains("nonce"));
}

#[tokio::test]
async fn an_enterprise_server_has_its_api_under_its_address() {
    let mut flow = Flow::new(ProviderKind::GitHub, "https://git.example/");
    flow.transport.answer("https://git.example/login/oauth/access_token", 200, &json!({"access_token": "a"}));
    flow.transport.answer("https://git.example/api/v3/user", 200, &json!({"id": 7}));
    flow.transport.answer("https://git.example/api/v3/user/emails", 200, &emails(&json!(true)));
    assert_eq!(flow.run().await.unwrap().issuer, "https://git.example");
}
