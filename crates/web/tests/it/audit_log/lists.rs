//! Lists, filters and who can read them.

use serde_json::Value;
use vestibule_core::audit::seal_all;

use super::{actions, insert_updates, member_id, sealed};
use crate::harness::{TestApp, TestClient, TestResponse, create_role, text};
use crate::platform::PlatformClient;

async fn ids(client: &TestClient, path: &str) -> Vec<String> {
    client.get(path).await.ok().as_array().unwrap().iter().map(|entry| text(&entry["id"])).collect()
}

/// The URL of the next page, from the `Link` header.
fn next_page(response: &TestResponse) -> Option<String> {
    let link = response.headers.get("link")?.to_str().unwrap();
    assert!(link.ends_with("; rel=\"next\""), "{link}");
    let target = link.trim_start_matches('<').split('>').next().unwrap();
    Some(target[target.find("/organizations").unwrap()..].to_owned())
}

#[tokio::test]
async fn filters_find_sealed_and_unsealed_entries() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let manager = create_role(&owner, &path, &["organization:manage_members"]).await;
    let kim = app.create_member(&owner, &organization, "kim@example.com", &manager).await;
    let kim_id = member_id(&kim).await;
    kim.post(&format!("{path}/invitations"), &[("email", "a@example.com")]).await.ok();
    seal_all(&app.inner.service).await.unwrap();
    kim.post(&format!("{path}/invitations"), &[("email", "b@example.com")]).await.ok();
    let log = format!("{path}/audit-log");
    let list = async |query: &str| owner.get(&format!("{log}?{query}")).await.ok();
    let by_kim = list(&format!("actor_id={kim_id}")).await;
    assert_eq!(
        actions(by_kim.as_array().unwrap()),
        [
            "organization.invitation.created",
            "organization.invitation.created",
            "organization.invitation.accepted",
            "organization.member.added",
        ]
    );
    let sequences: Vec<_> = by_kim.as_array().unwrap().iter().map(|entry| entry["sequence"].is_null()).collect();
    assert_eq!(sequences, [true, false, false, false]);
    let about_kim = list(&format!("target_id={kim_id}")).await;
    assert_eq!(actions(about_kim.as_array().unwrap()), ["organization.member.added"]);
    let created = list("action=organization.invitation.created").await;
    assert_eq!(created.as_array().unwrap().len(), 3);
    let both = list(&format!("action=organization.invitation.created&actor_id={kim_id}")).await;
    assert_eq!(both.as_array().unwrap().len(), 2);
    for nothing in ["action=no.such.event", "actor_id=1", "target_id=1", "to=2001-01-01", "from=2999-01-01"] {
        assert_eq!(list(nothing).await, serde_json::json!([]), "{nothing}");
    }
    for (wrong, code) in [
        ("actor_id=x", "INVALID_ID"),
        ("cursor=x", "INVALID_CURSOR"),
        ("limit=0", "INVALID_FIELD"),
        ("limit=501", "INVALID_FIELD"),
        ("from=yesterday", "INVALID_FIELD"),
        ("who=kim", "INVALID_FIELD"),
    ] {
        let response = owner.get(&format!("{log}?{wrong}")).await;
        assert_eq!(response.status, 400, "{wrong}");
        assert!(response.text.contains(code) || wrong == "who=kim", "{wrong}: {}", response.text);
    }
}

#[tokio::test]
async fn pages_are_linked_and_stay_the_same_while_entries_are_written() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    for number in 0..12 {
        owner.post(&format!("{path}/invitations"), &[("email", &format!("{number}@example.com"))]).await.ok();
        if number == 6 {
            seal_all(&app.inner.service).await.unwrap();
        }
    }
    for query in ["limit=5", "limit=5&action=organization.invitation.created"] {
        let (mut url, mut seen) = (format!("{path}/audit-log?{query}"), Vec::new());
        loop {
            let response = owner.get(&url).await;
            let next = next_page(&response);
            seen.extend(response.ok().as_array().unwrap().iter().map(|entry| entry["id"].clone()));
            owner.post(&format!("{path}/update"), &[("name", &format!("Acme {}", seen.len()))]).await.ok();
            let Some(next) = next else { break };
            url = next;
        }
        let mut sorted = seen.clone();
        sorted.sort_by_key(|id| std::cmp::Reverse(text(id).parse::<i64>().unwrap()));
        sorted.dedup();
        assert_eq!(seen, sorted);
        assert_eq!(seen.len(), if query.contains("action") { 12 } else { 14 }, "{query}");
        // The second round does not see the updates of the first one.
        for table in ["audit_queue", "audit_entries"] {
            app.execute(&format!("DELETE FROM {table} WHERE action = 'organization.updated'"));
        }
    }
}

#[tokio::test]
async fn only_those_with_the_permission_read_the_log() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (stranger, _) = app.create_organization("otto@example.com").await;
    let path = format!("/organizations/{organization}");
    let manager = create_role(&owner, &path, &["organization:manage"]).await;
    let auditor = create_role(&owner, &path, &["organization:view_audit_log"]).await;
    let manager = app.create_member(&owner, &organization, "kim@example.com", &manager).await;
    let auditor = app.create_member(&owner, &organization, "aud@example.com", &auditor).await;
    for url in ["audit-log", "audit-log.csv", "audit-log.jsonl"] {
        let url = format!("{path}/{url}");
        for reader in [&owner, &auditor] {
            assert_eq!(reader.get(&url).await.status, 200, "{url}");
        }
        stranger.get(&url).await.assert_error(403, "FORBIDDEN");
        manager.get(&url).await.assert_error(403, "FORBIDDEN");
        app.anonymous().get(&url).await.assert_error(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn users_see_what_happened_to_their_own_account() {
    let app = TestApp::start().await;
    let (owner, _) = app.create_organization("olga@example.com").await;
    let other = app.create_user("otto@example.com").await;
    owner.reauthenticate().await;
    owner.post("/me/email-addresses", &[("email", "olga@acme.example")]).await.ok();
    seal_all(&app.inner.service).await.unwrap();
    let entries = owner.get("/me/audit-log").await.ok();
    let own = actions(entries.as_array().unwrap());
    assert_eq!(own.first(), Some(&"user.email.added"));
    assert!(own.contains(&"session.created") && own.contains(&"user.created"), "{own:?}");
    let id = member_id(&owner).await;
    assert!(entries.as_array().unwrap().iter().all(|entry| entry["target"]["id"] == id.as_str()));
    let sessions = owner.get("/me/audit-log?action=session.created&limit=1").await.ok();
    assert_eq!(actions(sessions.as_array().unwrap()), ["session.created"]);
    assert!(!other.get("/me/audit-log").await.text.contains("olga"));
    app.anonymous().get("/me/audit-log").await.assert_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_page_costs_the_same_however_long_the_log_is() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let log = format!("/organizations/{organization}/audit-log?limit=5");
    let cost = async |query: &str| owner.get(&format!("{log}{query}")).await.rows;
    let entries: Vec<Value> = sealed(&app, &owner, &organization).await;
    let first = text(&entries[0]["id"]).parse::<i64>().unwrap();
    insert_updates(&app, &organization, "NULL", first, 20);
    let after = (cost("").await, cost("&action=organization.created").await);
    // The caller's access, the page, and one row that shows that there is another page.
    assert!(after.0 <= 2 + 6 && after.1 <= 2 + 1, "{after:?}");
    assert_eq!(ids(&owner, &format!("{log}&action=organization.updated")).await.len(), 5);
}

/// An index finds the entries of a user, but not those of them with an action.
#[tokio::test]
async fn a_page_with_a_rare_action_looks_through_a_part_of_a_users_entries() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let entries = sealed(&app, &owner, &organization).await;
    let first = text(&entries[0]["id"]).parse::<i64>().unwrap();
    let (actor, log) = (member_id(&owner).await, format!("/organizations/{organization}/audit-log?limit=5"));
    insert_updates(&app, &organization, &actor, first, 9);
    for filter in [
        format!("actor_id={actor}&action=organization.created"),
        format!("target_id={organization}&action=organization.created"),
        format!("target_id={organization}&actor_id={actor}&action=organization.created"),
    ] {
        let (mut url, mut found) = (format!("{log}&{filter}"), Vec::new());
        loop {
            let response = owner.get(&url).await;
            // The caller's access, where the page ends, and the entry.
            assert!(response.rows <= 2 + 1 + 1, "{filter}: {}", response.rows);
            let next = next_page(&response);
            found.push(response.ok().as_array().unwrap().len());
            let Some(next) = next else { break };
            url = next;
        }
        // 2,000 newer entries on each of the first two pages.
        assert_eq!(found, [0, 0, 1], "{filter}");
    }
    // What many entries match fills the page at once.
    let busy = owner.get(&format!("{log}&actor_id={actor}&action=organization.updated")).await;
    assert!(next_page(&busy).is_some());
    assert_eq!(busy.ok().as_array().unwrap().len(), 5);

    let backend = PlatformClient::new(&app, "audit_log:read").await;
    let filter = format!("actor_id={actor}&action=organization.created");
    let (mut cursor, mut found) = (String::new(), Vec::new());
    loop {
        let page = backend.get(&format!("{log}&{filter}&cursor={cursor}")).await.ok();
        found.push(page["data"].as_array().unwrap().len());
        if page["has_more"] == false {
            break;
        }
        cursor = text(&page["next_cursor"]);
    }
    assert_eq!(found, [0, 0, 1]);
}
