//! The pages in Chromium, controlled by chromedriver. `scripts/requirements` installs both.

mod challenge;
mod journeys;
mod mail_scanner;
mod pages;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client as Driver, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use vestibule_core::settings::{PublicUrl, Settings};
use vestibule_testbed::Database;

use crate::harness::{TestApp, TestAppBuilder};

/// Limits concurrent browsers, because each uses a whole core.
static BROWSER_SLOTS: Semaphore = Semaphore::const_new(2);

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

/// Browser settings of a test.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent settings")]
pub(crate) struct BrowserOptions {
    pub(crate) is_dark: bool,
    pub(crate) is_narrow: bool,
    pub(crate) is_german: bool,
    pub(crate) is_script_disabled: bool,
}

/// A browser with an empty profile.
pub(crate) struct Browser {
    pub(crate) driver: Driver,
    process: Child,
    _slot: SemaphorePermit<'static>,
}

impl Browser {
    pub(crate) async fn open(options: BrowserOptions) -> Self {
        let slot = BROWSER_SLOTS.acquire().await.unwrap();
        let process = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn();
        let mut process =
            process.unwrap_or_else(|_| panic!("chromedriver is missing: scripts/requirements installs it"));
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "chromedriver exited before it listened");
            let port = line.trim().trim_end_matches('.').rsplit_once("on port ").map(|(_, port)| port.to_owned());
            if let Some(port) = port.filter(|_| line.contains("successfully")) {
                break port;
            }
        };
        let driver = ClientBuilder::new(HttpConnector::new())
            .capabilities(serde_json::from_value(capabilities(options)).unwrap())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Self { driver, process, _slot: slot }
    }

    pub(crate) async fn goto(&self, url: &str) {
        // Changing only the fragment does not load the page.
        self.driver.goto("about:blank").await.unwrap();
        self.driver.goto(url).await.unwrap();
    }

    /// Waits for an element.
    pub(crate) async fn wait_for(&self, css: &str) -> Element {
        let wait = self.driver.wait().at_most(Duration::from_secs(60));
        match wait.for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("{css}: {error}: {}", self.driver.source().await.unwrap_or_default()),
        }
    }

    /// Types into the visible field with this name.
    pub(crate) async fn fill(&self, name: &str, text: &str) {
        self.wait_for(&format!("main [name={name}]:not([type=hidden])")).await.send_keys(text).await.unwrap();
    }

    /// Clicks the button or link with this text.
    pub(crate) async fn click(&self, text: &str) {
        let button = format!("//main//*[self::button or self::a][normalize-space()=\"{text}\"]");
        let wait = self.driver.wait().at_most(Duration::from_secs(60));
        match wait.for_element(Locator::XPath(&button)).await {
            Ok(button) => button.click().await.unwrap(),
            Err(error) => panic!("{text}: {error}: {}", self.driver.source().await.unwrap_or_default()),
        }
    }

    /// Waits until the page contains a text.
    pub(crate) async fn wait_for_text(&self, text: &str) {
        let xpath = format!("//main[contains(normalize-space(), \"{text}\")]");
        let wait = self.driver.wait().at_most(Duration::from_secs(60));
        if let Err(error) = wait.for_element(Locator::XPath(&xpath)).await {
            panic!("{text:?}: {error}: {}", self.driver.source().await.unwrap_or_default());
        }
    }

    pub(crate) async fn close(self) {
        self.driver.clone().close().await.unwrap();
    }
}

fn capabilities(options: BrowserOptions) -> Value {
    let mut arguments = vec!["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1100,900"];
    if options.is_dark {
        arguments.push("--blink-settings=preferredColorScheme=0");
    }
    let language = if options.is_german { "de,de-DE" } else { "en,en-US" };
    let mut preferences = json!({
        "intl.accept_languages": language,
        "credentials_enable_service": false,
        "profile.password_manager_leak_detection": false,
    });
    if options.is_script_disabled {
        preferences["profile.managed_default_content_settings.javascript"] = json!(2);
    }
    let mut chrome_options = json!({"args": arguments, "prefs": preferences});
    if options.is_narrow {
        chrome_options["mobileEmulation"] =
            json!({"deviceMetrics": {"width": 360, "height": 740, "pixelRatio": 2.0, "touch": true}});
    }
    json!({"browserName": "chrome", "goog:chromeOptions": chrome_options})
}

/// Runs a test with a browser and closes it. After a panic, `Drop` stops the process, so that the slot is released.
pub(crate) async fn with_browser<F: AsyncFnOnce(&Browser)>(options: BrowserOptions, test: F) {
    let browser = Browser::open(options).await;
    test(&browser).await;
    browser.close().await;
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
