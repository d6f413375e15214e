//! The caches of invitation lists and sessions: what they serve, and what invalidates them.
//!
//! Other tests assert with [`TestClient::get_and_check_cache`] that a cached response equals an uncached one.

use std::pin::pin;
use std::time::Duration;

use axum::http::{HeaderValue, header};
use serde_json::json;
use vestibule_core::Code;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::invitation::Create;
use vestibule_core::settings::Settings;
use vestibule_core::time::Clock;
use vestibule_db::{Db, WriteResult};
use vestibule_testbed::{Database, Engine};

use crate::harness::{DAY, PASSWORD, TestApp, TestAppBuilder, TestClient, text};

/// The maximum number of statements of a cached response: the revalidation.
const MAX_CACHED_STATEMENTS: u32 = 1;

/// Creates an organization with one invitation, whose list is cached. Returns the app, the owner and the organization.
async fn setup_cached_list() -> (TestApp, TestClient, String) {
    let app = TestApp::start().await;
    let (owner, id) = app.create_organization("owner@example.com").await;
    let list = format!("/organizations/{id}/invitations");
    owner.post(&list, &[("email", "guest@example.com"), ("expiry_days", "3")]).await.ok();
    owner.get(&list).await.ok();
    (app, owner, id)
}

fn list_path(organization: &str) -> String {
    format!("/organizations/{organization}/invitations")
}

#[tokio::test]
async fn serves_unchanged_list_from_cache() {
    let (app, owner, id) = setup_cached_list().await;
    let first = owner.get(&list_path(&id)).await;
    assert!(first.statements <= MAX_CACHED_STATEMENTS);
    assert_eq!(first.body["data"][0]["email"], "guest@example.com");
    // Another admin gets the same list, within the envelope of their own session.
    let roles = owner.get(&format!("/organizations/{id}/roles")).await.ok();
    let admin = roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap();
    let second = app.create_member(&owner, &id, "second@example.com", &text(&admin["id"])).await;
    let second_response = second.get(&list_path(&id)).await;
    assert!(second_response.statements > MAX_CACHED_STATEMENTS, "a new member has invalidated the list");
    let first_response = owner.get(&list_path(&id)).await;
    assert!(first_response.statements <= MAX_CACHED_STATEMENTS);
    assert_eq!(first_response.body["data"], second_response.body["data"]);
    assert_ne!(first_response.body["session"], second_response.body["session"]);
}

#[tokio::test]
async fn batched_revalidation_keeps_callers_apart() {
    let app = TestApp::start().await;
    let mut callers = Vec::new();
    for number in 0..3 {
        let (owner, id) = app.create_organization(&format!("owner{number}@example.com")).await;
        owner.post(&list_path(&id), &[("email", &format!("guest{number}@example.com"))]).await.ok();
        owner.get(&list_path(&id)).await.ok();
        callers.push((owner, list_path(&id), number));
    }
    let anonymous = app.anonymous();
    // More requests than one batch revalidates, and one of them without access.
    let callers_ref = &callers;
    let requests = (0..40).map(|index| async move {
        let (owner, list, number) = callers_ref.get(index % 3).unwrap();
        (owner.get(list).await, *number)
    });
    let refused = async { anonymous.get(&callers.first().unwrap().1).await };
    let (responses, refused) = futures_util::future::join(futures_util::future::join_all(requests), refused).await;
    refused.assert_error(401, "UNAUTHORIZED");
    for (response, number) in responses {
        assert_eq!(response.body["data"][0]["email"], format!("guest{number}@example.com"));
    }
    // A change invalidates only the list of its organization, and at once.
    let (owner, list, _) = callers.first().unwrap();
    owner.post(list, &[("email", "another@example.com")]).await.ok();
    let requests = callers.iter().map(|(owner, list, number)| async { (owner.get(list).await, *number) });
    for (response, number) in futures_util::future::join_all(requests).await {
        assert_eq!(response.body["data"].as_array().unwrap().len(), if number == 0 { 2 } else { 1 });
    }
}

#[tokio::test]
async fn cached_list_requires_permission() {
    let (app, owner, id) = setup_cached_list().await;
    let plain = app.create_member(&owner, &id, "plain@example.com", "").await;
    owner.get(&list_path(&id)).await.ok();
    plain.get(&list_path(&id)).await.assert_error(403, "FORBIDDEN");
    app.anonymous().get(&list_path(&id)).await.assert_error(401, "UNAUTHORIZED");
    app.create_user("stranger@example.com").await.get(&list_path(&id)).await.assert_error(403, "FORBIDDEN");
    // Nor is it served after a sign-out.
    let cookie = owner.cookie.lock().unwrap().clone();
    owner.post("/session/sign-out", &[]).await.ok();
    app.client_with_cookie(cookie).get(&list_path(&id)).await.assert_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn refuses_address_outside_allowed_networks_despite_cached_access() {
    let trust_proxy = |settings: &mut Settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let app = TestApp::with_settings(trust_proxy).await;
    let (owner, id) = app.create_organization("owner@example.com").await;
    let (list, update) = (list_path(&id), format!("/organizations/{id}/update"));
    let networks = json!({"whitelisted_ips": ["127.0.0.1", "203.0.113.0/24"], "enable_ip_restriction": true});
    owner.post_json(&update, &networks).await.ok();

    let (allowed, mut outside) = (owner.with_client_address("203.0.113.9"), owner.with_client_address("198.51.100.1"));
    let etag = allowed.get(&list).await.headers[header::ETAG].clone();
    assert!(allowed.get(&list).await.statements <= MAX_CACHED_STATEMENTS);
    // Access and list of this session are cached now. The address is checked for each request.
    outside.get(&list).await.assert_error(403, "ADDRESS_NOT_ALLOWED");
    outside.headers.insert(header::IF_NONE_MATCH, etag);
    outside.get(&list).await.assert_error(403, "ADDRESS_NOT_ALLOWED");
    assert!(allowed.get(&list).await.statements <= MAX_CACHED_STATEMENTS);

    let narrowed = json!({"whitelisted_ips": ["127.0.0.1"], "enable_ip_restriction": true});
    owner.post_json(&update, &narrowed).await.ok();
    allowed.get(&list).await.assert_error(403, "ADDRESS_NOT_ALLOWED");
    owner.get(&list).await.ok();
}

#[tokio::test]
async fn every_change_invalidates_cached_list() {
    let (app, owner, id) = setup_cached_list().await;
    let list = list_path(&id);
    let read = async || {
        let response = owner.get_and_check_cache(&list).await;
        assert!(owner.get(&list).await.statements <= MAX_CACHED_STATEMENTS);
        (response.statements, response.ok())
    };
    let (_, before) = read().await;
    let invitation = text(&before[0]["id"]);
    let workspace = owner.post("/workspaces", &[("organization_id", id.as_str()), ("name", "Lab")]).await.ok();
    let workspace = text(&workspace["workspace"]["id"]);
    let role = [("name", "Helper"), ("permissions[]", "organization:member")];
    let role = owner.post(&format!("/organizations/{id}/roles"), &role).await.ok();
    let role = text(&role["id"]);
    let workspace_invitation =
        [("email", "lab@example.com"), ("workspace_id", workspace.as_str()), ("role_id", role.as_str())];
    let calls: Vec<(String, Vec<(&str, &str)>)> = vec![
        (list.clone(), workspace_invitation.to_vec()),
        (format!("{list}/{invitation}/resend"), vec![("expiry_days", "9")]),
        (format!("/workspaces/{workspace}/update"), vec![("name", "Laboratory")]),
        ("/me".to_owned(), vec![("first_name", "Renamed")]),
        (format!("{list}/{invitation}/discard"), vec![]),
    ];
    for (path, fields) in calls {
        let (_, earlier) = read().await;
        owner.post(&path, &fields).await.ok();
        let (statements, now) = read().await;
        assert!(statements > MAX_CACHED_STATEMENTS, "{path} does not invalidate the list");
        assert_ne!(earlier, now, "{path}");
    }
    // The outbox and operators change delivery states outside of API calls.
    let (_, earlier) = read().await;
    app.execute("UPDATE invitations SET delivery_reason = 'by hand' WHERE status = 'pending'");
    assert_ne!(earlier, read().await.1);
}

#[tokio::test]
async fn cached_list_follows_clock_across_expiry() {
    let (app, owner, id) = setup_cached_list().await;
    let list = list_path(&id);
    let expired = async || owner.get_and_check_cache(&list).await.ok()[0]["expired"].clone();
    // The first request updates the session's `last_seen_at`, which invalidates its access.
    assert_eq!(expired().await, false);
    let before = owner.get(&list).await;
    let start = app.inner.clock.now();
    app.advance((DAY * 3).checked_sub(Duration::from_micros(1)).unwrap());
    assert_eq!(expired().await, false);
    assert!(owner.get(&list).await.statements <= MAX_CACHED_STATEMENTS);
    app.advance(Duration::from_micros(1));
    assert_eq!(expired().await, true);
    assert!(owner.get(&list).await.statements <= MAX_CACHED_STATEMENTS);
    app.inner.clock.set(start);
    assert_eq!(expired().await, false);
    assert_eq!(before.headers[header::ETAG], owner.get(&list).await.headers[header::ETAG]);
}

#[tokio::test]
async fn returns_304_for_matching_etag() {
    let (app, owner, id) = setup_cached_list().await;
    let list = list_path(&id);
    let etag = owner.get(&list).await.headers[header::ETAG].clone();
    let mut conditional = app.client_with_cookie(owner.cookie.lock().unwrap().clone());
    conditional.headers.insert(header::IF_NONE_MATCH, etag.clone());
    let unchanged = conditional.get(&list).await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    assert_eq!(unchanged.headers[header::ETAG], etag);
    // A matching ETag does not replace authorization.
    let mut anonymous = app.anonymous();
    anonymous.headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("*"));
    anonymous.get(&list).await.assert_error(401, "UNAUTHORIZED");
    // The ETag includes the session of the envelope.
    let other_session = app.anonymous();
    other_session.post("/auth/signin", &[("email", "owner@example.com"), ("password", PASSWORD)]).await.ok();
    assert_ne!(other_session.get(&list).await.headers[header::ETAG], etag);
    owner.post(&list, &[("email", "another@example.com")]).await.ok();
    let changed = conditional.get(&list).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.headers[header::ETAG], etag);
}

#[tokio::test]
async fn change_in_one_process_invalidates_cache_of_another() {
    if Engine::under_test() != Engine::Postgres {
        return;
    }
    let (app, owner, id) = setup_cached_list().await;
    let (list, second) = (list_path(&id), app.second_instance().await);
    let in_second = second.client_with_cookie(owner.cookie.lock().unwrap().clone());
    assert_eq!(in_second.get(&list).await.ok().as_array().unwrap().len(), 1);
    assert_eq!(in_second.get(&list).await.statements, MAX_CACHED_STATEMENTS);
    owner.post(&list, &[("email", "another@example.com")]).await.ok();
    assert_eq!(in_second.get(&list).await.ok().as_array().unwrap().len(), 2);
    let invitation = text(&in_second.get(&list).await.ok()[0]["id"]);
    in_second.post(&format!("{list}/{invitation}/discard"), &[]).await.ok();
    assert_eq!(owner.get(&list).await.ok().as_array().unwrap().len(), 1);
}

/// Commands in a group commit see the writes of earlier commands in the group. Here the whole group is rolled back, and
/// a later change produces the same revision. The access read in the group must not be in the cache.
#[tokio::test]
async fn does_not_cache_access_read_in_rolled_back_group() {
    let app = TestAppBuilder::new(Database::create_on(Engine::Sqlite)).build().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let member = app.create_member(&owner, &organization, "member@example.com", "").await;
    let invite = |name: &str| Create {
        is_mailed: true,
        organization: organization.parse().unwrap(),
        invitee: EmailAddress::parse(&format!("{name}@example.com")).unwrap(),
        role: None,
        workspace: None,
        expiry_days: None,
        language: None,
        message: None,
    };
    let Db::Sqlite(sqlite) = app.inner.service.db() else { panic!("this test needs SQLite") };
    let (unblock, blocked) = std::sync::mpsc::channel::<()>();
    let commit = || WriteResult { commit: true, on_commit: Box::new(|_| ()) };
    sqlite
        .write(move |_| {
            blocked.recv().unwrap();
            commit()
        })
        .unwrap();
    let advance_revision = format!(
        "INSERT INTO revisions (scope, shard, revision) VALUES (-{organization}, 0, {}) \
         ON CONFLICT (scope, shard) DO UPDATE SET revision = excluded.revision",
        app.inner.clock.now().as_microseconds() + 1
    );
    let make_admin = format!(
        "INSERT INTO organization_membership_roles (organization_id, membership_id, role_scope, role_id) \
         SELECT m.organization_id, m.id, r.scope, r.id \
           FROM organization_memberships m \
           JOIN email_addresses e ON e.user_id = m.user_id AND e.address_key = 'member@example.com' \
           JOIN organization_roles r ON r.scope = 0 AND r.grants_admin = 1 WHERE m.organization_id = {organization}; \
         UPDATE organization_roles SET name = 'Rolled back' WHERE scope = 0 AND grants_admin = 0; \
         {advance_revision}"
    );
    let queue = |statements: String| {
        let written = sqlite.write(move |connection| {
            connection.execute_batch(&statements).unwrap();
            commit()
        });
        written.unwrap();
    };
    queue(make_admin);
    let mut reads_it = pin!(app.run(&member, invite("first")));
    tokio::select! {
        biased;
        _ = &mut reads_it => panic!("the command did not wait in the queue"),
        () = std::future::ready(()) => {}
    }
    // A dangling foreign key whose check is deferred: the commit fails.
    queue(
        "PRAGMA defer_foreign_keys = true; INSERT INTO sign_ins VALUES (1, 404, 404, NULL, NULL, '', '', 0, 0, 0, 0, 0, '', '', NULL, NULL, '', NULL, NULL)"
            .to_owned(),
    );
    unblock.send(()).unwrap();
    assert_eq!(reads_it.await.unwrap_err().code(), Code::Internal, "the whole group was rolled back");
    app.inner.database.execute(&advance_revision);
    app.inner.service.db().record_commit();
    assert_eq!(app.run(&member, invite("second")).await.unwrap_err().code(), Code::Forbidden);
    assert_eq!(app.run(&owner, invite("second")).await.unwrap().role.name, "Member");
    app.drain().await;
}

#[tokio::test]
async fn command_revalidates_access_loaded_by_previous_one() {
    let app = TestApp::start().await;
    let (owner, id) = app.create_organization("owner@example.com").await;
    app.invalidate_caches();
    let first = owner.post(&list_path(&id), &[("email", "first@example.com")]).await;
    let second = owner.post(&list_path(&id), &[("email", "second@example.com")]).await;
    let refused = owner.post(&list_path(&id), &[("email", "second@example.com")]).await;
    let third = owner.post(&list_path(&id), &[("email", "third@example.com")]).await;
    assert!(first.statements > second.statements, "{} and {}", first.statements, second.statements);
    refused.assert_error(400, "INVITATION_EXISTS");
    assert_eq!(third.statements, second.statements);
    let (first, second) = (first.ok(), second.ok());
    assert_eq!(first["inviter"], second["inviter"]);
    assert_eq!(first["role"], second["role"]);
}

#[tokio::test]
async fn serves_session_from_cache_until_it_changes() {
    let app = TestApp::start().await;
    let (owner, id) = app.create_organization("owner@example.com").await;
    let read = async || {
        let response = owner.get_and_check_cache("/session").await;
        assert!(owner.get("/session").await.statements <= MAX_CACHED_STATEMENTS);
        (response.statements, response.ok())
    };
    let calls: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("/session/switch-organization", vec![("organization_id", "")]),
        ("/me", vec![("first_name", "Renamed")]),
        ("/session/switch-organization", vec![("organization_id", id.as_str())]),
    ];
    for (path, fields) in calls {
        let (_, before) = read().await;
        owner.post(path, &fields).await.ok();
        let (statements, now) = read().await;
        assert!(statements > MAX_CACHED_STATEMENTS, "{path} does not invalidate the session");
        assert_ne!(before, now, "{path}");
    }
    // A sign-out from another session.
    let elsewhere = app.anonymous();
    elsewhere.post("/auth/signin", &[("email", "owner@example.com"), ("password", PASSWORD)]).await.ok();
    elsewhere.get("/session").await.ok();
    let listed = owner.get("/me/signins").await.ok();
    let other = listed.as_array().unwrap().iter().find(|sign_in| sign_in["current"] == false).unwrap();
    owner.post(&format!("/me/signins/{}/signout", text(&other["id"])), &[]).await.ok();
    assert_eq!(elsewhere.get("/session").await.ok()["active_signin"], serde_json::Value::Null);
    // Time passes without any write.
    let (_, before) = read().await;
    app.advance(DAY);
    let (statements, now) = read().await;
    assert!(statements > MAX_CACHED_STATEMENTS, "a session that was unused for long gets a new `last_seen_at`");
    assert_eq!(before["id"], now["id"]);
    app.advance(DAY * 400);
    assert_eq!(owner.get("/session").await.ok()["id"], "0");
}
