//! Discovery documents, and the test of a configuration.

use serde_json::{Value, json};

use super::super::check::{ConnectionCheck, check};
use super::super::client::Client;
use super::super::discovery::{DiscoverySource, Metadata, is_issuer};
use super::super::error::OidcErrorKind;
use super::fixtures::{CLIENT, FakeTransport, ISSUER, NOW, document};
use crate::identity_provider::ProviderKind;
use crate::settings::{ClientCredential, Secret};

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const TOKEN: &str = "https://login.example/token";

fn parse(document: &Value, kind: ProviderKind, url: &str) -> Result<Metadata, OidcErrorKind> {
    let is_allowed = |url: &str| url.starts_with("https://") && !url.contains("internal");
    let parsed = Metadata::parse(document.to_string().as_bytes(), &DiscoverySource::new(kind, url), &is_allowed);
    parsed.map_err(|error| error.kind())
}

/// A valid document with one other value.
fn parse_with(name: &str, value: Value) -> Result<Metadata, OidcErrorKind> {
    let mut document = document();
    document[name] = value;
    parse(&document, ProviderKind::OpenId, ISSUER)
}

#[test]
fn reads_what_is_needed_and_ignores_the_rest() {
    let metadata = parse_with("claims_supported", json!(7)).unwrap();
    assert_eq!(metadata.token_endpoint, TOKEN);
    assert!(!metadata.demands_iss && !metadata.prefers_secret_in_body);
    let supported = "authorization_response_iss_parameter_supported";
    assert!(parse_with(supported, json!(true)).unwrap().demands_iss);
    assert!(!parse_with(supported, json!("true")).unwrap().demands_iss);
    let methods = "token_endpoint_auth_methods_supported";
    assert!(parse_with(methods, json!(["client_secret_post"])).unwrap().prefers_secret_in_body);
    assert!(!parse_with(methods, json!(["client_secret_post", "client_secret_basic"])).unwrap().prefers_secret_in_body);
    assert!(!parse_with(methods, json!("client_secret_post")).unwrap().prefers_secret_in_body);
    assert_eq!(parse_with("userinfo_endpoint", Value::Null).unwrap().userinfo_endpoint, None);
}

#[test]
fn refuses_documents_of_other_issuers_and_with_other_endpoints() {
    for issuer in ["https://login.example/", "https://LOGIN.example", "https://other.example", ""] {
        assert_eq!(parse_with("issuer", json!(issuer)), Err(OidcErrorKind::IssuerMismatch), "{issuer}");
    }
    for (name, value) in [
        ("issuer", json!([ISSUER])),
        ("issuer", Value::Null),
        ("authorization_endpoint", Value::Null),
        ("authorization_endpoint", json!("javascript:alert(1)")),
        ("token_endpoint", json!("http://login.example/token")),
        ("token_endpoint", json!("https://internal.example/token")),
        ("token_endpoint", json!(7)),
        ("jwks_uri", json!("file:///etc/passwd")),
        ("jwks_uri", json!([])),
        ("userinfo_endpoint", json!("https://internal.example/")),
        ("end_session_endpoint", json!({})),
    ] {
        assert_eq!(parse_with(name, value.clone()), Err(OidcErrorKind::DiscoveryInvalid), "{name}: {value}");
    }
    for body in [json!([]), json!("text"), Value::Null] {
        assert_eq!(parse(&body, ProviderKind::OpenId, ISSUER), Err(OidcErrorKind::DiscoveryInvalid));
    }
}

#[test]
fn a_slash_at_the_end_belongs_to_the_issuer_and_not_to_the_path() {
    let source = DiscoverySource::new(ProviderKind::OpenId, "https://login.example/realm/");
    assert_eq!(source.document_url(), "https://login.example/realm/.well-known/openid-configuration");
    let mut document = document();
    document["issuer"] = json!("https://login.example/realm/");
    assert!(parse(&document, ProviderKind::OpenId, "https://login.example/realm/").is_ok());
    assert!(parse(&document, ProviderKind::OpenId, "https://login.example/realm").is_err());
}

#[test]
fn microsofts_documents_name_a_tenant_or_all() {
    let issuer = |tenant: &str| format!("https://login.example/{tenant}/v2.0");
    let (template, own, other) = (issuer("{tenantid}"), issuer(TENANT), issuer("99999999-2222-3333-4444-555555555555"));
    for (tenant, issuer, is_ok) in [
        ("common", &template, true),
        ("organizations", &template, true),
        ("consumers", &own, true),
        ("example.onmicrosoft.com", &own, true),
        ("example.onmicrosoft.com", &template, false),
        (TENANT, &own, true),
        (TENANT, &other, false),
        (TENANT, &template, false),
    ] {
        let mut document = document();
        document["issuer"] = json!(issuer);
        for url in [format!("https://login.example/{tenant}"), format!("https://login.example/{tenant}/v2.0")] {
            assert_eq!(parse(&document, ProviderKind::Microsoft, &url).is_ok(), is_ok, "{url}: {issuer}");
            let expected = format!("https://login.example/{tenant}/v2.0/.well-known/openid-configuration");
            assert_eq!(DiscoverySource::new(ProviderKind::Microsoft, &url).document_url(), expected);
        }
        // Connections of organizations have one issuer.
        assert!(parse(&document, ProviderKind::OpenId, "https://login.example/common/v2.0").is_err());
    }
}

#[test]
fn issuers_have_no_query_fragment_or_template() {
    let is_allowed = |url: &str| url.starts_with("https://");
    assert!(is_issuer(ISSUER, &is_allowed) && is_issuer("https://login.example/realms/a/", &is_allowed));
    for wrong in [
        "",
        "login.example",
        "https://login.example?a",
        "https://login.example#a",
        "https://login.example/{tenantid}/v2.0",
        "https://login.example/.well-known/openid-configuration",
        &format!("https://login.example/{}", "a".repeat(500)),
    ] {
        assert!(!is_issuer(wrong, &is_allowed), "{wrong:.60}");
    }
}

async fn check_with(transport: &FakeTransport, issuer: &str) -> ConnectionCheck {
    let credential = ClientCredential::Secret(Secret::new("s3cret".to_owned()));
    let client = Client {
        kind: ProviderKind::OpenId,
        url: issuer,
        client_id: CLIENT,
        credential: &credential,
        scopes: &[],
        allowed_tenants: &[],
        redirect_uri: "https://join.example/auth/sso/oidc/callback".to_owned(),
        wanted_claims: Vec::new(),
    };
    check(transport, &client, NOW).await
}

#[tokio::test]
async fn a_configuration_is_tested_step_by_step() {
    let transport = FakeTransport::provider();
    transport.answer(TOKEN, 400, &json!({"error": "invalid_grant", "error_description": "internal host name"}));
    let all = ConnectionCheck {
        issuer_valid: true,
        discovery_reachable: true,
        discovery_valid: true,
        authorization_endpoint: true,
        token_endpoint: true,
        keys: true,
        client_accepted: Some(true),
        errors: Vec::new(),
    };
    assert_eq!(check_with(&transport, ISSUER).await, all);
    assert_eq!(transport.requests().len(), 3);
    transport.answer(TOKEN, 401, &json!({"error": "invalid_client"}));
    let refused = check_with(&transport, ISSUER).await;
    assert_eq!(refused.client_accepted, Some(false));
    assert_eq!(refused.errors, [("client_accepted", OidcErrorKind::ClientRefused)]);
    transport.answer(TOKEN, 400, &json!({"error": "invalid_request"}));
    assert_eq!(check_with(&transport, ISSUER).await, ConnectionCheck { client_accepted: None, ..all.clone() });
    transport.remove("https://login.example/keys");
    assert_eq!(check_with(&transport, ISSUER).await.errors, [("keys", OidcErrorKind::KeysUnreachable)]);
}

#[tokio::test]
async fn a_test_ends_at_the_first_step_that_others_need() {
    let transport = FakeTransport::provider();
    let invalid = check_with(&transport, "http://login.example").await;
    let expected = vec![("issuer_valid", OidcErrorKind::IssuerInvalid)];
    assert_eq!(invalid, ConnectionCheck { errors: expected, ..ConnectionCheck::default() });
    assert!(transport.requests().is_empty() && !invalid.is_success());
    let unknown = check_with(&transport, "https://other.example").await;
    assert_eq!(unknown.errors, [("discovery_reachable", OidcErrorKind::DiscoveryUnreachable)]);
    let url = "https://login.example/.well-known/openid-configuration";
    transport.answer(url, 302, &document());
    assert_eq!(
        check_with(&transport, ISSUER).await.errors,
        [("discovery_reachable", OidcErrorKind::DiscoveryUnreachable)]
    );
    let mut without = document();
    without["token_endpoint"] = json!("https://internal.example/");
    transport.answer(url, 200, &without);
    let partial = check_with(&transport, ISSUER).await;
    assert!(partial.authorization_endpoint && !partial.token_endpoint && !partial.discovery_valid);
    assert_eq!(partial.errors, [("discovery_valid", OidcErrorKind::DiscoveryInvalid)]);
}
