//! The pages of an organization: every form works without a script.

use crate::harness::{TestApp, TestClient, text};

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

    async fn invitations(&self) -> serde_json::Value {
        self.owner.get(&format!("/organizations/{}/invitations?status=all", self.organization)).await.ok()
    }
}

#[tokio::test]
async fn invites_one_directly_and_many_after_preview() {
    let fixture = setup().await;
    let path = fixture.path("invitations");
    fixture.owner.get(&path).await.assert_page(200, "Nobody here");
    let location = fixture.owner.post(&path, &[("emails", NINA), ("days", "3")]).await.assert_redirect(&path);
    let page = fixture.owner.get(&location).await.assert_page(200, "Invited. Whether the mail has arrived");
    assert!(page.contains(NINA) && page.contains("Sent") && page.contains("in 3 days"), "{page}");
    let copied = page.split_once("data-copy=\"").unwrap().1.split('"').next().unwrap();
    let token = copied.strip_prefix("http://vestibule.test/invite#token=inv_").unwrap();
    assert!(!token.contains('.'), "the copied link has no proof of the address");
    fixture.owner.post(&path, &[("emails", NINA)]).await.assert_page(400, "invited already");
    fixture.owner.post(&path, &[("emails", "")]).await.assert_page(400, "emails is required");
    fixture.owner.post(&path, &[("emails", NINA), ("days", "91")]).await.assert_page(400, "from 1 to 90");

    let many = "kim@example.com, lou@example.com\nnonsense; nina@example.com";
    let preview = fixture.owner.post(&path, &[("emails", many)]).await.assert_page(200, "Good: 2. Not possible: 2.");
    assert!(preview.contains("Invite 2") && preview.contains("nonsense"), "{preview}");
    assert_eq!(fixture.invitations().await.as_array().unwrap().len(), 1, "the preview invites nobody");
    fixture.owner.post(&path, &[("emails", many), ("sure", "yes")]).await.assert_redirect(&path);
    assert_eq!(fixture.invitations().await.as_array().unwrap().len(), 3);
    assert_eq!(fixture.app.mail_count("kim@example.com"), 1);
}

#[tokio::test]
async fn pasted_mailboxes_are_previewed_once_each() {
    let fixture = setup().await;
    let path = fixture.path("invitations");
    let pasted = "\"Berg, Kim\" <kim@example.com>; Lou <lou@example.com>\nKim <KIM@example.com>\nNobody Here";
    let preview = fixture.owner.post(&path, &[("emails", pasted)]).await.assert_page(200, "Good: 2. Not possible: 1.");
    assert!(preview.contains("Invite 2") && preview.contains("Nobody Here"), "{preview}");
    fixture.owner.post(&path, &[("emails", pasted), ("sure", "yes")]).await.assert_redirect(&path);
    assert_eq!(fixture.invitations().await.as_array().unwrap().len(), 2);
    // One person with a name is invited at once.
    fixture.owner.post(&path, &[("emails", "Max Berg <max@example.com>")]).await.assert_redirect(&path);
    assert_eq!(fixture.invitations().await.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn filters_resends_and_discards_invitations() {
    let fixture = setup().await;
    let path = fixture.path("invitations");
    for email in [NINA, "kim@example.com"] {
        fixture.owner.post(&path, &[("emails", email)]).await.assert_redirect(&path);
    }
    let found = fixture.owner.get(&format!("{path}?email=kim%40example.com")).await.assert_page(200, "kim@example.com");
    assert!(!found.contains(NINA), "{found}");
    let list = fixture.invitations().await;
    let id = text(&list[0]["id"]);
    fixture.owner.post(&format!("{path}/{id}/resend"), &[]).await.assert_redirect(&format!("{path}"));
    assert_eq!(fixture.app.mail_count("kim@example.com"), 2);
    let confirmation = fixture.owner.post(&format!("{path}/{id}/discard"), &[]).await.assert_page(200, "dead at once");
    assert!(confirmation.contains("name=\"sure\""));
    assert_eq!(fixture.invitations().await[0]["status"], "pending");
    fixture.owner.post(&format!("{path}/{id}/discard"), &[("sure", "yes")]).await.assert_redirect(&path);
    assert_eq!(fixture.invitations().await[0]["status"], "discarded");
    fixture
        .owner
        .post(&format!("{path}/{id}/resend"), &[])
        .await
        .assert_page(400, "was accepted, declined or discarded");
    fixture.app.advance(crate::harness::DAY * 8);
    fixture.owner.get(&format!("{path}?show=expired")).await.assert_page(200, "Expired");
    fixture.owner.get(&format!("{path}?show=discarded")).await.assert_page(200, "Revoked");
}

#[tokio::test]
async fn manages_roles_workspaces_domains_and_settings() {
    let fixture = setup().await;
    let (owner, roles) = (&fixture.owner, fixture.path("roles"));
    owner
        .post(&roles, &[("name", "Buyer"), ("permissions", "purchases:read\r\npurchases:write\r\n")])
        .await
        .assert_redirect(&roles);
    let page = owner.get(&roles).await.assert_page(200, "purchases:read, purchases:write");
    let id = page.split_once("/-/roles/").unwrap().1.split('/').next().unwrap().to_owned();
    owner.post(&format!("{roles}/{id}/remove"), &[("replacement", "")]).await.assert_redirect(&roles);
    owner.post(&roles, &[("name", ""), ("permissions", "x y")]).await.assert_page(400, "role=\"alert\"");

    let workspaces = fixture.path("workspaces");
    owner.post(&workspaces, &[("name", "Warehouse")]).await.assert_redirect(&workspaces);
    let page = owner.get(&workspaces).await.assert_page(200, "Warehouse");
    let id = page.split_once("/-/workspaces/").unwrap().1.split('"').next().unwrap().to_owned();
    let workspace = format!("{workspaces}/{id}");
    owner.get(&workspace).await.assert_page(200, "1 member");
    fixture.app.create_member(owner, &fixture.organization, NINA, "").await;
    owner.post(&format!("{workspace}/add-member"), &[("email", NINA)]).await.assert_redirect(&workspace);
    let page = owner.get(&workspace).await.assert_page(200, "2 members");
    let last = page.rsplit_once("name=\"member\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let first = page.split_once("name=\"member\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let nina = if first > last { first } else { last };
    owner
        .post(&format!("{workspace}/remove-member"), &[("member", &nina)])
        .await
        .assert_page(200, "stay in the organization");
    owner
        .post(&format!("{workspace}/remove-member"), &[("member", &nina), ("sure", "yes")])
        .await
        .assert_redirect(&workspace);
    owner.post(&format!("{workspace}/rename"), &[("name", "Cellar")]).await.assert_redirect(&workspace);
    owner.post(&format!("{workspace}/leave"), &[("sure", "yes")]).await.assert_page(403, "Nobody else is an admin");
    owner.post(&format!("{workspace}/delete"), &[]).await.assert_page(200, "cannot be taken back");
    owner.post(&format!("{workspace}/delete"), &[("sure", "yes")]).await.assert_redirect(&workspaces);

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
