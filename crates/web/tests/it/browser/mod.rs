//! The pages in a real browser: Chromium, driven by its own driver. `scripts/requirements` installs both.

mod pages;
mod scanner;
mod stories;

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

/// So many browsers run at once: each takes a processor for itself.
static BROWSERS: Semaphore = Semaphore::const_new(2);

/// A server that browsers reach.
pub(crate) struct Hall {
    pub(crate) app: TestApp,
    pub(crate) url: String,
    stop: Option<oneshot::Sender<()>>,
}

impl Hall {
    pub(crate) async fn open(change: impl FnOnce(&mut Settings)) -> Self {
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
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { drop(stopped.await) };
        let server = app.inner.server.clone();
        let answer = move |request, peer| server.clone().answer(request, peer);
        tokio::spawn(vestibule_web::serve(listener, answer, vestibule_web::Room::of(900), stopped));
        Self { app, url, stop: Some(stop) }
    }

    /// The link in the newest mail to this address.
    pub(crate) async fn mailed_link(&self, email: &str) -> String {
        self.app.drain().await;
        let mail = self.app.mail(email);
        let link = mail.text.split_whitespace().find(|word| word.starts_with(&self.url) && word.contains('#'));
        link.unwrap_or_else(|| panic!("no link in {}", mail.text)).to_owned()
    }
}

impl Drop for Hall {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}

/// How a browser is set.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "any of them goes with any other")]
pub(crate) struct Looks {
    pub(crate) is_dark: bool,
    pub(crate) is_narrow: bool,
    pub(crate) is_german: bool,
    pub(crate) has_no_script: bool,
}

/// A browser of somebody's own, with nothing in its memory.
pub(crate) struct Browser {
    pub(crate) driver: Driver,
    process: Child,
    _place: SemaphorePermit<'static>,
}

impl Browser {
    pub(crate) async fn open(looks: Looks) -> Self {
        let place = BROWSERS.acquire().await.unwrap();
        let process = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn();
        let mut process =
            process.unwrap_or_else(|_| panic!("chromedriver is not there: scripts/requirements installs it"));
        let mut says = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert!(says.read_line(&mut line).unwrap() > 0, "chromedriver ended before it listened");
            let port = line.trim().trim_end_matches('.').rsplit_once("on port ").map(|(_, port)| port.to_owned());
            if let Some(port) = port.filter(|_| line.contains("successfully")) {
                break port;
            }
        };
        let driver = ClientBuilder::new(HttpConnector::new())
            .capabilities(serde_json::from_value(capabilities(looks)).unwrap())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Self { driver, process, _place: place }
    }

    pub(crate) async fn goto(&self, url: &str) {
        // A page's fragment alone does not make a browser load it.
        self.driver.goto("about:blank").await.unwrap();
        self.driver.goto(url).await.unwrap();
    }

    pub(crate) async fn find(&self, css: &str) -> Element {
        let wait = self.driver.wait().at_most(Duration::from_secs(60));
        match wait.for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("{css}: {error}: {}", self.driver.source().await.unwrap_or_default()),
        }
    }

    pub(crate) async fn write(&self, name: &str, text: &str) {
        self.find(&format!("main [name={name}]:not([type=hidden])")).await.send_keys(text).await.unwrap();
    }

    /// Presses the button with these words.
    pub(crate) async fn press(&self, words: &str) {
        let button = format!("//main//*[self::button or self::a][normalize-space()=\"{words}\"]");
        let wait = self.driver.wait().at_most(Duration::from_secs(60));
        match wait.for_element(Locator::XPath(&button)).await {
            Ok(button) => button.click().await.unwrap(),
            Err(error) => panic!("{words}: {error}: {}", self.driver.source().await.unwrap_or_default()),
        }
    }

    /// Waits until the page has these words in it.
    pub(crate) async fn sees(&self, words: &str) {
        let there = format!("//main[contains(normalize-space(), \"{words}\")]");
        let wait = self.driver.wait().at_most(Duration::from_secs(60));
        if let Err(error) = wait.for_element(Locator::XPath(&there)).await {
            panic!("{words:?}: {error}: {}", self.driver.source().await.unwrap_or_default());
        }
    }

    pub(crate) async fn close(self) {
        self.driver.clone().close().await.unwrap();
    }
}

fn capabilities(looks: Looks) -> Value {
    let mut arguments = vec!["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1100,900"];
    if looks.is_dark {
        arguments.push("--blink-settings=preferredColorScheme=0");
    }
    let language = if looks.is_german { "de,de-DE" } else { "en,en-US" };
    let mut preferences = json!({
        "intl.accept_languages": language,
        "credentials_enable_service": false,
        "profile.password_manager_leak_detection": false,
    });
    if looks.has_no_script {
        preferences["profile.managed_default_content_settings.javascript"] = json!(2);
    }
    let mut options = json!({"args": arguments, "prefs": preferences});
    if looks.is_narrow {
        options["mobileEmulation"] =
            json!({"deviceMetrics": {"width": 360, "height": 740, "pixelRatio": 2.0, "touch": true}});
    }
    json!({"browserName": "chrome", "goog:chromeOptions": options})
}

/// A test's browsers are closed even when it fails, so that no other waits for their places.
pub(crate) async fn with_browser<F: AsyncFnOnce(&Browser)>(looks: Looks, test: F) {
    let browser = Browser::open(looks).await;
    test(&browser).await;
    browser.close().await;
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
