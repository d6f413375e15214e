//! The pages in a real browser.

mod authenticator_apps;
mod challenge;
mod invitation_list;
mod inviting;
mod journeys;
mod keyboard;
mod lighthouse;
mod mail_scanner;
mod origins;
mod pages;
mod passkey_origins;
mod passkeys;
mod presses;
mod states;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use vestibule_core::settings::{PublicUrl, Settings};
use vestibule_testbed::Database;
pub(crate) use vestibule_testbed::browser::{Browser, BrowserOptions, with_browser};

use crate::harness::{TestApp, TestAppBuilder};

/// A [`TestApp`](crate::harness) that listens on a local port.
pub(crate) struct BrowserServer {
    pub(crate) app: TestApp,
    pub(crate) url: String,
    shutdown: Option<oneshot::Sender<()>>,
}

impl BrowserServer {
    pub(crate) async fn start(change: impl FnOnce(&mut Settings)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let public_url = PublicUrl::parse(&url).unwrap();
        let app = TestAppBuilder::new(Database::create())
            .with_settings(|settings| {
                settings.public_url = public_url;
                change(settings);
            })
            .build()
            .await;
        let (shutdown, shutdown_requested) = oneshot::channel::<()>();
        let shutdown_requested = async { drop(shutdown_requested.await) };
        let server = app.inner.server.clone();
        let handler = move |request, peer| server.clone().handle(request, peer);
        tokio::spawn(vestibule_web::serve(
            listener,
            handler,
            vestibule_web::ConnectionLimits::new(900),
            shutdown_requested,
        ));
        Self { app, url, shutdown: Some(shutdown) }
    }

    /// Like [`Self::start`], at `localhost`: browsers have passkeys there, but not at an address.
    pub(crate) async fn start_on_localhost() -> Self {
        let mut server = Self::start(|settings| {
            let url = settings.public_url.as_str().replace("127.0.0.1", "localhost");
            settings.public_url = PublicUrl::parse(&url).unwrap();
        })
        .await;
        server.url = server.url.replace("127.0.0.1", "localhost");
        server
    }

    /// Returns the link in the latest mail to an address.
    pub(crate) async fn mailed_link(&self, email: &str) -> String {
        self.app.drain().await;
        let mail = self.app.mail(email);
        let link = mail.text.split_whitespace().find(|word| word.starts_with(&self.url) && word.contains('#'));
        link.unwrap_or_else(|| panic!("no link in {}", mail.text)).to_owned()
    }
}

impl Drop for BrowserServer {
    fn drop(&mut self) {
        drop(self.shutdown.take());
    }
}
