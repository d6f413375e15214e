//! The calls on connections.

use serde_json::{Value, json};

use super::{CLIENT_PAGE, allow_github, encode};
use crate::harness::{TestApp, TestClient, text};

const ISSUER: (&str, &str) = ("oidc_issuer_url", "https://login.acme.example/");
const CLIENT: (&str, &str) = ("oidc_client_id", "vestibule");
const SECRET: &str = "open-secret-of-the-connection";

async fn setup() -> (TestApp, TestClient, String) {
    let app = TestApp::with_settings(allow_github).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    (app, owner, format!("/organizations/{organization}/enterprise-connections"))
}

#[tokio::test]
async fn have_the_fields_of_the_contract_and_never_their_secret() {
    let (app, owner, path) = setup().await;
    app.inner.secret_scan.add_secret(SECRET);
    let body = json!({
        "protocol": "oidc", "oidc_issuer_url": ISSUER.1, "oidc_client_id": CLIENT.1, "oidc_client_secret": SECRET,
        "oidc_client_secret_expires_at": "2027-01-31", "idp_entity_id": "",
        "attribute_mapping": {"first_name": "profile.first", "roles": []},
    });
    let created = owner.post_json(&path, &body).await.ok();
    let organization = path.split('/').nth(2).unwrap();
    for (field, expected) in [
        ("protocol", json!("oidc")),
        ("oidc_issuer_url", json!(ISSUER.1)),
        ("oidc_client_id", json!(CLIENT.1)),
        ("oidc_scopes", json!("openid profile email")),
        ("jit_enabled", json!(true)),
        ("domain_id", Value::Null),
        ("domain", Value::Null),
        ("domains", json!([])),
        ("idp_certificate", Value::Null),
        ("name", json!("login.acme.example")),
        ("enabled", json!(false)),
        ("required", json!(false)),
        ("trusts_mfa", json!(false)),
        ("has_client_secret", json!(true)),
        ("redirect_uri", json!(format!("http://vestibule.test/auth/sso/oidc/callback/{organization}"))),
        ("admin_signed_in_at", Value::Null),
    ] {
        assert_eq!(created[field], expected, "{field}");
    }
    assert_eq!(created["attribute_mapping"]["first_name"], "profile.first");
    assert!(text(&created["oidc_client_secret_expires_at"]).starts_with("2027-01-31"), "{created}");
    let connection = format!("{path}/{}", text(&created["id"]));
    assert_eq!(owner.get(&connection).await.ok(), created);
    assert_eq!(owner.get(&path).await.ok(), json!([created]));
    assert_eq!(owner.get(&format!("{connection}/sign-ins")).await.ok(), json!([]));

    let update = format!("{connection}/update");
    let changed =
        owner.post(&update, &[("name", "Entra ID"), ("jit_enabled", "false"), ("oidc_client_secret", "")]).await;
    let changed = changed.ok();
    assert_eq!((&changed["name"], &changed["jit_enabled"]), (&json!("Entra ID"), &json!(false)));
    assert_eq!(changed["has_client_secret"], true, "an empty secret leaves it");
    let text_mapping = r#"{"first_name": "given_name"}"#;
    let changed =
        owner.post(&update, &[("attribute_mapping", text_mapping), ("remove_client_secret", "true")]).await.ok();
    assert_eq!(changed["attribute_mapping"]["first_name"], "given_name");
    assert_eq!(changed["has_client_secret"], false);

    owner.post(&format!("{connection}/delete"), &[]).await.ok();
    owner.get(&connection).await.assert_error(404, "CONNECTION_NOT_FOUND");
}

#[tokio::test]
async fn refuse_bad_input() {
    let (app, owner, path) = setup().await;
    let before = app.row_counts();
    for (fields, code) in [
        (vec![ISSUER, CLIENT], "REQUIRED_FIELD"),
        (vec![("protocol", "saml"), ("idp_entity_id", "x")], "PROTOCOL_NOT_SUPPORTED"),
        (vec![("protocol", "oidc"), CLIENT], "REQUIRED_FIELD"),
        (vec![("protocol", "oidc"), ISSUER], "REQUIRED_FIELD"),
        (vec![("protocol", "oidc"), CLIENT, ("oidc_issuer_url", "http://login.acme.example")], "INVALID_ISSUER"),
        (vec![("protocol", "oidc"), CLIENT, ("oidc_issuer_url", "https://login.acme.example/?x")], "INVALID_ISSUER"),
        (vec![("protocol", "oidc"), CLIENT, ("oidc_issuer_url", "login")], "INVALID_ISSUER"),
        (vec![("protocol", "oidc"), ISSUER, CLIENT, ("domain_id", "x")], "INVALID_ID"),
        (vec![("protocol", "oidc"), ISSUER, CLIENT, ("jit_enabled", "yes")], "INVALID_FIELD"),
        (vec![("protocol", "oidc"), ISSUER, CLIENT, ("oidc_scopes", "a\"b")], "INVALID_FIELD"),
        (vec![("protocol", "oidc"), ISSUER, CLIENT, ("attribute_mapping", "nonsense")], "INVALID_ATTRIBUTE_MAPPING"),
        (vec![("protocol", "oidc"), ISSUER, CLIENT, ("attribute_mapping", "{\"x\": 1}")], "INVALID_ATTRIBUTE_MAPPING"),
        (vec![("protocol", "oidc"), ISSUER, CLIENT, ("jit_enable", "true")], "UNKNOWN_FIELD"),
    ] {
        owner.post(&path, &fields).await.assert_error(400, code);
    }
    let foreign = [("protocol", "oidc"), ISSUER, CLIENT, ("domain_ids", "1")];
    owner.post(&path, &foreign).await.assert_error(404, "DOMAIN_NOT_FOUND");
    let domains = path.replace("enterprise-connections", "domains");
    let domain = text(&owner.post(&domains, &[("domain", "acme.example")]).await.ok()["id"]);
    let unverified = [("protocol", "oidc"), ISSUER, CLIENT, ("domain_id", domain.as_str())];
    owner.post(&path, &unverified).await.assert_error(400, "DOMAIN_NOT_VERIFIED");
    owner.post(&format!("{domains}/{domain}/delete"), &[]).await.ok();
    let count = |rows: &[(String, i64)]| rows.iter().find(|(name, _)| name == "enterprise_connections").unwrap().1;
    assert_eq!(count(&app.row_counts()), count(&before));

    let connection = text(&owner.post(&path, &[("protocol", "oidc"), ISSUER, CLIENT]).await.ok()["id"]);
    let connection = format!("{path}/{connection}");
    for (call, fields, code) in [
        ("update", vec![], "REQUIRED_FIELD"),
        ("update", vec![("protocol", "saml")], "PROTOCOL_NOT_SUPPORTED"),
        ("update", vec![("oidc_issuer_url", "http://x.example")], "INVALID_ISSUER"),
        ("update", vec![("oidc_client_secret", "a"), ("remove_client_secret", "true")], "INVALID_FIELD"),
        ("update", vec![("enable", "true")], "UNKNOWN_FIELD"),
        ("require", vec![], "REQUIRED_FIELD"),
        ("require", vec![("required", "yes")], "INVALID_FIELD"),
        ("require", vec![("required", "true")], "CONNECTION_NOT_AVAILABLE"),
        ("test-sign-in", vec![], "PROVIDER_UNAVAILABLE"),
        ("test-sign-in", vec![("redirect_uri", "https://evil.example")], "INVALID_REDIRECT_URI"),
    ] {
        owner.post(&format!("{connection}/{call}"), &fields).await.assert_error(400, code);
    }
    owner.post(&format!("{path}/test"), &[ISSUER, CLIENT]).await.assert_error(400, "REQUIRED_FIELD");
    let saml = [("protocol", "saml"), ("idp_sso_url", "https://x.example")];
    owner.post(&format!("{path}/test"), &saml).await.assert_error(400, "PROTOCOL_NOT_SUPPORTED");
}

/// The host has no address.
#[tokio::test]
async fn tests_answer_with_codes() {
    let (app, owner, path) = setup().await;
    let draft = [("protocol", "oidc"), ISSUER, CLIENT, ("oidc_client_secret", SECRET)];
    app.inner.secret_scan.add_secret(SECRET);
    let connection = text(&owner.post(&path, &draft).await.ok()["id"]);
    let results = [
        owner.post(&format!("{path}/test"), &draft).await,
        owner.post(&format!("{path}/{connection}/test"), &[]).await,
    ];
    for result in results {
        let result = result.ok();
        assert_eq!((&result["success"], &result["protocol"]), (&json!(false), &json!("oidc")), "{result}");
        assert_eq!(
            (&result["checks"]["issuer_valid"], &result["checks"]["discovery_reachable"]),
            (&json!(true), &json!(false))
        );
        let errors: Vec<_> = result["errors"].as_object().unwrap().values().map(text).collect();
        assert_eq!(errors, ["discovery_unreachable"], "{result}");
    }
    let query = encode(&[("connection_id", &connection), ("redirect_uri", CLIENT_PAGE)]);
    let login = app.anonymous().post(&format!("/auth/sso/login?{query}"), &[]).await;
    login.assert_error(400, "CONNECTION_NOT_AVAILABLE");
    owner.post(&format!("{path}/{connection}/update"), &[("enabled", "true")]).await.ok();
    let login = app.anonymous().post(&format!("/auth/sso/login?{query}"), &[]).await;
    login.assert_error(400, "PROVIDER_UNAVAILABLE");
    for (query, code) in [
        (encode(&[("redirect_uri", CLIENT_PAGE)]), "REQUIRED_FIELD"),
        (encode(&[("connection_id", "x"), ("redirect_uri", CLIENT_PAGE)]), "INVALID_ID"),
        (encode(&[("connection_id", &connection)]), "REQUIRED_FIELD"),
        (encode(&[("connection_id", &connection), ("redirect_uri", "https://evil.example")]), "INVALID_REDIRECT_URI"),
    ] {
        app.anonymous().post(&format!("/auth/sso/login?{query}"), &[]).await.assert_error(400, code);
    }
}

#[tokio::test]
async fn lead_addresses_of_their_domains_to_single_sign_on() {
    let (app, owner, path) = setup().await;
    let identify =
        async |identifier: &str| app.anonymous().post("/auth/identify", &[("identifier", identifier)]).await.ok();
    let password = json!({"strategy": "password"});
    assert_eq!(identify("nina@acme.example").await, password);
    let domains = path.replace("enterprise-connections", "domains");
    let added = owner.post(&domains, &[("domain", "acme.example")]).await.ok();
    let record = (text(&added["verification_dns_record_name"]), text(&added["verification_dns_record_data"]));
    app.inner.dns.records.lock().unwrap().entry(record.0).or_default().push(record.1);
    let domain = text(&added["id"]);
    owner.post(&format!("{domains}/{domain}/verify"), &[]).await.ok();
    let fields = [("protocol", "oidc"), ISSUER, CLIENT, ("domain_id", domain.as_str())];
    let created = owner.post(&path, &fields).await.ok();
    assert_eq!((&created["domain_id"], &created["domain"]["domain"]), (&json!(domain), &json!("acme.example")));
    assert_eq!(identify("nina@acme.example").await, password, "it is disabled");
    let connection = text(&created["id"]);
    owner.post(&format!("{path}/{connection}/update"), &[("enabled", "true")]).await.ok();
    let sso = json!({"strategy": "sso", "connection_id": connection, "provider": "oidc"});
    for address in ["nina@acme.example", "Unknown@ACME.example"] {
        assert_eq!(identify(address).await, sso, "{address}");
    }
    for other in ["nina@other.example", "nina@sub.acme.example", "nina"] {
        assert_eq!(identify(other).await, password, "{other}");
    }
    owner
        .post(&format!("{path}/{connection}/require"), &[("required", "true")])
        .await
        .assert_error(400, "CONNECTION_NOT_TESTED");
    owner.post(&format!("{path}/{connection}/update"), &[("enabled", "false")]).await.ok();
    assert_eq!(identify("nina@acme.example").await, password);
}

#[tokio::test]
async fn sign_outs_without_a_provider_have_no_url() {
    let (app, owner, _) = setup().await;
    let ended = owner.post("/auth/sso/logout", &[]).await.ok();
    assert_eq!((&ended["logout_url"], &ended["session"]["active_signin"]), (&Value::Null, &Value::Null));
    owner.get("/me").await.assert_error(401, "UNAUTHORIZED");
    app.anonymous().post("/auth/sso/logout", &[]).await.assert_error(401, "UNAUTHORIZED");
}
