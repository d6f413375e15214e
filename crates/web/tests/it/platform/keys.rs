//! API keys: creating, listing, rotating and revoking them.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Method};
use serde_json::json;
use vestibule_core::api_key::{Create, Revoke, Rotate};
use vestibule_core::execution::Caller;
use vestibule_core::names::ApiKeyName;
use vestibule_testbed::Database;

use super::PlatformClient;
use crate::harness::{DAY, HOUR, TestApp, TestAppBuilder, text};
use crate::secret_scan::security_events;

#[tokio::test]
async fn a_key_is_shown_once_and_its_digest_is_stored() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let created =
        backend.post("/keys", &json!({"name": "Billing", "scopes": ["members:write"], "expiry_days": 30})).await.ok();
    let secret = text(&created["secret"]);
    assert!(secret.starts_with("vst_live_sk_") && secret.starts_with(created["prefix"].as_str().unwrap()));
    assert_eq!(created["scopes"], json!(["members:write"]));
    assert_eq!(created["created_by"], backend.id);
    assert_eq!(created["last_used_at"], json!(null));
    let listed = backend.get("/keys").await.page();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[1]["name"], "Billing");
    assert!(listed.iter().all(|key| key.get("secret").is_none()), "{listed:?}");
    assert_eq!(app.count("SELECT COUNT(*) FROM api_key_secrets WHERE LENGTH(digest) = 32"), 2);
}

#[tokio::test]
async fn invalid_keys_get_one_answer() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let valid = backend.key.clone();
    let mistyped = format!("{}{}", &valid[..valid.len() - 1], if valid.ends_with('a') { 'b' } else { 'a' });
    let created = backend.post("/keys", &json!({"name": "Old", "scopes": ["keys:read"], "expiry_days": 1})).await.ok();
    let expired = text(&created["secret"]);
    let created = backend.post("/keys", &json!({"name": "Gone", "scopes": ["keys:read"]})).await.ok();
    let revoked = text(&created["secret"]);
    backend.post_empty(&format!("/keys/{}/revoke", text(&created["id"]))).await.ok();
    assert_eq!(PlatformClient::with_key(&app, &expired).get("/keys").await.status, 200);
    app.advance(DAY + HOUR);
    // Another installation's key is well-formed and unknown.
    let other = TestAppBuilder::new(Database::create()).with_seed(8).build().await;
    let unknown = PlatformClient::new(&other, "*").await.key;
    let mut answers = Vec::new();
    for key in ["", "vst_live_sk_", &mistyped, &expired, &revoked, &unknown] {
        let answer = PlatformClient::with_key(&app, key).get("/keys").await;
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        answers.push(answer.text.clone());
        answer.assert_error(401, "API_KEY_INVALID");
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn mistyped_keys_cost_no_statement_and_others_the_same_number() {
    let app = TestApp::start().await;
    let unknown = PlatformClient::new(&TestApp::start().await, "*").await.key;
    let mistyped = unknown.replace("live", "test");
    assert_eq!(PlatformClient::with_key(&app, &mistyped).get("/keys").await.statements, 0);
    let before = app.inner.service.statement_count.load(std::sync::atomic::Ordering::Relaxed);
    PlatformClient::with_key(&app, &unknown).get("/keys").await.assert_error(401, "API_KEY_INVALID");
    let after = app.inner.service.statement_count.load(std::sync::atomic::Ordering::Relaxed);
    assert!(after - before <= 1, "{}", after - before);
}

#[tokio::test]
async fn without_a_valid_key_nobody_learns_what_else_is_wrong() {
    let app = TestApp::start().await;
    let other = TestAppBuilder::new(Database::create()).with_seed(8).build().await;
    let unknown = PlatformClient::new(&other, "*").await.key;
    let mut stranger = PlatformClient::with_key(&app, &unknown);
    let mut backend = PlatformClient::new(&app, "*").await;
    for (method, path, body, status, code) in [
        (Method::GET, "/nothing", "", 404, "NOT_FOUND"),
        (Method::DELETE, "/keys", "", 404, "NOT_FOUND"),
        (Method::GET, "/keys?limit=0", "", 400, "INVALID_FIELD"),
        (Method::GET, "/organizations/x", "", 400, "INVALID_ID"),
        (Method::POST, "/keys", "{", 400, "BAD_REQUEST_BODY"),
        (Method::POST, "/keys", "{}", 400, "REQUIRED_FIELD"),
    ] {
        let json = Some("application/json");
        backend.send(method.clone(), path, json, Body::from(body)).await.assert_error(status, code);
        let refused = stranger.send(method, path, json, Body::from(body)).await;
        assert_eq!(refused.headers["www-authenticate"], "Bearer");
        refused.assert_error(401, "API_KEY_INVALID");
    }
    for client in [&mut backend, &mut stranger] {
        client.headers.insert("idempotency-key", HeaderValue::from_static(""));
    }
    backend.post("/keys", &json!({})).await.assert_error(400, "INVALID_FIELD");
    stranger.post("/keys", &json!({})).await.assert_error(401, "API_KEY_INVALID");
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let message = backend.get("/keys").await.assert_error(403, "SCOPE_MISSING");
    assert!(message.contains("keys:read"), "{message}");
    let reader = PlatformClient::new(&app, "keys:read").await;
    assert_eq!(reader.get("/keys").await.status, 200);
    let fields = json!({"name": "Other", "scopes": ["keys:read"]});
    let message = reader.post("/keys", &fields).await.assert_error(403, "SCOPE_MISSING");
    assert!(message.contains("keys:write"), "{message}");
}

#[tokio::test]
async fn the_log_names_the_key_that_lacks_a_scope() {
    let app = TestApp::with_settings(|settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await;
    let (address, mut backend) = ("192.0.2.178", PlatformClient::new(&app, "users:write").await);
    backend.headers.insert("x-forwarded-for", HeaderValue::from_static(address));
    backend.get("/keys").await.assert_error(403, "SCOPE_MISSING");
    backend.post("/keys", &json!({"name": "A", "scopes": ["keys:read"]})).await.assert_error(403, "SCOPE_MISSING");
    let events = security_events(address);
    assert_eq!(events.len(), 2, "{events:?}");
    for event in events {
        assert_eq!((&event["event"], &event["code"]), (&json!("api_key.refused"), &json!("SCOPE_MISSING")));
        assert_eq!(event["api_key_id"], json!(backend.id));
    }
}

#[tokio::test]
async fn the_log_names_the_key_that_changed() {
    let app = TestApp::with_settings(|settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await;
    let (address, mut backend) = ("192.0.2.179", PlatformClient::new(&app, "*").await);
    backend.headers.insert("x-forwarded-for", HeaderValue::from_static(address));
    let created = backend.post("/keys", &json!({"name": "A", "scopes": ["keys:read"]})).await.ok();
    let id = text(&created["id"]);
    backend.post_empty(&format!("/keys/{id}/rotate")).await.ok();
    backend.post_empty(&format!("/keys/{id}/revoke")).await.ok();
    let events = security_events(address);
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["api_key.created", "api_key.rotated", "api_key.revoked"]);
    for event in &events {
        assert_eq!((&event["api_key_id"], &event["target_api_key_id"]), (&json!(backend.id), &json!(id)));
    }
}

#[tokio::test]
async fn a_key_gives_another_one_no_more_than_it_has() {
    let app = TestApp::start().await;
    let (_, acme) = app.create_organization("nora@acme.example").await;
    let (_, globex) = app.create_organization("ada@globex.example").await;
    let backend = PlatformClient::new(&app, "keys:write members:read").await;
    for scopes in [json!(["members:write"]), json!(["*"]), json!(["members:read", "users:impersonate"])] {
        backend.post("/keys", &json!({"name": "More", "scopes": scopes})).await.assert_error(403, "KEY_EXCEEDS_YOURS");
    }
    backend.post("/keys", &json!({"name": "Same", "scopes": ["members:read"]})).await.ok();
    let bound = PlatformClient::bound(&app, "keys:write", Some(&acme)).await;
    let fields = json!({"name": "All", "scopes": ["keys:read"]});
    bound.post("/keys", &fields).await.assert_error(403, "KEY_EXCEEDS_YOURS");
    let fields = json!({"name": "Other", "scopes": ["keys:read"], "organization_id": globex});
    bound.post("/keys", &fields).await.assert_error(403, "KEY_EXCEEDS_YOURS");
    let fields = json!({"name": "Own", "scopes": ["keys:read"], "organization_id": acme});
    bound.post("/keys", &fields).await.ok();
    // It sees and changes the keys of its organization only.
    assert_eq!(bound.get("/keys").await.page().len(), 2);
    let foreign = PlatformClient::bound(&app, "keys:read", Some(&globex)).await;
    for id in [&backend.id, &foreign.id] {
        for change in ["revoke", "rotate"] {
            bound.post_empty(&format!("/keys/{id}/{change}")).await.assert_error(404, "API_KEY_NOT_FOUND");
        }
    }
    assert_eq!(foreign.get("/keys").await.status, 200);
}

#[tokio::test]
async fn a_key_expires_no_later_than_the_one_that_created_it() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "keys:write").await;
    let fields = json!({"name": "Short", "scopes": ["keys:write"], "expiry_days": 2});
    let short = backend.post("/keys", &fields).await.ok();
    let child = PlatformClient::with_key(&app, &text(&short["secret"]));
    for days in [json!(null), json!(30)] {
        let fields = json!({"name": "Child", "scopes": ["keys:read"], "expiry_days": days});
        assert_eq!(child.post("/keys", &fields).await.ok()["expires_at"], short["expires_at"]);
    }
    // Nor does it get a secret that lives longer.
    let fields = json!({"name": "Long", "scopes": ["keys:read"], "expiry_days": 30});
    let long = text(&backend.post("/keys", &fields).await.ok()["id"]);
    let forever = PlatformClient::new(&app, "keys:read").await.id;
    for key in [&long, &forever] {
        child.post_empty(&format!("/keys/{key}/rotate")).await.assert_error(403, "KEY_EXCEEDS_YOURS");
    }
    child.post_empty(&format!("/keys/{}/rotate", text(&short["id"]))).await.ok();
    backend.post_empty(&format!("/keys/{long}/rotate")).await.ok();
}

#[tokio::test]
async fn rotating_gives_the_old_secret_a_grace_period() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let rotated = backend.post(&format!("/keys/{}/rotate", backend.id), &json!({"grace_hours": 2})).await.ok();
    let new = PlatformClient::with_key(&app, &text(&rotated["secret"]));
    assert_eq!(rotated["id"], backend.id);
    assert_eq!((backend.get("/keys").await.status, new.get("/keys").await.status), (200, 200));
    app.advance(HOUR);
    assert_eq!(backend.get("/keys").await.status, 200);
    // A second rotation ends the first secret: a key has at most two.
    let again = new.post(&format!("/keys/{}/rotate", backend.id), &json!({"grace_hours": 48})).await.ok();
    backend.get("/keys").await.assert_error(401, "API_KEY_INVALID");
    app.advance(HOUR);
    assert_eq!(new.get("/keys").await.status, 200);
    let newest = PlatformClient::with_key(&app, &text(&again["secret"]));
    newest.post(&format!("/keys/{}/rotate", backend.id), &json!({"grace_hours": 0})).await.ok();
    newest.get("/keys").await.assert_error(401, "API_KEY_INVALID");
    new.get("/keys").await.assert_error(401, "API_KEY_INVALID");
}

#[tokio::test]
async fn a_replaced_secret_manages_no_keys() {
    let app = TestApp::start().await;
    let (old, other) = (PlatformClient::new(&app, "*").await, PlatformClient::new(&app, "keys:read").await);
    let (rotate, revoke) = (format!("/keys/{}/rotate", old.id), format!("/keys/{}/revoke", old.id));
    let rotated = old.post(&rotate, &json!({"grace_hours": 2})).await.ok();
    let fields = json!({"name": "Mine", "scopes": ["keys:read"]});
    let before = app.row_counts();
    for path in [&rotate, &revoke, &format!("/keys/{}/rotate", other.id), &format!("/keys/{}/revoke", other.id)] {
        old.post_empty(path).await.assert_error(403, "KEY_EXCEEDS_YOURS");
    }
    let message = old.post("/keys", &fields).await.assert_error(403, "KEY_EXCEEDS_YOURS");
    assert!(message.contains("Use the new secret"), "{message}");
    assert_eq!((app.row_counts(), old.get("/keys").await.status), (before, 200));
    let new = PlatformClient::with_key(&app, &text(&rotated["secret"]));
    new.post("/keys", &fields).await.ok();
    new.post_empty(&revoke).await.ok();
}

#[tokio::test]
async fn revoking_takes_effect_at_once_and_only_once() {
    let app = TestApp::start().await;
    let (admin, other) = (PlatformClient::new(&app, "*").await, PlatformClient::new(&app, "*").await);
    let revoked = admin.post_empty(&format!("/keys/{}/revoke", other.id)).await.ok();
    assert!(revoked["revoked_at"].is_string());
    other.get("/keys").await.assert_error(401, "API_KEY_INVALID");
    for path in [format!("/keys/{}/revoke", other.id), format!("/keys/{}/rotate", other.id)] {
        admin.post_empty(&path).await.assert_error(404, "API_KEY_NOT_FOUND");
    }
    assert_eq!(admin.get("/keys").await.page().len(), 2, "it stays listed");
    app.advance(DAY * 91);
    vestibule_core::cleanup::delete_expired(&app.inner.service).await.unwrap();
    assert_eq!(admin.get("/keys").await.page().len(), 1);
}

#[tokio::test]
async fn the_keys_that_a_leaked_key_created_are_revoked_on_request() {
    let app = TestApp::start().await;
    let (_, organization) = app.create_organization("olga@example.com").await;
    let backend = PlatformClient::new(&app, "*").await;
    let create = async |creator: &PlatformClient| {
        let fields = json!({"name": "A", "scopes": ["keys:write", "invitations:write"]});
        let created = creator.post("/keys", &fields).await.ok();
        let mut client = PlatformClient::with_key(&app, &text(&created["secret"]));
        client.id = text(&created["id"]);
        client
    };
    let leaked = create(&backend).await;
    let child = create(&leaked).await;
    let grandchild = create(&child).await;
    let other = create(&backend).await;
    let invitations = format!("/organizations/{organization}/invitations");
    for (key, email) in [(&leaked, "ann@example.com"), (&grandchild, "ben@example.com"), (&other, "cleo@example.com")] {
        key.post(&invitations, &json!({"email": email})).await.ok();
    }
    let revoke = format!("/keys/{}/revoke", leaked.id);
    let revoked = backend.post_empty(&revoke).await.ok();
    let counts = |revoked: &serde_json::Value| {
        ["revoked_created_keys", "created_keys", "pending_invitations", "suspended_invitations"]
            .map(|field| revoked[field].as_i64().unwrap())
    };
    assert_eq!(counts(&revoked), [0, 2, 1, 0]);
    assert_eq!((leaked.get("/keys").await.status, grandchild.get("/keys").await.status), (401, 200));
    // Also one between them that was revoked before.
    backend.post_empty(&format!("/keys/{}/revoke", child.id)).await.ok();
    let fields = json!({"revoke_created_keys": true, "suspend_invitations": true});
    let revoked = backend.post(&revoke, &fields).await.ok();
    assert_eq!(counts(&revoked), [1, 0, 2, 2]);
    assert_eq!((grandchild.get("/keys").await.status, other.get("/keys").await.status), (401, 200));
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE left_suspended = 1"), 2);
    assert_eq!(counts(&backend.post(&revoke, &fields).await.ok()), [0, 0, 2, 0]);
}

#[tokio::test]
async fn last_use_is_stored_to_the_minute() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let last_used = async || backend.get("/keys").await.page()[0]["last_used_at"].clone();
    last_used().await;
    // The write is not part of the request, so it may take until one of the next ones.
    while last_used().await.is_null() {
        tokio::task::yield_now().await;
    }
    let first = last_used().await;
    app.advance(Duration::from_secs(30));
    for _ in 0..5 {
        assert_eq!(last_used().await, first);
    }
    app.advance(Duration::from_secs(31));
    while last_used().await == first {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn requests_of_a_key_are_limited() {
    let app = TestApp::with_settings(|settings| settings.platform.requests_per_key = 3).await;
    let (one, other) = (PlatformClient::new(&app, "*").await, PlatformClient::new(&app, "*").await);
    for _ in 0..3 {
        assert_eq!(one.get("/keys").await.status, 200);
    }
    let refused = one.get("/keys").await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.assert_error(429, "TOO_MANY_REQUESTS");
    assert_eq!(other.get("/keys").await.status, 200);
    app.advance(Duration::from_mins(1));
    assert_eq!(one.get("/keys").await.status, 200);
}

#[tokio::test]
async fn look_ups_of_unknown_keys_are_limited_by_network() {
    let app = TestApp::with_settings(|settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await;
    let other = TestAppBuilder::new(Database::create()).with_seed(8).build().await;
    let mut stranger = PlatformClient::with_key(&app, &PlatformClient::new(&other, "*").await.key);
    let (mut backend, mut unused) = (PlatformClient::new(&app, "*").await, PlatformClient::new(&app, "*").await);
    for client in [&mut stranger, &mut backend, &mut unused] {
        client.headers.insert("x-forwarded-for", HeaderValue::from_static("192.0.2.180"));
    }
    // One of the look-ups. Until its last use is stored, statements are executed after a request.
    while backend.get("/keys").await.page()[0]["last_used_at"].is_null() {
        tokio::task::yield_now().await;
    }
    for _ in 1..300 {
        stranger.get("/keys").await.assert_error(401, "API_KEY_INVALID");
    }
    let count = || app.inner.service.statement_count.load(std::sync::atomic::Ordering::Relaxed);
    let before = count();
    let refused = stranger.get("/keys").await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.assert_error(429, "TOO_MANY_REQUESTS");
    unused.get("/keys").await.assert_error(429, "TOO_MANY_REQUESTS");
    assert_eq!(count(), before);
    assert_eq!(backend.get("/keys").await.status, 200, "its key is known");
    for client in [&mut stranger, &mut unused] {
        client.headers.insert("x-forwarded-for", HeaderValue::from_static("192.0.2.181"));
    }
    stranger.get("/keys").await.assert_error(401, "API_KEY_INVALID");
    assert_eq!(unused.get("/keys").await.status, 200);
    app.advance(Duration::from_mins(1));
    stranger.headers.insert("x-forwarded-for", HeaderValue::from_static("192.0.2.180"));
    stranger.get("/keys").await.assert_error(401, "API_KEY_INVALID");
}

#[tokio::test]
async fn all_keys_can_be_listed() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    // With smaller ids than that of the backend's key.
    app.execute(
        "INSERT INTO api_keys (id, name, scopes, created_at, valid_until)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
         SELECT i, 'Older', 'keys:read', 0, 9000000000000000 FROM n",
    );
    let (mut path, mut names) = ("/keys?limit=400".to_owned(), Vec::new());
    loop {
        let page = backend.get(&path).await.ok();
        names.extend(page["data"].as_array().unwrap().iter().map(|key| text(&key["name"])));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/keys?limit=400&cursor={cursor}");
    }
    assert_eq!((names.len(), names.last().unwrap().as_str()), (1002, "Test"));
    let rest = backend.get("/keys?offset=1000").await.ok();
    assert_eq!((rest["total"].as_i64(), rest["data"].as_array().map(Vec::len)), (Some(1002), Some(2)));
    backend.get("/keys?cursor=x").await.assert_error(400, "INVALID_CURSOR");
}

#[tokio::test]
async fn bad_fields_are_named() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    for (fields, code) in [
        (json!({"scopes": ["keys:read"]}), "REQUIRED_FIELD"),
        (json!({"name": "A"}), "REQUIRED_FIELD"),
        (json!({"name": "A", "scopes": []}), "INVALID_FIELD"),
        (json!({"name": "A", "scopes": ["members:delete"]}), "INVALID_FIELD"),
        (json!({"name": "A\u{202e}", "scopes": ["keys:read"]}), "INVALID_FIELD"),
        (json!({"name": "A", "scopes": ["keys:read"], "expiry_days": 0}), "INVALID_FIELD"),
        (json!({"name": "A", "scopes": ["keys:read"], "organization_id": "x"}), "INVALID_ID"),
        (json!({"name": "A", "scopes": ["keys:read"], "organisation_id": "1"}), "UNKNOWN_FIELD"),
    ] {
        backend.post("/keys", &fields).await.assert_error(400, code);
    }
    let fields = json!({"name": "A", "scopes": ["keys:read"], "organization_id": "123"});
    backend.post("/keys", &fields).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    backend.get("/keys?limit=0").await.assert_error(400, "INVALID_FIELD");
    backend.get("/keys?limit=1001").await.assert_error(400, "INVALID_FIELD");
    backend.get("/keys?sort_order=up").await.assert_error(400, "INVALID_FIELD");
    backend.get("/keys?sort_key=prefix").await.assert_error(400, "INVALID_FIELD");
    assert_eq!(backend.get("/keys?limit=1&offset=0").await.page().len(), 1);
}

#[tokio::test]
async fn an_operator_creates_rotates_and_revokes_keys() {
    let app = TestApp::start().await;
    let run = &app.inner.service;
    let name = ApiKeyName::parse("name", "Operator's").unwrap();
    let create = Create { name, scopes: "*".parse().unwrap(), organization: None, expires_at: None };
    let created = run.run(&Caller::anonymous(), create).await.result.unwrap();
    let (key, grace) = (created.key.id, Duration::ZERO);
    let rotated = run.run(&Caller::anonymous(), Rotate { key, grace }).await.result.unwrap();
    assert_ne!(created.secret.reveal(), rotated.secret.reveal());
    let revoke = Revoke { key, suspends_invitations: false, revokes_created_keys: false };
    let revoked = run.run(&Caller::anonymous(), revoke).await.result.unwrap();
    assert_eq!((revoked.pending_invitations, revoked.suspended_invitations), (0, 0));
}
