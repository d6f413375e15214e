//! The browser between the service and a provider.

use axum::body::Body;
use axum::http::{HeaderValue, Method, header};
use serde_json::Value;

use super::IdentityProvider;
use crate::harness::{TestClient, TestResponse, text};

/// The page of the application that a sign-in leads to.
pub(crate) const RETURN_TO: &str = "http://vestibule.test/welcome?from=provider";

/// The response of a provider, on its way to the service.
#[derive(Clone, Debug)]
pub(crate) struct Callback {
    pub(crate) path: String,
    pub(super) parameters: Vec<(String, String)>,
    /// Whether the provider has the browser post it, from its own site.
    pub(super) is_form_post: bool,
}

impl Callback {
    pub(crate) fn get(&self, name: &str) -> &str {
        self.parameters.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    /// Sets a parameter, in place of its value.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.parameters.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.parameters.retain(|(other, _)| other != name);
    }

    /// The same response with another value of a parameter.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut changed = self.clone();
        changed.set(name, value);
        changed
    }

    /// The same response without a parameter.
    pub(crate) fn without(&self, name: &str) -> Self {
        let mut changed = self.clone();
        changed.remove(name);
        changed
    }

    fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.parameters).finish()
    }

    /// The path and the query of a redirect.
    pub(crate) fn target(&self) -> String {
        format!("{}?{}", self.path, self.encoded())
    }
}

fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

impl TestClient {
    /// Begins to sign in with a social provider. Returns the provider's URL.
    pub(crate) async fn begin_social(&self, provider: &str) -> String {
        self.begin_social_with(provider, RETURN_TO).await.ok()["oauth_url"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn begin_social_with(&self, provider: &str, redirect_uri: &str) -> TestResponse {
        let query = query(&[("provider", provider), ("redirect_uri", redirect_uri)]);
        self.post(&format!("/auth/oauth2/init?{query}"), &[]).await
    }

    /// Begins to sign in by a connection. Returns the provider's URL.
    pub(crate) async fn begin_sso(&self, connection: &str) -> String {
        text(&self.begin_sso_with(connection, RETURN_TO).await.ok()["sso_url"])
    }

    pub(crate) async fn begin_sso_with(&self, connection: &str, redirect_uri: &str) -> TestResponse {
        let query = query(&[("connection_id", connection), ("redirect_uri", redirect_uri)]);
        self.post(&format!("/auth/sso/login?{query}"), &[]).await
    }

    /// Brings a response of a provider to the service, as a program with the cookies of this browser does.
    pub(crate) async fn come_back(&self, callback: &Callback) -> TestResponse {
        if callback.is_form_post {
            return self.come_back_by_form(callback).await;
        }
        let response = self.get(&callback.target()).await;
        self.app.drain().await;
        response
    }

    /// A form that the provider's page posts comes without cookies. The service redirects to itself, and they come.
    async fn come_back_by_form(&self, callback: &Callback) -> TestResponse {
        let mut provider_page = self.app.anonymous();
        provider_page.headers.insert(header::ORIGIN, HeaderValue::from_static("https://appleid.apple.com"));
        provider_page.headers.insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
        let content_type = Some("application/x-www-form-urlencoded");
        let posted =
            provider_page.send(Method::POST, &callback.path, content_type, Body::from(callback.encoded())).await;
        assert!(!posted.headers.contains_key(header::SET_COOKIE), "the session of this browser would be lost");
        if posted.status != 303 {
            return posted;
        }
        let location = posted.assert_redirect("");
        let target = location.strip_prefix("http://vestibule.test").unwrap_or(&location);
        assert!(target.starts_with(&format!("{}?handoff=", callback.path)), "{target}");
        assert!(!target.contains("code"), "{target}");
        let response = self.get(target).await;
        self.app.drain().await;
        response
    }

    /// Brings the response to a request to link an identity.
    pub(crate) async fn finish_link(&self, callback: &Callback) -> TestResponse {
        self.post(&format!("/me/sso-connection-callback?{}", callback.encoded()), &[]).await
    }

    /// Begins to connect an account of a provider. Returns the provider's URL.
    pub(crate) async fn begin_link(&self, provider: &str) -> String {
        let query = query(&[("provider", provider), ("redirect_uri", RETURN_TO)]);
        text(&self.post(&format!("/me/init-sso-connection?{query}"), &[]).await.ok()["oauth_url"])
    }

    /// Connects an account of a provider.
    pub(crate) async fn link(&self, id: &str, provider: &IdentityProvider, person: &Value) -> TestResponse {
        let url = self.begin_link(id).await;
        self.finish_link(&provider.approve(&url, person)).await
    }

    /// Goes through a social provider and comes back.
    pub(crate) async fn go_through(&self, id: &str, provider: &IdentityProvider, person: &Value) -> TestResponse {
        let url = self.begin_social(id).await;
        self.come_back(&provider.approve(&url, person)).await
    }

    /// Goes through the provider of a connection and comes back.
    pub(crate) async fn go_through_sso(
        &self,
        connection: &str,
        provider: &IdentityProvider,
        person: &Value,
    ) -> TestResponse {
        let url = self.begin_sso(connection).await;
        self.come_back(&provider.approve(&url, person)).await
    }
}
