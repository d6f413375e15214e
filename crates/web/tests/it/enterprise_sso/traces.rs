//! The trace of a sign-in that an admin reads.

use serde_json::{Value, json};

use super::{NINA, Setup, assert_refused, nina_with, signed_in_as};
use crate::harness::identity_provider::{Endpoint, Fault, person, person_with};

async fn traces(setup: &Setup) -> Vec<Value> {
    let list = setup.olga.get(&format!("{}/sign-ins", setup.one())).await.ok();
    list.as_array().or_else(|| list["data"].as_array()).unwrap().clone()
}

#[tokio::test]
async fn trace_shows_each_step_and_what_decided() {
    let setup = Setup::start().await;
    let (_, response) = setup.sign_in(&nina_with(&json!({"department": "Research"}))).await;
    signed_in_as(response, NINA);
    setup.app.advance(std::time::Duration::from_secs(1));
    let outsider = person_with("x", "x@other.example", &json!({}));
    assert_refused(setup.sign_in(&outsider).await, 403, "SSO_ADDRESS_NOT_ALLOWED").await;
    let listed = traces(&setup).await;
    assert_eq!(listed.len(), 2, "{listed:?}");
    // The newest one is first.
    let (failed, succeeded) = (listed[0].to_string(), listed[1].to_string());
    assert!(failed.contains("SSO_ADDRESS_NOT_ALLOWED") && failed.contains("x@other.example"), "{failed}");
    assert!(succeeded.contains("Research"), "{succeeded}");
    for step in ["authorization_response", "token_exchange", "id_token", "identity", "membership"] {
        assert!(succeeded.contains(step), "{step}: {succeeded}");
    }
}

/// The provider says no, or nothing: also that is a step.
#[tokio::test]
async fn trace_of_a_failure_at_the_provider_names_the_step() {
    let setup = Setup::start().await;
    let browser = setup.app.anonymous();
    let url = browser.begin_sso(&setup.connection).await;
    browser.come_back(&setup.provider.refuse(&url)).await.assert_error(400, "PROVIDER_DENIED");
    setup.provider.fail(Endpoint::Token, Fault::Status(500));
    setup.app.advance(std::time::Duration::from_secs(1));
    let (_, response) = setup.sign_in(&person("nina", NINA)).await;
    response.assert_error(400, "PROVIDER_UNAVAILABLE");
    let listed = traces(&setup).await;
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert!(listed[0].to_string().contains("token_exchange"), "{listed:?}");
    assert!(listed[1].to_string().contains("PROVIDER_DENIED"), "{listed:?}");
}

/// An error of another provider is not taken for the connection's.
#[tokio::test]
async fn trace_of_an_error_of_another_provider_names_the_rule() {
    let setup = Setup::start().await;
    let browser = setup.app.anonymous();
    let url = browser.begin_sso(&setup.connection).await;
    let planted = setup.provider.refuse(&url).with("iss", "https://evil.example");
    browser.come_back(&planted).await.assert_error(400, "INVALID_IDENTITY");
    let listed = traces(&setup).await;
    assert!(listed.len() == 1 && listed[0].to_string().contains("wrong_issuer"), "{listed:?}");
}
