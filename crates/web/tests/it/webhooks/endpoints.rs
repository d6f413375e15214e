//! Creating, changing and deleting endpoints, and who may.

use serde_json::json;
use vestibule_core::webhook::MAX_ENDPOINTS_OF_ORGANIZATION;
use vestibule_testbed::receiver::Receiver;

use super::{create_endpoint, deliver, deliveries, start};
use crate::harness::{TestApp, create_role, text};
use crate::platform::PlatformClient;

#[tokio::test]
async fn a_secret_is_shown_once_and_stored_sealed() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "webhooks:write").await;
    let body = json!({"url": receiver.url("/hook"), "description": "CRM", "events": ["user.created"]});
    let created = backend.post("/webhooks/endpoints", &body).await.ok();
    assert!(text(&created["secret"]).starts_with("whsec_"));
    assert_eq!(created["events"], json!(["user.created"]));
    assert_eq!((&created["enabled"], &created["ordered"]), (&json!(true), &json!(false)));
    let listed = backend.get("/webhooks/endpoints").await.page();
    assert_eq!(listed.len(), 1);
    assert!(listed[0].get("secret").is_none());
    assert_eq!(app.count("SELECT COUNT(*) FROM webhook_endpoints WHERE LENGTH(secret) > 60"), 1);
}

#[tokio::test]
async fn urls_that_nothing_is_sent_to_are_refused() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "webhooks:write").await;
    for url in [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest",
        "https://user:password@example.com/",
        "https://example.com/#part",
        "https://example.com:25/",
        "ftp://example.com/",
        "example.com",
    ] {
        backend.post("/webhooks/endpoints", &json!({"url": url})).await.assert_error(400, "INVALID_FIELD");
    }
    backend.post("/webhooks/endpoints", &json!({})).await.assert_error(400, "REQUIRED_FIELD");
    let url = "https://example.com/hook";
    for fields in [
        json!({"url": url, "events": ["user.exploded"]}),
        json!({"url": url, "events": ["*"]}),
        json!({"url": url, "secret": "whsec_c2hvcnQ="}),
        json!({"url": url, "secret": "secret"}),
    ] {
        backend.post("/webhooks/endpoints", &fields).await.assert_error(400, "INVALID_FIELD");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM webhook_endpoints"), 0);
}

#[tokio::test]
async fn a_key_needs_the_scope_and_manages_its_own_organization_only() {
    let app = start().await;
    let (_, one) = app.create_organization("olga@example.com").await;
    let (_, other) = app.create_organization("oskar@example.com").await;
    let (all, bound) = (
        PlatformClient::new(&app, "webhooks:write").await,
        PlatformClient::bound(&app, "webhooks:write", Some(&one)).await,
    );
    let reader = PlatformClient::new(&app, "webhooks:read").await;
    let fields = |organization: &str| json!({"url": "https://example.com/", "organization_id": organization});
    reader.post("/webhooks/endpoints", &fields(&one)).await.assert_error(403, "SCOPE_MISSING");
    let own = text(&bound.post("/webhooks/endpoints", &fields(&one)).await.ok()["id"]);
    bound.post("/webhooks/endpoints", &fields(&other)).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    let installation = json!({"url": "https://example.com/"});
    bound.post("/webhooks/endpoints", &installation).await.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
    let foreign = text(&all.post("/webhooks/endpoints", &fields(&other)).await.ok()["id"]);
    bound.get(&format!("/webhooks/endpoints/{foreign}")).await.assert_error(404, "WEBHOOK_ENDPOINT_NOT_FOUND");
    bound.delete(&format!("/webhooks/endpoints/{foreign}")).await.assert_error(404, "WEBHOOK_ENDPOINT_NOT_FOUND");
    assert_eq!(bound.get("/webhooks/endpoints").await.page().len(), 1);
    assert_eq!(reader.get("/webhooks/endpoints").await.page().len(), 2);
    bound.delete(&format!("/webhooks/endpoints/{own}")).await.ok();
}

/// It has rows until it is erased.
#[tokio::test]
async fn a_key_of_a_deleted_organization_finds_nothing() {
    let app = start().await;
    let (_, organization) = app.create_organization("olga@example.com").await;
    let backend = PlatformClient::new(&app, "*").await;
    let bound = PlatformClient::bound(&app, "webhooks:write", Some(&organization)).await;
    let fields = json!({"url": "https://example.com/", "organization_id": organization});
    let endpoint = text(&bound.post("/webhooks/endpoints", &fields).await.ok()["id"]);
    backend.delete(&format!("/organizations/{organization}")).await.ok();
    let path = format!("/webhooks/endpoints/{endpoint}");
    for response in [
        bound.get("/webhooks/endpoints").await,
        bound.post("/webhooks/endpoints", &fields).await,
        bound.get(&path).await,
        bound.patch(&path, &json!({"enabled": false})).await,
        bound.post(&format!("{path}/rotate"), &json!({})).await,
        bound.post_empty(&format!("{path}/test")).await,
        bound.get(&format!("{path}/deliveries")).await,
        bound.get(&format!("{path}/deliveries/1")).await,
        bound.post(&format!("{path}/replay"), &json!({"from": "2026-01-01"})).await,
        bound.post_empty(&format!("{path}/deliveries/1/replay")).await,
        bound.post_empty(&format!("{path}/deliveries/1/cancel")).await,
        bound.delete(&path).await,
    ] {
        response.assert_error(404, "ORGANIZATION_NOT_FOUND");
    }
    backend.post("/webhooks/endpoints", &fields).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
}

#[tokio::test]
async fn admins_manage_the_endpoints_of_their_organization() {
    let app = start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (stranger, _) = app.create_organization("oskar@example.com").await;
    let path = format!("/organizations/{organization}/webhooks");
    let fields = json!({"url": "https://example.com/", "events": ["organization.member.added"]});
    let endpoint = text(&owner.post_json(&path, &fields).await.ok()["id"]);
    stranger.get(&path).await.assert_error(403, "FORBIDDEN");
    stranger.post_json(&path, &fields).await.assert_error(403, "FORBIDDEN");
    // Nothing of the installation.
    let fields = json!({"url": "https://example.com/", "events": ["waitlist.entry.created"]});
    owner.post_json(&path, &fields).await.assert_error(400, "INVALID_FIELD");
    owner.post_json(&format!("{path}/{endpoint}/update"), &json!({"enabled": false})).await.ok();
    let shown = owner.get(&format!("{path}/{endpoint}")).await.ok();
    assert_eq!((&shown["enabled"], &shown["disabled_reason"]), (&json!(false), &json!("manual")));
    owner.post(&format!("{path}/{endpoint}/test"), &[]).await.assert_error(400, "WEBHOOK_ENDPOINT_DISABLED");
    owner.post(&format!("{path}/{endpoint}/delete"), &[]).await.ok();
    assert_eq!(owner.get(&path).await.ok(), json!([]));
}

/// The events have what the audit log has.
#[tokio::test]
async fn a_member_who_must_not_read_the_audit_log_manages_no_endpoints() {
    let app = start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let base = format!("/organizations/{organization}");
    let (path, fields) = (format!("{base}/webhooks"), json!({"url": "https://example.com/"}));
    for (email, permissions, is_enough) in [
        ("one@example.com", &["organization:manage_settings"][..], false),
        ("two@example.com", &["organization:view_audit_log"], false),
        ("three@example.com", &["organization:manage_settings", "organization:view_audit_log"], true),
    ] {
        let role = create_role(&owner, &base, permissions).await;
        let member = app.create_member(&owner, &organization, email, &role).await;
        let (listed, created) = (member.get(&path).await, member.post_json(&path, &fields).await);
        if is_enough {
            listed.ok();
            created.ok();
        } else {
            listed.assert_error(403, "FORBIDDEN");
            created.assert_error(403, "FORBIDDEN");
        }
    }
}

#[tokio::test]
async fn an_organization_has_a_limited_number_of_endpoints() {
    let app = start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (path, fields) = (format!("/organizations/{organization}/webhooks"), json!({"url": "https://example.com/"}));
    for _ in 0..MAX_ENDPOINTS_OF_ORGANIZATION {
        owner.post_json(&path, &fields).await.ok();
    }
    owner.post_json(&path, &fields).await.assert_error(403, "WEBHOOK_ENDPOINT_LIMIT");
    // The others are not affected.
    PlatformClient::new(&app, "webhooks:write").await.post("/webhooks/endpoints", &fields).await.ok();
}

#[tokio::test]
async fn an_endpoint_of_an_organization_gets_its_events_only() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let (_, one) = app.create_organization("olga@example.com").await;
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"organization_id": one})).await;
    deliver(&app).await;
    let before = receiver.received().len();
    app.create_organization("oskar@example.com").await;
    deliver(&app).await;
    assert_eq!(receiver.received().len(), before);
    backend.patch(&format!("/organizations/{one}"), &json!({"name": "Renamed"})).await.ok();
    deliver(&app).await;
    assert_eq!(deliveries(&backend, &endpoint).await[0]["event"], "organization.updated");
}
