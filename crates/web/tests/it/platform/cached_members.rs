//! The caches of the access of API keys and of what they read of members: what they serve, and what invalidates them.

use futures_util::future::join_all;
use serde_json::{Value, json};
use vestibule_testbed::{Database, Engine};

use super::PlatformClient;
use super::organizations::{create, role, user};
use crate::harness::{DAY, HOUR, TestApp, TestAppBuilder, text};

/// The maximum number of statements of a cached response: the revalidation.
const MAX_CACHED_STATEMENTS: u32 = 1;

/// An organization with a member, and what reads them.
struct Cached {
    app: TestApp,
    backend: PlatformClient,
    organization: String,
    /// The member and the page of all.
    paths: [String; 2],
    user: String,
    membership: String,
}

impl Cached {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let backend = PlatformClient::new(&app, "*").await;
        let organization = create(&backend, "Acme").await;
        let (_, user) = user(&app, "nina@example.com").await;
        let added = backend.post(&format!("{organization}/members"), &json!({"user_id": user})).await.ok();
        let paths = [format!("{organization}/members/{user}"), format!("{organization}/members?limit=10")];
        Self { app, backend, organization, paths, user, membership: text(&added["id"]) }
    }

    /// Reads both with this key until they are cached: not before the use of the key is stored, which takes until one of
    /// the next requests. Returns the uncached responses.
    async fn read(&self, backend: &PlatformClient) -> Vec<Value> {
        let mut responses = Vec::new();
        for path in &self.paths {
            let first = backend.get(path).await.ok();
            loop {
                let next = backend.get(path).await;
                let is_cached = next.statements <= MAX_CACHED_STATEMENTS;
                assert_eq!(next.ok(), first);
                if is_cached {
                    break;
                }
                tokio::task::yield_now().await;
            }
            responses.push(first);
        }
        responses
    }

    async fn assert_refused(&self, backend: &PlatformClient, status: u16, code: &str) {
        for path in &self.paths {
            backend.get(path).await.assert_error(status, code);
        }
    }
}

#[tokio::test]
async fn every_change_invalidates_cached_members() {
    let cached = Cached::start().await;
    let Cached { backend, organization, user: id, membership, .. } = &cached;
    let clerk = json!({"name": "Clerk", "permissions": ["orders:read"]});
    let clerk = text(&backend.post(&format!("{organization}/roles"), &clerk).await.ok()["id"]);
    let admin = role(backend, organization, "Admin").await;
    let (_, other) = user(&cached.app, "kim@example.com").await;
    let member = format!("{organization}/members/{membership}");
    let mut before = cached.read(backend).await;
    for (path, fields) in [
        (member.clone(), json!({"role_ids": [clerk]})),
        (member.clone(), json!({"public_metadata": {"desk": 7}})),
        (format!("{organization}/roles/{clerk}"), json!({"permissions": ["orders:write"]})),
        (format!("/users/{id}"), json!({"first_name": "Renamed"})),
    ] {
        backend.patch(&path, &fields).await.ok();
        let after = cached.read(backend).await;
        assert!(before.iter().zip(&after).all(|(before, after)| before != after), "{path}");
        before = after;
    }
    backend.post_empty(&format!("{member}/roles/{admin}")).await.ok();
    let after = cached.read(backend).await;
    assert!(before.iter().zip(&after).all(|(before, after)| before != after), "{after:?}");
    backend.post(&format!("{organization}/members"), &json!({"user_id": other})).await.ok();
    assert_eq!(cached.read(backend).await[1]["total"], 2);
    backend.delete(&format!("{organization}/members/{other}")).await.ok();
    assert_eq!(cached.read(backend).await, after);
    backend.post(&format!("{organization}/members"), &json!({"user_id": other, "role_ids": [admin]})).await.ok();
    backend.delete(&member).await.ok();
    backend.get(&cached.paths[0]).await.assert_error(404, "MEMBER_NOT_FOUND");
    assert_eq!(backend.get(&cached.paths[1]).await.page().len(), 1);
    backend.delete(organization).await.ok();
    cached.assert_refused(backend, 404, "ORGANIZATION_NOT_FOUND").await;
}

#[tokio::test]
async fn cached_members_require_a_key_that_may_read_them() {
    let cached = Cached::start().await;
    let Cached { app, backend, organization, .. } = &cached;
    let id = organization.rsplit('/').next();
    let bound = PlatformClient::bound(app, "members:read", id).await;
    cached.read(&bound).await;
    assert_eq!(cached.read(backend).await, cached.read(&bound).await, "all keys see the same");
    let other = create(backend, "Globex").await;
    let stranger = PlatformClient::bound(app, "*", other.rsplit('/').next()).await;
    let without_scope = PlatformClient::new(app, "users:write").await;
    for _ in 0..2 {
        cached.assert_refused(&stranger, 404, "ORGANIZATION_NOT_FOUND").await;
        cached.assert_refused(&without_scope, 403, "SCOPE_MISSING").await;
    }
    let other = TestAppBuilder::new(Database::create()).with_seed(8).build().await;
    let unknown = PlatformClient::new(&other, "*").await.key;
    cached.assert_refused(&PlatformClient::with_key(app, &unknown), 401, "API_KEY_INVALID").await;
    cached.assert_refused(&PlatformClient::with_key(app, ""), 401, "API_KEY_INVALID").await;
    // A revoked key opens nothing that it has read before.
    backend.post_empty(&format!("/keys/{}/revoke", bound.id)).await.ok();
    cached.assert_refused(&bound, 401, "API_KEY_INVALID").await;
}

#[tokio::test]
async fn cached_members_follow_the_end_of_a_secret() {
    let cached = Cached::start().await;
    let Cached { app, backend, .. } = &cached;
    let fields = json!({"name": "Short", "scopes": ["members:read"], "expiry_days": 1});
    let created = backend.post("/keys", &fields).await.ok();
    let first = PlatformClient::with_key(app, &text(&created["secret"]));
    cached.read(&first).await;
    let rotate = format!("/keys/{}/rotate", text(&created["id"]));
    let second = text(&backend.post(&rotate, &json!({"grace_hours": 2})).await.ok()["secret"]);
    let second = PlatformClient::with_key(app, &second);
    assert_eq!(cached.read(&first).await, cached.read(&second).await);
    app.advance(HOUR * 2);
    cached.assert_refused(&first, 401, "API_KEY_INVALID").await;
    cached.read(&second).await;
    let third = text(&backend.post(&rotate, &json!({"grace_hours": 0})).await.ok()["secret"]);
    let third = PlatformClient::with_key(app, &third);
    cached.assert_refused(&second, 401, "API_KEY_INVALID").await;
    cached.read(&third).await;
    app.advance(DAY);
    cached.assert_refused(&third, 401, "API_KEY_INVALID").await;
}

#[tokio::test]
async fn batched_revalidation_keeps_keys_and_sessions_apart() {
    let cached = Cached::start().await;
    let Cached { app, backend, .. } = &cached;
    let (owner, globex) = app.create_organization("olga@example.com").await;
    let other = PlatformClient::bound(app, "members:read", Some(&globex)).await;
    let globex = format!("/organizations/{globex}/members?limit=10");
    let acme = &cached.paths[1];
    cached.read(backend).await;
    other.get(&globex).await.ok();
    let requests = (0..40).map(|_| async {
        let (of_acme, of_globex) = (backend.get(acme), backend.get(&globex));
        let (of_other, refused, session) = (other.get(&globex), other.get(acme), owner.get("/session"));
        let (of_acme, of_globex, of_other) = Box::pin(futures_util::future::join3(of_acme, of_globex, of_other)).await;
        assert_eq!(of_acme.page()[0]["primary_email_address"], "nina@example.com");
        assert_eq!(of_globex.page()[0]["primary_email_address"], "olga@example.com");
        assert_eq!(of_other.page()[0]["primary_email_address"], "olga@example.com");
        let (refused, session) = Box::pin(futures_util::future::join(refused, session)).await;
        refused.assert_error(404, "ORGANIZATION_NOT_FOUND");
        session.ok();
    });
    join_all(requests).await;
}

#[tokio::test]
async fn change_in_one_process_invalidates_cached_members_of_another() {
    if Engine::under_test() != Engine::Postgres {
        return;
    }
    let cached = Cached::start().await;
    let Cached { app, backend, membership, organization, .. } = &cached;
    let second = PlatformClient::with_key(&app.second_instance().await, &backend.key);
    let before = cached.read(&second).await;
    let fields = json!({"public_metadata": {"desk": 7}});
    backend.patch(&format!("{organization}/members/{membership}"), &fields).await.ok();
    assert_ne!(before, cached.read(&second).await);
    backend.post_empty(&format!("/keys/{}/revoke", backend.id)).await.ok();
    cached.assert_refused(&second, 401, "API_KEY_INVALID").await;
}
