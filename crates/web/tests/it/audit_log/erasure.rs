//! What is erased with an account and an organization, and what is deleted at the end of its retention.

use std::time::Duration;

use serde_json::json;
use vestibule_core::audit::{FindingKind, delete_expired, erase_requested, make_checkpoints, seal_all};
use vestibule_core::organization::erase_deleted;
use vestibule_core::webhook;

use super::{list_chains, member_id, verify, verify_chains};
use crate::harness::{PASSWORD, TestApp};
use crate::platform::PlatformClient;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn personal_data_is_erased_with_the_account_and_the_chains_still_fit() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let roles = owner.get(&format!("{path}/roles")).await.ok();
    let role = roles[0]["id"].as_str().unwrap().to_owned();
    let kim = app.create_member(&owner, &organization, "kim@example.com", &role).await;
    let kim_id = member_id(&kim).await;
    seal_all(&app.inner.service).await.unwrap();
    let like_kim = "SELECT COUNT(*) FROM audit_entries WHERE personal LIKE '%kim@example.com%'";
    assert!(app.count(like_kim) > 0);
    kim.reauthenticate().await;
    kim.post("/me/account/delete", &[("password", PASSWORD)]).await.ok();
    seal_all(&app.inner.service).await.unwrap();
    assert_eq!(erase_requested(&app.inner.service).await.unwrap(), 0, "the last entries may not be sealed");
    app.advance(Duration::from_secs(61));
    assert_eq!(erase_requested(&app.inner.service).await.unwrap(), 1);
    assert_eq!(app.count(like_kim), 0);
    let of_kim = format!("(actor_id = {kim_id} OR target_id = {kim_id})");
    assert_eq!(app.count(&format!("SELECT COUNT(*) FROM audit_entries WHERE personal IS NOT NULL AND {of_kim}")), 0);
    assert!(app.count(&format!("SELECT COUNT(*) FROM audit_entries WHERE payload IS NOT NULL AND {of_kim}")) > 2);
    assert!(app.count("SELECT COUNT(*) FROM audit_entries WHERE personal LIKE '%olga@example.com%'") > 0);
    assert!(verify(&app, &[]).await.iter().all(|report| report.finding.is_none()));
    assert_eq!(erase_requested(&app.inner.service).await.unwrap(), 0);
}

#[tokio::test]
async fn payloads_are_erased_with_the_organization_and_the_hashes_stay() {
    let app = TestApp::with_settings(|settings| settings.organizations.deletion_grace_days = 1).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    owner.reauthenticate().await;
    owner.post(&format!("/organizations/{organization}/delete"), &[]).await.ok();
    app.advance(2 * DAY);
    assert_eq!(erase_deleted(&app.inner.service).await.unwrap(), 1);
    seal_all(&app.inner.service).await.unwrap();
    app.advance(Duration::from_secs(61));
    assert_eq!(erase_requested(&app.inner.service).await.unwrap(), 1);
    let left = |column: &str| {
        app.count(&format!(
            "SELECT COUNT(*) FROM audit_entries WHERE organization_id = {organization} AND {column} IS NOT NULL"
        ))
    };
    assert_eq!((left("payload"), left("payload_salt"), left("personal"), left("salt")), (0, 0, 0, 0));
    assert_eq!(left("hash"), 3);
    assert!(verify(&app, &[]).await.iter().all(|report| report.finding.is_none()));
    let erased = format!(
        "SELECT COUNT(*) FROM audit_entries WHERE organization_id = 0 AND action = 'organization.erased' AND target_id = {organization}"
    );
    assert_eq!(app.count(&erased), 1);
    // What stays is still proved.
    app.execute(&format!(
        "UPDATE audit_entries SET action = 'organization.restored' WHERE organization_id = {organization} AND sequence = 2"
    ));
    let finding = verify(&app, &[]).await.into_iter().find_map(|report| report.finding).expect("the change is found");
    assert_eq!((finding.sequence, finding.kind), (2, FindingKind::Changed));
}

#[tokio::test]
async fn retention_cuts_chains_at_a_checkpoint() {
    let app = TestApp::with_settings(|settings| settings.audit.retention = Some(30 * DAY)).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}/invitations");
    seal_all(&app.inner.service).await.unwrap();
    make_checkpoints(&app.inner.service).await.unwrap();
    owner.post(&path, &[("email", "kim@example.com")]).await.ok();
    seal_all(&app.inner.service).await.unwrap();
    assert_eq!(delete_expired(&app.inner.service).await.unwrap(), 0);
    app.advance(31 * DAY);
    let count = format!("SELECT COUNT(*) FROM audit_entries WHERE organization_id = {organization}");
    assert_eq!(app.count(&count), 3);
    let chains = list_chains(&app).await;
    assert!(delete_expired(&app.inner.service).await.unwrap() >= 2);
    assert_eq!(app.count(&count), 1, "the entry after the checkpoint stays until the next one is old enough");
    assert!(verify(&app, &[]).await.iter().all(|report| report.finding.is_none()));
    // A verification that began before.
    assert!(verify_chains(&app, &chains, &[]).await.iter().all(|report| report.finding.is_none()));
    // What a process that was killed after the cut has left, the next one deletes.
    app.execute(&format!(
        "INSERT INTO audit_entries (organization_id, id, created_at, action, actor_kind, target_kind, target_id, sequence, hash)
         SELECT organization_id, id - 1, created_at, action, actor_kind, target_kind, target_id, 2, hash
           FROM audit_entries WHERE organization_id = {organization}"
    ));
    assert_eq!(delete_expired(&app.inner.service).await.unwrap(), 1);
    assert_eq!(app.count(&count), 1);
    make_checkpoints(&app.inner.service).await.unwrap();
    assert!(verify(&app, &[]).await.iter().all(|report| report.finding.is_none()));
    assert_eq!(delete_expired(&app.inner.service).await.unwrap(), 0);
}

#[tokio::test]
async fn stored_webhooks_lose_the_personal_data_of_a_deleted_account() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let backend = PlatformClient::new(&app, "webhooks:write").await;
    let url = "https://example.com/";
    backend.post("/webhooks/endpoints", &json!({"url": url})).await.ok();
    backend.post("/webhooks/endpoints", &json!({"url": url, "organization_id": organization})).await.ok();
    let roles = owner.get(&format!("/organizations/{organization}/roles")).await.ok();
    let role = roles[0]["id"].as_str().unwrap().to_owned();
    let kim = app.create_member(&owner, &organization, "kim@example.com", &role).await;
    let like_kim = "SELECT COUNT(*) FROM webhook_deliveries WHERE body LIKE '%kim@example.com%'";
    assert!(app.count(like_kim) >= 3, "the account, and the invitation for each endpoint");
    let count = app.count("SELECT COUNT(*) FROM webhook_deliveries");
    kim.reauthenticate().await;
    kim.post("/me/account/delete", &[("password", PASSWORD)]).await.ok();
    seal_all(&app.inner.service).await.unwrap();
    app.advance(Duration::from_secs(61));
    assert_eq!(erase_requested(&app.inner.service).await.unwrap(), 1);
    assert_eq!(app.count(like_kim), 0);
    assert!(app.count("SELECT COUNT(*) FROM webhook_deliveries") > count, "the deliveries themselves stay");
    let is_whole = r#"body LIKE '{"type":"organization.invitation.created","timestamp":"%","data":{%"expires_at"%}}'"#;
    assert_eq!(app.count(&format!("SELECT COUNT(*) FROM webhook_deliveries WHERE {is_whole}")), 2);
}

#[tokio::test]
async fn endpoints_of_the_installation_keep_nothing_of_an_erased_organization() {
    let app = TestApp::with_settings(|settings| settings.organizations.deletion_grace_days = 1).await;
    let backend = PlatformClient::new(&app, "webhooks:write").await;
    backend.post("/webhooks/endpoints", &json!({"url": "https://example.com/"})).await.ok();
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let of_organization = "SELECT COUNT(*) FROM webhook_deliveries WHERE event = 'organization.created'";
    assert_eq!(app.count(of_organization), 1);
    // The name is not found.
    assert!(webhook::drain(&app.inner.service).await.unwrap() > 0);
    owner.reauthenticate().await;
    owner.post(&format!("/organizations/{organization}/delete"), &[]).await.ok();
    app.advance(2 * DAY);
    assert_eq!(erase_deleted(&app.inner.service).await.unwrap(), 1);
    seal_all(&app.inner.service).await.unwrap();
    app.advance(Duration::from_secs(61));
    assert_eq!(erase_requested(&app.inner.service).await.unwrap(), 1);
    assert_eq!(app.count(of_organization), 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM webhook_deliveries WHERE event = 'organization.erased'"), 1);
    let orphans = "SELECT COUNT(*) FROM webhook_attempts
                    WHERE delivery_id NOT IN (SELECT id FROM webhook_deliveries)";
    assert!(app.count("SELECT COUNT(*) FROM webhook_attempts") > 0);
    assert_eq!(app.count(orphans), 0);
}
