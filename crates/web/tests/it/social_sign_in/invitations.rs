//! Invitations that are accepted with "Continue with …".

use serde_json::{Value, json};
use vestibule_core::settings::SignUpMode;

use super::{ADA, EXAMPLE, GOOGLE, addresses, signed_in_as, start_with, users, waits_for_profile};
use crate::harness::identity_provider::{IdentityProvider, RETURN_TO, person};
use crate::harness::{PASSWORD, TestApp, TestClient, TestResponse, text};
use crate::platform::PlatformClient;

const CARL: &str = "carl@example.com";

struct Setup {
    app: TestApp,
    provider: IdentityProvider,
    owner: TestClient,
    organization: String,
}

/// A service that verifies each address, and the organization of Olga.
async fn setup(id: &str) -> Setup {
    let provider = IdentityProvider::start().await;
    let app = start_with(&[(id, &provider)], |settings| settings.verify_addresses = true).await;
    let (owner, organization) = {
        let backend = PlatformClient::new(&app, "*").await;
        let fields = json!({"first_name": "Olga", "last_name": "Test", "email_address": "olga@example.com", "password": PASSWORD});
        backend.post("/users", &fields).await.ok();
        let owner = app.anonymous();
        let fields = [("email", "olga@example.com"), ("password", PASSWORD)];
        owner.post("/auth/signin", &fields).await.ok();
        let created = owner.post("/organizations", &[("name", "Acme")]).await.ok();
        (owner, text(&created["organization"]["id"]))
    };
    Setup { app, provider, owner, organization }
}

impl Setup {
    async fn invite(&self, email: &str) -> String {
        self.owner.post(&format!("/organizations/{}/invitations", self.organization), &[("email", email)]).await.ok();
        self.app.mailed_token(email)
    }

    async fn continue_with(&self, id: &str, token: &str, person: &Value) -> TestResponse {
        let browser = self.app.anonymous();
        let path = format!("/auth/oauth2/init?provider={id}&redirect_uri={}", RETURN_TO.replace('?', "%3F"));
        let begun = browser.post(&path, &[("invite_token", token)]).await.ok();
        browser.come_back(&self.provider.approve(begun["oauth_url"].as_str().unwrap(), person)).await
    }

    async fn members(&self) -> usize {
        let page = self.owner.get(&format!("/organizations/{}/members", self.organization)).await.ok();
        page["data"].as_array().unwrap().len()
    }
}

/// The mail proves the mailbox, so the provider has to vouch for nothing.
#[tokio::test]
async fn mailed_invitation_for_the_same_address_is_accepted_in_one_step() {
    for (id, email) in [(EXAMPLE, CARL), (GOOGLE, ADA)] {
        let setup = setup(id).await;
        let token = setup.invite(email).await;
        let session = signed_in_as(setup.continue_with(id, &token, &person("1", email)).await, email);
        assert_eq!(session["active_signin"]["active_organization_membership"]["organization_id"], setup.organization);
        assert_eq!(addresses(&setup.app)[1], (email.to_owned(), true));
        assert_eq!(setup.members().await, 2);
    }
}

#[tokio::test]
async fn invitation_lets_in_where_sign_up_is_restricted() {
    let provider = IdentityProvider::start().await;
    let app = start_with(&[(GOOGLE, &provider)], |settings| settings.sign_up = SignUpMode::Restricted).await;
    app.anonymous().go_through(GOOGLE, &provider, &person("1", ADA)).await.assert_error(403, "SIGNUP_RESTRICTED");
    assert_eq!(users(&app), 0);
}

/// The token that an admin copied was never in the mailbox.
#[tokio::test]
async fn copied_invitation_proves_no_mailbox() {
    let setup = setup(EXAMPLE).await;
    let token = setup.invite(CARL).await;
    let (bare, _) = token.split_once('.').unwrap();
    let response = setup.continue_with(EXAMPLE, bare, &person("1", CARL)).await;
    waits_for_profile(response);
    assert_eq!((users(&setup.app), setup.members().await), (1, 1));
}

/// The wrong account of the provider: nobody joins with an address that was not invited.
#[tokio::test]
async fn another_address_does_not_accept() {
    let setup = setup(GOOGLE).await;
    let token = setup.invite(CARL).await;
    let response = setup.continue_with(GOOGLE, &token, &person("1", ADA)).await;
    let session = signed_in_as(response, ADA);
    assert_eq!(session["active_signin"]["active_organization_membership"], Value::Null);
    assert_eq!(setup.members().await, 1);
    // The invitation waits for the one who was invited.
    let session = signed_in_as(setup.continue_with(GOOGLE, &token, &person("2", CARL)).await, CARL);
    assert_eq!(session["active_signin"]["active_organization_membership"]["organization_id"], setup.organization);
}
