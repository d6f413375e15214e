//! Ending the session at the provider (RP-initiated logout).

use serde_json::Value;

use super::{NINA, Setup, signed_in_as};
use crate::harness::PASSWORD;
use crate::harness::identity_provider::person;

#[tokio::test]
async fn sign_out_leads_to_the_provider_with_the_id_token() {
    let setup = Setup::start().await;
    let (nina, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
    let out = nina.post("/auth/sso/logout", &[]).await.ok();
    let url = url::Url::parse(out["logout_url"].as_str().unwrap()).unwrap();
    assert_eq!(url.path(), "/logout");
    let parameters: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(parameters["id_token_hint"].split('.').count(), 3);
    assert!(parameters["post_logout_redirect_uri"].starts_with("http://vestibule.test"), "{url}");
    // Here they are signed out at once, whatever the provider does.
    assert_eq!(out["session"]["active_signin"], Value::Null);
    nina.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert_eq!(setup.count("sign_in_id_tokens"), 0);
}

#[tokio::test]
async fn sign_in_by_a_password_has_no_session_at_the_provider() {
    let setup = Setup::start().await;
    let kim = setup.app.create_user("kim@other.example").await;
    let out = kim.post("/auth/sso/logout", &[]).await.ok();
    assert_eq!(out["logout_url"], Value::Null);
    let fields = [("email", "kim@other.example"), ("password", PASSWORD)];
    kim.post("/auth/signin", &fields).await.ok();
}
