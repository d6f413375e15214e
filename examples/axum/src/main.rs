//! A page rendered on the server, and an API that checks session tokens.

mod session_token;

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Json, Router, routing::get};
use reqwest::Url;
use serde_json::{Value, json};
use session_token::Verifier;

/// What a handler returns. An error is a status and a text.
type Reply<T = Response> = Result<T, (StatusCode, &'static str)>;

const NO_STORE: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

struct App {
    vestibule: String,
    app_url: String,
    client: reqwest::Client,
    verifier: Verifier,
}

fn unavailable(error: reqwest::Error) -> (StatusCode, &'static str) {
    eprintln!("{error:?}");
    (StatusCode::SERVICE_UNAVAILABLE, "try again later")
}

/// The API, for callers that send a session token.
async fn list_purchases(State(app): State<Arc<App>>, headers: HeaderMap) -> Reply {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = authorization.and_then(|value| value.split_once(' ')).unwrap_or_default();
    let token = if scheme.eq_ignore_ascii_case("bearer") { token } else { "" };
    let claims = app.verifier.verify(token).await.map_err(unavailable)?;
    let claims = claims.ok_or((StatusCode::UNAUTHORIZED, "sign in first"))?;
    let organization = claims.organization.as_ref().ok_or((StatusCode::FORBIDDEN, "choose an organization first"))?;
    if !claims.allow("purchases:write") {
        return Err((StatusCode::FORBIDDEN, "purchases:write is missing"));
    }
    // Load only what belongs to this organization.
    let purchases = json!([{ "item": "First flush Darjeeling", "kilograms": 40 }]);
    Ok((NO_STORE, Json(json!({ "organization": organization, "purchases": purchases }))).into_response())
}

/// The page, for browsers: their cookie goes to Vestibule, which knows the session.
async fn show_members(State(app): State<Arc<App>>, headers: HeaderMap) -> Reply {
    let sign_in = Redirect::to(&app.hosted_page("/sign-in")).into_response();
    let Some(session) = app.call("/session/token", &headers).await? else { return Ok(sign_in) };
    let claims = app.verifier.verify(session["token"].as_str().unwrap_or_default()).await.map_err(unavailable)?;
    let wrong_backend = "the token is for another backend: check VESTIBULE_URL and VESTIBULE_AUDIENCE";
    let claims = claims.ok_or((StatusCode::INTERNAL_SERVER_ERROR, wrong_backend))?;
    let choose = app.hosted_page("/choose-organization");
    let Some(organization) = &claims.organization else { return Ok(Redirect::to(&choose).into_response()) };
    let path = format!("/organizations/{organization}/members?limit=100");
    let Some(members) = app.call(&path, &headers).await? else { return Ok(sign_in) };
    let rows = members["data"].as_array().into_iter().flatten().map(|member| {
        let (user, roles) = (&member["user"], member["roles"].as_array().into_iter().flatten());
        let roles: Vec<_> = roles.map(|role| escape(&role["name"])).collect();
        format!("<li>{} {}, {}</li>", escape(&user["first_name"]), escape(&user["last_name"]), roles.join(", "))
    });
    let page = format!(
        include_str!("page.html"),
        organization = escape(&members["data"][0]["organization"]["name"]),
        members = rows.collect::<String>(),
        not = if claims.allow("purchases:write") { "" } else { "not " },
        choose = escape(&choose.into()),
        vestibule = app.vestibule,
    );
    Ok((NO_STORE, Html(page)).into_response())
}

impl App {
    /// Calls Vestibule as the person whose browser sent the request. Returns `None` if nobody is signed in.
    async fn call(&self, path: &str, headers: &HeaderMap) -> Reply<Option<Value>> {
        let mut request =
            self.client.get(format!("{}{path}", self.vestibule)).header(header::ACCEPT, "application/json");
        for cookie in headers.get_all(header::COOKIE) {
            request = request.header(header::COOKIE, cookie);
        }
        let response = request.send().await.map_err(unavailable)?;
        if response.status() == StatusCode::UNAUTHORIZED {
            return Ok(None);
        }
        let response = response.error_for_status().map_err(unavailable)?;
        Ok(Some(response.json::<Value>().await.map_err(unavailable)?["data"].take()))
    }

    /// Returns the URL of a page of Vestibule that leads back here.
    fn hosted_page(&self, path: &str) -> String {
        let url = Url::parse_with_params("http://-", [("return_to", format!("{}/", self.app_url))]);
        format!("{}{path}?{}", self.vestibule, url.as_ref().ok().and_then(Url::query).unwrap_or_default())
    }
}

/// Escapes a JSON string for HTML: names come from users.
fn escape(text: &Value) -> String {
    let text = text.as_str().unwrap_or_default();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "TLS is set up already")?;
    let variable = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let (vestibule, port) = (variable("VESTIBULE_URL", "http://127.0.0.1:8080"), variable("PORT", "3000"));
    let app_url = variable("APP_URL", &format!("http://127.0.0.1:{port}"));
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build()?;
    let verifier = Verifier::new(&vestibule, &variable("VESTIBULE_AUDIENCE", &vestibule), client.clone());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("Listening on {app_url}");
    let routes = Router::new().route("/", get(show_members)).route("/api/purchases", get(list_purchases));
    axum::serve(listener, routes.with_state(Arc::new(App { vestibule, app_url, client, verifier }))).await?;
    Ok(())
}
