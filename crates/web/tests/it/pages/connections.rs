//! The identity providers of an organization: adding, testing, enabling and requiring one, its roles and sign-ins, and setup
//! links. Nothing here asks a provider.

use std::time::Duration;

use serde_json::json;

use super::reauthentication::confirm;
use crate::harness::{PASSWORD, TestApp, TestClient, create_role, text};

const FIELDS: [(&str, &str); 5] = [
    ("provider", "entra"),
    ("name", "Acme Entra"),
    ("issuer", "https://login.microsoftonline.com/0a1b2c3d-0000-0000-0000-000000000000/v2.0"),
    ("client_id", "vestibule"),
    ("client_secret", "s3cret-of-entra"),
];

/// The owner of an organization, and the path of its tab.
async fn owner(app: &TestApp) -> (TestClient, String, String) {
    let (owner, organization) = app.create_organization("olga@acme.example").await;
    let tab = format!("/organizations/{organization}/-/connections");
    (owner, organization, tab)
}

/// Adds a connection. Returns its path.
async fn add(owner: &TestClient, tab: &str) -> String {
    owner.post(tab, &FIELDS).await.assert_redirect(&format!("{tab}/"))
}

/// Verifies a domain of the organization. Returns its id.
async fn add_domain(app: &TestApp, owner: &TestClient, organization: &str, domain: &str) -> String {
    let added = owner.post(&format!("/organizations/{organization}/domains"), &[("domain", domain)]).await.ok();
    app.execute(&format!("UPDATE domains SET verified_at = 1 WHERE domain = '{domain}'"));
    text(&added["id"])
}

/// Adds a connection with a domain. Returns its path.
pub(crate) async fn add_connection(app: &TestApp, owner: &TestClient, organization: &str, domain: &str) -> String {
    let domain = add_domain(app, owner, organization, domain).await;
    let connection = add(owner, &format!("/organizations/{organization}/-/connections")).await;
    owner.post(&format!("{connection}/domains"), &[("domain", &domain)]).await.assert_redirect(&connection);
    connection
}

#[tokio::test]
async fn adding_begins_with_the_choice_of_a_provider() {
    let app = TestApp::start().await;
    let (owner, organization, tab) = owner(&app).await;
    owner.get(&tab).await.assert_page(200, "No connection yet");
    let page = owner.get(&format!("{tab}/new")).await.assert_page(200, "Which identity provider do you use?");
    for (key, name, shown) in [
        ("entra", "Microsoft Entra ID", "login.microsoftonline.com"),
        ("okta", "Okta", "your-company.okta.com"),
        ("google", "Google Workspace", "value=\"https://accounts.google.com\""),
        ("keycloak", "Keycloak", "/realms/"),
        ("other", "Another OpenID Connect provider", "login.example.com"),
    ] {
        assert!(page.contains(&format!("href=\"{tab}/new?provider={key}\"")) && page.contains(name), "{key}: {page}");
        let form = owner.get(&format!("{tab}/new?provider={key}")).await.assert_page(200, shown);
        let copied = format!("data-copy=\"http://vestibule.test/auth/sso/oidc/callback/{organization}\"");
        assert!(form.contains(&copied) && form.contains("Copy: Redirect URI"), "{key}: {form}");
        let guide = form.split_once("href=\"/docs/sso").unwrap().1.split('"').next().unwrap();
        app.anonymous().get(&format!("/docs/sso{guide}")).await.assert_page(200, "<h1");
    }
}

#[tokio::test]
async fn a_connection_is_added_disabled_and_never_shows_its_secret() {
    let app = TestApp::start().await;
    let (owner, _, tab) = owner(&app).await;
    let connection = add(&owner, &tab).await;
    let page = owner.get(&connection).await.assert_page(200, "Connection added. It is not enabled yet.");
    for shown in ["<bdi>Acme Entra</bdi>", ">Disabled<", "Nobody has signed in through this connection yet."] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let list = owner.get(&tab).await.assert_page(200, "login.microsoftonline.com");
    let edit = owner.get(&format!("{connection}/edit")).await.assert_page(200, "Leave empty to keep the current one.");
    for page in [page, list, edit] {
        assert!(!page.contains("s3cret-of-entra"), "{page}");
    }
    // An empty field keeps the secret.
    let changed =
        [("provider", "entra"), ("name", "Renamed"), FIELDS[2], FIELDS[3], ("secret_expires_on", "2026-02-01")];
    owner.post(&format!("{connection}/edit"), &changed).await.assert_redirect(&connection);
    let page = owner.get(&connection).await.assert_page(200, "<bdi>Renamed</bdi>");
    assert!(page.contains("Set, expires on 1 February 2026"), "{page}");
    assert!(page.contains("The client secret expires on 1 February 2026."), "{page}");
}

#[tokio::test]
async fn a_refused_form_says_why_at_the_field_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let (owner, _, tab) = owner(&app).await;
    for (field, value, id) in [
        ("name", "", "name-error"),
        ("issuer", "http://login.example.com", "issuer-error"),
        ("issuer", "https://10.0.0.1/", "issuer-error"),
        ("issuer", "https://login.example.com/?x", "issuer-error"),
        ("issuer", "", "issuer-error"),
        ("client_id", "", "client-id-error"),
        ("client_secret", "\u{e9}", "client-secret-error"),
        ("secret_expires_on", "soon", "secret-expires-error"),
        ("scopes", "open\"id", "scopes-error"),
    ] {
        let others = FIELDS.iter().copied().filter(|(name, _)| *name != field);
        let fields: Vec<_> = others.chain([(field, value)]).collect();
        let page = owner.post(&tab, &fields).await.assert_page(400, &format!("id=\"{id}\" role=\"alert\""));
        assert!(page.contains("value=\"vestibule\"") || field == "client_id", "{field}: {page}");
        assert!(!page.contains("s3cret-of-entra"), "{page}");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM enterprise_connections"), 0);
}

#[tokio::test]
async fn a_domain_must_be_verified_and_belongs_to_one_connection() {
    let app = TestApp::start().await;
    let (owner, organization, tab) = owner(&app).await;
    let connection = add(&owner, &tab).await;
    owner.get(&connection).await.assert_page(200, "This organization has no domain yet.");
    let domain = add_domain(&app, &owner, &organization, "acme.example").await;
    app.execute("UPDATE domains SET verified_at = NULL");
    let page = owner.get(&connection).await.assert_page(200, "acme.example");
    assert!(page.contains(&format!("value=\"{domain}\" disabled")), "{page}");
    let choose = [("domain", domain.as_str())];
    let path = format!("{connection}/domains");
    owner.post(&path, &choose).await.assert_page(400, "This domain is not verified yet.");
    app.execute("UPDATE domains SET verified_at = 1");
    owner.post(&path, &choose).await.assert_redirect(&connection);
    owner.get(&connection).await.assert_page(200, &format!("value=\"{domain}\" checked"));
    let other = add(&owner, &tab).await;
    owner.post(&format!("{other}/domains"), &choose).await.assert_page(400, "Another connection has this domain.");
    owner.post(&path, &[("domain", "nonsense")]).await.assert_page(404, "<h1>");
}

#[tokio::test]
async fn requiring_needs_a_sign_in_of_an_admin_and_says_what_follows() {
    let app = TestApp::start().await;
    let (owner, organization, _) = owner(&app).await;
    app.verify_all_addresses();
    let connection = add_connection(&app, &owner, &organization, "acme.example").await;
    let require = format!("{connection}/require");
    let page = owner.get(&connection).await.assert_page(200, "an admin has to sign in through this connection");
    assert!(!page.contains("name=\"required\""), "{page}");
    owner.post(&format!("{connection}/enable"), &[]).await.assert_redirect(&connection);
    owner.get(&connection).await.assert_page(200, "Connection enabled.");
    let refused = owner.post(&require, &[("required", "true"), ("sure", "yes")]).await;
    refused.assert_page(400, "an admin has to sign in through this connection");
    app.execute("UPDATE enterprise_connections SET admin_signed_in_at = 1");
    let page = owner.post(&require, &[("required", "true")]).await;
    let page = page.assert_page(200, "Require single sign-on in Acme?");
    assert!(page.contains("acme.example") && page.contains("at least one admin has set up a passkey"), "{page}");
    owner.post(&require, &[("required", "true"), ("sure", "yes")]).await.assert_redirect(&connection);
    assert_eq!(app.count("SELECT COUNT(*) FROM enterprise_connections WHERE is_required = 1"), 1);
    // The owner has signed in with a password alone.
    owner.get(&connection).await.assert_page(403, "Acme requires single sign-on");
    app.execute("UPDATE sign_ins SET proofs = 'password authenticator'");
    owner.get(&connection).await.assert_page(200, "Stop requiring it");
    let stop = [("required", "false"), ("sure", "yes")];
    owner.post(&require, &stop).await.assert_redirect(&connection);
    owner.get(&connection).await.assert_page(200, "Single sign-on is no longer required.");
    let disabled = owner.post(&format!("{connection}/disable"), &[]).await.assert_page(200, "Disable Acme Entra?");
    assert!(!disabled.contains("no longer required"), "{disabled}");
    owner.post(&format!("{connection}/disable"), &[("sure", "yes")]).await.assert_redirect(&connection);
    owner.post(&format!("{connection}/delete"), &[]).await.assert_page(200, "Delete Acme Entra?");
    let deleted = owner.post(&format!("{connection}/delete"), &[("sure", "yes")]).await;
    let tab = deleted.assert_redirect(connection.rsplit_once('/').unwrap().0);
    owner.get(&tab).await.assert_page(200, "Connection deleted.");
    owner.get(&connection).await.assert_page(404, "This connection no longer exists.");
}

/// The page asks in place, and goes on with what was typed, but for the secret, which is typed again.
#[tokio::test]
async fn changes_of_an_enabled_connection_ask_for_a_proof() {
    let max_age = Duration::from_mins(10);
    let app = TestApp::with_settings(|settings| settings.reauthentication.max_age = max_age).await;
    let (owner, organization, _) = owner(&app).await;
    let connection = add_connection(&app, &owner, &organization, "acme.example").await;
    let right = [("proof", "password"), ("proof_password", PASSWORD)];
    for (action, fields, said) in [
        ("enable", &[][..], "change a connection"),
        ("edit", &FIELDS[..], "change a connection"),
        ("domains", &[][..], "change a connection"),
        ("mapping", &[("groups_claim", "roles")][..], "change a connection"),
        ("require", &[("required", "true"), ("sure", "yes")][..], "have to sign in with single sign-on"),
        ("delete", &[("sure", "yes")][..], "delete a connection"),
    ] {
        if action == "require" {
            app.execute("UPDATE enterprise_connections SET admin_signed_in_at = 1");
            app.execute(&format!(
                "INSERT INTO connection_domains (organization_id, domain_id, connection_id, created_at)
                 SELECT d.organization_id, d.id, c.id, 0 FROM domains d
                   JOIN enterprise_connections c ON c.organization_id = d.organization_id
                  WHERE d.organization_id = {organization}"
            ));
        }
        app.advance(max_age);
        let path = format!("{connection}/{action}");
        let page = owner.post(&path, fields).await.assert_page(403, "Confirm access");
        assert!(page.contains(said) && !page.contains("s3cret-of-entra"), "{action}: {page}");
        assert_eq!(page.contains("name=\"client_secret\""), action == "edit", "{action}: {page}");
        let secret: &[(&str, &str)] = if action == "edit" { &[("client_secret", "s3cret-2-of-entra")] } else { &[] };
        let typed: Vec<_> = right.iter().chain(secret).copied().collect();
        confirm(&owner, &page, &typed).await.assert_redirect("/organizations/");
        // With the new secret.
        assert!(action != "edit" || app.count("SELECT version FROM enterprise_connections") == 2);
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM enterprise_connections"), 0);
}

#[tokio::test]
async fn groups_have_roles_that_the_author_can_give() {
    let app = TestApp::start().await;
    let (owner, organization, tab) = owner(&app).await;
    let connection = add(&owner, &tab).await;
    let role = create_role(&owner, &format!("/organizations/{organization}"), &["organization:manage_members"]).await;
    let path = format!("{connection}/mapping");
    let page = owner.get(&path).await.assert_page(200, "name=\"groups_claim\"");
    assert!(page.contains("placeholder=\"given_name\"") && page.contains(">Role</option>"), "{page}");
    let incomplete = owner.post(&path, &[("group", "Staff"), ("role", "")]).await;
    let page = incomplete.assert_page(400, "Choose a role for each group");
    assert!(page.contains("name=\"group\" maxlength=\"200\" value=\"Staff\""), "{page}");
    let fields = [("groups_claim", "realm_access.roles"), ("group", "Staff & co"), ("role", role.as_str())];
    owner.post(&path, &[("groups_claim", "a..b")]).await.assert_page(400, "Check the names of the claims");
    owner.post(&path, &[("groups_claim", "x"), ("more", "yes")]).await.assert_page(200, "value=\"x\"");
    owner.post(&path, &fields).await.assert_redirect(&connection);
    owner.get(&connection).await.assert_page(200, "1 group has a role here.");
    let page = owner.get(&path).await.assert_page(200, "value=\"realm_access.roles\"");
    assert!(
        page.contains("value=\"Staff &#38; co\"") && page.contains(&format!("value=\"{role}\" selected")),
        "{page}"
    );
}

#[tokio::test]
async fn a_sign_in_is_shown_step_by_step() {
    let app = TestApp::start().await;
    let (owner, organization, tab) = owner(&app).await;
    let connection = add(&owner, &tab).await;
    let id = connection.rsplit('/').next().unwrap();
    let steps = json!([
        {"name": "token_exchange", "is_ok": true, "code": null, "rule": null, "received": null},
        {"name": "id_token", "is_ok": true, "code": null, "rule": null,
         "received": {"sub": "7", "email": "nina@<b>.example"}},
        {"name": "membership", "is_ok": false, "code": "JIT_DISABLED", "rule": "jit_enabled", "received": null},
    ]);
    app.execute(&format!(
        "INSERT INTO connection_traces (id, organization_id, connection_id, purpose, error_code, steps, created_at)
         VALUES (91, {organization}, {id}, 'sign_in', 'JIT_DISABLED', '{steps}', 1)"
    ));
    let page = owner.get(&connection).await.assert_page(200, "nina@&#60;b&#62;.example");
    assert!(page.contains(&format!("href=\"{connection}/sign-ins/91\"")) && page.contains(">Failed<"), "{page}");
    let page = owner.get(&format!("{connection}/sign-ins/91")).await.assert_page(200, "<h2>What happened</h2>");
    for shown in [
        "Exchange of the code",
        "ID token",
        "<code>JIT_DISABLED</code>",
        "<code>jit_enabled</code>",
        "or is not a member",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("<b>.example"), "{page}");
    owner.get(&format!("{connection}/sign-ins/92")).await.assert_page(404, "<h1>");
    let (stranger, other) = app.create_organization("stranger@example.com").await;
    let foreign = format!("/organizations/{other}/-/connections/{id}/sign-ins/91");
    stranger.get(&foreign).await.assert_page(404, "<h1>");
}

#[tokio::test]
async fn setup_links_are_shown_once_and_revoked() {
    let app = TestApp::start().await;
    let (owner, _, tab) = owner(&app).await;
    let create = format!("{tab}/setup-links");
    owner.get(&tab).await.assert_page(200, "id=\"setup-links\"");
    let fields = [("recipient", "IT & co"), ("purpose", "sso"), ("days", "14")];
    let page = owner.post(&create, &fields).await.assert_page(200, "<h1>Setup link created</h1>");
    assert!(page.contains("data-copy=\"http://vestibule.test/setup#token=vsl_"), "{page}");
    let page = owner.get(&tab).await.assert_page(200, "IT &#38; co");
    assert!(!page.contains("vsl_") && page.contains("not used yet"), "{page}");
    for (fields, error) in
        [([("recipient", ""), ("purpose", "sso")], 400), ([("recipient", "IT"), ("purpose", "nonsense")], 400)]
    {
        assert_eq!(owner.post(&create, &fields).await.status, error, "{fields:?}");
    }
    let revoke = page.split_once("/setup-links/").unwrap().1;
    let revoke = format!("{create}/{}/revoke", revoke.split('/').next().unwrap());
    owner.post(&revoke, &[]).await.assert_page(200, "Revoke the link for IT &#38; co?");
    owner.post(&revoke, &[("sure", "yes")]).await.assert_redirect(&tab);
    owner.get(&tab).await.assert_page(200, "Link revoked.");
}

#[tokio::test]
async fn members_see_nothing_of_it() {
    let app = TestApp::start().await;
    let (owner, organization, tab) = owner(&app).await;
    let connection = add(&owner, &tab).await;
    let nina = app.create_member(&owner, &organization, "nina@acme.example", "").await;
    assert!(!nina.get(&format!("/organizations/{organization}/-/members")).await.text.contains("/-/connections"));
    for path in [tab.clone(), format!("{tab}/new"), connection.clone(), format!("{connection}/mapping")] {
        nina.get(&path).await.assert_page(403, "have access to this page");
    }
    for action in ["enable", "test", "test-sign-in", "delete"] {
        assert_eq!(nina.post(&format!("{connection}/{action}"), &[("sure", "yes")]).await.status, 403, "{action}");
    }
    // Managers of settings prepare connections, and admins enable them.
    let role = create_role(&owner, &format!("/organizations/{organization}"), &["organization:manage_settings"]).await;
    let mia = app.create_member(&owner, &organization, "mia@acme.example", &role).await;
    let page = mia.get(&connection).await.assert_page(200, "Only an admin of the organization can do this.");
    assert!(!page.contains("/enable\""), "{page}");
    assert!(!mia.get(&tab).await.text.contains("id=\"setup-links\""));
    mia.post(&format!("{connection}/enable"), &[]).await.assert_page(403, "You do not have permission");
}
