//! Single sign-on of organizations: connections, who gets in by them and as what, and the organizations that demand it.

mod attacks;
mod changes;
mod demand;
mod flow;
mod logout;
mod management;
mod mapping;
mod membership;
mod packages;
mod traces;

use serde_json::{Value, json};
use vestibule_core::settings::Settings;

use crate::domains::verify_domain;
use crate::harness::identity_provider::{CLIENT_ID, Callback, IdentityProvider, person, person_with};
use crate::harness::{TestApp, TestClient, TestResponse, allow_this_machine, text};

const DOMAIN: &str = "acme.example";
/// The admin, who has an account and no identity at first.
const OLGA: &str = "olga@acme.example";
/// A colleague who has neither.
const NINA: &str = "nina@acme.example";

/// Acme, whose domain is verified, and its enabled connection.
struct Setup {
    app: TestApp,
    provider: IdentityProvider,
    olga: TestClient,
    organization: String,
    /// The path of the organization.
    path: String,
    domain: String,
    connection: String,
}

impl Setup {
    async fn start() -> Self {
        Self::with_settings(|_| ()).await
    }

    async fn with_settings(change: impl FnOnce(&mut Settings)) -> Self {
        let app = TestApp::with_settings(|settings| {
            allow_this_machine(settings);
            change(settings);
        });
        Self::on(app.await).await
    }

    async fn on(app: TestApp) -> Self {
        let provider = IdentityProvider::start().await;
        provider.attach(&app);
        let (olga, organization) = app.create_organization(OLGA).await;
        app.verify_all_addresses();
        let path = format!("/organizations/{organization}");
        let domain = add_domain(&app, &olga, &path, DOMAIN).await;
        let connection = create_connection(&olga, &path, &provider, &json!({"domain_ids": [domain]})).await;
        let setup = Self { app, provider, olga, organization, path, domain, connection };
        setup.update(&json!({"enabled": true})).await.ok();
        setup
    }

    fn connections(&self) -> String {
        format!("{}/enterprise-connections", self.path)
    }

    /// The path of the connection.
    fn one(&self) -> String {
        format!("{}/{}", self.connections(), self.connection)
    }

    async fn update(&self, fields: &Value) -> TestResponse {
        self.olga.post_json(&format!("{}/update", self.one()), fields).await
    }

    async fn show(&self) -> Value {
        self.olga.get(&self.one()).await.ok()
    }

    /// Signs a person in by the connection, in a new browser.
    async fn sign_in(&self, person: &Value) -> (TestClient, TestResponse) {
        let browser = self.app.anonymous();
        let response = browser.go_through_sso(&self.connection, &self.provider, person).await;
        (browser, response)
    }

    /// Begins a sign-in that only has to be finished.
    async fn begin(&self, browser: &TestClient, person: &Value) -> Callback {
        let url = browser.begin_sso(&self.connection).await;
        self.provider.approve(&url, person)
    }

    /// Signs the admin in by the connection, so that it can be required.
    async fn sign_admin_in(&self) -> TestClient {
        let (browser, response) = self.sign_in(&person("olga", OLGA)).await;
        signed_in_as(response, OLGA);
        browser
    }

    /// Signs the admin in by the connection, and requires it.
    async fn require(&self) -> TestClient {
        let olga = self.sign_admin_in().await;
        olga.post(&format!("{}/require", self.one()), &[("required", "true")]).await.ok();
        olga
    }

    /// The members' addresses, in alphabetical order.
    fn members(&self) -> Vec<String> {
        let rows = self.app.inner.database.rows(&format!(
            "SELECT e.address FROM organization_memberships m JOIN email_addresses e ON e.user_id = m.user_id \
             WHERE m.organization_id = {} AND e.is_primary = 1 ORDER BY e.address",
            self.organization
        ));
        rows.into_iter().flatten().collect()
    }

    fn count(&self, table: &str) -> i64 {
        self.app.count(&format!("SELECT COUNT(*) FROM {table}"))
    }
}

/// Adds a domain to an organization and verifies it. Returns its id.
async fn add_domain(app: &TestApp, admin: &TestClient, path: &str, domain: &str) -> String {
    let id = text(&admin.post(&format!("{path}/domains"), &[("domain", domain)]).await.ok()["id"]);
    verify_domain(app, admin, path, &id).await;
    id
}

/// Adds an address to an account and makes it the primary one.
async fn add_primary_address(app: &TestApp, client: &TestClient, email: &str) {
    let added = client.post("/me/email-addresses", &[("email", email)]).await.ok();
    let path = format!("/me/email-addresses/{}", text(&added["id"]));
    client.post(&format!("{path}/prepare-verification"), &[]).await.ok();
    let code = app.mailed_code(email);
    client.post(&format!("{path}/attempt-verification"), &[("verification_code", &code)]).await.ok();
    client.post(&format!("{path}/make-primary"), &[]).await.ok();
}

/// Deletes an address of an account.
async fn delete_address(client: &TestClient, email: &str) -> TestResponse {
    let addresses = client.get("/me/email-addresses").await.ok();
    let found = addresses.as_array().unwrap().iter().find(|one| one["email"] == email).unwrap();
    client.post(&format!("/me/email-addresses/{}/delete", text(&found["id"])), &[]).await
}

/// Creates a connection, which is disabled at first. Returns its id.
async fn create_connection(admin: &TestClient, path: &str, provider: &IdentityProvider, more: &Value) -> String {
    let body = connection_fields(provider, more);
    text(&admin.post_json(&format!("{path}/enterprise-connections"), &body).await.ok()["id"])
}

fn connection_fields(provider: &IdentityProvider, more: &Value) -> Value {
    let mut fields = json!({
        "protocol": "oidc", "name": "Acme Directory", "oidc_issuer_url": provider.url(), "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": provider.client_secret(),
    });
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    fields
}

/// Nina, with these claims besides her own.
fn nina_with(claims: &Value) -> Value {
    person_with("nina", NINA, claims)
}

/// Asserts that this user is signed in and active. Returns the session.
#[track_caller]
fn signed_in_as(response: TestResponse, email: &str) -> Value {
    let session = response.ok()["session"].clone();
    assert_eq!(session["active_signin"]["user"]["email"], email, "{session}");
    session
}

/// Asserts that the response has this error, and that the browser is signed in as nobody.
async fn assert_refused((browser, response): (TestClient, TestResponse), status: u16, code: &str) {
    response.assert_error(status, code);
    assert_eq!(browser.get("/session").await.ok()["active_signin"], Value::Null);
}
