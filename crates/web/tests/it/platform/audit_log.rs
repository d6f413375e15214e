//! The audit log, as a backend reads it.

use serde_json::{Value, json};
use vestibule_core::audit::seal_all;

use super::PlatformClient;
use crate::harness::{TestApp, text};

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

async fn seal(app: &TestApp) {
    seal_all(&app.inner.service).await.unwrap();
}

#[tokio::test]
async fn lists_are_filtered_and_continued_newest_first() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let backend = PlatformClient::new(&app, "audit_log:read").await;
    for number in 0..3 {
        owner.post(&format!("{path}/invitations"), &[("email", &format!("{number}@example.com"))]).await.ok();
        seal(&app).await;
    }
    owner.post(&format!("{path}/update"), &[("name", "Acme Ltd")]).await.ok();
    let log = format!("{path}/audit-log");
    let listed = backend.get(&log).await.page();
    assert_eq!(
        actions(&listed),
        [
            "organization.updated",
            "organization.invitation.created",
            "organization.invitation.created",
            "organization.invitation.created",
            "organization.member.added",
            "organization.created",
        ]
    );
    assert!(listed[0]["sequence"].is_null() && listed[1]["sequence"] == 5);
    assert_eq!(listed[0]["data"]["after"], json!({"name": "Acme Ltd"}));
    assert!(text(&listed[1]["personal"]["email"]).ends_with("@example.com"));
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    loop {
        let page = backend.get(&format!("{log}?limit=4&action=organization.invitation.created{cursor}")).await.ok();
        seen.extend(page["data"].as_array().unwrap().iter().map(|entry| entry["id"].clone()));
        assert_eq!(page["has_more"], json!(page.get("next_cursor").is_some()));
        let Some(next) = page.get("next_cursor") else { break };
        cursor = format!("&cursor={}", text(next));
    }
    assert_eq!(seen, listed[1..4].iter().map(|entry| entry["id"].clone()).collect::<Vec<_>>());
    let first = backend.get(&format!("{log}?limit=2")).await.ok();
    let next = backend.get(&format!("{log}?limit=2&cursor={}", text(&first["next_cursor"]))).await.page();
    assert_eq!(next[0]["id"], listed[2]["id"]);
    let olga = text(&owner.get("/me").await.ok()["id"]);
    assert_eq!(backend.get(&format!("{log}?actor_id={olga}")).await.page().len(), 6);
    assert_eq!(backend.get(&format!("{log}?target_id={olga}")).await.page().len(), 1);
    for (query, code) in [
        ("actor_id=x", "INVALID_ID"),
        ("cursor=x", "INVALID_CURSOR"),
        ("limit=0", "INVALID_FIELD"),
        ("limit=1001", "INVALID_FIELD"),
        ("from=yesterday", "INVALID_FIELD"),
        ("sort_order=newest", "INVALID_FIELD"),
    ] {
        backend.get(&format!("{log}?{query}")).await.assert_error(400, code);
    }
}

#[tokio::test]
async fn a_feed_misses_no_entry() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let backend = PlatformClient::new(&app, "audit_log:read").await;
    let feed = format!("{path}/audit-log?sort_order=asc&limit=2");
    assert_eq!(backend.get(&feed).await.page().len(), 0, "nothing is sealed");
    let (mut last, mut seen) = (String::new(), Vec::new());
    for number in 0..3 {
        for row in 0..3 {
            owner.post(&format!("{path}/invitations"), &[("email", &format!("{number}.{row}@example.com"))]).await.ok();
        }
        seal(&app).await;
        loop {
            let page = backend.get(&format!("{feed}{last}")).await.ok();
            let entries = page["data"].as_array().unwrap();
            seen.extend(entries.iter().map(|entry| entry["sequence"].as_i64().unwrap()));
            if let Some(entry) = entries.last() {
                last = format!("&cursor={}", entry["sequence"]);
            }
            if page["has_more"] == json!(false) {
                break;
            }
            assert_eq!(page["next_cursor"], json!(entries.last().unwrap()["sequence"].to_string()));
        }
    }
    assert_eq!(seen, (1..=11).collect::<Vec<_>>());
    assert_eq!(backend.get(&format!("{feed}{last}")).await.page().len(), 0);
    // A filtered page ends where the page has as many entries as it may have.
    let filtered = format!("{feed}&action=organization.invitation.created");
    let page = backend.get(&filtered).await.ok();
    assert_eq!((&page["data"][0]["sequence"], &page["next_cursor"]), (&json!(3), &json!("4")));
    let rest = backend.get(&format!("{filtered}&limit=1000&cursor=4").replace("&limit=2", "")).await.ok();
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["has_more"]), (7, &json!(false)));
    let nothing = backend.get(&format!("{feed}&action=no.such.event")).await.ok();
    assert_eq!((&nothing["data"], &nothing["has_more"]), (&json!([]), &json!(false)));
}

#[tokio::test]
async fn a_filtered_feed_looks_through_a_thousand_entries_for_a_page() {
    let app = TestApp::start().await;
    let (_, organization) = app.create_organization("olga@example.com").await;
    seal(&app).await;
    app.execute(&format!(
        "INSERT INTO audit_entries (organization_id, id, created_at, action, actor_kind, target_kind, target_id, payload, sequence, hash)
         WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
         SELECT organization_id, 1000 + i, 0, 'organization.updated', 'system', 'organization', {organization}, '{{}}', i, hash
           FROM n CROSS JOIN audit_entries WHERE organization_id = {organization} AND sequence = 1"
    ));
    let backend = PlatformClient::new(&app, "audit_log:read").await;
    let feed = format!("/organizations/{organization}/audit-log?sort_order=asc&action=no.such.event");
    let page = backend.get(&feed).await.ok();
    assert_eq!((&page["data"], &page["has_more"], &page["next_cursor"]), (&json!([]), &json!(true), &json!("1000")));
    let page = backend.get(&format!("{feed}&cursor=1000")).await.ok();
    assert_eq!((&page["data"], &page["has_more"]), (&json!([]), &json!(false)));
}

#[tokio::test]
async fn the_log_of_the_installation_has_accounts_and_keys() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "audit_log:read").await;
    let (ada, ben) = (app.create_user("ada@example.com").await, app.create_user("ben@example.com").await);
    let ada = text(&ada.get("/me").await.ok()["id"]);
    let ben = text(&ben.get("/me").await.ok()["id"]);
    let listed = backend.get("/audit-log").await.page();
    assert!(listed.iter().all(|entry| entry["organization_id"].is_null()));
    let created = listed.iter().find(|entry| entry["action"] == "api_key.created").unwrap();
    assert_eq!(created["target"], json!({"type": "api_key", "id": backend.id}));
    assert_eq!(created["data"]["scopes"], json!(["audit_log:read"]));
    seal(&app).await;
    let sealed = backend.get("/audit-log?sort_order=asc&limit=1000").await.page();
    assert_eq!(sealed.len(), listed.len());
    let own = backend.get(&format!("/users/{ada}/audit-log")).await.page();
    assert!(actions(&own).contains(&"user.created") && actions(&own).contains(&"session.created"), "{own:?}");
    assert!(own.iter().all(|entry| entry["target"]["id"] == ada.as_str()));
    let first = backend.get(&format!("/users/{ada}/audit-log?limit=1")).await.ok();
    let next = backend.get(&format!("/users/{ada}/audit-log?limit=1&cursor={}", text(&first["next_cursor"]))).await;
    assert_eq!(next.page()[0]["id"], own[1]["id"]);
    let by_ben = backend.get(&format!("/users/{ada}/audit-log?actor_id={ben}")).await.page();
    assert_eq!(by_ben, Vec::<Value>::new());
    let sessions = backend.get(&format!("/users/{ada}/audit-log?action=session.created&from=2001-01-01")).await.page();
    assert_eq!(actions(&sessions), ["session.created"]);
    backend.get("/users/1/audit-log").await.assert_error(404, "USER_NOT_FOUND");
}

#[tokio::test]
async fn a_key_needs_the_scope_and_reads_its_own_organization_only() {
    let app = TestApp::start().await;
    let (owner, one) = app.create_organization("olga@example.com").await;
    let (_, other) = app.create_organization("oskar@example.com").await;
    let olga = text(&owner.get("/me").await.ok()["id"]);
    let log = |organization: &str| format!("/organizations/{organization}/audit-log");
    let bound = PlatformClient::bound(&app, "audit_log:read", Some(&one)).await;
    let own = bound.get(&log(&one)).await.page();
    assert!(!own.is_empty() && own.iter().all(|entry| entry["organization_id"] == one.as_str()));
    bound.get(&log(&other)).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    bound.get("/audit-log").await.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
    bound.get(&format!("/users/{olga}/audit-log")).await.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
    let lacking = PlatformClient::new(&app, "organizations:write users:write").await;
    for path in [log(&one), "/audit-log".to_owned(), format!("/users/{olga}/audit-log")] {
        let message = lacking.get(&path).await.assert_error(403, "SCOPE_MISSING");
        assert!(message.contains("audit_log:read"), "{message}");
    }
    let all = PlatformClient::new(&app, "*").await;
    assert!(!all.get(&log(&other)).await.page().is_empty());
    all.get(&log("1")).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
}
