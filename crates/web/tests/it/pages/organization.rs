//! An organization's pages: every form does its thing without a script.

use crate::harness::{TestApp, TestClient, text};

const NINA: &str = "nina@example.com";

struct House {
    app: TestApp,
    owner: TestClient,
    organization: String,
}

async fn house() -> House {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    House { app, owner, organization }
}

impl House {
    fn path(&self, rest: &str) -> String {
        format!("/organizations/{}/-/{rest}", self.organization)
    }

    async fn list(&self) -> serde_json::Value {
        self.owner.get(&format!("/organizations/{}/invitations?status=all", self.organization)).await.ok()
    }

    async fn membership(&self, email: &str) -> String {
        let members = self.owner.get(&format!("/organizations/{}/members", self.organization)).await.ok();
        let found = members["data"].as_array().unwrap().iter().find(|one| one.to_string().contains(email)).unwrap();
        text(&found["id"])
    }
}

#[tokio::test]
async fn one_is_invited_at_once_and_many_after_a_look() {
    let house = house().await;
    let path = house.path("invitations");
    house.owner.get(&path).await.assert_page(200, "Nobody here");
    let done = house.owner.post(&path, &[("emails", NINA), ("days", "3")]).await.assert_redirect(&path);
    let page = house.owner.get(&done).await.assert_page(200, "Invited. Whether the mail has arrived");
    assert!(page.contains(NINA) && page.contains("Sent") && page.contains("in 3 days"), "{page}");
    let copied = page.split_once("data-copy=\"").unwrap().1.split('"').next().unwrap();
    let token = copied.strip_prefix("http://vestibule.test/invite#token=inv_").unwrap();
    assert!(!token.contains('.'), "the bare token, which proves nothing");
    house.owner.post(&path, &[("emails", NINA)]).await.assert_page(400, "invited already");
    house.owner.post(&path, &[("emails", "")]).await.assert_page(400, "emails is required");
    house.owner.post(&path, &[("emails", NINA), ("days", "91")]).await.assert_page(400, "from 1 to 90");

    let many = "kim@example.com, lou@example.com\nnonsense; nina@example.com";
    let look = house.owner.post(&path, &[("emails", many)]).await.assert_page(200, "Good: 2. Not possible: 2.");
    assert!(look.contains("Invite 2") && look.contains("nonsense"), "{look}");
    assert_eq!(house.list().await.as_array().unwrap().len(), 1, "nothing yet");
    house.owner.post(&path, &[("emails", many), ("sure", "yes")]).await.assert_redirect(&path);
    assert_eq!(house.list().await.as_array().unwrap().len(), 3);
    assert_eq!(house.app.mail_count("kim@example.com"), 1);
}

#[tokio::test]
async fn invitations_are_found_sent_again_and_taken_back() {
    let house = house().await;
    let path = house.path("invitations");
    for email in [NINA, "kim@example.com"] {
        house.owner.post(&path, &[("emails", email)]).await.assert_redirect(&path);
    }
    let found = house.owner.get(&format!("{path}?email=kim%40example.com")).await.assert_page(200, "kim@example.com");
    assert!(!found.contains(NINA), "{found}");
    let list = house.list().await;
    let id = text(&list[0]["id"]);
    house.owner.post(&format!("{path}/{id}/resend"), &[]).await.assert_redirect(&format!("{path}?done=resent"));
    assert_eq!(house.app.mail_count("kim@example.com"), 2);
    let asked = house.owner.post(&format!("{path}/{id}/discard"), &[]).await.assert_page(200, "dead at once");
    assert!(asked.contains("name=\"sure\""));
    assert_eq!(house.list().await[0]["status"], "pending");
    house.owner.post(&format!("{path}/{id}/discard"), &[("sure", "yes")]).await.assert_redirect(&path);
    assert_eq!(house.list().await[0]["status"], "discarded");
    house.owner.post(&format!("{path}/{id}/resend"), &[]).await.assert_page(400, "was accepted, declined or discarded");
    house.app.advance(crate::harness::DAY * 8);
    house.owner.get(&format!("{path}?show=expired")).await.assert_page(200, "Run out");
    house.owner.get(&format!("{path}?show=discarded")).await.assert_page(200, "Taken back");
}

#[tokio::test]
async fn members_get_roles_and_go() {
    let house = house().await;
    let nina = house.app.create_member(&house.owner, &house.organization, NINA, "").await;
    let page = nina.get(&house.path("members")).await.assert_page(200, "2 members");
    assert!(!page.contains(">Change<") && !page.contains("Invitations</a>"), "{page}");
    nina.get(&house.path("invitations")).await.assert_page(403, "nothing here that you may see");
    house.owner.get(&house.path("members?search=NINA")).await.assert_page(200, NINA);
    house.owner.get(&house.path("members?search=zzz")).await.assert_page(200, "Nobody is found");
    let one = house.path(&format!("members/{}", house.membership(NINA).await));
    house.owner.get(&one).await.assert_page(200, "One more role");
    let roles = house.owner.get(&format!("/organizations/{}/roles", house.organization)).await.ok();
    let admin = roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap();
    let role = text(&admin["id"]);
    house.owner.post(&format!("{one}/give-role"), &[("role", &role)]).await.assert_redirect(&one);
    nina.get(&house.path("invitations")).await.assert_page(200, "Invite people");
    house.owner.post(&format!("{one}/take-role"), &[("role", &role)]).await.assert_redirect(&one);
    nina.get(&house.path("invitations")).await.assert_page(403, "nothing here");
    house.owner.post(&format!("{one}/hand-over"), &[]).await.assert_page(200, "answer for the organization");
    house.owner.post(&format!("{one}/hand-over"), &[("sure", "yes")]).await.assert_redirect(&one);
    nina.get("/organizations").await.assert_page(200, "Offered to you");
    nina.post(&house.path("handover/decline"), &[]).await.assert_redirect("/organizations?done=declined");
    house.owner.post(&format!("{one}/remove"), &[]).await.assert_page(200, "lose all access");
    house.owner.post(&format!("{one}/remove"), &[("sure", "yes")]).await.assert_redirect(&house.path("members"));
    nina.get(&house.path("members")).await.assert_page(403, "nothing here");
    let own = house.path(&format!("members/{}", house.membership("owner@example.com").await));
    house.owner.post(&format!("{own}/remove"), &[("sure", "yes")]).await.assert_page(403, "Nobody else is an admin");
}

#[tokio::test]
async fn roles_workspaces_domains_and_settings() {
    let house = house().await;
    let (owner, roles) = (&house.owner, house.path("roles"));
    owner
        .post(&roles, &[("name", "Buyer"), ("permissions", "purchases:read\r\npurchases:write\r\n")])
        .await
        .assert_redirect(&roles);
    let page = owner.get(&roles).await.assert_page(200, "purchases:read, purchases:write");
    let id = page.split_once("/-/roles/").unwrap().1.split('/').next().unwrap().to_owned();
    owner.post(&format!("{roles}/{id}/remove"), &[("replacement", "")]).await.assert_redirect(&roles);
    owner.post(&roles, &[("name", ""), ("permissions", "x y")]).await.assert_page(400, "role=\"alert\"");

    let workspaces = house.path("workspaces");
    owner.post(&workspaces, &[("name", "Warehouse")]).await.assert_redirect(&workspaces);
    let page = owner.get(&workspaces).await.assert_page(200, "Warehouse");
    let id = page.split_once("/-/workspaces/").unwrap().1.split('"').next().unwrap().to_owned();
    let one = format!("{workspaces}/{id}");
    owner.get(&one).await.assert_page(200, "1 member");
    house.app.create_member(owner, &house.organization, NINA, "").await;
    owner.post(&format!("{one}/add-member"), &[("email", NINA)]).await.assert_redirect(&one);
    let page = owner.get(&one).await.assert_page(200, "2 members");
    let last = page.rsplit_once("name=\"member\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let first = page.split_once("name=\"member\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let nina = if first > last { first } else { last };
    owner
        .post(&format!("{one}/remove-member"), &[("member", &nina)])
        .await
        .assert_page(200, "stay in the organization");
    owner.post(&format!("{one}/remove-member"), &[("member", &nina), ("sure", "yes")]).await.assert_redirect(&one);
    owner.post(&format!("{one}/rename"), &[("name", "Cellar")]).await.assert_redirect(&one);
    owner.post(&format!("{one}/leave"), &[("sure", "yes")]).await.assert_page(403, "Nobody else is an admin");
    owner.post(&format!("{one}/delete"), &[]).await.assert_page(200, "cannot be taken back");
    owner.post(&format!("{one}/delete"), &[("sure", "yes")]).await.assert_redirect(&workspaces);

    let domains = house.path("domains");
    owner.post(&domains, &[("domain", "gmail.com")]).await.assert_page(400, "Anybody can have an address");
    owner.post(&domains, &[("domain", "acme.example")]).await.assert_redirect(&domains);
    let page = owner.get(&domains).await.assert_page(200, "vestibule-verify=");
    let id = page.split_once("/-/domains/").unwrap().1.split('/').next().unwrap().to_owned();
    owner.post(&format!("{domains}/{id}/verify"), &[]).await.assert_page(400, "TXT record is not there");
    owner.post(&format!("{domains}/{id}/joining"), &[("joining", "join")]).await.assert_redirect(&domains);
    owner.post(&format!("{domains}/{id}/delete"), &[("sure", "yes")]).await.assert_redirect(&domains);

    let settings = house.path("settings");
    owner.post(&settings, &[("name", "Berg Tea"), ("description", "Leaves")]).await.assert_redirect(&settings);
    owner.get(&settings).await.assert_page(200, "<h1>Berg Tea</h1>");
    let long = "x".repeat(300);
    owner.post(&settings, &[("name", &long), ("description", "")]).await.assert_page(400, &long);
    owner.post(&house.path("leave"), &[("sure", "yes")]).await.assert_page(403, "Nobody else is an admin");
    owner.post(&house.path("handover/withdraw"), &[]).await.assert_page(404, "no open offer");
    owner.post(&house.path("delete"), &[]).await.assert_page(200, "after 30 days");
    owner.post(&house.path("delete"), &[("sure", "yes")]).await.assert_redirect("/organizations?done=deleted");
    owner.get("/organizations").await.assert_page(200, "Erased for good");
    owner.post(&house.path("restore"), &[]).await.assert_redirect("/organizations?done=restored");
    owner.get(&settings).await.assert_page(200, "Berg Tea");
}

#[tokio::test]
async fn the_list_of_organizations_founds_accepts_and_comes_in() {
    let house = house().await;
    let nina = house.app.create_member(&house.owner, &house.organization, NINA, "").await;
    let (other, elsewhere) = house.app.create_organization("chief@example.com").await;
    for email in [NINA, "kim@example.com"] {
        other.post(&format!("/organizations/{elsewhere}/invitations"), &[("email", email)]).await.ok();
    }
    let page = nina.get("/organizations").await.assert_page(200, "Invitations to you");
    let token = page.split_once("name=\"token\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    nina.post("/organizations/-/accept", &[("token", &token)])
        .await
        .assert_redirect(&format!("/organizations/{elsewhere}"));
    nina.post("/organizations/-/accept", &[("token", &token)]).await.assert_page(400, "not valid any more");
    nina.post("/organizations/-/decline", &[("token", "x")]).await.assert_page(400, "not valid any more");
    let made = nina.post("/organizations/-/create", &[("name", "Own")]).await.assert_redirect("/organizations/");
    nina.get(&made).await.assert_page(200, "It is there.");
    nina.post("/organizations/-/create", &[("name", "")]).await.assert_page(400, "name is required");
    house
        .owner
        .post(
            &format!("/organizations/{}/domains", house.organization),
            &[("domain", "acme.example"), ("joining", "join")],
        )
        .await
        .ok();
    house.app.execute("UPDATE domains SET verified_at = 1");
    let lou = house.app.create_member(&other, &elsewhere, "lou@acme.example", "").await;
    lou.get("/organizations").await.assert_page(200, "By your address of acme.example");
    lou.post(&house.path("come-in"), &[])
        .await
        .assert_redirect(&format!("/organizations/{}?done=joined", house.organization));
    nina.post(&house.path("come-in"), &[]).await.assert_page(403, "cannot join");
}
