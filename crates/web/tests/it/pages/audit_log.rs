//! The audit log of an organization.

use vestibule_core::audit::seal_all;

use crate::harness::{TestApp, create_role, text};

#[tokio::test]
async fn shows_names_changes_and_links_that_filter() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let api = format!("/organizations/{organization}");
    let role = create_role(&owner, &api, &["organization:manage_members"]).await;
    let sam = app.create_member(&owner, &organization, "sam@example.com", &role).await;
    let sam = text(&sam.get("/me").await.ok()["id"]);
    owner.post(&format!("{api}/update"), &[("name", "Acme <Ltd>")]).await.ok();
    seal_all(&app.inner.service).await.unwrap();
    let path = format!("{api}/-/audit-log");
    let page = owner.get(&path).await.assert_page(200, "<h1>Audit log</h1>");
    assert!(page.contains("→ Acme &#60;Ltd&#62;") || page.contains("→ Acme &lt;Ltd&gt;"), "{page}");
    assert!(page.contains("<code>organization.member.added</code>"));
    assert!(page.contains(&format!("?target={sam}\"><bdi>sam</bdi>")), "{page}");
    assert!(page.contains(&format!("{api}/audit-log.csv")));
    let only = owner.get(&format!("{path}?target={sam}")).await.assert_page(200, "Only what is about sam");
    assert!(!only.contains("<code>organization.updated</code>"), "{only}");
    let only = owner.get(&format!("{path}?action=organization.updated")).await.assert_page(200, "organization.updated");
    assert!(!only.contains("<code>organization.member.added</code>"));
    owner.get(&format!("{path}?to=2001-01-01")).await.assert_page(200, "No entries found");
    // Parameters that are no value of their kind have no effect.
    owner.get(&format!("{path}?actor=x&from=x&after=x")).await.assert_page(200, "<code>organization.updated</code>");
}

#[tokio::test]
async fn tab_is_for_those_who_may_read_it() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let api = format!("/organizations/{organization}");
    let role = create_role(&owner, &api, &["organization:manage"]).await;
    let manager = app.create_member(&owner, &organization, "kim@example.com", &role).await;
    let tab = format!("{api}/-/audit-log");
    assert!(owner.get(&format!("{api}/-/members")).await.text.contains(&tab));
    assert!(!manager.get(&format!("{api}/-/members")).await.text.contains(&tab));
    assert_eq!(manager.get(&tab).await.status, 403);
}

#[tokio::test]
async fn older_entries_are_on_the_next_page() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let api = format!("/organizations/{organization}");
    for number in 0..51 {
        owner.post(&format!("{api}/invitations"), &[("email", &format!("{number}@example.com"))]).await.ok();
    }
    let path = format!("{api}/-/audit-log");
    let page = owner.get(&path).await.assert_page(200, "Older entries</a>");
    let older = page.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let page = owner.get(&older).await.assert_page(200, "organization.created");
    assert!(page.contains("Newest entries</a>"), "{page}");
}
