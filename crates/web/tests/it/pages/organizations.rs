//! The list of a person's organizations.

use crate::harness::{TestApp, text};

const NINA: &str = "nina@example.com";

#[tokio::test]
async fn accepts_declines_and_creates() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let nina = app.create_member(&owner, &organization, NINA, "").await;
    let (other, elsewhere) = app.create_organization("chief@example.com").await;
    other.post(&format!("/organizations/{elsewhere}/invitations"), &[("email", NINA)]).await.ok();
    let page = nina.get("/organizations").await.assert_page(200, "Invitations to you");
    assert!(page.contains("As Member · expires <time"), "{page}");
    let token = page.split_once("name=\"token\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    nina.post("/organizations/-/accept", &[("token", &token)])
        .await
        .assert_redirect(&format!("/organizations/{elsewhere}"));
    nina.post("/organizations/-/accept", &[("token", &token)]).await.assert_page(400, "no longer valid");
    nina.post("/organizations/-/decline", &[("token", "x")]).await.assert_page(400, "no longer valid");
    let location = nina.post("/organizations/-/create", &[("name", "Own")]).await.assert_redirect("/organizations/");
    nina.get(&location).await.assert_page(200, "Organization created.");
    let long = "x".repeat(101);
    let page = nina.post("/organizations/-/create", &[("name", &long)]).await.assert_page(400, "role=\"alert\"");
    assert!(page.contains(&format!("value=\"{long}\"")), "{page}");
    nina.get("/choose-organization").await.assert_page(200, "aria-label=\"Continue to Own\"");
}

#[tokio::test]
async fn joins_by_domain() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let domain = [("domain", "acme.example"), ("joining", "join")];
    owner.post(&format!("/organizations/{organization}/domains"), &domain).await.ok();
    app.execute("UPDATE domains SET verified_at = 1");
    let (other, elsewhere) = app.create_organization("chief@example.com").await;
    let lou = app.create_member(&other, &elsewhere, "lou@acme.example", "").await;
    lou.get("/organizations").await.assert_page(200, "Open to people with an address at acme.example");
    let join = format!("/organizations/{organization}/-/join");
    lou.post(&join, &[]).await.assert_redirect(&format!("/organizations/{organization}"));
    other.post(&join, &[]).await.assert_page(403, "You need an invitation to join");
}

#[tokio::test]
async fn ownership_offer_says_what_accepting_means() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let nina = app.create_member(&owner, &organization, NINA, "").await;
    let member = crate::harness::text(&nina.get("/me/organization-memberships").await.ok()[0]["id"]);
    let path = format!("/organizations/{organization}/-");
    let offer = format!("{path}/members/{member}/transfer");
    for answer in ["decline", "accept"] {
        owner.post(&offer, &[("sure", "yes")]).await.assert_redirect("/");
        let page = nina.get("/organizations").await.assert_page(200, "Ownership offered to you");
        assert!(page.contains("If you accept, you become an admin and owner Test becomes a member."), "{page}");
        nina.post(&format!("{path}/transfer/{answer}"), &[]).await.assert_redirect("/organizations");
    }
    nina.get("/organizations").await.assert_page(200, "You are now the owner");
}

#[tokio::test]
async fn new_owner_takes_over_the_suspended_invitations() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let nina = app.create_member(&owner, &organization, NINA, "").await;
    let member = crate::harness::text(&nina.get("/me/organization-memberships").await.ok()[0]["id"]);
    for email in ["kim@example.com", "max@example.com"] {
        owner.post(&format!("/organizations/{organization}/invitations"), &[("email", email)]).await.ok();
    }
    let path = format!("/organizations/{organization}/-");
    owner.post(&format!("{path}/members/{member}/transfer"), &[("sure", "yes")]).await.assert_redirect("/");
    let accepted = nina.post(&format!("{path}/transfer/accept"), &[]).await;
    let list = accepted.assert_redirect(&format!("{path}/invitations?inviter="));
    let page = nina.get(&list).await.assert_page(200, "2 invitations of the former owner are suspended.");
    assert_eq!(page.matches(">Suspended<").count(), 2, "{page}");
    assert!(page.contains("value=\"remind\""), "{page}");
    let remind = [("bulk", "remind"), ("return_to", list.as_str())];
    let selected = format!("{path}/invitations/selected");
    let page = nina.post(&selected, &remind).await.assert_page(200, "kim@example.com");
    let ids = page.split_once("name=\"ids\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let confirmed = [("bulk", "resend"), ("ids", ids.as_str()), ("return_to", &list), ("sure", "yes")];
    nina.post(&selected, &confirmed).await.assert_redirect(&list);
    nina.get(&list).await.assert_page(200, "2 invitations resent");
    let page = nina.get(&format!("{path}/invitations?inviter={member}")).await.assert_page(200, "kim@example.com");
    assert!(page.contains("max@example.com") && !page.contains(">Suspended<"), "{page}");
}

#[tokio::test]
async fn deleted_organization_shows_when_it_is_erased() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let path = format!("/organizations/{organization}/-");
    owner.post(&format!("{path}/delete"), &[("sure", "yes"), ("typed_name", "Acme")]).await.assert_redirect("/");
    let page = owner.get("/organizations").await.assert_page(200, "Permanently deleted <time");
    assert!(page.contains("in 30 days") && page.contains("aria-label=\"Restore Acme\""), "{page}");
    owner.post(&format!("{path}/restore"), &[]).await.assert_redirect("/organizations");
    owner.get("/organizations").await.assert_page(200, "Organization restored.");
}

#[tokio::test]
async fn more_than_twenty_organizations_are_searched() {
    let app = TestApp::with_settings(|settings| settings.rate_limits.organizations_per_user = 100).await;
    let owner = app.create_user("owner@example.com").await;
    for number in 1..=21 {
        let name = format!("Ö{number} GmbH");
        owner.post("/organizations", &[("name", &name)]).await.ok();
    }
    let page = owner.get("/organizations").await.assert_page(200, "Search organizations");
    assert!(page.len() < 40_000, "{} bytes", page.len());
    let page = owner.get("/organizations?search=o21").await.assert_page(200, "<strong>Ö21 GmbH</strong>");
    assert!(!page.contains("<strong>Ö1 GmbH</strong>"), "{page}");
    owner.get("/organizations?search=zzz").await.assert_page(200, "No organizations match");
}

#[tokio::test]
async fn own_invitations_show_the_roles_as_they_were_chosen() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let nina = app.create_user(NINA).await;
    app.verify_all_addresses();
    let path = format!("/organizations/{organization}");
    let buyer = text(&owner.post(&format!("{path}/roles"), &[("name", "Buyer")]).await.ok()["id"]);
    let warehouse = [("organization_id", organization.as_str()), ("name", "Warehouse")];
    let warehouse = text(&owner.post("/workspaces", &warehouse).await.ok()["workspace"]["id"]);
    let fields = [("email", NINA), ("role_id", &buyer), ("workspace_id", &warehouse)];
    owner.post(&format!("{path}/invitations"), &fields).await.ok();
    nina.get("/organizations").await.assert_page(200, "As Buyer · Warehouse: Member");
    nina.post("/language", &[("language", "de")]).await.assert_redirect("/");
    nina.get("/organizations").await.assert_page(200, "Als Buyer · Warehouse: Mitglied");
}

#[tokio::test]
async fn many_organizations_to_choose_from_are_searched() {
    let app = TestApp::with_settings(|settings| settings.rate_limits.organizations_per_user = 100).await;
    let owner = app.create_user("owner@example.com").await;
    for number in 1..=51 {
        let name = format!("Ö{number} GmbH");
        owner.post("/organizations", &[("name", &name)]).await.ok();
    }
    let page = owner.get("/choose-organization?return_to=/account").await.assert_page(200, "Search organizations");
    assert_eq!(page.matches("name=\"organization\"").count(), 50);
    let search = "/choose-organization?return_to=/account&search=o51";
    let page = owner.get(search).await.assert_page(200, "<strong>Ö51 GmbH</strong>");
    assert_eq!(page.matches("name=\"organization\"").count(), 1);
    assert!(page.contains("name=\"return_to\" value=\"/account\""), "{page}");
    let none = owner.get("/choose-organization?return_to=/account&search=zzz").await;
    none.assert_page(200, "href=\"/choose-organization?return_to=/account\"");
}
