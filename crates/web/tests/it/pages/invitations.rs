//! The invitations page: inviting, results, the list and its actions, without a script.

use axum::body::Body;
use axum::http::Method;
use serde_json::Value;

use crate::harness::{TestApp, TestClient, TestResponse, text};

const NINA: &str = "nina@example.com";

struct Fixture {
    app: TestApp,
    owner: TestClient,
    organization: String,
    path: String,
}

async fn setup() -> Fixture {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let path = format!("/organizations/{organization}/-/invitations");
    Fixture { app, owner, organization, path }
}

impl Fixture {
    async fn invite(&self, emails: &str) -> TestResponse {
        self.owner.post(&self.path, &[("emails", emails)]).await
    }

    async fn invitations(&self) -> Vec<Value> {
        let list = self.owner.get(&format!("/organizations/{}/invitations?status=all", self.organization)).await.ok();
        list.as_array().unwrap().clone()
    }

    /// The number of pending invitations.
    async fn count(&self) -> usize {
        let list = self.owner.get(&format!("/organizations/{}/invitations", self.organization)).await.ok();
        list.as_array().unwrap().len()
    }

    async fn id_of(&self, email: &str) -> String {
        let invitations = self.invitations().await;
        text(&invitations.iter().find(|one| one["email"] == email).unwrap()["id"])
    }

    async fn admin_role(&self) -> String {
        let roles = self.owner.get(&format!("/organizations/{}/roles", self.organization)).await.ok();
        text(&roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap()["id"])
    }

    /// Sends the form again with what the page has in its fields, as a browser does.
    async fn send_reviewed(&self, page: &str, fields: &[(&str, &str)]) -> TestResponse {
        let reviewed = value(page, "name=\"reviewed\" value=\"");
        let fields: Vec<_> = fields.iter().copied().chain([("reviewed", reviewed.as_str())]).collect();
        self.owner.post(&self.path, &fields).await
    }
}

/// The text after `start` and before the next quotation mark.
fn value(page: &str, start: &str) -> String {
    page.split_once(start).unwrap_or_else(|| panic!("{start} in {page}")).1.split('"').next().unwrap().to_owned()
}

/// The text in the field for addresses.
fn field(page: &str) -> String {
    let textarea = page.split_once("<textarea id=\"emails\"").unwrap().1;
    textarea.split_once('>').unwrap().1.split_once("</textarea>").unwrap().0.to_owned()
}

#[tokio::test]
async fn invites_one_address_at_once_and_several_after_a_review() {
    let fixture = setup().await;
    let empty = fixture.owner.get(&fixture.path).await.assert_page(200, "Nobody has been invited yet");
    assert!(!empty.contains("<table"), "{empty}");
    let fields = [("emails", "Nina Berg <nina@example.com>"), ("days", "3")];
    fixture.owner.post(&fixture.path, &fields).await.assert_redirect(&fixture.path);
    let page = fixture.owner.get(&fixture.path).await.assert_page(200, "Invitation sent.");
    assert!(page.contains(NINA) && page.contains("in 3 days"), "{page}");
    fixture.invite(NINA).await.assert_page(400, "already been invited");
    fixture.invite("").await.assert_page(400, "Fill in");
    fixture
        .owner
        .post(&fixture.path, &[("emails", "kim@example.com"), ("days", "91")])
        .await
        .assert_page(400, "1 to 90 days");

    fixture.app.create_member(&fixture.owner, &fixture.organization, "mia@example.com", "").await;
    let many = "\"Berg, Kim\" <kim@example.com>; lou@example.com\tnina@example.com\nKIM@example.com, mia@example.com\nnonsense";
    let page = fixture.invite(many).await.assert_page(200, "2 people can be invited");
    for part in
        ["1 is already a member", "1 was already invited", "1 duplicate", "1 needs a correction", "Invite 2 people"]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    for chip in
        ["mia@example.com: already a member", "nonsense: not an email address", "nina@example.com: already invited"]
    {
        assert!(page.contains(chip), "{chip} in {page}");
    }
    assert_eq!(fixture.count().await, 1, "a review sends nothing");
    let page = fixture.send_reviewed(&page, &[("emails", many)]).await.assert_page(200, "2 people invited");
    assert!(page.contains("3 not invited"), "{page}");
    assert_eq!(field(&page), "nina@example.com\nmia@example.com\nnonsense", "what failed stays in the field");
    assert!(page.contains("/link\" aria-label=\"Copy link: kim@example.com\""), "{page}");
    assert_eq!(fixture.count().await, 3);
    assert_eq!(fixture.app.mail_count("kim@example.com"), 1);
}

#[tokio::test]
async fn a_changed_list_is_reviewed_again_and_addresses_can_be_removed() {
    let fixture = setup().await;
    let page = fixture.invite("kim@example.com, lou@example.com").await.assert_page(200, "Invite 2 people");
    fixture
        .send_reviewed(&page, &[("emails", "kim@example.com, eve@example.com")])
        .await
        .assert_page(200, "Invite 2 people");
    assert_eq!(fixture.count().await, 0);
    let fields = [("emails", "kim@example.com, lou@example.com"), ("remove", "0 kim@example.com")];
    let page = fixture.send_reviewed(&page, &fields).await.assert_page(200, "Invite 1 person");
    assert_eq!(field(&page), "lou@example.com");
    let page = fixture
        .owner
        .post(&fixture.path, &[("emails", NINA), ("do", "review")])
        .await
        .assert_page(200, "Invite 1 person");
    assert_eq!(field(&page), NINA);
    assert_eq!(fixture.count().await, 0);
    // The script asks for the same review.
    let review = format!("{}/review", fixture.path);
    let fields = [("emails", "kim@example.com\nnobody"), ("days", "2"), ("do", "invite")];
    let fragment = fixture.owner.post(&review, &fields).await.assert_page(200, "data-part=\"review-part\"");
    assert!(
        fragment.contains("data-ready=\"Invite 1 person\"") && fragment.contains("nobody: not an email"),
        "{fragment}"
    );
    assert_eq!(fixture.count().await, 0);
}

#[tokio::test]
async fn admins_are_confirmed_by_name_or_number() {
    let fixture = setup().await;
    let role = fixture.admin_role().await;
    let fields = [("emails", NINA), ("role", role.as_str())];
    let page = fixture.owner.post(&fixture.path, &fields).await.assert_page(200, "Make nina@example.com an admin");
    fixture.send_reviewed(&page, &fields).await.assert_page(200, "Make nina@example.com an admin");
    let many = [("emails", "kim@example.com, lou@example.com"), ("role", role.as_str())];
    fixture.owner.post(&fixture.path, &many).await.assert_page(200, "Make 2 people admins");
    assert_eq!(fixture.count().await, 0);
    let confirmed = [fields[0], fields[1], ("admins_confirmed", "yes")];
    fixture.owner.post(&fixture.path, &confirmed).await.assert_page(200, "Make nina@example.com an admin");
    fixture.send_reviewed(&page, &confirmed).await.assert_redirect(&fixture.path);
    assert_eq!(fixture.invitations().await[0]["initial_organization_role"]["name"], "Admin");
    // A list can name roles.
    let named = "email,role\nkim@example.com,admin\nlou@example.com,Member\nmax@example.com,Boss";
    let page = fixture.invite(named).await.assert_page(200, "Make kim@example.com an admin");
    assert!(page.contains("max@example.com: this role does not exist"), "{page}");
}

#[tokio::test]
async fn an_admin_who_cannot_be_invited_needs_no_confirmation() {
    let fixture = setup().await;
    fixture.app.create_member(&fixture.owner, &fixture.organization, "mia@example.com", "").await;
    let fields = [("emails", "email,role\nmia@example.com,Admin\nbob@example.com,Member")];
    let page = fixture.owner.post(&fixture.path, &fields).await.assert_page(200, "1 person can be invited");
    assert!(!page.contains("admins_confirmed"), "{page}");
    fixture.send_reviewed(&page, &fields).await.assert_page(200, "1 person invited");
    assert_eq!(fixture.count().await, 1);
    assert_eq!(fixture.app.mail_count("bob@example.com"), 1);
}

#[tokio::test]
async fn a_chip_removes_its_own_address_from_a_changed_list() {
    let fixture = setup().await;
    let page = fixture.invite("kim@example.com, lou@example.com").await.assert_page(200, "Invite 2 people");
    assert!(page.contains("name=\"remove\" value=\"0 kim@example.com\""), "{page}");
    let changed = "eve@example.com\nkim@example.com";
    for (chip, expected) in [("0 kim@example.com", "eve@example.com"), ("1 lou@example.com", changed)] {
        let fields = [("emails", changed), ("remove", chip)];
        let page = fixture.send_reviewed(&page, &fields).await.assert_page(200, "can be invited");
        assert_eq!(field(&page), expected);
    }
    assert_eq!(fixture.count().await, 0);
}

#[tokio::test]
async fn lists_name_long_and_similar_roles() {
    let fixture = setup().await;
    let long = "Long ".repeat(20).trim().to_owned();
    for name in ["K\u{e4}ufer", "Kaufer", &long] {
        let role = [("name", name), ("permissions", "organization:read")];
        fixture.owner.post(&format!("/organizations/{}/roles", fixture.organization), &role).await.ok();
    }
    let list = format!("email,role\na@example.com,Kaufer\nb@example.com,{long}\nc@example.com,KAUFER");
    let page = fixture.invite(&list).await.assert_page(200, "2 people can be invited");
    assert!(page.contains("c@example.com: this role does not exist"), "{page}");
    fixture.send_reviewed(&page, &[("emails", &list)]).await.assert_page(200, "2 people invited");
    let invitations = fixture.invitations().await;
    let role = |email: &str| {
        let found = invitations.iter().find(|one| one["email"] == email).unwrap();
        text(&found["initial_organization_role"]["name"])
    };
    assert_eq!((role("a@example.com"), role("b@example.com")), ("Kaufer".to_owned(), long));
}

#[tokio::test]
async fn only_roles_that_the_inviter_may_give_are_offered() {
    let fixture = setup().await;
    let lead = [("name", "Team lead"), ("permissions", "organization:manage_members")];
    let lead = fixture.owner.post(&format!("/organizations/{}/roles", fixture.organization), &lead).await.ok();
    let leader =
        fixture.app.create_member(&fixture.owner, &fixture.organization, "lead@example.com", &text(&lead["id"])).await;
    let page = leader.get(&fixture.path).await.assert_page(200, "Invite people");
    let roles = page.split_once("name=\"role\"").unwrap().1.split_once("</select>").unwrap().0;
    assert!(roles.contains("Team lead") && roles.contains("selected>Member") && !roles.contains("Admin"), "{roles}");
}

#[tokio::test]
async fn message_language_and_workspace_reach_the_invitee() {
    let fixture = setup().await;
    let fields = [("organization_id", fixture.organization.as_str()), ("name", "Warehouse")];
    let workspace = fixture.owner.post("/workspaces", &fields).await.ok();
    let workspace = text(&workspace["workspace"]["id"]);
    let message = "Willkommen!\r\n\r\nSiehe https://evil.example";
    let fields = [("emails", NINA), ("message", message), ("language", "de"), ("workspace", workspace.as_str())];
    fixture.owner.post(&fixture.path, &fields).await.assert_redirect(&fixture.path);
    let mail = fixture.app.mail(NINA);
    assert!(mail.text.contains("\n> Willkommen!\n> Siehe https\u{2060}:"), "{}", mail.text);
    assert!(mail.text.contains("Einladung öffnen") && mail.text.contains("Warehouse"), "{}", mail.text);
    let page = fixture.owner.get(&fixture.path).await.assert_page(200, NINA);
    assert!(page.contains("Member · Warehouse: "), "{page}");
    let nina = fixture.app.anonymous();
    let shown = nina.post("/invite", &[("token", &fixture.app.mailed_token(NINA))]).await.assert_redirect("/invite");
    nina.get(&shown).await.assert_page(200, "<blockquote>Willkommen!\n\nSiehe https://evil.example</blockquote>");
    let long = "x".repeat(501);
    let page = fixture.owner.post(&fixture.path, &[("emails", "kim@example.com"), ("message", &long)]).await;
    page.assert_page(400, "up to 500 characters");
    assert_eq!(fixture.count().await, 1);
}

/// A multipart form with the fields and a file.
async fn upload(fixture: &Fixture, fields: &[(&str, &str)], file: &[u8]) -> TestResponse {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    body.extend(b"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--B--\r\n");
    fixture.owner.send(Method::POST, &fixture.path, Some("multipart/form-data; boundary=B"), Body::from(body)).await
}

#[tokio::test]
async fn uploads_tables_with_and_without_headings() {
    let fixture = setup().await;
    let file = b"Vorname;E-Mail;Rolle\nZo\xeb;zoe@example.com;Admin\nBen;ben@example.com;\n";
    let page = upload(&fixture, &[("emails", NINA)], file).await.assert_page(200, "3 people can be invited");
    assert!(page.contains("Make zoe@example.com an admin"), "{page}");
    assert_eq!(field(&page), "email,role\nnina@example.com,\nzoe@example.com,Admin\nben@example.com,");

    let file = b"Zoe,Buyer,zoe@example.com\nBen,Baker,ben@example.com\n";
    let page = upload(&fixture, &[("emails", NINA), ("days", "9")], file).await.assert_page(200, "Choose the columns");
    assert!(page.contains("<option value=\"2\" selected>Column 3: zoe@example.com"), "{page}");
    assert!(page.contains("name=\"emails\" value=\"nina@example.com\"") && page.contains("<td>Baker</td>"), "{page}");
    let table = String::from_utf8(file.to_vec()).unwrap();
    let fields = [("emails", NINA), ("days", "9"), ("do", "review"), ("table", table.as_str()), ("email_column", "2")];
    let chosen: Vec<_> = fields.into_iter().chain([("name_column", "0"), ("role_column", "")]).collect();
    let page = fixture.owner.post(&fixture.path, &chosen).await.assert_page(200, "3 people can be invited");
    assert!(
        field(&page).contains("&lt;ben@example.com&gt;") || field(&page).contains("&#60;ben@example.com"),
        "{page}"
    );
    let with_headings: Vec<_> = fields.into_iter().chain([("has_headings", "yes")]).collect();
    fixture.owner.post(&fixture.path, &with_headings).await.assert_page(200, "2 people can be invited");

    upload(&fixture, &[], b"PK\x03\x04workbook").await.assert_page(400, "CSV UTF-8");
    let many = (0..1001).map(|index| format!("p{index}@example.com")).collect::<Vec<_>>().join("\n");
    upload(&fixture, &[], many.as_bytes()).await.assert_page(400, "at most 1,000 people");
    assert_eq!(fixture.count().await, 0);
}

#[tokio::test]
async fn a_list_survives_the_end_of_the_session() {
    let fixture = setup().await;
    let fields = [("emails", "kim@example.com\nlou@example.com"), ("message", "Hello")];
    let page = fixture.app.anonymous().post(&fixture.path, &fields).await.assert_page(401, "Your session has ended");
    assert!(
        page.contains("kim@example.com\nlou@example.com</textarea>") && page.contains("Hello</textarea>"),
        "{page}"
    );
    assert!(page.contains(&format!("/sign-in?return_to={}", fixture.path.replace('/', "%2F"))), "{page}");
    let message = [("emails", ""), ("message", "Hello")];
    fixture.app.anonymous().post(&fixture.path, &message).await.assert_page(401, "Hello</textarea>");
    fixture.app.anonymous().post(&fixture.path, &[("emails", "")]).await.assert_redirect("/sign-in");
    let stranger = fixture.app.create_user("stranger@example.com").await;
    stranger.post(&fixture.path, &fields).await.assert_page(403, "");
    stranger.post(&format!("{}/review", fixture.path), &fields).await.assert_page(403, "");
    assert_eq!(fixture.count().await, 0);
}

#[tokio::test]
async fn filters_sorts_and_counts_invitations() {
    let fixture = setup().await;
    for email in [NINA, "kim@example.com"] {
        fixture.invite(email).await.assert_redirect(&fixture.path);
    }
    fixture.app.advance(crate::harness::DAY * 8);
    fixture.invite("lou@other.example").await.assert_redirect(&fixture.path);
    let get = async |query: &str| fixture.owner.get(&format!("{}?{query}", fixture.path)).await.assert_page(200, "");
    let rows = |page: &str| page.matches("<td class=\"main\">").count();
    let page = get("").await;
    assert!(
        page.contains("Pending <span class=\"count\">1</span>")
            && page.contains("Expired <span class=\"count\">2</span>"),
        "{page}"
    );
    assert_eq!(rows(&page), 1);
    assert_eq!(rows(&get("show=expired").await), 2);
    assert_eq!(rows(&get("show=all").await), 3);
    assert_eq!(rows(&get("show=all&search=example.com").await), 2);
    assert_eq!(rows(&get("show=all&search=im%40exa").await), 1);
    assert_eq!(rows(&get("show=all&delivery=bounced").await), 0);
    assert_eq!(rows(&get("show=all&sent=7d").await), 1);
    assert_eq!(rows(&get("show=all&sent=7d&delivery=sent&search=lou").await), 1);
    assert_eq!(rows(&get(&format!("show=all&role={}", fixture.admin_role().await)).await), 0);
    let mine = get("show=all").await;
    let me = value(&mine, "Invited by anyone</option><option value=\"");
    assert_eq!(rows(&get(&format!("show=all&inviter={me}")).await), 3);
    let oldest = get("show=all&sort=oldest").await;
    assert!(oldest.find(NINA) < oldest.find("lou@other.example"), "{oldest}");
    assert!(oldest.contains("aria-sort=\"ascending\""), "{oldest}");
    let nothing = get("show=expired&delivery=bounced").await;
    assert!(nothing.contains("No invitations here") && nothing.contains("Clear filters"), "{nothing}");
    let export = value(&get("show=expired&search=kim").await, "class=\"plain\" href=\"")
        .replace("&amp;", "&")
        .replace("&#38;", "&");
    let csv = fixture.owner.get(&export).await;
    assert!(csv.text.contains("kim@example.com") && !csv.text.contains(NINA), "{export}: {}", csv.text);
}

#[tokio::test]
async fn pages_of_invitations_go_on_and_back() {
    let fixture = setup().await;
    let many = (0..60).map(|index| format!("p{index:02}@example.com")).collect::<Vec<_>>().join("\n");
    let page = fixture.invite(&many).await.assert_page(200, "Invite 60 people");
    fixture.send_reviewed(&page, &[("emails", &many)]).await.assert_redirect(&fixture.path);
    let first = fixture.owner.get(&fixture.path).await.assert_page(200, "60 invitations sent");
    assert!(first.contains("60 invitations") && first.len() < 40_000, "{} bytes", first.len());
    let next = value(&first, "rel=\"next\" href=\"").replace("&amp;", "&").replace("&#38;", "&");
    let second = fixture.owner.get(&next).await.assert_page(200, "p00@example.com");
    assert_eq!(second.matches("<td class=\"main\">").count(), 10);
    let previous = value(&second, "rel=\"prev\" href=\"").replace("&amp;", "&").replace("&#38;", "&");
    fixture.owner.get(&previous).await.assert_page(200, "p59@example.com");
}

#[tokio::test]
async fn resends_revokes_and_copies_the_link_of_one_invitation() {
    let fixture = setup().await;
    fixture.invite(NINA).await.assert_redirect(&fixture.path);
    let id = fixture.id_of(NINA).await;
    let selected = format!("{}/selected", fixture.path);
    fixture.owner.post(&selected, &[("resend", &id)]).await.assert_redirect(&fixture.path);
    fixture.owner.get(&fixture.path).await.assert_page(200, "Invitation resent.");
    assert_eq!(fixture.app.mail_count(NINA), 2);
    let link = fixture.owner.get(&format!("{}/{id}/link", fixture.path)).await.assert_page(200, "Invitation for");
    let token = value(&link, "value=\"http://vestibule.test/invite#token=inv_");
    assert!(!token.contains('.'), "the copied link has no proof of the address");
    assert!(link.contains("name=\"resend\"") && link.contains("name=\"revoke\""), "{link}");
    let list = fixture.owner.get(&fixture.path).await.assert_page(200, "");
    assert!(list.contains(&format!("href=\"invitations/{id}/link\">{NINA}</a>")), "{list}");
    let list = format!("{}?search=nina", fixture.path);
    let fields = [("revoke", id.as_str()), ("return_to", list.as_str())];
    let page =
        fixture.owner.post(&selected, &fields).await.assert_page(200, "Revoke the invitation of nina@example.com?");
    assert!(page.contains("This cannot be undone"), "{page}");
    let action = format!("{}/{id}/discard", fixture.path);
    fixture.owner.post(&action, &[("sure", "yes"), ("return_to", &list)]).await.assert_redirect(&list);
    assert_eq!(fixture.invitations().await[0]["status"], "discarded");
    let page = fixture.owner.get(&format!("{}/{id}/link", fixture.path)).await.assert_page(200, "Revoked");
    assert!(!page.contains("inv_") && !page.contains("name=\"resend\""), "{page}");
    fixture
        .owner
        .post(&format!("{}/{id}/resend", fixture.path), &[])
        .await
        .assert_page(400, "already accepted, declined or revoked");
    fixture.owner.get(&format!("{}/1/link", fixture.path)).await.assert_page(404, "");
    let nina = fixture.app.create_user(NINA).await;
    nina.get(&format!("{}/{id}/link", fixture.path)).await.assert_page(403, "");
}

#[tokio::test]
async fn a_resend_that_would_not_arrive_offers_the_link() {
    let fixture = setup().await;
    fixture.invite(NINA).await.assert_redirect(&fixture.path);
    let id = fixture.id_of(NINA).await;
    fixture.app.execute("UPDATE invitations SET delivery = 'bounced'");
    let page = fixture.owner.post(&format!("{}/{id}/resend", fixture.path), &[]).await.assert_page(200, "1 failed");
    assert!(page.contains("bounced") && page.contains(&format!("{id}/link\"")), "{page}");
    assert_eq!(fixture.app.mail_count(NINA), 1);
}

#[tokio::test]
async fn resends_and_revokes_selected_invitations_with_a_result_for_each() {
    let fixture = setup().await;
    for email in [NINA, "kim@example.com", "lou@example.com"] {
        fixture.invite(email).await.assert_redirect(&fixture.path);
    }
    let selected = format!("{}/selected", fixture.path);
    fixture.owner.post(&selected, &[("bulk", "resend")]).await.assert_page(400, "Select at least one");
    let boxes =
        [format!("select-{}", fixture.id_of(NINA).await), format!("select-{}", fixture.id_of("kim@example.com").await)];
    let fields = [(boxes[0].as_str(), "1"), (boxes[1].as_str(), "1"), ("bulk", "revoke")];
    let page = fixture.owner.post(&selected, &fields).await.assert_page(200, "Revoke 2 invitations?");
    assert!(page.contains("nina@example.com, kim@example.com"), "{page}");
    let ids = value(&page, "name=\"ids\" value=\"");
    // One of them is revoked meanwhile.
    let first = ids.split(',').next().unwrap();
    fixture
        .owner
        .post(&format!("{}/{first}/discard", fixture.path), &[("sure", "yes")])
        .await
        .assert_redirect(&fixture.path);
    let fields = [("ids", ids.as_str()), ("bulk", "revoke"), ("sure", "yes")];
    let page = fixture.owner.post(&selected, &fields).await.assert_page(200, "1 invitation revoked");
    assert!(page.contains("1 failed") && page.contains("already accepted, declined or revoked"), "{page}");
    let fields = [("bulk", "remind"), ("return_to", fixture.path.as_str())];
    let page = fixture.owner.post(&selected, &fields).await.assert_page(200, "Resend 1 invitation?");
    let ids = value(&page, "name=\"ids\" value=\"");
    let fields = [("ids", ids.as_str()), ("bulk", "resend"), ("sure", "yes")];
    fixture.owner.post(&selected, &fields).await.assert_redirect(&fixture.path);
    assert_eq!(fixture.app.mail_count("lou@example.com"), 2);
}

#[tokio::test]
async fn any_member_is_found_as_inviter() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let path = format!("/organizations/{organization}");
    let admin = owner.admin_role(&path).await;
    let ben = app.create_member(&owner, &organization, "ben@example.com", &admin).await;
    app.create_member(&owner, &organization, "kim@example.com", "").await;
    ben.post(&format!("{path}/invitations"), &[("email", "nina@example.com")]).await.ok();
    owner.post(&format!("{path}/invitations"), &[("email", "max@example.com")]).await.ok();
    let list = format!("{path}/-/invitations");
    let page = owner.get(&list).await.assert_page(200, "<option value=\"pick\">Another member…</option>");
    assert!(!page.contains("name=\"pick\""), "{page}");
    let page = owner.get(&format!("{list}?show=all&inviter=pick")).await.assert_page(200, "name=\"pick\"");
    assert!(page.contains("nina@example.com") && page.contains("max@example.com"), "{page}");
    let page = owner.get(&format!("{list}?show=all&inviter=pick&pick=ben")).await.assert_page(200, "Find member");
    let found = page.split_once("aria-label=\"Invited by\"").unwrap().1.split_once("</ul>").unwrap().0;
    assert_eq!(found.matches("<li>").count(), 1, "{found}");
    let url = found.split_once("<a href=\"").unwrap().1.split('"').next().unwrap().replace("&amp;", "&");
    let page = owner.get(&url.replace("&#38;", "&")).await.assert_page(200, "nina@example.com");
    assert!(url.contains("show=all") && !url.contains("pick"), "{url}");
    assert!(!page.contains("max@example.com") && page.contains("selected>ben</option>"), "{page}");
    // The name stands there also if the list is empty.
    let ben = page.split_once("selected>ben").unwrap().0.rsplit_once("<option value=\"").unwrap().1;
    let ben = ben.split('"').next().unwrap();
    let page = owner.get(&format!("{list}?show=declined&inviter={ben}")).await.assert_page(200, "Clear filters");
    assert!(page.contains("selected>ben</option>"), "{page}");
    owner.get(&format!("{list}?inviter=pick&pick=nobody")).await.assert_page(200, "No members match.");
    owner.get(&format!("{list}?inviter=7")).await.assert_page(200, "selected>a former member</option>");
}
