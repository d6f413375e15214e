//! The members tab: the list and its URL, roles, bulk actions, and the page of a member.

use crate::harness::{TestApp, TestClient, text};

const NINA: &str = "nina@example.com";

struct Fixture {
    app: TestApp,
    owner: TestClient,
    organization: String,
    members: String,
    admin_role: String,
    member_role: String,
}

async fn setup() -> Fixture {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    owner.post("/me", &[("first_name", "Olga"), ("last_name", "Berg")]).await.ok();
    let roles = owner.get(&format!("/organizations/{organization}/roles")).await.ok();
    let role = |name: &str| {
        let found = roles.as_array().unwrap().iter().find(|role| role["name"] == name).unwrap();
        text(&found["id"])
    };
    let (admin_role, member_role) = (role("Admin"), role("Member"));
    Fixture {
        members: format!("/organizations/{organization}/-/members"),
        app,
        owner,
        organization,
        admin_role,
        member_role,
    }
}

impl Fixture {
    async fn add(&self, email: &str, first_name: &str) -> (TestClient, String) {
        let member = self.app.create_member(&self.owner, &self.organization, email, "").await;
        if !first_name.is_empty() {
            member.post("/me", &[("first_name", first_name), ("last_name", "")]).await.ok();
        }
        (member, self.id(email).await)
    }

    async fn id(&self, email: &str) -> String {
        let members = self.owner.get(&format!("/organizations/{}/members?limit=100", self.organization)).await.ok();
        let found = members["data"].as_array().unwrap().iter().find(|one| one.to_string().contains(email)).unwrap();
        text(&found["id"])
    }

    /// The names in the list, in order.
    async fn names(&self, query: &str) -> Vec<String> {
        let page = self.owner.get(&format!("{}{query}", self.members)).await.assert_page(200, "Members");
        page.split("<bdi>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
    }

    async fn create_role(&self, name: &str, permissions: &[&str]) -> String {
        let mut fields = vec![("name", name)];
        fields.extend(permissions.iter().map(|permission| ("permissions", *permission)));
        let role = self.owner.post(&format!("/organizations/{}/roles", self.organization), &fields).await.ok();
        text(&role["id"])
    }
}

#[tokio::test]
async fn filters_and_sorts_by_the_url() {
    let fixture = setup().await;
    fixture.add("zoe@example.com", "Zoe").await;
    fixture.app.advance(crate::harness::DAY * 10);
    let (_, ada) = fixture.add("ada@example.com", "Ada").await;
    assert_eq!(fixture.names("").await, ["Ada", "Zoe", "Olga Berg"]);
    assert_eq!(fixture.names("?sort=name").await, ["Ada", "Olga Berg", "Zoe"]);
    assert_eq!(fixture.names("?sort=-name").await, ["Zoe", "Olga Berg", "Ada"]);
    assert_eq!(fixture.names("?sort=oldest&joined=7d").await, ["Ada"]);
    assert_eq!(fixture.names(&format!("?role={}", fixture.admin_role)).await, ["Olga Berg"]);
    assert_eq!(fixture.names("?search=OE%40exa").await, ["Zoe"]);
    assert_eq!(fixture.names("?joined=year").await, [""; 0]);
    // Unknown values have no effect, and the first page of a list has no previous one.
    assert_eq!(fixture.names("?sort=x&joined=x&role=x&after=x").await.len(), 3);

    let page = fixture.owner.get(&format!("{}?sort=name&search=a", fixture.members)).await;
    let page = page.assert_page(200, "aria-sort=\"ascending\"");
    assert!(page.contains("?search=a&#38;sort=-name\""), "{page}");
    assert!(page.contains(&format!("/organizations/{}/members.csv?search=a\"", fixture.organization)));
    assert!(page.contains("name=\"search\" type=\"search\" maxlength=\"200\" value=\"a\""), "{page}");
    let export = format!("/organizations/{}/members.csv?search=a", fixture.organization);
    assert!(fixture.owner.get(&export).await.text.contains("ada@example.com"));
    let none = fixture.owner.get(&format!("{}?search=nobody", fixture.members)).await;
    let none = none.assert_page(200, "No members match.");
    assert!(none.contains(&format!("href=\"{}\">Clear filters</a>", fixture.members)), "{none}");
    assert!(fixture.owner.get(&format!("{}/{ada}", fixture.members)).await.text.contains("<bdi>Ada</bdi>"));
}

#[tokio::test]
async fn pages_by_cursors_that_keep_the_filter() {
    let fixture = setup().await;
    for number in 0..51 {
        fixture.add(&format!("member.{number:02}@example.com"), &format!("M{number:02}")).await;
    }
    let page = fixture.owner.get(&format!("{}?sort=name&search=m", fixture.members)).await;
    let first = page.assert_page(200, "51 members");
    assert!(first.len() < 45_000, "{} bytes", first.len());
    assert!(first.contains("<span class=\"off\">Previous</span>") && !first.contains(">M50<"), "{first}");
    let next = first.split_once("rel=\"next\" href=\"").unwrap().1.split('"').next().unwrap().replace("&#38;", "&");
    assert!(next.contains("search=m&sort=name&after="), "{next}");
    let second = fixture.owner.get(&next).await.assert_page(200, ">M50<");
    assert!(second.contains("<span class=\"off\">Next</span>") && !second.contains(">M00<"), "{second}");
    let previous =
        second.split_once("rel=\"prev\" href=\"").unwrap().1.split('"').next().unwrap().replace("&#38;", "&");
    fixture.owner.get(&previous).await.assert_page(200, ">M00<");
}

#[tokio::test]
async fn changes_a_role_in_the_row_and_undoes_it() {
    let fixture = setup().await;
    let buyer = fixture.create_role("Buyer", &["purchases:write"]).await;
    let (_, nina) = fixture.add(NINA, "Nina").await;
    let list = format!("{}?sort=name&search=nina", fixture.members);
    let page = fixture.owner.get(&list).await.assert_page(200, &format!("name=\"role.{nina}\""));
    // A select shows the role that the member has.
    assert!(page.contains("<option selected>Member") && page.contains("<option>Buyer"), "{page}");
    let fields = [("save", nina.as_str()), (&format!("role.{nina}"), "Buyer")];
    assert_eq!(fixture.owner.post(&list, &fields).await.assert_redirect(&list), list);
    let page = fixture.owner.get(&list).await.assert_page(200, "Nina&#39;s role is now Buyer.");
    assert!(page.contains("<option selected>Buyer") && page.contains(">Undo</button>"), "{page}");
    fixture.owner.get(&list).await.assert_page(200, "<option selected>Buyer");
    let undo = format!("{}/{nina}/roles", fixture.members);
    assert!(page.contains(&format!("action=\"{undo}\"")), "{page}");
    let fields = [("role", fixture.member_role.as_str()), ("sure", "yes"), ("return_to", &list)];
    fixture.owner.post(&undo, &fields).await.assert_redirect(&list);
    fixture.owner.get(&list).await.assert_page(200, "Nina&#39;s role is now Member.");
    // An id is a value, too, and nothing is not.
    let fields = [("save", nina.as_str()), (&format!("role.{nina}"), &buyer)];
    fixture.owner.post(&list, &fields).await.assert_redirect(&list);
    fixture.owner.post(&list, &[("save", &nina)]).await.assert_page(400, "role=\"alert\"");
}

#[tokio::test]
async fn a_role_whose_name_has_two_spaces_is_given_in_the_row() {
    let fixture = setup().await;
    let lead = fixture.create_role("Team  lead", &["purchases:write"]).await;
    let (_, nina) = fixture.add(NINA, "Nina").await;
    let list = format!("{}?search=nina", fixture.members);
    // Browsers collapse the spaces of an option without a value.
    let option = format!("<option value=\"{lead}\">Team  lead");
    fixture.owner.get(&list).await.assert_page(200, &option);
    let choose =
        async |role: &str| fixture.owner.post(&list, &[("save", &nina), (&format!("role.{nina}"), role)]).await;
    choose("Team lead").await.assert_page(400, "This role no longer exists.");
    choose(&lead).await.assert_redirect(&list);
    fixture.owner.get(&list).await.assert_page(200, "Nina&#39;s role is now Team  lead.");
}

#[tokio::test]
async fn several_roles_are_checked_on_the_page_of_the_member() {
    let fixture = setup().await;
    let buyer = fixture.create_role("Buyer", &["purchases:write"]).await;
    let (member, nina) = fixture.add(NINA, "Nina").await;
    let path = format!("{}/{nina}", fixture.members);
    let page = fixture.owner.get(&path).await.assert_page(200, "<h1><bdi>Nina</bdi></h1>");
    assert!(page.contains(&format!("value=\"{}\" checked> Member", fixture.member_role)), "{page}");
    assert!(page.contains(&format!("value=\"{buyer}\"> Buyer")) && !page.contains("<select"), "{page}");
    let both = [("role", fixture.member_role.as_str()), ("role", &buyer)];
    fixture.owner.post(&format!("{path}/roles"), &both).await.assert_redirect(&path);
    fixture.owner.get(&path).await.assert_page(200, "Nina&#39;s roles are now");
    // In the list they are badges, because a select would drop one.
    let page = fixture.owner.get(&fixture.members).await.assert_page(200, "<span class=\"badge\">Buyer</span>");
    assert!(!page.contains(&format!("name=\"role.{nina}\"")), "{page}");
    fixture.owner.post(&format!("{path}/roles"), &[]).await.assert_page(400, "role=\"alert\"");
    // Others see the roles, without a form.
    let seen = member.get(&path).await.assert_page(200, "<span class=\"badge\">Buyer</span>");
    assert!(!seen.contains("type=\"checkbox\"") && !seen.contains("Danger zone"), "{seen}");
    member.post(&format!("{path}/roles"), &both).await.assert_page(403, "role=\"alert\"");
}

#[tokio::test]
async fn making_somebody_an_admin_is_confirmed_by_name() {
    let fixture = setup().await;
    let (_, nina) = fixture.add(NINA, "Nina").await;
    let fields = [("save", nina.as_str()), (&format!("role.{nina}"), "Admin")];
    let page = fixture.owner.post(&fixture.members, &fields).await.assert_page(200, "<h1>Make Nina an admin?</h1>");
    assert!(page.contains("<button>Make Nina an admin</button>") && page.contains("Admins can"), "{page}");
    assert!(page.contains(&format!("name=\"role\" value=\"{}\"", fixture.admin_role)), "{page}");
    let path = format!("{}/{nina}", fixture.members);
    let admin = [("role", fixture.admin_role.as_str())];
    fixture.owner.post(&format!("{path}/roles"), &admin).await.assert_page(200, "Make Nina an admin?");
    assert_eq!(fixture.names(&format!("?role={}", fixture.admin_role)).await, ["Olga Berg"]);
    let sure = [("role", fixture.admin_role.as_str()), ("sure", "yes"), ("return_to", &fixture.members)];
    fixture.owner.post(&format!("{path}/roles"), &sure).await.assert_redirect(&fixture.members);
    fixture.owner.get(&fixture.members).await.assert_page(200, "Nina&#39;s role is now Admin.");
    // An admin who keeps the role needs no confirmation.
    fixture.owner.post(&format!("{path}/roles"), &admin).await.assert_redirect(&path);
}

#[tokio::test]
async fn explains_the_last_admin_before_a_press() {
    let fixture = setup().await;
    let owner = fixture.id("owner@example.com").await;
    let page = fixture.owner.get(&fixture.members).await.assert_page(200, "<small>Only admin</small>");
    assert!(!page.contains(&format!("name=\"role.{owner}\"")) && !page.contains("name=\"remove\""), "{page}");
    let path = format!("{}/{owner}", fixture.members);
    let page = fixture.owner.get(&path).await.assert_page(200, "Make somebody else an admin first.");
    assert!(page.contains(&format!("value=\"{}\" checked disabled> Admin", fixture.admin_role)), "{page}");
    let roles = [("role", fixture.member_role.as_str())];
    fixture.owner.post(&format!("{path}/roles"), &roles).await.assert_page(403, "role=\"alert\"");
    fixture.owner.post(&format!("{path}/remove"), &[("sure", "yes")]).await.assert_page(403, "role=\"alert\"");
}

#[tokio::test]
async fn bulk_actions_show_a_result_for_each_member() {
    let fixture = setup().await;
    fixture.create_role("Buyer", &["purchases:write"]).await;
    let (_, nina) = fixture.add(NINA, "Nina").await;
    let (_, kim) = fixture.add("kim@example.com", "Kim").await;
    let owner = fixture.id("owner@example.com").await;
    let three = [("member", nina.as_str()), ("member", &kim), ("member", &owner)];
    let with = |more: &[(&'static str, &'static str)]| [&three[..], more].concat();

    fixture.owner.post(&fixture.members, &[("bulk", "remove")]).await.assert_page(200, "Select at least one member");
    fixture
        .owner
        .post(&fixture.members, &with(&[("bulk", "role")]))
        .await
        .assert_page(200, "Select at least one member");

    let role = [("bulk", "role"), ("bulk_role", "Buyer")];
    let page = fixture.owner.post(&fixture.members, &with(&role)).await;
    let page = page.assert_page(200, "<h1>Change the role of 3 members to Buyer?</h1>");
    assert!(page.contains("Nina, Kim, Olga Berg"), "{page}");
    let page = fixture.owner.post(&fixture.members, &with(&[&role[..], &[("sure", "yes")]].concat())).await;
    let page = page.assert_page(200, "2 of 3 done.");
    assert!(page.contains("Role changed") && page.contains("Not done</span> "), "{page}");
    assert_eq!(fixture.app.count("SELECT COUNT(*) FROM organization_membership_roles mr JOIN organization_roles r ON r.id = mr.role_id WHERE r.name = 'Buyer'"), 2);

    let workspace = [("organization_id", fixture.organization.as_str()), ("name", "Cellar")];
    let workspace = text(&fixture.owner.post("/workspaces", &workspace).await.ok()["workspace"]["id"]);
    let fields = [&three[..], &[("bulk", "workspace"), ("bulk_workspace", &workspace)]].concat();
    // The owner is in it already.
    fixture.owner.post(&fixture.members, &fields).await.assert_page(200, "2 of 3 done.");
    assert_eq!(fixture.names(&format!("?workspace={workspace}&sort=name")).await, ["Kim", "Nina", "Olga Berg"]);

    let page = fixture.owner.post(&fixture.members, &with(&[("bulk", "remove")])).await;
    page.assert_page(200, "<h1>Remove 3 members?</h1>");
    let page = fixture.owner.post(&fixture.members, &with(&[("bulk", "remove"), ("sure", "yes")])).await;
    let page = page.assert_page(200, "2 of 3 done.");
    assert!(page.contains("Back to members"), "{page}");
    assert_eq!(fixture.names("").await, ["Olga Berg"]);
}

#[tokio::test]
async fn members_without_permissions_see_a_plain_list() {
    let fixture = setup().await;
    let (nina, id) = fixture.add(NINA, "").await;
    let page = nina.get(&fixture.members).await.assert_page(200, "2 members");
    for control in ["type=\"checkbox\"", "name=\"save\"", "name=\"remove\"", "bulk-bar", "Invite people"] {
        assert!(!page.contains(control), "{control}: {page}");
    }
    // A nameless person shows the address once.
    assert_eq!(page.split("id=\"main\"").nth(1).unwrap().matches(NINA).count(), 1, "{page}");
    nina.post(&fixture.members, &[("remove", &id)]).await.assert_page(403, "have access");
}

#[tokio::test]
async fn removing_names_the_person_and_their_invitations() {
    let fixture = setup().await;
    let lead = fixture.create_role("Lead", &["organization:manage_members"]).await;
    let (nina, id) = fixture.add(NINA, "Nina").await;
    fixture.owner.post(&format!("{}/{id}/roles", fixture.members), &[("role", &lead)]).await.assert_redirect("/");
    nina.post(&format!("/organizations/{}/invitations", fixture.organization), &[("email", "kim@example.com")])
        .await
        .ok();
    let list = format!("{}?search=nina", fixture.members);
    let page = fixture.owner.post(&list, &[("remove", &id)]).await.assert_page(200, "<h1>Remove Nina?</h1>");
    assert!(page.contains("<button class=\"bad\">Remove Nina</button>"), "{page}");
    assert!(page.contains("1 pending invitation that they sent will be suspended"), "{page}");
    let remove = format!("{}/{id}/remove", fixture.members);
    let fields = [("sure", "yes"), ("return_to", list.as_str())];
    assert_eq!(fixture.owner.post(&remove, &fields).await.assert_redirect(&list), list);
    fixture.owner.get(&list).await.assert_page(200, "1 of their invitations is suspended");
}

#[tokio::test]
async fn offers_ownership_by_name() {
    let fixture = setup().await;
    let (nina, id) = fixture.add(NINA, "Nina").await;
    let path = format!("{}/{id}", fixture.members);
    let offer = format!("{path}/transfer");
    let invitations = format!("/organizations/{}/invitations", fixture.organization);
    fixture.owner.post(&invitations, &[("email", "kim@example.com")]).await.ok();
    let page = fixture.owner.post(&offer, &[]).await.assert_page(200, "<h1>Transfer ownership to Nina?</h1>");
    assert!(
        page.contains("you can withdraw the offer") && page.contains("1 pending invitation that you sent is suspended"),
        "{page}"
    );
    fixture.owner.post(&offer, &[("sure", "yes")]).await.assert_redirect(&path);
    nina.get("/organizations").await.assert_page(200, "Ownership offered to you");
    let page = fixture.owner.get(&path).await.assert_page(200, "Offered to Nina, who has not answered yet.");
    assert!(page.contains("in 7 days") && page.contains("Withdraw ownership offer"), "{page}");
    fixture.owner.post(&offer, &[("sure", "yes")]).await.assert_page(400, "role=\"alert\"");
}
