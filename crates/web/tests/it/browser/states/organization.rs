//! The pages of an organization.

use super::States;
use crate::harness::{DAY, PASSWORD, TestApp, TestClient, text};
use crate::pages::member_pages;

struct Fixture {
    app: TestApp,
    owner: TestClient,
    member: TestClient,
    organization: String,
    /// `/organizations/{id}/-`
    path: String,
}

/// Creates an organization with content on every page.
async fn create() -> Fixture {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@acme.example").await;
    let member = app.create_member(&owner, &organization, "nina@acme.example", "").await;
    let api = format!("/organizations/{organization}");
    owner.post(&format!("{api}/roles"), &[("name", "Lead"), ("permissions", "organization:manage_members")]).await.ok();
    for name in ["Warehouse", "Shop"] {
        owner.post("/workspaces", &[("organization_id", &organization), ("name", name)]).await.ok();
    }
    for domain in ["acme.example", "acme.test"] {
        owner.post(&format!("{api}/domains"), &[("domain", domain), ("joining", "request")]).await.ok();
    }
    app.execute("UPDATE domains SET verified_at = 1 WHERE domain LIKE '%.example'");
    let invitations = format!("{api}/invitations");
    let invite = async |email: &str, days: &str| {
        let invitation = owner.post(&invitations, &[("email", email), ("expiry_days", days)]).await.ok();
        drop(invitation);
    };
    invite("expired@leaf.example", "1").await;
    app.advance(DAY * 2);
    let token = app.mailed_token("expired@leaf.example");
    app.anonymous().post("/organizations/invitations/renew", &[("token", &token)]).await.ok();
    let refused = vestibule_core::mail::DeliveryError { reason: "550 5.1.1 no such user".to_owned(), retry: false };
    app.inner.mailbox.fail_next(refused);
    invite("bounced@leaf.example", "7").await;
    invite("a-rather-long-address-of-somebody@a-rather-long-domain-name-of-a-company.example", "7").await;
    invite("revoked@leaf.example", "7").await;
    let listed = owner.get(&invitations).await.ok();
    let is_revoked = |one: &&serde_json::Value| one.to_string().contains("revoked@leaf.example");
    let revoked = text(&listed.as_array().unwrap().iter().find(is_revoked).unwrap()["id"]);
    owner.post(&format!("{invitations}/{revoked}/discard"), &[]).await.ok();
    Fixture { path: format!("{api}/-"), app, owner, member, organization }
}

/// Returns the id in the first link of a page to an item of a tab.
fn first_id(page: &str, tab: &str) -> String {
    let found = [format!("/-/{tab}/"), format!("href=\"{tab}/")].into_iter().find_map(|start| {
        let starts = page.split(&start).skip(1);
        starts.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().to_owned()).find(|id| id.len() > 5)
    });
    found.unwrap_or_else(|| panic!("no link to {tab} in {page}"))
}

pub(super) async fn collect(states: &mut States) {
    let fixture = create().await;
    let Fixture { app, owner, member, organization, path } = &fixture;
    for page in member_pages(organization).iter().filter(|page| page.contains("/-/")) {
        states.add(page.rsplit('/').next().unwrap(), owner.get(page).await.text);
        states.add(&format!("{page} as a member"), member.get(page).await.text);
    }
    let nothing =
        ["members?search=nobody", "invitations?search=nobody", "workspaces?search=nobody", "audit-log?to=2001-01-01"];
    for tab in nothing {
        states.add(tab, owner.get(&format!("{path}/{tab}")).await.text);
    }
    for show in ["expired", "accepted", "revoked", "all", "declined"] {
        states.add(show, owner.get(&format!("{path}/invitations?show={show}")).await.text);
    }
    items(states, &fixture).await;
    webhooks(states, &fixture).await;
    connections(states, &fixture).await;
    inviting(states, &fixture).await;
    second_factors(states, &fixture).await;
    // Nobody but the owner.
    let created = owner.post("/organizations", &[("name", "Empty")]).await.ok();
    let empty = text(&created["organization"]["id"]);
    for page in member_pages(&empty).iter().filter(|page| page.contains("/-/")) {
        states.add(&format!("empty {page}"), owner.get(page).await.text);
    }
    // The account was switched in another tab.
    let other = app.anonymous();
    for email in ["nina@acme.example", "olga@acme.example"] {
        other.post("/sign-in", &[("identifier", email), ("password", PASSWORD)]).await.assert_redirect("/");
    }
    let page = other.post(&format!("{path}/settings"), &[("name", "New"), ("account", "7")]).await;
    states.add("account switched", page.assert_page(409, "<main"));
}

/// Required two-factor authentication, and its confirmation.
async fn second_factors(states: &mut States, Fixture { app, owner, member, path, .. }: &Fixture) {
    let members = format!("{path}/members");
    let require = |from: i64| {
        app.execute(&format!("UPDATE organizations SET enforce_mfa = 1, mfa_enforced_from = {from}"));
    };
    // Later, and now.
    require(1_900_000_000_000_000);
    states.add("two-factor authentication by a date", member.get(&members).await.assert_page(200, "callout warn"));
    states.add("settings during the grace period", owner.get(&format!("{path}/settings")).await.text);
    require(0);
    states.add("two-factor authentication required", member.get(&members).await.assert_page(403, "<main"));
    states.add("organizations that require it", member.get("/organizations").await.text);
    states.add("choice of organizations that require it", member.get("/choose-organization").await.text);
    app.execute("UPDATE organizations SET enforce_mfa = 0");
    app.execute("UPDATE sign_ins SET proofs = 'password authenticator'");
    for requirement in ["two_factors", "phishing_resistant"] {
        let fields = [("requirement", requirement), ("grace_days", "14")];
        states.add(&format!("require {requirement}"), owner.post(&format!("{path}/settings/mfa"), &fields).await.text);
    }
    app.execute("UPDATE sign_ins SET proofs = 'password'");
}

/// Members, roles, workspaces and domains: their pages, confirmations, and messages.
async fn items(states: &mut States, Fixture { owner, path, .. }: &Fixture) {
    let id = async |tab: &str| first_id(&owner.get(&format!("{path}/{tab}")).await.text, tab);
    let members = owner.get(&format!("{path}/members?sort=-joined")).await.text;
    let nina = members.split_once("name=\"remove\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let (workspace, domain, role) = (id("workspaces").await, id("domains").await, id("roles").await);
    for page in
        [format!("members/{nina}"), format!("workspaces/{workspace}"), format!("roles/{role}"), "roles/new".to_owned()]
    {
        states.add(&page, owner.get(&format!("{path}/{page}")).await.text);
    }
    let member = format!("members/{nina}");
    let confirmations = [
        format!("{member}/remove"),
        format!("{member}/transfer"),
        format!("workspaces/{workspace}/delete"),
        format!("workspaces/{workspace}/leave"),
        format!("domains/{domain}/delete"),
        format!("roles/{role}/delete"),
        "leave".to_owned(),
        "delete".to_owned(),
    ];
    for page in &confirmations {
        states.add(page, owner.post(&format!("{path}/{page}"), &[]).await.text);
    }
    let errors: [(&str, &[(&str, &str)]); 6] = [
        ("delete", &[("sure", "yes"), ("typed_name", "nothing")]),
        ("settings", &[("name", ""), ("description", "")]),
        ("settings/network", &[("addresses", "nowhere"), ("restricts", "yes")]),
        ("workspaces", &[("name", "")]),
        ("domains", &[("domain", "no domain")]),
        ("roles", &[("name", "")]),
    ];
    for (page, fields) in errors {
        states.add(&format!("{page} {fields:?}"), owner.post(&format!("{path}/{page}"), fields).await.text);
    }
    let listed = owner.get(&format!("{path}/members")).await.text;
    let select = listed.split_once("<select name=\"role.").unwrap().1;
    let admin = select.split("<option value=\"").skip(1).find(|option| option.contains(">Admin")).unwrap();
    let admin = admin.split('"').next().unwrap();
    let members = format!("{path}/members");
    let field = format!("role.{nina}");
    let save = [("save", nina.as_str()), (field.as_str(), admin)];
    states.add("make an admin", owner.post(&members, &save).await.text);
    let bulk = [("member", nina.as_str()), ("bulk", "role"), ("bulk_role", "1")];
    states.add("bulk of members", owner.post(&members, &bulk).await.text);
    let removal = [("member", nina.as_str()), ("bulk", "remove")];
    states.add("bulk removal", owner.post(&members, &removal).await.text);
}

/// An endpoint of webhooks in each state, and its deliveries.
async fn webhooks(states: &mut States, Fixture { app, owner, path, .. }: &Fixture) {
    let tab = format!("{path}/webhooks");
    states.add("webhooks/new", owner.get(&format!("{tab}/new")).await.text);
    let refused = [("url", "http://10.0.0.1/"), ("which", "some"), ("description", "CRM")];
    states.add("webhooks refused", owner.post(&tab, &refused).await.text);
    let url = "https://a-rather-long-host-name-of-a-company.example/integrations/organizations/hooks?source=vestibule";
    let fields = [("url", url), ("description", "CRM"), ("which", "some"), ("event", "organization.member.added")];
    states.add("webhooks secret", owner.post(&tab, &fields).await.text);
    let listed = owner.get(&tab).await.text;
    states.add("webhooks list", listed.clone());
    let endpoint = format!("{tab}/{}", first_id(&listed, "webhooks"));
    states.add("webhooks without deliveries", owner.get(&endpoint).await.text);
    states.add("webhooks edit", owner.get(&format!("{endpoint}/edit")).await.text);
    let delivery = owner.post(&format!("{endpoint}/test"), &[]).await.assert_redirect(&endpoint);
    states.add("webhooks waiting", owner.get(&delivery).await.text);
    // The host has no address.
    vestibule_core::webhook::drain(&app.inner.service).await.unwrap();
    states.add("webhooks delivery", owner.get(&delivery).await.text);
    states.add("webhooks failing", owner.get(&endpoint).await.text);
    states.add("webhooks failing list", owner.get(&tab).await.text);
    states.add("webhooks no match", owner.get(&format!("{endpoint}?state=cancelled")).await.text);
    states.add("webhooks bad span", owner.post(&format!("{endpoint}/replay"), &[("from", "x")]).await.text);
    let span = [("from", "2026-01-01T00:00")];
    states.add("webhooks replay", owner.post(&format!("{endpoint}/replay"), &span).await.text);
    for action in ["rotate", "delete"] {
        states.add(&format!("webhooks {action}"), owner.post(&format!("{endpoint}/{action}"), &[]).await.text);
    }
    let rotated = owner.post(&format!("{endpoint}/rotate"), &[("sure", "yes")]).await;
    states.add("webhooks rotated", rotated.text);
    owner.post(&format!("{endpoint}/disable"), &[]).await.assert_redirect(&endpoint);
    states.add("webhooks disabled", owner.get(&endpoint).await.text);
}

/// A connection to an identity provider, and the pages on which it is set up.
async fn connections(states: &mut States, Fixture { app, owner, path, organization, .. }: &Fixture) {
    let tab = format!("{path}/connections");
    for page in ["new", "new?provider=entra", "new?provider=google", "new?provider=other"] {
        states.add(&format!("connections/{page}"), owner.get(&format!("{tab}/{page}")).await.text);
    }
    let refused =
        [("provider", "okta"), ("issuer", "http://10.0.0.1"), ("scopes", "\""), ("secret_expires_on", "soon")];
    states.add("connections refused", owner.post(&tab, &refused).await.text);
    let long = "a-rather-long-host-name-of-an-identity-provider-of-a-company.example";
    let issuer = format!("https://{long}/realms/{long}");
    let fields = [("name", "Keycloak"), ("issuer", issuer.as_str()), ("client_id", "vestibule")];
    let connection = owner.post(&tab, &fields).await.assert_redirect(&format!("{tab}/"));
    states.add("connections list", owner.get(&tab).await.text);
    for page in ["", "/edit", "/mapping"] {
        states.add(&format!("connection{page}"), owner.get(&format!("{connection}{page}")).await.text);
    }
    let incomplete = [("group", "Staff"), ("role", "")];
    states.add("connection mapping refused", owner.post(&format!("{connection}/mapping"), &incomplete).await.text);
    // The host has no address.
    states.add("connection tested", owner.post(&format!("{connection}/test"), &[]).await.text);
    for action in ["disable", "delete"] {
        states.add(&format!("connection {action}"), owner.post(&format!("{connection}/{action}"), &[]).await.text);
    }
    let refused = [("required", "true"), ("sure", "yes")];
    states.add("connection not required", owner.post(&format!("{connection}/require"), &refused).await.text);
    let link = [("recipient", "A rather long name of a department of a company"), ("purpose", "sso"), ("days", "7")];
    states.add("setup link", owner.post(&format!("{tab}/setup-links"), &link).await.text);
    states.add("setup links refused", owner.post(&format!("{tab}/setup-links"), &[("recipient", "IT")]).await.text);
    let connection = connection.rsplit('/').next().unwrap();
    let steps =
        r#"[{"name": "id_token", "is_ok": false, "code": "wrong_issuer", "rule": "iss", "received": {"sub": "7"}}]"#;
    app.execute(&format!(
        "INSERT INTO connection_traces (id, organization_id, connection_id, purpose, error_code, steps, created_at)
         VALUES (91, {organization}, {connection}, 'test', 'INVALID_IDENTITY', '{steps}', 1)"
    ));
    states.add("connection trace", owner.get(&format!("{tab}/{connection}/sign-ins/91")).await.text);
    app.execute("DELETE FROM enterprise_connections");
}

/// What follows on the form with addresses, and on the list.
async fn inviting(states: &mut States, Fixture { app, owner, path, .. }: &Fixture) {
    let invitations = format!("{path}/invitations");
    let addresses = ("emails", "kim@example.com, nobody, nina@acme.example, bounced@leaf.example");
    states.add("review", owner.post(&invitations, &[addresses, ("do", "review")]).await.text);
    let table = [
        ("emails", "kim@example.com"),
        ("do", "review"),
        ("table", "Zoe,Buyer,zoe@example.com\nBen,Baker,ben@example.com"),
        ("email_column", "9"),
    ];
    states.add("columns", owner.post(&invitations, &table).await.text);
    states.add("lost session", app.anonymous().post(&invitations, &[addresses]).await.text);
    let id = first_id(&owner.get(&invitations).await.text, "invitations");
    states.add("link", owner.get(&format!("{invitations}/{id}/link")).await.text);
    states.add("result", owner.post(&invitations, &[addresses, ("do", "invite")]).await.text);
    states.add("after the result", owner.get(&invitations).await.text);
    let requests = owner.get(&format!("{path}/requests")).await.text;
    let request = requests.split_once("name=\"request\" value=\"").unwrap().1.split('"').next().unwrap();
    app.execute("UPDATE domains SET joining = 'none'");
    app.execute("UPDATE organizations SET deleted_at = NULL");
    let deny = owner.post(&format!("{path}/requests"), &[("deny", request)]).await;
    deny.assert_redirect("/");
    states.add("no requests, with a message", owner.get(&format!("{path}/requests")).await.text);
}
