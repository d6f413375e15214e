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
async fn manages_roles_and_workspaces() {
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
    owner.post(&format!("{workspace}/delete"), &[]).await.assert_page(200, "cannot be undone");
    owner.post(&format!("{workspace}/delete"), &[("sure", "yes")]).await.assert_redirect(&workspaces);
}
