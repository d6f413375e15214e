//! Which pages have a session: names of this machine, and applications on other ports and hosts.

use axum::extract::Request;
use axum::response::{Html, IntoResponse};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use vestibule_core::settings::PublicUrl;
use vestibule_web::Peer;

use super::{Browser, BrowserOptions, BrowserServer, with_browser};
use crate::harness::PASSWORD;

const ADA: &str = "ada@example.com";

/// Starts an application with one empty page. Returns its port.
pub(super) async fn start_application() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let page = |_: Request, _: Peer| async { Html("<main>Application</main>").into_response() };
    let limits = vestibule_web::ConnectionLimits::new(20);
    tokio::spawn(vestibule_web::serve(listener, page, limits, std::future::pending()));
    port
}

/// Signs in from a page of the application, and returns the session that its next call has.
async fn session_of_fetch(browser: &Browser, server: &str) -> Value {
    let script = "
        const [server, fields, done] = arguments;
        const call = (path, body) => fetch(server + path, { method: body ? 'POST' : 'GET', credentials: 'include', body });
        call('/auth/signin', new URLSearchParams(fields))
            .then(() => call('/session'))
            .then((response) => response.json())
            .then((envelope) => done(envelope.data.active_signin?.user?.primary_email_address?.email ?? 'none'))
            .catch((error) => done(String(error)));";
    let fields = json!({"strategy": "plain_email", "email": ADA, "password": PASSWORD});
    browser.driver.execute_async(script, vec![json!(server), fields]).await.unwrap()
}

/// The pair of the documentation, and the one that the server warns of.
#[tokio::test(flavor = "multi_thread")]
async fn application_on_another_port_has_the_session_under_one_host_name_only() {
    let port = start_application().await;
    let origin = format!("http://localhost:{port}");
    let server = BrowserServer::start(|settings| {
        let localhost = settings.public_url.as_str().replace("127.0.0.1", "localhost");
        settings.public_url = PublicUrl::parse(&localhost).unwrap();
        settings.allowed_origins = vec![origin.clone()];
    })
    .await;
    let other = BrowserServer::start(|settings| settings.allowed_origins = vec![origin.clone()]).await;
    for server in [&server, &other] {
        server.app.create_user(ADA).await;
    }
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        browser.goto(&origin).await;
        browser.wait_for_text("Application").await;
        let localhost = server.url.replace("127.0.0.1", "localhost");
        assert_eq!(session_of_fetch(browser, &localhost).await, ADA);
        assert_eq!(session_of_fetch(browser, &other.url).await, "none");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn page_of_another_loopback_name_signs_in_under_the_public_url() {
    let server = BrowserServer::start(|_| ()).await;
    server.app.create_user(ADA).await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        browser.goto(&format!("{}/sign-in?return_to=/account", server.url.replace("127.0.0.1", "localhost"))).await;
        browser.fill("identifier", ADA).await;
        browser.fill("password", PASSWORD).await;
        browser.wait_for("form[action='/sign-in'] button").await.click().await.unwrap();
        browser.wait_for("form[action='/account/addresses']").await;
        assert_eq!(browser.driver.current_url().await.unwrap().as_str(), format!("{}/account", server.url));
    })
    .await;
}
