//! The pages of an organization: every form works without a script.

use crate::harness::{TestApp, TestClient};

const NINA: &str = "nina@example.com";

struct Fixture {
    app: TestApp,
    owner: TestClient,
    organization: String,
}

async fn setup() -> Fixture {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    Fixture { app, owner, organization }
}

impl Fixture {
    fn path(&self, rest: &str) -> String {
        format!("/organizations/{}/-/{rest}", self.organization)
    }
}

#[tokio::test]
async fn manages_domains_and_settings() {
    let fixture = setup().await;
    let owner = &fixture.owner;
    let domains = fixture.path("domains");
    owner.post(&domains, &[("domain", "gmail.com")]).await.assert_page(400, "Anybody can get an address");
    owner.post(&domains, &[("domain", "acme.example")]).await.assert_redirect(&domains);
    let page = owner.get(&domains).await.assert_page(200, "vestibule-verify=");
    let id = page.split_once("/-/domains/").unwrap().1.split('/').next().unwrap().to_owned();
    owner.post(&format!("{domains}/{id}/verify"), &[]).await.assert_page(400, "TXT record was not found");
    owner.post(&format!("{domains}/{id}/joining"), &[("joining", "join")]).await.assert_redirect(&domains);
    owner.post(&format!("{domains}/{id}/delete"), &[("sure", "yes")]).await.assert_redirect(&domains);

    let settings = fixture.path("settings");
    owner.post(&settings, &[("name", "Berg Tea"), ("description", "Leaves")]).await.assert_redirect(&settings);
    owner.get(&settings).await.assert_page(200, "<span class=\"clip\">Berg Tea</span>");
    let long = "x".repeat(300);
    owner.post(&settings, &[("name", &long), ("description", "")]).await.assert_page(400, &long);
    owner.post(&fixture.path("leave"), &[("sure", "yes")]).await.assert_page(403, "Nobody else is an admin");
    owner.post(&fixture.path("handover/withdraw"), &[]).await.assert_page(404, "no pending ownership transfer");
    owner.post(&fixture.path("delete"), &[]).await.assert_page(200, "after 30 days");
    let confirmed = [("sure", "yes"), ("typed_name", "Berg Tea")];
    owner.post(&fixture.path("delete"), &confirmed).await.assert_redirect("/organizations");
    owner.get("/organizations").await.assert_page(200, "Permanently deleted");
    owner.post(&fixture.path("restore"), &[]).await.assert_redirect("/organizations");
    owner.get(&settings).await.assert_page(200, "Berg Tea");
}

#[tokio::test]
async fn list_creates_accepts_and_joins() {
    let fixture = setup().await;
    let nina = fixture.app.create_member(&fixture.owner, &fixture.organization, NINA, "").await;
    let (other, other_organization) = fixture.app.create_organization("chief@example.com").await;
    for email in [NINA, "kim@example.com"] {
        other.post(&format!("/organizations/{other_organization}/invitations"), &[("email", email)]).await.ok();
    }
    let page = nina.get("/organizations").await.assert_page(200, "Invitations to you");
    let token = page.split_once("name=\"token\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    nina.post("/organizations/-/accept", &[("token", &token)])
        .await
        .assert_redirect(&format!("/organizations/{other_organization}"));
    nina.post("/organizations/-/accept", &[("token", &token)]).await.assert_page(400, "not valid any more");
    nina.post("/organizations/-/decline", &[("token", "x")]).await.assert_page(400, "not valid any more");
    let location = nina.post("/organizations/-/create", &[("name", "Own")]).await.assert_redirect("/organizations/");
    nina.get(&location).await.assert_page(200, "Organization created.");
    nina.post("/organizations/-/create", &[("name", "")]).await.assert_page(400, "name is required");
    fixture
        .owner
        .post(
            &format!("/organizations/{}/domains", fixture.organization),
            &[("domain", "acme.example"), ("joining", "join")],
        )
        .await
        .ok();
    fixture.app.execute("UPDATE domains SET verified_at = 1");
    let lou = fixture.app.create_member(&other, &other_organization, "lou@acme.example", "").await;
    lou.get("/organizations").await.assert_page(200, "By your address of acme.example");
    lou.post(&fixture.path("come-in"), &[]).await.assert_redirect(&format!("/organizations/{}", fixture.organization));
    nina.post(&fixture.path("come-in"), &[]).await.assert_page(403, "cannot join");
}
