//! The audit log of an organization.

use vestibule_core::audit::seal_all;

use crate::audit_log::{insert_updates, sealed};
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

/// "Who gave Sam that role?"
#[tokio::test]
async fn says_in_words_who_gave_somebody_a_role() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let api = format!("/organizations/{organization}");
    let sam = app.create_member(&owner, &organization, "sam@example.com", "").await;
    let membership = text(&sam.get("/me/organization-memberships").await.ok()[0]["id"]);
    let role = create_role(&owner, &api, &["organization:manage_members"]).await;
    owner.post(&format!("{api}/members/{membership}/roles/{role}/add"), &[]).await.ok();
    let member = owner.get(&format!("{api}/-/members/{membership}")).await.assert_page(200, "in the audit log</a>");
    let link = member.split(&format!("href=\"{api}/-/audit-log?target=")).nth(1).unwrap().split('"').next().unwrap();
    let path = format!("{api}/-/audit-log?target={link}");
    let page = owner.get(&path).await.assert_page(200, "Roles of a member changed");
    let change = page.split("Roles:</small> <bdi>Member → ").nth(1).unwrap().split("</bdi>").next().unwrap();
    assert!(change == "Member, Role" || change == "Role, Member", "{page}");
    assert!(page.contains("15 January 2026, 10:30 UTC</time>"), "{page}");
    // No ids of roles, and no fields by their names in the payload.
    assert!(!page.contains(&role) && !page.contains("role_ids") && !page.contains("membership_id"), "{page}");
    let page =
        owner.get(&format!("{path}&action=organization.role.created")).await.assert_page(200, "No entries found");
    assert!(page.contains("Export these as CSV") && page.contains("Clear filters"), "{page}");
    let page = owner.get(&format!("{api}/-/audit-log")).await.assert_page(200, "<bdi>Role</bdi>");
    assert!(page.contains("Export as CSV") && page.contains("<optgroup label=\"Members\">"), "{page}");
    owner.post("/language", &[("language", "de")]).await.assert_redirect("/");
    owner.get(&path).await.assert_page(200, "Rollen eines Mitglieds geändert");
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

#[tokio::test]
async fn a_page_without_a_match_leads_to_older_entries_that_were_not_searched() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let entries = sealed(&app, &owner, &organization).await;
    let first = text(&entries[0]["id"]).parse().unwrap();
    let actor = text(&owner.get("/me").await.ok()["id"]);
    insert_updates(&app, &organization, &actor, first, 5);
    let path = format!("/organizations/{organization}/-/audit-log?actor={actor}&action=organization.created");
    let page = owner.get(&path).await.assert_page(200, "Show older entries</a>");
    assert!(page.contains("Nothing found so far") && !page.contains("No entries found"), "{page}");
    let older = page.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let page = owner.get(&older).await.assert_page(200, "<code>organization.created</code>");
    assert!(!page.contains("Older entries</a>"), "{page}");
}
