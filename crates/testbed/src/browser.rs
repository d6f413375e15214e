//! A real browser: Chromium, controlled by chromedriver. `scripts/requirements` installs both.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client as Driver, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::ProcessGroup;

/// Limits concurrent browsers, because each uses a whole core.
static BROWSER_SLOTS: Semaphore = Semaphore::const_new(2);

/// Browser settings of a test.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent settings")]
pub struct BrowserOptions {
    pub is_dark: bool,
    pub is_narrow: bool,
    pub is_german: bool,
    pub is_script_disabled: bool,
}

/// A browser with an empty profile.
#[derive(Debug)]
pub struct Browser {
    pub driver: Driver,
    /// chromedriver and its browser.
    _process: ProcessGroup,
    _slot: SemaphorePermit<'static>,
}

impl Browser {
    pub async fn open(options: BrowserOptions) -> Self {
        let slot = BROWSER_SLOTS.acquire().await.unwrap();
        let process = ProcessGroup::spawn(Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()));
        let mut process =
            process.unwrap_or_else(|_| panic!("chromedriver is missing: scripts/requirements installs it"));
        let mut output = BufReader::new(process.0.stdout.take().unwrap());
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
        Self { driver, _process: process, _slot: slot }
    }

    pub async fn goto(&self, url: &str) {
        // Changing only the fragment does not load the page.
        self.driver.goto("about:blank").await.unwrap();
        self.driver.goto(url).await.unwrap();
    }

    /// Waits for an element.
    pub async fn wait_for(&self, css: &str) -> Element {
        let wait = self.driver.wait().at_most(Duration::from_secs(60));
        match wait.for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("{css}: {error}: {}", self.driver.source().await.unwrap_or_default()),
        }
    }

    /// Types into the visible field with this name.
    pub async fn fill(&self, name: &str, text: &str) {
        self.wait_for(&format!("main [name={name}]:not([type=hidden])")).await.send_keys(text).await.unwrap();
    }

    /// Clicks the button or link with this text.
    pub async fn click(&self, text: &str) {
        let button = format!("//main//*[self::button or self::a][normalize-space()=\"{text}\"]");
        let wait = self.driver.wait().at_most(Duration::from_secs(60));
        match wait.for_element(Locator::XPath(&button)).await {
            Ok(button) => button.click().await.unwrap(),
            Err(error) => panic!("{text}: {error}: {}", self.driver.source().await.unwrap_or_default()),
        }
    }

    /// Waits until the page contains a text.
    pub async fn wait_for_text(&self, text: &str) {
        let xpath = format!("//main[contains(normalize-space(), \"{text}\")]");
        let wait = self.driver.wait().at_most(Duration::from_secs(60));
        if let Err(error) = wait.for_element(Locator::XPath(&xpath)).await {
            panic!("{text:?}: {error}: {}", self.driver.source().await.unwrap_or_default());
        }
    }

    pub async fn close(self) {
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

/// Runs a test with a browser and closes it. After a panic, dropping it kills its processes.
pub async fn with_browser<F: AsyncFnOnce(&Browser)>(options: BrowserOptions, test: F) {
    let browser = Browser::open(options).await;
    test(&browser).await;
    browser.close().await;
}
