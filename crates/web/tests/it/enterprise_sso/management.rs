//! Setting a connection up: who may, what is refused, what a test says, and what a change does.

use serde_json::{Value, json};
use vestibule_core::enterprise_connection::run_secret_notices;

use super::{DOMAIN, NINA, OLGA, Setup, add_domain, connection_fields, create_connection, signed_in_as};
use crate::audit_log::sealed;
use crate::harness::identity_provider::{CLIENT_ID, Endpoint, Fault, IdentityProvider, Part, person};
use crate::harness::{DAY, HOUR, TestApp, TestClient, allow_this_machine, text};

pub(super) async fn manager(setup: &Setup) -> TestClient {
    let body = json!({"name": "Manager", "permissions": ["organization:manage"]});
    let role = text(&setup.olga.post_json(&format!("{}/roles", setup.path), &body).await.ok()["id"]);
    setup.app.create_member(&setup.olga, &setup.organization, "max@acme.example", &role).await
}

#[tokio::test]
async fn connection_is_set_up_step_by_step() {
    let app = TestApp::with_settings(allow_this_machine).await;
    let provider = IdentityProvider::start().await;
    provider.attach(&app);
    let (olga, organization) = app.create_organization(OLGA).await;
    app.verify_all_addresses();
    let path = format!("/organizations/{organization}");
    let connections = format!("{path}/enterprise-connections");
    let fields = connection_fields(&provider, &json!({}));
    let tested = olga.post_json(&format!("{connections}/test"), &fields).await.ok();
    assert_eq!((&tested["success"], &tested["protocol"]), (&json!(true), &json!("oidc")), "{tested}");
    let created = olga.post_json(&connections, &fields).await.ok();
    let one = format!("{connections}/{}", text(&created["id"]));
    for (field, value) in [
        ("organization_id", json!(organization)),
        ("protocol", json!("oidc")),
        ("oidc_issuer_url", json!(provider.url())),
        ("oidc_client_id", json!(CLIENT_ID)),
        ("oidc_scopes", json!("openid profile email")),
        ("jit_enabled", json!(true)),
        ("idp_certificate", Value::Null),
        ("domains", json!([])),
        ("enabled", json!(false)),
        ("required", json!(false)),
        ("trusts_mfa", json!(false)),
        ("has_client_secret", json!(true)),
        ("admin_signed_in_at", Value::Null),
        ("redirect_uri", json!(format!("http://vestibule.test/auth/sso/oidc/callback/{organization}"))),
    ] {
        assert_eq!(created[field], value, "{field}: {created}");
    }
    // It is not used before it is enabled.
    let begun = app.anonymous().begin_sso_with(&text(&created["id"]), "http://vestibule.test/").await;
    begun.assert_error(400, "CONNECTION_NOT_AVAILABLE");
    // The sign-in for a test is no sign-in.
    let url = text(&olga.post(&format!("{one}/test-sign-in"), &[]).await.ok()["sso_url"]);
    let before = app.count("SELECT COUNT(*) FROM identities");
    let done = olga.come_back(&provider.approve(&url, &person("olga", OLGA))).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(app.count("SELECT COUNT(*) FROM identities"), before);
    let traces = olga.get(&format!("{one}/sign-ins")).await.ok();
    let traces = traces.as_array().or_else(|| traces["data"].as_array()).unwrap().clone();
    assert_eq!(traces.len(), 1, "{traces:?}");

    let domain = add_domain(&app, &olga, &path, DOMAIN).await;
    let update = format!("{one}/update");
    let updated = olga.post_json(&update, &json!({"domain_ids": [domain], "enabled": true})).await.ok();
    assert_eq!((&updated["enabled"], &updated["domain"]["domain"]), (&json!(true), &json!(DOMAIN)), "{updated}");
    let listed = olga.get(&connections).await.ok();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    olga.post(&format!("{one}/delete"), &[]).await.ok();
    olga.get(&one).await.assert_error(404, "CONNECTION_NOT_FOUND");
    let actions: Vec<_> = sealed(&app, &olga, &organization).await.iter().map(|entry| text(&entry["action"])).collect();
    for action in ["created", "updated", "deleted"] {
        let action = format!("organization.connection.{action}");
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
}

#[tokio::test]
async fn only_managers_see_connections_and_only_admins_change_enabled_ones() {
    let setup = Setup::start().await;
    let member = setup.app.create_member(&setup.olga, &setup.organization, NINA, "").await;
    let manager = manager(&setup).await;
    let (stranger, _) = setup.app.create_organization("eve@evil.example").await;
    let fields = connection_fields(&setup.provider, &json!({}));
    for client in [&member, &stranger, &setup.app.anonymous()] {
        for response in [
            client.get(&setup.connections()).await,
            client.get(&setup.one()).await,
            client.get(&format!("{}/sign-ins", setup.one())).await,
            client.post_json(&setup.connections(), &fields).await,
            client.post_json(&format!("{}/test", setup.connections()), &fields).await,
            client.post(&format!("{}/test", setup.one()), &[]).await,
            client.post(&format!("{}/test-sign-in", setup.one()), &[]).await,
            client.post_json(&format!("{}/update", setup.one()), &json!({"name": "Mine"})).await,
            client.post(&format!("{}/delete", setup.one()), &[]).await,
            client.post(&format!("{}/require", setup.one()), &[("required", "true")]).await,
        ] {
            assert!([401, 403, 404].contains(&response.status), "{}: {}", response.request, response.text);
            assert!(!response.text.contains(CLIENT_ID), "{}", response.text);
        }
    }
    // One organization's admin does not reach the connection of another by its id.
    let (other, organization) = setup.app.create_organization("otto@other.example").await;
    let foreign = format!("/organizations/{organization}/enterprise-connections/{}", setup.connection);
    other.get(&foreign).await.assert_error(404, "CONNECTION_NOT_FOUND");
    let renamed = other.post_json(&format!("{foreign}/update"), &json!({"name": "Mine"})).await;
    renamed.assert_error(404, "CONNECTION_NOT_FOUND");
    other.post(&format!("{foreign}/delete"), &[]).await.assert_error(404, "CONNECTION_NOT_FOUND");

    // Who controls the provider can become any colleague, so a manager may prepare and not switch.
    manager.get(&setup.connections()).await.ok();
    let draft = create_connection(&manager, &setup.path, &setup.provider, &json!({})).await;
    let update = format!("{}/{draft}/update", setup.connections());
    manager.post_json(&update, &json!({"name": "Draft"})).await.ok();
    manager.post_json(&update, &json!({"enabled": true})).await.assert_error(403, "FORBIDDEN");
    for change in [
        json!({"oidc_issuer_url": "https://evil.example"}),
        json!({"oidc_client_id": "other"}),
        json!({"oidc_client_secret": "other"}),
        json!({"domain_ids": []}),
        json!({"attribute_mapping": "{\"email\": \"upn\"}"}),
        json!({"jit_enabled": false}),
        json!({"trusts_mfa": true}),
        json!({"enabled": false}),
    ] {
        let changed = manager.post_json(&format!("{}/update", setup.one()), &change).await;
        // Disabling one that is not required is no more than a manager may.
        if change["enabled"] != false {
            changed.assert_error(403, "FORBIDDEN");
        }
    }
}

#[tokio::test]
async fn nonsense_is_refused_at_creation() {
    let setup = Setup::start().await;
    for (name, value, code) in [
        ("protocol", json!("ldap"), "PROTOCOL_NOT_SUPPORTED"),
        ("oidc_issuer_url", json!(""), "REQUIRED_FIELD"),
        ("oidc_issuer_url", json!("http://login.example"), "INVALID_ISSUER"),
        ("oidc_issuer_url", json!("https://169.254.169.254"), "INVALID_ISSUER"),
        ("oidc_issuer_url", json!("https://10.0.0.1/"), "INVALID_ISSUER"),
        ("oidc_issuer_url", json!("https://user:pass@login.example"), "INVALID_ISSUER"),
        ("oidc_issuer_url", json!("https://login.example/?a=b"), "INVALID_ISSUER"),
        ("oidc_issuer_url", json!("https://login.example/#a"), "INVALID_ISSUER"),
        ("oidc_issuer_url", json!("file:///etc/passwd"), "INVALID_ISSUER"),
        ("domain_ids", json!(["1"]), "DOMAIN_NOT_FOUND"),
        ("attribute_mapping", json!("{"), "INVALID_ATTRIBUTE_MAPPING"),
    ] {
        let mut fields = connection_fields(&setup.provider, &json!({}));
        fields[name] = value.clone();
        let refused = setup.olga.post_json(&setup.connections(), &fields).await;
        assert!([400, 404].contains(&refused.status), "{name}: {value}: {}", refused.text);
        assert_eq!(refused.body["errors"][0]["code"], code, "{name}: {value}: {}", refused.text);
    }
    for missing in ["protocol", "oidc_issuer_url", "oidc_client_id"] {
        let mut fields = connection_fields(&setup.provider, &json!({}));
        fields.as_object_mut().unwrap().remove(missing);
        let refused = setup.olga.post_json(&setup.connections(), &fields).await;
        assert_eq!(refused.status, 400, "{missing}: {}", refused.text);
    }
    assert_eq!(setup.count("enterprise_connections"), 1);
}

#[tokio::test]
async fn domain_has_one_connection_and_organization_ten() {
    let setup = Setup::start().await;
    let fields = connection_fields(&setup.provider, &json!({"domain_ids": [setup.domain]}));
    setup.olga.post_json(&setup.connections(), &fields).await.assert_error(400, "DOMAIN_HAS_CONNECTION");
    let fields = connection_fields(&setup.provider, &json!({}));
    for _ in 1..10 {
        setup.olga.post_json(&setup.connections(), &fields).await.ok();
    }
    setup.olga.post_json(&setup.connections(), &fields).await.assert_error(403, "CONNECTION_LIMIT");
}

/// The secret goes in and never comes out; an update without one keeps it.
#[tokio::test]
async fn secret_is_never_shown() {
    let setup = Setup::start().await;
    let secret = setup.provider.client_secret();
    let rows = format!("{:?}", setup.app.inner.database.rows("SELECT * FROM enterprise_connections"));
    assert!(!rows.contains(&secret));
    let updated = setup.update(&json!({"name": "New"})).await.ok();
    assert_eq!((&updated["has_client_secret"], &updated["name"]), (&json!(true), &json!("New")));
    let (_, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
    // Every response of the test is searched for it in the end, as is the audit log.
    sealed(&setup.app, &setup.olga, &setup.organization).await;
    setup.olga.get(&setup.connections()).await.ok();
}

/// The answers are codes: what a host inside says reaches nobody outside.
#[tokio::test]
async fn test_names_the_failing_check_and_nothing_of_the_host() {
    let setup = Setup::start().await;
    let test = format!("{}/test", setup.connections());
    let run = async |fields: &Value| setup.olga.post_json(&test, fields).await;
    let fields = connection_fields(&setup.provider, &json!({}));
    let good = run(&fields).await.ok();
    assert_eq!(good["success"], true, "{good}");
    for check in ["issuer_valid", "discovery_reachable", "discovery_valid", "authorization_endpoint", "token_endpoint"]
    {
        assert_eq!(good["checks"][check], true, "{check}: {good}");
    }
    setup.provider.fail(Endpoint::Discovery, Fault::Status(500));
    let down = run(&fields).await;
    assert!(!down.text.contains("not at home"), "{}", down.text);
    let down = down.ok();
    assert_eq!((&down["success"], &down["checks"]["discovery_reachable"]), (&json!(false), &json!(false)), "{down}");
    setup.provider.recover();
    setup.provider.change(Part::Discovery, |document| document["issuer"] = json!("https://secret-host.example"));
    let other = run(&fields).await;
    assert!(!other.text.contains("secret-host"), "{}", other.text);
    assert_eq!(other.ok()["checks"]["discovery_valid"], false);
    setup.provider.recover();

    let wrong_secret = connection_fields(&setup.provider, &json!({"oidc_client_secret": "wrong"}));
    let refused = run(&wrong_secret).await.ok();
    assert_ne!(refused["checks"]["client_accepted"], true, "{refused}");
    let saved = setup.olga.post(&format!("{}/test", setup.one()), &[]).await.ok();
    assert_eq!(saved["success"], true, "{saved}");
}

/// Nothing is learnt about the operator's network: every address that is not public has the same answer at once.
#[tokio::test]
async fn test_is_no_port_scanner() {
    let app = TestApp::start().await;
    let (olga, organization) = app.create_organization(OLGA).await;
    let test = format!("/organizations/{organization}/enterprise-connections/test");
    let provider = IdentityProvider::start().await;
    let open = provider.url();
    let mut seen = std::collections::HashSet::new();
    for issuer in [open.replace("http:", "https:").as_str(), "https://127.0.0.1:1", "https://10.0.0.1", "https://[::1]"]
    {
        let fields = json!({"protocol": "oidc", "oidc_issuer_url": issuer, "oidc_client_id": "x"});
        let response = olga.post_json(&test, &fields).await;
        seen.insert((response.status, response.text.replace(issuer, "X")));
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(provider.requests(Endpoint::Discovery), 0);
}

#[tokio::test]
async fn change_of_the_issuer_ends_sign_ins_and_the_demand_and_is_mailed() {
    let setup = Setup::start().await;
    let olga = setup.require().await;
    let (nina, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
    let before = setup.app.mail_count(OLGA);
    let other = IdentityProvider::start().await;
    other.attach(&setup.app);
    let fields = json!({"oidc_issuer_url": other.url(), "oidc_client_secret": other.client_secret()});
    olga.post_json(&format!("{}/update", setup.one()), &fields).await.ok();
    let shown = setup.show().await;
    assert_eq!((&shown["required"], &shown["admin_signed_in_at"]), (&json!(false), &Value::Null), "{shown}");
    nina.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert!(setup.app.mail_count(OLGA) > before);
    // The subject of one issuer is not that of another, and the address has an identity of the connection already.
    let browser = setup.app.anonymous();
    let refused = browser.go_through_sso(&setup.connection, &other, &person("nina", NINA)).await;
    let session = &refused.body["data"]["session"];
    assert!(refused.status == 403 || session["active_signin"]["user"]["email"] == NINA, "{}", refused.text);
}

#[tokio::test]
async fn end_of_the_secret_is_shown_and_announced_to_admins() {
    let setup = Setup::start().await;
    let app = &setup.app;
    let announce = async |hours: u32| {
        app.advance(HOUR * hours);
        let before = app.mail_count(OLGA);
        // A second run at the same time announces nothing again.
        for _ in 0..2 {
            run_secret_notices(&app.inner.service).await.unwrap();
            app.drain().await;
        }
        app.mails()
            .iter()
            .filter(|mail| mail.to.key() == OLGA)
            .skip(before)
            .map(|mail| mail.subject.clone())
            .collect::<Vec<_>>()
    };
    let end = app.inner.service.now().plus(DAY * 40).to_string();
    let shown = setup.update(&json!({"oidc_client_secret_expires_at": end})).await.ok();
    assert_eq!(shown["oidc_client_secret_expires_at"], end.as_str(), "{shown}");

    assert_eq!(announce(9 * 24).await, [""; 0]);
    for (hours, days) in [(24, "in 30 days"), (23 * 24, "in 7 days"), (6 * 24, "tomorrow")] {
        let sent = announce(hours).await;
        assert!(sent.len() == 1 && sent[0].ends_with(&format!("expires {days}")), "{days}: {sent:?}");
        assert_eq!(announce(1).await, [""; 0], "{days}: only once");
    }
    // A new secret is announced anew.
    let end = app.inner.service.now().plus(DAY * 5).to_string();
    setup.update(&json!({"oidc_client_secret": "renewed", "oidc_client_secret_expires_at": end})).await.ok();
    assert_eq!(announce(1).await.len(), 1);
}
