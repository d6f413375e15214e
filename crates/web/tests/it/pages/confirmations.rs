//! The page that confirms an action: it names what it concerns, and cancelling leads back.

use crate::harness::TestApp;

#[tokio::test]
async fn deleting_an_organization_asks_for_its_name() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let path = format!("/organizations/{organization}/-");
    owner.post(&format!("{path}/settings"), &[("name", "S\u{e4}ge & Co"), ("description", "")]).await;
    let delete = format!("{path}/delete");
    let page = owner.post(&delete, &[]).await.assert_page(200, "<h1>Delete S\u{e4}ge &#38; Co?</h1>");
    assert!(page.contains("<button class=\"bad\">Delete S\u{e4}ge &#38; Co</button>"), "{page}");
    assert!(page.contains(&format!("href=\"{path}/settings\">Cancel</a>")), "{page}");
    assert!(page.contains("1 member loses access") && page.contains("after 30 days"), "{page}");
    for typed in ["", "S\u{e4}ge", "s\u{e4}ge & co"] {
        let confirmed = [("sure", "yes"), ("typed_name", typed)];
        let page = owner.post(&delete, &confirmed).await.assert_page(400, "role=\"alert\">This is not the name");
        assert!(page.contains(&format!("name=\"typed_name\" value=\"{}\"", typed.replace('&', "&#38;"))), "{page}");
    }
    owner.get(&format!("{path}/members")).await.assert_page(200, "<h1>Members</h1>");
    // A decomposed letter is the same name.
    let confirmed = [("sure", "yes"), ("typed_name", " Sa\u{308}ge & Co ")];
    owner.post(&delete, &confirmed).await.assert_redirect("/organizations");
}

#[tokio::test]
async fn leaving_an_organization_cannot_be_undone() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", "").await;
    let leave = format!("/organizations/{organization}/-/leave");
    nina.post(&leave, &[]).await.assert_page(200, "<h1>Leave Acme?</h1>");
    nina.post(&leave, &[]).await.assert_page(200, "This cannot be undone.");
    nina.post(&leave, &[("sure", "yes")]).await.assert_redirect("/organizations");
}

#[tokio::test]
async fn cancel_leads_to_where_one_was() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let path = format!("/organizations/{organization}/-");
    let list = format!("{path}/settings?from=list");
    let page = owner.post(&format!("{path}/delete"), &[("return_to", &list)]).await.assert_page(200, "Cancel");
    assert!(page.contains(&format!("href=\"{list}\">Cancel</a>")), "{page}");
    let elsewhere = [("return_to", "https://evil.example/")];
    let page = owner.post(&format!("{path}/delete"), &elsewhere).await.assert_page(200, "Cancel");
    assert!(!page.contains("evil.example"), "{page}");
}

#[tokio::test]
async fn deleting_a_domain_names_it() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let domains = format!("/organizations/{organization}/-/domains");
    owner.post(&domains, &[("domain", "acme.example")]).await.assert_redirect(&domains);
    let page = owner.get(&domains).await.assert_page(200, "acme.example");
    let id = page.split_once("/-/domains/").unwrap().1.split('/').next().unwrap().to_owned();
    let delete = format!("{domains}/{id}/delete");
    let page = owner.post(&delete, &[]).await.assert_page(200, "<h1>Delete acme.example?</h1>");
    assert!(page.contains("You can add and verify the domain again."), "{page}");
    owner.post(&delete, &[("sure", "yes")]).await.assert_redirect(&domains);
    owner.post(&delete, &[]).await.assert_page(404, "no longer exists");
}
