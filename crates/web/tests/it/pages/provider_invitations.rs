//! Invitations that are passed along to a sign-in with a provider which asks for the second factor.

use axum::http::{HeaderValue, header};

use super::second_factors::{between, hidden};
use crate::harness::identity_provider::{IdentityProvider, person, social_provider};
use crate::harness::{AuthenticatorApp, TestApp, TestClient, TestResponse, allow_this_machine};

const PROVIDER: &str = "example_oidc";
const CARL: &str = "carl@example.com";

/// Carl has an account with a second factor, connected to the provider, and an invitation.
struct Setup {
    app: TestApp,
    provider: IdentityProvider,
    authenticator: AuthenticatorApp,
    organization: String,
    token: String,
    browser: TestClient,
}

impl Setup {
    async fn start() -> Self {
        let provider = IdentityProvider::start().await;
        let app = TestApp::with_settings(|settings| {
            allow_this_machine(settings);
            settings.social.providers = vec![social_provider(PROVIDER, &provider)];
        })
        .await;
        provider.attach(&app);
        let carl = app.create_user(CARL).await;
        app.verify_all_addresses();
        carl.link(PROVIDER, &provider, &person("carl", CARL)).await.ok();
        let authenticator = carl.add_authenticator().await;
        let (owner, organization) = app.create_organization("olga@example.com").await;
        owner.post(&format!("/organizations/{organization}/invitations"), &[("email", CARL)]).await.ok();
        let token = app.mailed_token(CARL);
        let mut browser = app.anonymous();
        browser.headers.insert(header::ACCEPT, HeaderValue::from_static("text/html"));
        Self { app, provider, authenticator, organization, token, browser }
    }

    /// Presses the button of the provider, and comes back. Returns the URL of the second step.
    async fn continue_with_provider(&self, field: (&str, &str)) -> String {
        let left = self.browser.post("/-/sign-in/provider", &[("provider", PROVIDER), field]).await;
        let url = between(&left.assert_page(200, "Continuing to Example"), "content=\"0; url=", "\"");
        let callback = self.provider.approve(&url, &person("carl", CARL));
        self.browser.come_back(&callback).await.assert_redirect("/sign-in/second-step?attempt=")
    }

    async fn give_second_factor(&self, url: &str) -> TestResponse {
        let page = self.browser.get(url).await.assert_page(200, "Two-factor authentication");
        let (attempt, return_to) = (hidden(&page, "attempt"), hidden(&page, "return_to"));
        let code = self.browser.code_of(&self.authenticator);
        let fields = [
            ("attempt", attempt.as_str()),
            ("return_to", &return_to),
            ("method", "authenticator"),
            ("code", code.as_str()),
        ];
        self.browser.post("/sign-in/second-step", &fields).await
    }

    fn members(&self) -> i64 {
        self.app.count("SELECT COUNT(*) FROM organization_memberships")
    }
}

#[tokio::test]
async fn invitation_page_accepts_after_the_second_factor() {
    let setup = Setup::start().await;
    let page = setup.browser.post("/invite", &[("token", &setup.token)]).await.assert_redirect("/invite?invitation=");
    let id = page.split_once('=').unwrap().1;
    let step = setup.continue_with_provider(("invitation", id)).await;
    assert_eq!(setup.members(), 1);
    let organization = format!("/organizations/{}", setup.organization);
    setup.give_second_factor(&step).await.assert_redirect(&organization);
    assert_eq!(setup.members(), 2);
}

/// The browser has not opened the invitation, so nothing but the request of the sign-in knows it.
#[tokio::test]
async fn invitation_from_elsewhere_leads_to_its_page_after_the_second_factor() {
    let setup = Setup::start().await;
    let step = setup.continue_with_provider(("invite_token", &setup.token)).await;
    let page = setup.give_second_factor(&step).await.assert_redirect("/invite?invitation=");
    assert_eq!(setup.members(), 1, "accepted without a press");
    let id = page.split_once('=').unwrap().1;
    setup.browser.get(&page).await.assert_page(200, "action=\"/invite/accept\"");
    let accepted = setup.browser.post("/invite/accept", &[("invitation", id)]).await;
    accepted.assert_redirect(&format!("/organizations/{}", setup.organization));
    assert_eq!(setup.members(), 2);
}
