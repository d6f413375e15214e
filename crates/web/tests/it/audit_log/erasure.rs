//! What is erased with an account and an organization, and what is deleted at the end of its retention.

use std::time::Duration;

use vestibule_core::audit::{delete_expired, erase_requested, make_checkpoints, seal_all};
use vestibule_core::organization::erase_deleted;

use super::{list_chains, member_id, verify, verify_chains};
use crate::harness::{PASSWORD, TestApp};

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
    assert_eq!((left("payload"), left("personal"), left("salt")), (0, 0, 0));
    assert_eq!(left("hash"), 3);
    assert!(verify(&app, &[]).await.iter().all(|report| report.finding.is_none()));
    let erased = format!(
        "SELECT COUNT(*) FROM audit_entries WHERE organization_id = 0 AND action = 'organization.erased' AND target_id = {organization}"
    );
    assert_eq!(app.count(&erased), 1);
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
