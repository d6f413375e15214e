//! Setup links: what they open, for whom, and until when.

use std::time::Duration;

use serde_json::json;
use vestibule_core::cleanup::delete_expired;
use vestibule_core::domain::{self, DomainName, JoinPolicy};
use vestibule_core::enterprise_connection::{ClientId, ClientSecret, SecretChange, Update};
use vestibule_core::execution::Caller;
use vestibule_core::id::DomainId;
use vestibule_core::organization::ListRoles;
use vestibule_core::secret::SetupToken;
use vestibule_core::settings::Settings;
use vestibule_core::{Code, Command, Query};

use crate::audit_log::sealed;
use crate::harness::{DAY, TestApp, TestClient, text};

struct Setup {
    app: TestApp,
    owner: TestClient,
    organization: String,
    links: String,
}

async fn setup() -> Setup {
    setup_with(|_| ()).await
}

async fn setup_with(change: impl FnOnce(&mut Settings)) -> Setup {
    let app = TestApp::with_settings(change).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let links = format!("/organizations/{organization}/setup-links");
    Setup { app, owner, organization, links }
}

impl Setup {
    /// Creates a link. Returns its id and token.
    async fn create(&self, purposes: &[&str]) -> (String, String) {
        let body = json!({"purposes": purposes, "recipient": "IT department", "expires_in_hours": 24});
        let created = self.owner.post_json(&self.links, &body).await.ok();
        let url = text(&created["url"]);
        let token = url.split_once("/setup#token=").unwrap().1.to_owned();
        self.app.inner.secret_scan.add_unlogged(&token);
        (text(&created["id"]), token)
    }

    /// A browser that has opened the link.
    async fn open(&self, token: &str) -> TestClient {
        let browser = self.app.anonymous();
        browser.post("/setup", &[("token", token)]).await.assert_redirect("/setup");
        browser
    }

    fn caller(token: &str) -> Caller {
        let setup_token: SetupToken = token.parse().unwrap();
        Caller { setup_token: Some(setup_token), ..Caller::anonymous() }
    }

    async fn query<Q: Query>(&self, token: &str, query: Q) -> Result<Q::Out, Code> {
        let reply = self.app.inner.service.query(&Self::caller(token), &query).await;
        reply.result.map_err(|problem| problem.code())
    }

    async fn run<C: Command>(&self, token: &str, command: C) -> Result<C::Out, Code> {
        let reply = self.app.inner.service.run(&Self::caller(token), command).await;
        reply.result.map_err(|problem| problem.code())
    }

    async fn list_domains(&self, token: &str) -> Result<usize, Code> {
        let list = domain::List { organization: self.organization.parse().unwrap() };
        self.query(token, list).await.map(|domains| domains.len())
    }
}

#[tokio::test]
async fn shows_the_url_once_and_lists_links_without_it() {
    let setup = setup().await;
    for (body, code) in [
        (json!({"recipient": "IT"}), "REQUIRED_FIELD"),
        (json!({"purposes": ["sso"]}), "REQUIRED_FIELD"),
        (json!({"purposes": ["members"], "recipient": "IT"}), "INVALID_FIELD"),
        (json!({"purposes": ["sso"], "recipient": "IT", "expires_in_hours": 0}), "INVALID_FIELD"),
        (json!({"purposes": ["sso"], "recipient": "IT", "expires_in_hours": 721}), "INVALID_FIELD"),
    ] {
        setup.owner.post_json(&setup.links, &body).await.assert_error(400, code);
    }
    let (link, token) = setup.create(&["domains", "sso"]).await;
    let listed = setup.owner.get(&setup.links).await;
    assert!(!listed.text.contains(&token), "{}", listed.text);
    let listed = listed.ok();
    assert_eq!((&listed[0]["id"], &listed[0]["purposes"]), (&json!(link), &json!(["sso", "domains"])));
    assert_eq!((&listed[0]["state"], &listed[0]["uses"]), (&json!("active"), &json!(0)));
    assert_eq!(listed[0]["created_by"]["first_name"], "olga");
    setup.open(&token).await;
    let listed = setup.owner.get(&setup.links).await.ok();
    assert_eq!((&listed[0]["uses"], listed[0]["last_used_at"].is_string()), (&json!(1), true));
}

#[tokio::test]
async fn asks_for_a_recent_proof_before_a_link_is_made() {
    let setup = setup_with(|settings| settings.reauthentication.max_age = Duration::from_mins(10)).await;
    setup.app.advance(Duration::from_mins(11));
    let fields = [("purposes", "sso"), ("recipient", "IT")];
    setup.owner.post(&setup.links, &fields).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    setup.owner.reauthenticate().await;
    setup.owner.post(&setup.links, &fields).await.ok();
}

#[tokio::test]
async fn opens_the_pages_of_its_purposes_without_an_account() {
    let setup = setup().await;
    let (link, token) = setup.create(&["domains"]).await;
    let browser = setup.open(&token).await;
    let page = browser.get("/setup").await.assert_page(200, "Set up Acme");
    assert!(page.contains("/setup/domains") && !page.contains("/setup/connections"), "{page}");
    browser.post("/setup/domains", &[("domain", "gmail.com")]).await.assert_page(400, "Anybody can get an address");
    browser.post("/setup/domains", &[("domain", "acme.example")]).await.assert_redirect("/setup/domains");
    let page =
        browser.get("/setup/domains").await.assert_page(200, "data-copy=\"_vestibule-verification.acme.example\"");
    let id = page.split_once("/setup/domains/").unwrap().1.split('/').next().unwrap().to_owned();
    let verify = format!("/setup/domains/{id}/verify");
    browser.post(&verify, &[]).await.assert_page(400, "TXT record was not found");
    let data = page.split_once("data-copy=\"vestibule-verify=").unwrap().1.split('"').next().unwrap();
    let (name, data) = ("_vestibule-verification.acme.example".to_owned(), format!("vestibule-verify={data}"));
    setup.app.inner.dns.records.lock().unwrap().entry(name).or_default().push(data);
    browser.post(&verify, &[]).await.assert_redirect("/setup/domains");
    browser.get("/setup/done").await.assert_page(200, "Tell the admin of Acme");
    // It opens nothing else.
    assert_eq!(browser.get("/setup/connections").await.status, 403);
    browser.get(&format!("/organizations/{}/-/domains", setup.organization)).await.assert_redirect("/sign-in");
    let domains = format!("/organizations/{}/domains", setup.organization);
    browser.get(&domains).await.assert_error(401, "UNAUTHORIZED");
    let entries = sealed(&setup.app, &setup.owner, &setup.organization).await;
    let by_link: Vec<_> = entries.iter().filter(|entry| entry["actor"]["type"] == "setup_link").collect();
    let actions: Vec<_> = by_link.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    let expected = ["organization.setup_link.used", "organization.domain.created", "organization.domain.verified"];
    assert_eq!(actions, expected);
    assert!(by_link.iter().all(|entry| entry["actor"]["id"] == link.as_str()), "{by_link:#?}");
    let log = format!("/organizations/{}/-/audit-log", setup.organization);
    setup.owner.get(&log).await.assert_page(200, &format!("Setup link {link}"));
}

#[tokio::test]
async fn forgets_the_link_on_request() {
    let setup = setup().await;
    let (_, token) = setup.create(&["domains"]).await;
    let browser = setup.open(&token).await;
    browser.post("/setup/close", &[]).await.assert_redirect("/setup");
    browser.get("/setup").await.assert_page(200, "Link closed in this browser.");
    browser.get("/setup/domains").await.assert_page(200, "Paste the setup link");
    assert_eq!(setup.list_domains(&token).await, Ok(0), "it is valid still");
}

#[tokio::test]
async fn refuses_what_is_not_for_the_link() {
    let setup = setup().await;
    let (_, token) = setup.create(&["domains"]).await;
    let (_, sso) = setup.create(&["sso"]).await;
    let organization = setup.organization.parse().unwrap();
    let (_, other) = setup.app.create_organization("otto@example.com").await;
    let elsewhere = domain::List { organization: other.parse().unwrap() };
    assert_eq!(setup.query(&token, elsewhere).await.err(), Some(Code::Forbidden));
    assert_eq!(setup.list_domains(&sso).await, Err(Code::Forbidden));
    assert_eq!(setup.query(&token, ListRoles { organization }).await.err(), Some(Code::Forbidden));
    let domain = DomainName::parse("acme.example").unwrap();
    let admitting = domain::Add { organization, domain, joining: Some(JoinPolicy::Auto) };
    assert_eq!(setup.run(&token, admitting).await.err(), Some(Code::Forbidden));
    let link = vestibule_core::setup_link::List { organization };
    assert_eq!(setup.query(&token, link).await.err(), Some(Code::Forbidden));
}

#[tokio::test]
async fn acts_by_the_link_if_an_admin_has_opened_it() {
    let setup = setup().await;
    let (_, token) = setup.create(&["domains"]).await;
    setup.owner.post("/setup", &[("token", &token)]).await.assert_redirect("/setup");
    setup.owner.post("/setup/domains", &[("domain", "acme.example")]).await.assert_redirect("/setup/domains");
    let entries = sealed(&setup.app, &setup.owner, &setup.organization).await;
    let added = entries.iter().find(|entry| entry["action"] == "organization.domain.created").unwrap();
    assert_eq!(added["actor"]["type"], "setup_link");
}

#[tokio::test]
async fn ends_when_it_is_revoked_or_expires() {
    let setup = setup().await;
    let (link, token) = setup.create(&["domains"]).await;
    let browser = setup.open(&token).await;
    let revoke = format!("{}/{link}/revoke", setup.links);
    assert_eq!(setup.owner.post(&revoke, &[]).await.ok()["state"], "revoked");
    setup.owner.post(&revoke, &[]).await.assert_error(404, "SETUP_LINK_NOT_FOUND");
    assert_eq!(setup.list_domains(&token).await, Err(Code::InvalidSetupLink));
    browser.get("/setup/domains").await.assert_page(403, "has expired or was revoked");
    browser.post("/setup", &[("token", &token)]).await.assert_page(403, "has expired or was revoked");
    browser.post("/setup", &[("token", "nonsense")]).await.assert_page(403, "has expired or was revoked");
    let (_, token) = setup.create(&["domains"]).await;
    setup.app.advance(DAY);
    assert_eq!(setup.list_domains(&token).await, Err(Code::InvalidSetupLink));
    assert_eq!(setup.owner.get(&setup.links).await.ok()[0]["state"], "expired");
}

#[tokio::test]
async fn ends_with_the_authority_of_its_creator() {
    let setup = setup().await;
    let path = format!("/organizations/{}", setup.organization);
    let admin = setup.owner.admin_role(&path).await;
    let kim = setup.app.create_member(&setup.owner, &setup.organization, "kim@example.com", &admin).await;
    let body = json!({"purposes": ["domains"], "recipient": "IT"});
    let created = kim.post_json(&setup.links, &body).await.ok();
    let token = text(&created["url"]).split_once("#token=").unwrap().1.to_owned();
    assert_eq!(setup.list_domains(&token).await, Ok(0));
    let member = text(&kim.get("/me").await.ok()["id"]);
    let role = format!("{path}/members/{member}/roles/{admin}");
    setup.owner.post(&format!("{role}/remove"), &[]).await.ok();
    assert_eq!(setup.list_domains(&token).await, Err(Code::InvalidSetupLink));
    assert_eq!(setup.owner.get(&setup.links).await.ok()[0]["state"], "suspended");
    setup.owner.post(&format!("{role}/add"), &[]).await.ok();
    assert_eq!(setup.list_domains(&token).await, Ok(0));
    setup.owner.post(&format!("{path}/members/{member}/remove"), &[]).await.ok();
    assert_eq!(setup.list_domains(&token).await, Err(Code::InvalidSetupLink));
    assert_eq!(setup.owner.get(&setup.links).await.ok(), json!([]));
}

#[tokio::test]
async fn is_bound_by_the_addresses_that_the_organization_allows() {
    let setup = setup().await;
    let (_, token) = setup.create(&["domains"]).await;
    setup.app.execute(r#"UPDATE organizations SET enable_ip_restriction = 1, whitelisted_ips = '["192.0.2.7"]'"#);
    assert_eq!(setup.list_domains(&token).await, Err(Code::AddressNotAllowed));
    setup.app.execute(r#"UPDATE organizations SET whitelisted_ips = '["127.0.0.1"]'"#);
    assert_eq!(setup.list_domains(&token).await, Ok(0));
}

#[tokio::test]
async fn limits_links_and_openings() {
    let setup = setup().await;
    let (first, token) = setup.create(&["domains"]).await;
    for _ in 0..19 {
        setup.create(&["sso"]).await;
    }
    let fields = [("purposes", "sso"), ("recipient", "IT")];
    setup.owner.post(&setup.links, &fields).await.assert_error(403, "SETUP_LINK_LIMIT");
    for _ in 0..30 {
        setup.open(&token).await;
    }
    setup.app.anonymous().post("/setup", &[("token", &token)]).await.assert_page(429, "Too many attempts");
    setup.owner.post(&format!("{}/{first}/revoke", setup.links), &[]).await.ok();
    setup.owner.post(&setup.links, &fields).await.ok();
}

#[tokio::test]
async fn deletes_links_a_while_after_they_have_expired() {
    let setup = setup().await;
    setup.create(&["domains"]).await;
    let count = || setup.app.count("SELECT COUNT(*) FROM setup_links");
    setup.app.advance(DAY * 90);
    delete_expired(&setup.app.inner.service).await.unwrap();
    assert_eq!(count(), 1);
    setup.app.advance(DAY * 2);
    delete_expired(&setup.app.inner.service).await.unwrap();
    assert_eq!(count(), 0);
}

/// The fields of a connection that can be saved.
const CONNECTION: [(&str, &str); 4] = [
    ("name", "Acme"),
    ("issuer", "https://login.acme.example"),
    ("client_id", "vestibule"),
    ("client_secret", "a-secret"),
];

/// Creates a connection on the pages. Returns its path.
async fn connect(browser: &TestClient) -> String {
    browser.post("/setup/connections/new", &CONNECTION).await.assert_redirect("/setup/connections/")
}

#[tokio::test]
async fn connects_an_identity_provider_step_by_step() {
    let setup = setup().await;
    let (_, token) = setup.create(&["sso", "domains"]).await;
    let browser = setup.open(&token).await;
    browser.post("/setup/domains", &[("domain", "acme.example")]).await.assert_redirect("/setup/domains");
    setup.app.execute("UPDATE domains SET verified_at = 1");
    browser.get("/setup/connections").await.assert_page(200, "/setup/connections/new?provider=entra");
    let form = browser.get("/setup/connections/new?provider=entra").await;
    let form = form.assert_page(200, "/auth/sso/oidc/callback/");
    assert!(form.contains("Microsoft Entra ID"), "{form}");
    let refused = browser.post("/setup/connections/new", &[("issuer", "http://login.acme.example#x")]).await;
    let refused = refused.assert_page(400, "id=\"issuer-error\"");
    assert!(refused.contains("id=\"client-id-error\""), "{refused}");
    let path = connect(&browser).await;
    let page = browser.get(&path).await.assert_page(200, "https://login.acme.example");
    assert!(page.contains("checked> acme.example") && !page.contains("a-secret"), "{page}");
    browser.get(&format!("{path}/edit")).await.assert_page(200, "value=\"https://login.acme.example\"");
    browser.post(&format!("{path}/edit"), &CONNECTION).await.assert_redirect(&path);
    let malformed = browser.post(&format!("{path}/domains"), &[("domain", "nonsense")]).await;
    malformed.assert_page(400, "checked> acme.example");
    browser.post(&format!("{path}/domains"), &[]).await.assert_redirect(&path);
    browser.post(&format!("{path}/enable"), &[]).await.assert_redirect(&path);
    let entries = sealed(&setup.app, &setup.owner, &setup.organization).await;
    let created = entries.iter().find(|entry| entry["action"] == "organization.connection.created").unwrap();
    assert_eq!(created["actor"]["type"], "setup_link");
    // Without the purpose, the domains stay with the admins.
    let (_, sso) = setup.create(&["sso"]).await;
    let other = setup.open(&sso).await;
    other.get(&path).await.assert_page(200, "An admin of the organization chooses the domains");
    assert_eq!(other.get("/setup/domains").await.status, 403);
    // A link of another organization does not find it.
    let (otto, elsewhere) = setup.app.create_organization("otto@example.com").await;
    let links = format!("/organizations/{elsewhere}/setup-links");
    let created = otto.post_json(&links, &json!({"purposes": ["sso"], "recipient": "IT"})).await.ok();
    let stranger = setup.open(text(&created["url"]).split_once("#token=").unwrap().1).await;
    assert_eq!(stranger.get(&path).await.status, 404);
    assert_eq!(stranger.post(&format!("{path}/enable"), &[]).await.status, 404);
}

#[tokio::test]
async fn does_not_lift_the_requirement_of_single_sign_on() {
    let setup = setup().await;
    let (_, token) = setup.create(&["sso"]).await;
    let path = connect(&setup.open(&token).await).await;
    setup.app.execute("UPDATE enterprise_connections SET is_enabled = 1, is_required = 1");
    let connection = path.rsplit('/').next().unwrap().parse().unwrap();
    let update = || Update::new(setup.organization.parse().unwrap(), connection);
    let disable = Update { is_enabled: Some(false), ..update() };
    assert_eq!(setup.run(&token, disable).await.err(), Some(Code::Forbidden));
    let replace = Update { issuer: Some("https://elsewhere.example".to_owned()), ..update() };
    assert_eq!(setup.run(&token, replace).await.err(), Some(Code::Forbidden));
    let client = Update { client_id: Some(ClientId::parse("client_id", "another").unwrap()), ..update() };
    assert_eq!(setup.run(&token, client).await.err(), Some(Code::Forbidden));
    // Nor for the addresses of one of its domains.
    let (_, token) = setup.create(&["domains", "sso"]).await;
    let browser = setup.open(&token).await;
    for domain in ["acme.example", "branch.example"] {
        browser.post("/setup/domains", &[("domain", domain)]).await.assert_redirect("/setup/domains");
    }
    setup.app.execute("UPDATE domains SET verified_at = 1");
    let ids: Vec<_> =
        setup.app.inner.database.rows("SELECT id FROM domains ORDER BY id").into_iter().flatten().collect();
    let ids: Vec<DomainId> = ids.iter().map(|id| id.parse().unwrap()).collect();
    let with = |domains: &[DomainId]| Update { domains: Some(domains.to_vec()), ..update() };
    setup.run(&token, with(&ids)).await.unwrap();
    let (first, second) = (ids[0], ids[1]);
    for fewer in [&[first][..], &[second, second]] {
        assert_eq!(setup.run(&token, with(fewer)).await.err(), Some(Code::Forbidden));
    }
    setup.run(&token, with(&[second, first])).await.unwrap();
    // The secret is renewed without an admin.
    let secret = SecretChange::Replace(ClientSecret::parse("client_secret", "another-secret").unwrap());
    setup.run(&token, Update { client_secret: secret, ..update() }).await.unwrap();
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM enterprise_connections WHERE is_required = 1"), 1);
}

#[tokio::test]
async fn leaves_the_domains_of_connections_without_that_purpose() {
    let setup = setup().await;
    let (_, both) = setup.create(&["domains", "sso"]).await;
    let browser = setup.open(&both).await;
    browser.post("/setup/domains", &[("domain", "acme.example")]).await.assert_redirect("/setup/domains");
    setup.app.execute("UPDATE domains SET verified_at = 1");
    let path = connect(&browser).await;
    let domain = setup.app.inner.database.rows("SELECT id FROM domains").remove(0).remove(0);
    let (_, token) = setup.create(&["sso"]).await;
    let other = setup.open(&token).await;
    assert_eq!(other.post(&format!("{path}/domains"), &[]).await.status, 403);
    let kept = "SELECT COUNT(*) FROM connection_domains";
    assert_eq!(setup.app.count(kept), 1);
    other.post(&format!("{path}/edit"), &CONNECTION).await.assert_redirect(&path);
    browser.post(&format!("{path}/domains"), &[]).await.assert_redirect(&path);
    assert_eq!(setup.app.count(kept), 0);
    assert_eq!(other.post(&format!("{path}/domains"), &[("domain", &domain)]).await.status, 403);
    assert_eq!(setup.app.count(kept), 0);
}
